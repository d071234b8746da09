/// The run's resume key: seals what the journal must hold and nobody may read there, file keys first.
/// It lives outside the journal and is destroyed when the run completes.
public final class ResumeKey: Sendable {
    /// Bytes of a key.
    public static let size = 32
    private static let purpose = Array("havre sealed bytes v1\n".utf8)
    private let secret: SecretBytes

    /// Copies 32 bytes; overwriting the original is up to the caller. Throws `.badKey` for another size.
    public init(copying bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard bytes.count == Self.size else {
            throw CryptoError(.badKey, "a resume key has \(Self.size) bytes, \(bytes.count) were found")
        }
        secret = SecretBytes(copying: bytes)
    }

    /// A new key.
    public static func random() throws(CryptoError) -> ResumeKey {
        let bytes = try SecretBytes.random(size)
        return try bytes.withBytes { (bytes) throws(CryptoError) in try ResumeKey(copying: bytes) }
    }

    /// Lends the key, for writing it down; the bytes must not outlive the call.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try secret.withBytes(body)
    }

    /// Seals `plain`, bound to `binding`: random nonce (12) ‖ ChaCha20-Poly1305 ‖ tag (16).
    public func seal(_ plain: UnsafeRawBufferPointer, binding: [UInt8]) throws(CryptoError) -> [UInt8] {
        try seal(plain, associated: Self.purpose + binding)
    }

    /// Opens what `seal` made. Throws `.refused` where key, binding or bytes differ.
    public func open(_ sealed: [UInt8], binding: [UInt8]) throws(CryptoError) -> SecretBytes {
        try open(sealed, associated: Self.purpose + binding, what: "what is sealed in the journal")
    }

    func seal(_ plain: UnsafeRawBufferPointer, associated: [UInt8]) throws(CryptoError) -> [UInt8] {
        let nonce = try randomBytes(AEADContext.nonceSize)
        return nonce
            + (try secret.withBytes { (key) throws(CryptoError) in
                try AEADContext.seal(.chacha20Poly1305, key: key, nonce: nonce, associated: associated, plain)
            })
    }

    func open(_ sealed: [UInt8], associated: [UInt8], what: String) throws(CryptoError) -> SecretBytes {
        let refusal = CryptoError(
            .refused,
            "\(what) does not open: it was made under another resume key or for another transfer, or was changed")
        guard sealed.count >= AEADContext.nonceSize + AEADContext.tagSize else { throw refusal }
        let nonce = Array(sealed.prefix(AEADContext.nonceSize))
        let plain = try secret.withBytes { (key) throws(CryptoError) in
            try sealed.lend { (bytes) throws(CryptoError) in
                try AEADContext.open(
                    .chacha20Poly1305, key: key, nonce: nonce, associated: associated,
                    UnsafeRawBufferPointer(rebasing: bytes.dropFirst(AEADContext.nonceSize)))
            }
        }
        guard let plain else { throw refusal }
        return plain
    }
}
