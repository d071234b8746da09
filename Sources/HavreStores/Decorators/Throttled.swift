public import HavreModel
import Synchronization

/// The pace of requests to one endpoint, shared by every store that speaks to it.
///
/// A token bucket: it fills at `perSecond` and holds one second's worth, at least one. Requests queue in the
/// order of asking; each knows at once how long it has to wait.
public final class RequestPace: Sendable {
    private let perSecond: Double
    private let timer: RetryTimer
    /// When the bucket would be full, in the timer's seconds; every request moves it on.
    private let next: Mutex<Double>

    /// - Parameter perSecond: requests a second, above zero.
    public init(perSecond: Double, timer: RetryTimer = .system) {
        self.perSecond = max(perSecond, 0.001)
        self.timer = timer
        next = Mutex(-.infinity)
    }

    /// Waits for a turn. Throws `.cancelled`.
    public func turn() async throws(StoreError) {
        let now = timer.now()
        let wait = next.withLock { next in
            let burst = max(1, perSecond) / perSecond
            let mine = max(next, now - burst + 1 / perSecond)
            next = mine + 1 / perSecond
            return mine - now
        }
        if wait > 0 { try await timer.sleep(wait) }
    }
}

/// Sends no more requests a second to a store than its pace allows.
public struct Throttled: ObjectStore {
    private let base: any ObjectStore
    private let pace: RequestPace

    /// Paces `base`; hand the same `pace` to all stores of one endpoint.
    public init(_ base: any ObjectStore, pace: RequestPace) {
        self.base = base
        self.pace = pace
    }

    public var traits: StoreTraits { base.traits }

    public func listing(prefix: ObjectKey) -> any ObjectListing {
        PacedListing(base: base.listing(prefix: prefix), pace: pace)
    }

    public func history(prefix: ObjectKey) -> (any ObjectListing)? {
        base.history(prefix: prefix).map { PacedListing(base: $0, pace: pace) }
    }

    public var rehydrating: (any Rehydrating)? { base.rehydrating }

    public func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        try await pace.turn()
        return try await base.head(key, versionID: versionID, withTags: withTags)
    }

    public func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        try await pace.turn()
        return try await base.read(request, on: reactor, into: sink)
    }

    public func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    {
        try await pace.turn()
        return try await base.write(request, body: body, on: reactor)
    }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        try await createUpload(key, metadata: metadata, modified: nil)
    }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) async throws(StoreError)
        -> String
    {
        try await pace.turn()
        return try await base.createUpload(key, metadata: metadata, modified: modified)
    }

    public func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt {
        try await pace.turn()
        return try await base.writePart(index, of: upload, key: key, body: body, on: reactor)
    }

    public func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await pace.turn()
        return try await base.completeUpload(
            upload, key: key, parts: parts, checksum: checksum, condition: condition)
    }

    public func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) {
        try await pace.turn()
        try await base.abortUpload(upload, key: key)
    }

    public func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        try await pace.turn()
        return try await base.listParts(of: upload, key: key)
    }

    public func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] {
        try await pace.turn()
        return try await base.listUploads(prefix: prefix)
    }

    public func clockSkew() async throws(StoreError) -> Double? {
        try await pace.turn()
        return try await base.clockSkew()
    }

    public func hasPlace(of prefix: ObjectKey) async throws(StoreError) -> Bool {
        try await pace.turn()
        return try await base.hasPlace(of: prefix)
    }

    public func observed() async throws(StoreError) -> Connection? {
        try await pace.turn()
        return try await base.observed()
    }

    public func delete(_ key: ObjectKey) async throws(StoreError) {
        try await pace.turn()
        try await base.delete(key)
    }
}

private final class PacedListing: ObjectListing {
    private let base: any ObjectListing
    private let pace: RequestPace

    init(base: any ObjectListing, pace: RequestPace) {
        self.base = base
        self.pace = pace
    }

    func next() async throws(StoreError) -> [ObjectEntry]? {
        try await pace.turn()
        return try await base.next()
    }
}
