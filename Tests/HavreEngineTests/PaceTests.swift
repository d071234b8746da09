import HavreEngine
import HavreModel
import Synchronization
import Testing

/// A clock that moves only when told.
final class Clockwork: Sendable {
    private let time = Mutex<Int64>(0)
    var now: Int64 { time.withLock { $0 } }
    func pass(milliseconds: Int64) { time.withLock { $0 += milliseconds * 1_000_000 } }
}

@Suite struct PaceTests {
    /// Moves `rounds` windows of objects; a window takes so long that the server's `capacity` at one time shows.
    private func drive(_ pacer: Pacer, _ clock: Clockwork, rounds: Int, capacity: Int) async {
        for _ in 0..<rounds {
            let limit = pacer.limit
            for _ in 0..<limit { await pacer.acquire() }
            // One more than fits waits, which marks the window as full.
            let waiter = Task { await pacer.acquire() }
            while pacer.waiting == 0 { await Task.yield() }
            let turns = (limit + capacity - 1) / capacity
            clock.pass(milliseconds: Int64(60 * turns))
            for _ in 0..<limit { pacer.release(bytes: 4096) }
            await waiter.value
            pacer.release(bytes: 4096)
        }
    }

    @Test func itGrowsWhileThroughputGrowsAndStaysThen() async {
        let clock = Clockwork()
        let pacer = Pacer(start: 8, ceiling: 192, clock: { clock.now })
        await drive(pacer, clock, rounds: 12, capacity: 64)
        #expect(pacer.limit >= 48, "found \(pacer.limit)")
        #expect(pacer.limit <= 192)
    }

    @Test func aServerOfOneAtATimeIsNotFlooded() async {
        let clock = Clockwork()
        let pacer = Pacer(start: 8, ceiling: 192, clock: { clock.now })
        await drive(pacer, clock, rounds: 12, capacity: 1)
        #expect(pacer.limit <= 32, "found \(pacer.limit)")
    }

    @Test func throttlingHalvesOnceASecond() {
        let clock = Clockwork()
        let pacer = Pacer(start: 100, ceiling: 192, clock: { clock.now })
        pacer.throttled()
        #expect(pacer.limit == 60)
        pacer.throttled()
        #expect(pacer.limit == 60)
        clock.pass(milliseconds: 1001)
        pacer.throttled()
        #expect(pacer.limit == 36)
        for _ in 0..<50 {
            clock.pass(milliseconds: 1001)
            pacer.throttled()
        }
        #expect(pacer.limit == 1)
    }

    @Test func bandwidthFollowsTheTimetable() {
        let clock = Clockwork()
        let minute = Mutex(12 * 60)
        let night = BandwidthTimetable.Slot(from: 22 * 60, until: 6 * 60, bytesPerSecond: nil)
        let limit = BandwidthLimit(
            BandwidthTimetable(otherwise: 1000, slots: [night]), clock: { clock.now },
            minuteOfDay: { minute.withLock { $0 } })
        clock.pass(milliseconds: 10_000)
        // A second's worth passes at once, what follows waits for its turn.
        #expect(limit.delay(for: 1000) == 0)
        #expect(limit.delay(for: 1000) == 1_000_000_000)
        #expect(limit.delay(for: 500) == 1_500_000_000)
        minute.withLock { $0 = 23 * 60 }
        #expect(limit.delay(for: 1_000_000) == 0)
        minute.withLock { $0 = 3 * 60 }
        #expect(limit.delay(for: 1_000_000) == 0)
    }
}
