import Synchronization

/// Bytes and objects that passed in this process, for rates in the progress view. Counters of a dataset are
/// never taken from here: those come from the journal (invariant 8).
public final class Flow: Sendable {
    private let readBytes = Atomic<UInt64>(0)
    private let sentBytes = Atomic<UInt64>(0)
    private let reusedBytes = Atomic<UInt64>(0)

    /// Nothing has passed yet.
    public init() {}

    /// Bytes read from the source.
    public var read: UInt64 { readBytes.load(ordering: .relaxed) }
    /// Bytes that the target took.
    public var sent: UInt64 { sentBytes.load(ordering: .relaxed) }
    /// Bytes of parts that an earlier process had sent and that were not sent again.
    public var reused: UInt64 { reusedBytes.load(ordering: .relaxed) }

    func didRead(_ bytes: UInt64) { readBytes.wrappingAdd(bytes, ordering: .relaxed) }
    func didSend(_ bytes: UInt64) { sentBytes.wrappingAdd(bytes, ordering: .relaxed) }
    func didReuse(_ bytes: UInt64) { reusedBytes.wrappingAdd(bytes, ordering: .relaxed) }
}
