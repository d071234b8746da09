import Foundation

/// Vectors of third parties, which stay in a folder beside the package, and tools that test against them.
enum Vectors {
    static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let folder = package.deletingLastPathComponent().appendingPathComponent("shared/vectors")
    static let arePresent = FileManager.default.fileExists(atPath: folder.appendingPathComponent("age").path)

    private struct WycheproofFile<Group: Decodable>: Decodable { let testGroups: [Group] }

    /// The groups of a Wycheproof file.
    static func wycheproof<Group: Decodable>(_ name: String, _ type: Group.Type) throws -> [Group] {
        let data = try Data(contentsOf: folder.appendingPathComponent("wycheproof/\(name)_test.json"))
        return try JSONDecoder().decode(WycheproofFile<Group>.self, from: data).testGroups
    }
}

/// Programs that the tests compare with.
enum Tool {
    static let age = find("age")
    static let ageKeygen = find("age-keygen")
    static let openssl = find("openssl")
    static let python =
        existing(Vectors.package.appendingPathComponent(".venv/bin/python").path) ?? find("python3")
    static let hasPyrage = hasPython(modules: "pyrage")

    /// Whether Python can import these.
    static func hasPython(modules: String) -> Bool {
        (try? python.map { try run($0, ["-c", "import \(modules)"]).status == 0 }) ?? false
    }

    private static func existing(_ path: String) -> String? {
        FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").lazy.compactMap { existing("\($0)/\(name)") }.first
    }

    /// Runs a program and waits for it. Input and output go by files, so that no pipe fills up.
    static func run(_ path: String, _ arguments: [String], input: Data = Data()) throws -> (status: Int32, output: Data)
    {
        try withFolder { folder in
            let stdin = folder.appendingPathComponent("in")
            let stdout = folder.appendingPathComponent("out")
            try input.write(to: stdin)
            try Data().write(to: stdout)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            let from = try FileHandle(forReadingFrom: stdin)
            let to = try FileHandle(forWritingTo: stdout)
            defer {
                try? from.close()
                try? to.close()
            }
            process.standardInput = from
            process.standardOutput = to
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            return (process.terminationStatus, try Data(contentsOf: stdout))
        }
    }

    /// Lends a folder that goes away afterwards.
    static func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("havre-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}

/// Reads hex digits; nil for anything else.
func bytes(hex: some StringProtocol) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for at in stride(from: 0, to: digits.count, by: 2) {
        guard let byte = UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16) else { return nil }
        bytes.append(byte)
    }
    return bytes
}

/// A small generator with a seed (SplitMix64), so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { out in
            var at = 0
            while at + 8 <= count {
                out.storeBytes(of: next(), toByteOffset: at, as: UInt64.self)
                at += 8
            }
            while at < count {
                out[at] = UInt8(truncatingIfNeeded: next())
                at += 1
            }
        }
        return bytes
    }
}
