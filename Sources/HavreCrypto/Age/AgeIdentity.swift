/// The private half of an X25519 key, `AGE-SECRET-KEY-1…`.
public final class AgeIdentity: Sendable {
    /// The scalar, 32 bytes.
    private let secret: SecretBytes
    /// The public half.
    public let recipient: AgeRecipient

    static let prefix = "age-secret-key-"
    /// Characters of an encoded identity.
    static let encodedSize = Bech32.encodedSize(prefix: prefix, count: X25519.keySize)

    /// Makes a new key pair.
    public static func generate() throws(CryptoError) -> AgeIdentity {
        try AgeIdentity(secret: SecretBytes.random(X25519.keySize))
    }

    /// Reads one encoded identity, without white space around it. Throws `.badKey`, never repeating it.
    convenience init(encoded text: UnsafeRawBufferPointer) throws(CryptoError) {
        let secret = try SecretBytes(count: X25519.keySize) { (out) throws(CryptoError) in
            do throws(Bech32.Fault) {
                guard !text.contains(where: { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }) else {
                    throw .mixedCase
                }
                try Bech32.decode(text, prefix: Self.prefix, into: out)
            } catch {
                switch error {
                case .mixedCase: throw CryptoError(.badKey, "an identity is written in upper case")
                case .noSeparator, .badPrefix:
                    throw CryptoError(.badKey, "an identity begins with AGE-SECRET-KEY-1")
                case .badCharacter: throw CryptoError(.badKey, "the identity holds a character that none has")
                case .badChecksum:
                    throw CryptoError(.badKey, "the identity's checksum is wrong: a character was mistyped or lost")
                case .badPadding:
                    throw CryptoError(
                        .badKey, "an identity has \(Self.encodedSize) characters, \(text.count) were found")
                }
            }
        }
        try self.init(secret: secret)
    }

    private init(secret: consuming SecretBytes) throws(CryptoError) {
        let point = try secret.withBytes { (bytes) throws(CryptoError) in try X25519.point(of: bytes) }
        self.recipient = AgeRecipient(point: point)
        self.secret = secret
    }

    /// Lends the identity as ASCII, for writing an identity file; the bytes must not outlive the call.
    public func withEncoded<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let text = SecretBytes(count: Self.encodedSize) { out in
            secret.withBytes { Bech32.encode($0, prefix: Self.prefix, upperCase: true, into: out) }
        }
        return try text.withBytes(body)
    }

    /// The secret shared with `point`; nil where it is all zero.
    func shared(with point: [UInt8]) throws(CryptoError) -> SecretBytes? {
        try secret.withBytes { (bytes) throws(CryptoError) in try X25519.shared(secret: bytes, point: point) }
    }
}

/// What opens an age file: identities, passphrases, or both.
public struct AgeUnlock: Sendable {
    /// A passphrase, byte for byte.
    public final class Passphrase: Sendable {
        let bytes: SecretBytes
        /// Takes over the bytes, without a line end.
        public init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
    }

    /// Tried in turn on X25519 stanzas.
    public let identities: [AgeIdentity]
    /// Tried in turn on a scrypt stanza.
    public let passphrases: [Passphrase]
    /// The highest scrypt work factor that is tried: a file of factor n asks for 2^n KiB of memory.
    public let maxWorkFactor: Int

    /// Identities.
    public init(identities: [AgeIdentity]) {
        self.init(identities: identities, passphrases: [])
    }

    /// A passphrase.
    public init(passphrase: consuming SecretBytes) {
        self.init(identities: [], passphrases: [Passphrase(passphrase)])
    }

    /// Both. 22 is the limit that age itself sets to `maxWorkFactor` (4 GiB).
    public init(identities: [AgeIdentity], passphrases: [Passphrase], maxWorkFactor: Int = 22) {
        self.identities = identities
        self.passphrases = passphrases
        self.maxWorkFactor = maxWorkFactor
    }
}
