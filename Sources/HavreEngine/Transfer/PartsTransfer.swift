import Glibc
import HavreCrypto
import HavreJournal
import HavreModel
import HavreStores

/// Objects of several parts: what is owed follows from the journalled state, after a crash as before it.
extension Mover {
    /// What must be at hand while parts move; made from the journal alone.
    private struct Hull: Sendable {
        let version: SourceVersion
        let layout: PartLayout
        let sealing: AgeSealing?
        let envelope: (any OpenedEnvelope)?
        let provenance: String
        let metadata: ObjectMetadata
        let unmapped: [String]
    }

    /// Above this a part goes through a spool file, so that memory stays the pool (design §5).
    private static let bufferedPart: UInt64 = 16 << 20

    /// Goes on from wherever the row stands until the object has landed.
    func moveInParts(_ start: TransferRow, on lane: Lane) async throws {
        var row = start
        var hull: Hull?
        var losses = 0
        while true {
            if case .openUpload = row.machine.owed {
                // A target that drops uploads at once would be sent everything without end.
                losses += 1
                guard losses <= Self.driftLimit else {
                    throw StoreError(.temporary, "the target keeps losing the upload", key: row.key)
                }
            }
            switch row.machine.owed {
            case .pin:
                hull = try await pin(&row, on: lane)
            case .openUpload(let intended):
                if intended { try await run.abortOrphans(row) }
                if hull == nil { hull = try await restore(row, on: lane) }
                try await openUpload(&row, hull)
            case .move(let parts):
                if hull == nil {
                    hull = try await restore(row, on: lane)
                    try await reconcile(&row)
                    continue
                }
                guard let ready = hull else { throw EngineError(.internalFailure, "parts without a pin") }
                try await send(parts, of: &row, ready)
            case .complete:
                if hull == nil { hull = try await restore(row, on: lane) }
                guard let ready = hull else { throw EngineError(.internalFailure, "completion without a pin") }
                if try await complete(&row, ready, on: lane) { return }
            case .abort(let upload):
                try await run.target.abortUpload(upload, key: run.targetKey(row.key))
                try await step(&row, .reset(listed: nil), .reset)
            case .reset:
                try await step(&row, .reset(listed: nil), .reset)
            case .verify, .nothing:
                return
            }
        }
    }

    /// Writes a step down, then takes it.
    private func step(
        _ row: inout TransferRow, _ step: TransferChange.Step, _ event: TransferMachine.Event
    ) async throws {
        try await run.journal.record([TransferChange(row: row.row, step: step)])
        try row.machine.handle(event)
    }

    // MARK: Pin

    /// Pins the source version: nothing of the object is read before header, layout and sealed key are journalled.
    private func pin(_ row: inout TransferRow, on lane: Lane) async throws -> Hull {
        let head = try await run.source.head(run.sourceKey(row.key), versionID: nil, withTags: false)
        guard head.version.matches(row.listed) else {
            throw StoreError(.drifted, "changed since it was listed", key: row.key)
        }
        var version = head.version
        version.modified = version.modified ?? row.listed.modified
        let envelope = try await run.opening?.open(
            run.sourceKey(row.key), head, in: run.source, on: lane.reactor)
        let layout = try PartLayout(
            size: envelope?.plainSize ?? version.size, maxParts: run.target.traits.maxParts)
        let sealing = run.recipients.isEmpty ? nil : try AgeSealing.create(to: run.recipients)
        let mapping = try await mapping(head, row, version: version)
        let binding = run.binding("key", row: row.row, version: version)
        let record = PinnedRecord(
            header: sealing?.prefix ?? [],
            sealedFileKey: try sealing?.sealedFileKey(under: run.secrets.resume, binding: binding) ?? [],
            sealedMetadata: try sealedMetadata(mapping, row: row.row, version: version))
        try await step(&row, .pin(version, layout, record), .pin(version, layout))
        row.pinned = record
        row.parts = []
        return Hull(
            version: version, layout: layout, sealing: sealing, envelope: envelope,
            provenance: SourceProvenance.words(run.opening, envelope, streamed: false), metadata: mapping.clear,
            unmapped: mapping.unmapped)
    }

