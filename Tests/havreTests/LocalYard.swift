import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// A migration between two directories: what a test of the verbs needs, without any server.
struct LocalYard {
    var yard: Shipyard
    /// The prefix at the target.
    let prefix: String
    var source: String { yard.directory + "/source" }
    var target: String { yard.directory + "/target" }
    /// Where the dataset's objects lie at the target.
    var cargo: String { prefix.isEmpty ? target : target + "/" + prefix }

    /// A plan, and `count` files of some bytes each at the source. `more` stands at the top level of the plan.
    init(files count: Int = 5, bytes: Int = 3000, prefix: String = "", more: String = "", seal: String? = nil) throws {
        yard = try Shipyard()
        self.prefix = prefix
        for folder in [source, target] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        for number in 0..<count { try put("letter-\(number)", String(repeating: "\(number) ", count: bytes / 2)) }
        try draw(more: more, seal: seal)
    }

    /// Writes the plan.
    func draw(more: String = "", seal: String? = nil) throws {
        try yard.write(
            """
            havre: 1
            name: letters
            controller: Exemple
            providers:
              here: {is: local, service: file, country: FR, law: FR}
            keys:
              ours:
                recipient: \(yard.recipient)
                custodian: {name: Exemple, country: FR, law: FR}
            workers: {country: FR, law: FR}
            remoteAccess: none
            \(more)
            datasets:
              letters:
                class: {personal: false}
                from: {provider: here, bucket: \(source)}
                to: {provider: here, bucket: \(target), prefix: "\(prefix)"}
                seal: \(seal ?? "{format: age, recipients: [ours]}")

            """)
    }

    /// Writes a file at the source.
    func put(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: source + "/" + name))
    }

    /// Moves everything.
    func apply() throws {
        let run = try yard.havre("apply", "--yes")
        try #require(run.exit == 0, "\(run.words)")
    }

    /// Runs a verb with these arguments.
    func run(_ verb: String, _ arguments: [String] = []) throws -> Shipyard.Run {
        try Shipyard.spawn(
            [Shipyard.binary, verb, yard.plan] + arguments + ["--state", yard.state], directory: yard.directory,
            environment: yard.environment)
    }

    /// Starts a verb and does not wait for it.
    func start(_ verb: String, _ arguments: [String]) throws -> pid_t {
        try TestProcess.spawn(
            [Shipyard.binary, verb, yard.plan] + arguments + ["--state", yard.state], environment: yard.environment,
            output: yard.directory + "/started.out", errors: yard.directory + "/started.err")
    }

    /// Another identity, which opens nothing.
    func strangersIdentity() throws -> String {
        let path = yard.directory + "/stranger.key"
        let made = try Shipyard.spawn(
            [Shipyard.binary, "keygen", "-o", path], directory: yard.directory, environment: [:])
        try #require(made.exit == 0, "\(made.words)")
        return path
    }

    /// Names in a folder, `.havre` left out.
    static func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0 != ".havre" }.sorted()
    }

    /// Waits until `condition` holds, half a minute at most.
    static func wait(_ what: String, until condition: () throws -> Bool) throws {
        for _ in 0..<3000 {
            if try condition() { return }
            usleep(10_000)
        }
        throw TestServerError(description: "never came: \(what)")
    }
}
