import Dispatch
import Synchronization

/// A few threads for calls that wait for the disk, so that no reactor does.
final class FileThreads: Sendable {
    private let queues: [DispatchQueue]
    private let turn = Atomic<Int>(0)

    init(count: Int = 8) {
        queues = (0..<count).map { DispatchQueue(label: "havre.file.\($0)") }
    }

    /// Runs `work` on one of the threads and waits without blocking the caller's.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws(StoreError) -> Value) async throws(StoreError)
        -> Value
    {
        let index = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let queue = queues[Int(UInt(bitPattern: index) % UInt(queues.count))]
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(StoreError) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
