import GRDB
import HavreModel

/// From the diff to transfers: new rows are made, known ones are taken up where they stand or sent back.
extension SQLiteJournal {
    public func adoptDiff(dataset: String, run: String) async throws -> Int {
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            let find = try writer.prepare("SELECT number FROM run WHERE id = ? AND ended IS NULL")
            find.bind(1, run)
            guard let runNumber = try find.one({ $0.integer(0) }) else {
                throw JournalError(.illegal, "the run \(run) is not open")
            }
            let serial = try JournalReader.standing(writer.db, number).diff
            guard serial > 0 else {
                throw JournalError(.illegal, "dataset \(dataset) has no diff yet; it must be computed first")
            }
            var adoption = Adoption(writer: writer, dataset: number, run: runNumber, serial: serial)
            try adoption.takeUpKnown()
            try adoption.leaveUnseen()
            try adoption.makeNew()
            try adoption.placeUnchanged()
            let update = try writer.prepare("UPDATE dataset SET adopted = diff WHERE number = ?")
            update.bind(1, number)
            try update.run()
            let count = try writer.prepare(
                "SELECT count(*) FROM transfer INDEXED BY transfer_free WHERE dataset = ? AND claim = -2")
            count.bind(1, number)
            let due = try count.one { Int($0.integer(0)) } ?? 0
            try writer.event(
                "diff.adopted",
                before: { body in
                    body.member("dataset", dataset)
                    body.name("due")
                    body.integer(due)
                },
                after: { body in
                    body.name("new")
                    adoption.new.write(&body)
                    body.name("reset")
                    adoption.reset.write(&body)
                    body.name("resumed")
                    adoption.resumed.write(&body)
                    body.member("run", run)
                    body.name("toAbort")
                    adoption.aborting.write(&body)
                })
            return due
        }
    }
}

/// Rows of the journal as ranges, so that an event can name millions of them.
struct RowRanges {
    private var ranges: [ClosedRange<Int64>] = []

    mutating func add(_ row: Int64) {
        if let last = ranges.last, last.upperBound + 1 == row {
            ranges[ranges.count - 1] = last.lowerBound...row
        } else {
            ranges.append(row...row)
        }
    }

    mutating func add(_ rows: ClosedRange<Int64>) { ranges.append(rows) }

    /// `[1,[5,9]]`
    func write(_ body: inout CanonicalJSON) {
        body.beginArray()
        for range in ranges {
            if range.count == 1 {
                body.integer(range.lowerBound)
            } else {
                body.beginArray()
                body.integer(range.lowerBound)
                body.integer(range.upperBound)
                body.endArray()
            }
        }
        body.endArray()
    }
}

/// One taking over of a diff, within one transaction.
struct Adoption {
    let writer: JournalWriter
    let dataset: Int64
    let run: Int64
    let serial: Int64
    /// Rows that were made.
    var new = RowRanges()
    /// Rows that go back to the start.
    var reset = RowRanges()
    /// Rows that go on where they stand.
    var resumed = RowRanges()
    /// Rows whose open upload is aborted before anything else.
    var aborting = RowRanges()

    /// A row that both the diff and the journal know.
    private struct Known {
        var row: Int64
        var state: TransferCode
        var held: SourceVersion
        var listed: SourceVersion
        var replaces: String?
    }

    private static let createOrUpdate = "(diff.verdict & 7) IN (0, 1)"

    /// The ETag that an update replaces: what the target shows, or, where the target is to decide, what we wrote last.
    /// The same where a read-back found other bytes: what stands there may be somebody else's by now.
    private static let replaces = """
        CASE WHEN diff.verdict >> 3 IN (\(DiffCause.targetDecides.rawValue), \(DiffCause.foundDifferent.rawValue))
                THEN landing.targetTag
            WHEN (diff.verdict & 7) = 1 THEN target.tag END
        """

    init(writer: JournalWriter, dataset: Int64, run: Int64, serial: Int64) {
        self.writer = writer
        self.dataset = dataset
        self.run = run
        self.serial = serial
    }

