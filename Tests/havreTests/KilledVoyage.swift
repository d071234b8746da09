import FoundationEssentials
import Glibc
import TestServers
import Testing

/// A migration between two buckets of one server that is driven through the built binary and may be killed.
///
/// Objects are put by boto3 and opened by pyrage: no code of Havre's judges its own work.
struct KilledVoyage {
    /// The identity that opens what arrives.
    let identity: String
    private let server: TestServer
    private let buckets: (source: String, target: String)
    private let directory: String
    private let plan: String
    private let log: String

    /// What `status --json` counts.
    struct Counts: Decodable {
        let total, unchanged, landed, verified, failed, skipped, blocked, open: Int
        let landedBytes, plannedBytes, partBytes: UInt64

        /// Invariant 8.
        var isWhole: Bool { total == unchanged + landed + failed + skipped + blocked + open }
    }

    /// The built binary: beside the test bundle.
    private static let binary: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        let beside = own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/havre"
        return access(beside, X_OK) == 0 ? beside : TestProcess.packageRoot + "/.build/debug/havre"
    }()

    /// Two new buckets, a key and a plan; the target is reached at `target`, at most `rate` bytes a second.
    init(server: TestServer, target: String, rate: Double) throws {
        self.server = server
        buckets = (try server.bucket(), try server.bucket())
        directory = try TestDirectory.make()
        plan = directory + "/plan.yaml"
        identity = directory + "/pds.key"
        log = directory + "/log"
        let made = try TestProcess.spawn([Self.binary, "keygen", "-o", identity], environment: [:], output: log)
        let status = try TestProcess.wait(made)
        let text = TestProcess.contents(of: identity) ?? ""
        guard status == 0, let start = text.firstRange(of: "age1") else {
            throw TestServerError(description: "keygen: \(TestProcess.contents(of: log) ?? "")")
        }
        func provider(_ endpoint: String) -> String {
            """
            {is: custom, protocol: s3, endpoint: "\(endpoint)", region: us-east-1, country: FR, law: FR,
                credentials: {accessKey: {env: HAVRE_TEST_ACCESS}, secretKey: {env: HAVRE_TEST_SECRET}}}
            """
        }
        let yaml = """
            havre: 1
            name: killed
            controller: Exemple
            providers:
              old-host: \(provider(server.endpoint))
              new-host: \(provider(target))
            keys:
              ours:
                recipient: \(text[start.lowerBound...].prefix(62))
                custodian: {name: Exemple, country: FR, law: FR}
            workers: {country: FR, law: FR}
            remoteAccess: none
            verify: full
            bandwidth: \(Int(rate))B/s
            datasets:
              archive:
                class: {personal: true}
                from: {provider: old-host, bucket: \(buckets.source)}
                to: {provider: new-host, bucket: \(buckets.target)}
                seal: {format: age, recipients: [ours]}

            """
        try Data(yaml.utf8).write(to: URL(filePath: plan))
    }

    /// What the last process wrote.
    var words: String { TestProcess.contents(of: log).map { String($0.suffix(3000)) } ?? "" }

    /// Runs a verb over the plan to its end; returns its exit status.
    func havre(_ verb: String, _ arguments: String...) throws -> Int32 {
        try TestProcess.wait(try start(verb, arguments))
    }

    /// Starts `apply` and kills it after `seconds`; returns its exit status, or `-SIGKILL` where the kill came first.
    func applyKilled(after seconds: Double) throws -> Int32 {
        let pid = try start("apply", ["--yes"])
        usleep(UInt32(seconds * 1e6))
        kill(pid, SIGKILL)
        return try TestProcess.wait(pid)
    }

    /// Checks the chain and returns the counters; nil where no journal has been begun.
    func checked(life: Int) throws -> Counts? {
        guard access(directory + "/state/journal.sqlite", F_OK) == 0 else { return nil }
        #expect(try havre("journal", "--check") == 0, "life \(life): the chain: \(words)")
        try #require(try havre("status", "--json") == 0, "life \(life): status: \(words)")
        struct Report: Decodable {
            struct Part: Decodable { let counts: Counts }
            let datasets: [Part]
        }
        return try JSONDecoder().decode(Report.self, from: Data(words.utf8)).datasets.first?.counts
    }

    /// Puts the objects with boto3.
    func put(seed: UInt64, small: Int, large: Int) throws {
        try strangers(["put"], [buckets.source, "\(seed)", "\(small)", "\(large)"])
    }

    /// Lets pyrage and boto3 say whether every object arrived and nothing else is there, open uploads included.
    func compare(expected: Int) throws {
        try strangers(["check"], [buckets.source, buckets.target, identity])
        #expect(words.trimmingPrefix { $0.isWhitespace }.prefix { $0.isNumber } == "\(expected)", "compared: \(words)")
    }

    private func strangers(_ verb: [String], _ rest: [String]) throws {
        guard let python = TestProcess.tool("python3") else {
            throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
        }
        let script = TestProcess.packageRoot + "/fixtures/servers/killed.py"
        try TestProcess.run(
            [python, script] + verb + [server.endpoint, server.accessKey] + rest,
            environment: ["S3_SECRET": server.secretKey], log: log)
    }

    private func start(_ verb: String, _ arguments: [String]) throws -> pid_t {
        try TestProcess.spawn(
            [Self.binary, verb, plan, "--state", directory + "/state"] + arguments,
            environment: ["HAVRE_TEST_ACCESS": server.accessKey, "HAVRE_TEST_SECRET": server.secretKey],
            output: log)
    }
}
