import CPosix
import Glibc
import Synchronization

/// One thread with its own event loop: tasks that prefer it run on it, transfers live and die on it.
///
/// Run work there with `Task(executorPreference: reactor)` or `withTaskExecutorPreference(reactor)`.
/// The thread lives until `shutdown()`; whoever makes a reactor calls that once.
/// Jobs must not block: everything else on the thread waits meanwhile.
public final class Reactor: TaskExecutor, @unchecked Sendable {
    /// What can be queued: a task's next step, or a command from another thread.
    enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    /// What other threads put in, under a mutex.
    private struct Inbox {
        var work: [Work] = []
        /// The thread is about to wait or waits: the next one to queue must wake it.
        var asleep = false
        var stopping = false
        /// The thread is gone; work goes elsewhere.
        var closed = false
    }

    /// The thread's name, for logs and debuggers.
    public let name: String
    private let inbox = Mutex(Inbox())
    private let wakeup: Int32
    // Written before init returns, read by others afterwards only.
    private var thread = pthread_t()

    // All below: on the reactor's thread only.
    let transfers: TransferLoop
    private var local: [Work] = []
    private var running: [Work] = []
    private var timers = TimerHeap()
    private(set) var isStopping = false

    /// Starts the thread. Throws `.temporary` where the system has no descriptor or thread left for it.
    public init(name: String) throws(StoreError) {
        self.name = name
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeup >= 0 else { throw Self.noResources("an event descriptor", errno) }
        do {
            transfers = try TransferLoop(wakeup: wakeup)
        } catch {
            close(wakeup)
            throw error
        }
        let failure = start()
        guard failure == 0 else {
            close(wakeup)
            throw Self.noResources("a thread", failure)
        }
    }

    /// Whether the caller runs on this reactor's thread.
    public var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    /// Queues a task's next step. From the reactor's own thread this costs no system call.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !queue(.job(job)) {
            // After `shutdown()` tasks must still be able to end.
            globalConcurrentExecutor.enqueue(job)
        }
    }

    /// Runs `call` on the reactor's thread, in order with everything queued; false where the thread is gone.
    @discardableResult
    func run(_ call: @escaping @Sendable () -> Void) -> Bool { queue(.call(call)) }

    private func queue(_ work: Work) -> Bool {
        if isCurrent {
            local.append(work)
            return true
        }
        var wake = false
        let taken = inbox.withLock { inbox in
            guard !inbox.closed else { return false }
            inbox.work.append(work)
            wake = inbox.asleep
            inbox.asleep = false
            return true
        }
        if wake { eventfd_write(wakeup, 1) }
        return taken
    }

    /// Suspends the calling task for `seconds`. Throws `.cancelled` when the task is cancelled or the reactor ends.
    public func sleep(seconds: Double) async throws(StoreError) {
        let timer = TimerHeap.Timer(deadline: Self.now() + UInt64(max(0, min(seconds, 1e9)) * 1e9))
        let elapsed = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if isCurrent {
                    schedule(timer, continuation)
                } else if !run({ self.schedule(timer, continuation) }) {
                    continuation.resume(returning: false)
                }
            }
        } onCancel: {
            run { timer.fire(false) }
        }
        guard elapsed else { throw StoreError(.cancelled, "the wait was cancelled") }
    }

    private func schedule(_ timer: TimerHeap.Timer, _ continuation: CheckedContinuation<Bool, Never>) {
        if isStopping || timer.isSpent { return continuation.resume(returning: false) }
        timer.continuation = continuation
        timers.insert(timer)
    }

    /// Ends the thread: transfers and sleeps end with `.cancelled`, queued work still runs, then the thread is gone.
    ///
    /// Blocks until then, a short while; from the reactor's own thread it returns at once.
    /// Tasks that prefer this reactor afterwards run on the global executor; their transfers are refused.
    public func shutdown() {
        let first = inbox.withLock { inbox in
            defer { inbox.stopping = true }
            return !inbox.stopping
        }
        guard first else { return }
        eventfd_write(wakeup, 1)
        if isCurrent { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }

    // MARK: The thread

    private func start() -> Int32 {
        let unmanaged = Unmanaged.passRetained(self)
        let failure = pthread_create(&thread, nil, reactorThread, unmanaged.toOpaque())
        if failure != 0 { unmanaged.release() }
        return failure
    }

    fileprivate func loop() {
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        nameThread(name)
        while true {
            let (stop, work) = collect()
            if stop && !isStopping {
                isStopping = true
                transfers.cancelAll()
                timers.fireAll(false)
            }
            if isStopping && !work && leave() { break }
            runQueued()
            timers.fire(until: Self.now())
            let wait: Int32
            if !local.isEmpty || isStopping || !doze() {
                wait = 0
            } else {
                wait = transfers.milliseconds(until: timers.next)
            }
            transfers.poll(milliseconds: wait)
        }
        transfers.close()
        close(wakeup)
    }

    /// Takes in what others queued. Tells whether the end was asked for and whether there is work.
    private func collect() -> (stop: Bool, work: Bool) {
        let stop = inbox.withLock { inbox in
            inbox.asleep = false
            if local.isEmpty {
                swap(&local, &inbox.work)
            } else if !inbox.work.isEmpty {
                local += inbox.work
                inbox.work.removeAll(keepingCapacity: true)
            }
            return inbox.stopping
        }
        return (stop, !local.isEmpty)
    }

    /// Whether the loop may wait; from here on whoever queues must wake it.
    private func doze() -> Bool {
        inbox.withLock { inbox in
            guard inbox.work.isEmpty, !inbox.stopping else { return false }
            inbox.asleep = true
            return true
        }
    }

    /// Closes the inbox if nothing is left to do.
    private func leave() -> Bool {
        inbox.withLock { inbox in
            guard inbox.work.isEmpty, local.isEmpty else { return false }
            inbox.closed = true
            return true
        }
    }

    /// Runs what is queued now. What that queues in turn waits until the sockets had their turn.
    private func runQueued() {
        guard !local.isEmpty else { return }
        swap(&local, &running)
        let executor = asUnownedTaskExecutor()
        for work in running {
            switch work {
            case .job(let job): job.runSynchronously(on: executor)
            case .call(let call): call()
            }
        }
        running.removeAll(keepingCapacity: true)
    }

    /// Nanoseconds of the monotonic clock.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func noResources(_ what: String, _ code: Int32) -> StoreError {
        StoreError(
            .temporary,
            "the system gives no \(what) for a reactor (error \(code)); raise the limits of open files and threads")
    }
}

private func reactorThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<Reactor>.fromOpaque(argument).takeRetainedValue().loop()
    return nil
}

/// Names the calling thread for `top` and debuggers; at most 15 bytes are kept.
private func nameThread(_ name: String) {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    let bytes = Array(name.utf8.prefix(15))
    write(descriptor, bytes, bytes.count)
    close(descriptor)
}
