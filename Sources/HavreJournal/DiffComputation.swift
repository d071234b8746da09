import GRDB
public import HavreModel

/// The diff: a join of both inventories with what the journal holds, written row by row by SQLite itself.
extension SQLiteJournal {
    public func computeDiff(
        dataset: String, envelope: String, onConflict: Dataset.Conflict, prune: Bool
    ) async throws {
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            for table in ["diff", "tally"] {
                let delete = try writer.prepare("DELETE FROM \(table) WHERE dataset = ?")
                delete.bind(1, number)
                try delete.run()
            }
            let judge = try writer.prepare(DiffComputation.sourceRows)
            judge.bind(1, number)
            judge.bind(2, try writer.word(envelope))
            judge.bind(3, onConflict == .overwrite ? 1 : 0)
            try judge.run()
            let extraneous = try writer.prepare(DiffComputation.extraneousRows)
            extraneous.bind(1, number)
            extraneous.bind(2, prune ? 1 : 0)
            extraneous.bind(3, try Places.of(writer.db, number).place)
            extraneous.bind(4, try prune && DiffComputation.isBlocked(writer, number) ? 1 : 0)
            try extraneous.run()
            let counts = try DiffComputation.tally(writer, number)
            let bump = try writer.prepare("UPDATE dataset SET diff = diff + 1 WHERE number = ?")
            bump.bind(1, number)
            try bump.run()
            try writer.event(
                "diff.computed",
                before: { body in
                    body.name("counts")
                    body.beginArray()
                    for count in counts {
                        body.beginObject()
                        body.member("action", count.action.rawValue)
                        body.name("bytes")
                        body.integer(count.bytes)
                        body.member("cause", count.cause)
                        body.name("objects")
                        body.integer(count.objects)
                        body.endObject()
                    }
                    body.endArray()
                    body.member("dataset", dataset)
                    body.member("envelope", envelope)
                },
                after: { body in
                    body.member("onConflict", onConflict.rawValue)
                    body.name("prune")
                    body.bool(prune)
                })
        }
    }

    public func diffSummary(dataset: String) async throws -> [DiffCount] {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return [] }
            return try DiffComputation.summary(db, number, limit: nil)
        }
    }

    public func diff(
        dataset: String, actions: Set<Diff.Action>, after: ObjectKey?, limit: Int
    ) async throws -> [DiffRow] {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return [] }
            let wanted = actions.map(DiffVerdict.number).sorted().map(String.init).joined(separator: ", ")
            let query = try Prepared(
                db,
                """
                SELECT diff.key, diff.verdict, word.text,
                    source.tag, source.size, source.version, source.modified,
                    target.tag, target.size, target.version, target.modified
                FROM diff
                LEFT JOIN word ON word.number = diff.verdict >> 3
                LEFT JOIN source ON source.dataset = diff.dataset AND source.key = diff.key
                LEFT JOIN target ON target.dataset = diff.dataset AND target.key = diff.key
                WHERE diff.dataset = ?1 AND (?2 IS NULL OR diff.key > ?2)
                    \(actions.isEmpty ? "" : "AND (diff.verdict & 7) IN (\(wanted))")
                ORDER BY diff.key LIMIT ?3
                """)
            query.bind(1, number)
            query.bind(2, after?.bytes)
            query.bind(3, Int64(limit))
            var rows: [DiffRow] = []
            while try query.step() {
                rows.append(try DiffRow(reading: query))
            }
            return rows
        }
    }
}

enum DiffComputation {
    private static func verdict(_ action: Diff.Action, _ cause: DiffCause) -> String {
        String(DiffVerdict.encode(action, cause))
    }

    private static func verdict(_ action: Diff.Action) -> String { String(DiffVerdict.encode(action, cause: 0)) }

    /// Both name one version of the source: `SourceVersion.matches`.
    private static func matches(_ left: String, _ right: String) -> String {
        """
        (\(left).tag = \(right).tag AND \(left).size = \(right).size
            AND (\(left).version IS NULL OR \(right).version IS NULL OR \(left).version = \(right).version))
        """
    }

    private static let isLanded =
        "transfer.state IN (\(TransferCode.landed.rawValue), \(TransferCode.verified.rawValue))"
    private static let isUnfinished =
        "transfer.state BETWEEN \(TransferCode.pinned.rawValue) AND \(TransferCode.completing.rawValue)"
    /// It was begun and never recorded as landed: what stands at the target may be ours. The engine looks.
    private static let mayBeOurs =
        "(transfer.attempts > 0 AND NOT \(isLanded) AND transfer.state <> \(TransferCode.blocked.rawValue))"

    /// The read-back of what we wrote found other bytes.
    private static let isFoundDifferent = """
        (transfer.state = \(TransferCode.failed.rawValue)
            AND EXISTS (SELECT 1 FROM ending WHERE ending.row = transfer.row AND ending.mismatch = 1))
        """

