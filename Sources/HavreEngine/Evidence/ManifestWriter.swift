import HavreCrypto
import HavreJournal
import HavreModel
import HavreStores

/// Puts the sealed manifest of one run beside the data, so that the target explains itself when the journal is lost
/// (design §4): `<prefix>.havre/<run>/manifest.age`, with `manifest.sig` where the plan names a sign key.
struct ManifestWriter: Sendable {
    private let run: DatasetRun
    private let plan: Plan
    private let planHash: String
    private let signer: SigningKey?
    private let reactor: Reactor
    private let clock: @Sendable () -> Int64

    /// Objects in one manifest file; more go into `manifest-2.age` and so on, each whole by itself.
    private static let objectsPerFile = 2_000_000

    init(
        run: DatasetRun, plan: Plan, planHash: String, signer: SigningKey?, reactor: Reactor,
        clock: @escaping @Sendable () -> Int64
    ) {
        self.run = run
        self.plan = plan
        self.planHash = planHash
        self.signer = signer
        self.reactor = reactor
        self.clock = clock
    }

    /// Writes what landed in this run; returns the key of the first file, nil where nothing landed in it.
    func write() async throws -> ObjectKey? {
        var after: Int64 = 0
        var first: ObjectKey?
        var number = 1
        while true {
            guard let (key, last) = try await writeFile(number, after: after) else { return first }
            first = first ?? key
            after = last
            number += 1
        }
    }

    private func key(_ name: String) -> ObjectKey {
        ObjectKey(run.dataset.target.prefix.bytes + Array(".havre/\(run.run)/\(name)".utf8))
    }

    private func writeFile(_ number: Int, after start: Int64) async throws -> (ObjectKey, Int64)? {
        var after = start
        let file = try SealedFile(directory: run.spool, recipients: run.recipients, checks: run.checks)
        var encoder = ManifestEncoder(hash: HashFunction.sha256)
        var objects = 0
        var left = 0
        try file.append(encoder.encode(try header()))
        paging: while true {
            let rows = try await run.journal.landed(
                dataset: run.dataset.name, includingVerified: true, after: after, limit: 256)
            guard let last = rows.last else { break }
            for row in rows where row.run == run.run {
                guard let object = try await object(row) else {
                    left += 1
                    continue
                }
                try file.append(encoder.encode(object))
                objects += 1
            }
            after = last.row
            if objects >= Self.objectsPerFile { break paging }
        }
        guard objects > 0 else { return nil }
        let end = encoder.end()
        try file.append(end)
        // An earlier manifest of the run may be the only one to hold the metadata of what was left out: it stays.
        let stem = (number == 1 ? "manifest" : "manifest-\(number)") + (left == 0 ? "" : "-\(clock())")
        let name = stem + (run.recipients.isEmpty ? ".ndjson" : ".age")
        let (body, sha256) = try file.finish()
        try await put(key(name), body, sha256)
        if let signer { try await sign(signer, stem, objects: objects, sha256: sha256) }
        try await run.journal.note("manifest.written", dataset: run.dataset.name, note(name, objects, sha256))
        return (key(name), after)
    }

