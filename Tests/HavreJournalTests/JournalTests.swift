import GRDB
import HavreJournal
import HavreModel
import TestServers
import Testing

@Suite struct JournalTests {
    private let scratch = Scratch()

    @Test func hashOfTheTestsIsSHA256() {
        let hex = SHA256.hash(Array("abc".utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func aFirstMigrationByHand() async throws {
        let journal = try openJournal(scratch)
        #expect(try await journal.openRun() == nil)
        #expect(try await journal.head() == ChainHead(size: 0, hash: [UInt8](repeating: 0, count: 32)))
        try await journal.plan(source: [row("x", "1"), row("y", "2", 20), row("z", "3")])
        #expect(try await journal.verdicts() == ["x": "create", "y": "create", "z": "create"])
        var counts = try await journal.counts(dataset: "a")
        #expect(counts.total == 3 && counts.open == 3 && counts.plannedBytes == 40)

        try await journal.beginRun(run(), notes: .empty)
        #expect(try await journal.adoptDiff(dataset: "a", run: runID) == 3)
        let rows = try await journal.claim(dataset: "a", limit: 2)
        #expect(rows.map(\.key.description) == ["x", "y"])
        #expect(rows.allSatisfy { !$0.attemptedBefore && $0.attempts == 1 && $0.machine.state == .pending })
        try await journal.record(rows.map { TransferChange(row: $0.row, step: .land(landing($0.listed))) })
        try await journal.record([TransferChange(row: rows[0].row, step: .verify(how: "ciphertext"))])
        counts = try await journal.counts(dataset: "a")
        #expect(counts.landed == 2 && counts.verified == 1 && counts.open == 1 && counts.landedBytes == 30)

        let landed = try await journal.landed(dataset: "a", includingVerified: true, after: 0, limit: 10)
        #expect(landed.map(\.landing) == [landing(version("1")), landing(version("2", 20))])
        #expect(landed.map(\.verified) == [true, false] && landed[0].run == runID)
        #expect(
            try await journal.landed(dataset: "a", includingVerified: false, after: 0, limit: 10).map(\.row) == [
                rows[1].row
            ])

        let last = try await journal.claim(dataset: "a", limit: 10)
        #expect(last.map(\.key.description) == ["z"])
        try await journal.record([
            TransferChange(row: last[0].row, step: .fail(.init(reason: "no", retryable: false)))
        ])
        #expect(try await journal.claim(dataset: "a", limit: 10).isEmpty)
        #expect(try await journal.failed(dataset: "a", after: 0, limit: 10).map(\.key.description) == ["z"])
        try await journal.endRun(runID, outcome: "failures", notes: .empty)
        #expect(try await journal.latestRun()?.outcome == "failures")

        let target = [row("x", "t", 210), row("y", "t", 220)]
        try await journal.plan(source: [row("x", "1"), row("y", "2", 20), row("z", "3")], target: target)
        #expect(try await journal.verdicts() == ["x": "unchanged", "y": "unchanged", "z": "create"])
        counts = try await journal.counts(dataset: "a")
        #expect(counts.unchanged == 2 && counts.open == 1 && counts.total == 3)

        let events = try await journal.events(after: 0, limit: 1000)
        #expect(
            events.map(\.kind) == [
                "lease.taken", "inventory.began", "inventory.ended", "inventory.began", "inventory.ended",
                "diff.computed", "run.began", "diff.adopted", "object.landed", "object.verified", "object.failed",
                "run.ended", "inventory.began", "inventory.ended", "inventory.began", "inventory.ended",
                "diff.computed",
            ])
        for event in events {
            let body = try JSONValue(canonical: event.body)
            #expect(body["kind"]?.text == event.kind)
            #expect(event.at > 1_700_000_000_000_000_000)
        }
        let checked = try await journal.checkChain()
        #expect(try await journal.head() == checked)
        #expect(checked.size == 17)
        try journal.close()
    }
}

@Suite struct ManifestAdoptionTests {
    private let scratch = Scratch()

    @Test func whatAManifestTellsIsUnchangedAfterwards() async throws {
        let journal = try openJournal(scratch)
        let rows = ["a", "b"].map {
            (run: runID, key: ObjectKey($0), landing: landing(version("v"), target: "t-\($0)"))
        }
        #expect(try await journal.adoptLanded(dataset: "a", rows) == 2)
        #expect(try await journal.adoptLanded(dataset: "a", rows) == 0, "known keys are left as they are")
        #expect(try await journal.landing(dataset: "a", key: ObjectKey("b")) == rows[1].landing)
        #expect(try await journal.landing(dataset: "a", key: ObjectKey("c")) == nil)
        try await journal.plan(
            source: [row("a", "v"), row("b", "w"), row("c", "v")],
            target: [row("a", "t-a", 210), row("b", "t-b", 210), row("c", "x")])
        #expect(
            try await journal.verdicts() == [
                "a": "unchanged", "b": "update: source changed since it landed", "c": "blocked: occupied",
            ])
        let told = try await journal.events(after: 0, limit: 9).filter { $0.kind == "objects.adopted" }
            .map { try JSONValue(canonical: $0.body)["rows"]?.array?.count }
        #expect(told == [2, 0])
        #expect(try await journal.datasetNames() == ["a"])
    }
}
