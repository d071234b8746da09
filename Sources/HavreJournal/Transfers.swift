import GRDB
import HavreModel

/// Claims, changes and questions about transfers; where a dataset stands.
extension SQLiteJournal {
    public func claim(dataset: String, limit: Int) async throws -> [TransferRow] {
        try await queue.write { writer in
            guard let number = try JournalReader.dataset(writer.db, dataset) else { return [] }
            let query = try writer.prepare(
                "SELECT row FROM transfer INDEXED BY transfer_free WHERE dataset = ? AND claim = -2 ORDER BY row LIMIT ?"
            )
            query.bind(1, number)
            query.bind(2, Int64(limit))
            var rows: [Int64] = []
            while try query.step() { rows.append(query.integer(0)) }
            let take = try writer.prepare("UPDATE transfer SET claim = ?, attempts = attempts + 1 WHERE row = ?")
            let store = TransferStore(writer.db)
            return try rows.compactMap { row in
                take.bind(1, writer.generation)
                take.bind(2, row)
                try take.run()
                return try store.transfer(row)
            }
        }
    }

    public func transfer(_ row: Int64) async throws -> TransferRow? {
        try await read { try TransferStore($0).transfer(row) }
    }

    public func record(_ changes: [TransferChange]) async throws {
        guard !changes.isEmpty else { return }
        try await queue.write { try TransferRecord($0).record(changes) }
    }

    public func landed(
        dataset: String, includingVerified: Bool, after: Int64, limit: Int
    ) async throws -> [LandedRow] {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return [] }
            return try Landings.read(
                db, dataset: number, includingVerified: includingVerified, after: after, limit: limit)
        }
    }

    public func failed(dataset: String, after: Int64, limit: Int) async throws -> [TransferRow] {
        try await ended(dataset, [.failed, .drifted], after, limit)
    }

    public func intended(dataset: String) async throws -> [TransferRow] {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return [] }
            let query = try Prepared(
                db,
                """
                SELECT pin.row FROM pin CROSS JOIN transfer USING (row)
                WHERE pin.intended IS NOT NULL AND pin.upload IS NULL AND transfer.dataset = ? ORDER BY pin.row
                """)
            query.bind(1, number)
            var rows: [Int64] = []
            while try query.step() { rows.append(query.integer(0)) }
            let store = TransferStore(db)
            return try rows.compactMap { try store.transfer($0) }
        }
    }

    public func knows(run: String) async throws -> Bool {
        try await read { db in
            let find = try Prepared(db, "SELECT 1 FROM run WHERE id = ?")
            find.bind(1, run)
            return try find.one { _ in true } ?? false
        }
    }

    public func isUnderWay(run: String) async throws -> Bool {
        try await read { db in
            let find = try Prepared(
                db,
                """
                SELECT 1 FROM transfer NOT INDEXED WHERE claim <> -1 AND run = (SELECT number FROM run WHERE id = ?)
                LIMIT 1
                """)
            find.bind(1, run)
            return try find.one { _ in true } ?? false
        }
    }

    public func blocked(dataset: String, after: Int64, limit: Int) async throws -> [TransferRow] {
        try await ended(dataset, [.blocked], after, limit)
    }

    private func ended(
        _ dataset: String, _ codes: [TransferCode], _ after: Int64, _ limit: Int
    ) async throws -> [TransferRow] {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return [] }
            let wanted = codes.map { String($0.rawValue) }.joined(separator: ", ")
            let query = try Prepared(
                db,
                """
                SELECT row FROM transfer INDEXED BY transfer_failed
                WHERE dataset = ? AND state >= 8 AND state IN (\(wanted)) AND claim = -1 AND row > ?
                ORDER BY row LIMIT ?
                """)
            query.bind(1, number)
            query.bind(2, after)
            query.bind(3, Int64(limit))
            var rows: [Int64] = []
            while try query.step() { rows.append(query.integer(0)) }
            let store = TransferStore(db)
            return try rows.compactMap { try store.transfer($0) }
        }
    }

    public func counts(dataset: String) async throws -> DatasetCounts {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return DatasetCounts() }
            return try JournalReader.counts(db, number)
        }
    }

    // MARK: Datasets

    public func datasetState(_ dataset: String) async throws -> String {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return DatasetMachine().state.name }
            return try JournalReader.standing(db, number).machine.state.name
        }
    }

    public func setDatasetState(_ dataset: String, _ state: String, notes: JournalNote) async throws {
        let json = try Self.checked(notes)
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            var machine = try JournalReader.standing(writer.db, number).machine
            let before = machine.state
            guard let event = machine.event(to: state) else {
                throw JournalError(.illegal, "dataset \(dataset): `\(state)` is no state that it can be moved to")
            }
            do {
                try machine.handle(event)
            } catch let error as DatasetMachine.IllegalTransition {
                throw JournalError(.illegal, "dataset \(dataset): \(error)")
            }
            let update = try writer.prepare("UPDATE dataset SET step = ?, halt = ? WHERE number = ?")
            update.bind(1, machine.state.step.rawValue)
            switch machine.state {
            case .at: update.bind(2, nil as String?)
            case .paused: update.bind(2, "paused")
            case .blocked(_, let verdicts): update.bind(2, "blocked:" + verdicts.joined(separator: ","))
            }
            update.bind(3, number)
            try update.run()
            try writer.event("dataset.moved", before: { $0.member("dataset", dataset) }) { body in
                body.name("notes")
                body.raw(json)
                body.member("state", machine.state.name)
                body.member("was", before.name)
            }
        }
    }
}