    private func note(_ name: String, _ objects: Int, _ sha256: [UInt8]) -> JournalNote {
        JournalNote(json: Array(#"{"file":"\#(name)","objects":\#(objects),"sha256":"\#(Hex.encode(sha256))"}"#.utf8))
    }

    /// The digest key travels sealed to the same recipients, as a small age file of its own.
    private func header() throws -> Manifest.Header {
        var sealed: [UInt8] = []
        if !run.recipients.isEmpty {
            let sealing = try AgeSealing.create(to: run.recipients)
            let sealer = try ChunkSealer()
            let size = Int(AgeSealing.storedSize(plain: 64, prefix: sealing.prefix.count))
            let out = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
            defer { out.deallocate() }
            sealer.begin(
                sealing, firstChunk: 0, endsFile: true, plainCount: 64, into: out, at: sealing.prefix.count)
            try run.secrets.digest.withBytes { try sealer.update($0) }
            sealed = Array(out[..<(try sealer.finish())])
        }
        return Manifest.Header(
            run: run.run, plan: plan.name, planHash: planHash, dataset: run.dataset.name, source: run.dataset.source,
            target: run.dataset.target, recipients: run.recipients.map(\.text), sealedDigestKey: sealed, began: clock(),
            written: clock())
    }

    /// Nil where the object's metadata were sealed under a resume key that is gone: it is to be moved again, since
    /// nothing else has them.
    private func object(_ row: LandedRow) async throws -> Manifest.Object? {
        let landing = row.landing
        var metadata: ObjectMetadata?
        if !landing.sealedMetadata.isEmpty {
            let binding = run.binding("metadata", row: row.row, version: landing.version)
            guard let opened = try? run.secrets.resume.open(landing.sealedMetadata, binding: binding) else {
                let failure = TransferMachine.Failure(
                    reason: "its metadata were sealed under a resume key that is gone", retryable: true)
                try await run.journal.record([TransferChange(row: row.row, step: .fail(failure))])
                return nil
            }
            metadata = try opened.withBytes { try MetadataMapping.decode($0) }
        }
        return Manifest.Object(
            row: row.row, run: row.run, key: row.key, source: landing.version, plainSize: landing.plainSize,
            storedSize: landing.storedSize, storedPartSize: landing.storedPartSize, digestKind: landing.digestKind,
            keyedRoot: landing.keyedRoot, keyedLeaves: landing.keyedLeaves, tags: landing.tags,
            checksums: landing.checksums, receipt: landing.receipt, envelope: landing.envelope, metadata: metadata,
            unmapped: landing.unmapped, provenance: landing.provenance, verified: row.verified)
    }

    /// Where the target enforced no check on what it took, the file is read back: with the run's end the resume key goes,
    /// and with it whatever else could make this file again.
    private func put(_ key: ObjectKey, _ body: WriteBody, _ sha256: [UInt8]) async throws {
        let receipt = try await run.target.write(
            WriteRequest(key: key, condition: .any, metadata: ObjectMetadata(contentType: "application/octet-stream")),
            body: body, on: reactor)
        guard receipt.enforced == .none else { return }
        let sink = HashSink()
        let head = try await run.target.head(key, versionID: nil, withTags: false)
        _ = try await run.target.read(ReadRequest(key: key, version: head.version), on: reactor, into: sink)
        guard sink.hash?.finish() == sha256 else {
            throw StoreError(
                .temporary, "the manifest at the target is not what was sent; run apply again to write it anew",
                key: key)
        }
    }

    /// A signed note (C2SP `signed-note`) over a checkpoint: origin, number of objects, SHA-256 of the manifest file.
    private func sign(_ signer: SigningKey, _ stem: String, objects: Int, sha256: [UInt8]) async throws {
        let origin = "havre/\(plan.name)/\(run.dataset.name)/\(run.run)"
        let checkpoint = Checkpoint(origin: origin, size: UInt64(objects), root: sha256)
        var note = SignedNote(text: checkpoint.body)
        let keyID = SignedNote.keyID(
            name: "havre", type: SignedNote.ed25519, publicKey: signer.verifyingKey.point, hash: HashFunction.sha256)
        try note.sign(name: "havre", keyID: keyID) { (text) throws(CryptoError) in try signer.signature(of: text) }
        let bytes = Array(note.encoded.utf8)
        let file = try SealedFile(directory: run.spool, recipients: [], checks: run.checks)
        try file.append(bytes)
        let (body, sha256) = try file.finish()
        try await put(key(stem + ".sig"), body, sha256)
    }
}

/// Hashes what it receives; nil where no context could be made, which equals nothing.
private final class HashSink: ByteSink {
    private(set) var hash: SHA256Stream?

    func restart() { hash = try? SHA256Stream() }

    func receive(_ bytes: UnsafeRawBufferPointer) throws { hash?.update(bytes) }
}
