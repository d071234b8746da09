import GRDB
public import HavreModel

/// Objects that a manifest tells of, taken into a journal that lost them.
extension SQLiteJournal {
    /// Takes `rows` up as landed, each under the run that moved it. A key that the journal knows already is left as it
    /// is. Returns how many were taken. The caller has compared each with the target.
    public func adoptLanded(dataset: String, _ rows: [(run: String, key: ObjectKey, landing: Landing)]) async throws
        -> Int
    {
        let rows = rows.map { AdoptedRow(run: $0.run, key: $0.key, landing: $0.landing) }
        return try await queue.write { writer in
            let number = try writer.dataset(dataset)
            let landings = try LandingWriter(writer)
            var told = CanonicalJSON(capacity: rows.count * 320)
            var taken = 0
            for adopted in rows {
                let run = try Self.run(writer, adopted.run)
                let insert = try writer.prepare(
                    """
                    INSERT OR IGNORE INTO transfer
                        (dataset, state, claim, seen, run, attempts, size, key, tag, version, modified)
                    VALUES (?, \(TransferCode.landed.rawValue), -1, 0, ?, 1, ?, ?, ?, ?, ?)
                    """)
                let version = adopted.landing.version
                insert.bind(1, number)
                insert.bind(2, run)
                insert.bind(3, size: version.size)
                insert.bind(4, adopted.key.bytes)
                insert.bind(5, version.entityTag)
                insert.bind(6, version.versionID)
                insert.bind(7, version.modified)
                try insert.run()
                guard writer.db.changesCount == 1 else { continue }
                let row = writer.db.lastInsertedRowID
                // A manifest does not say where its source lay.
                try landings.write(row, run, adopted.landing, isPlaced: false)
                TransferChange.Step.land(adopted.landing)
                    .write(row: row, key: adopted.key, named: false, hash: writer.hash, into: &told)
                taken += 1
            }
            try writer.event("objects.adopted", before: { $0.member("dataset", dataset) }) { body in
                body.name("rows")
                body.beginArray()
                if taken > 0 { body.raw(told.bytes) }
                body.endArray()
            }
            return taken
        }
    }

    /// The run's number; a run that this journal never saw is entered as ended elsewhere.
    private static func run(_ writer: JournalWriter, _ id: String) throws -> Int64 {
        let find = try writer.prepare("SELECT number FROM run WHERE id = ?")
        find.bind(1, id)
        if let number = try find.one({ $0.integer(0) }) { return number }
        let insert = try writer.prepare(
            "INSERT INTO run (id, planHash, began, ended, outcome) VALUES (?, '', ?, ?, 'adopted')")
        insert.bind(1, id)
        insert.bind(2, writer.now)
        insert.bind(3, writer.now)
        try insert.run()
        return writer.db.lastInsertedRowID
    }

    /// What landed under `key`; nil where nothing did.
    public func landing(dataset: String, key: ObjectKey) async throws -> Landing? {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return nil }
            let find = try Prepared(db, "SELECT row FROM transfer WHERE dataset = ? AND key = ?")
            find.bind(1, number)
            find.bind(2, key.bytes)
            guard let row = try find.one({ $0.integer(0) }) else { return nil }
            let found = try Landings.read(db, dataset: number, includingVerified: true, after: row - 1, limit: 1)
            return found.first.flatMap { $0.row == row ? $0.landing : nil }
        }
    }

    public func datasetNames() async throws -> [String] {
        try await read { db in
            let query = try Prepared(db, "SELECT name FROM dataset ORDER BY name")
            var names: [String] = []
            while try query.step() { names.append(query.text(0)) }
            return names
        }
    }
}

private struct AdoptedRow: Sendable {
    let run: String
    let key: ObjectKey
    let landing: Landing
}
