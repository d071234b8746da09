import Glibc
import Synchronization

/// How many transfers run at one time, found by itself: it grows while throughput grows, and shrinks
/// when a store asks to go slower (design §5). Shared by the lanes of one dataset.
public final class Pacer: Sendable {
    private struct State {
        var limit: Double
        var running = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
        var windowBegan: Int64
        var windowWork: Double = 0
        var windowDone = 0
        var windowFull = false
        var best: Double = 0
        var flat = 0
        var heldUntil: Int64 = 0
    }

    private let state: Mutex<State>
    private let ceiling: Double
    private let clock: @Sendable () -> Int64

    /// A pacer that begins with `start` and never passes `ceiling`. `clock` gives monotonic nanoseconds.
    public init(start: Int = 8, ceiling: Int = 192, clock: @escaping @Sendable () -> Int64 = Pacer.monotonic) {
        self.ceiling = Double(ceiling)
        self.clock = clock
        state = Mutex(State(limit: Double(start), windowBegan: clock()))
    }

    /// CLOCK_MONOTONIC, nanoseconds.
    public static let monotonic: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// The number allowed at this moment.
    public var limit: Int { state.withLock { Int($0.limit) } }

    /// How many wait for their turn.
    public var waiting: Int { state.withLock { $0.waiters.count } }

    /// Waits until one more may run.
    public func acquire() async {
        let free = state.withLock { state in
            if state.running < Int(state.limit) {
                state.running += 1
                return true
            }
            state.windowFull = true
            return false
        }
        if free { return }
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if state.running < Int(state.limit) {
                    state.running += 1
                    return true
                }
                state.waiters.append(continuation)
                return false
            }
            if now { continuation.resume() }
        }
    }

    /// One ended, having moved `bytes`. Every object counts for 64 KiB beside its bytes, since small ones cost requests.
    public func release(bytes: UInt64) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.running -= 1
            state.windowWork += Double(bytes) + 65_536
            state.windowDone += 1
            adapt(&state)
            return wake(&state)
        }
        for continuation in woken { continuation.resume() }
    }

    /// A store asked to go slower.
    public func throttled() {
        state.withLock { state in
            let now = clock()
            guard now >= state.heldUntil else { return }
            state.limit = max(1, state.limit * 0.6)
            state.heldUntil = now + 1_000_000_000
            state.best = 0
            state.flat = 0
            restartWindow(&state, now)
        }
    }

    private func wake(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        var woken: [CheckedContinuation<Void, Never>] = []
        while state.running < Int(state.limit), !state.waiters.isEmpty {
            state.running += 1
            woken.append(state.waiters.removeFirst())
        }
        return woken
    }

    private func restartWindow(_ state: inout State, _ now: Int64) {
        state.windowBegan = now
        state.windowWork = 0
        state.windowDone = 0
        state.windowFull = false
    }

    /// Ends a window that saw every slot turn over at least once, and 50 ms.
    private func adapt(_ state: inout State) {
        let now = clock()
        let elapsed = now - state.windowBegan
        guard elapsed >= 50_000_000, state.windowDone >= Int(state.limit) else { return }
        let rate = state.windowWork / Double(elapsed)
        let full = state.windowFull
        restartWindow(&state, now)
        guard full, now >= state.heldUntil else { return }
        if rate > state.best * 1.1 {
            // More at one time paid: go on.
            state.best = rate
            state.flat = 0
            state.limit = min(ceiling, state.limit < 64 ? state.limit * 2 : state.limit * 1.5)
        } else {
            // It did not: stay, forget slowly how good it was, and try again from time to time.
            state.best *= 0.98
            state.flat += 1
            if state.flat == 3 { state.limit = max(4, state.limit * 0.75) }
            if state.flat >= 20 {
                state.flat = 0
                state.limit = min(ceiling, state.limit * 1.25)
                state.best *= 0.8
            }
        }
    }
}
