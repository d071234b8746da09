import HavreCrypto
import HavreJournal
import HavreModel
import HavreStores

/// Joining the parts at the target, with the answer that never came in mind.
extension Mover {
    /// Completes and lands; false where the upload was lost and the parts must go again.
    func completeUpload(
        _ row: TransferRow, upload: String, version: SourceVersion, layout: PartLayout,
        words: (unmapped: [String], provenance: String), on lane: Lane
    ) async throws -> Bool {
        guard let stored = try await run.journal.transfer(row.row) else { return true }
        let parts = stored.parts.sorted { $0.index < $1.index }
        let receipts = parts.compactMap(\.receipt)
        guard parts.count == layout.partCount, receipts.count == layout.partCount else {
            throw EngineError(
                .internalFailure, "row \(row.row) completes with \(receipts.count) of \(layout.partCount) parts")
        }
        let key = run.targetKey(row.key)
        let size = parts.reduce(0) { $0 + $1.size }
        let whole = wholeChecksums(parts)
        let checksum =
            whole.crc64nvme == nil
            ? nil
            : whole.wire(run.target.traits.partChecksum).map {
                Checksum(kind: run.target.traits.partChecksum, value: $0)
            }
        let landing = try landing(
            stored, parts, version: version, layout: layout, words: words, checksums: whole)
        let joining = Joining(row: stored, key: key, size: size, landing: landing, lane: lane)
        let condition = try await condition(joining: stored)
        let receipt: WriteReceipt
        do throws(StoreError) {
            receipt = try await run.target.completeUpload(
                upload, key: key, parts: receipts, checksum: checksum, condition: condition)
        } catch {
            switch try await outcome(of: joining, after: error) {
            case .joined(let found):
                // Joined by an earlier request; the upload at hand may be another's attempt that is still open.
                try? await run.target.abortUpload(upload, key: key)
                try await land(joining, found)
                return true
            case .lost: return false
            case .again:
                receipt = try await run.target.completeUpload(
                    upload, key: key, parts: receipts, checksum: checksum, condition: .any)
            }
        }
        guard let head = try await occupant(row.key), head.version.size == size else {
            throw StoreError(
                .protocolViolation, "the target acknowledged the object but does not hold \(size) bytes of it", key: key
            )
        }
        var shown = receipt
        // Some servers (`rclone serve s3`) name another ETag when they join than they show ever after. What they show
        // is what later runs compare; that it is ours is then read back rather than believed.
        let isRenamed = receipt.entityTag != head.version.entityTag
        if isRenamed {
            guard isOurs(head, row) || !run.target.traits.keepsUserMetadata else {
                throw Blocked(reason: "occupied: another's object appeared at the target meanwhile")
            }
            shown.entityTag = head.version.entityTag
            shown.versionID = head.version.versionID
        }
        if isRenamed || (run.target.traits.partChecksum == .none && !run.target.traits.entityTagIsMD5) {
            try await readBack(joining, shown)
        }
        try await land(joining, shown)
        return true
    }

    /// What joining the parts of one object needs.
    private struct Joining: Sendable {
        let row: TransferRow
        let key: ObjectKey
        let size: UInt64
        /// All but the receipt.
        let landing: Landing
        let lane: Lane
    }

    /// What became of a request to join whose answer left it open.
    private enum JoinOutcome {
        /// The parts are joined: read back, bit for bit.
        case joined(WriteReceipt)
        /// What stands there is an attempt of ours, or what the plan replaces; it may be written over.
        case again
        /// The upload is gone: the parts must go again.
        case lost
    }

    /// The condition of joining. Where none is enforced, or an earlier attempt may stand there, one looks first.
    private func condition(joining row: TransferRow) async throws -> WriteCondition {
        let enforced = run.target.traits.conditionalComplete && row.replaces == nil
        if enforced && !row.attemptedBefore { return .absent }
        // Replacing is tied to no tag here: no probe tells whether a server heeds one when it joins.
        return try await conditionAfterLook(row, enforced: enforced) == .absent ? .absent : .any
    }

