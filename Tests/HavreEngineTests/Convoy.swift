import Foundation
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import Synchronization
import Testing

/// Two datasets of one run over memory, each behind a schedule of its own, in a scratch directory that outlives runs.
final class Convoy: Sendable {
    static let names = ["first", "second"]

    let scratch: String
    let sources: [MemoryStore]
    let targets: [MemoryStore]
    let identity: AgeIdentity
    private let reactors: [Reactor]

    init() throws {
        scratch = NSTemporaryDirectory() + "havre-convoy-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        sources = Self.names.map { _ in MemoryStore() }
        targets = Self.names.map { _ in MemoryStore() }
        identity = try AgeIdentity.generate()
        reactors = try (0..<2).map { try Reactor(name: "convoy-\($0)") }
    }

    deinit {
        for reactor in reactors { reactor.shutdown() }
        try? FileManager.default.removeItem(atPath: scratch)
    }

    /// How one run went.
    struct Leg: Sendable {
        let results: [Migration.DatasetResult]
        /// Calls to the stores, by dataset.
        let reads: [FaultSchedule]
        let writes: [FaultSchedule]
        /// What the journal holds afterwards.
        let events: [EventRow]
        let states: [String]
        let notices: [[String: [String]]]

        /// Bodies of the events of a kind.
        func bodies(_ kind: String) -> [String] {
            events.filter { $0.kind == kind }.map { String(decoding: $0.body, as: UTF8.self) }
        }
    }

    /// Runs both datasets. `rule` is asked before each call to a target, `notice` told of changed verdicts.
    func sail(
        _ vigil: Vigil?, notice: @escaping @Sendable ([String: [String]]) -> Void = { _ in },
        unjudged: @escaping @Sendable () -> Void = {},
        reads: FaultSchedule? = nil, errand: Migration.Errand = Migration.Errand(),
        rule: @escaping @Sendable (FaultSchedule.Call) -> Fault? = { _ in nil }
    ) async throws -> Leg {
        let journal = try journal()
        defer { try? journal.close() }
        _ = try await journal.takeLease(holder: "test")
        let reads = Self.names.indices.map { index in
            index == 0 ? reads ?? FaultSchedule { _ in nil } : FaultSchedule { _ in nil }
        }
        let writes = Self.names.map { _ in FaultSchedule(rule) }
        let datasets = Self.names.map { name in
            Dataset(
                name: name, source: Location(provider: "here", bucket: name, prefix: ObjectKey("in/")),
                target: Location(provider: "there", bucket: name, prefix: ObjectKey("out/")),
                seal: .age(recipients: ["pds"]))
        }
        let plan = Plan(
            name: "test", limits: Limits(maxDelete: 1000), verify: .full,
            datasets: Dictionary(uniqueKeysWithValues: zip(Self.names, datasets)),
            order: Self.names)
        let migration = Migration(
            plan: plan, planHash: "00", journal: journal, state: scratch, reactors: reactors, drain: Drain(),
            signer: nil, vigil: vigil, clock: { Int64(Date().timeIntervalSince1970 * 1e9) })
        let berths = datasets.indices.map { index in
            Migration.Berth(
                dataset: datasets[index], source: Faulty(sources[index], schedule: reads[index]),
                target: Faulty(targets[index], schedule: writes[index]), recipients: [identity.recipient],
                opening: nil)
        }
        let notices = Mutex<[[String: [String]]]>([])
        let results = try await migration.execute(berths, notes: .empty, errand: errand) {
            if case .unjudged = $0 { unjudged() }
            guard case .verdictsChanged(let blocked) = $0 else { return }
            notices.withLock { $0.append(blocked) }
            notice(blocked)
        }
        var states: [String] = []
        for name in Self.names { states.append(try await journal.datasetState(name)) }
        return Leg(
            results: results, reads: reads, writes: writes, events: try await journal.events(after: 0, limit: 100_000),
            states: states, notices: notices.withLock { $0 })
    }

    private func journal() throws -> SQLiteJournal {
        try SQLiteJournal(path: scratch + "/journal.sqlite", hash: HashFunction.sha256) {
            Int64(Date().timeIntervalSince1970 * 1e9)
        }
    }

    /// Puts `count` small objects into a source.
    func fill(_ index: Int, _ count: Int) {
        for number in 0..<count {
            sources[index].put(ObjectKey("in/o\(number)"), noise(1000 + number, seed: UInt64(number)))
        }
    }

    /// The plaintext of a target object.
    func opened(_ index: Int, _ key: String) throws -> [UInt8] {
        let bytes = try #require(targets[index].object(ObjectKey("out/" + key))).bytes
        let opener = try AgeStreamOpener(identities: [identity])
        var plain: [UInt8] = []
        try bytes.withUnsafeBytes { try opener.update($0) { plain += $0 } }
        try opener.finish { plain += $0 }
        return plain
    }
}

/// A condition that one side sets and another waits for; waiting is bounded, so that a fault fails a test and hangs none.
final class Signal: Sendable {
    private let isSet = Atomic<Bool>(false)
    var wasRaised: Bool { isSet.load(ordering: .acquiring) }
    func raise() { isSet.store(true, ordering: .releasing) }

    /// Blocks the thread.
    func await() {
        for _ in 0..<10_000 where !wasRaised { usleep(2000) }
    }
}
