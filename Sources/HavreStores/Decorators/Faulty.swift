public import HavreModel
import Synchronization

/// What goes wrong at one call.
public enum Fault: Sendable {
    /// It fails and nothing was done.
    case before(StoreError)
    /// It is carried out, and then the answer is lost.
    case after(StoreError)
    /// One byte of what is read arrives with its lowest bit flipped; other calls go through as they are.
    case flip(offset: Int)
    /// What is read ends after so many bytes, and with this error; other calls fail before they begin.
    case cut(after: Int, StoreError)
}

/// Which calls go wrong: decided by a seed or a rule, counted in the order of calling.
public final class FaultSchedule: Sendable {
    /// A call that is about to be made.
    public struct Call: Hashable, Sendable {
        /// Calls of `ObjectStore`, a page of a listing as `list`.
        public enum Kind: String, Hashable, Sendable, CaseIterable {
            case list, head, read, write, createUpload, writePart, completeUpload, abortUpload, listParts
            case listUploads, delete
        }
        /// Which.
        public var kind: Kind
        /// Of which key; the prefix where there is none.
        public var key: ObjectKey
        /// The how-manieth call of this kind, from 0.
        public var ordinal: Int
    }

    private struct State {
        var counts: [Call.Kind: Int] = [:]
        var calls: [Call] = []
    }
    private let rule: @Sendable (Call) -> Fault?
    private let state = Mutex(State())

    /// A rule that is asked before every call.
    public init(_ rule: @escaping @Sendable (Call) -> Fault?) { self.rule = rule }

    /// Faults by chance, the same ones for the same seed and order of calls: a call goes wrong with `probability`,
    /// in turn as throttled, temporary before, and ambiguous after it was done.
    public convenience init(seed: UInt64, probability: Double, kinds: Set<Call.Kind> = Set(Call.Kind.allCases)) {
        let chance = Mutex(seed)
        // SplitMix64 (G. Steele, D. Lea, C. Flood, 2014).
        let draw: @Sendable () -> UInt64 = {
            chance.withLock { state in
                state &+= 0x9e37_79b9_7f4a_7c15
                var word = state
                word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
                word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
                return word ^ (word >> 31)
            }
        }
        self.init { call in
            let isHit = Double(draw() >> 11) / 9_007_199_254_740_992 < probability
            let choice = draw() % 3
            guard isHit, kinds.contains(call.kind) else { return nil }
            return switch choice {
            case 0: .before(StoreError(.throttled, "slow down (injected)", key: call.key, status: 503))
            case 1: .before(StoreError(.temporary, "internal error (injected)", key: call.key, status: 500))
            default: .after(StoreError(.ambiguous, "the answer was lost (injected)", key: call.key))
            }
        }
    }

    /// All calls so far, faulty or not.
    public var calls: [Call] { state.withLock { $0.calls } }

    /// How many calls of a kind were made so far.
    public func count(_ kind: Call.Kind) -> Int { state.withLock { $0.counts[kind] ?? 0 } }

    func fault(_ kind: Call.Kind, _ key: ObjectKey) -> Fault? {
        let call = state.withLock { state in
            let ordinal = state.counts[kind, default: 0]
            state.counts[kind] = ordinal + 1
            let call = Call(kind: kind, key: key, ordinal: ordinal)
            state.calls.append(call)
            return call
        }
        return rule(call)
    }
}

/// A store whose calls go wrong by schedule; for tests.
public struct Faulty: ObjectStore {
    private let base: any ObjectStore
    private let schedule: FaultSchedule

    /// Makes calls of `base` go wrong.
    public init(_ base: any ObjectStore, schedule: FaultSchedule) {
        self.base = base
        self.schedule = schedule
    }

    public var traits: StoreTraits { base.traits }

    fileprivate static func meet<Value>(_ fault: Fault?, _ body: () async throws(StoreError) -> Value)
        async throws(StoreError) -> Value
    {
        switch fault {
        case .before(let error), .cut(_, let error): throw error
        case .after(let error):
            _ = try await body()
            throw error
        case .flip, nil: return try await body()
        }
    }

    public func listing(prefix: ObjectKey) -> any ObjectListing {
        FaultyListing(base: base.listing(prefix: prefix), prefix: prefix, schedule: schedule)
    }

    public func history(prefix: ObjectKey) -> (any ObjectListing)? {
        base.history(prefix: prefix).map { FaultyListing(base: $0, prefix: prefix, schedule: schedule) }
    }