    private func land(_ joining: Joining, _ receipt: WriteReceipt) async throws {
        var landing = joining.landing
        landing.receipt = receipt
        try await run.journal.record([TransferChange(row: joining.row.row, step: .land(landing))])
    }

    private func readBack(_ joining: Joining, _ receipt: WriteReceipt) async throws {
        try await ReadBack(run: run, lane: joining.lane).tags(
            key: joining.key,
            version: SourceVersion(
                entityTag: receipt.entityTag, size: joining.size, versionID: receipt.versionID),
            parts: ReadBack.parts(of: joining.landing))
    }

    /// After an answer that leaves it open HEAD decides. What it shows is never believed to be these parts by its size
    /// and marker: an older version of the object may have both. It is read back.
    private func outcome(of joining: Joining, after error: StoreError) async throws -> JoinOutcome {
        let isOpen = error.code == .noSuchUpload || error.code == .ambiguous || error.code == .conditionFailed
        guard isOpen else { throw error }
        let row = joining.row
        guard let head = try await occupant(row.key) else {
            if error.code == .noSuchUpload { return .lost }
            throw StoreError(.temporary, "the parts could not be joined: \(error.message)", key: joining.key)
        }
        let tag = head.version.entityTag
        let keepsMarkers = run.target.traits.keepsUserMetadata
        if head.version.size == joining.size, tag != row.replaces,
            !keepsMarkers || head.marker == run.marker(row: row.row, version: joining.landing.version)
        {
            let receipt = WriteReceipt(
                entityTag: tag, versionID: head.version.versionID, enforced: run.target.traits.partChecksum)
            do {
                try await readBack(joining, receipt)
                return .joined(receipt)
            } catch is ReadBack.Mismatch {
                // An attempt under another file key, or an older version.
            }
        }
        // Blocked where it is another's.
        _ = try await conditionAfterLook(row, enforced: false)
        if error.code == .noSuchUpload { return .lost }
        guard error.code == .conditionFailed else {
            throw StoreError(.temporary, "the parts could not be joined: \(error.message)", key: joining.key)
        }
        return .again
    }

    private func wholeChecksums(_ parts: [PartRow]) -> CiphertextChecksums {
        var crc: UInt64?
        for part in parts {
            guard let next = part.checksums.crc64nvme else { return CiphertextChecksums() }
            crc = crc.map { CRC64NVME.combine($0, next, lengthB: part.size) } ?? next
        }
        return CiphertextChecksums(crc64nvme: crc)
    }

    private func landing(
        _ row: TransferRow, _ parts: [PartRow], version: SourceVersion, layout: PartLayout,
        words: (unmapped: [String], provenance: String), checksums: CiphertextChecksums
    ) throws -> Landing {
        var leaves: [UInt8] = []
        for part in parts {
            let opened = try run.secrets.resume.open(
                part.sealedLeaves, binding: run.binding("leaves/\(part.index)", row: row.row, version: version))
            opened.withBytes { leaves += $0 }
        }
        let one = layout.leafCount == 1
        let root = one ? leaves : ObjectDigest.root(leaves: leaves)
        return Landing(
            version: version, plainSize: layout.size, storedSize: parts.reduce(0) { $0 + $1.size },
            digestKind: one ? "sha256" : "merkle8m", keyedRoot: run.secrets.digest.keyed(root),
            keyedLeaves: one ? [] : parts.flatMap(\.keyedLeaves), storedPartSize: parts.first?.size ?? 0,
            tags: parts.flatMap(\.tag), checksums: checksums,
            receipt: WriteReceipt(entityTag: "", enforced: .none), envelope: run.envelope,
            sealedMetadata: row.pinned?.sealedMetadata ?? [], unmapped: words.unmapped.joined(separator: "; "),
            provenance: words.provenance)
    }
}

/// The digest of an object's plaintext (design §4).
enum ObjectDigest {
    /// RFC 6962 root over joined leaf hashes of 32 bytes each.
    static func root(leaves: [UInt8]) -> [UInt8] {
        let hashes = stride(from: 0, to: leaves.count, by: 32).map { Array(leaves[$0..<$0 + 32]) }
        return MerkleTree(hash: HashFunction.sha256).root(ofLeafHashes: hashes)
    }
}
