/// `age`: files of age as they lie at a source, opened chunk by chunk.
public struct AgeFormat: EnvelopeFormat {
    public let name = "age"
    /// age's own limit for a header is far below.
    private static let longestHeader: UInt64 = 64 << 10
    private let unlock: AgeUnlock

    /// Opens what one of the identities or passphrases has the key for.
    public init(unlock: AgeUnlock) { self.unlock = unlock }

    public func open(_ object: StoredObject) async throws -> (any OpenedEnvelope)? {
        let head = try await object.read(0..<min(object.size, Self.longestHeader))
        guard head.starts(with: AgeHeader.version) else {
            guard head.starts(with: AgeArmor.header) else { return nil }
            throw CryptoError(
                .armorFailure, "the object is an armored age file, which cannot be opened in ranges: store it unarmored"
            )
        }
        let file = try AgeOpening.open(header: head, unlock: unlock)
        return AgeOpened(file, plainSize: try file.plainSize(stored: object.size))
    }

    public func stream() throws(CryptoError) -> (any EnvelopeOpener)? { AgeFileOpener(try AgeStreamOpener(unlock)) }
}

/// A whole file from its first byte, armored or not.
private final class AgeFileOpener: EnvelopeOpener {
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

private final class AgeOpened: OpenedEnvelope {
    let plainSize: UInt64
    let proof = EnvelopeProof.piecewise
    private let file: AgeOpening

    init(_ file: AgeOpening, plainSize: UInt64) {
        self.file = file
        self.plainSize = plainSize
    }

    func storedRange(ofPlain range: Range<UInt64>) -> Range<UInt64> {
        file.storedRange(ofPlain: range, plainSize: plainSize)
    }

    func opener(ofPlain range: Range<UInt64>) throws(CryptoError) -> any EnvelopeOpener {
        let chunk = UInt64(AgePayload.chunk)
        guard range.upperBound <= plainSize, range.lowerBound % chunk == 0,
            range.upperBound % chunk == 0 || range.upperBound == plainSize
        else { throw CryptoError(.refused, "a range of an age file does not begin and end with a chunk") }
        let opener = try ChunkOpener()
        opener.begin(file, firstChunk: range.lowerBound / chunk, endsFile: range.upperBound == plainSize)
        return AgeRangeOpener(opener)
    }
}

private final class AgeRangeOpener: EnvelopeOpener {
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
