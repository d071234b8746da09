import Foundation
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import Testing

/// A migration on the test's own ground: two stores, a journal in a scratch directory, a key pair.
final class Voyage {
    let scratch: String
    let source: any ObjectStore
    let target: any ObjectStore
    let identity: AgeIdentity
    let recipients: [AgeRecipient]
    var dataset: Dataset
    var openings: [AgeIdentity] = []
    /// Another envelope than age's at the source.
    var opening: SourceOpening?
    var verify: Verification = .full
    /// Objects that may be deleted; nil does not prune.
    var maxDelete: Int?
    var pruneMost = false
    let drain = Drain()
    private(set) var reactors: [Reactor]

    init(
        source: any ObjectStore, target: any ObjectStore, sealed: Bool = true, filter: Dataset.Filter = .init(),
        metadata: Dataset.MetadataPolicy = .init()
    ) throws {
        scratch = NSTemporaryDirectory() + "havre-engine-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        self.source = source
        self.target = target
        identity = try AgeIdentity.generate()
        recipients = sealed ? [identity.recipient] : []
        dataset = Dataset(
            name: "projects", source: Location(provider: "here", bucket: "a", prefix: ObjectKey("in/")),
            target: Location(provider: "there", bucket: "b", prefix: ObjectKey("out/")),
            seal: sealed ? .age(recipients: ["pds"]) : .none, filter: filter, metadata: metadata)
        reactors = try (0..<2).map { try Reactor(name: "test-\($0)") }
    }

    deinit {
        for reactor in reactors { reactor.shutdown() }
        try? FileManager.default.removeItem(atPath: scratch)
    }

    func journal() throws -> SQLiteJournal {
        try SQLiteJournal(path: scratch + "/journal.sqlite", hash: HashFunction.sha256) {
            Int64(Date().timeIntervalSince1970 * 1e9)
        }
    }

    /// One process's life: opens the journal, takes the lease, runs to its end or to its death.
    @discardableResult
    func sail(
        source: (any ObjectStore)? = nil, target: (any ObjectStore)? = nil, fate: Fate? = nil, rescan: Bool = true
    ) async throws -> Migration.DatasetResult {
        let journal = try journal()
        defer { try? journal.close() }
        _ = try await journal.takeLease(holder: "test")
        let plan = Plan(
            name: "test", limits: Limits(maxDelete: maxDelete), verify: verify, datasets: ["projects": dataset],
            order: ["projects"])
        let record: any Journal = if let fate { FatedJournal(base: journal, fate: fate) } else { journal }
        let migration = Migration(
            plan: plan, planHash: "00", journal: record, state: scratch, reactors: reactors, drain: drain,
            signer: nil, clock: { Int64(Date().timeIntervalSince1970 * 1e9) })
        let berth = Migration.Berth(
            dataset: dataset, source: source ?? self.source, target: target ?? self.target, recipients: recipients,
            opening: opening ?? .age(openings))
        let errand = Migration.Errand(rescan: rescan, prune: maxDelete != nil, pruneMost: pruneMost)
        let results = try await migration.execute([berth], notes: .empty, errand: errand) { _ in }
        return try #require(results.first)
    }

    /// The plaintext of a target object, opened as a stranger would.
    func opened(_ key: ObjectKey, identities: [AgeIdentity]? = nil) async throws -> [UInt8] {
        let whole = key.prefixed(by: dataset.target.prefix)
        let head = try await target.head(whole, versionID: nil, withTags: false)
        let sink = Collector()
        _ = try await target.read(ReadRequest(key: whole, version: head.version), on: reactors[0], into: sink)
        if recipients.isEmpty { return sink.bytes }
        let opener = try AgeStreamOpener(identities: identities ?? [identity])
        var plain: [UInt8] = []
        try sink.bytes.withUnsafeBytes { try opener.update($0) { plain += $0 } }
        try opener.finish { plain += $0 }
        return plain
    }

    /// What a second plan would do.
    @discardableResult
    func diff() async throws -> [DiffCount] {
        let journal = try journal()
        defer { try? journal.close() }
        _ = try await journal.takeLease(holder: "test")
        try await Scanner(dataset: dataset, source: source, target: target, journal: journal, prune: maxDelete != nil)
            .scan(envelope: DatasetRun.envelope(recipients))
        return try await journal.diffSummary(dataset: "projects")
    }

    func counts() async throws -> DatasetCounts {
        let journal = try journal()
        defer { try? journal.close() }
        return try await journal.counts(dataset: "projects")
    }
}

/// Keeps everything it receives.
final class Collector: ByteSink {
    var bytes: [UInt8] = []
    func restart() { bytes = [] }
    func receive(_ next: UnsafeRawBufferPointer) throws { bytes += next }
}

/// Bytes that look random and are the same for the same seed.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed &+ 0x9e37_79b9_7f4a_7c15
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { memory in
        let words = memory.bindMemory(to: UInt64.self)
        for index in words.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            words[index] = state ^ (state >> 29)
        }
        for index in (words.count * 8)..<count { memory[index] = UInt8(truncatingIfNeeded: state >> (index % 8 * 8)) }
    }
    return bytes
}
