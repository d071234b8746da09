import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// A plan, its key, its state and the built binary: what a test of a whole migration stands on.
///
/// Objects are put by boto3 and opened by pyrage and `age`, so that no code of Havre's judges its own work.
struct Shipyard {
    /// Where everything lies: plan, identity, state, logs.
    let directory: String
    /// The plan file.
    var plan: String { directory + "/plan.yaml" }
    /// The identity that opens what the plan seals.
    var identity: String { directory + "/pds.key" }
    /// The state directory.
    var state: String { directory + "/state" }
    /// The recipient of `identity`.
    let recipient: String
    /// What the binary's environment holds beside the bare necessities.
    var environment: [String: String] = [:]

    /// One S3 location of a plan.
    struct Berth {
        /// Its server, or a proxy before it.
        var endpoint: String
        /// The server itself.
        var server: TestServer
        /// The bucket.
        var bucket: String
        /// The prefix.
        var prefix = ""
        /// The authority behind its certificate, a PEM file.
        var authority: String?

        /// A new bucket of a server, reached directly.
        init(_ server: TestServer, prefix: String = "", through proxy: FaultProxy? = nil) throws {
            self.server = server
            self.prefix = prefix
            bucket = try server.bucket()
            endpoint = proxy?.endpoint ?? server.endpoint
            authority = proxy?.authority
        }
    }

    /// What one run of the binary left.
    struct Run {
        /// Its exit status; below zero where a signal ended it.
        var exit: Int32
        /// What it wrote to stdout.
        var out: String
        /// What it wrote to stderr.
        var err: String
        /// `/proc/<pid>/cmdline`, NUL shown as a space.
        var commandLine: String
        /// For a message when something is not as expected.
        var words: String { "exit \(exit)\n\(out.prefix(4000))\n\(err.prefix(2000))" }
    }

    /// An object that is put, and looked for.
    struct Item: Encodable {
        var key: String
        var file: String?
        var noise: [Int]?
        var or: [Int]?
        var optional: Bool?

        /// A file of the machine.
        init(_ key: String, file: String) {
            self.key = key
            self.file = file
        }

        /// Bytes that look random and follow from `seed`; other seeds that are right as well.
        init(_ key: String, size: Int, seed: Int, or: [Int]? = nil, optional: Bool = false) {
            self.key = key
            noise = [size, seed]
            self.or = or
            self.optional = optional ? true : nil
        }
    }

    /// Whether the tools that these tests need are there.
    static var isEquipped: Bool {
        TestProcess.isCI
            || ["weed", "rclone", "moto_server", "python3"].allSatisfy { TestProcess.tool($0) != nil }
                && access("/usr/bin/age", X_OK) == 0
    }

    /// Why tests are skipped.
    static let absence = "weed, rclone, moto_server, boto3, pyrage or age is missing; run the set-up script"

