public import HavreCrypto
public import HavreJournal
public import HavreModel
public import HavreStores

/// Rebuilds a lost journal from the manifests beside the data, checking each object.
public struct Adopter: Sendable {
    /// What was found.
    public struct Report: Sendable, Hashable {
        /// One line a manifest: its run, its objects, whether its signature was checked.
        public var manifests: [String] = []
        /// Objects taken into the journal.
        public var adopted = 0
        /// Objects that do not agree with their manifest.
        public var refused = 0
        /// Why, at most the first hundred.
        public var refusals: [String] = []
    }

    private let dataset: Dataset
    private let target: any ObjectStore
    private let journal: SQLiteJournal
    private let identities: [AgeIdentity]
    private let signer: VerifyingKey?
    private let state: String
    private let reactors: [Reactor]
    private let readsObjects: Bool

    /// Prepares an adoption. With `signer`, a manifest without its valid signature is refused; with `readsObjects`,
    /// every object is opened and its plaintext digest compared.
    public init(
        dataset: Dataset, target: any ObjectStore, journal: SQLiteJournal, identities: [AgeIdentity],
        signer: VerifyingKey?, state: String, reactors: [Reactor], readsObjects: Bool
    ) {
        self.dataset = dataset
        self.target = target
        self.journal = journal
        self.identities = identities
        self.signer = signer
        self.state = state
        self.reactors = reactors
        self.readsObjects = readsObjects
    }

    /// Adopts from every manifest, the newest first: what it says of a key wins over older ones.
    public func execute() async throws -> Report {
        var report = Report()
        let prefix = ObjectKey(dataset.target.prefix.bytes + Scanner.ownPrefix.bytes)
        var manifests: [ObjectEntry] = []
        let listing = target.listing(prefix: prefix)
        while let page = try await listing.next() {
            manifests += page.filter { entry in
                let name = entry.key.text ?? ""
                return name.contains("/manifest") && (name.hasSuffix(".age") || name.hasSuffix(".ndjson"))
            }
        }
        manifests.sort { ($1.version.modified ?? 0, $1.key) < ($0.version.modified ?? 0, $0.key) }
        for entry in manifests { try await adopt(entry, &report) }
        if report.adopted > 0, report.refused == 0 { try await settle() }
        return report
    }

    /// A manifest is written once nothing is left to move: a dataset all of which agrees is transferred again.
    private func settle() async throws {
        guard try await journal.datasetState(dataset.name) == "drafted" else { return }
        for step in ["planned", "transferring", "transferred"] {
            try await journal.setDatasetState(dataset.name, step, notes: .empty)
        }
    }

    private func adopt(_ entry: ObjectEntry, _ report: inout Report) async throws {
        let isSealed = (entry.key.text ?? "").hasSuffix(".age")
        let reading = try ManifestSink(identities: isSealed ? identities : [])
        _ = try await target.read(ReadRequest(key: entry.key, version: entry.version), on: reactors[0], into: reading)
        try reading.finish()
        guard let header = reading.header else {
            throw EngineError(.state, "\(entry.key): holds no manifest")
        }
        let signature = try await checkSignature(entry.key, reading)
        let digest = try digestKey(header)
        report.manifests.append(
            "run \(header.run): \(Counted.of(reading.objects.count, "object")), \(signature)")
        var batch: [(run: String, key: ObjectKey, landing: Landing)] = []
        for object in reading.objects {
            if let words = try await disagreement(object, header, digest) {
                report.refused += 1
                if report.refusals.count < 100 { report.refusals.append("\(object.key): \(words)") }
                continue
            }
            batch.append((object.run, object.key, landing(object)))
            if batch.count == 256 {
                report.adopted += try await journal.adoptLanded(dataset: dataset.name, batch)
                batch = []
            }
        }
        if !batch.isEmpty { report.adopted += try await journal.adoptLanded(dataset: dataset.name, batch) }
    }

    private func checkSignature(_ key: ObjectKey, _ reading: ManifestSink) async throws -> String {
        guard let signer else { return "signature not asked for" }
        let stem = (key.text ?? "").split(separator: ".").dropLast().joined(separator: ".")
        let name = ObjectKey(stem + ".sig")
        let head = try await target.head(name, versionID: nil, withTags: false)
        let sink = MemorySink()
        _ = try await target.read(ReadRequest(key: name, version: head.version), on: reactors[0], into: sink)
        let note = try SignedNote(parsing: sink.bytes)
        let keyID = SignedNote.keyID(
            name: "havre", type: SignedNote.ed25519, publicKey: signer.point, hash: HashFunction.sha256)
        let checkpoint = try Checkpoint(body: note.text)
        guard note.isSigned(name: "havre", keyID: keyID, check: { signer.verifies($1, of: $0) }),
            checkpoint.root == reading.sha256
        else {
            throw EngineError(
                .state, "\(key): the signature is not that of this manifest by the key given; nothing was adopted")
        }
        return "signature valid"
    }

