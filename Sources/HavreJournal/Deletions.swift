import GRDB
public import HavreModel

/// An object of ours at the target that is no longer at the source, on its way out.
public struct DeletionRow: Hashable, Sendable {
    /// The key behind the prefix.
    public var key: ObjectKey
    /// The ETag under which it landed, and under which alone it may be deleted.
    public var tag: String
    /// Its bytes at the target.
    public var size: UInt64

    /// What tells the very object that landed from another one of the same bytes; nil where that is not kept.
    public var mark: Mark?

    /// What a landing left behind at the target.
    public struct Mark: Hashable, Sendable {
        /// The run in which it landed.
        public var run: String
        /// The transfer's row in the marker; nil where the journal was rebuilt, and rows have other numbers.
        public var row: Int64?
        /// The version that the target gave it; nil where it gives none.
        public var versionID: String?
    }

    /// Names an object.
    public init(key: ObjectKey, tag: String, size: UInt64, mark: Mark? = nil) {
        self.key = key
        self.tag = tag
        self.size = size
        self.mark = mark
    }
}

/// How a deletion ended.
public enum DeletionOutcome: Hashable, Sendable {
    /// It is no longer at the target.
    case deleted
    /// It was left where it is, with why.
    case kept(String)
}

/// Numbers of a deletion's states in the journal.
enum DeletionCode: Int64 {
    case intended = 2
    case deleted = 3
    case kept = 4
}

/// What a run deletes at the target: the intent first, then the receipt, so that a crash between the two leaves
/// something that is owed, not something that nobody knows of.
extension SQLiteJournal {
    public func intendDeletions(dataset: String, _ rows: [DeletionRow]) async throws {
        guard !rows.isEmpty else { return }
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            guard let run = try writer.openRun() else {
                throw JournalError(.illegal, "no run is open; one must begin before anything is deleted")
            }
            let insert = try writer.prepare(
                """
                INSERT OR REPLACE INTO deletion (dataset, key, run, tag, size, state, reason, site)
                VALUES (?, ?, ?, ?, ?, \(DeletionCode.intended.rawValue), '', ?)
                """)
            insert.bind(1, number)
            insert.bind(6, try Places.of(writer.db, number).site)
            for row in rows {
                insert.bind(2, row.key.bytes)
                insert.bind(3, run)
                insert.bind(4, row.tag)
                insert.bind(5, size: row.size)
                try insert.run()
            }
            try writer.event("deletion.intended", before: { $0.member("dataset", dataset) }) { body in
                body.name("objects")
                body.beginArray()
                for row in rows { row.write(outcome: nil, into: &body) }
                body.endArray()
            }
        }
    }

    public func plannedDeletions(dataset: String, after: ObjectKey?, limit: Int) async throws -> [DeletionRow] {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return [] }
            let query = try Prepared(
                db,
                """
                SELECT diff.key, target.tag, target.size, run.id,
                    CASE WHEN run.outcome IS 'adopted' THEN NULL ELSE transfer.row END, landing.targetVersion
                FROM diff
                CROSS JOIN target ON target.dataset = diff.dataset AND target.key = diff.key
                CROSS JOIN transfer ON transfer.dataset = diff.dataset AND transfer.key = diff.key
                CROSS JOIN landing ON landing.row = transfer.row
                LEFT JOIN run ON run.number = landing.run
                WHERE diff.dataset = ?1 AND (?2 IS NULL OR diff.key > ?2)
                    AND (diff.verdict & 7) = \(DiffVerdict.number(.delete))
                ORDER BY diff.key LIMIT ?3
                """)
            query.bind(1, number)
            query.bind(2, after?.bytes)
            query.bind(3, Int64(limit))
            var rows: [DeletionRow] = []
            while try query.step() {
                rows.append(
                    DeletionRow(
                        key: ObjectKey(query.blob(0)), tag: query.text(1), size: query.size(2),
                        mark: DeletionRow.Mark(
                            run: query.text(3), row: query.integerIfAny(4), versionID: query.textIfAny(5))))
            }
            return rows
        }
    }

    public func owedDeletions(dataset: String, limit: Int) async throws -> [DeletionRow] {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return [] }
            let query = try Prepared(
                db,
                """
                SELECT key, tag, size FROM deletion
                WHERE dataset = ? AND state = \(DeletionCode.intended.rawValue) AND site = ? ORDER BY key LIMIT ?
                """)
            query.bind(1, number)
            query.bind(2, try Places.of(db, number).site)
            query.bind(3, Int64(limit))
            var rows: [DeletionRow] = []
            while try query.step() {
                rows.append(DeletionRow(key: ObjectKey(query.blob(0)), tag: query.text(1), size: query.size(2)))
            }
            return rows
        }
    }

    public func settleDeletions(dataset: String, _ outcomes: [(DeletionRow, DeletionOutcome)]) async throws {
        guard !outcomes.isEmpty else { return }
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            let update = try writer.prepare(
                """
                UPDATE deletion SET state = ?, reason = ?
                WHERE dataset = ? AND key = ? AND state = \(DeletionCode.intended.rawValue)
                """)
            // What was kept of the object goes with it, or a later diff would take it for one that is missing.
            let forget = try writer.prepare(
                """
                DELETE FROM landing WHERE targetTag = ?3
                    AND row = (SELECT row FROM transfer WHERE dataset = ?1 AND key = ?2)
                """)
            for (row, outcome) in outcomes {
                switch outcome {
                case .deleted:
                    update.bind(1, DeletionCode.deleted.rawValue)
                    update.bind(2, "")
                    forget.bind(1, number)
                    forget.bind(2, row.key.bytes)
                    forget.bind(3, row.tag)
                    try forget.run()
                case .kept(let reason):
                    update.bind(1, DeletionCode.kept.rawValue)
                    update.bind(2, reason)
                }
                update.bind(3, number)
                update.bind(4, row.key.bytes)
                try update.run()
                guard writer.db.changesCount == 1 else {
                    throw JournalError(.illegal, "\(row.key): its deletion was never intended")
                }
            }
            try writer.event("deletion.settled", before: { $0.member("dataset", dataset) }) { body in
                body.name("objects")
                body.beginArray()
                for (row, outcome) in outcomes { row.write(outcome: outcome, into: &body) }
                body.endArray()
            }
        }
    }
}

