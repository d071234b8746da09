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
        /// One line a manifest that nothing was taken from: its key, and why.
        public var refusedManifests: [String] = []
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
    /// every object is opened and its plaintext digest compared. Manifests are copied below `state`, as they lie at
    /// the target.
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

    /// Adopts from every manifest, the newest first: what it says of a key wins over older ones. A manifest that is
    /// damaged, sealed to other keys, or not vouched for by its signature is passed over and reported.
    ///
    /// Throws `StoreError` with `CryptoError` in it where the identities open none at all.
    public func execute() async throws -> Report {
        var report = Report()
        var closed: (any Error)?
        for manifest in try await list() {
            do {
                try await adopt(manifest, &report)
            } catch let refusal as Refusal {
                report.refusedManifests.append("\(manifest.entry.key): \(refusal.words)")
                closed = closed ?? refusal.closed
            }
        }
        if report.manifests.isEmpty, let closed { throw closed }
        let agrees = report.refused == 0 && report.refusedManifests.isEmpty
        if report.adopted > 0, agrees { try await settle() }
        return report
    }

    /// A manifest is written once nothing is left to move: a dataset all of which agrees is transferred again.
    private func settle() async throws {
        guard try await journal.datasetState(dataset.name) == "drafted" else { return }
        for step in ["planned", "transferring", "transferred"] {
            try await journal.setDatasetState(dataset.name, step, notes: .empty)
        }
    }

    /// Why nothing is taken from a manifest.
    private struct Refusal: Error {
        let words: String
        /// The error itself where the identities do not open it.
        var closed: (any Error)?
    }

    /// A manifest at the target.
    private struct ManifestFile {
        let entry: ObjectEntry
        let isSealed: Bool
        /// The key of the signature that belongs to it.
        let signature: ObjectKey
        var isSigned = false

        /// Nil where `entry`, which `name` is the rest of below `.havre/`, is no manifest of a run.
        init?(_ entry: ObjectEntry, name: ObjectKey) {
            let parts = name.bytes.split(separator: 0x2f, omittingEmptySubsequences: false)
            guard parts.count == 2, let file = parts.last, file.starts(with: "manifest".utf8) else { return nil }
            let endings = [(".age", true), (".ndjson", false)]
            guard
                let (ending, isSealed) = endings.first(where: { file.suffix($0.0.utf8.count).elementsEqual($0.0.utf8) })
            else { return nil }
            self.entry = entry
            self.isSealed = isSealed
            signature = ObjectKey(entry.key.bytes.dropLast(ending.utf8.count) + Array(".sig".utf8))
        }
    }

    /// The manifests, the newest first.
    private func list() async throws -> [ManifestFile] {
        let root = ObjectKey(dataset.target.prefix.bytes + Scanner.ownPrefix.bytes)
        var manifests: [ManifestFile] = []
        var signatures: Set<ObjectKey> = []
        let listing = target.listing(prefix: root)
        while let page = try await listing.next() {
            for entry in page {
                guard let name = entry.key.dropping(prefix: root) else { continue }
                if name.bytes.suffix(4).elementsEqual(".sig".utf8) { signatures.insert(entry.key) }
                if let manifest = ManifestFile(entry, name: name) { manifests.append(manifest) }
            }
        }
        for index in manifests.indices { manifests[index].isSigned = signatures.contains(manifests[index].signature) }
        return manifests.sorted {
            ($1.entry.version.modified ?? 0, $1.entry.key) < ($0.entry.version.modified ?? 0, $0.entry.key)
        }
    }

    private func adopt(_ manifest: ManifestFile, _ report: inout Report) async throws {
        guard manifest.isSealed || dataset.seal == .none else {
            throw Refusal(
                words: "is not sealed, and the plan seals \(dataset.name); Havre did not write it for this plan")
        }
        guard !manifest.isSealed || !identities.isEmpty else {
            throw EngineError(.key, "\(manifest.entry.key) is sealed; name the identity that opens it: --identity FILE")
        }
        let copy = try await fetch(manifest)
        guard let header = copy.header else { throw Refusal(words: "holds no manifest") }
        let signature = try await signature(manifest, copy)
        let digest = try digestKey(header)
        report.manifests.append("run \(header.run): \(Counted.of(Int(clamping: copy.objects), "object")), \(signature)")
        let pages = try copy.pages()
        while let page = try pages.next() {
            var batch: [(run: String, key: ObjectKey, landing: Landing)] = []
            for object in page {
                // What a newer manifest says of a key stands: this one names the version before it.
                if try await journal.landing(dataset: dataset.name, key: object.key) != nil { continue }
                if let words = try await disagreement(object, header, digest) {
                    report.refused += 1
                    if report.refusals.count < 100 { report.refusals.append("\(object.key): \(words)") }
                } else {
                    batch.append((object.run, object.key, landing(object)))
                }
            }
            if !batch.isEmpty { report.adopted += try await journal.adoptLanded(dataset: dataset.name, batch) }
        }
    }

    /// Copies a manifest here and checks it to its last line.
    private func fetch(_ manifest: ManifestFile) async throws -> ManifestCopy {
        let entry = manifest.entry
        let copy = try ManifestCopy(identities: manifest.isSealed ? identities : [], directory: state + "/spool")
        do {
            _ = try await target.read(ReadRequest(key: entry.key, version: entry.version), on: reactors[0], into: copy)
            try copy.finish()
            return copy
        } catch {
            let cause = (error as? StoreError).flatMap { $0.code == .sink ? $0.underlying : nil } ?? error
            switch cause {
            case let fault as ManifestError: throw Refusal(words: "is damaged: \(fault)")
            case let fault as CryptoError:
                let isClosed = fault.code == .noMatch || fault.code == .badKey
                throw Refusal(words: isClosed ? "\(fault)" : "is damaged: \(fault)", closed: isClosed ? error : nil)
            default: throw error
            }
        }
    }

    /// What the signature says of a manifest, in words; throws `Refusal` where it must hold and does not.
    private func signature(_ manifest: ManifestFile, _ copy: ManifestCopy) async throws -> String {
        guard let signer else {
            if manifest.isSigned { return "its signature was not checked, for want of the public key" }
            let writer = manifest.isSealed ? "with the recipient" : "who may write to the target"
            return "unsigned: anybody \(writer) could have written it"
        }
        guard manifest.isSigned else {
            throw Refusal(words: "has no signature \(manifest.signature) beside it; nothing was taken from it")
        }
        let head = try await target.head(manifest.signature, versionID: nil, withTags: false)
        let sink = MemorySink()
        let request = ReadRequest(key: manifest.signature, version: head.version)
        _ = try await target.read(request, on: reactors[0], into: sink)
        let keyID = SignedNote.keyID(
            name: "havre", type: SignedNote.ed25519, publicKey: signer.point, hash: HashFunction.sha256)
        guard let note = try? SignedNote(parsing: sink.bytes), let checkpoint = try? Checkpoint(body: note.text),
            note.isSigned(name: "havre", keyID: keyID, check: { signer.verifies($1, of: $0) }),
            checkpoint.root == copy.sha256, checkpoint.size == copy.objects
        else {
            throw Refusal(
                words: "the signature is not that of this manifest by the key given; nothing was taken from it")
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
            .age(object.envelope == "none" ? [] : identities), single: object.digestKind == "sha256")
        let found: LeafDigests
        do {
            _ = try await target.read(ReadRequest(key: key, version: head.version), on: reactors[0], into: sink)
            found = try sink.finish()
        } catch let error as StoreError where error.code != .sink {
            throw error
        } catch {
            let cause = (error as? StoreError)?.underlying ?? error
            return "does not open: \(cause)"
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
