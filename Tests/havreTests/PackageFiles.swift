import FoundationEssentials

@testable import havre

/// Files of the package, found from where this file is compiled.
enum PackageFiles {
    /// The package's root.
    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Whether snapshots are written anew instead of compared: `HAVRE_RECORD=1`.
    static var recording: Bool { ProcessInfo.processInfo.environment["HAVRE_RECORD"] == "1" }

    /// Files below `directory` whose names end in `suffix`, sorted.
    static func list(_ directory: String, suffix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root + "/" + directory)
            .filter { $0.hasSuffix(suffix) }.sorted().map { directory + "/" + $0 }
    }

    /// The bytes of a file of the package.
    static func bytes(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: root + "/" + path) else {
            throw CommandFailure(.failed, "no file \(path)")
        }
        return Array(data)
    }

    /// The text of a file of the package.
    static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// Writes a file of the package.
    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: root + "/" + path))
    }
}
