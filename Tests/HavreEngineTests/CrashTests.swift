import Foundation
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import Synchronization
import TestServers
import Testing

/// Ends a migration at each of its calls in turn and takes it up again (design §3: crash recovery is the normal path).
@Suite struct CrashTests {
    /// What a target is able to do.
    enum Shore: String, CaseIterable {
        /// Everything.
        case strict
        /// No conditions, no checks, no list of parts: HEAD and MD5 are all there is.
        case weak

        var traits: StoreTraits {
            switch self {
            case .strict: MemoryStore.strictest
            case .weak:
                StoreTraits(
                    checksum: .none, partChecksum: .none, listsParts: false, keeps: Set(KeyHazard.allCases))
            }
        }
    }

    private static let isSoak = ProcessInfo.processInfo.environment["HAVRE_SOAK"] == "1"

    private static func seed(_ what: String) -> UInt64 {
        let given = ProcessInfo.processInfo.environment["HAVRE_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("crash test, \(what): HAVRE_SEED=\(seed)")
        return seed
    }

    /// Every call of a healthy run, of one deck; each may be the last of its process or its deck, or go wrong alone.
    private func deaths(_ deck: Fate.Deck, _ harbour: Harbour, _ shore: Shore) async throws -> [Fate.Death] {
        let whole = Fate()
        let crossing = try Crossing(harbour, shore.traits)
        try await crossing.live(whole, "without a death")
        try await crossing.arrive("without a death")
        return whole.calls.filter { $0.deck == deck }.flatMap { Fate.Death.all(of: $0) }
    }

    @Test(.timeLimit(.minutes(30)), arguments: Fate.Deck.allCases, Shore.allCases)
    func everyCallMayBeTheLast(of deck: Fate.Deck, at shore: Shore) async throws {
        let harbour = try await Harbour()
        let all = try await deaths(deck, harbour, shore)
        // All of them take six minutes: a share, another one each time, where nobody asks for a soak.
        let step = Self.isSoak ? 1 : 20
        let first = Int(Self.seed("\(deck), \(shore)") % UInt64(step))
        var reached = 0
        let chosen = stride(from: first, to: all.count, by: step).map { all[$0] }
        for death in chosen {
            let crossing = try Crossing(harbour, shore.traits)
            let fate = Fate(death)
            try await crossing.live(fate, "\(death)")
            if fate.hasEnded { reached += 1 }
            try await crossing.live(Fate(), "\(death), restart", isWhole: true)
            try await crossing.arrive("\(death)")
        }
        // Landings that share a write make for other numbers of writes in another run; all else is the same.
        #expect(reached * 10 > chosen.count * 8, "\(reached) of \(chosen.count) calls were made")
        harbour.expectUntouched()
    }

    /// An attempt fails behind its join, and its run does not end: the next attempt finds an object with its own mark,
    /// of its own size, under another file key.
    @Test(arguments: Shore.allCases, ["clear", "sealed"])
    func anEarlierAttemptsObjectIsNotTakenForThisOne(at shore: Shore, dataset: String) async throws {
        let crossing = try Crossing(try await Harbour(), shore.traits)
        func fault(_ deck: Fate.Deck, _ name: String, _ moment: Fate.Death.Moment) -> Fate {
            Fate(Fate.Death(call: Fate.Call(deck: deck, name: name, ordinal: 0), moment: moment, extent: .call))
        }
        let join = fault(.target, "complete upload out/\(dataset)/large", .garbled)
        let end = fault(.journal, "end run", .before)
        try await crossing.live(join, "the first attempt", closing: end)
        #expect(join.hasEnded && end.hasEnded)
        try await crossing.live(Fate(), "the second attempt", isWhole: true)
        try await crossing.arrive("the second attempt")
    }

    @Test(.timeLimit(.minutes(30)), arguments: Shore.allCases)
    func aRestartMayEndTooEarlyAsWell(at shore: Shore) async throws {
        let harbour = try await Harbour()
        var chance = SplitMix(seed: Self.seed("restarts, \(shore)"))
        for voyage in 0..<(Self.isSoak ? 100 : 3) {
            let crossing = try Crossing(harbour, shore.traits)
            for life in 1...5 {
                // The first lives are short, so that most of them end in the middle.
                let fate = Fate(number: Int(chance.unit() * Double(60 + 30 * life)))
                try await crossing.live(fate, "voyage \(voyage), life \(life)")
            }
            try await crossing.live(Fate(), "voyage \(voyage), restart", isWhole: true)
            try await crossing.arrive("voyage \(voyage)")
        }
        harbour.expectUntouched()
    }
}

/// A source with something of every kind; the same for many crossings, since none may change it.
private final class Harbour: Sendable {
    static let metadata = ObjectMetadata(contentType: "text/csv", user: ["patient": "secret"], tags: ["ward": "secret"])
    let source = MemoryStore()
    let reactors: [Reactor]
    let identity: AgeIdentity
    let old: AgeIdentity
    let datasets: [Dataset]
    /// Plaintext by whole key at the target.
    let cargo: [ObjectKey: [UInt8]]
    private let versions: [SourceVersion?]

