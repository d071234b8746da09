public import HavreModel

/// One change of one transfer.
public struct TransferChange: Sendable {
    /// The transfer.
    public var row: Int64
    /// What happened.
    public var step: Step

    /// What happened, with what must be written in the same transaction.
    public enum Step: Sendable {
        /// Version, layout, header, sealed key.
        case pin(SourceVersion, PartLayout, PinnedRecord)
        /// An upload is about to be opened.
        case intendUpload
        /// The target opened one.
        case open(upload: String)
        /// The upload is gone; its parts' receipts go with it, their committed digests stay.
        case lose
        /// A part's digest, before the part leaves.
        case commit(PartRow)
        /// A part's receipt.
        case receive(PartReceipt)
        /// Joining begins.
        case complete
        /// The object is at the target; sealed file key, leaves and parts are erased.
        case land(Landing)
        /// A read-back agreed; `how` says against what.
        case verify(how: String)
        /// It failed.
        case fail(TransferMachine.Failure)
        /// The source changed.
        case drift(String)
        /// Back to pending; `listed` is the version seen now, where known.
        case reset(listed: SourceVersion?)
        /// The target holds something that is not ours, found at the moment of writing.
        case block(String)
    }

    /// Makes a change.
    public init(row: Int64, step: Step) {
        self.row = row
        self.step = step
    }
}
