import Foundation
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import Synchronization
import Testing

/// What pruning takes for gone is gone, was ours, and came from there.
@Suite struct PruneGuardTests {
    private let source = MemoryStore()
    private let target = MemoryStore()

    private func key(_ name: String, at prefix: String = "in/") -> ObjectKey { ObjectKey(prefix + name) }

    /// Four objects, moved.
    private func voyage() async throws -> Voyage {
        for name in ["a", "b", "c", "d"] { source.put(key(name), Array(name.utf8)) }
        let voyage = try Voyage(source: source, target: target)
        try await voyage.sail()
        voyage.maxDelete = 10
        return voyage
    }

    private func remove(_ names: String...) async throws {
        for name in names { try await source.delete(key(name)) }
    }

    private var there: [String] {
        target.keys.map(\.description).filter { !$0.hasPrefix("out/.havre/") }
    }

    private func expectRefusal(_ voyage: Voyage, _ words: String) async {
        await #expect {
            try await voyage.sail()
        } throws: {
            let text = String(describing: $0)
            return text.contains(words) && text.contains("Nothing was moved or deleted")
                && text.contains("--prune-most")
        }
    }

    @Test func anEmptySourceIsNotBelieved() async throws {
        let voyage = try await voyage()
        try await remove("a", "b", "c", "d")
        await expectRefusal(voyage, "the source lists no object, and 4 objects landed from it")
        #expect(there.count == 4)
        voyage.pruneMost = true
        #expect(try await voyage.sail().pruned?.deleted == 4)
        #expect(there.isEmpty)
        // Everything is gone by now: an empty source is what is expected.
        voyage.pruneMost = false
        #expect(try await voyage.sail().outcome.stopped == nil)
    }

    @Test func mostOfWhatLandedIsNotDeletedUnasked() async throws {
        let voyage = try await voyage()
        try await remove("a", "b", "c")
        source.put(key("e"), [5])
        await expectRefusal(voyage, "3 objects would be deleted, more than half of the 4 that landed")
        #expect(there.count == 4, "nothing has moved either")
        voyage.pruneMost = true
        try await voyage.sail()
        #expect(there == ["out/d", "out/e"])
    }

    @Test func aDirectoryThatIsNotThereIsNoEmptySource() async throws {
        let root = NSTemporaryDirectory() + "havre-prune-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root + "/in", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try Data("a".utf8).write(to: URL(filePath: root + "/in/a"))
        let voyage = try Voyage(source: FileStore(root: root), target: target)
        try await voyage.sail()
        (voyage.maxDelete, voyage.pruneMost) = (10, true)
        try FileManager.default.removeItem(atPath: root + "/in")
        await #expect {
            try await voyage.sail()
        } throws: {
            String(describing: $0).contains("the source's directory in/ is not there")
        }
        #expect(there == ["out/a"])
        voyage.maxDelete = nil
        #expect(try await voyage.sail().counts.total == 0, "what deletes nothing may list nothing")
    }

    /// What landed from another place may be there still: an edited prefix deletes nothing.
    @Test func whatLandedFromElsewhereStays() async throws {
        let voyage = try await voyage()
        let old = voyage.dataset
        source.put(key("e", at: "other/"), [5])
        source.put(key("a", at: "other/"), Array("a".utf8), modified: source.object(key("a"))?.version.modified)
        voyage.dataset.source.prefix = ObjectKey("other/")
        let diff = try await voyage.diff()
        #expect(!diff.contains { $0.action == .delete })
        #expect(diff.first { $0.action == .extraneous }?.cause == "landed from elsewhere")
        #expect(diff.first { $0.action == .extraneous }?.objects == 3)
        try await voyage.sail()
        #expect(there == ["out/a", "out/b", "out/c", "out/d", "out/e"])
        // What both places hold is of the new one by now; what landed there too.
        try await source.delete(key("a", at: "other/"))
        source.put(key("f", at: "other/"), [6])
        try await voyage.sail()
        #expect(there == ["out/b", "out/c", "out/d", "out/e", "out/f"])
        // And back: what came from there is deleted once it is gone there.
        voyage.dataset = old
        try await remove("b")
        let back = try await voyage.sail()
        #expect(back.pruned?.deleted == 1)
        #expect(there == ["out/a", "out/c", "out/d", "out/e", "out/f"])
    }

    /// Another target under the same names: what is owed at the old one is not settled there.
    @Test func whatIsOwedElsewhereIsNotSettledHere() async throws {
        let voyage = try await voyage()
        let journal = try voyage.journal()
        _ = try await journal.takeLease(holder: "test")
        try await journal.beginRun(
            RunRecord(id: String(repeating: "9", count: 32), planHash: "00", began: 1), notes: .empty)
        let row = DeletionRow(key: ObjectKey("a"), tag: "t", size: 1)
        try await journal.intendDeletions(dataset: "projects", [row])
        #expect(try await journal.owedDeletions(dataset: "projects", limit: 9) == [row])
        try await journal.locate(dataset: "projects", source: "s", target: "another")
        #expect(try await journal.owedDeletions(dataset: "projects", limit: 9).isEmpty)
        let places = Scanner.Places(voyage.dataset)
        try await journal.locate(dataset: "projects", source: "s", target: places.target)
        #expect(try await journal.owedDeletions(dataset: "projects", limit: 9) == [row])
        try journal.close()
    }

    /// What the run has deleted already counts, however often it was begun.
    @Test func theLimitIsThatOfTheRun() async throws {
        let voyage = try await voyage()
        try await remove("a", "b")
        try await voyage.diff()
        let journal = try voyage.journal()
        _ = try await journal.takeLease(holder: "test")
        let limits = PruneGuard(maxDelete: 2, most: false)
        try await journal.beginRun(
            RunRecord(id: String(repeating: "9", count: 32), planHash: "00", began: 1), notes: .empty)
        #expect(try await limits.excess(["projects"], journal) == nil)
        let row = DeletionRow(key: ObjectKey("z"), tag: "t", size: 1)
        try await journal.intendDeletions(dataset: "projects", [row])
        try await journal.settleDeletions(dataset: "projects", [(row, .deleted)])
        let words = try await limits.excess(["projects"], journal)
        #expect(words?.english.contains("maxDelete allows 1 more in this run, which has deleted 1") == true)
        try journal.close()
    }

    /// While anything stays behind, nothing is deleted, and it is said.
    @Test func whatIsBlockedHoldsDeletionsUp() async throws {
        let voyage = try await voyage()
        try await remove("a")
        source.put(key("e"), [5])
        target.put(key("e", at: "out/"), [6])
        let diff = try await voyage.diff()
        #expect(diff.contains { $0.action == .extraneous && $0.cause == "waits while objects are blocked" })
        let held = try await voyage.sail()
        #expect(held.pruned == nil && held.pruneHeld?.english == "objects are blocked" && there.contains("out/a"))
        try await target.delete(key("e", at: "out/"))
        let done = try await voyage.sail()
        #expect(done.pruned?.deleted == 1 && done.pruneHeld == nil && !there.contains("out/a"))
    }

    /// The same bytes under the same tag are another's where they do not bear our mark.
    @Test func whatDoesNotBearOurMarkIsKept() async throws {
        let voyage = try await voyage()
        try await remove("a", "b")
        let landed = try #require(target.object(key("a", at: "out/")))
        target.put(key("a", at: "out/"), landed.bytes)
        let result = try await voyage.sail()
        #expect(result.pruned?.deleted == 1 && result.pruned?.keptCount == 1)
        #expect(result.pruned?.kept.first?.hasPrefix("a: it is not the very object that landed") == true)
        #expect(there == ["out/a", "out/c", "out/d"])
    }

    // MARK: Verdicts

    private static let note = JournalNote(json: Array(#"{"cause":"DPF=invalid"}"#.utf8))

    /// A rule that turns while objects are being deleted ends that, with its own name.
    @Test func deletionsEndWhereARuleTurns() async throws {
        let convoy = try Convoy()
        convoy.fill(0, 400)
        convoy.fill(1, 1)
        _ = try await convoy.sail(nil)
        for number in 0..<150 { try await convoy.sources[0].delete(ObjectKey("in/o\(number)")) }
        let (turned, taken) = (Signal(), Signal())
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(5)) {
                turned.wasRaised && !taken.wasRaised
                    ? .changed(note: Self.note, blocked: ["first": ["R4"]]) : .unchanged
            },
            notice: { _ in taken.raise() }, errand: Migration.Errand(prune: true),
            rule: { call in
                if call.kind == .delete {
                    turned.raise()
                    taken.await()
                }
                return nil
            })
        let first = try #require(leg.results.first)
        #expect(first.outcome.stopped == .blockedByPolicy(["R4"]) && leg.states == ["blocked", "verified"])
        #expect(leg.results.count == 2 && (1...20).contains(first.counts.deleted), "\(first.counts.deleted)")
    }

    /// A rule that turns and turns back stops nothing for good.
    @Test func whatIsClearAgainGoesOn() async throws {
        let convoy = try Convoy()
        convoy.fill(0, 300)
        convoy.fill(1, 3)
        let (begun, blocked, clear) = (Signal(), Signal(), Signal())
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(5)) {
                guard begun.wasRaised, !clear.wasRaised else { return .unchanged }
                return .changed(note: Self.note, blocked: blocked.wasRaised ? [:] : ["first": ["R4"]])
            },
            notice: { $0.isEmpty ? clear.raise() : blocked.raise() },
            rule: { call in
                if call.kind == .write {
                    begun.raise()
                    clear.await()
                }
                return nil
            })
        #expect(leg.notices == [["first": ["R4"]], [:]])
        #expect(leg.results.map(\.outcome.stopped) == [nil, nil] && leg.states == ["verified", "verified"])
        #expect(leg.results.map(\.counts.landed) == [300, 3])
    }

    /// The end of the run interrupts a question: that is no judgement that failed.
    @Test func theEndOfTheRunIsNoSilence() async throws {
        let convoy = try Convoy()
        convoy.fill(0, 1)
        convoy.fill(1, 1)
        let (late, asked, failed) = (Signal(), Signal(), Signal())
        let manifests = Atomic<Int>(0)
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(5)) {
                guard late.wasRaised else { return .unchanged }
                asked.raise()
                try await Task.sleep(for: .seconds(3600))
                return .unchanged
            },
            unjudged: { failed.raise() },
            rule: { call in
                // The manifest is the second object written to a target; behind the last one nobody asks any more.
                if call.kind == .write, manifests.add(1, ordering: .relaxed).newValue == 4 {
                    late.raise()
                    asked.await()
                }
                return nil
            })
        #expect(asked.wasRaised && !failed.wasRaised)
        #expect(leg.states == ["verified", "verified"])
    }
}
