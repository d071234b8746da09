import HavreCrypto
import HavreJournal
import HavreModel
import HavreStores

/// Reads what lies at the target (or the source) and compares it with what the journal says.
struct ReadBack: Sendable {
    /// The dataset's run.
    let run: DatasetRun
    /// Where it runs.
    let lane: Lane

    /// What was found to differ.
    struct Mismatch: Error, CustomStringConvertible {
        let description: String
    }

    /// Ranges and GMAC tags of a landed object's parts. The header lies in the first part only; its length is what
    /// the stored size has beyond chunks and tags.
    static func parts(of landing: Landing) -> [(Range<UInt64>, [UInt8])] {
        let tags = stride(from: 0, to: landing.tags.count, by: 28).map { Array(landing.tags[$0..<$0 + 28]) }
        guard tags.count > 1 else { return [(0..<landing.storedSize, landing.tags)] }
        let prefix =
            landing.envelope == "none"
            ? 0 : landing.storedSize - AgeSealing.storedSize(plain: landing.plainSize, prefix: 0)
        let whole = landing.storedPartSize - prefix
        var start: UInt64 = 0
        return tags.enumerated().map { index, tag in
            let end = index == tags.count - 1 ? landing.storedSize : start + whole + (index == 0 ? prefix : 0)
            defer { start = end }
            return (start..<end, tag)
        }
    }

    /// Keyless: the GMAC of every part over the ciphertext as it lies at the target. Finds tampering, not only accidents.
    func tags(key: ObjectKey, version: SourceVersion, parts: [(Range<UInt64>, [UInt8])]) async throws {
        for (index, part) in parts.enumerated() {
            let sink = TagSink(try TagVerifier(run.secrets.digest), part.1)
            _ = try await run.target.read(
                ReadRequest(key: key, version: version, range: part.0.isEmpty ? nil : part.0), on: lane.reactor,
                into: sink)
            guard try sink.verifier.finish() else {
                throw Mismatch(
                    description:
                        "\(key): bytes \(part.0.lowerBound) to \(part.0.upperBound) (part \(index + 1)) at the "
                        + "target are not what was sent")
            }
        }
    }

    /// Plaintext: opens the whole object and compares its keyed digest, naming the 8 MiB leaf that differs.
    func plaintext(
        of store: any ObjectStore, key: ObjectKey, version: SourceVersion, opening: SourceOpening?,
        landing: Landing
    ) async throws {
        let single = landing.digestKind == "sha256"
        let sink: PlainSink
        var range: Range<UInt64>?
        var envelope: (any OpenedEnvelope)?
        if let opening, try opening.stream() == nil {
            let head = try await store.head(key, versionID: version.versionID, withTags: false)
            guard head.version.matches(version) else {
                throw StoreError(.drifted, "changed since it was moved", key: key)
            }
            envelope = try await opening.open(key, head, in: store, on: lane.reactor)
            let all = 0..<(envelope?.plainSize ?? version.size)
            range = envelope?.storedRange(ofPlain: all)
            sink = try PlainSink(single: single) { try envelope?.opener(ofPlain: all) }
        } else {
            sink = try PlainSink(opening, single: single)
        }
        _ = try await store.read(
            ReadRequest(key: key, version: version, range: range), on: lane.reactor, into: sink)
        let found = try sink.finish()
        try envelope?.verify([sink.share])
        guard sink.size == landing.plainSize else {
            throw Mismatch(
                description: "\(key): holds \(sink.size) bytes of plaintext where \(landing.plainSize) were moved")
        }
        let digest = run.secrets.digest
        if let single = found.single {
            guard digest.keyed(single) == landing.keyedRoot else {
                throw Mismatch(description: "\(key): the plaintext differs from what was moved")
            }
            return
        }
        for leaf in 0..<(found.leaves.count / 32) {
            let keyed = digest.keyed(Array(found.leaves[leaf * 32..<leaf * 32 + 32]))
            guard Array(landing.keyedLeaves.dropFirst(leaf * 32).prefix(32)) == keyed else {
                let start = UInt64(leaf) * PartLayout.leaf
                throw Mismatch(
                    description: "\(key): the plaintext differs within the 8 MiB from byte \(start)")
            }
        }
        guard digest.keyed(ObjectDigest.root(leaves: found.leaves)) == landing.keyedRoot else {
            throw Mismatch(description: "\(key): the plaintext's digest differs from what was moved")
        }
    }
}

/// Feeds a GMAC.
private final class TagSink: ByteSink {
    let verifier: TagVerifier
    private let tag: [UInt8]
    private var fault: (any Error)?

    init(_ verifier: TagVerifier, _ tag: [UInt8]) {
        self.verifier = verifier
        self.tag = tag
    }

    func restart() {
        do {
            try verifier.begin(tag: tag)
            fault = nil
        } catch {
            fault = error
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        if let fault { throw fault }
        try verifier.update(bytes)
    }
}

/// Opens, counts and digests; keeps nothing.
final class PlainSink: ByteSink {
    private let makeOpener: () throws -> (any EnvelopeOpener)?
    private let single: Bool
    private let digester: LeafDigester
    private var fault: (any Error)?
    private var opener: (any EnvelopeOpener)?
    private(set) var size: UInt64 = 0
    /// What the opener gave for the proof of the whole.
    private(set) var share: [UInt8] = []

    /// Opens with what `opening` gives for each try; nil takes the bytes as they are.
    init(single: Bool, opening: @escaping () throws -> (any EnvelopeOpener)?) throws {
        digester = try LeafDigester()
        makeOpener = opening
        self.single = single
    }

    /// Opens in one pass; the envelope must allow it.
    convenience init(_ opening: SourceOpening?, single: Bool) throws {
        try self.init(single: single) { try opening?.stream() }
    }

    func restart() {
        size = 0
        digester.begin(wantsSingle: single)
        fault = nil
        do {
            opener = try makeOpener()
        } catch {
            fault = error
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        if let fault { throw fault }
        guard let opener else {
            take(bytes)
            return
        }
        try opener.update(bytes) { take($0) }
    }

    func finish() throws -> LeafDigests {
        share = try opener?.finish { take($0) } ?? []
        return digester.finish()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        size += UInt64(bytes.count)
        digester.update(bytes)
    }
}
