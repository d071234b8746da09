import Dispatch

/// One thread with its own event loop: tasks that prefer it run on it, transfers live and die on it.
public final class Reactor: TaskExecutor, @unchecked Sendable {
    private let queue: DispatchQueue

    /// Starts the thread.
    public init(name: String) { queue = DispatchQueue(label: name) }

    /// Runs a job on the reactor's thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
