import Foundation
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
        }
        struct Run: Decodable { let outcome: String }
        struct Part: Decodable {
            let file: String
            let problem: String?
            let run: Run?
            let blocking: [String]
            let turns: [Turn]
        }
        let plans: [Part]
    }

    private func judge(_ arguments: String..., in directory: String = PackageFiles.root) throws -> (Int32, Report) {
        let outcome = try RunningHavre.run(
            ["judge", "--json"] + arguments, in: directory, environment: ["HAVRE_TODAY": "2026-11-24"])
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
    }

    @Test func aCertificateThatIsHeldWouldTurn() throws {
        let (status, report) = try judge(
            "plans/scenarios/secnumcloud-disputed.yaml", "--assume", "scaleway/object-storage/fr-par:SecNumCloud=held")
        #expect(status == 0)
        let turn = try #require(report.plans[0].turns.first { $0.rule == "R10" })
        #expect(turn.from == .unknown && turn.to == .satisfied && !turn.blocks)
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

    /// What was moved is judged as it was moved, though the plan has changed since, or is gone.
    @Test func aFinishedMigrationIsJudgedAsItWasExecuted() throws {
        let home = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        for folder in ["old", "new"] {
            try FileManager.default.createDirectory(atPath: home + "/" + folder, withIntermediateDirectories: true)
        }
        try Data("x".utf8).write(to: URL(filePath: home + "/old/x"))
        func plan(_ law: String) throws {
            let text = """
                havre: 1
                name: done
                providers:
                  a: {is: local, service: file, country: FR, law: FR}
                  b: {is: local, service: file, country: FR, law: \(law)}
                workers: {country: FR, law: FR}
                remoteAccess: none
                contract: {end: 2099-12-31}
                datasets:
                  letters:
                    class: {personal: true}
                    from: {provider: a, bucket: ./old}
                    to: {provider: b, bucket: ./new}
                    seal: {format: none}

                """
            try Data(text.utf8).write(to: URL(filePath: home + "/plan.yaml"))
        }
        try plan("FR")
        let applied = try RunningHavre.run(
            ["apply", "plan.yaml", "--yes"], in: home, environment: ["HAVRE_TODAY": "2026-11-24"])
        #expect(applied.status == 0, "\(applied.all)")
        let (_, whole) = try judge(".", in: home)
        #expect(whole.plans.map(\.file) == ["./plan.yaml"])
        #expect(whole.plans[0].run?.outcome == "complete")
        // It was done before the contract ended, and stays so when that has.
        let (late, ended) = try judge(".", "--on", "2100-02-01", in: home)
        #expect(late == 0 && ended.plans[0].blocking.isEmpty, "\(ended.plans[0].blocking)")
        // The plan moves on, to a host where the same would be blocked; what was executed stays what it was.
        try plan("US")
        let (status, both) = try judge(".", in: home)
        #expect(status == 20)
        #expect(both.plans.count == 2)
        #expect(!both.plans[0].blocking.isEmpty)
        #expect(both.plans[1].file.hasPrefix("./executed-") && both.plans[1].blocking.isEmpty)
        try FileManager.default.removeItem(atPath: home + "/plan.yaml")
        let (_, gone) = try judge(".", "--assume", "member:FR=none", in: home)
        #expect(gone.plans.count == 1)
        #expect(gone.plans[0].turns.contains { $0.rule == "R4" && $0.to == .violated })
    }
}
