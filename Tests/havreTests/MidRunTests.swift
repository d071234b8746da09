import FoundationEssentials
import Glibc
import HavreModel
import TestServers
import Testing

@testable import havre

/// What a real `apply` does when a document or a catalogue changes under it.
@Suite(.ownThreads) struct MidRunTests {
    private let yard: LocalYard

    init() throws {
        var made = try LocalYard(files: 60, bytes: 20_000)
        made.yard.environment["HAVRE_VIGIL_SECONDS"] = "0.1"
        yard = made
    }

    private func path(_ name: String) -> String { yard.yard.directory + "/" + name }

    private func write(_ name: String, _ text: String) throws {
        // Whole or not at all: the vigil may read at any moment.
        try Data(text.utf8).write(to: URL(filePath: path(name)), options: .atomic)
    }

    /// A plan whose data are released case by case, slowly, under a signed authorisation that ends on `until`.
    private func plan(until: String) throws {
        let key = path("controller.key")
        if access(key, F_OK) != 0 {
            let made = try Shipyard.spawn(
                [Shipyard.binary, "derogation", "key", "-o", key], directory: yard.yard.directory, environment: [:])
            try #require(made.exit == 0, "\(made.words)")
        }
        let shown = try Shipyard.spawn(
            [Shipyard.binary, "derogation", "key", key], directory: yard.yard.directory, environment: [:])
        try authorise(until: until)
        try yard.draw(
            more: """
                bandwidth: 100000B/s
                signers: {controller: "\(shown.out.trimmed)"}
                documents: [./paper.yaml]
                """)
        let text = (TestProcess.contents(of: yard.yard.plan) ?? "").replacing(
            "class: {personal: false}",
            with: "class: {personal: false}\n    clauses: [CASE_BY_CASE]\n    purpose: research")
        try yard.yard.write(text)
    }

    /// Puts a freshly signed authorisation where the plan looks for it.
    private func authorise(until: String) throws {
        try write(
            "draft.yaml",
            """
            havre: 1
            kind: authorisation
            by: CNIL
            reference: A-1
            reason: a test
            dataset: letters
            purpose: research
            destination: here
            from: 2020-01-01
            until: \(until)
            signer: controller

            """)
        unlink(path("signed.yaml"))
        let signed = try Shipyard.spawn(
            [
                Shipyard.binary, "derogation", "sign", path("draft.yaml"), "--key", path("controller.key"), "-o",
                path("signed.yaml"),
            ], directory: yard.yard.directory, environment: [:])
        try #require(signed.exit == 0, "\(signed.words)")
        try #require(rename(path("signed.yaml"), path("paper.yaml")) == 0)
    }

    /// Objects at the target; uploads under way are hidden.
    private func objects() -> Int { LocalYard.names(yard.target).filter { !$0.hasPrefix(".") }.count }

    private func journal() throws -> String { try yard.run("journal", ["--json"]).out }

    @Test func anAuthorisationThatEndsInMidRunStopsItAndANewOneLetsItGoOn() throws {
        try plan(until: "2090-01-01")
        let run = try yard.start("apply", ["--yes"])
        try LocalYard.wait("some objects") { objects() >= 3 }
        try authorise(until: "2020-06-30")
        #expect(try TestProcess.wait(run) == 20)
        let moved = objects()
        #expect(moved > 0 && moved < 60, "it stopped in the middle")
        let said = TestProcess.contents(of: path("started.out")) ?? ""
        #expect(said.contains("R18"), "\(said)")
        // Bodies are strings of JSON inside JSON.
        let events = try journal().replacing("\\\"", with: "\"")
        #expect(events.contains("verdicts.changed"))
        #expect(events.contains(#""from":"satisfied""#) && events.contains(#""to":"violated""#))
        // Nothing is moved while it is blocked.
        #expect(try yard.run("apply", ["--yes"]).exit == 20)
        #expect(objects() == moved)
        // With a new one it goes on where it was.
        try authorise(until: "2091-01-01")
        try yard.yard.write(
            (TestProcess.contents(of: yard.yard.plan) ?? "").replacing("bandwidth: 100000B/s\n", with: ""))
        let rest = try yard.run("apply", ["--yes"])
        #expect(rest.exit == 0, "\(rest.words)")
        #expect(objects() == 60)
        #expect(try yard.run("verify").exit == 0)
    }