    init() async throws {
        reactors = try (0..<2).map { try Reactor(name: "crash-\($0)") }
        identity = try AgeIdentity.generate()
        func dataset(_ name: String, opening: Dataset.Opening?) -> Dataset {
            Dataset(
                name: name, source: Location(provider: "here", bucket: "a", prefix: ObjectKey("\(name)/")),
                target: Location(provider: "there", bucket: "b", prefix: ObjectKey("out/\(name)/")),
                seal: .age(recipients: ["pds"]), opening: opening)
        }
        datasets = [dataset("clear", opening: nil), dataset("sealed", opening: .age(key: "old"))]
        var cargo: [ObjectKey: [UInt8]] = [:]
        let clear = [("empty", 0), ("small", 1), ("tagged", 70_000), ("large", (16 << 20) + 1)]
        for (index, (name, size)) in clear.enumerated() {
            let bytes = noise(size, seed: UInt64(index))
            source.put(
                ObjectKey("clear/\(name)"), bytes, metadata: name == "tagged" ? Self.metadata : ObjectMetadata())
            cargo[ObjectKey("out/clear/\(name)")] = bytes
        }
        // A voyage of its own seals what is to be opened and sealed anew.
        let unsealed = MemoryStore()
        let middle = MemoryStore()
        let before = try Voyage(source: unsealed, target: middle)
        before.verify = .none
        old = before.identity
        for (name, size) in [("small", 70_000), ("large", (8 << 20) + 1)] {
            let bytes = noise(size, seed: UInt64(size))
            unsealed.put(ObjectKey("in/\(name)"), bytes)
            cargo[ObjectKey("out/sealed/\(name)")] = bytes
        }
        try await before.sail()
        for name in ["small", "large"] {
            let object = try #require(middle.object(ObjectKey("out/\(name)")))
            source.put(ObjectKey("sealed/\(name)"), object.bytes)
        }
        self.cargo = cargo
        let source = source
        versions = source.keys.map { source.object($0)?.version }
    }

    deinit { for reactor in reactors { reactor.shutdown() } }

    /// Invariant 6.
    func expectUntouched() { #expect(source.keys.map { source.object($0)?.version } == versions) }
}

/// One migration from the harbour to an empty shore, in as many lives as it takes.
private final class Crossing: Sendable {
    private let harbour: Harbour
    private let scratch: String
    private let target: MemoryStore
    /// In step with the clock of `MemoryStore`, which tells when uploads were begun.
    private let clock = Mutex<Int64>(1_600_000_000_000_000_000)

