import FoundationEssentials
import Glibc

/// `fixtures/servers/faultproxy.py` in front of a server: makes things go wrong by rule and counts what passes.
public final class FaultProxy: Sendable {
    /// One request that passed.
    public struct Passed: Codable, Sendable {
        /// In order, from 0.
        public var n: Int
        /// `GET`, `PUT`, ...
        public var method: String
        /// The path as it came, escaped.
        public var path: String
        /// What stands behind `?`.
        public var query: String
        /// What was answered; 0 nothing, below zero what the upstream answered before the connection was cut.
        public var status: Int
        /// Bytes of the request's body.
        public var `in`: Int
        /// Bytes of the answer's body.
        public var out: Int
        /// The action that was taken, where one was.
        public var rule: String?
        /// SHA-256 of the body of a PUT or POST, as the client sent it.
        public var sha256: String?
    }

    /// Requests that passed.
    public struct Counts: Codable, Sendable {
        /// By method.
        public var methods: [String: Int]
        /// By method and path, a space between.
        public var keys: [String: Int]
    }

    /// Where clients go: `http://127.0.0.1:port`, or `https://` with `tls`.
    public let endpoint: String
    /// The port.
    public let port: Int
    /// The authority that signed its certificate, PEM; nil without `tls`.
    public let authority: String?
    private let control: Int
    private let process: TestProcess

    /// A certificate for the front.
    public enum Front: Sendable {
        /// Plain HTTP.
        case plain
        /// Signed by an authority made for this proxy.
        case tls
        /// Signed by nobody.
        case rogue
    }

    /// Starts a proxy in front of the server at `port` of loopback. `roundTrip` in seconds.
    public init(before port: Int, front: Front = .plain, roundTrip: Double = 0) throws {
        let directory = try TestDirectory.make()
        guard let python = TestProcess.tool("python3") else {
            throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
        }
        let fixtures = TestProcess.packageRoot + "/fixtures/servers"
        var command = [
            python, fixtures + "/faultproxy.py", "--upstream", "127.0.0.1:\(port)", "--rtt", "\(roundTrip)",
            "--ready", directory + "/ready",
        ]
        if front != .plain {
            try TestProcess.run(
                ["/bin/sh", fixtures + "/certificates.sh", directory], log: directory + "/certificates.log")
            let name = front == .rogue ? "rogue" : "server"
            command += ["--certificate", "\(directory)/\(name).pem", "--key", "\(directory)/\(name).key"]
        }
        process = try TestProcess(command, log: directory + "/log")
        authority = front == .plain ? nil : directory + "/ca.pem"
        var ports: [String: Int]?
        for _ in 0..<600 where ports == nil {
            if let text = TestProcess.contents(of: directory + "/ready") {
                ports = try JSONDecoder().decode([String: Int].self, from: Data(text.utf8))
            } else {
                guard process.isRunning else { break }
                usleep(50_000)
            }
        }
        guard let ports, let front = ports["port"], let control = ports["control"] else {
            throw TestServerError(description: "the proxy does not start: \(process.tail)")
        }
        self.port = front
        self.control = control
        endpoint = (authority == nil ? "http" : "https") + "://127.0.0.1:\(front)"
    }

    /// Ends the proxy. One that is not ended ends with the test process.
    public func stop() { process.stop() }

    /// Puts these rules in the place of all others: a JSON list; the proxy's own head describes them.
    public func rules(_ json: String) throws { _ = try ask("PUT", "/rules", json) }

    /// Sets the round trip in seconds.
    public func roundTrip(_ seconds: Double) throws { _ = try ask("PUT", "/rtt", "\(seconds)") }

    /// Everything that passed, in order.
    public func log() throws -> [Passed] { try decode(ask("GET", "/log")) }

    /// PUT, POST and DELETE that passed, in order.
    public func writes() throws -> [Passed] { try decode(ask("GET", "/writes")) }

    /// How much passed.
    public func counts() throws -> Counts { try decode(ask("GET", "/counts")) }

    /// Forgets what passed.
    public func forget() throws { _ = try ask("DELETE", "/log") }

    private func decode<Value: Decodable>(_ bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    private func ask(_ method: String, _ path: String, _ body: String = "") throws -> [UInt8] {
        guard let answer = try? LoopbackRequest(method, path, Array(body.utf8)).send(port: control),
            answer.status == 200
        else { throw TestServerError(description: "the proxy's control port does not answer: \(process.tail)") }
        return answer.body
    }
}
