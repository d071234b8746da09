import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// `plan` and `apply` judge the same thing: what only a forecast can tell blocks neither before there is one.
@Suite(.ownThreads) struct ForecastTests {
    private var yard: LocalYard

    init() throws {
        yard = try LocalYard(files: 3)
        yard.yard.environment["HAVRE_TODAY"] = "2026-11-24"
    }

    private var isEmpty: Bool { LocalYard.names(yard.target).isEmpty }

    @Test(arguments: [
        ("{R22: block}", "{end: 2027-06-30}", "R22"),
        ("{R23: block}", "{notice: 2026-11-20, end: 2027-06-30}", "R23"),
        ("{R24: block}", "{egressBudget: 5 EUR}", "R24"),
        (
            "{R22: block, R23: block, R24: block}",
            "{notice: 2026-11-20, end: 2027-06-30, egressBudget: 5 EUR}", "R22, R23, R24"
        ),
    ]) func whatIsDoneInTimeIsMoved(_ severity: String, _ contract: String, _ rules: String) throws {
        try yard.draw(more: "severity: \(severity)\ncontract: \(contract)")
        let valid = try Shipyard.spawn(
            [Shipyard.binary, "validate", yard.yard.plan], directory: yard.yard.directory,
            environment: yard.yard.environment)
        #expect(valid.exit == 0, "\(valid.words)")
        #expect(valid.out.contains("Only `havre plan` can judge \(rules): "), "\(valid.words)")
        let planned = try yard.run("plan")
        #expect(planned.exit == 0 && planned.out.contains("0 blocked"), "\(planned.words)")
        #expect(isEmpty)
        let applied = try yard.run("apply", ["--yes"])
        #expect(applied.exit == 0 && !isEmpty, "\(applied.words)")
        // Nothing is left to be moved: that is done, and no question.
        for verb in ["plan", "apply"] {
            let again = try yard.run(verb, verb == "apply" ? ["--yes"] : [])
            #expect(again.exit == 0, "\(again.words)")
        }
    }

    @Test(arguments: [
        ("{R22: block}", "{end: 2026-11-25}", "R22"),
        ("{R23: block}", "{notice: 2026-09-27, end: 2026-11-25}", "R23"),
        ("{R24: block}", "{egressBudget: 5 EUR}", "R24"),
    ]) func whatCannotBeDoneInTimeIsRefusedByBoth(_ severity: String, _ contract: String, _ rule: String) throws {
        // Some 60 days at half of the plan's rate.
        try #require(truncate(yard.source + "/letter-0", 260_000_000_000) == 0)
        try yard.draw(more: "bandwidth: 100000B/s\nseverity: \(severity)\ncontract: \(contract)")
        for (verb, words) in [("plan", []), ("apply", ["--yes"]), ("apply", ["--yes", "--dataset", "letters"])] {
            let run = try yard.run(verb, words)
            #expect(run.exit == 20 && (run.out + run.err).contains("\(rule) blocks (violated)"), "\(run.words)")
            #expect(isEmpty)
        }
    }

    /// A saved plan is held to the pace that it was planned at.
    @Test func aSavedPlanKeepsItsPace() throws {
        try #require(truncate(yard.source + "/letter-0", 200_000_000) == 0)
        try yard.draw(more: "severity: {R22: block}\ncontract: {end: 2026-11-25}")
        let saved = yard.yard.directory + "/saved"
        let slow = try yard.run("plan", ["--bandwidth", "500B/s"])
        #expect(slow.exit == 20, "\(slow.words)")
        let planned = try yard.run("plan", ["--bandwidth", "500B/s", "-o", saved])
        #expect(planned.exit == 20, "\(planned.words)")
        let applied = try Shipyard.spawn(
            [Shipyard.binary, "apply", saved, "--yes", "--state", yard.yard.state], directory: yard.yard.directory,
            environment: yard.yard.environment)
        #expect(applied.exit == 20 && isEmpty, "\(applied.words)")
    }
}