    /// Goes over rows in pages, so that no cursor stands on what is being changed.
    mutating func takeUpKnown() throws {
        let any = try writer.prepare("SELECT 1 FROM transfer WHERE dataset = ? LIMIT 1")
        any.bind(1, dataset)
        guard try any.one({ _ in true }) != nil else { return }
        // Of the unchanged only those need a mark that landed in this very run: they count as landed in it.
        let mark = try writer.prepare(
            """
            UPDATE transfer NOT INDEXED SET seen = ?1 WHERE dataset = ?2 AND run = ?3
                AND state IN (\(TransferCode.landed.rawValue), \(TransferCode.verified.rawValue))
                AND EXISTS (SELECT 1 FROM diff
                    WHERE diff.dataset = ?2 AND diff.key = transfer.key AND (diff.verdict & 7) = 2)
            """)
        mark.bind(1, serial * 2 + 1)
        mark.bind(2, dataset)
        mark.bind(3, run)
        try mark.run()
        var after: [UInt8]?
        repeat {
            let (page, last) = try known(after: after, limit: 2048)
            after = last
            for known in page { try takeUp(known) }
        } while after != nil
    }

    private func known(after: [UInt8]?, limit: Int) throws -> ([Known], [UInt8]?) {
        let query = try writer.prepare(
            """
            SELECT diff.key, transfer.row, transfer.state,
                transfer.tag, transfer.size, transfer.version, transfer.modified,
                source.tag, source.size, source.version, source.modified, \(Self.replaces)
            FROM diff
            CROSS JOIN transfer ON transfer.dataset = diff.dataset AND transfer.key = diff.key
            CROSS JOIN source ON source.dataset = diff.dataset AND source.key = diff.key
            LEFT JOIN target ON target.dataset = diff.dataset AND target.key = diff.key
            LEFT JOIN landing ON landing.row = transfer.row
            WHERE diff.dataset = ?1 AND (?2 IS NULL OR diff.key > ?2)
                AND \(Self.createOrUpdate)
            ORDER BY diff.key LIMIT ?3
            """)
        query.bind(1, dataset)
        query.bind(2, after)
        query.bind(3, Int64(limit))
        var page: [Known] = []
        var last: [UInt8]?
        while try query.step() {
            guard let state = TransferCode(rawValue: query.integer(2)) else {
                throw JournalError(.damaged, "the journal holds a transfer in an unknown state")
            }
            page.append(
                Known(
                    row: query.integer(1), state: state, held: query.version(3), listed: query.version(7),
                    replaces: query.textIfAny(11)))
            last = query.blob(0)
        }
        return (page, page.count == limit ? last : nil)
    }

    private mutating func takeUp(_ known: Known) throws {
        let store = TransferStore(writer.db)
        switch known.state {
        case .pending:
            resumed.add(known.row)
        case .pinned, .moving, .completing:
            if known.held.matches(known.listed) {
                resumed.add(known.row)
            } else {
                try setBack(known.row, store, sourceChanged: true)
            }
        case .landed, .verified:
            try store.write(known.row, .pending)
            reset.add(known.row)
        case .failed, .drifted, .blocked:
            try setBack(known.row, store, sourceChanged: false)
        }
        let update = try writer.prepare(
            """
            UPDATE transfer SET claim = -2, seen = ?2, run = ?3, tag = ?4, size = ?5, version = ?6, modified = ?7,
                replaces = ?8, attempts = CASE WHEN ?9 THEN 0 ELSE attempts END WHERE row = ?1
            """)
        update.bind(1, known.row)
        update.bind(2, serial * 2)
        update.bind(3, run)
        update.bind(4, known.listed)
        update.bind(8, known.replaces)
        update.bind(9, known.state == .landed || known.state == .verified ? 1 : 0)
        try update.run()
    }

