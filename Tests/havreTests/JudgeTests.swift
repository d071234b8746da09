import Foundation
import HavreCrypto
import HavreJournal
import HavreModel
import TestServers
import Testing

@testable import havre

/// `judge`: what turns in an estate on another day or under changed facts; and what was finished.
@Suite(.ownThreads) struct JudgeTests {
    private struct Report: Decodable {
        struct Turn: Decodable {
            let dataset: String
            let rule: String
            let from: Outcome
            let to: Outcome
            let blocks: Bool
            let facts: [UsedFact]
            let changed: [Change]
        }
        struct Change: Decodable {
            let name: Text
            let from: UsedFact?
            let to: UsedFact?
        }
        struct Run: Decodable {
            let id: String
            let outcome: String
        }
        struct Part: Decodable {
            let file: String
            let problem: String?
            let run: Run?
            let editedSince: String?
            let blocking: [String]
            let turns: [Turn]
        }
        let plans: [Part]
    }

    private func judge(
        _ arguments: String..., in directory: String = PackageFiles.root, environment: [String: String] = [:]
    ) throws -> (Int32, Report) {
        let outcome = try RunningHavre.run(
            ["judge", "--json"] + arguments, in: directory,
            environment: environment.merging(["HAVRE_TODAY": "2026-11-24"]) { $1 })
        return (outcome.status, try JSONDecoder().decode(Report.self, from: Data(outcome.stdout.utf8)))
    }

    @Test func anAuthorisationThatEndsTurns() throws {
        let file = "plans/scenarios/case-by-case.yaml"
        let (_, last) = try judge(file, "--on", "2026-12-20")
        #expect(last.plans[0].turns.isEmpty, "its last day counts")
        let (status, after) = try judge(file, "--on", "2026-12-21")
        #expect(status == 20)
        let turn = try #require(after.plans[0].turns.first { $0.rule == "R18" })
        #expect(turn.dataset == "emc2" && turn.from == .satisfied && turn.to == .violated && turn.blocks)
    }

    @Test func aFallenDecisionJudgesEveryPlanAgain() throws {
        let (status, report) = try judge("plans", "--assume", "DPF=invalid")
        #expect(status == 20)
        #expect(report.plans.count >= 18)
        let turned = report.plans.filter { !$0.turns.isEmpty }
        #expect(turned.map(\.file) == ["plans/scenarios/logs-in-virginia.yaml"])
        let turn = try #require(turned.first?.turns.first { $0.rule == "R1" })
        #expect(turn.from == .unknown && turn.to == .violated)
        // What the new verdict rests on, and which of it is not what it was.
        #expect(!turn.facts.isEmpty && turn.facts.allSatisfy { !$0.source.isEmpty })
        let change = try #require(turn.changed.first)
        #expect(change.from?.value != change.to?.value || change.from?.doubt != change.to?.doubt)
        #expect(turn.changed.compactMap(\.to).allSatisfy(turn.facts.contains))
        #expect(turn.changed.count < turn.facts.count, "what stayed as it was is no change")
    }

    @Test func aCertificateThatIsHeldWouldTurn() throws {
        let (status, report) = try judge(
            "plans/scenarios/secnumcloud-disputed.yaml", "--assume", "scaleway/object-storage/fr-par:SecNumCloud=held")
        #expect(status == 0)
        let turn = try #require(report.plans[0].turns.first { $0.rule == "R10" })
        #expect(turn.from == .unknown && turn.to == .satisfied && !turn.blocks)
    }

    /// The status of a certificate is in the reader's language.
    @Test func whatWasDisputedIsSaidInFrench() throws {
        let outcome = try RunningHavre.run(
            [
                "judge", "plans/scenarios/secnumcloud-disputed.yaml", "--assume",
                "scaleway/object-storage/fr-par:SecNumCloud=held", "--lang", "fr",
            ], environment: ["HAVRE_TODAY": "2026-11-24"])
        #expect(outcome.stdout.contains(": contestée (contesté) → détenue"), "\(outcome.all)")
    }

