/// age v1 (C2SP `age.md`) as an envelope at a source.
public struct AgeEnvelope: EnvelopeFormat {
    private let identities: [AgeIdentity]

    /// Opens with any of `identities`.
    public init(identities: [AgeIdentity]) { self.identities = identities }

    public var name: String { "age" }

    /// A header is far smaller; the age vectors' largest too.
    private static let headerProbe: UInt64 = 64 << 10
    private static let magic = Array("age-encryption.org/".utf8)

    public func open(_ object: StoredObject) async throws -> (any OpenedEnvelope)? {
        let head = try await object.read(0..<min(object.size, Self.headerProbe))
        guard head.starts(with: Self.magic) else {
            guard !AgeArmor.isArmored(head) else {
                throw CryptoError(
                    .armorFailure, "it is armored, which cannot be opened in pieces; remove its armor first")
            }
            return nil
        }
        let opening = try AgeOpening.open(header: head, with: identities)
        return OpenedAge(opening: opening, plainSize: try opening.plainSize(stored: object.size))
    }

    public func stream() throws(CryptoError) -> (any EnvelopeOpener)? {
        WholeAge(try AgeStreamOpener(identities: identities))
    }
}

/// An age file whose header is read.
private struct OpenedAge: OpenedEnvelope {
    let opening: AgeOpening
    let plainSize: UInt64
    var proof: EnvelopeProof { .piecewise }

    func storedRange(ofPlain range: Range<UInt64>) -> Range<UInt64> {
        opening.storedRange(ofPlain: range, plainSize: plainSize)
    }

    func opener(ofPlain range: Range<UInt64>) throws(CryptoError) -> any EnvelopeOpener {
        let chunks = try ChunkOpener()
        chunks.begin(
            opening, firstChunk: range.lowerBound / UInt64(AgePayload.chunk), endsFile: range.upperBound >= plainSize)
        return AgeChunks(chunks)
    }
}

/// Chunks of a file from any of them on.
private final class AgeChunks: EnvelopeOpener {
    private let chunks: ChunkOpener
    init(_ chunks: ChunkOpener) { self.chunks = chunks }

    func update(_ stored: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        try chunks.update(stored, emit: emit)
    }

    func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8] {
        try chunks.finish(emit: emit)
        return []
    }
}

/// A whole file, armored or not.
private final class WholeAge: EnvelopeOpener {
    private let opener: AgeStreamOpener
    init(_ opener: AgeStreamOpener) { self.opener = opener }

    func update(_ stored: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        try opener.update(stored, emit: emit)
    }

    func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8] {
        try opener.finish(emit: emit)
        return []
    }
}