    /// A document that cannot be read any more leaves nobody to say what holds: nothing moves unjudged.
    @Test func aDocumentThatBreaksEndsTheRun() throws {
        try plan(until: "2090-01-01")
        let run = try yard.start("apply", ["--yes"])
        try LocalYard.wait("some objects") { objects() >= 3 }
        try write("paper.yaml", "kind: nothing\n")
        #expect(try TestProcess.wait(run) == 75)
        #expect(objects() < 60)
        let said = (TestProcess.contents(of: path("started.out")) ?? "")
        #expect(said.contains("paper.yaml"), "\(said)")
    }

    /// Another end of the same authorisation turns no verdict: the run goes on, notes it, and says it once.
    @Test func whatTurnsNothingStopsNothing() throws {
        try plan(until: "2090-01-01")
        try yard.yard.write(
            (TestProcess.contents(of: yard.yard.plan) ?? "").replacing("100000B/s", with: "600000B/s"))
        let run = try yard.start("apply", ["--yes"])
        try LocalYard.wait("some objects") { objects() >= 3 }
        try authorise(until: "2092-01-01")
        #expect(try TestProcess.wait(run) == 0)
        let events = try journal().replacing("\\\"", with: "\"")
        #expect(!events.contains("verdicts.changed"))
        #expect(events.split(separator: "\n").filter { $0.contains("facts.changed") }.count == 1, "\(events)")
        #expect(events.contains("2092-01-01"))
        let said = TestProcess.contents(of: path("started.err")) ?? ""
        let lines = said.split(separator: "\n").filter { $0.contains("a fact changed, no verdict turned: ") }
        #expect(!lines.isEmpty && Set(lines).count == lines.count, "\(said)")
        #expect(lines.allSatisfy { $0.contains("2092-01-01") }, "\(said)")
    }

    /// A plan that takes a certificate of the target from a catalogue of the operator's own, or from whoever `edit` adds.
    private func edit(_ change: (String) -> String) throws {
        try yard.yard.write(change(TestProcess.contents(of: yard.yard.plan) ?? ""))
    }

    @Test func anOwnCatalogueThatChangesInMidRunStopsIt() throws {
        func state(_ country: String) throws {
            try write(
                "own.yaml",
                """
                catalogue: 1
                jurisdictions:
                  members:
                    - {country: FR, name: France, circle: EU, until: \(country), source: "test", verifiedOn: 2026-11-01}

                """)
        }
        try state("2090-01-01")
        try yard.draw(more: "bandwidth: 100000B/s\ncatalogues: [./own.yaml]")
        try edit { $0.replacing("class: {personal: false}", with: "class: {personal: true}\n    clauses: [EU_ONLY]") }
        let run = try yard.start("apply", ["--yes"])
        try LocalYard.wait("some objects") { objects() >= 3 }
        try state("2020-06-30")
        #expect(try TestProcess.wait(run) == 20, "\(TestProcess.contents(of: path("started.err")) ?? "")")
        #expect(objects() > 0 && objects() < 60, "it stopped in the middle")
        let events = try journal().replacing("\\\"", with: "\"")
        #expect(events.contains("verdicts.changed") && events.contains(#""rule":"R3""#), "\(events)")
        // R5 begins to apply, now that nobody knows whether the target is under EU law: that is one turn.
        #expect(events.contains(#""from":"satisfied","rule":"R5""#) && !events.contains(#""absent""#), "\(events)")
    }

    @Test func aDayThatPassesInMidRunStopsIt() throws {
        var yard = yard
        yard.yard.environment["HAVRE_TODAY_FILE"] = path("today")
        try write("today", "2026-11-24")
        try yard.draw(more: "bandwidth: 100000B/s\nseverity: {R22: block}\ncontract: {end: 2026-11-30}")
        let run = try yard.start("apply", ["--yes"])
        try LocalYard.wait("some objects") { objects() >= 3 }
        try write("today", "2026-12-01")
        #expect(try TestProcess.wait(run) == 20)
        #expect(objects() > 0 && objects() < 60, "it stopped in the middle")
        let events = try journal().replacing("\\\"", with: "\"")
        #expect(events.contains("verdicts.changed") && events.contains(#""day":"2026-12-01""#), "\(events)")
    }

