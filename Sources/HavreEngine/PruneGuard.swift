public import HavreJournal
public import HavreModel

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
    public func doubt(_ datasets: [String], _ journal: any Journal) async throws -> Text? {
        guard !most else { return nil }
        for dataset in datasets {
            let counts = try await journal.diffSummary(dataset: dataset)
            let listed = counts.reduce(0) { $0 + ($1.action == .extraneous || $1.action == .delete ? 0 : $1.objects) }
            let deletions = Self.deletions(counts)
            let landed = try await journal.landingCount(dataset: dataset)
            let found: Text
            if listed == 0, landed.all > 0 {
                let all = Self.objects(landed.all)
                found = Text(
                    en: "the source lists no object, and \(all) landed from it",
                    fr: "la source ne liste aucun objet, alors que \(all) en sont venus")
            } else if deletions * 2 > landed.here {
                let (gone, here) = (Self.objects(deletions), Self.count(landed.here))
                found = Text(
                    en: "\(gone) would be deleted, more than half of the \(here) that landed",
                    fr: "\(gone) à supprimer, plus de la moitié des \(here) arrivés")
            } else {
                continue
            }
            return Text(
                en: "\(dataset): \(found). Nothing was moved or deleted. Look whether the source is mounted and its "
                    + "prefix right; where all of it is meant to go, say --prune-most",
                fr: "\(dataset) : \(found). Rien n'a été transféré ni supprimé. Vérifiez que la source est montée et "
                    + "que son préfixe est juste ; si tout doit vraiment disparaître, dites --prune-most")
        }
        return nil
    }

    /// Why the deletions of `datasets` together are too many for what is left to this run; nil where they are not.
    public func excess(_ datasets: [String], _ journal: any Journal) async throws -> Text? {
        var count = 0
        for dataset in datasets { count += Self.deletions(try await journal.diffSummary(dataset: dataset)) }
        let done = try await journal.deletedInOpenRun()
        let allowed = max(0, (maxDelete ?? 0) - done)
        guard count > allowed else { return nil }
        let (gone, most, spent) = (Self.objects(count), Self.count(allowed), Self.count(done))
        let left =
            done > 0
            ? Text(
                en: " more in this run, which has deleted \(spent)",
                fr: " de plus dans cette exécution, qui en a supprimé \(spent)")
            : .empty
        return Text(
            en:
                "\(gone) would be deleted at the target, and maxDelete allows \(most)\(left). Nothing was moved or deleted",
            fr: "\(gone) à supprimer à la cible, et maxDelete en permet \(most)\(left). Rien n'a été transféré ni "
                + "supprimé")
    }

    private static func count(_ number: Int) -> Text {
        let digits = Counted.digits(number)
        return Text(en: "\(digits)", fr: "\(digits.replacing(",", with: " "))")
    }

    private static func objects(_ number: Int) -> Text {
        count(number) + (number == 1 ? Text(en: " object", fr: " objet") : Text(en: " objects", fr: " objets"))
    }

    private static func deletions(_ counts: [DiffCount]) -> Int {
        counts.reduce(0) { $0 + ($1.action == .delete ? $1.objects : 0) }
    }
}
