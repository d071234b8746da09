import FoundationEssentials
import Glibc
import HavreCrypto
import HavreJournal
import HavreModel
import TestServers
import Testing

@testable import havre

/// A saved plan is refused with the name of what moved, whichever of ten kinds it is; signatures and replays too.
@Suite(.ownThreads) struct StalePlanTests {
    private let yard: LocalYard
    private var directory: String { yard.yard.directory }
    private var saved: String { directory + "/saved.havreplan" }
    private static let today = "2026-11-24"

    init() throws {
        var yard = try LocalYard(files: 3)
        yard.yard.environment["HAVRE_TODAY"] = Self.today
        self.yard = yard
    }

    private func havre(_ words: String..., today: String = StalePlanTests.today) throws -> Shipyard.Run {
        var environment = yard.yard.environment
        environment["HAVRE_TODAY"] = today
        let needsState = words[0] == "apply" || words[0] == "plan" || words[0] == "doctor"
        return try Shipyard.spawn(
            [Shipyard.binary] + words + (needsState ? ["--state", yard.yard.state] : []), directory: directory,
            environment: environment)
    }

    private func save(_ more: String...) throws {
        let planned = try Shipyard.spawn(
            [Shipyard.binary, "plan", yard.yard.plan, "-o", saved] + more + ["--state", yard.yard.state],
            directory: directory, environment: yard.yard.environment)
        try #require(planned.exit == 0, "\(planned.words)")
    }

    private var moved: [String] { LocalYard.names(yard.cargo) }

    private func expectStale(_ words: String, today: String = StalePlanTests.today) throws {
        let before = moved
        let applied = try havre("apply", saved, "--yes", today: today)
        #expect(applied.exit == 21 && applied.err.contains(words), "\(words): \(applied.words)")
        #expect(moved == before, "\(words): something was moved")
    }

    @Test func objectsAtEitherSideAreNamed() throws {
        try save()
        try yard.put("letter-9", "one more")
        try expectStale("letters: letter-9 is new at the source")
        unlink(yard.source + "/letter-9")
        rename(yard.source + "/letter-0", directory + "/aside")
        try expectStale("letters: letter-0 is gone from the source")
        try yard.put("letter-0", "other words")
        try expectStale("letters: letter-0 has changed at the source")
        unlink(yard.source + "/letter-0")
        rename(directory + "/aside", yard.source + "/letter-0")
        try Data("x".utf8).write(to: URL(filePath: yard.target + "/foreign"))
        try expectStale("letters: foreign is new at the target")
        try save()
        try Data("longer".utf8).write(to: URL(filePath: yard.target + "/foreign"))
        try expectStale("letters: foreign has changed at the target")
        unlink(yard.target + "/foreign")
        try expectStale("letters: foreign is gone from the target")
    }

    @Test func thePlanFileIsNamed() throws {
        try save()
        try yard.draw(more: "maxFailures: 7")
        try expectStale("the plan file \(yard.yard.plan) has changed")
        try yard.draw()
        #expect(try havre("apply", saved, "--yes").exit == 0)
    }

    @Test func whatTheTargetWasFoundToDoIsNamed() throws {
        #expect(try havre("doctor", yard.yard.plan).exit == 0)
        try save()
        let traits = yard.yard.state + "/traits.json"
        let text = try #require(TestProcess.contents(of: traits))
        try Data(text.replacing("\"conditionalCreate\" : true", with: "\"conditionalCreate\" : false").utf8)
            .write(to: URL(filePath: traits))
        try #require(TestProcess.contents(of: traits) != text)
        try expectStale("what the target of letters was found to do on ")
        try Data(text.utf8).write(to: URL(filePath: traits))
        #expect(try havre("apply", saved, "--yes").exit == 0)
    }

    /// Facts and verdicts change with the day alone: a certificate of the plan ends.
    @Test func aFactThatEndedIsNamed() throws {
        try yard.yard.write(
            """
            havre: 1
            name: letters
            controller: Exemple
            providers:
              old: {is: local, service: file, country: FR, law: FR}
              here:
                is: local
                service: file
                country: FR
                law: FR
                certifications: [{name: HDS, status: held, from: 2025-01-01, until: 2026-12-31, verifiedOn: 2026-11-01}]
            keys:
              ours: {recipient: \(yard.yard.recipient), custodian: {name: Exemple, country: FR, law: FR}}
            workers: {country: FR, law: FR}
            remoteAccess: none
            datasets:
              letters:
                class: {personal: false, health: true}
                from: {provider: old, bucket: \(yard.source)}
                to: {provider: here, bucket: \(yard.target)}
                seal: {format: age, recipients: [ours]}

            """)
        let planned = try havre("plan", yard.yard.plan, "-o", saved)
        try #require(planned.exit == 0 || planned.exit == 20, "\(planned.words)")
        // Another day alone changes nothing; the last day of the certificate does.
        let tomorrow = try havre("apply", saved, "--yes", today: "2026-11-25")
        #expect(tomorrow.exit == planned.exit, "\(tomorrow.words)")
        let late = try havre("apply", saved, "--yes", today: "2027-01-01")
        #expect(late.exit == 21 && late.err.contains("a fact has changed: HDS"), "\(late.words)")
        #expect(late.err.contains("expired"), "\(late.words)")
    }

