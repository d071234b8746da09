import Glibc
public import HavreModel
import Synchronization

/// Bytes a second over a whole run, by the plan's timetable: a token bucket of one second.
public final class BandwidthLimit: Sendable {
    private struct State {
        /// The moment up to which bytes are spoken for, monotonic nanoseconds.
        var spokenFor: Int64 = 0
    }

    private let timetable: BandwidthTimetable
    private let state = Mutex(State())
    private let clock: @Sendable () -> Int64
    private let minuteOfDay: @Sendable () -> Int

    /// Limits by `timetable`; `clock` gives monotonic nanoseconds, `minuteOfDay` the local minute.
    public init(
        _ timetable: BandwidthTimetable, clock: @escaping @Sendable () -> Int64 = Pacer.monotonic,
        minuteOfDay: @escaping @Sendable () -> Int = BandwidthLimit.localMinute
    ) {
        self.timetable = timetable
        self.clock = clock
        self.minuteOfDay = minuteOfDay
    }

    /// The minute of the local day.
    public static let localMinute: @Sendable () -> Int = {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
    }

    /// How long `bytes` must wait for their turn, in nanoseconds; they are spoken for from now on.
    public func delay(for bytes: UInt64) -> Int64 {
        guard let rate = timetable.limit(atMinute: minuteOfDay()), rate > 0 else { return 0 }
        let cost = Int64(Double(bytes) / Double(rate) * 1e9)
        return state.withLock { state in
            let now = clock()
            let begin = max(state.spokenFor, now - 1_000_000_000)
            state.spokenFor = begin + cost
            return max(0, state.spokenFor - now)
        }
    }

    /// Waits until `bytes` may pass.
    public func take(_ bytes: UInt64) async {
        let wait = delay(for: bytes)
        if wait > 0 { try? await Task.sleep(nanoseconds: UInt64(wait)) }
    }
}