    init(_ harbour: Harbour, _ traits: StoreTraits) throws {
        self.harbour = harbour
        target = MemoryStore(traits: traits)
        scratch = NSTemporaryDirectory() + "havre-crash-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: scratch) }

    private func withJournal<Value>(_ body: (SQLiteJournal) async throws -> Value) async throws -> Value {
        let journal = try SQLiteJournal(
            path: scratch + "/journal.sqlite", hash: HashFunction.sha256, clock: { self.now() })
        defer { try? journal.close() }
        return try await body(journal)
    }

    private func now() -> Int64 {
        clock.withLock { clock in
            clock += 1_000_000
            return clock
        }
    }

    /// Calls that the next life must not make: what they would bring is there, and it is known that it is.
    private func settled(_ journal: SQLiteJournal) async throws -> Set<String> {
        var settled: Set<String> = []
        var row: Int64 = 1
        while let transfer = try await journal.transfer(row) {
            row += 1
            let key = transfer.key.prefixed(by: ObjectKey("out/\(transfer.dataset)/"))
            switch transfer.machine.state {
            case .landed, .verified:
                settled.formUnion(["write \(key)", "create upload \(key)", "complete upload \(key)"])
                settled.formUnion((0..<3).map { "write part \($0) \(key)" })
            case .completing(let pinned):
                settled.formUnion((0..<pinned.layout.partCount).map { "write part \($0) \(key)" })
            case .moving(let pinned, var received):
                if let upload = pinned.upload {
                    received.formUnion(try await target.listParts(of: upload, key: key).map(\.index))
                }
                settled.formUnion(received.map { "write part \($0) \(key)" })
            case .pending, .pinned, .failed, .drifted: continue
            }
        }
        return settled
    }

    /// One process's life: opens the journal, takes the lease, runs to its end or to its death. The journal may have
    /// a fate of its own beside, `closing`.
    func live(_ fate: Fate, _ words: String, isWhole: Bool = false, closing: Fate = Fate()) async throws {
        try await withJournal { journal in
            let settled = try await settled(journal)
            _ = try await journal.takeLease(holder: "test")
            let plan = Plan(
                name: "test", verify: .full,
                datasets: Dictionary(uniqueKeysWithValues: harbour.datasets.map { ($0.name, $0) }),
                order: harbour.datasets.map(\.name))
            let record = FatedJournal(base: FatedJournal(base: journal, fate: closing), fate: fate)
            let migration = Migration(
                plan: plan, planHash: "00", journal: record, state: scratch, reactors: harbour.reactors,
                drain: Drain(), signer: nil, clock: { self.now() })
            let source = FatedStore(base: harbour.source, deck: .source, fate: fate)
            let target = FatedStore(base: target, deck: .target, fate: fate)
            let berths = harbour.datasets.map {
                Migration.Berth(
                    dataset: $0, source: source, target: target, recipients: [harbour.identity.recipient],
                    opening: .age($0.opening == nil ? [] : [harbour.old]))
            }
            do {
                let results = try await migration.execute(berths, notes: .empty) { _ in }
                for result in results where isWhole {
                    #expect(result.outcome.firstReason == nil, "\(words)")
                    #expect(result.verification?.mismatches == [], "\(words)")
                    #expect(result.counts.verified == result.counts.landed, "\(words)")
                }
            } catch {
                #expect(fate.hasEnded, "\(words): \(error)")
            }
            for call in fate.calls where call.deck == .target && settled.contains(call.name) {
                Issue.record("\(words): was done already and known to be: \(call)")
            }
        }
    }

    /// Everything is there, everybody agrees on it, and nothing is left to do.
    func arrive(_ words: String) async throws {
        for (key, bytes) in harbour.cargo {
            let object = try #require(target.object(key), "\(words): \(key)")
            let plain = try opened(object.bytes)
            // `==` on arrays takes seconds in a debug build.
            let isSame = plain.count == bytes.count && memcmp(plain, bytes, bytes.count) == 0
            #expect(isSame, "\(words): \(key) holds other bytes")
        }
        let own = target.keys.filter { $0.description.contains("/.havre/") }
        #expect(Set(target.keys).subtracting(own) == Set(harbour.cargo.keys), "\(words)")
        let uploads = try await target.listUploads(prefix: ObjectKey(""))
        #expect(uploads.isEmpty, "\(words): \(uploads)")
        let tagged = try #require(target.object(ObjectKey("out/clear/tagged")))
        #expect(tagged.metadata.contentType == "text/csv" && tagged.metadata.user.keys.sorted() == ["havre"])
        let listed = try manifests(own)
        try await withJournal { journal in
            for dataset in harbour.datasets {
                try await agree(journal, dataset, listed, words)
            }
            _ = try await journal.checkChain()
            #expect(try await journal.openRun() == nil, "\(words): the run is still open")
        }
    }

    private func agree(
        _ journal: SQLiteJournal, _ dataset: Dataset, _ listed: [Manifest.Object], _ words: String
    ) async throws {
        let counts = try await journal.counts(dataset: dataset.name)
        let parts = [counts.unchanged, counts.landed, counts.failed, counts.skipped, counts.blocked, counts.open]
        #expect(counts.total == parts.reduce(0, +), "\(words): \(counts)")
        #expect(counts.total == harbour.cargo.keys.count { $0.dropping(prefix: dataset.target.prefix) != nil })
        #expect(counts.open == 0 && counts.failed == 0 && counts.blocked == 0, "\(words): \(counts)")
        let landed = try await journal.landed(dataset: dataset.name, includingVerified: true, after: 0, limit: 100)
        #expect(landed.count == counts.total && landed.allSatisfy(\.verified), "\(words)")
        // The target explains itself: what landed stands in the manifest of its run, with what travelled sealed.
        for row in landed {
            let line = listed.first { $0.run == row.run && $0.row == row.row && $0.key == row.key }
            #expect(line?.receipt == row.landing.receipt, "\(words): \(row.key) is not in its run's manifest")
            if row.key == ObjectKey("tagged") {
                #expect(line?.metadata?.tags == Harbour.metadata.tags, "\(words)")
                #expect(line?.metadata?.user == Harbour.metadata.user, "\(words)")
            }
        }
        _ = try await journal.takeLease(holder: "test")
        try await Scanner(dataset: dataset, source: harbour.source, target: target, journal: journal)
            .scan(envelope: DatasetRun.envelope([harbour.identity.recipient]))
        let diff = try await journal.diffSummary(dataset: dataset.name)
        #expect(diff.allSatisfy { $0.action == .unchanged }, "\(words): \(diff)")
    }

    private func manifests(_ keys: [ObjectKey]) throws -> [Manifest.Object] {
        try keys.flatMap { key in
            var decoder = ManifestDecoder(hash: HashFunction.sha256)
            let lines = try decoder.feed(opened(target.object(key)?.bytes ?? []))
            try decoder.finish()
            return lines.compactMap { if case .object(let object) = $0 { object } else { nil } }
        }
    }

    private func opened(_ bytes: [UInt8]) throws -> [UInt8] {
        let opener = try AgeStreamOpener(identities: [harbour.identity])
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        try bytes.withUnsafeBytes { try opener.update($0) { plain += $0 } }
        try opener.finish { plain += $0 }
        return plain
    }
}
