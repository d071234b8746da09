import HavreCrypto
import HavreJournal
import HavreModel
import HavreStores

/// Joining the parts at the target, with the answer that never came in mind.
extension Mover {
    /// Completes and lands; false where the upload was lost and the parts must go again.
    func completeUpload(
        _ row: TransferRow, upload: String, version: SourceVersion, layout: PartLayout, unmapped: [String],
        on lane: Lane
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
        let enforced = run.target.traits.conditionalComplete && row.replaces == nil
        let checksum =
            whole.crc64nvme == nil
            ? nil
            : whole.wire(run.target.traits.partChecksum).map {
                Checksum(kind: run.target.traits.partChecksum, value: $0)
            }
        var receipt: WriteReceipt
        do throws(StoreError) {
            receipt = try await run.target.completeUpload(
                upload, key: key, parts: receipts, checksum: checksum, condition: enforced ? .absent : .any)
        } catch {
            guard let joined = try await joinedAlready(row, size: size, after: error) else { return false }
            receipt = joined
        }
        guard let head = try await occupant(row.key), head.version.size == size else {
            throw StoreError(
                .protocolViolation, "the target acknowledged the object but does not hold \(size) bytes of it", key: key
            )
        }
        // Some servers (`rclone serve s3`) name another ETag when they join than they show ever after. What they show
        // is what later runs compare; that it is ours is then read back rather than believed.
        let isRenamed = receipt.entityTag != head.version.entityTag
        if isRenamed {
            guard isOurs(head, row) || !run.target.traits.keepsUserMetadata else {
                throw Blocked(reason: "occupied: another's object appeared at the target meanwhile")
            }
            receipt.entityTag = head.version.entityTag
            receipt.versionID = head.version.versionID
        }
        let landing = try landing(
            stored, parts, version: version, layout: layout, unmapped: unmapped, checksums: whole,
            receipt: receipt)
        if isRenamed || (run.target.traits.partChecksum == .none && !run.target.traits.entityTagIsMD5) {
            try await ReadBack(run: run, lane: lane).tags(
                key: key,
                version: SourceVersion(entityTag: receipt.entityTag, size: size, versionID: receipt.versionID),
                parts: ReadBack.parts(of: landing))
        }
        try await run.journal.record([TransferChange(row: row.row, step: .land(landing))])
        return true
    }

    /// After an answer that leaves it open HEAD decides: joined already, another's, or the parts must go again (nil).
    private func joinedAlready(_ row: TransferRow, size: UInt64, after error: StoreError) async throws -> WriteReceipt?
    {
        let isOpen = error.code == .noSuchUpload || error.code == .ambiguous || error.code == .conditionFailed
        guard isOpen else { throw error }
        let head = try await occupant(row.key)
        if let head, !isOurs(head, row), run.target.traits.keepsUserMetadata, head.version.entityTag != row.replaces {
            throw Blocked(reason: "occupied: another's object appeared at the target meanwhile")
        }
        guard let head, head.version.size == size, isOurs(head, row) || !run.target.traits.keepsUserMetadata else {
            if error.code == .noSuchUpload { return nil }
            throw StoreError(
                .temporary, "the parts could not be joined: \(error.message)", key: run.targetKey(row.key))
        }
        return WriteReceipt(
            entityTag: head.version.entityTag, versionID: head.version.versionID,
            enforced: run.target.traits.partChecksum)
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
        unmapped: [String], checksums: CiphertextChecksums, receipt: WriteReceipt
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
            tags: parts.flatMap(\.tag), checksums: checksums, receipt: receipt, envelope: run.envelope,
            sealedMetadata: row.pinned?.sealedMetadata ?? [], unmapped: unmapped.joined(separator: "; "),
            provenance: "asserted")
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
