import Glibc

/// A server of Microsoft's kind, started for tests: blobs, or keys. They are our own, proven by Microsoft's SDKs in
/// `AzureServerTests`; what they can be told to do wrong is in the head of `fixtures/servers/azure`.
public final class AzureServer: Sendable {
    /// What is served.
    public enum Kind: String, Sendable, CaseIterable {
        /// Azure Blob Storage
        case azure
        /// Azure Key Vault
        case keyvault
    }

    /// Secrets and certificates that servers of one test share, so that one takes the tokens of the other.
    public struct Estate: Sendable {
        /// The storage account.
        public let account = "havretest"
        /// Its key, in base64.
        public let key: String
        /// The tenant of the identity provider.
        public let tenant = "33333333-4444-5555-6666-777777777777"
        /// A client of the tenant.
        public let client = "havre-test-client"
        /// Its secret.
        public let secret = "havre-test-client-secret"
        /// What App Service's identity endpoint wants to see.
        public let identityHeader = "havre-test-identity"
        /// Where `ca.pem`, `server.pem` and `server.key` lie.
        public let directory: String
        let tokenKey: String

        /// Makes keys and certificates.
        public init() throws {
            directory = try TestDirectory.make()
            key = Self.base64(64)
            tokenKey = Self.base64(32)
            try TestProcess.run(
                ["/bin/sh", "\(TestProcess.packageRoot)/fixtures/servers/certificates.sh", directory],
                log: directory + "/certificates.log")
        }

        /// The authority that signed the servers' certificates.
        public var authority: String { directory + "/ca.pem" }

        private static func base64(_ count: Int) -> String {
            let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            // Whole groups of three bytes; the tail of one group fewer is padded by a fixed last sign.
            let digits = (0..<(count / 3 * 4)).map { _ in signs[Int.random(in: 0..<64)] }
            return String(digits) + (count % 3 == 0 ? "" : count % 3 == 1 ? "AA==" : "AAA=")
        }
    }

    /// Whether tests with these servers run: the tools are there, or this is CI, where their absence is a failure.
    public static var isWanted: Bool { TestProcess.isCI || TestProcess.tool("python3") != nil }

    /// What is served.
    public let kind: Kind
    /// Keys, names, certificates.
    public let estate: Estate
    /// `http://127.0.0.1:port`; blobs are below `/account`.
    public let endpoint: String
    /// The same over TLS.
    public let secureEndpoint: String
    /// The port of `endpoint`, where control calls go.
    public let port: Int
    private let process: TestProcess

    /// Starts a server of its own and waits until it takes requests. `options` are those of the script.
    public init(_ kind: Kind, _ estate: Estate, options: [String] = []) throws {
        guard let python = TestProcess.tool("python3") else {
            throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
        }
        self.kind = kind
        self.estate = estate
        let ports = try TestProcess.freePorts(2)
        port = ports[0]
        endpoint = "http://127.0.0.1:\(ports[0])"
        secureEndpoint = "https://127.0.0.1:\(ports[1])"
        let directory = try TestDirectory.make()
        var command = [
            python, "\(TestProcess.packageRoot)/fixtures/servers/\(kind.rawValue)", "--port", "\(ports[0])",
            "--tls-port", "\(ports[1])", "--cert", "\(estate.directory)/server.pem", "--key-file",
            "\(estate.directory)/server.key", "--token-key", estate.tokenKey, "--tenant", estate.tenant, "--client-id",
            estate.client, "--client-secret", estate.secret, "--identity-header", estate.identityHeader,
        ]
        if kind == .azure {
            command += ["--account", estate.account, "--key", estate.key, "--data", directory + "/data"]
        }
        process = try TestProcess(command + options, log: directory + "/log", environment: ["HOME": directory])
        for _ in 0..<3_000 where process.isRunning {
            if TestProcess.contents(of: process.log)?.contains("listening") == true { return }
            usleep(10_000)
        }
        throw TestServerError(description: "\(kind) does not start: \(process.tail)")
    }

    /// Ends the server. One that is not ended ends with the test process.
    public func stop() { process.stop() }

    /// The end of what it wrote.
    public var tail: String { process.tail }

    /// One call of `/__control`; without a body it asks.
    @discardableResult
    public func control(_ name: String, _ json: String? = nil) throws -> String {
        let path = name.isEmpty ? "/__control" : "/__control/\(name)"
        let answer = try LoopbackRequest(json == nil ? "GET" : "POST", path, Array((json ?? "").utf8)).send(port: port)
        let text = String(decoding: answer.body, as: UTF8.self)
        guard answer.status == 200 else { throw TestServerError(description: "control \(name): \(text)") }
        return text
    }
}
