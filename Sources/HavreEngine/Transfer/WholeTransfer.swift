import HavreCrypto
import HavreJournal
import HavreModel
import HavreStores

/// Objects of one part: one GET, one PUT, one journal row. The file key lives in memory only.
extension Mover {
    /// Bytes that a buffer must hold for an object of `size` source bytes.
    private func capacity(_ size: UInt64, _ sealing: AgeSealing?) -> Int {
        guard let sealing else { return max(1, Int(size)) }
        return Int(AgeSealing.storedSize(plain: size, prefix: sealing.prefix.count))
    }

    /// Moves the object; returns once its landing is on its way into the journal.
    func moveWhole(_ row: TransferRow, on lane: Lane) async throws {
        let version = row.listed
        let sealing = run.recipients.isEmpty ? nil : try AgeSealing.create(to: run.recipients)
        await bandwidth?.take(version.size)
        let condition = try await condition(for: row, enforced: conditionsHold(row))
        let change = try await lane.withBuffer(capacity(version.size, sealing)) { buffer in
            try await lane.withPipeline { pipeline in
                defer { pipeline.end() }
                pipeline.begin(
                    PartPipeline.Job(
                        opening: run.identities.isEmpty ? .clear : .stream(run.identities), sealing: sealing,
                        firstChunk: 0, endsFile: true, single: true, plainSize: version.size,
                        output: .buffer(buffer)))
                let head = try await run.source.read(
                    ReadRequest(key: run.sourceKey(row.key), version: version), on: lane.reactor, into: pipeline)
                flow.didRead(version.size)
                let part = try pipeline.finish()
                let mapping = try await mapping(head, row, version: version)
                let receipt = try await put(row, part, mapping.clear, condition, lane)
                flow.didSend(UInt64(part.body.count))
                return TransferChange(
                    row: row.row, step: .land(try landing(row, version, part, mapping, receipt)))
            }
        }
        try await landings.add(change)
    }

    /// Whether the target enforces the condition that this write needs.
    private func conditionsHold(_ row: TransferRow) -> Bool {
        row.replaces == nil ? run.target.traits.conditionalCreate : run.target.traits.conditionalUpdate
    }

    /// Sends the sealed bytes. After a 412 or an ambiguous answer HEAD decides: ours or nothing, the same bytes go
    /// again; another's, it is blocked.
    private func put(
        _ row: TransferRow, _ part: SealedPart, _ metadata: ObjectMetadata, _ first: WriteCondition, _ lane: Lane
    ) async throws -> WriteReceipt {
        var condition = first
        let key = run.targetKey(row.key)
        var last: StoreError?
        for _ in 0..<4 {
            do {
                let receipt = try await run.target.write(
                    WriteRequest(key: key, condition: condition, metadata: metadata, modified: row.listed.modified),
                    body: part.body,
                    on: lane.reactor)
                return try await checked(receipt, row, part, lane)
            } catch let error as StoreError
                where [.conditionFailed, .ambiguous, .checksumRefused].contains(error.code)
            {
                // Bytes that were changed on the way are sent again: what is sealed is right.
                last = error
                condition = try await conditionAfterLook(row, enforced: conditionsHold(row))
            }
        }
        throw last ?? StoreError(.ambiguous, "the target gave no clear answer", key: key)
    }

    /// Invariant 1: where the store enforced no checksum, its ETag is compared with our MD5, else the object is read back.
    private func checked(
        _ receipt: WriteReceipt, _ row: TransferRow, _ part: SealedPart, _ lane: Lane
    ) async throws -> WriteReceipt {
        guard receipt.enforced == .none else { return receipt }
        if run.target.traits.entityTagIsMD5, let md5 = part.body.checksums.md5 {
            guard receipt.entityTag == Hex.encode(md5) else {
                throw StoreError(
                    .checksumRefused,
                    "the target's ETag \(receipt.entityTag) is not the MD5 \(Hex.encode(md5)) of what was sent",
                    key: run.targetKey(row.key))
            }
            return receipt
        }
        let version = SourceVersion(
            entityTag: receipt.entityTag, size: UInt64(part.body.count), versionID: receipt.versionID)
        try await ReadBack(run: run, lane: lane).tags(
            key: run.targetKey(row.key), version: version, parts: [(0..<version.size, part.tag)])
        return receipt
    }

    private func landing(
        _ row: TransferRow, _ version: SourceVersion, _ part: SealedPart, _ mapping: MetadataMapping,
        _ receipt: WriteReceipt
    ) throws -> Landing {
        guard let single = part.single else {
            throw EngineError(.internalFailure, "an object of one part has no plain digest")
        }
        return Landing(
            version: version, plainSize: part.plainSize, storedSize: UInt64(part.body.count), digestKind: "sha256",
            keyedRoot: run.secrets.digest.keyed(single), keyedLeaves: [], storedPartSize: UInt64(part.body.count),
            tags: part.tag, checksums: part.body.checksums, receipt: receipt, envelope: run.envelope,
            sealedMetadata: try sealedMetadata(mapping, row: row.row, version: version),
            unmapped: mapping.unmapped.joined(separator: "; "), provenance: "asserted")
    }
}