    @Test func somebodyBuysTheProvider() throws {
        let (status, report) = try judge("plans/scenarios/extract-a.yaml", "--assume", "scaleway:parent=US")
        #expect(status == 0, "sealed data may stay, with a reservation")
        #expect(report.plans[0].turns.contains { $0.rule == "R7" && $0.to == .violated })
    }

    @Test(arguments: [
        ("DPX=invalid", "did you mean `DPF`"), ("DPF", "expected"), ("scalway:seat=US", "did you mean `scaleway`"),
        ("scaleway/object-storage/fr-pra:HDS=held", "fr-par"),
    ])
    func anAssumptionAboutNothingIsRefused(_ given: (String, String)) throws {
        let outcome = try RunningHavre.run(["judge", "plans", "--assume", given.0])
        #expect(outcome.status == 64)
        #expect(outcome.stderr.contains(given.1), "\(outcome.all)")
        #expect(outcome.stdout.isEmpty)
    }

    @Test func aBrokenPlanIsNamedAndTheOthersAreJudged() throws {
        let home = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        try FileManager.default.createDirectory(atPath: home + "/a/b", withIntermediateDirectories: true)
        for (name, text) in [
            ("a/good.yaml", try PackageFiles.text("plans/rekey.yaml")),
            ("a/b/bad.yaml", "havre: 1\nname: x\ndatasets: {}\n"), ("a/paper.yaml", "havre: 1\nkind: opinion\n"),
        ] {
            try Data(text.utf8).write(to: URL(filePath: home + "/" + name))
        }
        let (status, report) = try judge(".", in: home)
        #expect(status == 65)
        #expect(report.plans.map(\.file) == ["./a/good.yaml", "./a/b/bad.yaml"])
        #expect(report.plans[0].problem == nil)
        #expect(report.plans[1].problem?.contains("a/b/bad.yaml:") == true)
    }

    /// A plan that has not begun is forecast by what it expects, from the day that is judged on.
    @Test func whatHasNotBegunIsForecast() throws {
        let home = try Harbour()
        defer { home.remove() }
        try home.plan("plan", end: "2026-12-10", expected: "{objects: 1000, bytes: 20TB}")
        let (_, early) = try judge("plan.yaml", "--on", "2026-12-01", in: home.path)
        #expect(early.plans[0].turns.isEmpty, "four days at the worst fit before the end")
        let (status, late) = try judge("plan.yaml", "--on", "2026-12-09", in: home.path)
        #expect(status == 0, "an end that may be missed warns")
        let turn = try #require(late.plans[0].turns.first { $0.rule == "R22" })
        #expect(turn.from == .satisfied && turn.to == .violated)
        let finish = try #require(turn.changed.first { $0.name.english == "forecast finish" })
        #expect(finish.from?.value == "2026-11-25/2026-11-27" && finish.to?.value == "2026-12-10/2026-12-12")
        let words = try RunningHavre.run(
            ["judge", "plan.yaml", "--on", "2026-12-09", "--lang", "fr"], in: home.path,
            environment: ["HAVRE_TODAY": "2026-11-24"])
        #expect(words.stdout.contains("fait : achèvement prévu : 2026-11-25/2026-11-27 → 2026-12-10/2026-12-12"))
    }

    /// Of a run under way the journal knows what is left; what the plan expected counts no more.
    @Test func whatIsUnderWayIsForecastByTheJournal() async throws {
        let home = try Harbour()
        defer { home.remove() }
        try home.plan("plan", end: "2026-12-10", expected: "{objects: 1000, bytes: 900TB}")
        let (_, expected) = try judge("plan.yaml", "--on", "2026-12-11", in: home.path)
        #expect(expected.plans[0].turns.first { $0.rule == "R22" }?.from == .violated)
        let state = home.path + "/elsewhere"
        try await home.begin(state, objects: 3)
        let standing = try await PlanStanding(of: state)
        #expect(standing.steps == ["letters": .transferring])
        #expect(standing.remaining["letters"]?.objects == 3 && standing.remaining["letters"]?.bytes == 30)
        let (_, known) = try judge("plan.yaml", "--on", "2026-12-11", "--state", state, in: home.path)
        #expect(known.plans[0].run?.outcome == "open")
        #expect(known.plans[0].turns.first { $0.rule == "R22" }?.from == .satisfied)
    }

