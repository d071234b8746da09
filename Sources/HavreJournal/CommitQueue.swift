import Dispatch
import GRDB
import HavreModel
import Synchronization

/// The one writer of a journal: what many tasks ask for at once is written as one transaction.
///
/// Runs on a queue of its own, so that a blocking disk never holds a thread of Swift's cooperative pool.
/// When a call of a group fails, the group is rolled back and its calls are run one by one:
/// only the one that is at fault fails.
final class CommitQueue: Sendable {
    /// One call. `work` may be run twice.
    private struct Call: Sendable {
        /// Whether it takes the lease itself, so that it needs none before.
        let takesLease: Bool
        let work: @Sendable (JournalWriter) throws -> Void
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct Waiting {
        var calls: [Call] = []
        var isDraining = false
    }

    /// Calls that share one transaction at most.
    private static let groupLimit = 256

    private let pool: DatabasePool
    private let queue = DispatchQueue(label: "havre.journal", qos: .userInitiated)
    private let waiting = Mutex(Waiting())
    private let clock: @Sendable () -> Int64
    private let hash: @Sendable ([UInt8]) -> [UInt8]
    private let path: String
    /// The generation under which this process writes; 0 before it took one.
    private let generation = Mutex<Int64>(0)

    init(
        pool: DatabasePool, path: String, hash: @escaping @Sendable ([UInt8]) -> [UInt8],
        clock: @escaping @Sendable () -> Int64
    ) {
        self.pool = pool
        self.path = path
        self.hash = hash
        self.clock = clock
    }

    /// Runs `work` within a transaction; returns when it is on the disk.
    func write<T: Sendable>(
        takingLease: Bool = false, _ work: @escaping @Sendable (JournalWriter) throws -> T
    ) async throws -> T {
        let result = ResultBox<T>()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            enqueue(
                Call(
                    takesLease: takingLease,
                    work: { writer in
                        let value = try work(writer)
                        result.value.withLock { $0 = value }
                    },
                    finish: { error in
                        if let error { continuation.resume(throwing: error) } else { continuation.resume() }
                    }))
        }
        guard let value = result.value.withLock({ $0 }) else {
            throw JournalError(.damaged, "the journal lost the answer to a call")
        }
        return value
    }

    private final class ResultBox<T: Sendable>: Sendable {
        let value = Mutex<T?>(nil)
    }

    private func enqueue(_ call: Call) {
        let start = waiting.withLock { waiting in
            waiting.calls.append(call)
            defer { waiting.isDraining = true }
            return !waiting.isDraining
        }
        if start { queue.async { self.drain() } }
    }

    private func drain() {
        while true {
            let group: [Call] = waiting.withLock { waiting in
                let group = Array(waiting.calls.prefix(Self.groupLimit))
                waiting.calls.removeFirst(group.count)
                if group.isEmpty { waiting.isDraining = false }
                return group
            }
            if group.isEmpty { return }
            commit(group)
        }
    }

    private func commit(_ group: [Call]) {
        do {
            try transaction(group)
            for call in group { call.finish(nil) }
        } catch {
            guard group.count > 1 else {
                for call in group { call.finish(JournalError(wrapping: error, path: path)) }
                return
            }
            for call in group {
                do {
                    try transaction([call])
                    call.finish(nil)
                } catch {
                    call.finish(JournalError(wrapping: error, path: path))
                }
            }
        }
    }

    private func transaction(_ group: [Call]) throws {
        let mine = generation.withLock { $0 }
        let taken = try pool.writeWithoutTransaction { db in
            try db.beginTransaction(.immediate)
            do {
                let writer = try JournalWriter(db, generation: mine, now: clock(), hash: hash)
                for call in group {
                    if !call.takesLease { try writer.enter() }
                    try call.work(writer)
                }
                try db.commit()
                return writer.generation
            } catch {
                // SQLite may have rolled back by itself (a full disk).
                if db.isInsideTransaction { try? db.rollback() }
                throw error
            }
        }
        generation.withLock { $0 = taken }
    }
}
