import Glibc
import Synchronization

/// A real S3 server on loopback, started for tests.
public final class TestServer: Sendable {
    /// Servers that tests know.
    public enum Kind: String, Sendable, CaseIterable, CustomStringConvertible {
        /// `weed server -s3`
        case seaweedfs
        /// `rclone serve s3`
        case rclone
        /// `moto_server`
        case moto

        var tool: String {
            switch self {
            case .seaweedfs: "weed"
            case .rclone: "rclone"
            case .moto: "moto_server"
            }
        }

        public var description: String { rawValue }

        /// Whether tests with this server run: its tool is there, or this is CI, where its absence is a failure.
        public var isWanted: Bool { TestProcess.isCI || TestProcess.tool(tool) != nil }

        /// Why they do not.
        public var absence: String { ".venv/bin/\(tool) is not installed; run the set-up script" }
    }

    /// Which.
    public let kind: Kind
    /// `http://127.0.0.1:port`
    public let endpoint: String
    /// The port.
    public let port: Int
    /// Credentials that it takes.
    public let accessKey = "HAVRETESTKEY"
    /// The same.
    public let secretKey = "havre-test-secret-0123456789"
    /// The region of its signatures.
    public let region = "us-east-1"
    /// Where it keeps everything.
    public let directory: String
    private let process: TestProcess
    private let spare = Mutex<(buckets: [String], made: Int)>(([], 0))

    /// Starts a server of its own and waits until it takes an object.
    public init(_ kind: Kind) throws {
        guard let tool = TestProcess.tool(kind.tool) else { throw TestServerError(description: kind.absence) }
        self.kind = kind
        directory = try TestDirectory.make()
        let ports = try TestProcess.freePorts(8)
        port = ports[0]
        endpoint = "http://127.0.0.1:\(port)"
        let data = directory + "/data"
        guard mkdir(data, 0o755) == 0 else { throw TestServerError(description: "no directory \(data)") }
        let command: [String]
        switch kind {
        case .seaweedfs:
            let configuration = """
                {"identities": [{"name": "test", "credentials": [{"accessKey": "\(accessKey)", \
                "secretKey": "\(secretKey)"}], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
                """
            try Self.write(configuration, to: directory + "/s3.json")
            command = [
                tool, "server", "-dir=\(data)", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
                "-s3.config=\(directory)/s3.json", "-s3.port=\(port)", "-s3.port.grpc=\(ports[1])",
                "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.port=\(ports[2])",
                "-master.port.grpc=\(ports[3])", "-volume.port=\(ports[4])", "-volume.port.grpc=\(ports[5])",
                "-filer.port=\(ports[6])", "-filer.port.grpc=\(ports[7])", "-master.volumeSizeLimitMB=256",
                "-volume.max=1000", "-master.telemetry=false",
            ]
        case .rclone:
            command = [
                tool, "serve", "s3", "--config", "/dev/null", "--addr", "127.0.0.1:\(port)", "--auth-key",
                "\(accessKey),\(secretKey)", data,
            ]
        case .moto:
            command = [tool, "-H", "127.0.0.1", "-p", "\(port)"]
        }
        process = try TestProcess(
            command, log: directory + "/log",
            environment: [
                // moto refuses small parts unless it is told to; with them suites are quick.
                "HOME": directory, "S3_UPLOAD_PART_MIN_SIZE": "1",
            ])
        _ = try bucket()
    }

    /// Ends the server. One that is not ended ends with the test process.
    public func stop() { process.stop() }

    /// A bucket that is empty and nobody else's.
    public func bucket() throws -> String {
        try spare.withLock { spare in
            if let name = spare.buckets.popLast() { return name }
            let names = (0..<32).map { "havre-test-\(spare.made + $0)" }
            guard let python = TestProcess.tool("python3") else {
                throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
            }
            do {
                try TestProcess.run(
                    [
                        python, "\(TestProcess.packageRoot)/fixtures/servers/buckets.py", endpoint, accessKey,
                        process.isRunning ? "60" : "0",
                    ] + names, environment: ["S3_SECRET": secretKey], log: directory + "/buckets.log")
            } catch {
                throw TestServerError(description: "\(kind) does not answer: \(error)\n\(process.tail)")
            }
            spare.made += names.count
            spare.buckets = names.dropLast().reversed()
            return names[names.count - 1]
        }
    }

    /// The server of this kind that all tests of the process share; started when first asked for.
    public static func shared(_ kind: Kind) throws -> TestServer {
        switch kind {
        case .seaweedfs: try seaweedfs.get()
        case .rclone: try rclone.get()
        case .moto: try moto.get()
        }
    }

    private static let seaweedfs = Result { try TestServer(.seaweedfs) }
    private static let rclone = Result { try TestServer(.rclone) }
    private static let moto = Result { try TestServer(.moto) }

    private static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw TestServerError(description: "no file \(path)") }
        fputs(text, file)
        fclose(file)
    }
}