    /// One state directory is one plan's, whoever names it.
    @Test func theStateMayLieElsewhere() throws {
        let home = try Harbour()
        defer { home.remove() }
        try home.plan("plan")
        try home.plan("another")
        let state = home.path + "/elsewhere"
        try home.apply("plan.yaml", "--state", state)
        let (_, unknown) = try judge("plan.yaml", in: home.path)
        #expect(unknown.plans.map { $0.run?.outcome } == [nil])
        let (_, named) = try judge("plan.yaml", "--state", state, in: home.path)
        #expect(named.plans.map { $0.run?.outcome } == ["complete"])
        let (_, all) = try judge(".", in: home.path, environment: ["HAVRE_STATE": state])
        #expect(all.plans.map(\.file) == ["./another.yaml", "./plan.yaml"])
        #expect(all.plans.map { $0.run?.outcome } == [nil, "complete"])
        // A state below the directory is found, and its plan where that file is gone.
        let (_, below) = try judge(".", in: home.path)
        #expect(below.plans.map { $0.run?.outcome } == [nil, nil, "complete"])
        #expect(below.plans[2].file.hasPrefix("./elsewhere/plans/"))
    }

    /// What nobody named is not judged; what lies below a directory is, its plan file gone or not.
    @Test func aPlanThatIsNamedIsJudgedAlone() throws {
        let home = try Harbour()
        defer { home.remove() }
        for name in ["plan", "another"] { try home.plan(name) }
        try home.apply("plan.yaml")
        try home.apply("another.yaml")
        try FileManager.default.removeItem(atPath: home.path + "/another.yaml")
        let (_, one) = try judge("plan.yaml", in: home.path)
        #expect(one.plans.map(\.file) == ["plan.yaml"])
        let (_, all) = try judge(".", in: home.path)
        #expect(all.plans.count == 2 && all.plans.allSatisfy { $0.run?.outcome == "complete" })
        #expect(all.plans[1].file.hasPrefix("./.havre/another/plans/"))
        try home.plan("plan", law: "US")
        let (_, edited) = try judge("plan.yaml", in: home.path)
        #expect(edited.plans.count == 2 && edited.plans[1].file.hasPrefix(".havre/plan/plans/"))
    }

    /// What was moved is judged as it was moved, though the plan has changed since, or is gone.
    @Test func aFinishedMigrationIsJudgedAsItWasExecuted() throws {
        let home = try Harbour()
        defer { home.remove() }
        try home.plan("plan", class: "{personal: true}")
        try home.apply("plan.yaml")
        let (_, whole) = try judge(".", in: home.path)
        #expect(whole.plans.map(\.file) == ["./plan.yaml"])
        #expect(whole.plans[0].run?.outcome == "complete" && whole.plans[0].editedSince == nil)
        // It was done before the contract ended, and stays so when that has.
        let (late, ended) = try judge(".", "--on", "2100-02-01", in: home.path)
        #expect(late == 0 && ended.plans[0].blocking.isEmpty, "\(ended.plans[0].blocking)")
        // The plan moves on, to a host where the same would be blocked; what was executed stays what it was.
        try home.plan("plan", class: "{personal: true}", law: "US")
        let (status, both) = try judge(".", in: home.path)
        #expect(status == 20)
        #expect(both.plans.count == 2)
        #expect(!both.plans[0].blocking.isEmpty && both.plans[1].blocking.isEmpty)
        // The run is shown once, with the file that it executed; the other one was edited since.
        #expect(both.plans[0].run == nil && both.plans[0].editedSince == both.plans[1].run?.id)
        #expect(both.plans[1].editedSince == nil && both.plans[1].run?.outcome == "complete")
        #expect(FileManager.default.fileExists(atPath: home.path + "/" + both.plans[1].file), "\(both.plans[1].file)")
        let words = try RunningHavre.run(["judge", "."], in: home.path, environment: ["HAVRE_TODAY": "2026-11-24"])
        #expect(words.stdout.contains("plan, edited since the run "), "\(words.all)")
        #expect(words.stdout.components(separatedBy: "ended on").count == 2, "\(words.all)")
        try FileManager.default.removeItem(atPath: home.path + "/plan.yaml")
        let (_, gone) = try judge(".", "--assume", "member:FR=none", in: home.path)
        #expect(gone.plans.count == 1)
        #expect(gone.plans[0].turns.contains { $0.rule == "R4" && $0.to == .violated })
    }

