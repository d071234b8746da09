import Glibc

/// `fixtures/servers/wireflip.py` in front of a server: changes single bits of what comes from it, below TLS.
public final class WireFlip: Sendable {
    /// Where clients go.
    public let port: Int
    private let ready: String
    private let process: TestProcess

    /// Changes a bit at byte `first` of all that the server at `port` sends, and `times` in all, `every` bytes apart.
    public init(before port: Int, first: Int, every: Int, times: Int) throws {
        guard let python = TestProcess.tool("python3") else {
            throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
        }
        let directory = try TestDirectory.make()
        ready = directory + "/ready"
        process = try TestProcess(
            [
                python, TestProcess.packageRoot + "/fixtures/servers/wireflip.py", "--upstream", "127.0.0.1:\(port)",
                "--ready", ready, "--first", "\(first)", "--every", "\(every)", "--times", "\(times)",
            ], log: directory + "/log")
        var found: Int?
        for _ in 0..<600 where found == nil {
            found = TestProcess.contents(of: ready).flatMap { Int($0) }
            guard found != nil || process.isRunning else { break }
            if found == nil { usleep(50_000) }
        }
        guard let found else { throw TestServerError(description: "wireflip does not start: \(process.tail)") }
        self.port = found
    }

    /// How many bits were changed so far.
    public var flips: Int { TestProcess.contents(of: ready + ".flips").flatMap { Int($0) } ?? 0 }

    /// Ends it.
    public func stop() { process.stop() }
}
