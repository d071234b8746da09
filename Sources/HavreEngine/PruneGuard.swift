public import HavreJournal
import HavreModel

/// What keeps `--prune` from taking a source that cannot be seen for one from which everything was deleted: a directory
/// that is not mounted, a prefix that is misspelt.
public struct PruneGuard: Sendable, Hashable {
    /// Objects that one run may delete; nil is none.
    public var maxDelete: Int?
    /// Whether an empty source, and the deletion of most of what landed, are meant.
    public var most: Bool

    /// Sets the limits.
    public init(maxDelete: Int?, most: Bool) {
        self.maxDelete = maxDelete
        self.most = most
    }

    /// Why the source of one of `datasets` is not believed; nil where each is. The journal holds their diff.
    public func doubt(_ datasets: [String], _ journal: any Journal) async throws -> String? {
        guard !most else { return nil }
        for dataset in datasets {
            let counts = try await journal.diffSummary(dataset: dataset)
            let listed = counts.reduce(0) { $0 + ($1.action == .extraneous || $1.action == .delete ? 0 : $1.objects) }
            let deletions = Self.deletions(counts)
            let landed = try await journal.landingCount(dataset: dataset)
            let found: String
            if listed == 0, landed.all > 0 {
                found = "the source lists no object, and \(Counted.of(landed.all, "object")) landed from it"
            } else if deletions * 2 > landed.here {
                found =
                    "\(Counted.of(deletions, "object")) would be deleted, more than half of the "
                    + "\(Counted.digits(landed.here)) that landed"
            } else {
                continue
            }
            return
                "\(dataset): \(found). Nothing was moved or deleted. Look whether the source is mounted and its prefix "
                + "right; where all of it is meant to go, say --prune-most"
        }
        return nil
    }

    /// Why the deletions of `datasets` together are too many for what is left to this run; nil where they are not.
    public func excess(_ datasets: [String], _ journal: any Journal) async throws -> String? {
        var count = 0
        for dataset in datasets { count += Self.deletions(try await journal.diffSummary(dataset: dataset)) }
        let done = try await journal.deletedInOpenRun()
        let allowed = max(0, (maxDelete ?? 0) - done)
        guard count > allowed else { return nil }
        let left = done > 0 ? " more in this run, which has deleted \(Counted.digits(done))" : ""
        return "\(Counted.of(count, "object")) would be deleted at the target, and maxDelete allows "
            + "\(Counted.digits(allowed))\(left). Nothing was moved or deleted"
    }

    private static func deletions(_ counts: [DiffCount]) -> Int {
        counts.reduce(0) { $0 + ($1.action == .delete ? $1.objects : 0) }
    }
}
