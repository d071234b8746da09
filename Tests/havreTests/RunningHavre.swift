import Foundation

/// Runs the program that was built beside the tests.
struct RunningHavre {
    /// How a run ended.
    struct Outcome {
        let status: Int32
        let stdout: String
        let stderr: String
        /// All that it said.
        var all: String { stdout + stderr }
    }

    /// The program: it lies beside the test bundle.
    static let program: String = {
        let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(filePath: test).deletingLastPathComponent().appending(path: "havre").path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : PackageFiles.root + "/.build/debug/havre"
    }()

    /// A directory of its own for one test; the caller removes it.
    static func scratch() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "havre-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Runs it with these arguments and waits for its end.
    static func run(
        _ arguments: [String], in directory: String = PackageFiles.root, environment: [String: String] = [:],
        input: Data = Data()
    ) throws -> Outcome {
        let home = try scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        // Files, not pipes: nothing can block however much is said.
        func handle(_ name: String, _ content: Data = Data()) throws -> FileHandle {
            let path = home + "/" + name
            try content.write(to: URL(filePath: path))
            return try FileHandle(forUpdating: URL(filePath: path))
        }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory)
        var variables = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        variables.merge(environment) { $1 }
        process.environment = variables
        let (stdin, stdout, stderr) = (try handle("in", input), try handle("out"), try handle("err"))
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        process.waitUntilExit()
        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(filePath: home + "/" + name)), as: UTF8.self)
        }
        let signalled = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: process.terminationStatus + (signalled ? 1000 : 0), stdout: try text("out"),
            stderr: try text("err"))
    }
}
