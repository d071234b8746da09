import GRDB
import HavreModel

/// Writes what is kept of objects that landed. Lives within one transaction.
struct LandingWriter {
    private let writer: JournalWriter
    private let insert: Prepared
    private let update: Prepared

    init(_ writer: JournalWriter) throws {
        self.writer = writer
        update = try writer.prepare("UPDATE transfer SET state = ?, claim = -1, run = ? WHERE row = ?")
        insert = try writer.prepare(
            """
            INSERT OR REPLACE INTO landing (row, run, tag, size, version, modified, plain, stored, digestKind, keyedRoot,
                keyedLeaves, storedPart, tags, crc64, crc32c, md5, targetTag, targetVersion, enforced, envelope,
                metadata, unmapped, provenance, place)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                ?23, CASE WHEN ?24 THEN (SELECT dataset.place FROM transfer JOIN dataset ON number = dataset
                    WHERE transfer.row = ?1) ELSE 0 END)
            """)
    }

    /// `isPlaced` where it went between the places that the dataset names today.
    func write(_ row: Int64, _ run: Int64, _ landing: Landing, isPlaced: Bool = true) throws {
        update.bind(1, TransferCode.landed.rawValue)
        update.bind(2, run)
        update.bind(3, row)
        try update.run()
        insert.bind(1, row)
        insert.bind(2, run)
        insert.bind(3, landing.version)
        insert.bind(7, size: landing.plainSize)
        insert.bind(8, size: landing.storedSize)
        insert.bind(9, try writer.word(landing.digestKind))
        insert.bind(10, landing.keyedRoot)
        insert.bind(11, landing.keyedLeaves)
        insert.bind(12, size: landing.storedPartSize)
        insert.bind(13, landing.tags)
        insert.bind(14, landing.checksums)
        insert.bind(17, landing.receipt.entityTag)
        insert.bind(18, landing.receipt.versionID)
        insert.bind(19, landing.receipt.enforced.rawValue)
        insert.bind(20, try writer.word(landing.envelope))
        insert.bind(21, landing.sealedMetadata)
        insert.bind(22, landing.unmapped)
        insert.bind(23, landing.provenance)
        insert.bind(24, isPlaced ? 1 : 0)
        try insert.run()
    }
}

/// What is kept of objects that landed.
enum Landings {
    static func read(
        _ db: Database, dataset: Int64, includingVerified: Bool, after: Int64, limit: Int
    ) throws -> [LandedRow] {
        let query = try Prepared(
            db,
            """
            SELECT transfer.row, run.id, transfer.key, transfer.state,
                landing.tag, landing.size, landing.version, landing.modified, landing.plain, landing.stored, kind.text,
                landing.keyedRoot, landing.keyedLeaves, landing.storedPart, landing.tags,
                landing.crc64, landing.crc32c, landing.md5, landing.targetTag, landing.targetVersion, landing.enforced,
                envelope.text, landing.metadata, landing.unmapped, landing.provenance
            FROM landing
            CROSS JOIN transfer ON transfer.row = landing.row
            LEFT JOIN run ON run.number = landing.run
            LEFT JOIN word AS kind ON kind.number = landing.digestKind
            LEFT JOIN word AS envelope ON envelope.number = landing.envelope
            WHERE landing.row > ?1 AND transfer.dataset = ?2
                AND (transfer.state = \(TransferCode.landed.rawValue)
                    OR (?3 AND transfer.state = \(TransferCode.verified.rawValue)))
            ORDER BY landing.row LIMIT ?4
            """)
        query.bind(1, after)
        query.bind(2, dataset)
        query.bind(3, includingVerified ? 1 : 0)
        query.bind(4, Int64(limit))
        var rows: [LandedRow] = []
        // A page ends early behind objects of terabytes, which have megabytes of leaves.
        var weight = 0
        while weight < 4 << 20, try query.step() {
            let landing = Landing(
                version: query.version(4), plainSize: query.size(8), storedSize: query.size(9),
                digestKind: query.text(10), keyedRoot: query.blob(11), keyedLeaves: query.blob(12),
                storedPartSize: query.size(13), tags: query.blob(14), checksums: query.checksums(15),
                receipt: WriteReceipt(
                    entityTag: query.text(18), versionID: query.textIfAny(19),
                    enforced: Checksum.Kind(rawValue: query.text(20)) ?? .none),
                envelope: query.text(21), sealedMetadata: query.blob(22), unmapped: query.text(23),
                provenance: query.text(24))
            weight += landing.keyedLeaves.count + landing.tags.count + landing.sealedMetadata.count
            rows.append(
                LandedRow(
                    row: query.integer(0), run: query.text(1), key: ObjectKey(query.blob(2)),
                    verified: query.integer(3) == TransferCode.verified.rawValue, landing: landing))
        }
        return rows
    }
}
