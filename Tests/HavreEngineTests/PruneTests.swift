import Foundation
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import TestServers
import Testing

/// Pruning deletes what landed from here and is no longer at the source, and nothing else.
@Suite struct PruneTests {
    private let source = MemoryStore()
    private let target = MemoryStore()

    private func key(_ name: String, at prefix: String = "in/") -> ObjectKey { ObjectKey(prefix + name) }

    /// Four objects, moved; then two of them are gone from the source.
    private func voyage() async throws -> Voyage {
        for name in ["a", "b", "c", "d"] { source.put(key(name), Array(name.utf8)) }
        let voyage = try Voyage(source: source, target: target)
        try await voyage.sail()
        for name in ["a", "b"] { try await source.delete(key(name)) }
        return voyage
    }

    /// Names at the target, what Havre keeps there for itself left out.
    private var there: [String] {
        target.keys.map(\.description).filter { !$0.hasPrefix("out/.havre/") }
    }

    @Test func whatIsNotOursStays() async throws {
        let voyage = try await voyage()
        target.put(key("another's", at: "out/"), [1])
        target.put(key("b", at: "out/"), [2, 3])
        let own = target.keys.filter { $0.description.hasPrefix("out/.havre/") }
        voyage.maxDelete = 1
        let diff = try await voyage.diff()
        #expect(diff.filter { $0.action == .delete }.map(\.objects) == [1])
        #expect(diff.filter { $0.action == .extraneous }.map(\.cause) == ["not ours"])
        let result = try await voyage.sail()
        #expect(there == ["out/another's", "out/b", "out/c", "out/d"])
        #expect(Set(own).isSubset(of: target.keys), "what explains the target stays")
        #expect(result.pruned?.deleted == 1 && result.counts.deleted == 1 && result.counts.total == 2)
        #expect(result.counts.total == result.counts.unchanged + result.counts.landed, "these are no source objects")
        // Put back at the source it is moved like any other.
        source.put(key("a"), [9])
        #expect(try await voyage.sail().counts.landed == 1)
        #expect(try await voyage.opened(ObjectKey("a")) == [9])
    }

    /// What arrived and could not be read back is not known to have arrived.
    @Test func whatCouldNotBeReadBackHoldsDeletionsUp() async throws {
        let voyage = try await voyage()
        voyage.maxDelete = 10
        source.put(key("e"), [5])
        let deaf = Faulty(
            target,
            schedule: FaultSchedule {
                $0.kind == .read && $0.key == ObjectKey("out/e")
                    ? .before(StoreError(.denied, "no reading", key: $0.key, status: 403)) : nil
            })
        let result = try await voyage.sail(target: deaf)
        #expect(result.counts.landed == 1 && result.verification?.unreadCount == 1)
        #expect(result.pruneHeld?.english == "objects could not be read back" && result.pruned == nil)
        #expect(there.count == 5, "nothing was deleted")
        #expect(try await voyage.sail().pruned?.deleted == 2, "once it is read, they go")
    }

    /// The same bytes under our own mark, put there again by somebody: another version is another object.
    @Test func anotherVersionIsNotOurs() async throws {
        let names = ["a", "b", "c", "d", "e", "f"]
        for name in names { source.put(key(name), Array(name.utf8)) }
        let voyage = try Voyage(source: source, target: target)
        func shore(_ version: String) -> FatedStore {
            FatedStore(base: self.target, deck: .target, fate: Fate(), version: version)
        }
        try await voyage.sail(target: shore("v1"))
        try await source.delete(key("a"))
        voyage.maxDelete = 10
        let kept = try await voyage.sail(target: shore("v2"))
        #expect(kept.pruned?.deleted == 0 && kept.pruned?.keptCount == 1 && there.count == names.count)
        try await source.delete(key("b"))
        let gone = try await voyage.sail(target: shore("v1"))
        #expect(gone.pruned.map { $0.deleted > 0 } == true && !there.contains("out/b"))
    }

    @Test func withoutBeingAskedNothingIsDeleted() async throws {
        let voyage = try await voyage()
        #expect(try await voyage.diff().contains { $0.action == .extraneous && $0.objects == 2 && $0.cause.isEmpty })
        #expect(try await voyage.sail().pruned == nil)
        #expect(there.count == 4)
    }

