import Crypto
import FoundationEssentials

/// The Ed25519 key that signs manifests and checkpoints (RFC 8032). Held as a PEM file of PKCS #8 (RFC 8410), as
/// `openssl genpkey -algorithm ed25519` writes it.
public final class SigningKey: Sendable {
    /// The public half.
    public let verifyingKey: VerifyingKey
    private let seed: SecretBytes

    private static let seedSize = 32
    private static let begin = "-----BEGIN PRIVATE KEY-----"
    private static let end = "-----END PRIVATE KEY-----"
    /// DER of a `PrivateKeyInfo` for Ed25519 up to the seed (RFC 8410, section 7).
    private static let lead: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    private init(seed: consuming SecretBytes) throws(CryptoError) {
        let key = try Self.key(seed)
        verifyingKey = VerifyingKey(point: Array(key.publicKey.rawRepresentation))
        self.seed = seed
    }

    /// Makes a new key.
    public static func generate() throws(CryptoError) -> SigningKey {
        try SigningKey(seed: SecretBytes.random(seedSize))
    }

    /// Reads a PEM file. Throws `.badKey`, never repeating its content.
    public convenience init(pem file: borrowing SecretBytes) throws(CryptoError) {
        try self.init(
            seed: try file.withBytes { (text) throws(CryptoError) in
                try PEM.withContents(text, begin: Self.begin, end: Self.end) { (der) throws(CryptoError) in
                    guard der.count == Self.lead.count + Self.seedSize, der.starts(with: Self.lead) else {
                        throw CryptoError(
                            .badKey,
                            "the signing key is not an Ed25519 key; make one with: openssl genpkey -algorithm ed25519")
                    }
                    return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: der.dropFirst(Self.lead.count)))
                }
            })
    }

    /// The key as a PEM file; write it to a file of mode 0600.
    public func pem() -> SecretBytes {
        let der = SecretBytes(count: Self.lead.count + Self.seedSize) { out in
            out.copyBytes(from: Self.lead)
            seed.withBytes { UnsafeMutableRawBufferPointer(rebasing: out[Self.lead.count...]).copyMemory(from: $0) }
        }
        return der.withBytes { PEM.contents($0, begin: Self.begin, end: Self.end) }
    }

    /// The signature of `message`, 64 bytes. Throws `.internalFailure`.
    public func signature(of message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let signature = try? Self.key(seed).signature(for: message) else {
            throw CryptoError(.internalFailure, "signing failed")
        }
        return Array(signature)
    }

    private static func key(_ seed: borrowing SecretBytes) throws(CryptoError) -> Curve25519.Signing.PrivateKey {
        let key = seed.withBytes { try? Curve25519.Signing.PrivateKey(rawRepresentation: $0) }
        guard let key else { throw CryptoError(.badKey, "the signing key is not of 32 bytes") }
        return key
    }
}

/// The public half of a signing key.
public struct VerifyingKey: Sendable, Hashable {
    /// The point, 32 bytes.
    public let point: [UInt8]

    private static let begin = "-----BEGIN PUBLIC KEY-----"
    private static let end = "-----END PUBLIC KEY-----"
    /// DER of a `SubjectPublicKeyInfo` for Ed25519 up to the point (RFC 8410, section 4).
    private static let lead: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]

    /// Takes a point of 32 bytes. Throws `.badKey` for another size.
    public init(bytes point: [UInt8]) throws(CryptoError) {
        guard point.count == 32 else {
            throw CryptoError(.badKey, "an Ed25519 public key has 32 bytes, \(point.count) were found")
        }
        self.init(point: point)
    }

    fileprivate init(point: [UInt8]) { self.point = point }

    /// Reads a PEM file (RFC 8410), as `openssl pkey -pubout` writes it. Throws `.badKey`.
    public init(pem text: [UInt8]) throws(CryptoError) {
        let der = try text.lend { (text) throws(CryptoError) in
            try PEM.withContents(text, begin: Self.begin, end: Self.end) { (der) throws(CryptoError) in Array(der) }
        }
        guard der.count == Self.lead.count + 32, der.starts(with: Self.lead) else {
            throw CryptoError(.badKey, "the public key is not an Ed25519 key")
        }
        self.init(point: Array(der.dropFirst(Self.lead.count)))
    }

    /// The key as a PEM file.
    public func pem() -> [UInt8] {
        let file = (Self.lead + point).lend { PEM.contents($0, begin: Self.begin, end: Self.end) }
        return file.withBytes { Array($0) }
    }

    /// Whether `signature`, 64 bytes, is that of `message`.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: point) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}

/// The textual encoding of one DER value (RFC 7468), without ever making a string of it.
enum PEM {
    /// Lends the decoded bytes of the only block in `text`. Throws `.badKey`.
    static func withContents<R: ~Copyable>(
        _ text: UnsafeRawBufferPointer, begin: String, end: String,
        _ body: (UnsafeRawBufferPointer) throws(CryptoError) -> R
    ) throws(CryptoError) -> R {
        let begin = Array(begin.utf8)
        let end = Array(end.utf8)
        let malformed = CryptoError(
            .badKey, "the key file is not one PEM block between \(String(decoding: begin, as: UTF8.self)) and its end")
        guard text.count <= 1 << 14 else { throw malformed }
        // White space out, the rest stays; the two lines keep their inner spaces by comparing them squeezed.
        let squeezed = SecretBytes(count: text.count) { out in
            var at = 0
            for byte in text where !AgeArmor.isWhitespace(byte) {
                out[at] = byte
                at += 1
            }
            for rest in at..<max(at, text.count) { out[rest] = 0 }
        }
        let head = begin.filter { $0 != UInt8(ascii: " ") }
        let tail = end.filter { $0 != UInt8(ascii: " ") }
        return try squeezed.withBytes { (all) throws(CryptoError) in
            let used = all.firstIndex(of: 0) ?? all.count
            let text = all[..<used]
            guard text.count > head.count + tail.count, text.starts(with: head),
                text.suffix(tail.count).elementsEqual(tail)
            else { throw malformed }
            let digits = UnsafeRawBufferPointer(rebasing: text.dropFirst(head.count).dropLast(tail.count))
            var count: Int?
            let der = SecretBytes(count: digits.count / 4 * 3 + 3) { out in
                out.initializeMemory(as: UInt8.self, repeating: 0)
                count = Base64.decode(digits, padding: .required, into: out)
            }
            guard let count else { throw malformed }
            return try der.withBytes { (bytes) throws(CryptoError) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
        }
    }

    /// Encodes `der` in lines of 64 columns.
    static func contents(_ der: UnsafeRawBufferPointer, begin: String, end: String) -> SecretBytes {
        let head = Array("\(begin)\n".utf8)
        let tail = Array("\(end)\n".utf8)
        let digits = (der.count + 2) / 3 * 4
        let size = head.count + digits + (digits + 63) / 64 + tail.count
        return SecretBytes(count: size) { out in
            out.copyBytes(from: head)
            var at = head.count
            for group in stride(from: 0, to: der.count, by: 3) {
                // One group of three at a time: nothing longer lies outside locked memory.
                var text = Base64.encode(Array(der[group..<min(group + 3, der.count)]), padding: .required)
                for place in text.indices {
                    out[at] = text[place]
                    text[place] = 0
                    at += 1
                }
                let column = (group / 3 + 1) * 4
                if column % 64 == 0 || column == digits {
                    out[at] = UInt8(ascii: "\n")
                    at += 1
                }
            }
            UnsafeMutableRawBufferPointer(rebasing: out[at...]).copyBytes(from: tail)
        }
    }
}