    /// Makes the same again from the journal, after a crash or a lost upload.
    private func restore(_ row: TransferRow, on lane: Lane) async throws -> Hull {
        guard let pinned = row.machine.pinned, let record = row.pinned else {
            throw EngineError(.internalFailure, "the journal holds no pin for row \(row.row)")
        }
        let binding = run.binding("key", row: row.row, version: pinned.version)
        if let part = row.parts.first, !isOurs(part, of: row, pinned.version) { throw lostResumeKey(row) }
        let sealing: AgeSealing?
        do throws(CryptoError) {
            sealing =
                record.sealedFileKey.isEmpty
                ? nil
                : try AgeSealing.reopen(
                    prefix: record.header, sealedFileKey: record.sealedFileKey, under: run.secrets.resume,
                    binding: binding)
        } catch {
            throw lostResumeKey(row)
        }
        let head = try await run.source.head(
            run.sourceKey(row.key), versionID: pinned.version.versionID, withTags: false)
        guard head.version.matches(pinned.version) else {
            throw StoreError(.drifted, "changed since it was pinned", key: row.key)
        }
        let envelope = try await run.opening?.open(
            run.sourceKey(row.key), head, in: run.source, on: lane.reactor)
        guard (envelope?.plainSize ?? pinned.version.size) == pinned.layout.size else {
            throw StoreError(.drifted, "its envelope is not the one that was pinned", key: row.key)
        }
        let mapping = try await mapping(head, row, version: pinned.version)
        return Hull(
            version: pinned.version, layout: pinned.layout, sealing: sealing, envelope: envelope,
            provenance: SourceProvenance.words(run.opening, envelope, streamed: false), metadata: mapping.clear,
            unmapped: mapping.unmapped)
    }

    /// Whether what the journal holds sealed of a part opens under the resume key at hand.
    private func isOurs(_ part: PartRow, of row: TransferRow, _ version: SourceVersion) -> Bool {
        let binding = run.binding("leaves/\(part.index)", row: row.row, version: version)
        return (try? run.secrets.resume.open(part.sealedLeaves, binding: binding)) != nil
    }

    /// Treated as a drift: what was sealed under a key that nobody has any more begins anew under another.
    private func lostResumeKey(_ row: TransferRow) -> StoreError {
        StoreError(.drifted, "the resume key under which it was begun is gone; it begins anew", key: row.key)
    }

    /// Joins the parts; false where they must go again.
    private func complete(_ row: inout TransferRow, _ hull: Hull, on lane: Lane) async throws -> Bool {
        guard let upload = row.machine.openUpload else { return true }
        try await proveWhole(row, hull)
        if case .moving = row.machine.state { try await step(&row, .complete, .complete) }
        if try await completeUpload(
            row, upload: upload, version: hull.version, layout: hull.layout,
            words: (unmapped: hull.unmapped, provenance: hull.provenance), on: lane)
        {
            return true
        }
        try await step(&row, .lose, .lose)
        return false
    }

    /// An envelope that proves itself only as a whole does so before anything is completed at the target.
    private func proveWhole(_ row: TransferRow, _ hull: Hull) async throws {
        guard let envelope = hull.envelope, envelope.proof == .whole,
            let stored = try await run.journal.transfer(row.row)
        else { return }
        var shares: [[UInt8]] = []
        for part in stored.parts.sorted(by: { $0.index < $1.index }) {
            let share = try run.secrets.resume.open(
                part.sealedShare, binding: run.binding("share/\(part.index)", row: row.row, version: hull.version))
            shares.append(share.withBytes { Array($0) })
        }
        try envelope.verify(shares)
    }

    // MARK: Upload

    private func openUpload(_ row: inout TransferRow, _ hull: Hull?) async throws {
        guard let hull else { throw EngineError(.internalFailure, "an upload without a pin") }
        // Occupied targets are found before bytes move, not at the end of a terabyte.
        _ = try await conditionAfterLook(row, enforced: false)
        try await step(&row, .intendUpload, .intendUpload)
        let upload = try await run.target.createUpload(
            run.targetKey(row.key), metadata: hull.metadata, modified: hull.version.modified)
        try await step(&row, .open(upload: upload), .open(upload: upload))
    }