    @Test func moreThanAllowedIsRefusedBeforeAnythingMoves() async throws {
        let voyage = try await voyage()
        source.put(key("e"), [5])
        voyage.maxDelete = 1
        await #expect {
            try await voyage.sail()
        } throws: {
            String(describing: $0).contains("2 objects would be deleted at the target, and maxDelete allows 1")
        }
        #expect(there == ["out/a", "out/b", "out/c", "out/d"])
        voyage.maxDelete = 2
        try await voyage.sail()
        #expect(there == ["out/c", "out/d", "out/e"])
    }

    /// Between the diff and the deletion the world may move: nothing is believed.
    @Test func whatMovedSinceTheDiffIsKept() async throws {
        let voyage = try await voyage()
        voyage.maxDelete = 2
        try await voyage.diff()
        source.put(key("a"), [1])
        target.put(key("b", at: "out/"), [7])
        let result = try await voyage.sail(rescan: false)
        #expect(result.pruned?.keptCount == 2 && result.pruned?.deleted == 0)
        #expect(result.pruned?.kept.contains { $0.hasPrefix("a: it is at the source again") } == true)
        #expect(result.pruned?.kept.contains { $0.hasPrefix("b: it has changed at the target") } == true)
        #expect(there.count == 4)
    }

    /// While anything has not landed, nothing is deleted.
    @Test func whatFailedHoldsDeletionsUp() async throws {
        let voyage = try await voyage()
        source.put(key("e"), [5])
        voyage.maxDelete = 2
        let call = Fate.Call(deck: .target, name: "write out/e", ordinal: 0)
        let fate = Fate(Fate.Death(call: call, moment: .garbled, extent: .call))
        let result = try await voyage.sail(target: FatedStore(base: target, deck: .target, fate: fate))
        #expect(fate.hasEnded && result.counts.failed == 1 && result.pruned == nil)
        #expect(there.contains("out/a") && there.contains("out/b"))
        try await voyage.sail()
        #expect(there == ["out/c", "out/d", "out/e"])
    }

    /// Every call of the journal and of the target may be the last: at the next start it is known what is owed.
    @Test(arguments: [Fate.Deck.journal, .target])
    func everyCallMayBeTheLast(of deck: Fate.Deck) async throws {
        let whole = Fate()
        let healthy = try await PruneTests().voyage(fated: whole)
        #expect(healthy.names == ["out/c", "out/d"])
        let names = ["delete out/", "head out/a", "intent to delete", "receipt of deletions"]
        let calls = whole.calls.filter { call in call.deck == deck && names.contains { call.name.hasPrefix($0) } }
        #expect(calls.count >= 2)
        for death in calls.flatMap({ Fate.Death.all(of: $0) }) {
            let fate = Fate(death)
            let crossing = try await PruneTests().voyage(fated: fate)
            #expect(fate.hasEnded, "\(death)")
            let journal = try crossing.voyage.journal()
            let owed = try await journal.owedDeletions(dataset: "projects", limit: 10)
            // Gone and not known of: no row is owed, and none says deleted.
            let counts = try await journal.counts(dataset: "projects")
            for name in ["a", "b"] where !crossing.names.contains("out/\(name)") {
                #expect(owed.contains { $0.key == ObjectKey(name) } || counts.deleted > 0, "\(death): \(name)")
            }
            try journal.close()
            let result = try await crossing.voyage.sail()
            #expect(crossing.names == ["out/c", "out/d"], "\(death)")
            let after = try crossing.voyage.journal()
            #expect(try await after.owedDeletions(dataset: "projects", limit: 10).isEmpty, "\(death)")
            _ = try await after.checkChain()
            try after.close()
            #expect(result.counts.total == 2 && result.counts.failed == 0, "\(death)")
            #expect(try await crossing.voyage.diff().allSatisfy { $0.action == .unchanged }, "\(death)")
        }
    }

    /// A voyage that prunes, its second life within somebody's fate.
    private struct Crossing {
        let voyage: Voyage
        let ground: PruneTests
        var names: [String] { ground.there }
    }

    private func voyage(fated fate: Fate) async throws -> Crossing {
        let voyage = try await voyage()
        voyage.maxDelete = 2
        do {
            try await voyage.sail(
                source: FatedStore(base: source, deck: .source, fate: fate),
                target: FatedStore(base: target, deck: .target, fate: fate), fate: fate)
        } catch {
            #expect(fate.hasEnded, "\(error)")
        }
        return Crossing(voyage: voyage, ground: self)
    }
}
