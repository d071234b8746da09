import GRDB
import HavreModel

/// Transfers as they stand in the tables, as machines and rows. Lives within one access to the database.
final class TransferStore {
    private let db: Database
    /// Asked once a row: looking the statement up costs as much as running it.
    private var headQuery: Prepared?
    private var names: [Int64: String] = [:]

    init(_ db: Database) { self.db = db }

    /// The leading columns of a transfer.
    struct Head {
        var state: TransferCode
        var dataset: Int64
        var claim: Int64
        var seen: Int64
        var attempts: Int64
        var key: ObjectKey
        var listed: SourceVersion
        var replaces: String?
    }

    func head(_ row: Int64) throws -> Head? {
        let query =
            try headQuery
            ?? Prepared(
                db,
                """
                SELECT state, dataset, claim, seen, attempts, key, tag, size, version, modified, replaces
                FROM transfer WHERE row = ?
                """)
        headQuery = query
        query.bind(1, row)
        return try query.one { query in
            guard let state = TransferCode(rawValue: query.integer(0)) else {
                throw JournalError(.damaged, "the journal holds transfer \(row) in an unknown state")
            }
            return Head(
                state: state, dataset: query.integer(1), claim: query.integer(2), seen: query.integer(3),
                attempts: query.integer(4), key: ObjectKey(query.blob(5)), listed: query.version(6),
                replaces: query.textIfAny(10))
        }
    }

    func machine(_ row: Int64) throws -> TransferMachine? {
        guard let head = try head(row) else { return nil }
        return TransferMachine(state: try state(row, head.state))
    }

    /// The machine's state, from the tables that the code points to.
    func state(_ row: Int64, _ code: TransferCode) throws -> TransferMachine.State {
        switch code {
        case .pending: return .pending
        case .landed: return .landed
        case .verified: return .verified
        case .pinned: return .pinned(try pinned(row))
        case .moving: return .moving(try pinned(row), received: try received(row))
        case .completing: return .completing(try pinned(row))
        case .failed, .blocked:
            let (failure, upload) = try ending(row)
            return .failed(failure, upload: upload)
        case .drifted: return .drifted(upload: try ending(row).upload)
        }
    }

    private func pinned(_ row: Int64) throws -> TransferMachine.Pinned {
        let query = try Prepared(
            db, "SELECT tag, size, version, modified, plain, part, upload, intended FROM pin WHERE row = ?")
        query.bind(1, row)
        let pinned = try query.one {
            TransferMachine.Pinned(
                version: $0.version(0), layout: PartLayout(size: $0.size(4), partSize: $0.size(5)),
                upload: $0.textIfAny(6), uploadIntended: !$0.isNull(7))
        }
        guard let pinned, pinned.layout.partSize > 0 else {
            throw JournalError(.damaged, "the journal holds no pin for transfer \(row)")
        }
        return pinned
    }

    private func received(_ row: Int64) throws -> Set<Int> {
        let query = try Prepared(db, "SELECT number FROM part WHERE row = ? AND receipt IS NOT NULL")
        query.bind(1, row)
        var received: Set<Int> = []
        while try query.step() { received.insert(Int(query.integer(0))) }
        return received
    }

    private func ending(_ row: Int64) throws -> (failure: TransferMachine.Failure, upload: String?) {
        let query = try Prepared(db, "SELECT reason, retryable, mismatch, upload FROM ending WHERE row = ?")
        query.bind(1, row)
        let ending = try query.one {
            (
                TransferMachine.Failure(
                    reason: $0.text(0), retryable: $0.integer(1) != 0, mismatch: $0.integer(2) != 0),
                $0.textIfAny(3)
            )
        }
        guard let ending else { throw JournalError(.damaged, "the journal holds no reason for transfer \(row)") }
        return ending
    }

    // MARK: Whole rows

    /// The name of a dataset.
    func name(_ dataset: Int64) throws -> String {
        if let name = names[dataset] { return name }
        let query = try Prepared(db, "SELECT name FROM dataset WHERE number = ?")
        query.bind(1, dataset)
        let name = try query.one { $0.text(0) } ?? ""
        names[dataset] = name
        return name
    }

    func transfer(_ row: Int64) throws -> TransferRow? {
        guard let head = try head(row) else { return nil }
        return try transfer(row, head)
    }

