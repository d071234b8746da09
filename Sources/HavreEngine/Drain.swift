import Synchronization

/// A request to stop: what is under way ends, nothing new begins, nothing is lost.
public final class Drain: Sendable {
    private let requested = Atomic<Bool>(false)
    private let whole: Drain?

    /// Not requested yet.
    public init() { whole = nil }

    /// Of a part of what `whole` stops: that one's request is this one's too.
    init(partOf whole: Drain) { self.whole = whole }

    /// Whether somebody asked.
    public var isRequested: Bool { requested.load(ordering: .relaxed) || whole?.isRequested == true }

    /// Asks. May be called from anywhere, a signal's dispatch source too.
    public func request() { requested.store(true, ordering: .relaxed) }
}
