import Synchronization

/// A request to stop: what is under way ends, nothing new begins, nothing is lost.
public final class Drain: Sendable {
    private let requested = Atomic<Bool>(false)

    /// Not requested yet.
    public init() {}

    /// Whether somebody asked.
    public var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Asks. May be called from anywhere, a signal's dispatch source too.
    public func request() { requested.store(true, ordering: .relaxed) }
}
