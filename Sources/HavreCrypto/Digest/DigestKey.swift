/// The run's digest key: keeps digests of plaintext from giving small objects away, and authenticates ciphertext
/// for keyless verification. Kept beside the resume key and sealed into the manifest.
public final class DigestKey: Sendable {
    /// Bytes of a key: 32 for HMAC-SHA256, 32 for AES-256-GMAC.
    public static let size = 64
    private let secret: SecretBytes

    /// Copies 64 bytes; overwriting the original is up to the caller. Throws `.badKey` for another size.
    public init(copying bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard bytes.count == Self.size else {
            throw CryptoError(.badKey, "a digest key has \(Self.size) bytes, \(bytes.count) were found")
        }
        secret = SecretBytes(copying: bytes)
    }

    /// A new key.
    public static func random() throws(CryptoError) -> DigestKey {
        let bytes = try SecretBytes.random(size)
        return try bytes.withBytes { (bytes) throws(CryptoError) in try DigestKey(copying: bytes) }
    }

    /// Lends the key, for writing it down; the bytes must not outlive the call.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try secret.withBytes(body)
    }

    /// HMAC-SHA256 of a digest, 32 bytes: the form in which it may be written down.
    public func keyed(_ digest: [UInt8]) -> [UInt8] {
        secret.withBytes { key in
            digest.lend {
                KeyDerivation.hmac(key: UnsafeRawBufferPointer(rebasing: key.prefix(32)), $0)
            }
        }
    }

    /// Whether a digest is the one that was written down as `keyed`; takes the same time for any answer.
    public func matches(_ digest: [UInt8], keyed: [UInt8]) -> Bool {
        equalInConstantTime(self.keyed(digest), keyed)
    }

    func withTagKey<R>(_ body: (UnsafeRawBufferPointer) throws(CryptoError) -> R) throws(CryptoError) -> R {
        try secret.withBytes { (key) throws(CryptoError) in
            try body(UnsafeRawBufferPointer(rebasing: key.suffix(32)))
        }
    }
}
