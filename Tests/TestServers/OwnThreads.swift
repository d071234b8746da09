import Glibc
import Synchronization
public import Testing

/// Runs tests that wait for other processes on a few threads of their own.
///
/// Swift's own pool has a thread for each core: two tests that sleep there until a child ends would hold up all others,
/// and a test that waits for one of these would never end.
public struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    public var isRecursive: Bool { true }

    /// Moves the test over.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await withTaskExecutorPreference(Threads.shared) { try await function() }
    }
}

extension Trait where Self == OwnThreads {
    /// For tests that block their thread.
    public static var ownThreads: Self { Self() }
}

/// As many threads as work at one time on two cores without keeping each other from it.
private final class Threads: TaskExecutor, @unchecked Sendable {
    static let shared = Threads(count: 3)

    private let jobs = Mutex<[UnownedJob]>([])
    private let waiting: UnsafeMutablePointer<sem_t>

    private init(count: Int) {
        waiting = .allocate(capacity: 1)
        sem_init(waiting, 0, 0)
        for _ in 0..<count {
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { _ in
                    Threads.shared.work()
                    return nil
                }, nil)
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        sem_post(waiting)
    }

    private func work() {
        while true {
            while sem_wait(waiting) != 0 {}
            guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
