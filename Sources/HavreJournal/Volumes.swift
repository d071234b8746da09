import GRDB
public import HavreModel

extension SQLiteJournal {
    /// What the diff of `dataset` would move to a target of at most `maxParts` parts, summed by SQLite in memory that
    /// does not grow. The layout is that of `PartLayout`.
    public func volume(dataset: String, maxParts: Int) async throws -> PlannedVolume {
        try await read { db in
            var volume = PlannedVolume()
            guard let number = try JournalReader.dataset(db, dataset) else { return volume }
            let query = try Prepared(
                db,
                """
                SELECT count(*), sum(bytes), total(max(1, (bytes + 65535) / 65536)), sum(isUpdate),
                    sum(bytes > ?2), sum(bytes > ?2 AND isUpdate),
                    sum(CASE WHEN bytes > ?2 THEN (bytes - 1) / part + 1 ELSE 0 END),
                    sum(CASE WHEN bytes > ?2 THEN bytes ELSE 0 END)
                FROM (
                    SELECT bytes, ?2 * ((bytes - 1) / (?2 * ?3) + 1) AS part,
                        (verdict & 7) = 1 AND EXISTS (
                            SELECT 1 FROM target WHERE target.dataset = diff.dataset AND target.key = diff.key
                        ) AS isUpdate
                    FROM diff WHERE dataset = ?1 AND (verdict & 7) IN (0, 1))
                """)
            query.bind(1, number)
            query.bind(2, Int64(PartLayout.leaf))
            // No target takes more; the product must stay an integer.
            query.bind(3, Int64(min(max(1, maxParts), 1 << 32)))
            try query.one { row in
                volume.objects = Int(row.integer(0))
                volume.bytes = row.size(1)
                volume.chunks = row.size(2)
                volume.updates = Int(row.integer(3))
                volume.large = Int(row.integer(4))
                volume.largeUpdates = Int(row.integer(5))
                volume.largeParts = Int(row.integer(6))
                volume.largeBytes = row.size(7)
            }
            let deletions = try Prepared(db, "SELECT sum(objects) FROM tally WHERE dataset = ? AND (verdict & 7) = 6")
            deletions.bind(1, number)
            volume.deletions = try deletions.one { Int($0.integer(0)) } ?? 0
            func entries(_ side: InventorySide) throws -> Int {
                let count = try Prepared(db, "SELECT count(*) FROM \(side.table) WHERE dataset = ?")
                count.bind(1, number)
                return try count.one { Int($0.integer(0)) } ?? 0
            }
            volume.sourceEntries = try entries(.source)
            volume.targetEntries = try entries(.target)
            return volume
        }
    }
}
