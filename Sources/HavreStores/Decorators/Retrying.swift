public import HavreModel
import Synchronization

/// Clock, sleep and chance, so that a test holds all three.
public struct RetryTimer: Sendable {
    /// Seconds on a clock that never goes back.
    public var now: @Sendable () -> Double
    /// Sleeps for seconds; throws where the task is cancelled.
    public var pause: @Sendable (Double) async throws -> Void
    /// A number from 0 up to 1, never 1.
    public var random: @Sendable () -> Double

    /// Brings one's own.
    public init(
        now: @escaping @Sendable () -> Double, pause: @escaping @Sendable (Double) async throws -> Void,
        random: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.pause = pause
        self.random = random
    }

    /// The system's.
    public static var system: RetryTimer {
        let start = ContinuousClock.now
        return RetryTimer(
            now: {
                let passed = start.duration(to: ContinuousClock.now).components
                return Double(passed.seconds) + Double(passed.attoseconds) / 1e18
            },
            pause: { try await Task.sleep(for: .seconds($0)) }, random: { Double.random(in: 0..<1) })
    }

    func sleep(_ seconds: Double) async throws(StoreError) {
        do {
            try await pause(seconds)
        } catch {
            throw StoreError(.cancelled, "the run is ending; it was waiting for its turn")
        }
    }
}

/// How a request that failed is tried again.
public struct RetryPolicy: Hashable, Sendable {
    /// The most attempts at one request, the first included.
    public var attempts: Int
    /// The longest first pause, seconds; it doubles from one attempt to the next.
    public var base: Double
    /// The longest pause, seconds, other than what the server asks for.
    public var cap: Double
    /// The longest pause that a server may ask for, seconds; above it the error is handed on.
    public var longestRetryAfter: Double
    /// After this many seconds since the first attempt there is no other.
    public var patience: Double

    /// The default: 8 attempts within 5 minutes, pauses up to 20 s.
    public init(
        attempts: Int = 8, base: Double = 0.1, cap: Double = 20, longestRetryAfter: Double = 120,
        patience: Double = 300
    ) {
        self.attempts = attempts
        self.base = base
        self.cap = cap
        self.longestRetryAfter = longestRetryAfter
        self.patience = patience
    }

    /// For probes, where a fault that never passes is an answer too: 4 attempts, well under a second.
    public static var probing: RetryPolicy { RetryPolicy(attempts: 4) }

    /// The pause before attempt `number` (2 is the first retry): full jitter, which is a uniform share of
    /// min(cap, base × 2^retries) (M. Brooker, "Exponential Backoff And Jitter", AWS, 2015).
    func pause(before number: Int, random: Double) -> Double {
        var longest = base
        for _ in 2..<max(2, number) where longest < cap { longest *= 2 }
        return min(cap, longest) * random
    }
}

/// What retries may cost, shared by all requests to one endpoint, so that a storm of failures does not
/// multiply the load of a server that is down already.
///
/// A retry takes one token and waits for it where there is none. Tokens come back with successes, a fraction
/// each, and slowly with time, so that a run outlives a storm instead of failing every object in it.
public final class RetryBudget: Sendable {
    private struct State {
        var tokens: Double
        var filled: Double
    }
    private let capacity: Double
    private let perSuccess: Double
    private let perSecond: Double
    private let timer: RetryTimer
    private let state: Mutex<State>

    /// - Parameters:
    ///   - capacity: tokens at the start, and at most.
    ///   - perSuccess: tokens that a success brings.
    ///   - perSecond: tokens that a second brings; above zero.
    public init(
        capacity: Double = 100, perSuccess: Double = 0.2, perSecond: Double = 2, timer: RetryTimer = .system
    ) {
        self.capacity = capacity
        self.perSuccess = perSuccess
        self.perSecond = max(perSecond, 0.001)
        self.timer = timer
        state = Mutex(State(tokens: capacity, filled: timer.now()))
    }

    /// Seconds until the token that this call takes is there; the tokens may go into debt, which is the queue.
    /// Nil takes none: it would be later than `limit` seconds.
    func take(within limit: Double) -> Double? {
        let now = timer.now()
        return state.withLock { state in
            state.tokens = min(capacity, state.tokens + max(0, now - state.filled) * perSecond)
            state.filled = now
            let wait = max(0, (1 - state.tokens) / perSecond)
            guard wait <= limit else { return nil }
            state.tokens -= 1
            return wait
        }
    }

    func succeeded() {
        state.withLock { $0.tokens = min(capacity, $0.tokens + perSuccess) }
    }
}

/// Tries again what may succeed a little later and does no harm when done twice.
///
/// Reads begin anew with the sink's `restart()`. Not tried again, but handed to the engine as they are:
/// an `.ambiguous` answer to a conditional write, to the opening of an upload and to the joining of parts,
/// since the first may have been carried out. A conditional write that failed clearly is tried again, and
/// its `.conditionFailed` may then be our own object: the marker decides, in the engine.
public struct Retrying: ObjectStore {
    private let base: any ObjectStore
    private let policy: RetryPolicy
    private let budget: RetryBudget
    private let timer: RetryTimer
    private let throttle: ThrottleSignal?

