/// A worker's fenced claim on a journal: the highest generation may write, all others are refused (design §3).
///
/// A process takes one when it takes the run lock. What an earlier generation had claimed and not finished
/// becomes free again at that moment.
public struct Lease: Hashable, Sendable, Codable {
    /// Grows by one with every taking; from 1.
    public let generation: Int64
    /// Who took it, for people: user, host, process.
    public let holder: String
    /// When, nanoseconds since 1970 UTC.
    public let taken: Int64

    /// Names a lease.
    public init(generation: Int64, holder: String, taken: Int64) {
        self.generation = generation
        self.holder = holder
        self.taken = taken
    }

    /// Whether a writer under this lease may write while `current` is the journal's.
    public func isCurrent(_ current: Lease) -> Bool { generation == current.generation }
}
