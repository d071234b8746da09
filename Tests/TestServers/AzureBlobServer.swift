import Glibc
import Synchronization

/// Our Azure Blob server on loopback (`fixtures/servers/azure`), with its identity provider, started for tests.
public final class AzureBlobServer: Sendable {
    /// The account.
    public static let account = "havretest"
    /// Its key, base64.
    public static let key = "aGF2cmUtdGVzdC1rZXktMDEyMzQ1Njc4OS1hYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ei0wMTIzNA=="
    /// The tenant, a registered client, and its secret.
    public static let tenant = "11111111-2222-3333-4444-555555555555"
    /// The client.
    public static let client = "99999999-8888-7777-6666-555555555555"
    /// Its secret.
    public static let secret = "client-secret-0123456789"
    /// The header that its app host's endpoint wants.
    public static let identityHeader = "identity-header-0123456789"

    /// The port.
    public let port: Int
    /// `http://127.0.0.1:port`
    public let endpoint: String
    private let directory: String
    private let process: TestProcess
    private let spare = Mutex<(containers: [String], made: Int)>(([], 0))

    /// Whether tests with this server run: what it needs is there, or this is CI, where its absence is a failure.
    public static var isWanted: Bool { TestProcess.isCI || TestProcess.tool("python3") != nil }

    /// Starts a server of its own and waits until it makes containers.
    public init(_ options: [String] = []) throws {
        guard let python = TestProcess.tool("python3") else {
            throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
        }
        directory = try TestDirectory.make()
        port = try TestProcess.freePorts(1)[0]
        endpoint = "http://127.0.0.1:\(port)"
        process = try TestProcess(
            [
                python, "\(TestProcess.packageRoot)/fixtures/servers/azure", "--port", "\(port)", "--account",
                Self.account, "--key", Self.key, "--tenant", Self.tenant, "--client-id", Self.client,
                "--client-secret", Self.secret, "--identity-header", Self.identityHeader,
            ] + options, log: directory + "/log", environment: ["HOME": directory])
        _ = try container()
    }

    /// Ends the server. One that is not ended ends with the test process.
    public func stop() { process.stop() }

    /// A container that is empty and nobody else's.
    public func container() throws -> String {
        try spare.withLock { spare in
            if let name = spare.containers.popLast() { return name }
            let names = (0..<32).map { "havre-test-\(spare.made + $0)" }
            guard let python = TestProcess.tool("python3") else {
                throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
            }
            do {
                try TestProcess.run(
                    [
                        python, "\(TestProcess.packageRoot)/fixtures/servers/containers.py",
                        "\(endpoint)/\(Self.account)", process.isRunning ? "60" : "0",
                    ] + names, environment: ["AZURE_KEY": Self.key], log: directory + "/containers.log")
            } catch {
                throw TestServerError(description: "the Azure server does not answer: \(error)\n\(process.tail)")
            }
            spare.made += names.count
            spare.containers = names.dropLast().reversed()
            return names[names.count - 1]
        }
    }

    /// Tells the server what to do (its usage says what it knows): JSON to `/__control/<what>`, the answer as text.
    @discardableResult
    public func control(_ what: String, _ json: String) throws -> String {
        let answer = try LoopbackRequest("POST", "/__control/\(what)", Array(json.utf8)).send(port: port)
        let text = String(decoding: answer.body, as: UTF8.self)
        guard (200..<300).contains(answer.status) else {
            throw TestServerError(description: "control \(what) was answered \(answer.status): \(text)")
        }
        return text
    }

    /// What was requested since the log was last forgotten, as JSON.
    public func log() throws -> String {
        String(decoding: try LoopbackRequest("GET", "/__control/log").send(port: port).body, as: UTF8.self)
    }

    /// Runs a program on Microsoft's own view of a container: `service` is the BlobServiceClient, `container` the
    /// ContainerClient. Its output is the result.
    @discardableResult
    public func judge(_ container: String, _ program: String) throws -> String {
        guard let python = TestProcess.tool("python3") else {
            throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
        }
        let log = try TestDirectory.make() + "/judge"
        let head = """
            import os, json, hashlib, base64
            from azure.storage.blob import *
            service = BlobServiceClient("\(endpoint)/\(Self.account)", credential={"account_name": "\(Self.account)",
                "account_key": os.environ["AZURE_KEY"]}, retry_total=0, proxies={})
            container = service.get_container_client("\(container)")

            """
        try TestProcess.run([python, "-c", head + program], environment: ["AZURE_KEY": Self.key], log: log)
        return TestProcess.contents(of: log) ?? ""
    }

    /// The server that all tests of the process share; started when first asked for.
    public static func shared() throws -> AzureBlobServer { try common.get() }

    private static let common = Result { try AzureBlobServer() }
}