    /// The manifest's digest key; it becomes this state's, which must not hold another.
    private func digestKey(_ header: Manifest.Header) throws -> DigestKey? {
        guard !header.sealedDigestKey.isEmpty else { return try RunSecrets.digestKey(state: state) }
        let opener = try AgeStreamOpener(identities: identities)
        var key: DigestKey?
        try header.sealedDigestKey.withUnsafeBytes { bytes in
            try opener.update(bytes) { _ in }
            try opener.finish { key = try DigestKey(copying: $0) }
        }
        guard let key else { throw EngineError(.key, "the manifest of run \(header.run) holds no digest key") }
        if let mine = try RunSecrets.digestKey(state: state) {
            let probe = [UInt8](repeating: 7, count: 32)
            guard mine.keyed(probe) == key.keyed(probe) else {
                throw EngineError(
                    .state,
                    "\(state) holds another digest key than the manifest of run \(header.run); adopt into an empty state"
                )
            }
        } else {
            try RunSecrets.restore(digest: key, state: state)
        }
        return key
    }

    private func disagreement(
        _ object: Manifest.Object, _ header: Manifest.Header, _ digest: DigestKey?
    ) async throws -> String? {
        let key = object.key.prefixed(by: dataset.target.prefix)
        let head: ObjectHead
        do throws(StoreError) {
            head = try await target.head(key, versionID: nil, withTags: false)
        } catch {
            guard error.code == .notFound else { throw error }
            return "is not at the target"
        }
        guard head.version.size == object.storedSize, head.version.entityTag == object.receipt.entityTag else {
            return "is another object than the manifest of run \(header.run) names"
        }
        guard readsObjects, let digest else { return nil }
        let sink = try PlainSink(
            identities: object.envelope == "none" ? [] : identities, single: object.digestKind == "sha256")
        _ = try await target.read(ReadRequest(key: key, version: head.version), on: reactors[0], into: sink)
        let found: LeafDigests
        do {
            found = try sink.finish()
        } catch {
            return "does not open: \(error)"
        }
        let root = found.single ?? ObjectDigest.root(leaves: found.leaves)
        return digest.matches(root, keyed: object.keyedRoot) && sink.size == object.plainSize
            ? nil : "holds other plaintext than was moved"
    }

    private func landing(_ object: Manifest.Object) -> Landing {
        Landing(
            version: object.source, plainSize: object.plainSize, storedSize: object.storedSize,
            digestKind: object.digestKind, keyedRoot: object.keyedRoot, keyedLeaves: object.keyedLeaves,
            storedPartSize: object.storedPartSize, tags: object.tags, checksums: object.checksums,
            receipt: object.receipt, envelope: object.envelope, sealedMetadata: [], unmapped: object.unmapped,
            provenance: object.provenance)
    }
}

/// Opens and decodes a manifest as it arrives.
private final class ManifestSink: ByteSink {
    private(set) var header: Manifest.Header?
    private(set) var objects: [Manifest.Object] = []
    private(set) var sha256: [UInt8] = []
    private let identities: [AgeIdentity]
    private var opener: AgeStreamOpener?
    private var decoder = ManifestDecoder(hash: HashFunction.sha256)
    private var hash: SHA256Stream
    private var fault: (any Error)?

    init(identities: [AgeIdentity]) throws {
        self.identities = identities
        hash = try SHA256Stream()
    }

    func restart() {
        header = nil
        objects = []
        decoder = ManifestDecoder(hash: HashFunction.sha256)
        fault = nil
        do {
            hash = try SHA256Stream()
            opener = identities.isEmpty ? nil : try AgeStreamOpener(identities: identities)
        } catch {
            fault = error
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        if let fault { throw fault }
        hash.update(bytes)
        guard let opener else { return try take(bytes) }
        try opener.update(bytes) { try take($0) }
    }

    func finish() throws {
        try opener?.finish { try take($0) }
        try decoder.finish()
        sha256 = hash.finish()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws {
        for line in try decoder.feed(bytes) {
            switch line {
            case .header(let found): header = found
            case .object(let object): objects.append(object)
            case .end: break
            }
        }
    }
}
