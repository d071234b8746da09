import GRDB
public import HavreModel

/// How an object that a saved plan names is no longer as it was.
public struct SavedPlanDifference: Sendable, Hashable, CustomStringConvertible {
    /// What moved.
    public enum Kind: Sendable, Hashable {
        /// It was not at the source.
        case newAtSource
        /// It is no longer at the source.
        case goneFromSource
        /// Another version is at the source.
        case changedAtSource
        /// It was not at the target.
        case newAtTarget
        /// It is no longer at the target.
        case goneFromTarget
        /// Another version is at the target.
        case changedAtTarget
        /// Both sides are as they were, and yet something else would be done.
        case judgedAnew(was: Diff.Action, now: Diff.Action)
    }

    /// The dataset.
    public let dataset: String
    /// The object, its key behind the prefix.
    public let key: ObjectKey
    /// What moved.
    public let kind: Kind

    public var description: String {
        let what =
            switch kind {
            case .newAtSource: "is new at the source since the plan was saved"
            case .goneFromSource: "is gone from the source since the plan was saved"
            case .changedAtSource: "has changed at the source since the plan was saved"
            case .newAtTarget: "is new at the target since the plan was saved"
            case .goneFromTarget: "is gone from the target since the plan was saved"
            case .changedAtTarget: "has changed at the target since the plan was saved"
            case .judgedAnew(let was, let now):
                "was planned as \(was.rawValue), and would be \(now.rawValue) now"
            }
        return "\(dataset): \(key) \(what)"
    }
}

extension SavedPlan {
    /// The first object, in order of dataset and key, on which the saved plan and the journal's diff of this moment
    /// differ; nil where both say the same of every object of `datasets`.
    ///
    /// What `runs` themselves have done of this very plan is no difference: objects that they landed or deleted, or that
    /// they have under way.
    public func firstDifference(
        from journal: SQLiteJournal, datasets: [String], runs: [String] = []
    ) async throws -> SavedPlanDifference? {
        do {
            return try await Self.queue(path).writeWithoutTransaction { db in
                try db.execute(sql: "ATTACH DATABASE ? AS journal", arguments: [journal.path])
                defer { try? db.execute(sql: "DETACH DATABASE journal") }
                let numbers = try runs.compactMap {
                    try Int64.fetchOne(db, sql: "SELECT number FROM journal.run WHERE id = ?", arguments: [$0])
                }
                let own = "(" + numbers.map(String.init).joined(separator: ", ") + ")"
                for name in datasets {
                    if let found = try Self.difference(db, name, runs: own) { return found }
                }
                return nil
            }
        } catch {
            throw JournalError(wrapping: error, path: path)
        }
    }

    private static let sameSource =
        "object.sourceTag IS source.tag AND object.sourceSize IS source.size AND object.sourceVersion IS source.version"
    private static let sameTarget =
        "object.targetTag IS target.tag AND object.targetSize IS target.size AND object.targetVersion IS target.version"

    /// What the runs `own` did themselves: landed the object, or had begun to when they were stopped.
    private static func isOwnMove(_ own: String) -> String {
        """
        object.action IN (0, 1) AND \(sameSource) AND transfer.run IN \(own) AND (diff.verdict & 7) IN (0, 1, 2)
            AND (\(sameTarget)
                OR (landing.run IN \(own) AND landing.targetTag = target.tag AND landing.stored = target.size)
                OR (diff.verdict >> 3) = \(DiffCause.targetDecides.rawValue))
        """
    }
    /// What the runs `own` deleted, or were about to.
    private static func isOwnDeletion(_ own: String) -> String {
        """
        object.action = \(DiffVerdict.number(.delete)) AND source.tag IS NULL AND target.tag IS NULL
            AND deletion.run IN \(own)
        """
    }

    private static let joins = """
        LEFT JOIN journal.diff ON diff.dataset = ?2 AND diff.key = object.key
        LEFT JOIN journal.source ON source.dataset = ?2 AND source.key = object.key
        LEFT JOIN journal.target ON target.dataset = ?2 AND target.key = object.key
        """

    private static func difference(_ db: Database, _ name: String, runs own: String) throws -> SavedPlanDifference? {
        let number = try Int64.fetchOne(db, sql: "SELECT number FROM journal.dataset WHERE name = ?", arguments: [name])
        let query = try Prepared(
            db,
            """
            SELECT object.key, object.action, diff.verdict, object.sourceTag, source.tag, \(sameSource),
                object.targetTag, target.tag, \(sameTarget)
            FROM object \(joins)
            LEFT JOIN journal.transfer ON transfer.dataset = ?2 AND transfer.key = object.key
            LEFT JOIN journal.landing ON landing.row = transfer.row
            LEFT JOIN journal.deletion ON deletion.dataset = ?2 AND deletion.key = object.key
            WHERE object.dataset = ?1
                AND NOT (diff.key IS NOT NULL AND (diff.verdict & 7) = object.action AND \(sameSource) AND \(sameTarget))
                AND NOT ((\(isOwnMove(own))) IS TRUE OR (\(isOwnDeletion(own))) IS TRUE)
            ORDER BY object.key LIMIT 1
            """)
        query.bind(1, name)
        query.bind(2, number)
        let old = try query.one { query in
            SavedPlanDifference(
                dataset: name, key: ObjectKey(query.blob(0)),
                kind: try kind(
                    was: DiffVerdict.action(query.integer(1)),
                    now: query.isNull(2) ? nil : DiffVerdict.action(query.integer(2)),
                    source: (query.textIfAny(3), query.textIfAny(4), query.integer(5) == 1),
                    target: (query.textIfAny(6), query.textIfAny(7), query.integer(8) == 1)))
        }
        let added = try Prepared(
            db,
            """
            SELECT diff.key, source.tag FROM journal.diff
            LEFT JOIN object ON object.dataset = ?1 AND object.key = diff.key
            LEFT JOIN journal.source ON source.dataset = ?2 AND source.key = diff.key
            WHERE diff.dataset = ?2 AND object.key IS NULL
            ORDER BY diff.key LIMIT 1
            """)
        added.bind(1, name)
        added.bind(2, number)
        let new = try added.one { query in
            SavedPlanDifference(
                dataset: name, key: ObjectKey(query.blob(0)), kind: query.isNull(1) ? .newAtTarget : .newAtSource)
        }
        guard let old, let new else { return old ?? new }
        return old.key.bytes.lexicographicallyPrecedes(new.key.bytes) ? old : new
    }

    /// The source speaks first: what changed there is why anything else did.
    private static func kind(
        was: Diff.Action, now: Diff.Action?, source: (was: String?, now: String?, same: Bool),
        target: (was: String?, now: String?, same: Bool)
    ) throws -> SavedPlanDifference.Kind {
        if !source.same {
            if source.was == nil { return .newAtSource }
            return source.now == nil ? .goneFromSource : .changedAtSource
        }
        if !target.same {
            if target.was == nil { return .newAtTarget }
            return target.now == nil ? .goneFromTarget : .changedAtTarget
        }
        guard let now else { throw JournalError(.damaged, "an inventory holds an object that its diff does not") }
        return .judgedAnew(was: was, now: now)
    }
}