    /// After a restart: parts that the target shows and whose digest was committed need not be sent again,
    /// since the same part seals to the same bytes (invariant 4).
    private func reconcile(_ row: inout TransferRow) async throws {
        guard let upload = row.machine.openUpload, run.target.traits.listsParts else { return }
        let key = run.targetKey(row.key)
        let held: [PartReceipt]
        do throws(StoreError) {
            held = try await run.target.listParts(of: upload, key: key)
        } catch {
            guard error.code == .noSuchUpload else { throw error }
            try await step(&row, .lose, .lose)
            return
        }
        guard case .moving(_, let received) = row.machine.state else { return }
        let committed = Dictionary(row.parts.map { ($0.index, $0) }, uniquingKeysWith: { $1 })
        for part in received {
            flow.didReuse(committed[part]?.size ?? 0)
            // A receipt that the target no longer shows is a lost upload, never a part to be trusted.
            guard held.contains(where: { $0.index == part }) else {
                try await run.target.abortUpload(upload, key: key)
                try await step(&row, .lose, .lose)
                return
            }
        }
        for receipt in held where !received.contains(receipt.index) {
            guard let part = committed[receipt.index], part.size == receipt.size, agrees(receipt, part) else {
                continue
            }
            try await step(&row, .receive(receipt), .receive(part: receipt.index))
            flow.didReuse(part.size)
        }
        row = try await run.journal.transfer(row.row) ?? row
    }

    private func agrees(_ receipt: PartReceipt, _ part: PartRow) -> Bool {
        if let checksum = receipt.checksum, let ours = part.checksums.wire(checksum.kind) {
            return checksum.value == ours
        }
        if run.target.traits.partChecksum == .none {
            // Nothing was enforced when it was sent: only its MD5 in the ETag tells that it arrived whole.
            guard let md5 = part.checksums.md5 else { return false }
            return receipt.entityTag == Hex.encode(md5)
        }
        return true
    }

    // MARK: Parts