    /// Retries `base`; hand the same `budget` to all stores of one endpoint. `throttle` fires at each request to go slower.
    public init(
        _ base: any ObjectStore, policy: RetryPolicy = RetryPolicy(), budget: RetryBudget, timer: RetryTimer = .system,
        throttle: ThrottleSignal? = nil
    ) {
        self.throttle = throttle
        self.base = base
        self.policy = policy
        self.budget = budget
        self.timer = timer
    }

    public var traits: StoreTraits { base.traits }

    /// - Parameter twice: whether it may be done again when nobody knows if it was done.
    private func attempt<Value>(
        twice: Bool, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let start = timer.now()
        var number = 1
        while true {
            let failure: StoreError
            do throws(StoreError) {
                let value = try await body()
                budget.succeeded()
                return value
            } catch {
                failure = error
            }
            if failure.code == .throttled { throttle?.fire() }
            guard failure.isRetryable, twice || failure.code != .ambiguous, number < policy.attempts else {
                throw failure
            }
            number += 1
            var pause = policy.pause(before: number, random: timer.random())
            if let asked = failure.retryAfter {
                guard asked <= policy.longestRetryAfter else { throw failure }
                // Never sooner than asked; the jitter on top keeps a thousand waiters from coming back at once.
                pause += max(0, asked)
            }
            let left = policy.patience - (timer.now() - start)
            guard pause <= left, let wait = budget.take(within: left) else { throw failure }
            try await timer.sleep(max(pause, wait))
        }
    }

    public func listing(prefix: ObjectKey) -> any ObjectListing {
        RetryingListing(base: base.listing(prefix: prefix), store: self)
    }

    public func history(prefix: ObjectKey) -> (any ObjectListing)? {
        base.history(prefix: prefix).map { RetryingListing(base: $0, store: self) }
    }

    public var rehydrating: (any Rehydrating)? { base.rehydrating.map { RetryingRehydration(base: $0, store: self) } }

    fileprivate func control<Value>(_ body: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        try await attempt(twice: true, body)
    }

    fileprivate func page(of listing: any ObjectListing) async throws(StoreError) -> [ObjectEntry]? {
        try await attempt(twice: true) { () async throws(StoreError) in try await listing.next() }
    }

    public func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        try await attempt(twice: true) { () async throws(StoreError) in
            try await base.head(key, versionID: versionID, withTags: withTags)
        }
    }

    public func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        // Stays on the reactor from one attempt to the next: the sink belongs to its thread.
        try await withTaskExecutorPreference(reactor) { () async throws(StoreError) -> ObjectHead in
            try await attempt(twice: true) { () async throws(StoreError) in
                sink.restart()
                return try await base.read(request, on: reactor, into: sink)
            }
        }
    }

    public func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    {
        try await attempt(twice: request.condition == .any) { () async throws(StoreError) in
            try await base.write(request, body: body, on: reactor)
        }
    }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        try await createUpload(key, metadata: metadata, modified: nil)
    }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) async throws(StoreError)
        -> String
    {
        try await attempt(twice: false) { () async throws(StoreError) in
            try await base.createUpload(key, metadata: metadata, modified: modified)
        }
    }

    public func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt {
        try await attempt(twice: true) { () async throws(StoreError) in
            try await base.writePart(index, of: upload, key: key, body: body, on: reactor)
        }
    }

    public func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await attempt(twice: false) { () async throws(StoreError) in
            try await base.completeUpload(upload, key: key, parts: parts, checksum: checksum, condition: condition)
        }
    }

    public func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) {
        try await attempt(twice: true) { () async throws(StoreError) in
            try await base.abortUpload(upload, key: key)
        }
    }

    public func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        try await attempt(twice: true) { () async throws(StoreError) in
            try await base.listParts(of: upload, key: key)
        }
    }

    public func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] {
        try await attempt(twice: true) { () async throws(StoreError) in try await base.listUploads(prefix: prefix) }
    }

    public func clockSkew() async throws(StoreError) -> Double? {
        try await attempt(twice: true) { () throws(StoreError) in try await base.clockSkew() }
    }

    public func hasPlace(of prefix: ObjectKey) async throws(StoreError) -> Bool {
        try await attempt(twice: true) { () throws(StoreError) in try await base.hasPlace(of: prefix) }
    }

    public func observed() async throws(StoreError) -> Connection? {
        try await attempt(twice: true) { () throws(StoreError) in try await base.observed() }
    }

    public func delete(_ key: ObjectKey) async throws(StoreError) {
        try await attempt(twice: true) { () async throws(StoreError) in try await base.delete(key) }
    }
}

private final class RetryingListing: ObjectListing {
    private let base: any ObjectListing
    private let store: Retrying

    init(base: any ObjectListing, store: Retrying) {
        self.base = base
        self.store = store
    }

    func next() async throws(StoreError) -> [ObjectEntry]? { try await store.page(of: base) }
}

private struct RetryingRehydration: Rehydrating {
    let base: any Rehydrating
    let store: Retrying

    func rehydrate(_ key: ObjectKey, versionID: String?, to tier: String, priority: RehydrationPriority)
        async throws(StoreError)
    {
        try await store.control { () async throws(StoreError) in
            try await base.rehydrate(key, versionID: versionID, to: tier, priority: priority)
        }
    }

    func rehydrationStatus(_ key: ObjectKey, versionID: String?) async throws(StoreError) -> RehydrationStatus {
        try await store.control { () async throws(StoreError) in
            try await base.rehydrationStatus(key, versionID: versionID)
        }
    }
}
