/// An age file whose header is read and whose file key is unwrapped: opens its chunks, wherever they lie.
public final class AgeOpening: Sendable {
    /// Bytes before the first chunk: header and nonce.
    public let prefixLength: Int
    private let payloadKey: SecretBytes

    /// Reads the header at the start of `bytes`, which begin at the file's first byte and hold at least header
    /// and nonce; what follows is ignored.
    ///
    /// Throws `.headerFailure` (with `needsMore` where more of the file is wanted), `.noMatch`, `.hmacFailure`.
    public static func open(
        header bytes: [UInt8], with identities: [AgeIdentity]
    ) throws(CryptoError) -> AgeOpening {
        try open(header: bytes, unlock: AgeUnlock(identities: identities))
    }

    /// The same with identities, passphrases or both.
    public static func open(header bytes: [UInt8], unlock: AgeUnlock) throws(CryptoError) -> AgeOpening {
        let header = try AgeHeader(parsing: bytes)
        guard bytes.count >= header.count + AgeFileKey.nonceSize else {
            throw CryptoError(.headerFailure, "the age file ends before its payload", needsMore: true)
        }
        let fileKey = try AgeFileKey.unwrap(header, with: unlock)
        let end = header.count + AgeFileKey.nonceSize
        return AgeOpening(
            prefixLength: end,
            payloadKey: try AgeFileKey.payloadKey(fileKey, nonce: Array(bytes[header.count..<end])))
    }

    private init(prefixLength: Int, payloadKey: consuming SecretBytes) {
        self.prefixLength = prefixLength
        self.payloadKey = payloadKey
    }

    /// Plaintext bytes of a file of `stored` bytes. Throws `.payloadFailure` where no age file with this header
    /// has that size: it is cut, or more was appended.
    public func plainSize(stored: UInt64) throws(CryptoError) -> UInt64 {
        guard stored >= UInt64(prefixLength), let size = AgePayload.plainSize(sealed: stored - UInt64(prefixLength))
        else {
            throw CryptoError(
                .payloadFailure, "no age file with a header of \(prefixLength) bytes has \(stored) bytes: it is cut")
        }
        return size
    }

    /// Where the chunks of a plaintext range lie in the file. The range is widened to whole chunks, and ends at
    /// `plainSize` at the latest. A range that reaches `plainSize` ends the file; that of an empty file is its
    /// one empty chunk.
    public func storedRange(ofPlain range: Range<UInt64>, plainSize: UInt64) -> Range<UInt64> {
        let chunk = UInt64(AgePayload.chunk)
        let sealed = UInt64(AgePayload.sealedChunk)
        let prefix = UInt64(prefixLength)
        let first = min(range.lowerBound, plainSize) / chunk
        let end =
            range.upperBound >= plainSize
            ? AgePayload.sealedSize(plain: plainSize)
            : (range.upperBound / chunk + (range.upperBound % chunk == 0 ? 0 : 1)) * sealed
        return prefix + min(first * sealed, end)..<prefix + end
    }

    /// The key of the chunks, 32 bytes.
    func withPayloadKey<R>(_ body: (UnsafeRawBufferPointer) throws(CryptoError) -> R) throws(CryptoError) -> R {
        try payloadKey.withBytes(body)
    }
}
