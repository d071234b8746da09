import HavreStores

/// A sink for a few bytes: headers, manifests' signatures.
final class MemorySink: ByteSink, @unchecked Sendable {
    /// What has come so far.
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    /// Refuses more than `limit` bytes.
    init(limit: Int = 1 << 20) { self.limit = limit }

    func restart() { bytes.removeAll(keepingCapacity: true) }

    func receive(_ next: UnsafeRawBufferPointer) throws {
        guard bytes.count + next.count <= limit else {
            throw EngineError(.sourceGrew, "more than \(limit) bytes came where a few were expected")
        }
        bytes.append(contentsOf: next)
    }
}