    /// Back to the start, or, where an upload may be open, to where the machine owes its abort.
    private mutating func setBack(_ row: Int64, _ store: TransferStore, sourceChanged: Bool) throws {
        guard var machine = try store.machine(row) else { return }
        if case .pinned(let pinned) = machine.state, pinned.uploadIntended {
            // An upload without a recorded id may be open. The engine looks for it first, then finds the drift.
            resumed.add(row)
            return
        }
        if sourceChanged {
            switch machine.state {
            case .completing:
                try machine.handle(.fail(.init(reason: "the source changed since it was pinned", retryable: true)))
            case .pinned, .moving, .pending, .landed, .verified, .failed, .drifted:
                try machine.handle(.drift)
            }
        }
        if case .reset = machine.owed {
            try machine.handle(.reset)
            reset.add(row)
        } else {
            aborting.add(row)
        }
        try store.write(row, machine.state)
    }

    /// What the diff does not take up any more is not due. An upload that it left open stays in its state, so that
    /// the engine ends it (`failed` names it); the object itself is not to be moved.
    mutating func leaveUnseen() throws {
        let leave = try writer.prepare(
            "UPDATE transfer NOT INDEXED SET claim = -1 WHERE claim <> -1 AND dataset = ? AND seen < ?")
        leave.bind(1, dataset)
        leave.bind(2, serial * 2)
        try leave.run()
        let query = try writer.prepare(
            """
            SELECT transfer.row
            FROM (SELECT row FROM pin WHERE upload IS NOT NULL UNION ALL SELECT row FROM ending WHERE upload IS NOT NULL)
            CROSS JOIN transfer USING (row) WHERE transfer.dataset = ? AND seen < ? ORDER BY row
            """)
        query.bind(1, dataset)
        query.bind(2, serial * 2)
        var rows: [Int64] = []
        while try query.step() { rows.append(query.integer(0)) }
        let store = TransferStore(writer.db)
        for row in rows {
            guard var machine = try store.machine(row) else { continue }
            switch machine.state {
            case .moving, .pinned: try machine.handle(.drift)
            case .completing: try machine.handle(.fail(.init(reason: "it is no longer to be moved", retryable: true)))
            case .pending, .landed, .verified, .failed, .drifted: break
            }
            try store.write(row, machine.state)
            aborting.add(row)
        }
    }

    /// What is unchanged stands at the source that the dataset names today, wherever it once landed from.
    func placeUnchanged() throws {
        let places = try Places.of(writer.db, dataset)
        guard places.place != 0, places.place != places.placed else { return }
        let move = try writer.prepare(
            """
            UPDATE landing SET place = ?1 WHERE place <> ?1 AND row IN (
                SELECT transfer.row FROM diff
                CROSS JOIN transfer ON transfer.dataset = diff.dataset AND transfer.key = diff.key
                WHERE diff.dataset = ?2 AND (diff.verdict & 7) = 2)
            """)
        move.bind(1, places.place)
        move.bind(2, dataset)
        try move.run()
        let note = try writer.prepare("UPDATE dataset SET placed = place WHERE number = ?")
        note.bind(1, dataset)
        try note.run()
    }

    /// Rows in order of key get rising numbers.
    mutating func makeNew() throws {
        let last = try writer.prepare("SELECT max(row) FROM transfer").one { $0.integer(0) } ?? 0
        let insert = try writer.prepare(
            """
            INSERT OR IGNORE INTO transfer
                (dataset, state, claim, seen, run, attempts, size, key, tag, version, modified, replaces)
            SELECT ?1, \(TransferCode.pending.rawValue), -2, ?2, ?3, 0, source.size, diff.key, source.tag,
                source.version, source.modified,
                CASE WHEN (diff.verdict & 7) = 1 THEN target.tag END
            FROM diff
            CROSS JOIN source ON source.dataset = diff.dataset AND source.key = diff.key
            LEFT JOIN target ON target.dataset = diff.dataset AND target.key = diff.key
            WHERE diff.dataset = ?1 AND \(Self.createOrUpdate)
            ORDER BY diff.key
            """)
        insert.bind(1, dataset)
        insert.bind(2, serial * 2)
        insert.bind(3, run)
        try insert.run()
        let made = try writer.prepare("SELECT max(row) FROM transfer").one { $0.integer(0) } ?? 0
        if made > last { new.add(last + 1...made) }
    }
}