    private func send(_ parts: [Int], of row: inout TransferRow, _ hull: Hull) async throws {
        guard let upload = row.machine.openUpload else { return }
        let committed = Dictionary(row.parts.map { ($0.index, $0) }, uniquingKeysWith: { $1 })
        let fixed = row
        // The group tells of an error only once all parts have been handed out.
        let hasFailed = Drain()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in parts {
                    await pacer.acquire()
                    if Task.isCancelled || run.drain.isRequested || hasFailed.isRequested {
                        pacer.release(bytes: 0)
                        break
                    }
                    let lane = lanes[index % lanes.count]
                    group.addTask(executorPreference: lane.reactor) {
                        do {
                            let moved = try await sendPart(
                                index, of: fixed, upload: upload, hull, committed: committed[index], on: lane)
                            pacer.release(bytes: moved)
                        } catch {
                            hasFailed.request()
                            pacer.release(bytes: 0)
                            throw error
                        }
                    }
                }
                try await group.waitForAll()
            }
        } catch let error as StoreError where error.code == .noSuchUpload {
            row = try await run.journal.transfer(row.row) ?? row
            try await step(&row, .lose, .lose)
            return
        }
        row = try await run.journal.transfer(row.row) ?? row
        if run.drain.isRequested, case .move = row.machine.owed {
            throw StoreError(.cancelled, "the run is draining", key: row.key)
        }
    }

    private func sendPart(
        _ index: Int, of row: TransferRow, upload: String, _ hull: Hull, committed: PartRow?, on lane: Lane
    ) async throws -> UInt64 {
        let range = hull.layout.range(of: index)
        let isLast = hull.layout.isLast(index)
        let firstChunk = range.lowerBound / 65_536
        let sourceRange = hull.envelope?.storedRange(ofPlain: range) ?? range
        let opening: PartPipeline.Opening =
            hull.envelope.map { envelope in .envelope { try envelope.opener(ofPlain: range) } } ?? .clear
        let plain = UInt64(range.count)
        let prefix = index == 0 ? hull.sealing?.prefix.count ?? 0 : 0
        let spooled = plain > Self.bufferedPart
        let stored = hull.sealing == nil ? plain : AgeSealing.storedSize(plain: plain, prefix: prefix)
        let capacity = spooled ? PartPipeline.spoolCapacity(prefix: prefix) : max(1, Int(stored))
        await bandwidth?.take(UInt64(sourceRange.count))
        return try await lane.withBuffer(capacity) { buffer in
            let spool = spooled ? try SpoolFile(directory: run.spool) : nil
            return try await lane.withPipeline { pipeline in
                defer { pipeline.end() }
                pipeline.begin(
                    PartPipeline.Job(
                        opening: opening, sealing: hull.sealing, firstChunk: firstChunk, endsFile: isLast,
                        single: hull.layout.leafCount == 1, plainSize: plain,
                        output: spool.map { .spool(buffer, descriptor: $0.descriptor) } ?? .buffer(buffer)))
                _ = try await run.source.read(
                    ReadRequest(key: run.sourceKey(row.key), version: hull.version, range: sourceRange),
                    on: lane.reactor, into: pipeline)
                flow.didRead(UInt64(sourceRange.count))
                let sealed = try pipeline.finish()
                guard sealed.plainSize == plain else {
                    throw StoreError(
                        .drifted, "part \(index + 1) holds \(sealed.plainSize) bytes where \(plain) were pinned",
                        key: row.key)
                }
                try await commit(index, of: row, hull, sealed, committed)
                let receipt = try await sendSealed(sealed, index: index, row: row, upload: upload, lane)
                try await run.journal.record([TransferChange(row: row.row, step: .receive(receipt))])
                flow.didSend(UInt64(sealed.body.count))
                return UInt64(sourceRange.count)
            }
        }
    }

    /// Before a part leaves, its keyed plaintext digest is on the disk; a part that was read again and differs
    /// never leaves (invariant 2).
    private func commit(
        _ index: Int, of row: TransferRow, _ hull: Hull, _ sealed: SealedPart, _ committed: PartRow?
    ) async throws {
        let leaves = sealed.single ?? sealed.leaves
        var keyed: [UInt8] = []
        for start in stride(from: 0, to: leaves.count, by: 32) {
            keyed += run.secrets.digest.keyed(Array(leaves[start..<start + 32]))
        }
        if let committed {
            guard committed.keyedLeaves == keyed else {
                throw StoreError(
                    .drifted,
                    "part \(index + 1) reads differently than before the restart, though its version is the same",
                    key: row.key)
            }
            return
        }
        let sealedLeaves = try leaves.withUnsafeBytes {
            try run.secrets.resume.seal(
                $0, binding: run.binding("leaves/\(index)", row: row.row, version: hull.version))
        }
        let sealedShare =
            sealed.share.isEmpty
            ? []
            : try sealed.share.withUnsafeBytes {
                try run.secrets.resume.seal(
                    $0, binding: run.binding("share/\(index)", row: row.row, version: hull.version))
            }
        try await run.journal.record([
            TransferChange(
                row: row.row,
                step: .commit(
                    PartRow(
                        index: index, keyedLeaves: keyed, sealedLeaves: sealedLeaves, sealedShare: sealedShare,
                        checksums: sealed.body.checksums, tag: sealed.tag, size: UInt64(sealed.body.count))))
        ])
    }

    private func sendSealed(
        _ sealed: SealedPart, index: Int, row: TransferRow, upload: String, _ lane: Lane
    ) async throws -> PartReceipt {
        let key = run.targetKey(row.key)
        var last: StoreError?
        for _ in 0..<3 {
            do throws(StoreError) {
                let receipt = try await run.target.writePart(
                    index, of: upload, key: key, body: sealed.body, on: lane.reactor)
                if run.target.traits.partChecksum == .none, run.target.traits.entityTagIsMD5,
                    let md5 = sealed.body.checksums.md5, receipt.entityTag != Hex.encode(md5)
                {
                    last = StoreError(
                        .checksumRefused,
                        "the target's ETag \(receipt.entityTag) of part \(index + 1) is not the MD5 of what was sent",
                        key: key)
                    continue
                }
                return receipt
            } catch {
                guard error.code == .ambiguous || error.code == .checksumRefused else { throw error }
                // A part may always be sent again: it seals to the same bytes and replaces itself.
                last = error
            }
        }
        throw last ?? StoreError(.ambiguous, "the target gave no clear answer", key: key)
    }
}

extension TransferMachine {
    /// What is pinned, in the states that have it.
    var pinned: Pinned? {
        switch state {
        case .pinned(let pinned), .moving(let pinned, _), .completing(let pinned): pinned
        case .pending, .landed, .verified, .failed, .drifted: nil
        }
    }
}
