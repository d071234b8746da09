import GRDB
import HavreModel

/// Writes changes of transfers within one transaction, each checked by the machine, and the one event that tells of them.
final class TransferRecord {
    private let writer: JournalWriter
    private let store: TransferStore
    private let hash: ([UInt8]) -> [UInt8]
    private var landings: LandingWriter?

    init(_ writer: JournalWriter) {
        self.writer = writer
        store = TransferStore(writer.db)
        hash = writer.hash
    }

    func record(_ changes: [TransferChange]) throws {
        guard let first = changes.first else { return }
        var kind = first.step.kind
        for change in changes where change.step.kind != kind { kind = "transfers.moved" }
        var rows = CanonicalJSON(capacity: changes.count * 320)
        var dataset: Int64?
        for change in changes {
            guard let head = try store.head(change.row) else {
                throw JournalError(.illegal, "the journal has no transfer \(change.row)")
            }
            if let dataset, dataset != head.dataset {
                throw JournalError(.illegal, "one call records transfers of one dataset")
            }
            dataset = head.dataset
            do {
                try apply(change, head)
            } catch let error as TransferMachine.IllegalTransition {
                throw JournalError(.illegal, "transfer \(change.row): \(error)")
            }
            change.step.write(
                row: change.row, key: head.key, named: kind == "transfers.moved", hash: hash, into: &rows)
        }
        let datasetName = try store.name(dataset ?? 0)
        try writer.event(kind, before: { $0.member("dataset", datasetName) }) { body in
            body.name("rows")
            body.beginArray()
            body.raw(rows.bytes)
            body.endArray()
        }
    }

    private func apply(_ change: TransferChange, _ head: TransferStore.Head) throws {
        let row = change.row
        var machine = TransferMachine(state: try store.state(row, head.state))
        switch change.step {
        case .pin(let version, let layout, let record):
            try machine.handle(.pin(version, layout))
            try pin(row, version, layout, record)
            try move(row, .pinned)
        case .intendUpload:
            try machine.handle(.intendUpload)
            let update = try writer.prepare("UPDATE pin SET intended = ? WHERE row = ?")
            update.bind(1, writer.now)
            update.bind(2, row)
            try update.run()
        case .open(let upload):
            try machine.handle(.open(upload: upload))
            let update = try writer.prepare("UPDATE pin SET upload = ? WHERE row = ?")
            update.bind(1, upload)
            update.bind(2, row)
            try update.run()
            try move(row, .moving)
        case .lose:
            try machine.handle(.lose)
            for sql in [
                "UPDATE pin SET upload = NULL, intended = NULL WHERE row = ?",
                "UPDATE part SET receipt = NULL, checksumKind = NULL, checksum = NULL WHERE row = ?",
            ] {
                let update = try writer.prepare(sql)
                update.bind(1, row)
                try update.run()
            }
            try move(row, .pinned)
        case .commit(let part):
            try commit(row, part, machine.state)
        case .receive(let receipt):
            try machine.handle(.receive(part: receipt.index))
            try receive(row, receipt)
        case .complete:
            try machine.handle(.complete)
            try move(row, .completing)
        case .land(let landing):
            try land(row, landing, head, &machine)
        case .verify:
            try machine.handle(.verify)
            try move(row, .verified)
        case .fail(let failure):
            try machine.handle(.fail(failure))
            try end(row, machine.state, head)
        case .block(let reason):
            try machine.handle(.fail(.init(reason: reason, retryable: false)))
            try end(row, machine.state, head)
            try move(row, .blocked)
        case .drift(let reason):
            try machine.handle(.drift)
            // The reason is written first: the state by itself has none.
            try store.end(row, .init(reason: reason, retryable: true), nil)
            try store.write(row, machine.state)
        case .reset(let listed):
            try machine.handle(.reset)
            try resetRow(row, listed, machine.state, head)
        }
    }

    private func move(_ row: Int64, _ code: TransferCode) throws {
        let update = try writer.prepare("UPDATE transfer SET state = ? WHERE row = ?")
        update.bind(1, code.rawValue)
        update.bind(2, row)
        try update.run()
    }

    // MARK: Parts

