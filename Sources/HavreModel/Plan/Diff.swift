/// The words of the diff: what a run would do to an object.
public enum Diff {
    /// What would be done.
    public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        /// Nothing is at the target; it would be moved.
        case create
        /// Something of ours is there that is not this; it would be moved again.
        case update
        /// It is there.
        case unchanged
        /// It is at the target only; left alone.
        case extraneous
        /// It is at the target only, we put it there, and the plan is to prune.
        case delete
        /// It cannot or must not be moved.
        case blocked
        /// A filter of the plan leaves it out.
        case skipped
    }
}