    public var rehydrating: (any Rehydrating)? { base.rehydrating }

    public func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        try await Self.meet(schedule.fault(.head, key)) { () async throws(StoreError) in
            try await base.head(key, versionID: versionID, withTags: withTags)
        }
    }

    public func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        let fault = schedule.fault(.read, request.key)
        switch fault {
        case .flip(let offset):
            return try await base.read(request, on: reactor, into: FaultySink(sink, flip: offset))
        case .cut(let count, let error):
            let short = FaultySink(sink, cut: count)
            do throws(StoreError) {
                _ = try await base.read(request, on: reactor, into: short)
            } catch  where error.code == .sink && error.underlying is FaultySink.End {
                // The short end, which is what was asked for.
            }
            throw error
        case .before, .after, nil:
            return try await Self.meet(fault) { () async throws(StoreError) in
                try await base.read(request, on: reactor, into: sink)
            }
        }
    }

    public func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    {
        try await Self.meet(schedule.fault(.write, request.key)) { () async throws(StoreError) in
            try await base.write(request, body: body, on: reactor)
        }
    }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        try await createUpload(key, metadata: metadata, modified: nil)
    }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) async throws(StoreError)
        -> String
    {
        try await Self.meet(schedule.fault(.createUpload, key)) { () async throws(StoreError) in
            try await base.createUpload(key, metadata: metadata, modified: modified)
        }
    }

    public func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt {
        try await Self.meet(schedule.fault(.writePart, key)) { () async throws(StoreError) in
            try await base.writePart(index, of: upload, key: key, body: body, on: reactor)
        }
    }

    public func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await Self.meet(schedule.fault(.completeUpload, key)) { () async throws(StoreError) in
            try await base.completeUpload(upload, key: key, parts: parts, checksum: checksum, condition: condition)
        }
    }

    public func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) {
        try await Self.meet(schedule.fault(.abortUpload, key)) { () async throws(StoreError) in
            try await base.abortUpload(upload, key: key)
        }
    }

    public func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        try await Self.meet(schedule.fault(.listParts, key)) { () async throws(StoreError) in
            try await base.listParts(of: upload, key: key)
        }
    }

    public func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] {
        try await Self.meet(schedule.fault(.listUploads, prefix)) { () async throws(StoreError) in
            try await base.listUploads(prefix: prefix)
        }
    }

    public func clockSkew() async throws(StoreError) -> Double? { try await base.clockSkew() }

    public func hasPlace(of prefix: ObjectKey) async throws(StoreError) -> Bool { try await base.hasPlace(of: prefix) }

    public func observed() async throws(StoreError) -> Connection? { try await base.observed() }

    public func delete(_ key: ObjectKey) async throws(StoreError) {
        try await Self.meet(schedule.fault(.delete, key)) { () async throws(StoreError) in
            try await base.delete(key)
        }
    }
}

private final class FaultyListing: ObjectListing {
    private let base: any ObjectListing
    private let prefix: ObjectKey
    private let schedule: FaultSchedule

    init(base: any ObjectListing, prefix: ObjectKey, schedule: FaultSchedule) {
        self.base = base
        self.prefix = prefix
        self.schedule = schedule
    }

    func next() async throws(StoreError) -> [ObjectEntry]? {
        // A page whose answer is lost would be lost for good: here it fails before it is asked for.
        var fault = schedule.fault(.list, prefix)
        if case .after(let error) = fault { fault = .before(error) }
        return try await Faulty.meet(fault) { () async throws(StoreError) in try await base.next() }
    }
}

/// Hands bytes on with one of them changed, or not all of them.
private final class FaultySink: ByteSink {
    struct End: Error {}
    private let base: any ByteSink
    private let flip: Int?
    private let cut: Int?
    private var received = 0

    init(_ base: any ByteSink, flip: Int? = nil, cut: Int? = nil) {
        self.base = base
        self.flip = flip
        self.cut = cut
    }

    func restart() {
        received = 0
        base.restart()
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        defer { received += bytes.count }
        if let cut, received + bytes.count > cut {
            let rest = max(0, cut - received)
            if rest > 0 { try base.receive(UnsafeRawBufferPointer(rebasing: bytes[..<rest])) }
            throw End()
        }
        if let flip, (received..<(received + bytes.count)).contains(flip) {
            var changed = Array(bytes)
            changed[flip - received] ^= 1
            return try changed.withUnsafeBytes { try base.receive($0) }
        }
        try base.receive(bytes)
    }
}
