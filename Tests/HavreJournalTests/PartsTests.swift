import Foundation
import GRDB
import HavreModel
import Testing

@testable import HavreJournal

@Suite struct PartsTests {
    private let scratch = Scratch()

    private func claimed(_ journal: SQLiteJournal) async throws -> TransferRow {
        try await journal.plan(source: [row("big", "v", 20 << 20)])
        try await journal.beginRun(run(), notes: .empty)
        _ = try await journal.adoptDiff(dataset: "a", run: runID)
        return try #require(try await journal.claim(dataset: "a", limit: 1).first)
    }

    /// What kill -9 leaves: the files as they are, while they are open.
    private func crashImage(_ name: String) throws {
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: scratch.file("journal.sqlite\(suffix)"), toPath: scratch.file("\(name)\(suffix)"))
        }
    }

    @Test func everyStepSurvivesACrash() async throws {
        let journal = try openJournal(scratch)
        let start = try await claimed(journal)
        let steps: [(TransferChange.Step, TransferMachine.Action)] =
            pinAndOpen(start, upload: "u").map(\.step).enumerated().map { index, step in
                (step, [.openUpload(intended: false), .openUpload(intended: true), .move([0, 1, 2])][index])
            } + [
                (.commit(part(1)), .move([0, 1, 2])), (.receive(receipt(1)), .move([0, 2])),
                (.commit(part(0)), .move([0, 2])), (.commit(part(2)), .move([0, 2])),
                (.receive(receipt(2)), .move([0])),
                (.lose, .openUpload(intended: false)), (.intendUpload, .openUpload(intended: true)),
                (.open(upload: "w"), .move([0, 1, 2])), (.receive(receipt(0)), .move([1, 2])),
                (.receive(receipt(1)), .move([2])), (.receive(receipt(2)), .complete), (.complete, .complete),
                (.land(landing(start.listed)), .verify), (.verify(how: "tags"), .nothing),
            ]
        for (index, (step, owed)) in steps.enumerated() {
            try await journal.record([TransferChange(row: start.row, step: step)])
            try crashImage("crash\(index)")
            let after = try openJournal(scratch, "crash\(index)")
            let held = try #require(try await after.transfer(start.row))
            #expect(held.machine.owed == owed, "after \(step.kind)")
            // The first write takes the lease: what the dead process held is free again.
            let taken = try await after.claim(dataset: "a", limit: 5)
            switch held.machine.state {
            case .landed, .verified: #expect(taken.isEmpty)
            default: #expect(taken.map(\.attemptedBefore) == [true])
            }
            if case .moving(let pinned, let received) = held.machine.state {
                #expect(held.parts.filter { $0.receipt != nil }.map(\.index) == received.sorted())
                #expect(pinned.version == start.listed && held.pinned?.header == [1])
            }
            _ = try await after.checkChain()
            try after.close()
        }
        #expect(try await journal.transfer(start.row)?.pinned == nil)
        let landed = try await journal.landed(dataset: "a", includingVerified: true, after: 0, limit: 5)
        #expect(landed.map(\.landing) == [landing(start.listed)])
    }

    @Test func partsComeBackAsTheyWere() async throws {
        let journal = try openJournal(scratch)
        let start = try await claimed(journal)
        try await journal.record(
            pinAndOpen(start, upload: "u") + [TransferChange(row: start.row, step: .commit(part(2)))]
                + [TransferChange(row: start.row, step: .receive(receipt(2)))]
                + [TransferChange(row: start.row, step: .commit(part(0)))])
        let held = try #require(try await journal.transfer(start.row))
        var second = part(2)
        second.receipt = receipt(2)
        #expect(held.parts == [part(0), second])
        #expect(
            held.pinned
                == PinnedRecord(header: [1], sealedFileKey: Array("CANARY-FILE-KEY".utf8), sealedMetadata: [3]))
        let counts = try await journal.counts(dataset: "a")
        #expect(counts.partBytes == 100 && counts.open == 1 && counts.plannedBytes == 20 << 20)
    }

    @Test func whatMustNotBeRecordedIsRefusedWhole() async throws {
        let journal = try openJournal(scratch)
        let start = try await claimed(journal)
        try await journal.record(pinAndOpen(start, upload: "u"))
        try await journal.record([TransferChange(row: start.row, step: .commit(part(0)))])
        let head = try await journal.head()
        let before = try await journal.transfer(start.row)
        var other = landing(version("another", 20 << 20))
        other.keyedRoot = []
        let refused: [[TransferChange.Step]] = [
            // A part that reads differently than it was committed must never leave.
            [.commit(part(0, digest: 2))], [.commit(part(3))], [.commit(part(-1))],
            // A receipt without a committed digest, or over another size.
            [.receive(receipt(1))], [.receive(receipt(0, size: 99))], [.receive(receipt(7))],
            [.complete], [.land(landing(start.listed))], [.verify(how: "")], [.reset(listed: nil)],
            [.open(upload: "x")],
            // The second of two is at fault: the first is not written either.
            [.receive(receipt(0)), .receive(receipt(0))], [.lose, .lose],
        ]
        for steps in refused {
            await #expect(throws: JournalError.self, "\(steps.map(\.kind))") {
                try await journal.record(steps.map { TransferChange(row: start.row, step: $0) })
            }
        }
        await #expect(throws: JournalError.self) {
            try await journal.record([TransferChange(row: 99, step: .complete)])
        }
        #expect(try await journal.head() == head)
        #expect(try await journal.transfer(start.row) == before)
        // The same digest again is no contradiction.
        try await journal.record([TransferChange(row: start.row, step: .commit(part(0)))])
        for index in 1...2 { try await journal.record([TransferChange(row: start.row, step: .commit(part(index)))]) }
        try await journal.record((0...2).map { TransferChange(row: start.row, step: .receive(receipt($0))) })
        try await journal.record([TransferChange(row: start.row, step: .complete)])
        await #expect(throws: JournalError.self, "another version than the pinned one") {
            try await journal.record([
                TransferChange(row: start.row, step: .land(landing(version("another", 20 << 20))))
            ])
        }
        await #expect(throws: JournalError.self, "no keyed digest") {
            var bare = landing(start.listed)
            bare.keyedRoot = []
            try await journal.record([TransferChange(row: start.row, step: .land(bare))])
        }
        try await journal.record([TransferChange(row: start.row, step: .land(landing(start.listed)))])
    }

    /// Sealed keys and leaves are gone from the file once the object landed, or failed.
    @Test(arguments: [true, false]) func sealedKeysAreErased(lands: Bool) async throws {
        let journal = try openJournal(scratch)
        let start = try await claimed(journal)
        try await journal.record(pinAndOpen(start, upload: "u"))
        for index in 0...2 { try await journal.record([TransferChange(row: start.row, step: .commit(part(index)))]) }
        func holds(_ canary: String) throws -> Bool {
            try Data(contentsOf: URL(fileURLWithPath: scratch.file("journal.sqlite")))
                .range(of: Data(canary.utf8)) != nil
        }
        try await journal.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        #expect(try holds("CANARY-FILE-KEY") && holds("CANARY-LEAVES"))
        if lands {
            try await journal.record((0...2).map { TransferChange(row: start.row, step: .receive(receipt($0))) })
            try await journal.record([
                TransferChange(row: start.row, step: .complete),
                TransferChange(row: start.row, step: .land(landing(start.listed))),
            ])
        } else {
            try await journal.record([
                TransferChange(row: start.row, step: .fail(.init(reason: "r", retryable: true)))
            ])
            #expect(try await journal.failed(dataset: "a", after: 0, limit: 9).first?.machine.owed == .abort("u"))
        }
        try await journal.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        #expect(try !holds("CANARY-FILE-KEY") && !holds("CANARY-LEAVES"))
        for event in try await journal.events(after: 0, limit: 100) {
            #expect(!String(decoding: event.body, as: UTF8.self).contains("CANARY"))
        }
    }

    @Test func driftKeepsItsReasonAndUpload() async throws {
        let journal = try openJournal(scratch)
        let start = try await claimed(journal)
        try await journal.record(pinAndOpen(start, upload: "u"))
        try await journal.record([TransferChange(row: start.row, step: .drift("tag changed"))])
        #expect(try await journal.transfer(start.row)?.machine.state == .drifted(upload: "u"))
        let counts = try await journal.counts(dataset: "a")
        #expect(counts.open == 1 && counts.failed == 0, "it is in its claimer's hands")
        try await journal.record([
            TransferChange(row: start.row, step: .reset(listed: version("w", 21 << 20))),
            TransferChange(row: start.row, step: .fail(.init(reason: "gone", retryable: false))),
        ])
        let failed = try await journal.failed(dataset: "a", after: 0, limit: 9)
        #expect(failed.map(\.listed) == [version("w", 21 << 20)])
        #expect(failed.first?.machine.state == .failed(.init(reason: "gone", retryable: false), upload: nil))
        let kinds = try await journal.events(after: 0, limit: 100).map(\.kind)
        #expect(kinds.suffix(2) == ["object.drifted", "transfers.moved"])
    }
}
