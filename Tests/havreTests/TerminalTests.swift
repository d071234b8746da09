import FoundationEssentials
import Glibc
import HavreJournal
import TestServers
import Testing

@testable import havre

/// Texts that are fitted to a width.
@Suite struct WidthTests {
    @Test func linesBreakAtWordsUnderWhatTheyBelongTo() {
        let text = """
            letters: 302 landed, 15 of them read back and right
              ok  keys: one two three four five six seven
                 fact    place: FR; somebody's word
            """
        let wrapped = """
            letters: 302 landed, 15 of
              them read back and right
              ok  keys: one two three
                  four five six seven
                 fact    place: FR;
                         somebody's
                         word
            """
        #expect(TerminalText.wrap(text, columns: 26) == wrapped)
        #expect(TerminalText.wrap(text, columns: 80) == text)
        let path = "a path: " + String(repeating: "x", count: 40) + " goes on"
        #expect(TerminalText.wrap(path, columns: 20).contains(String(repeating: "x", count: 40) + "\n  goes on"))
        #expect(TerminalText.wrap("", columns: 20).isEmpty)
        #expect(TerminalText.wrap("a\n\nb\n", columns: 1) == "a\n\nb\n")
    }

    @Test func wrappingLosesNothing() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let text = String((0..<120).map { _ in "ab  \n".randomElement(using: &random) ?? " " })
            let wrapped = TerminalText.wrap(text, columns: Int.random(in: 1...60, using: &random))
            let words = { (text: String) in text.split { $0 == " " || $0 == "\n" } }
            #expect(words(wrapped) == words(text), "\(text)")
        }
    }

    @Test func theProgressLineShortensTheNameFirst() {
        var counts = DatasetCounts()
        (counts.landed, counts.failed, counts.open) = (120, 2, 278)
        (counts.landedBytes, counts.plannedBytes) = (40 << 20, 90 << 20)
        let line = ProgressLine(
            dataset: "projects-of-the-year-2021", counts: counts, rate: 4.2e6, reused: 1 << 20, running: 4)
        #expect(line.fitted(200) == line.description)
        let narrower = line.fitted(line.description.count - 3)
        #expect(narrower.count == line.description.count - 3 && narrower.hasPrefix("  projects-of-the-year"))
        #expect(narrower.hasSuffix("reused 1.0 MiB") && narrower.contains("…"))
        for columns in 40...130 {
            let fitted = line.fitted(columns)
            #expect(fitted.count <= columns)
            #expect(fitted.contains("2 FAILED") && fitted.contains("(44 %)"), "\(fitted)")
        }
        #expect(line.fitted(79).contains("about 12 s left"), "\(line.fitted(79))")
        #expect(!line.fitted(79).contains("reused"))
    }
}

