/// Sizes and nonces of the payload of an age file (C2SP `age.md`, "Payload").
enum AgePayload {
    /// Plaintext of a chunk.
    static let chunk = 64 << 10
    /// The same with its tag.
    static let sealedChunk = chunk + AEADContext.tagSize

    /// Bytes of a sealed payload without header and nonce: n + 16·max(1, ⌈n / 65536⌉).
    static func sealedSize(plain: UInt64) -> UInt64 {
        let chunks = max(1, plain / UInt64(chunk) + (plain % UInt64(chunk) == 0 ? 0 : 1))
        return plain + chunks * UInt64(AEADContext.tagSize)
    }

    /// The inverse; nil where no payload has this size.
    static func plainSize(sealed: UInt64) -> UInt64? {
        let rest = sealed % UInt64(sealedChunk)
        let chunks = sealed / UInt64(sealedChunk) + (rest == 0 ? 0 : 1)
        let tags = chunks * UInt64(AEADContext.tagSize)
        guard chunks > 0, sealed >= tags else { return nil }
        let plain = sealed - tags
        // A last chunk may be empty only where it is the only one.
        return sealedSize(plain: plain) == sealed ? plain : nil
    }

    /// The nonce of a chunk: a counter of 11 bytes, big-endian, and 1 for the last chunk, else 0.
    static func withNonce<R>(
        chunk index: UInt64, last: Bool, _ body: (UnsafePointer<UInt8>) throws(CryptoError) -> R
    ) throws(CryptoError) -> R {
        var nonce: [12 of UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last ? 1 : 0]
        for place in 0..<8 { nonce[3 + place] = UInt8(truncatingIfNeeded: index >> UInt64(56 - 8 * place)) }
        return try withUnsafeBytes(of: &nonce) { (bytes) throws(CryptoError) -> R in
            guard let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress else {
                throw CryptoError(.internalFailure, "a nonce without memory")
            }
            return try body(start)
        }
    }
}