    /// A comment alone makes another file, and no other move.
    @Test func anEditThatChangesNoDatasetKeepsWhatWasMoved() throws {
        let home = try Harbour()
        defer { home.remove() }
        try home.plan("plan")
        try home.apply("plan.yaml")
        try home.plan("plan", more: "# a word")
        let (late, ended) = try judge(".", "--on", "2100-02-01", in: home.path)
        #expect(late == 0 && ended.plans.count == 2)
        #expect(!ended.plans.flatMap(\.turns).contains { $0.rule == "R22" }, "\(ended)")
    }

    @Test func whatTestsMaySetCountsOnlyWhereItIsHeeded() {
        #expect(TestSetting.value(of: "PATH", heeded: true) != nil)
        #expect(TestSetting.value(of: "PATH", heeded: false) == nil)
    }
}

/// A directory with plans that move one file.
private struct Harbour {
    let path: String

    init() throws {
        path = try RunningHavre.scratch()
        for folder in ["old", "new"] {
            try FileManager.default.createDirectory(atPath: path + "/" + folder, withIntermediateDirectories: true)
        }
        try Data("x".utf8).write(to: URL(filePath: path + "/old/x"))
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a plan; what it moves goes to a prefix of its name.
    func plan(
        _ name: String, class classes: String = "{personal: false}", law: String = "FR", end: String = "2099-12-31",
        expected: String = "{objects: 1, bytes: 1B}", more: String = ""
    ) throws {
        let text = """
            havre: 1
            name: \(name)
            providers:
              a: {is: local, service: file, country: FR, law: FR}
              b: {is: local, service: file, country: FR, law: \(law)}
            workers: {country: FR, law: FR}
            remoteAccess: none
            contract: {end: \(end)}
            \(more)
            datasets:
              letters:
                class: \(classes)
                from: {provider: a, bucket: ./old}
                to: {provider: b, bucket: ./new, prefix: "\(name)/"}
                seal: {format: none}
                expected: \(expected)

            """
        try Data(text.utf8).write(to: URL(filePath: path + "/\(name).yaml"))
    }

    func apply(_ arguments: String...) throws {
        let applied = try RunningHavre.run(
            ["apply", "--yes"] + arguments, in: path, environment: ["HAVRE_TODAY": "2026-11-24"])
        #expect(applied.status == 0, "\(applied.all)")
    }

    /// The journal of a run of `plan.yaml` that has taken up `objects` of ten bytes and moved none.
    func begin(_ state: String, objects: Int) async throws {
        try StateDirectory.create(state)
        let journal = try SQLiteJournal(path: state + "/journal.sqlite", hash: HashFunction.sha256, clock: Clock.now)
        _ = try await journal.takeLease(holder: "test")
        let hash = HexText.of(HashFunction.sha256(try FileBytes.read(path + "/plan.yaml")))
        let run = String(repeating: "a", count: 32)
        try await journal.beginRun(RunRecord(id: run, planHash: hash, began: 1), notes: .empty)
        for side in [InventorySide.source, .target] {
            try await journal.beginInventory(dataset: "letters", side: side)
            if side == .source {
                try await journal.addInventory(
                    dataset: "letters", side: side,
                    (0..<objects).map {
                        InventoryRow(
                            key: ObjectKey("k\($0)"), version: SourceVersion(entityTag: "t", size: 10))
                    })
            }
            try await journal.endInventory(dataset: "letters", side: side)
        }
        try await journal.computeDiff(dataset: "letters", envelope: "none", onConflict: .block)
        _ = try await journal.adoptDiff(dataset: "letters", run: run)
        for step in ["planned", "transferring"] {
            try await journal.setDatasetState("letters", step, notes: .empty)
        }
        try journal.close()
    }
}
