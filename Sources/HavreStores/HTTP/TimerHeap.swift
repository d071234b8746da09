/// Sleeps under way, the nearest deadline first. Touched on the reactor's thread only.
struct TimerHeap {
    /// One sleep. It is spent once fired, whether elapsed or cancelled.
    final class Timer: @unchecked Sendable {
        let deadline: UInt64
        var continuation: CheckedContinuation<Bool, Never>?
        private(set) var isSpent = false

        init(deadline: UInt64) { self.deadline = deadline }

        /// Ends the sleep; `elapsed` is false where it was cancelled.
        func fire(_ elapsed: Bool) {
            isSpent = true
            continuation?.resume(returning: elapsed)
            continuation = nil
        }
    }

    private var heap: [Timer] = []

    /// The nearest deadline, nanoseconds of the monotonic clock.
    var next: UInt64? { heap.first?.deadline }

    mutating func insert(_ timer: Timer) {
        heap.append(timer)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Fires what is due.
    mutating func fire(until now: UInt64) {
        while let first = heap.first, first.deadline <= now || first.isSpent {
            removeFirst()
            first.fire(true)
        }
    }

    /// Fires everything.
    mutating func fireAll(_ elapsed: Bool) {
        let all = heap
        heap = []
        for timer in all { timer.fire(elapsed) }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].deadline < heap[least].deadline { least = child }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
