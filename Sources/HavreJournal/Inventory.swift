import GRDB
import HavreModel

/// Both sides of a dataset as their listings told them; nothing of it is held in memory.
extension SQLiteJournal {
    public func beginInventory(dataset: String, side: InventorySide) async throws {
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            let delete = try writer.prepare("DELETE FROM \(side.table) WHERE dataset = ?")
            delete.bind(1, number)
            try delete.run()
            try writer.event(
                "inventory.began", before: { $0.member("dataset", dataset) },
                after: { $0.member("side", side.rawValue) })
        }
    }

    public func addInventory(dataset: String, side: InventorySide, _ rows: [InventoryRow]) async throws {
        guard !rows.isEmpty else { return }
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            switch side {
            case .source:
                let insert = try writer.prepare(
                    """
                    INSERT OR REPLACE INTO source (dataset, key, tag, size, version, modified, exclusion)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """)
                insert.bind(1, number)
                for row in rows {
                    insert.bind(2, row.key.bytes)
                    insert.bind(3, row.version)
                    switch row.exclusion {
                    case nil: insert.bind(7, 0)
                    case .skipped(let reason):
                        insert.bind(7, DiffVerdict.encode(.skipped, cause: try writer.word(reason)))
                    case .blocked(let reason):
                        insert.bind(7, DiffVerdict.encode(.blocked, cause: try writer.word(reason)))
                    }
                    try insert.run()
                }
            case .target:
                let insert = try writer.prepare(
                    """
                    INSERT OR REPLACE INTO target (dataset, key, tag, size, version, modified)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """)
                insert.bind(1, number)
                for row in rows {
                    insert.bind(2, row.key.bytes)
                    insert.bind(3, row.version)
                    try insert.run()
                }
            }
        }
    }

    public func endInventory(dataset: String, side: InventorySide) async throws {
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            let sum = try writer.prepare("SELECT count(*), sum(size) FROM \(side.table) WHERE dataset = ?")
            sum.bind(1, number)
            let (objects, bytes) = try sum.one { ($0.integer(0), $0.integer(1)) } ?? (0, 0)
            try writer.event("inventory.ended", before: { $0.member("dataset", dataset) }) { body in
                body.name("objects")
                body.integer(objects)
                body.member("side", side.rawValue)
                body.name("size")
                body.integer(bytes)
            }
        }
    }

    public func skipCompanions(dataset: String, suffix: String, reason: String) async throws {
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            let update = try writer.prepare(
                """
                UPDATE source SET exclusion = ?2 WHERE dataset = ?1 AND exclusion = 0
                    AND substr(key, -length(?3)) = ?3
                    AND EXISTS (SELECT 1 FROM source AS beside WHERE beside.dataset = ?1
                        AND beside.key = CAST(substr(source.key, 1, length(source.key) - length(?3)) AS BLOB))
                """)
            update.bind(1, number)
            update.bind(2, DiffVerdict.encode(.skipped, cause: try writer.word(reason)))
            update.bind(3, Array(suffix.utf8))
            try update.run()
        }
    }

    public func blockShadowed(dataset: String, reason: String) async throws {
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            // `0` is the byte behind `/`: between the two lies all that goes on behind a slash.
            let update = try writer.prepare(
                """
                UPDATE source SET exclusion = ?2 WHERE dataset = ?1 AND exclusion = 0 AND (
                    EXISTS (SELECT 1 FROM source AS below WHERE below.dataset = ?1 AND below.exclusion = 0
                        AND below.key > CAST(source.key || x'2f' AS BLOB)
                        AND below.key < CAST(source.key || x'30' AS BLOB))
                    OR EXISTS (SELECT 1 FROM target WHERE target.dataset = ?1
                        AND target.key > CAST(source.key || x'2f' AS BLOB)
                        AND target.key < CAST(source.key || x'30' AS BLOB)))
                """)
            update.bind(1, number)
            update.bind(2, DiffVerdict.encode(.blocked, cause: try writer.word(reason)))
            try update.run()
        }
    }
}

extension InventorySide {
    /// The table that holds the side.
    var table: String {
        switch self {
        case .source: "source"
        case .target: "target"
        }
    }
}

extension CanonicalJSON {
    /// A member with a string.
    mutating func member(_ name: StaticString, _ text: String) {
        self.name(name)
        string(text)
    }
}
