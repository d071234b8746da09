import Foundation
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import TestServers
import Testing

/// What a run does at the target is what the plan named: the same objects, in kind and number.
@Suite struct DryRunTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let isSoak = environment["HAVRE_SOAK"] == "1"

    /// What is done to one object.
    private struct Deed: Hashable, CustomStringConvertible {
        let what: String
        let key: ObjectKey
        var description: String { "\(what) \(key)" }
    }

    /// A source and a target in which anything may have happened.
    private struct World {
        let source = MemoryStore()
        let target: MemoryStore
        var chance: SplitMix

        init(seed: UInt64) {
            var traits = MemoryStore.strictest
            chance = SplitMix(seed: seed)
            traits.keeps.remove(.doubleSlash)
            traits.breaks.insert(.doubleSlash)
            traits.conditionalCreate = Bool.random(using: &chance)
            traits.conditionalUpdate = Bool.random(using: &chance)
            traits.conditionalComplete = Bool.random(using: &chance)
            target = MemoryStore(traits: traits)
            for _ in 0..<Int.random(in: 1...25, using: &chance) { add() }
            for _ in 0..<Int.random(in: 0...3, using: &chance) { occupy() }
        }

        private mutating func name() -> String {
            let folder = ["", "one/", "two/", "skip/", "odd//"].randomElement(using: &chance) ?? ""
            return folder + "object-\(Int.random(in: 0..<30, using: &chance))"
        }

        private mutating func bytes() -> [UInt8] {
            let isLarge = Int.random(in: 0..<60, using: &chance) == 0
            return noise(isLarge ? (8 << 20) + 77 : Int.random(in: 0..<4000, using: &chance), seed: chance.next())
        }

        private mutating func add() {
            let key = ObjectKey("in/" + name())
            source.put(key, bytes())
        }

        /// Something of somebody else's.
        private mutating func occupy() {
            let key = ObjectKey("out/" + name())
            target.put(key, bytes())
        }

        /// Between two runs.
        mutating func turn() async throws {
            for key in source.keys {
                switch Int.random(in: 0..<6, using: &chance) {
                case 0: try await source.delete(key)
                case 1: source.put(key, bytes())
                default: break
                }
            }
            for key in target.keys where !key.description.contains("/.havre/") {
                switch Int.random(in: 0..<8, using: &chance) {
                case 0: try await target.delete(key)
                case 1: target.put(key, bytes())
                default: break
                }
            }
            for _ in 0..<Int.random(in: 0...6, using: &chance) { add() }
            if Bool.random(using: &chance) { occupy() }
        }
    }

    @Test(.timeLimit(.minutes(30))) func theRunDoesWhatThePlanNamed() async throws {
        let given = Self.environment["HAVRE_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("dry run: HAVRE_SEED=\(seed)")
        var seeds = SplitMix(seed: seed)
        var total = 0
        for tree in 0..<(Self.isSoak ? 200 : 20) {
            total += try await check(World(seed: seeds.next()), "seed \(seed), tree \(tree)")
        }
        #expect(total > 20, "trees without any deed show nothing")
    }

    /// Moves a world, lets it change, plans, runs; the number of deeds.
    private func check(_ world: World, _ words: String) async throws -> Int {
        var world = world
        var filter = Dataset.Filter()
        filter.exclude = ["skip/**"]
        let voyage = try Voyage(source: world.source, target: world.target, filter: filter)
        voyage.verify = .none
        voyage.dataset.onConflict = Bool.random(using: &world.chance) ? .overwrite : .block
        try await voyage.sail()
        try await world.turn()
        if Bool.random(using: &world.chance) { voyage.maxDelete = 1000 }

        try await voyage.diff()
        let (named, estimate) = try await plan(voyage, world.target.traits)

        let fate = Fate()
        try await voyage.sail(
            source: FatedStore(base: world.source, deck: .source, fate: fate),
            target: FatedStore(base: world.target, deck: .target, fate: fate))
        let done = fate.calls.filter { $0.deck == .target && !$0.name.contains(".havre/") }.map(\.name)
        var deeds: [Deed] = []
        for name in done {
            for (call, what) in [("write out/", "move"), ("complete upload out/", "move"), ("delete out/", "delete")]
            where name.hasPrefix(call) {
                deeds.append(Deed(what: what, key: ObjectKey(String(name.dropFirst(call.count)))))
            }
        }
        #expect(deeds.count == Set(deeds).count, "\(words): something was done twice")
        let (more, less) = (Set(deeds).subtracting(named), named.subtracting(deeds))
        #expect(more.isEmpty && less.isEmpty, "\(words): not named \(more), not done \(less)")

        // The requests are those that were counted, too.
        func count(_ deck: Fate.Deck, _ prefix: String) -> Int {
            fate.calls.count { $0.deck == deck && $0.name.hasPrefix(prefix) && !$0.name.contains(".havre/") }
        }
        var target = RequestCounts()
        target.put = count(.target, "write out/")
        target.create = count(.target, "create upload ")
        target.part = count(.target, "write part ")
        target.complete = count(.target, "complete upload ")
        target.head = count(.target, "head ")
        target.get = count(.target, "read ")
        target.delete = count(.target, "delete ")
        target.list = estimate.target.list
        #expect(target == estimate.target, "\(words)")
        var source = RequestCounts()
        source.get = count(.source, "read ")
        source.head = count(.source, "head ")
        source.list = estimate.source.list
        #expect(source == estimate.source, "\(words)")
        return deeds.count
    }

    /// What the diff names, and what it is estimated to take.
    private func plan(_ voyage: Voyage, _ traits: StoreTraits) async throws -> (Set<Deed>, Estimate) {
        let journal = try voyage.journal()
        defer { try? journal.close() }
        let rows = try await journal.diff(
            dataset: "projects", actions: [.create, .update, .delete], after: nil, limit: 1000)
        let volume = try await journal.volume(dataset: "projects", maxParts: traits.maxParts)
        let manner = Estimate.Manner(
            conditionalCreate: traits.conditionalCreate, conditionalUpdate: traits.conditionalUpdate,
            conditionalComplete: traits.conditionalComplete, readsWholesBack: false, readsPartsBack: false,
            header: 200, verify: 0)
        let deeds = rows.map { Deed(what: $0.action == .delete ? "delete" : "move", key: $0.key) }
        #expect(volume.objects + volume.deletions == rows.count)
        return (Set(deeds), Estimate(volume, manner: manner, pace: .stated(1e6, .assumed)))
    }
}