/// What a person sees on a terminal of 80 columns, and what programs get in its place.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct TerminalTests {
    private let yard: Shipyard
    private static let name = "letters-of-the-year-2021-and-before"

    init() throws {
        yard = try Shipyard()
        try draw()
        for folder in ["old", "new", "far"] { try Self.make(yard.directory + "/" + folder) }
        try put("old/a letter.txt", "Bonjour.")
        try put("old/another letter.txt", "Encore.")
    }

    private static func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    private func put(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: yard.directory + "/" + path))
    }

    /// The same with a second dataset that policy blocks: health data in clear, to a host under foreign law.
    private func drawBlocked() throws {
        try draw(
            law: "US",
            more: """
                  far:
                    class: {personal: true, health: true}
                    from: {provider: old-host, bucket: ./old}
                    to: {provider: far-host, bucket: ./far}
                    seal: {format: none}
                """)
    }

    private func draw(law: String = "FR", more: String = "", top: String = "") throws {
        try yard.write(
            """
            havre: 1
            name: first
            providers:
              old-host: {is: local, service: file, country: FR, law: FR}
              new-host: {is: local, service: file, country: FR, law: FR}
              far-host: {is: local, service: file, country: FR, law: \(law)}
            keys:
              ours:
                recipient: \(yard.recipient)
                custodian: {name: Us, country: FR, law: FR}
            workers: {country: FR, law: FR}
            remoteAccess: none
            \(top)
            datasets:
              \(Self.name):
                class: {personal: true}
                from: {provider: old-host, bucket: ./old}
                to: {provider: new-host, bucket: ./new}
                seal: {format: age, recipients: [ours]}
            \(more)
            """)
    }

    /// Runs a verb on a terminal of 80 columns, answering each question with `answer`. Lines end with `\n`.
    private func onTerminal(_ arguments: String..., answer: String = "") throws -> (exit: Int32, text: String) {
        let script = """
            import fcntl, os, pty, struct, sys, termios
            pid, terminal = pty.fork()
            if pid == 0:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
                os.execv(sys.argv[2], sys.argv[2:])
            seen = b""
            while True:
                try:
                    more = os.read(terminal, 65536)
                except OSError:
                    break
                if not more:
                    break
                if b"[y/N]" in more:
                    os.write(terminal, sys.argv[1].encode() + b"\\n")
                seen += more
            sys.stdout.buffer.write(seen.replace(b"\\r\\n", b"\\n"))
            sys.stdout.flush()
            os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """
        let python = try #require(TestProcess.tool("python3"))
        let run = try Shipyard.spawn(
            [python, "-c", script, answer, Shipyard.binary] + arguments,
            directory: yard.directory, environment: ["TERM": "xterm", "HAVRE_STATE": yard.state])
        return (run.exit, run.out)
    }

    /// Every line of what a terminal showed, lines that were drawn over included.
    private func lines(_ text: String) -> [Substring] {
        text.replacing("\r\u{1b}[K", with: "\n").replacing("\r", with: "\n").split(separator: "\n")
    }

    @Test func applyShowsTheDiffAndAsksForWhatItNames() throws {
        let refused = try onTerminal("apply", yard.plan, answer: "n")
        #expect(refused.exit == 1, "\(refused.text)")
        #expect(refused.text.contains("+ create") && refused.text.contains("Plan: 2 to move (15 B)"), "\(refused.text)")
        #expect(refused.text.contains("Move 2 objects (15 B)? [y/N] "), "\(refused.text)")
        #expect(refused.text.contains("nothing was moved"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: yard.directory + "/new").isEmpty)

        let taken = try onTerminal("apply", yard.plan, answer: "y")
        #expect(taken.exit == 0, "\(taken.text)")
        #expect(taken.text.contains("Move 2 objects (15 B)? [y/N] ") && taken.text.contains("Done."), "\(taken.text)")
        #expect(try yard.counts().landed == 2)

        let again = try onTerminal("apply", yard.plan)
        #expect(again.exit == 0, "\(again.text)")
        #expect(!again.text.contains("[y/N]") && again.text.contains("Nothing is to be moved"), "\(again.text)")
        for line in lines(refused.text + taken.text + again.text) { #expect(line.count <= 80, "\(line)") }
    }

    @Test func aSavedPlanShowsItsOwnSummary() throws {
        let saved = yard.directory + "/saved.havreplan"
        #expect(try yard.havre("plan", "-o", saved).exit == 0)
        let refused = try onTerminal("apply", saved, answer: "n")
        #expect(refused.exit == 1 && refused.text.contains("Move 2 objects (15 B)? [y/N] "), "\(refused.text)")
        // A question about a plan that is stale is none.
        try put("old/a third.txt", "!")
        let stale = try onTerminal("apply", saved, answer: "y")
        #expect(stale.exit == 21 && !stale.text.contains("[y/N]"), "\(stale.text)")
        try FileManager.default.removeItem(atPath: yard.directory + "/old/a third.txt")
        let taken = try onTerminal("apply", saved, answer: "y")
        #expect(taken.exit == 0 && taken.text.contains("Move 2 objects (15 B)? [y/N] "), "\(taken.text)")
        // Its run has ended.
        let late = try yard.havre("apply", "--yes", file: saved)
        #expect(late.exit == 21 && late.err.contains("it was applied already, by the run "), "\(late.words)")
    }

    @Test func reportsFitATerminalAndAreWholeInAPipe() throws {
        try drawBlocked()
        for verb in ["validate", "plan", "doctor", "apply", "status"] {
            let piped = try Shipyard.spawn(
                [Shipyard.binary, verb, yard.plan], directory: yard.directory, environment: ["HAVRE_STATE": yard.state])
            let shown = try onTerminal(verb, yard.plan)
            for line in lines(shown.text) where !line.contains("/") { #expect(line.count <= 80, "\(verb): \(line)") }
            guard verb == "validate" else { continue }
            let words = { (text: String) in text.split { $0 == " " || $0 == "\n" } }
            #expect(words(shown.text) == words(piped.out))
            #expect(piped.out.split(separator: "\n").contains { $0.count > 100 }, "a pipe gets lines as they are")
        }
    }

    @Test func aPlanOfBlockedObjectsIsNotDone() throws {
        #expect(try yard.havre("apply", "--yes").exit == 0)
        try put("old/taken.txt", "ours")
        try put("new/taken.txt", "another's")
        let plan = try yard.havre("plan", "--detailed-exitcode")
        #expect(plan.exit == 0, "nothing is pending: \(plan.words)")
        #expect(!plan.out.contains("Nothing is left"), "\(plan.out)")
        #expect(
            plan.out.contains("Nothing can be moved; 1 object is blocked: `havre plan --objects` names it."),
            "\(plan.out)")
        #expect(try yard.havre("apply", "--yes").exit == 3)
    }

    /// The totals of `plan --json`.
    private struct Totals: Decodable {
        struct Sum: Decodable, Equatable {
            let objects: Int
            let bytes: UInt64
        }
        let toMove, unchanged, blocked, blockedByPolicy: Sum
    }

    /// An error document.
    private struct Failure: Decodable {
        struct Verdict: Decodable {
            let rule: String
            let dataset: String
        }
        let code: String
        let message: String
        let verdicts: [Verdict]
    }

    @Test func whatPolicyBlocksIsNotToMove() throws {
        try drawBlocked()
        let plan = try yard.havre("plan")
        #expect(plan.exit == 20 && plan.out.contains("Plan: 2 to move (15 B)"), "\(plan.words)")
        #expect(plan.out.contains("Blocked by policy: far (2 objects, 15 B)."), "\(plan.out)")
        #expect(plan.out.contains("do not apply · ") && plan.out.contains("R4 blocks"), "\(plan.out)")

        struct Report: Decodable { let totals: Totals }
        let json = try yard.havre("plan", "--json")
        let totals = try JSONDecoder().decode(Report.self, from: Data(json.out.utf8)).totals
        #expect(totals.toMove == Totals.Sum(objects: 2, bytes: 15))
        #expect(totals.blockedByPolicy == Totals.Sum(objects: 2, bytes: 15))
        #expect(totals.unchanged.objects == 0 && totals.blocked.objects == 0)

        let apply = try yard.havre("apply", "--yes", "--json")
        #expect(apply.exit == 20, "\(apply.words)")
        let failure = try JSONDecoder().decode(Failure.self, from: Data(apply.out.utf8))
        #expect(failure.code == "blocked" && !failure.message.contains("\n"), "\(failure.message)")
        #expect(failure.message.hasPrefix("blocked by policy: far. Nothing was moved."), "\(failure.message)")
        #expect(failure.verdicts.contains { $0.rule == "R4" && $0.dataset == "far" })
        #expect(failure.verdicts.allSatisfy { $0.dataset == "far" })
    }

    @Test func progressAsJSONBeginsWithItsVersions() throws {
        let apply = try yard.havre("apply", "--yes", "--json")
        #expect(apply.exit == 0, "\(apply.words)")
        #expect(apply.err.hasPrefix(ResultStream.versionLine + "\n"), "\(apply.err)")
        for line in apply.err.split(separator: "\n") { #expect(line.hasPrefix("{\"") && line.hasSuffix("}")) }
    }

    @Test func whoAskedForTheEndNeedsNoReasonForIt() throws {
        let big = yard.directory + "/old/big.bin"
        try TestProcess.run(["/usr/bin/head", "-c", "\(96 << 20)", "/dev/zero"], log: big)
        try draw(top: "bandwidth: 64Mbps")
        let log = yard.directory + "/drained"
        let pid = try TestProcess.spawn(
            [Shipyard.binary, "apply", yard.plan, "--yes", "--state", yard.state], environment: [:],
            output: log + ".out",
            errors: log + ".err")
        // Until a part of the large object has arrived.
        for _ in 0..<600 {
            let status = try yard.havre("status").out
            if status.contains(" of them received"), !status.contains(" 0 B of them received") { break }
            usleep(50_000)
        }
        kill(pid, SIGINT)
        let exit = try TestProcess.wait(pid)
        let said = TestProcess.contents(of: log + ".out") ?? ""
        #expect(exit == 130, "exit \(exit): \(said)")
        #expect(said.contains("Interrupted; nothing is lost.") && !said.contains("draining"), "\(said)")
    }

    @Test func statusSaysAKeyOnceAndWhereAnAdoptedDatasetStands() throws {
        #expect(try yard.havre("apply", "--yes").exit == 0)
        try FileManager.default.removeItem(atPath: yard.state)
        let adopted = try yard.havre("adopt", "--identity", yard.identity)
        #expect(adopted.exit == 0 && adopted.out.contains("2 objects adopted"), "\(adopted.words)")
        let status = try yard.havre("status")
        #expect(status.out.contains("\(Self.name)  transferred"), "\(status.out)")

        let twice = StatusReport.Failure(key: "c", reason: "c: holds other bytes")
        #expect(twice.reason == "holds other bytes")
        #expect(StatusReport.Failure(key: "c", reason: "chalk").reason == "chalk")
    }
}