    func transfer(_ row: Int64, _ head: Head) throws -> TransferRow {
        var transfer = TransferRow(
            row: row, dataset: try name(head.dataset), key: head.key,
            machine: TransferMachine(state: try state(row, head.state)), listed: head.listed,
            replaces: head.replaces,
            // The first attempt is this one, where it is held; else it was an earlier one's.
            attemptedBefore: head.attempts > (head.claim >= 0 ? 1 : 0), attempts: Int(head.attempts))
        switch head.state {
        case .pinned, .moving, .completing:
            let query = try Prepared(db, "SELECT header, fileKey, metadata, intended FROM pin WHERE row = ?")
            query.bind(1, row)
            transfer.pinned = try query.one {
                PinnedRecord(header: $0.blob(0), sealedFileKey: $0.blob(1), sealedMetadata: $0.blob(2))
            }
            query.bind(1, row)
            transfer.uploadIntendedAt = try query.one { $0.integerIfAny(3) } ?? nil
            transfer.parts = try parts(row)
        case .pending, .landed, .verified, .failed, .drifted, .blocked: break
        }
        return transfer
    }

    private func parts(_ row: Int64) throws -> [PartRow] {
        let query = try Prepared(
            db,
            """
            SELECT number, keyedLeaves, sealedLeaves, crc64, crc32c, md5, tag, size, receipt, checksumKind, checksum,
                share
            FROM part WHERE row = ? ORDER BY number
            """)
        query.bind(1, row)
        var parts: [PartRow] = []
        while try query.step() {
            let index = Int(query.integer(0))
            let receipt = query.textIfAny(8).map { tag in
                PartReceipt(
                    index: index, entityTag: tag, size: query.size(7),
                    checksum: query.textIfAny(9).flatMap(Checksum.Kind.init(rawValue:)).map {
                        Checksum(kind: $0, value: query.text(10))
                    })
            }
            parts.append(
                PartRow(
                    index: index, keyedLeaves: query.blob(1), sealedLeaves: query.blob(2), sealedShare: query.blob(11),
                    checksums: query.checksums(3), tag: query.blob(6), size: query.size(7), receipt: receipt))
        }
        return parts
    }

    // MARK: Writing

    /// Writes a state that needs no more than it says itself; what belonged to the former state is erased.
    func write(_ row: Int64, _ state: TransferMachine.State) throws {
        let code: TransferCode
        switch state {
        case .pending: code = .pending
        case .landed: code = .landed
        case .verified: code = .verified
        case .pinned: code = .pinned
        case .moving: code = .moving
        case .completing: code = .completing
        case .failed: code = .failed
        case .drifted: code = .drifted
        }
        switch state {
        case .pinned, .moving, .completing: break
        case .pending, .landed, .verified:
            try erase(row, "part")
            try erase(row, "pin")
            try erase(row, "ending")
        case .failed(let failure, let upload):
            try end(row, failure, upload)
        case .drifted(let upload):
            let held = try Prepared(db, "SELECT reason FROM ending WHERE row = ?")
            held.bind(1, row)
            let reason = try held.one { $0.text(0) } ?? "the source changed"
            try end(row, .init(reason: reason, retryable: true), upload)
        }
        let update = try Prepared(db, "UPDATE transfer SET state = ? WHERE row = ?")
        update.bind(1, code.rawValue)
        update.bind(2, row)
        try update.run()
    }

    /// The sealed file key never outlives an attempt: a new one takes a new key.
    func end(_ row: Int64, _ failure: TransferMachine.Failure, _ upload: String?) throws {
        try erase(row, "part")
        try erase(row, "pin")
        let insert = try Prepared(
            db, "INSERT OR REPLACE INTO ending (row, reason, retryable, mismatch, upload) VALUES (?, ?, ?, ?, ?)")
        insert.bind(1, row)
        insert.bind(2, failure.reason)
        insert.bind(3, failure.retryable ? 1 : 0)
        insert.bind(4, failure.mismatch ? 1 : 0)
        insert.bind(5, upload)
        try insert.run()
    }

    func erase(_ row: Int64, _ table: String) throws {
        let delete = try Prepared(db, "DELETE FROM \(table) WHERE row = ?")
        delete.bind(1, row)
        try delete.run()
    }
}

extension Prepared {
    /// Checksums in three columns: CRC-64/NVME, CRC-32C, MD5.
    func checksums(_ column: Int32) -> CiphertextChecksums {
        CiphertextChecksums(
            crc64nvme: integerIfAny(column).map { UInt64(bitPattern: $0) },
            crc32c: integerIfAny(column + 1).map { UInt32(truncatingIfNeeded: $0) }, md5: blobIfAny(column + 2))
    }

    func bind(_ index: Int32, _ checksums: CiphertextChecksums) {
        bind(index, checksums.crc64nvme.map { Int64(bitPattern: $0) })
        bind(index + 1, checksums.crc32c.map { Int64($0) })
        bind(index + 2, checksums.md5)
    }
}