extension DeletionRow {
    /// One object of an event, its members in ascending order.
    fileprivate func write(outcome: DeletionOutcome?, into body: inout CanonicalJSON) {
        body.beginObject()
        switch outcome {
        case nil: break
        case .deleted: body.member("deletion", "deleted")
        case .kept(let reason): body.member("deletion", "kept: " + reason)
        }
        body.member(key)
        body.name("size")
        body.integer(size)
        body.member("target", tag)
        body.endObject()
    }
}

/// Saved plans, and what became of them.
extension SQLiteJournal {
    /// What tells this journal from every other, made with it: 16 random bytes, hex.
    public func identity() async throws -> String {
        let path = path
        return try await read { db in
            guard let identity = try Prepared(db, "SELECT id FROM identity").one({ $0.text(0) }) else {
                throw JournalError(.damaged, "\(path) has lost its identity; restore it from a backup or use `adopt`")
            }
            return identity
        }
    }

    /// Writes down that a plan of that serial was saved, and whether it was signed.
    public func recordSaved(_ serial: String, isSigned: Bool) async throws {
        try await queue.write { writer in
            let insert = try writer.prepare("INSERT OR REPLACE INTO saved (serial, isSigned) VALUES (?, ?)")
            insert.bind(1, serial)
            insert.bind(2, isSigned ? 1 : 0)
            try insert.run()
            try writer.event("plan.saved") { body in
                body.member("serial", serial)
                body.name("signed")
                body.bool(isSigned)
            }
        }
    }

    /// Whether the plan of that serial was saved from here with a signature.
    public func wasSigned(_ serial: String) async throws -> Bool {
        try await read { db in
            let find = try Prepared(db, "SELECT isSigned FROM saved WHERE serial = ?")
            find.bind(1, serial)
            return try find.one { $0.integer(0) } == 1
        }
    }

    public func recordApplication(of serial: String, datasets: [String], run: String) async throws {
        try await queue.write { writer in
            let insert = try writer.prepare(
                "INSERT OR IGNORE INTO application (serial, dataset, run) SELECT ?, ?, number FROM run WHERE id = ?")
            insert.bind(1, serial)
            insert.bind(3, run)
            var new: [String] = []
            for dataset in datasets {
                insert.bind(2, dataset)
                try insert.run()
                if writer.db.changesCount == 1 { new.append(dataset) }
            }
            guard !new.isEmpty else { return }
            try writer.event("plan.applied") { body in
                body.name("datasets")
                body.beginArray()
                for dataset in new { body.string(dataset) }
                body.endArray()
                body.member("run", run)
                body.member("serial", serial)
            }
        }
    }

    /// The runs that executed a dataset of the saved plan of that serial, the first one first.
    public func applications(of serial: String, dataset: String) async throws -> [RunRecord] {
        try await read { db in
            let find = try Prepared(
                db,
                """
                SELECT id, planHash, began, ended, outcome FROM run
                WHERE number IN (SELECT run FROM application WHERE serial = ?1 AND dataset IN ('', ?2)) ORDER BY number
                """)
            find.bind(1, serial)
            find.bind(2, dataset)
            var runs: [RunRecord] = []
            while try find.step() {
                runs.append(
                    RunRecord(
                        id: find.text(0), planHash: find.text(1), began: find.integer(2), ended: find.integerIfAny(3),
                        outcome: find.textIfAny(4)))
            }
            return runs
        }
    }
}