    /// The built binary: beside the test bundle.
    static let binary: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        let beside = own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/havre"
        return access(beside, X_OK) == 0 ? beside : TestProcess.packageRoot + "/.build/debug/havre"
    }()

    /// A new directory with a key pair.
    init() throws {
        directory = try TestDirectory.make()
        let made = try Self.spawn(
            [Self.binary, "keygen", "-o", directory + "/pds.key"], directory: directory, environment: [:])
        let text = TestProcess.contents(of: directory + "/pds.key") ?? ""
        let words = text.split { $0 == "\n" || $0 == " " }
        guard made.exit == 0, let own = words.first(where: { $0.hasPrefix("age1") }) else {
            throw TestServerError(description: "keygen: \(made.words)")
        }
        recipient = String(own)
    }

    /// Writes the plan `s3-to-s3` for these locations, with `more` at its end.
    mutating func draw(from source: Berth, to target: Berth, more: String = "", dataset: String = "") throws {
        environment["OLD_HOST_ACCESS_KEY"] = source.server.accessKey
        environment["OLD_HOST_SECRET_KEY"] = source.server.secretKey
        environment["NEW_HOST_ACCESS_KEY"] = target.server.accessKey
        environment["NEW_HOST_SECRET_KEY"] = target.server.secretKey
        try write(
            """
            havre: 1
            name: voyage
            controller: Exemple
            providers:
              old-host:
                is: custom
                protocol: s3
                endpoint: "\(source.endpoint)"\(source.authority.map { "\n    caBundle: \($0)" } ?? "")
                region: us-east-1
                country: IE
                law: US
                credentials: {accessKey: {env: OLD_HOST_ACCESS_KEY}, secretKey: {env: OLD_HOST_SECRET_KEY}}
              new-host:
                is: custom
                protocol: s3
                endpoint: "\(target.endpoint)"\(target.authority.map { "\n    caBundle: \($0)" } ?? "")
                region: us-east-1
                country: FR
                law: FR
                credentials: {accessKey: {env: NEW_HOST_ACCESS_KEY}, secretKey: {env: NEW_HOST_SECRET_KEY}}
            keys:
              ours:
                recipient: \(recipient)
                custodian: {name: Exemple, country: FR, law: FR}
            workers: {country: FR, law: FR}
            remoteAccess: none
            verify: full
            \(more)
            datasets:
              archive:
                class: {personal: true}
                from: {provider: old-host, bucket: \(source.bucket), prefix: "\(source.prefix)"}
                to: {provider: new-host, bucket: \(target.bucket), prefix: "\(target.prefix)"}
                seal: {format: age, recipients: [ours]}
            \(dataset.isEmpty ? "" : "    " + dataset)

            """)
    }

    /// Writes the plan file as it stands.
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: plan)) }

    /// Runs a verb over the plan and waits for its end.
    func havre(_ verb: String, _ arguments: String..., file: String? = nil) throws -> Run {
        try Self.spawn(
            [Self.binary, verb, file ?? plan] + arguments + ["--state", state], directory: directory,
            environment: environment)
    }

    /// The counters of `status`.
    func counts() throws -> Counts {
        let run = try havre("status", "--json")
        struct Report: Decodable {
            struct Part: Decodable { let counts: Counts }
            let datasets: [Part]
        }
        guard let part = try JSONDecoder().decode(Report.self, from: Data(run.out.utf8)).datasets.first else {
            throw TestServerError(description: "status: \(run.words)")
        }
        return part.counts
    }

    /// What `status --json` counts.
    struct Counts: Decodable {
        let total: Int
        let unchanged: Int
        let landed: Int
        let verified: Int
        let failed: Int
        let skipped: Int
        let blocked: Int
        let open: Int

        /// Invariant 8.
        var isWhole: Bool { total == unchanged + landed + failed + skipped + blocked + open }
    }

    // MARK: Strangers' tools

    /// Puts objects with boto3.
    func put(_ items: [Item], _ berth: Berth) throws {
        let result = try strangers("put", berth, [try spec(items), berth.prefix])
        if result.exit != 0 { throw TestServerError(description: "boto3 does not put: \(result.words)") }
    }

    /// Removes objects with boto3.
    func remove(_ items: [Item], _ berth: Berth) throws {
        let result = try strangers("remove", berth, [try spec(items), berth.prefix])
        if result.exit != 0 { throw TestServerError(description: "boto3 does not remove: \(result.words)") }
    }

    /// What pyrage, and for `sample` objects age, have to complain about; empty where everything is right.
    func complaints(_ items: [Item], _ berth: Berth, sample: Int = 0, key: String? = nil) throws -> String {
        let result = try strangers("check", berth, [try spec(items), berth.prefix, key ?? identity, "\(sample)"])
        return result.exit == 0 ? "" : result.words
    }

    /// Every key in a bucket, Havre's own included.
    func listed(_ berth: Berth) throws -> [String] {
        let result = try strangers("list", berth, [])
        guard result.exit == 0 else { throw TestServerError(description: "boto3 does not list: \(result.words)") }
        return try JSONDecoder().decode([String].self, from: Data(result.out.utf8))
    }

    /// What differs between a directory and these objects.
    func complaints(_ items: [Item], folder: String) throws -> String {
        let result = try Self.spawn(
            [
                try python(), TestProcess.packageRoot + "/fixtures/servers/objects.py", "folder", folder,
                try spec(items),
            ],
            directory: directory, environment: [:])
        return result.exit == 0 ? "" : result.words
    }

    private func strangers(_ verb: String, _ berth: Berth, _ rest: [String]) throws -> Run {
        let server = berth.server
        return try Self.spawn(
            [
                try python(), TestProcess.packageRoot + "/fixtures/servers/objects.py", verb, server.endpoint,
                server.accessKey, berth.bucket,
            ] + rest, directory: directory, environment: ["S3_SECRET": server.secretKey, "NO_PROXY": "*"])
    }

    private func python() throws -> String {
        guard let python = TestProcess.tool("python3") else { throw TestServerError(description: Self.absence) }
        return python
    }

    private func spec(_ items: [Item]) throws -> String {
        let path = directory + "/spec-\(UInt32.random(in: 0...UInt32.max)).json"
        try JSONEncoder().encode(items).write(to: URL(filePath: path))
        return path
    }

    // MARK: Processes

    /// Runs a command to its end.
    static func spawn(_ command: [String], directory: String, environment: [String: String]) throws -> Run {
        let name = directory + "/run-\(UInt32.random(in: 0...UInt32.max))"
        let pid = try TestProcess.spawn(
            command, environment: environment, output: name + ".out", errors: name + ".err")
        let line = (TestProcess.contents(of: "/proc/\(pid)/cmdline") ?? "").replacing("\0", with: " ")
        let exit = try TestProcess.wait(pid)
        return Run(
            exit: exit, out: TestProcess.contents(of: name + ".out") ?? "",
            err: TestProcess.contents(of: name + ".err") ?? "", commandLine: line)
    }
}
