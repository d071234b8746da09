import Foundation
import HavreModel
import TestServers
import Testing

@testable import havre

/// keygen, decrypt, digest and init, as processes, beside tools of others.
@Suite(.ownThreads) struct KeyCommandTests {
    /// A directory that goes away with the test.
    private final class Scratch {
        let path: String
        init() throws { path = try RunningHavre.scratch() }
        deinit { try? FileManager.default.removeItem(atPath: path) }
        func file(_ name: String) -> String { path + "/" + name }
        func read(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: file(name))) }
        func write(_ name: String, _ data: Data) throws { try data.write(to: URL(filePath: file(name))) }
        func mode(_ name: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
            return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
        }
        func run(_ arguments: [String], environment: [String: String] = [:], input: Data = Data()) throws
            -> RunningHavre.Outcome
        { try RunningHavre.run(arguments, in: path, environment: environment, input: input) }
    }

    /// pyrage of the test environment: an implementation by others.
    private static let python = PackageFiles.root + "/.venv/bin/python"
    private static let hasPython = FileManager.default.isExecutableFile(atPath: python)

    private static func python(_ script: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", script] + arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private func recipient(_ scratch: Scratch, _ name: String) throws -> String {
        let text = String(decoding: try scratch.read(name), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("# public key: ") })
        return String(line.dropFirst("# public key: ".count))
    }

    @Test func keygenWritesForItsOwnerAloneAndNeverTwice() throws {
        let scratch = try Scratch()
        let outcome = try scratch.run(["keygen", "-o", "key.txt"])
        #expect(outcome.status == 0)
        #expect(try scratch.mode("key.txt") == 0o600)
        let recipient = try recipient(scratch, "key.txt")
        #expect(outcome.stdout == "Public key: \(recipient)\n")
        #expect(!outcome.all.contains("SECRET"))
        let before = try scratch.read("key.txt")
        #expect(before.starts(with: Data("# created: 20".utf8)))
        let again = try scratch.run(["keygen", "-o", "key.txt"])
        #expect(again.status == 1)
        #expect(again.stderr.contains("is there already"))
        #expect(try scratch.read("key.txt") == before)
        let json = try scratch.run(["keygen", "-o", "other.txt", "--json"])
        let document = try #require(JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: Any])
        #expect(document["recipient"] as? String == (try self.recipient(scratch, "other.txt")))
        #expect(document["schema"] as? String == "1.0")
    }

    @Test func keygenOnStdoutKeepsThePublicKeyApart() throws {
        let outcome = try Scratch().run(["keygen"])
        #expect(outcome.status == 0)
        #expect(outcome.stdout.contains("\nAGE-SECRET-KEY-1"))
        #expect(outcome.stderr.hasPrefix("Public key: age1"))
    }

    @Test func keygenAgreesWithAMistypedRecipientInAPlan() throws {
        let scratch = try Scratch()
        _ = try scratch.run(["keygen", "-o", "key.txt"])
        var text = Array(try recipient(scratch, "key.txt"))
        text[20] = text[20] == "q" ? "p" : "q"
        let plan = StarterPlan.text(name: "x", recipient: String(text))
        #expect {
            try PlanFile.decode(bytes: Array(plan.utf8), file: "x")
        } throws: { ($0 as? PlanFileError)?.description.contains("mistyped") == true }
    }

    @Test(.enabled(if: hasPython, "needs .venv with pyrage"), arguments: [0, 1, 65_535, 65_536, 65_537, 3_000_000])
    func decryptOpensWhatPyrageSeals(_ size: Int) throws {
        let scratch = try Scratch()
        _ = try scratch.run(["keygen", "-o", "key.txt"])
        _ = try scratch.run(["keygen", "-o", "other.txt"])
        let plain = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        try scratch.write("plain", plain)
        let seal = """
            import pyrage, sys
            home, recipient = sys.argv[1:]
            plain = open(home + '/plain', 'rb').read()
            to = [pyrage.x25519.Recipient.from_str(recipient)]
            open(home + '/sealed', 'wb').write(pyrage.encrypt(plain, to))
            open(home + '/armored', 'wb').write(pyrage.encrypt(plain, to, armored=True))
            open(home + '/passphrase', 'wb').write(pyrage.passphrase.encrypt(plain, 'correct horse'))
            """
        #expect(try Self.python(seal, [scratch.path, recipient(scratch, "key.txt")]) == 0)
        for sealed in ["sealed", "armored"] {
            let opened = try scratch.run(["decrypt", "-i", "other.txt", "-i", "key.txt", sealed, "-o", sealed + ".out"])
            #expect(opened.status == 0, "\(opened.stderr)")
            #expect(try scratch.read(sealed + ".out") == plain)
            #expect(try scratch.mode(sealed + ".out") == 0o600)
        }
        let wrong = try scratch.run(["decrypt", "-i", "other.txt", "sealed", "-o", "wrong.out"])
        #expect(wrong.status == 12)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("wrong.out")))
        // A passphrase by file and by environment, the age file by stdin.
        try scratch.write("secret", Data("correct horse\n".utf8))
        let sealed = try scratch.read("passphrase")
        let byFile = try scratch.run(["decrypt", "--passphrase-file", "secret", "-o", "by-file"], input: sealed)
        #expect(byFile.status == 0, "\(byFile.stderr)")
        #expect(try scratch.read("by-file") == plain)
        let byEnvironment = try scratch.run(
            ["decrypt", "--passphrase-env", "PHRASE", "passphrase", "-o", "by-env"],
            environment: ["PHRASE": "correct horse"])
        #expect(byEnvironment.status == 0, "\(byEnvironment.stderr)")
        #expect(try scratch.read("by-env") == plain)
        let unset = try scratch.run(["decrypt", "--passphrase-env", "PHRASE", "passphrase"])
        #expect(unset.status == 12)
        let bad = try scratch.run(
            ["decrypt", "--passphrase-env", "PHRASE", "passphrase"], environment: ["PHRASE": "CANARY"])
        #expect(bad.status == 12)
        #expect(!bad.all.contains("CANARY"))
    }

    @Test(.enabled(if: hasPython, "needs .venv with pyrage")) func aDamagedFileLeavesNothing() throws {
        let scratch = try Scratch()
        _ = try scratch.run(["keygen", "-o", "key.txt"])
        let seal = """
            import pyrage, sys
            home, recipient = sys.argv[1:]
            open(home + '/sealed', 'wb').write(pyrage.encrypt(b'x' * 200000, [pyrage.x25519.Recipient.from_str(recipient)]))
            """
        #expect(try Self.python(seal, [scratch.path, recipient(scratch, "key.txt")]) == 0)
        let sealed = try scratch.read("sealed")
        for (at, damage) in [(sealed.count - 1, "flip"), (100_000, "flip"), (0, "flip"), (sealed.count - 1, "cut")] {
            var bytes = sealed
            if damage == "flip" { bytes[at] ^= 1 } else { bytes.removeLast() }
            try scratch.write("damaged", bytes)
            let outcome = try scratch.run(["decrypt", "-i", "key.txt", "damaged", "-o", "opened"])
            #expect(outcome.status == 1, "\(damage) at \(at)")
            #expect(outcome.stderr.hasPrefix("havre: damaged: "))
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
        #expect(left == ["damaged", "key.txt", "sealed"], "neither a file nor a temporary one")
        try scratch.write("opened", Data("mine".utf8))
        try scratch.write("damaged", sealed)
        #expect(try scratch.run(["decrypt", "-i", "key.txt", "damaged", "-o", "opened"]).status == 1)
        #expect(try scratch.read("opened") == Data("mine".utf8), "nothing is overwritten")
    }

    @Test func keysThatAreNoneEndWith12AndAreNotRepeated() throws {
        let scratch = try Scratch()
        try scratch.write("bad.txt", Data("AGE-SECRET-KEY-1CANARY\n".utf8))
        try scratch.write("x", Data("age-encryption.org/v1\n".utf8))
        for arguments in [["-i", "bad.txt", "x"], ["-i", "absent.txt", "x"], ["-i", "/dev/zero", "x"]] {
            let outcome = try scratch.run(["decrypt"] + arguments)
            #expect(outcome.status == 12)
            #expect(!outcome.all.contains("CANARY"))
        }
    }

    @Test func digestsAreThoseOfOthers() throws {
        let scratch = try Scratch()
        try scratch.write("empty", Data())
        try scratch.write("abc", Data("abc".utf8))
        let leaf = Data(repeating: 0x61, count: 8 << 20)
        try scratch.write("leaf", leaf)
        try scratch.write("more", leaf + Data("b".utf8))
        // SHA-256 of FIPS 180-4; roots by the definition of RFC 6962 section 2.1, computed with hashlib of Python:
        // H(1 ‖ H(0 ‖ 8 MiB of `a`) ‖ H(0 ‖ `b`)).
        let outcome = try scratch.run(["digest", "empty", "abc", "leaf", "more"])
        #expect(outcome.status == 0)
        #expect(
            outcome.stdout == """
                sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  0  empty
                sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  3  abc
                sha256:ad97f87076920684e2ca66fc44e5d322797dc9d64706b174e51b5d0828937043  8388608  leaf
                merkle8m:dddcb13b199ce7f3f0c92617bea6887436e04ee8879fff14820fecde1ce249e6  8388609  more

                """)
        let stdin = try scratch.run(["digest"], input: Data("abc".utf8))
        #expect(stdin.stdout == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  3  -\n")
        let json = try scratch.run(["digest", "--json", "abc"])
        let document = try #require(JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: Any])
        let files = try #require(document["files"] as? [[String: Any]])
        #expect(files.first?["size"] as? Int == 3)
        #expect(try scratch.run(["digest", "absent"]).status == 1)
        #expect(try scratch.run(["digest", "."]).status == 1)
    }

    @Test func initMakesAPlanThatIsValidAndOverwritesNothing() throws {
        let scratch = try Scratch()
        let outcome = try scratch.run(["init", "my voyage/été"])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        #expect(try scratch.mode("my voyage/été/key.txt") == 0o600)
        let plan = try PlanFile.load(path: scratch.file("my voyage/été/plan.yaml"))
        #expect(plan.keys["ours"]?.recipient == (try recipient(scratch, "my voyage/été/key.txt")))
        let validated = try scratch.run(["validate", "my voyage/été/plan.yaml"])
        // It invents no fact: what the operator has not said is unknown, and blocks.
        #expect(validated.status == 20, "\(validated.all)")
        let starter = String(decoding: try scratch.read("my voyage/été/plan.yaml"), as: UTF8.self)
        let filled = starter.replacing("service: file}", with: "service: file, country: FR, law: FR}")
            .replacing("# TODO: workers:", with: "workers:").replacing("# TODO: remoteAccess:", with: "remoteAccess:")
            .replacing("# custodian:", with: "custodian:")
        try scratch.write("my voyage/été/filled.yaml", Data(filled.utf8))
        let complete = try scratch.run(["validate", "my voyage/été/filled.yaml"])
        #expect(complete.status == 0, "\(complete.all)")
        let before = try scratch.read("my voyage/été/plan.yaml")
        #expect(try scratch.run(["init", "my voyage/été"]).status == 1)
        #expect(try scratch.read("my voyage/été/plan.yaml") == before)
        // A key alone stops it too, and nothing is half done.
        try FileManager.default.removeItem(atPath: scratch.file("my voyage/été/plan.yaml"))
        #expect(try scratch.run(["init", "my voyage/été"]).status == 1)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("my voyage/été/plan.yaml")))
    }

    @Test func namesOfDirectoriesBecomeNamesOfPlans() {
        #expect(Init.name(of: "/a/b") == "b")
        #expect(Init.name(of: "/a/--é b") == "b")
        #expect(Init.name(of: "/") == "migration")
        #expect(Init.name(of: "/été 2026") == "t--2026")
    }
}