    /// The operator's own catalogue may be rewritten; what it says may not change.
    @Test func aFactOfAnOwnCatalogueIsNamed() throws {
        func state(_ source: String, _ comment: String = "") throws {
            let text = """
                \(comment)
                catalogue: 1
                providers:
                  - id: scaleway
                    seat: {value: FR, source: "\(source)", verifiedOn: 2026-11-01}

                """
            try Data(text.utf8).write(to: URL(filePath: directory + "/own.yaml"))
        }
        try state("one")
        try yard.draw(more: "catalogues: [own.yaml]")
        try save()
        try state("two")
        try expectStale("a fact has changed: the catalogue says something else of scaleway")
        try state("one", "# the same, said with a comment")
        #expect(try havre("apply", saved, "--yes").exit == 0)
    }

    @Test func itsOwnReplayIsNamed() throws {
        try save()
        #expect(try havre("apply", saved, "--yes").exit == 0)
        try expectStale("it was applied already, by the run ")
        // Everything as it was before: the serial is spent all the same.
        for name in moved { unlink(yard.target + "/" + name) }
        try expectStale("it was applied already, by the run ")
    }

    /// The serial is spent in one journal only: from another state directory nobody could tell.
    @Test func anotherStateDirectoryIsNamed() throws {
        try save()
        #expect(try havre("apply", saved, "--yes").exit == 0)
        for name in moved { unlink(yard.target + "/" + name) }
        let elsewhere = directory + "/elsewhere"
        func apply() throws -> Shipyard.Run {
            try Shipyard.spawn(
                [Shipyard.binary, "apply", saved, "--yes", "--state", elsewhere], directory: directory,
                environment: yard.yard.environment)
        }
        for isPlanned in [false, true] {
            if isPlanned {
                let planned = try Shipyard.spawn(
                    [Shipyard.binary, "plan", yard.yard.plan, "--state", elsewhere], directory: directory,
                    environment: yard.yard.environment)
                try #require(planned.exit == 0, "\(planned.words)")
            }
            let replayed = try apply()
            #expect(
                replayed.exit == 21 && replayed.err.contains("planned from another state directory"),
                "\(replayed.words)")
            #expect(moved.isEmpty)
        }
    }

    /// A run that was interrupted is taken up by the same saved plan: what it landed is no difference.
    @Test func anInterruptedRunGoesOn() throws {
        for number in 0..<400 { try yard.put("more-\(number)", String(repeating: "\(number) ", count: 40)) }
        try save()
        let pid = try TestProcess.spawn(
            [Shipyard.binary, "apply", saved, "--yes", "--state", yard.yard.state],
            environment: yard.yard.environment, output: directory + "/out", errors: directory + "/err")
        try LocalYard.wait("some landed") { moved.count > 20 }
        kill(pid, SIGKILL)
        _ = try TestProcess.wait(pid)
        try #require(moved.count < 403, "it was too fast to be interrupted")
        // What somebody else does meanwhile counts.
        try yard.put("late", "late")
        try expectStale("letters: late is new at the source")
        unlink(yard.source + "/late")
        let again = try havre("apply", saved, "--yes")
        #expect(again.exit == 0 && moved.count == 403, "\(again.words)")
        try expectStale("it was applied already, by the run ")
    }

    // MARK: Signatures

    private func sign(_ name: String) throws -> String {
        let path = directory + "/" + name
        let pem = try SigningKey.generate().pem().withBytes { Array($0) }
        try Data(pem).write(to: URL(filePath: path))
        chmod(path, 0o600)
        return path
    }

    @Test func aSignatureIsCheckedWhereThereIsOne() throws {
        let key = try sign("sign.key")
        try yard.draw(more: "sign: {key: {file: \(key)}}")
        try save("--sign")
        let shown = try havre("show", saved)
        #expect(shown.exit == 0 && shown.out.contains("  seal    signed by "), "\(shown.words)")
        // The key behind the same name is another: what was signed was not signed by the plan's.
        let other = try #require(TestProcess.contents(of: try sign("other.key")))
        let own = try #require(TestProcess.contents(of: key))
        try Data(other.utf8).write(to: URL(filePath: key))
        try expectStale("it is signed by another key than the plan's")
        try Data(own.utf8).write(to: URL(filePath: key))
        // A bit of the signature.
        var bytes = Array(try Data(contentsOf: URL(filePath: saved)))
        let whole = try SavedPlan(path: saved, hash: HashFunction.sha256)
        let signature = try #require(whole.signature).bytes
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: signature) })
        bytes[start] ^= 1
        try Data(bytes).write(to: URL(filePath: saved))
        try expectStale("its signature is not over what it holds")
        #expect(try havre("show", saved).out.contains("SIGNATURE WRONG"))
        bytes[start] ^= 1
        try Data(bytes).write(to: URL(filePath: saved))
        #expect(try havre("apply", saved, "--yes").exit == 0)
    }

    /// Whoever can write the file can take the signature out of it: a demanded key is not content with that.
    @Test func aSignatureThatIsGoneIsMissed() throws {
        let key = try sign("sign.key")
        try yard.draw(more: "sign: {key: {file: \(key)}}")
        try save("--sign")
        let bare = directory + "/bare.havreplan"
        try FileManager.default.copyItem(atPath: saved, toPath: bare)
        let stripped = try Shipyard.spawn(
            [
                "/usr/bin/env", "python3", "-c",
                "import sqlite3,sys; c = sqlite3.connect(sys.argv[1]); "
                    + "c.execute('UPDATE seal SET signer = NULL, signature = NULL'); c.commit()", bare,
            ],
            directory: directory, environment: [:])
        try #require(stripped.exit == 0, "\(stripped.words)")
        let missed = try havre("apply", bare, "--yes")
        #expect(missed.exit == 21 && missed.err.contains("its signature is gone"), "\(missed.words)")
        let demanded = try havre("apply", bare, "--yes", "--signed-by", key)
        #expect(demanded.exit == 21 && demanded.err.contains("it bears no signature"), "\(demanded.words)")
        let stranger = try havre("apply", saved, "--yes", "--signed-by", try sign("stranger.key"))
        #expect(stranger.exit == 21 && stranger.err.contains("another key than --signed-by"), "\(stranger.words)")
        // Without the plan file only the key can tell.
        rename(yard.yard.plan, directory + "/aside")
        let alone = try havre("apply", saved, "--yes")
        #expect(alone.exit == 21 && alone.err.contains("--signed-by"), "\(alone.words)")
        #expect(moved.isEmpty)
        let point = try #require(try SavedPlan(path: saved, hash: HashFunction.sha256).signature).key
        let applied = try havre("apply", saved, "--yes", "--signed-by", PlanForms.ed25519(point))
        #expect(applied.exit == 0 && !moved.isEmpty, "\(applied.words)")
    }

    @Test func signingNeedsAKeyAndAPlace() throws {
        let nowhere = try havre("plan", yard.yard.plan, "--sign")
        #expect(nowhere.exit == 64 && nowhere.err.contains("-o FILE"), "\(nowhere.words)")
        let nobody = try havre("plan", yard.yard.plan, "--sign", "-o", saved)
        #expect(nobody.exit == 64 && nobody.err.contains("names none under `sign`"), "\(nobody.words)")
        #expect(access(saved, F_OK) != 0)
    }

    // MARK: Rules, facts, documents

    /// Saves again what `saved` holds as another release would have: `change` edits its heading.
    private func resave(_ change: (inout SavedPlan.Heading) -> Void) async throws {
        var heading = try SavedPlan(path: saved, hash: HashFunction.sha256).heading
        change(&heading)
        let journal = try SQLiteJournal(
            path: yard.yard.state + "/journal.sqlite", hash: HashFunction.sha256, clock: Clock.now)
        try await SavedPlan.write(to: saved, heading: heading, journal: journal, hash: HashFunction.sha256)
        try journal.close()
    }

    @Test func aRuleThatAnotherReleaseSaysOtherwiseIsRefused() async throws {
        try save()
        try await resave { _ in }
        let own = try SavedPlan(path: saved, hash: HashFunction.sha256).heading
        try await resave { $0.rulebook["R4"] = "00" }
        try expectStale("the rule R4 has changed")
        try await resave {
            $0.rulebook = own.rulebook; $0.rulebook["version"] = "00"
        }
        try expectStale("the rulebook has another version")
        try await resave {
            $0.rulebook = own.rulebook; $0.catalogue["scaleway"] = "00"
        }
        try expectStale("the catalogue says something else of scaleway")
        try await resave { $0.catalogue = own.catalogue }
        #expect(try havre("apply", saved, "--yes").exit == 0)
    }

    @Test func aDocumentThatChangedIsRefused() throws {
        let key = directory + "/controller.key"
        let made = try havre("derogation", "key", "-o", key)
        try #require(made.exit == 0, "\(made.words)")
        let signer = try havre("derogation", "key", key).out.split(separator: "\n").first ?? ""
        func derogate(_ reason: String) throws {
            let text = """
                havre: 1
                kind: derogation
                by: RSSI
                reference: D-1
                reason: \(reason)
                dataset: letters
                rule: R10
                accepts: unknown
                destination: here
                from: 2020-01-01
                until: 2090-01-01
                signer: controller

                """
            try Data(text.utf8).write(to: URL(filePath: directory + "/draft.yaml"))
            unlink(directory + "/paper.yaml")
            let signed = try havre(
                "derogation", "sign", directory + "/draft.yaml", "--key", key, "-o", directory + "/paper.yaml")
            try #require(signed.exit == 0, "\(signed.words)")
        }
        try derogate("one")
        try yard.draw(more: "signers: {controller: \"\(signer)\"}\ndocuments: [./paper.yaml]")
        try save()
        try derogate("two")
        try expectStale("paper.yaml, on which verdicts rest, has changed")
        unlink(directory + "/paper.yaml")
        try expectStale("paper.yaml, on which verdicts rest, is gone")
        try derogate("one")
        #expect(try havre("apply", saved, "--yes").exit == 0)
    }

    /// What only another release, another catalogue file or another document can change.
    @Test func rulesFactsAndDocumentsAreNamed() throws {
        try save()
        var heading = try SavedPlan(path: saved, hash: HashFunction.sha256).heading
        let seeds = try CatalogueFile.load(files: EmbeddedSeeds.files)
        let rules = try JudgementHashes.rules(seeds.rulebook)
        let chapters = try JudgementHashes.chapters(seeds.catalogue)
        let verdicts = try JSONDecoder().decode([Verdict].self, from: Data(heading.verdicts))
        func words(
            _ rules: [String: String], _ chapters: [String: String], _ verdicts: [Verdict]
        ) throws -> String? {
            try SavedPlanCheck.judgement(heading, rules: rules, chapters: chapters, verdicts: verdicts)
        }
        #expect(try words(rules, chapters, verdicts) == nil)
        #expect(
            rules.count == seeds.rulebook.articles.count + 1 && chapters.count == seeds.catalogue.providers.count + 1)

        #expect(try words(rules.merging(["R4": "other"]) { $1 }, chapters, verdicts) == "the rule R4 has changed")
        #expect(try words(rules.filter { $0.key != "R10" }, chapters, verdicts) == "the rule R10 has changed")
        #expect(
            try words(rules.merging(["version": "2"]) { $1 }, chapters, verdicts) == "the rulebook has another version")

        var catalogue = seeds.catalogue
        let index = try #require(catalogue.providers.firstIndex { $0.id == "scaleway" })
        catalogue.providers[index].nonEUShareMax.value = 3
        #expect(
            try words(rules, try JudgementHashes.chapters(catalogue), verdicts)
                == "a fact has changed: the catalogue says something else of scaleway")

        var turned = verdicts
        let used = try #require(turned.firstIndex { !$0.facts.isEmpty })
        turned[used].facts[0].value = "elsewhere"
        let fact = try words(rules, chapters, turned)
        #expect(fact?.hasPrefix("a fact has changed: ") == true && fact?.contains("elsewhere") == true, "\(fact ?? "")")
        turned = verdicts
        turned[0].outcome = .unknown
        #expect(try words(rules, chapters, turned)?.hasPrefix("a verdict has turned: \(turned[0].rule)") == true)
        #expect(try words(rules, chapters, Array(verdicts.dropFirst()))?.contains("is no longer given") == true)

        let document = directory + "/derogation.yaml"
        try Data("one".utf8).write(to: URL(filePath: document))
        heading.documents = [.init(file: document, hash: JudgementHashes.file(document))]
        #expect(try SavedPlanCheck.files(heading) == nil)
        try Data("two".utf8).write(to: URL(filePath: document))
        #expect(try SavedPlanCheck.files(heading)?.contains("\(document), on which verdicts rest, has changed") == true)
        unlink(document)
        #expect(try SavedPlanCheck.files(heading)?.contains("is gone") == true)
    }
}
