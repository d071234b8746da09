import Synchronization

/// Something that ends and is asked for again, kept until shortly before it does; concurrent callers share one request.
final class Renewal<Value: AnyObject & Sendable>: Sendable {
    private struct State {
        var current: Value?
        var refresh: Task<Result<Value, StoreError>, Never>?
    }

    /// When a value ends, and from when on another one is asked for; seconds since 1970 UTC, nil is never.
    struct Life {
        var end: Int64?
        var renewal: Int64?
    }

    private let life: @Sendable (Value) -> Life
    private let clock: @Sendable () -> Int64
    private let ended: StoreError
    private let fetch: @Sendable () async throws(StoreError) -> Value
    private let state = Mutex(State())

    /// Asks `fetch` when a value is needed; `ended` is thrown where it gives one that is over already.
    init(
        clock: @escaping @Sendable () -> Int64, ended: StoreError, life: @escaping @Sendable (Value) -> Life,
        fetch: @escaping @Sendable () async throws(StoreError) -> Value
    ) {
        self.clock = clock
        self.ended = ended
        self.life = life
        self.fetch = fetch
    }

    /// A value that holds for a while, where its source can give one.
    ///
    /// Throws what the source says. Where a renewal fails and the old value still holds, that one is given.
    func current() async throws(StoreError) -> Value {
        if let held = state.withLock({ $0.current }), isFresh(held) { return held }
        do throws(StoreError) {
            return try await renewed()
        } catch {
            if let held = state.withLock({ $0.current }), (life(held).end ?? .max) > clock() { return held }
            throw error
        }
    }

    /// Another value than `refused`, which a server no longer takes: asks the source again, once for all who ask.
    func replacement(for refused: Value) async throws(StoreError) -> Value {
        if let held = state.withLock({ $0.current }), held !== refused, isFresh(held) { return held }
        return try await renewed()
    }

    private func isFresh(_ value: Value) -> Bool { life(value).renewal.map { $0 > clock() } ?? true }

    private func renewed() async throws(StoreError) -> Value {
        let task = state.withLock { state in
            if let running = state.refresh { return running }
            let task = Task { [self] () -> Result<Value, StoreError> in
                let outcome: Result<Value, StoreError>
                do throws(StoreError) {
                    let fetched = try await fetch()
                    if let end = life(fetched).end, end <= clock() { throw ended }
                    outcome = .success(fetched)
                } catch {
                    outcome = .failure(error)
                }
                self.state.withLock { state in
                    state.refresh = nil
                    if case .success(let fetched) = outcome { state.current = fetched }
                }
                return outcome
            }
            state.refresh = task
            return task
        }
        return try await task.value.get()
    }
}
