import Glibc

/// Runs recursive work of others on a stack that holds it; threads of Swift's pool have 512 KiB.
enum DeepStack {
    /// Runs `work` on a thread of its own with 64 MiB of address space for its stack, and waits for it.
    static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) -> Result {
        let box = Box(work)
        var attributes = pthread_attr_t()
        var thread = pthread_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 64 << 20)
        let task = Unmanaged.passRetained(Task { box.run() })
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Task>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, task.toOpaque())
        guard status == 0 else {
            task.release()
            return work()
        }
        pthread_join(thread, nil)
        return box.result ?? work()
    }

    /// What a thread runs; without a type parameter, so that a C callback can name it.
    private final class Task {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Work and its result. Written by one thread, read behind its join.
    private final class Box<Result: Sendable>: @unchecked Sendable {
        let work: @Sendable () -> Result
        var result: Result?
        init(_ work: @escaping @Sendable () -> Result) { self.work = work }
        func run() { result = work() }
    }
}
