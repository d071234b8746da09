import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// What documents and `plans/` show is run as it stands; only places, keys and ports are filled in.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct ExampleTests {
    private let yard: Shipyard

    init() throws { yard = try Shipyard() }

    /// Writes an example from `plans/` as this yard's plan, with its own recipient and these replacements.
    private func fill(_ name: String, _ replacements: [(String, String)] = []) throws {
        var text = try PackageFiles.text("plans/\(name).yaml")
        let start = try #require(text.firstRange(of: "recipient: age1")).lowerBound
        let line = text[start...].prefix { $0 != "\n" }
        for (old, new) in replacements + [(String(line), "recipient: \(yard.recipient)")] {
            try #require(text.contains(old), "\(name) has no \(old)")
            text.replace(old, with: new)
        }
        try yard.write(text)
    }

    private func run(_ command: String...) throws -> Shipyard.Run {
        try Shipyard.spawn(command, directory: yard.directory, environment: ["HAVRE": Shipyard.binary])
    }

    @Test func everyCommandOfTheDocumentsRuns() throws {
        let checked = try run("/bin/bash", TestProcess.packageRoot + "/scripts/check-docs")
        #expect(checked.exit == 0 && checked.out.contains(" blocks ran"), "\(checked.words)")
    }

    @Test func theDemonstrationEndsWithNothingLeftToDo() throws {
        let demo = try run("/bin/bash", TestProcess.packageRoot + "/scripts/demo")
        #expect(demo.exit == 0, "\(demo.words)")
        #expect(demo.out.contains("no difference") && demo.out.contains("0 to move"), "\(demo.out.suffix(3000))")
    }

    @Test func theExampleFromS3ToS3Moves() throws {
        let (old, new) = (try TestServer.shared(.moto), try TestServer.shared(.seaweedfs))
        let source = try Shipyard.Berth(old)
        var target = try Shipyard.Berth(new)
        let items = (0..<5).map { Shipyard.Item("y/letter \($0)", size: 3000 + $0, seed: $0) }
        try yard.put(items + [Shipyard.Item("tmp/left out", size: 10, seed: 9)], source)
        try fill(
            "s3-to-s3",
            [
                ("http://127.0.0.1:8333", old.endpoint), ("http://127.0.0.1:8334", new.endpoint),
                ("bucket: archive", "bucket: \(source.bucket)"), ("bucket: repatriated", "bucket: \(target.bucket)"),
            ])
        var yard = yard
        yard.environment = [
            "OLD_HOST_ACCESS_KEY": old.accessKey, "OLD_HOST_SECRET_KEY": old.secretKey,
            "NEW_HOST_ACCESS_KEY": new.accessKey, "NEW_HOST_SECRET_KEY": new.secretKey,
        ]
        let applied = try yard.havre("apply", "--yes")
        #expect(applied.exit == 0, "\(applied.words)")
        let counts = try yard.counts()
        #expect(counts.landed == 5 && counts.verified == 5 && counts.isWhole)
        target.prefix = "archive/"
        #expect(try yard.complaints(items, target) == "")
        #expect(try yard.havre("plan", "--detailed-exitcode").exit == 0)
    }

    /// The source is sealed by the public `age`, and the target is opened by it: Havre stands between only.
    @Test func theExampleOfReKeyingOpensUnderTheNewKeyOnly() throws {
        let old = yard.directory + "/old-key.txt"
        let made = try run(Shipyard.binary, "keygen", "-o", old)
        let recipient = try #require((made.out + made.err).split { $0.isWhitespace }.first { $0.hasPrefix("age1") })
        let plain = yard.directory + "/letter"
        try TestProcess.run(["/usr/bin/head", "-c", "9000000", "/dev/urandom"], log: plain)
        for folder in ["source", "target"] { mkdir(yard.directory + "/" + folder, 0o755) }
        let sealed = yard.directory + "/source/letter.age"
        #expect(try run("/usr/bin/age", "-r", String(recipient), "-o", sealed, plain).exit == 0)
        try fill("rekey")
        let applied = try yard.havre("apply", "--yes")
        #expect(applied.exit == 0, "\(applied.words)")
        let arrived = yard.directory + "/target/letter.age"
        let opened = yard.directory + "/opened"
        #expect(try run("/usr/bin/age", "-d", "-i", yard.identity, "-o", opened, arrived).exit == 0)
        #expect(try run("/usr/bin/cmp", plain, opened).exit == 0)
        #expect(try run("/usr/bin/age", "-d", "-i", old, arrived).exit != 0)
        #expect(try yard.havre("plan", "--detailed-exitcode").exit == 0)
    }
}
