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
        of store: any ObjectStore, key: ObjectKey, version: SourceVersion, identities: [AgeIdentity],
        landing: Landing
    ) async throws {
        let sink = try PlainSink(identities: identities, single: landing.digestKind == "sha256")
        _ = try await store.read(ReadRequest(key: key, version: version), on: lane.reactor, into: sink)
        let found = try sink.finish()
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
    private let identities: [AgeIdentity]
    private let single: Bool
    private let digester: LeafDigester
    private var fault: (any Error)?
    private var opener: AgeStreamOpener?
    private(set) var size: UInt64 = 0

    init(identities: [AgeIdentity], single: Bool) throws {
        digester = try LeafDigester()
        self.identities = identities
        self.single = single
    }

    func restart() {
        size = 0
        digester.begin(wantsSingle: single)
        fault = nil
        do {
            opener = identities.isEmpty ? nil : try AgeStreamOpener(identities: identities)
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
        try opener?.finish { take($0) }
        return digester.finish()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        size += UInt64(bytes.count)
        digester.update(bytes)
    }
}
