import HavreStores

/// Memory of one part on its way. Owned by a pool; touched on one reactor's thread only.
final class PartBuffer: @unchecked Sendable {
    /// The bytes; their content is what the last user left.
    let bytes: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        bytes = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit { bytes.deallocate() }
}

/// A fixed budget of part memory for one lane. When it is spent, reading pauses (design §5).
///
/// Confined to the lane's reactor: every call is made on its thread.
final class BufferPool: @unchecked Sendable {
    private struct Waiter {
        let capacity: Int
        let continuation: CheckedContinuation<PartBuffer, Never>
    }

    /// Bytes that may be out or cached at one time.
    let budget: Int
    private var taken = 0
    private var cached: [Int: [PartBuffer]] = [:]
    private var cachedBytes = 0
    private var waiters: [Waiter] = []

    /// A pool that holds at most `budget` bytes; a single larger request is still served, alone.
    init(budget: Int) { self.budget = budget }

    /// Rounds up so that few sizes are in use: powers of two up to 1 MiB, multiples of 1 MiB and a little above it.
    static func rounded(_ capacity: Int) -> Int {
        if capacity <= 64 << 10 { return 64 << 10 }
        if capacity <= 1 << 20 {
            var size = 64 << 10
            while size < capacity { size <<= 1 }
            return size
        }
        let step = 512 << 10
        return (capacity + step - 1) / step * step
    }

    /// Takes a buffer of at least `capacity` bytes, waiting in order until the budget allows it.
    func acquire(_ capacity: Int) async -> PartBuffer {
        let size = Self.rounded(capacity)
        if waiters.isEmpty, fits(size) { return take(size) }
        return await withCheckedContinuation { waiters.append(Waiter(capacity: size, continuation: $0)) }
    }

    /// Gives a buffer back.
    func release(_ buffer: PartBuffer) {
        let size = buffer.bytes.count
        taken -= size
        cached[size, default: []].append(buffer)
        cachedBytes += size
        while let first = waiters.first, fits(first.capacity) {
            waiters.removeFirst()
            first.continuation.resume(returning: take(first.capacity))
        }
    }

    private func fits(_ size: Int) -> Bool { taken + size <= budget || taken == 0 }

    private func take(_ size: Int) -> PartBuffer {
        taken += size
        if let buffer = cached[size]?.popLast() {
            cachedBytes -= size
            return buffer
        }
        // Memory stays the budget: cached buffers of other sizes make room.
        for other in cached.keys.sorted(by: >) where taken + cachedBytes > budget {
            while taken + cachedBytes > budget, cached[other]?.popLast() != nil { cachedBytes -= other }
        }
        return PartBuffer(capacity: size)
    }
}