    private func pin(
        _ row: Int64, _ version: SourceVersion, _ layout: PartLayout, _ record: PinnedRecord
    ) throws {
        guard layout.partSize > 0 else { throw JournalError(.illegal, "transfer \(row): a layout with empty parts") }
        let insert = try writer.prepare(
            """
            INSERT INTO pin (row, tag, size, version, modified, plain, part, header, fileKey, metadata)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        insert.bind(1, row)
        insert.bind(2, version)
        insert.bind(6, size: layout.size)
        insert.bind(7, size: layout.partSize)
        insert.bind(8, record.header)
        insert.bind(9, record.sealedFileKey)
        insert.bind(10, record.sealedMetadata)
        try insert.run()
    }

    /// Invariant 2: what was committed once for a part is all that may leave for it.
    private func commit(_ row: Int64, _ part: PartRow, _ state: TransferMachine.State) throws {
        let layout: PartLayout
        switch state {
        case .pinned(let pinned), .moving(let pinned, _): layout = pinned.layout
        case .pending, .completing, .landed, .verified, .failed, .drifted:
            throw JournalError(.illegal, "transfer \(row): a part is committed while it is \(state.name)")
        }
        guard part.index >= 0, part.index < layout.partCount else {
            throw JournalError(.illegal, "transfer \(row) has \(layout.partCount) parts, no part \(part.index)")
        }
        let held = try writer.prepare("SELECT keyedLeaves FROM part WHERE row = ? AND number = ?")
        held.bind(1, row)
        held.bind(2, Int64(part.index))
        if let leaves = try held.one({ $0.blob(0) }) {
            guard leaves == part.keyedLeaves else {
                throw JournalError(
                    .illegal, "transfer \(row): part \(part.index) was committed with another digest; it must not leave"
                )
            }
            return
        }
        let insert = try writer.prepare(
            """
            INSERT INTO part (row, number, keyedLeaves, sealedLeaves, crc64, crc32c, md5, tag, size, share)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        insert.bind(1, row)
        insert.bind(2, Int64(part.index))
        insert.bind(3, part.keyedLeaves)
        insert.bind(4, part.sealedLeaves)
        insert.bind(5, part.checksums)
        insert.bind(8, part.tag)
        insert.bind(9, size: part.size)
        insert.bind(10, part.sealedShare)
        try insert.run()
    }

    private func receive(_ row: Int64, _ receipt: PartReceipt) throws {
        let update = try writer.prepare(
            """
            UPDATE part SET receipt = ?3, checksumKind = ?4, checksum = ?5
            WHERE row = ?1 AND number = ?2 AND size = ?6
            """)
        update.bind(1, row)
        update.bind(2, Int64(receipt.index))
        update.bind(3, receipt.entityTag)
        update.bind(4, receipt.checksum?.kind.rawValue)
        update.bind(5, receipt.checksum?.value)
        update.bind(6, size: receipt.size)
        try update.run()
        guard writer.db.changesCount == 1 else {
            throw JournalError(
                .illegal,
                "transfer \(row): the receipt of part \(receipt.index) over \(receipt.size) bytes has no committed "
                    + "digest of that size before it")
        }
    }

    // MARK: Ends

    private func land(
        _ row: Int64, _ landing: Landing, _ head: TransferStore.Head, _ machine: inout TransferMachine
    ) throws {
        if case .completing(let pinned) = machine.state {
            guard landing.version.matches(pinned.version) else {
                throw JournalError(.illegal, "transfer \(row) lands another source version than it was pinned to")
            }
        }
        guard landing.keyedRoot.count == 32 else {
            throw JournalError(.illegal, "transfer \(row) lands without a keyed digest of 32 bytes")
        }
        try machine.handle(.land)
        guard let run = try writer.openRun() else {
            throw JournalError(.illegal, "transfer \(row) lands while no run is open")
        }
        if head.state != .pending { try store.write(row, .landed) }
        if landing.version.entityTag != head.listed.entityTag || landing.version.size != head.listed.size {
            let update = try writer.prepare(
                "UPDATE transfer SET tag = ?, size = ?, version = ?, modified = ? WHERE row = ?")
            update.bind(1, landing.version)
            update.bind(5, row)
            try update.run()
        }
        let landings = try landings ?? LandingWriter(writer)
        self.landings = landings
        try landings.write(row, run, landing)
    }

    private func end(_ row: Int64, _ state: TransferMachine.State, _ head: TransferStore.Head) throws {
        try markUnchanged(row, head)
        try store.write(row, state)
        let update = try writer.prepare("UPDATE transfer SET claim = -1 WHERE row = ?")
        update.bind(1, row)
        try update.run()
    }

    private func resetRow(
        _ row: Int64, _ listed: SourceVersion?, _ state: TransferMachine.State, _ head: TransferStore.Head
    ) throws {
        try markUnchanged(row, head)
        try store.write(row, state)
        // A row that nobody holds becomes due, one that is held stays in its holder's hands.
        let update = try writer.prepare(
            """
            UPDATE transfer SET claim = CASE WHEN claim >= 0 THEN claim ELSE -2 END,
                tag = ?2, size = ?3, version = ?4, modified = ?5 WHERE row = ?1
            """)
        update.bind(1, row)
        update.bind(2, listed ?? head.listed)
        try update.run()
    }

    /// An object that the diff found unchanged and that is no longer so is counted by its state from now on.
    private func markUnchanged(_ row: Int64, _ head: TransferStore.Head) throws {
        switch head.state {
        case .landed, .verified: break
        case .pending, .pinned, .moving, .completing, .failed, .drifted, .blocked: return
        }
        let serial = try JournalReader.standing(writer.db, head.dataset).diff
        guard serial > 0, head.seen < serial * 2 else { return }
        let query = try writer.prepare("SELECT verdict FROM diff WHERE dataset = ? AND key = ?")
        query.bind(1, head.dataset)
        query.bind(2, head.key.bytes)
        guard let verdict = try query.one({ $0.integer(0) }), try DiffVerdict.action(verdict) == .unchanged else {
            return
        }
        let mark = try writer.prepare("UPDATE transfer SET seen = ? WHERE row = ?")
        mark.bind(1, serial * 2 + 1)
        mark.bind(2, row)
        try mark.run()
    }
}