    /// R10 rests on a derogation; another takes its place while the run moves: no verdict turns, and the journal says so.
    @Test func aDerogationThatIsExchangedIsNoted() throws {
        try plan(until: "2090-01-01")
        func derogate(_ reference: String) throws {
            try write(
                "derogation-draft.yaml",
                """
                havre: 1
                kind: derogation
                by: RSSI
                reference: \(reference)
                reason: a test
                dataset: letters
                rule: R10
                accepts: unknown
                destination: here
                from: 2020-01-01
                until: 2090-01-01
                signer: controller

                """)
            unlink(path("derogation-signed.yaml"))
            let signed = try Shipyard.spawn(
                [
                    Shipyard.binary, "derogation", "sign", path("derogation-draft.yaml"), "--key",
                    path("controller.key"), "-o", path("derogation-signed.yaml"),
                ], directory: yard.yard.directory, environment: [:])
            try #require(signed.exit == 0, "\(signed.words)")
            try #require(rename(path("derogation-signed.yaml"), path("derogation.yaml")) == 0)
        }
        try derogate("D-1")
        try edit {
            $0.replacing("documents: [./paper.yaml]", with: "documents: [./paper.yaml, ./derogation.yaml]")
                .replacing("class: {personal: false}", with: "class: {personal: false, stateSensitive: true}")
        }
        let run = try yard.start("apply", ["--yes"])
        try LocalYard.wait("some objects") { objects() >= 3 }
        try derogate("D-2")
        try LocalYard.wait("the note") { try journal().contains("facts.changed") }
        kill(run, SIGKILL)
        _ = try TestProcess.wait(run)
        let events = try journal().replacing("\\\"", with: "\"")
        #expect(events.contains(#""from":["D-1 by RSSI, until 2090-01-01"],"rule":"R10""#), "\(events)")
        #expect(events.contains(#""to":["D-2 by RSSI, until 2090-01-01"]"#) && !events.contains("verdicts.changed"))
    }

    /// Days go by, what is left hardly shrinks: the end of the second dataset's contract can no longer be kept, though it
    /// has not come.
    @Test func anEndThatCanNoLongerBeKeptIsSeenInMidRun() throws {
        var yard = yard
        yard.yard.environment["HAVRE_TODAY_FILE"] = path("today")
        try write("today", "2026-11-24")
        // Two and a half days at half of the plan's rate.
        let large = path("large")
        try FileManager.default.createDirectory(atPath: large, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: large + "/film"))
        try #require(truncate(large + "/film", 10_800_000_000) == 0)
        try yard.draw(more: "bandwidth: 100000B/s\nseverity: {R22: block}")
        try edit {
            $0 + """
                  films:
                    after: [letters]
                    verify: none
                    class: {personal: false}
                    contract: {end: 2026-11-28}
                    from: {provider: here, bucket: \(large)}
                    to: {provider: here, bucket: \(path("films"))}
                    seal: {format: age, recipients: [ours]}

                """
        }
        try FileManager.default.createDirectory(atPath: path("films"), withIntermediateDirectories: true)
        let run = try yard.start("apply", ["--yes"])
        try LocalYard.wait("some objects") { objects() >= 3 }
        try write("today", "2026-11-27")
        #expect(try TestProcess.wait(run) == 20, "\(TestProcess.contents(of: path("started.err")) ?? "")")
        #expect(objects() == 60, "the first dataset has no end to keep")
        #expect(LocalYard.names(path("films")).isEmpty)
        let events = try journal().replacing("\\\"", with: "\"")
        #expect(events.contains("verdicts.changed") && events.contains(#""rule":"R22""#), "\(events)")
    }
}

extension String {
    fileprivate var trimmed: String { String(self.prefix { $0 != "\n" }) }
}
