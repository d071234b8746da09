import Foundation
import GRDB
import HavreModel
import Testing

@testable import HavreJournal

@Suite struct FenceTests {
    private let scratch = Scratch()

    private func expect(
        _ code: JournalError.Code, _ words: String, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("expected \(code)")
        } catch let error as JournalError {
            #expect(error.code == code && error.message.contains(words), "\(error)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func theNewestLeaseWrites() async throws {
        let old = try openJournal(scratch)
        #expect(try await old.takeLease(holder: "old").generation == 1)
        try await old.plan(source: [row("a", "v"), row("b", "v")])
        try await old.beginRun(run(), notes: .empty)
        _ = try await old.adoptDiff(dataset: "a", run: runID)
        let rows = try await old.claim(dataset: "a", limit: 1)
        let new = try openJournal(scratch)
        #expect(try await new.openRun()?.id == runID, "reading takes no lease")
        try await old.note("probe", dataset: nil, .empty)
        #expect(try await new.takeLease(holder: "new").generation == 2)
        await expect(.fenced, "(new) took over") {
            try await old.record([TransferChange(row: rows[0].row, step: .land(landing(version("v"))))])
        }
        await expect(.fenced, "took over") { _ = try await old.claim(dataset: "a", limit: 1) }
        await expect(.fenced, "took over") { try await old.note("probe", dataset: nil, .empty) }
        let again = try await new.claim(dataset: "a", limit: 9)
        #expect(again.map(\.key.description) == ["a", "b"])
        #expect(again.map(\.attemptedBefore) == [true, false])
        #expect(try await new.head().size == 10)
    }

    /// Calls of many tasks share transactions; one that is at fault fails alone, and none is lost.
    @Test func groupsFailOneByOne() async throws {
        let journal = try openJournal(scratch)
        let count = 400
        try await journal.plan(source: (0..<count).map { row("k\($0)", "v") })
        try await journal.beginRun(run(), notes: .empty)
        _ = try await journal.adoptDiff(dataset: "a", run: runID)
        let rows = try await journal.claim(dataset: "a", limit: count)
        let failures = try await withThrowingTaskGroup(of: Bool.self) { group in
            for (index, row) in rows.enumerated() {
                group.addTask {
                    do {
                        try await journal.record([
                            index % 10 == 3
                                ? TransferChange(row: row.row, step: .complete)
                                : TransferChange(row: row.row, step: .land(landing(row.listed)))
                        ])
                        return false
                    } catch let error as JournalError where error.code == .illegal {
                        return index % 10 == 3
                    }
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(failures == count / 10)
        let counts = try await journal.counts(dataset: "a")
        #expect(counts.landed == count - count / 10 && counts.open == count / 10)
        let head = try await journal.checkChain()
        #expect(head.size == Int64(8 + count - count / 10))
    }

    @Test func aFullDiskLosesNothing() async throws {
        let journal = try openJournal(scratch)
        try await journal.plan(source: (0..<50).map { row("k\($0)", "v") })
        let head = try await journal.head()
        try await journal.pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        await expect(.disk, "full") {
            try await journal.addInventory(
                dataset: "a", side: .target, (0..<20_000).map { row("more/\($0)", "v") })
        }
        #expect(try await journal.head() == head)
        try await journal.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        try await journal.addInventory(dataset: "a", side: .target, [row("k1", "x")])
        _ = try await journal.checkChain()
    }

    @Test func datasetsMoveByTheirMachine() async throws {
        let journal = try openJournal(scratch)
        #expect(try await journal.datasetState("a") == "drafted")
        for state in ["planned", "paused", "planned", "blocked", "planned", "transferring", "transferred"] {
            try await journal.setDatasetState("a", state, notes: JournalNote(json: Array(#"{"why":"x"}"#.utf8)))
            #expect(try await journal.datasetState("a") == state)
        }
        await expect(.illegal, "transferred cannot take the event cutOver") {
            try await journal.setDatasetState("a", "cutOver", notes: .empty)
        }
        await expect(.illegal, "no state") { try await journal.setDatasetState("a", "gone", notes: .empty) }
        await expect(.illegal, "canonical") {
            try await journal.note("x", dataset: nil, JournalNote(json: Array("{ }".utf8)))
        }
        await expect(.illegal, "object") {
            try await journal.note("x", dataset: nil, JournalNote(json: Array("1".utf8)))
        }
        await expect(.illegal, "not open") { try await journal.endRun("nope", outcome: "", notes: .empty) }
        await expect(.illegal, "not open") { _ = try await journal.adoptDiff(dataset: "a", run: "nope") }
        try await journal.beginRun(run(), notes: .empty)
        await expect(.illegal, "open already") { try await journal.beginRun(run("b"), notes: .empty) }
        await expect(.illegal, "no diff yet") { _ = try await journal.adoptDiff(dataset: "a", run: runID) }
        for event in try await journal.events(after: 0, limit: 100) {
            #expect(throws: Never.self) { try JSONValue(canonical: event.body) }
        }
    }

    /// Another process reads while this one writes.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
    func anotherProcessReads() async throws {
        let journal = try openJournal(scratch)
        try await journal.note("first", dataset: nil, .empty)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [
            "-c",
            """
            import sqlite3, sys, time
            db = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True, timeout=5)
            last = 0
            for _ in range(200):
                n, m = db.execute("SELECT count(*), max(sequence) FROM event").fetchone()
                assert n == m and n >= last, (n, m, last)
                last = n
                time.sleep(0.002)
            assert last > 2
            """, scratch.file("journal.sqlite"),
        ]
        try process.run()
        while process.isRunning { try await journal.note("tick", dataset: nil, .empty) }
        #expect(process.terminationStatus == 0)
        _ = try await journal.checkChain()
    }
}