    /// Every source row's verdict. `?1` dataset, `?2` number of the envelope, `?3` whether others' are overwritten.
    static let sourceRows = """
        INSERT INTO diff (dataset, key, verdict, bytes)
        SELECT ?1, source.key, CASE
            WHEN source.exclusion <> 0 THEN source.exclusion
            WHEN target.tag IS NULL THEN CASE
                WHEN transfer.row IS NULL THEN \(verdict(.create))
                WHEN \(isUnfinished) AND \(matches("transfer", "source")) THEN CASE
                    WHEN landing.row IS NULL THEN \(verdict(.create, .interrupted))
                    ELSE \(verdict(.update, .interrupted)) END
                WHEN landing.row IS NULL THEN \(verdict(.create))
                ELSE \(verdict(.update, .missing)) END
            WHEN landing.row IS NULL THEN CASE
                WHEN ?3 THEN \(verdict(.update, .occupied))
                WHEN transfer.row IS NOT NULL AND \(mayBeOurs) THEN \(verdict(.create, .targetDecides))
                ELSE \(verdict(.blocked, .occupied)) END
            WHEN target.tag <> landing.targetTag OR target.size <> landing.stored THEN CASE
                WHEN ?3 THEN \(verdict(.update, .targetChanged))
                WHEN \(mayBeOurs) AND \(isFoundDifferent) THEN \(verdict(.update, .foundDifferent))
                WHEN \(mayBeOurs) THEN \(verdict(.update, .targetDecides))
                ELSE \(verdict(.blocked, .targetChanged)) END
            WHEN \(isUnfinished) AND \(matches("transfer", "source")) THEN \(verdict(.update, .interrupted))
            WHEN NOT \(matches("landing", "source")) THEN \(verdict(.update, .sourceChanged))
            WHEN landing.envelope <> ?2 THEN \(verdict(.update, .envelopeChanged))
            WHEN \(isLanded) THEN \(verdict(.unchanged))
            WHEN \(isFoundDifferent) THEN \(verdict(.update, .foundDifferent))
            WHEN transfer.state >= \(TransferCode.failed.rawValue) THEN \(verdict(.update, .failedSince))
            ELSE \(verdict(.update, .interrupted)) END,
            source.size
        FROM source
        LEFT JOIN target ON target.dataset = ?1 AND target.key = source.key
        LEFT JOIN transfer ON transfer.dataset = ?1 AND transfer.key = source.key
        LEFT JOIN landing ON landing.row = transfer.row
        WHERE source.dataset = ?1
        ORDER BY source.key
        """

    /// What is at the target only. `?1` dataset, `?2` whether what is ours among it is to be deleted: landed from here
    /// and still shown under the ETag and the size of that landing. `?3` is where the dataset goes from and to: what landed
    /// from another place may well be there still. `?4` is whether anything is blocked: then nothing is deleted yet.
    static let extraneousRows = """
        INSERT INTO diff (dataset, key, verdict, bytes)
        SELECT ?1, target.key, CASE
            WHEN NOT ?2 THEN \(verdict(.extraneous))
            WHEN \(isLanded) AND landing.targetTag = target.tag AND landing.stored = target.size
                THEN CASE
                    WHEN landing.place = 0 OR ?3 = 0 THEN \(verdict(.extraneous, .placeUnknown))
                    WHEN landing.place <> ?3 THEN \(verdict(.extraneous, .elsewhere))
                    WHEN ?4 THEN \(verdict(.extraneous, .waits))
                    ELSE \(verdict(.delete)) END
            ELSE \(verdict(.extraneous, .notOurs)) END,
            target.size
        FROM target
        LEFT JOIN transfer ON transfer.dataset = ?1 AND transfer.key = target.key
        LEFT JOIN landing ON landing.row = transfer.row
        WHERE target.dataset = ?1
            AND NOT EXISTS (SELECT 1 FROM source WHERE source.dataset = ?1 AND source.key = target.key)
        ORDER BY target.key
        """

    /// Whether a source object of the dataset is blocked, by the rows that are written so far.
    static func isBlocked(_ writer: JournalWriter, _ number: Int64) throws -> Bool {
        let find = try writer.prepare("SELECT 1 FROM diff WHERE dataset = ? AND (verdict & 7) = 4 LIMIT 1")
        find.bind(1, number)
        return try find.one { _ in true } ?? false
    }

    /// Sums the rows by verdict, in memory that does not grow with their number nor with that of reasons.
    static func tally(_ writer: JournalWriter, _ number: Int64) throws -> [DiffCount] {
        let add = try writer.prepare(
            """
            INSERT INTO tally (dataset, verdict, objects, bytes) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET objects = objects + excluded.objects, bytes = bytes + excluded.bytes
            """)
        var sums: [Int64: (objects: Int64, bytes: Int64)] = [:]
        func flush() throws {
            for (verdict, sum) in sums {
                add.bind(1, number)
                add.bind(2, verdict)
                add.bind(3, sum.objects)
                add.bind(4, sum.bytes)
                try add.run()
            }
            sums.removeAll(keepingCapacity: true)
        }
        let rows = try writer.prepare("SELECT verdict, bytes FROM diff WHERE dataset = ?")
        rows.bind(1, number)
        while try rows.step() {
            let bytes = rows.integer(1)
            let held = sums[rows.integer(0), default: (0, 0)]
            sums[rows.integer(0)] = (held.objects + 1, held.bytes.addingReportingOverflow(bytes).partialValue)
            if sums.count >= 1024 { try flush() }
        }
        try flush()
        return try summary(writer.db, number, limit: 1000)
    }

    static func summary(_ db: Database, _ number: Int64, limit: Int?) throws -> [DiffCount] {
        let query = try Prepared(
            db,
            """
            SELECT verdict, text, objects, bytes FROM tally JOIN word ON word.number = verdict >> 3
            WHERE dataset = ? ORDER BY verdict & 7, text LIMIT ?
            """)
        query.bind(1, number)
        query.bind(2, Int64(limit ?? -1))
        var counts: [DiffCount] = []
        while try query.step() {
            counts.append(
                DiffCount(
                    action: try DiffVerdict.action(query.integer(0)), cause: query.text(1),
                    objects: Int(query.integer(2)), bytes: query.size(3)))
        }
        return counts
    }
}

extension DiffRow {
    /// Reads a row of: key, verdict, cause, then the versions at source and target.
    init(reading query: Prepared) throws {
        self.init(
            key: ObjectKey(query.blob(0)), action: try DiffVerdict.action(query.integer(1)), cause: query.text(2),
            source: query.versionIfAny(3), target: query.versionIfAny(7))
    }
}
