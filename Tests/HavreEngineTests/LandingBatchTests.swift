import HavreJournal
import Synchronization
import Testing

@testable import HavreEngine

@Suite struct LandingBatchTests {
    /// Rows that were written down, each write taking a while.
    private final class Slow: Sendable {
        let rows = Mutex<[Int64]>([])
        let fails: Bool

        init(fails: Bool = false) { self.fails = fails }

        struct Full: Error {}

        func record(_ changes: [TransferChange]) async throws {
            try await Task.sleep(nanoseconds: 200_000_000)
            if fails { throw Full() }
            rows.withLock { $0 += changes.map(\.row) }
        }
    }

    private func change(_ row: Int64) -> TransferChange { TransferChange(row: row, step: .block("test")) }

    /// A flush that finds nothing pending must not overtake the write that the timer began: a run that counts then
    /// would miss what has landed.
    @Test func aFlushWaitsForTheWriteThatIsUnderWay() async throws {
        let slow = Slow()
        let batch = LandingBatch { try await slow.record($0) }
        for row in 1...5 { try await batch.add(change(Int64(row))) }
        try await batch.flush()
        #expect(slow.rows.withLock { $0.sorted() } == [1, 2, 3, 4, 5])
        try await batch.add(change(6))
        // The timer has begun to write, and nothing is pending any more.
        try await Task.sleep(nanoseconds: 100_000_000)
        try await batch.flush()
        #expect(slow.rows.withLock { $0.sorted() } == [1, 2, 3, 4, 5, 6])
    }

    @Test func aFullBatchIsWrittenAtOnceAndManyAddersLoseNothing() async throws {
        let slow = Slow()
        let batch = LandingBatch(size: 8) { try await slow.record($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for row in 1...100 { group.addTask { try await batch.add(change(Int64(row))) } }
            try await group.waitForAll()
        }
        try await batch.flush()
        #expect(slow.rows.withLock { $0.sorted() } == (1...100).map { Int64($0) })
    }

    @Test func aWriteThatFailedIsThrownByTheNextFlush() async throws {
        let slow = Slow(fails: true)
        let batch = LandingBatch { try await slow.record($0) }
        try await batch.add(change(1))
        try await Task.sleep(nanoseconds: 100_000_000)
        await #expect(throws: Slow.Full.self) { try await batch.flush() }
        // And it stays so: nothing that comes later may hide it.
        await #expect(throws: Slow.Full.self) { try await batch.flush() }
    }
}
