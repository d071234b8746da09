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
        let lock = try await lock(of: row, on: lane)
        let change = try await lane.withBuffer(capacity(version.size, sealing)) { buffer in
            try await lane.withPipeline { pipeline in
                defer { pipeline.end() }
                pipeline.begin(
                    PartPipeline.Job(
                        opening: lock.opening, sealing: sealing, firstChunk: 0, endsFile: true, single: true,
                        plainSize: lock.plainSize, output: .buffer(buffer)))
                let head = try await run.source.read(
                    ReadRequest(key: run.sourceKey(row.key), version: version, range: lock.range), on: lane.reactor,
                    into: pipeline)
                flow.didRead(version.size)
                let part = try pipeline.finish()
                try lock.envelope?.verify([part.share])
                let mapping = try await mapping(head, row, version: version)
                let receipt = try await put(row, part, mapping.clear, condition, lane)
                flow.didSend(UInt64(part.body.count))
                return TransferChange(
                    row: row.row, step: .land(try landing(row, version, part, mapping, receipt, lock.provenance)))
            }
        }
        try await landings.add(change)
    }

    /// How an object is opened: what its envelope told, where one had to be read first.
    private struct Lock {
        var opening = PartPipeline.Opening.clear
        /// The bytes to read; nil is all.
        var range: Range<UInt64>?
        /// Bytes of plaintext; nil where only the end tells.
        var plainSize: UInt64?
        var envelope: (any OpenedEnvelope)?
        var provenance = SourceProvenance.asserted
    }

    private func lock(of row: TransferRow, on lane: Lane) async throws -> Lock {
        guard let opening = run.opening else { return Lock(plainSize: row.listed.size) }
        if try opening.stream() != nil {
            return Lock(
                opening: .envelope {
                    guard let opener = try opening.stream() else {
                        throw EngineError(.internalFailure, "an envelope lost its stream")
                    }
                    return opener
                }, provenance: SourceProvenance.words(opening, nil, streamed: true))
        }
        let key = run.sourceKey(row.key)
        let head = try await run.source.head(key, versionID: row.listed.versionID, withTags: false)
        guard head.version.matches(row.listed) else {
            throw StoreError(.drifted, "changed since it was listed", key: row.key)
        }
        guard let envelope = try await opening.open(key, head, in: run.source, on: lane.reactor) else {
            return Lock(
                plainSize: row.listed.size, provenance: SourceProvenance.words(opening, nil, streamed: false))
        }
        let all = 0..<envelope.plainSize
        return Lock(
            opening: .envelope { try envelope.opener(ofPlain: all) }, range: envelope.storedRange(ofPlain: all),
            plainSize: envelope.plainSize, envelope: envelope,
            provenance: SourceProvenance.words(opening, envelope, streamed: false))
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
        _ receipt: WriteReceipt, _ provenance: String
    ) throws -> Landing {
        guard let single = part.single else {
            throw EngineError(.internalFailure, "an object of one part has no plain digest")
        }
        return Landing(
            version: version, plainSize: part.plainSize, storedSize: UInt64(part.body.count), digestKind: "sha256",
            keyedRoot: run.secrets.digest.keyed(single), keyedLeaves: [], storedPartSize: UInt64(part.body.count),
            tags: part.tag, checksums: part.body.checksums, receipt: receipt, envelope: run.envelope,
            sealedMetadata: try sealedMetadata(mapping, row: row.row, version: version),
            unmapped: mapping.unmapped.joined(separator: "; "), provenance: provenance)
    }
}
