import Crypto
import FoundationEssentials

/// Wrapping and unwrapping of the file key, 16 bytes, and what is derived from it (C2SP `age.md`).
enum AgeFileKey {
    static let size = 16
    static let nonceSize = 16
    private static let sealedSize = size + AEADContext.tagSize
    private static let zeroNonce = [UInt8](repeating: 0, count: AEADContext.nonceSize)
    private static let x25519Info = Array("age-encryption.org/v1/X25519".utf8)
    private static let scryptLabel = Array("age-encryption.org/v1/scrypt".utf8)

    /// "X25519 recipient stanza".
    static func wrap(
        _ fileKey: UnsafeRawBufferPointer, to recipient: AgeRecipient
    ) throws(CryptoError) -> AgeHeader.Stanza {
        let ephemeral = Curve25519.KeyAgreement.PrivateKey()
        let share = Array(ephemeral.publicKey.rawRepresentation)
        guard let shared = X25519.shared(ephemeral, point: recipient.point) else {
            throw CryptoError(.badKey, "the recipient \(recipient) is a point of low order")
        }
        let body = try withWrapKey(shared, salt: share + recipient.point, info: x25519Info) {
            (key) throws(CryptoError) in
            try AEADContext.seal(.chacha20Poly1305, key: key, nonce: zeroNonce, associated: [], fileKey)
        }
        return AgeHeader.Stanza(type: "X25519", arguments: [Base64.encode(share, padding: .none)], body: body)
    }

    /// The file key of a header whose MAC is right.
    /// Throws `.headerFailure`, `.noMatch` and `.hmacFailure`.
    static func unwrap(_ header: AgeHeader, with unlock: AgeUnlock) throws(CryptoError) -> SecretBytes {
        if header.stanzas.contains(where: { $0.type == "scrypt" }), header.stanzas.count > 1 {
            throw CryptoError(.headerFailure, "a passphrase stanza (scrypt) stands beside others; it must be alone")
        }
        // Every stanza of a kind that we know is checked, also behind one that opens.
        var points: [[UInt8]] = []
        for stanza in header.stanzas where stanza.type == "X25519" { points.append(try share(of: stanza)) }
        var found: SecretBytes?
        var place = 0
        for stanza in header.stanzas {
            switch stanza.type {
            case "X25519":
                let opened = try openX25519(stanza, share: points[place], with: unlock.identities)
                if found == nil { found = opened }
                place += 1
            case "scrypt":
                found = try openScrypt(stanza, with: unlock)
            default:
                break
            }
        }
        guard let fileKey = found.take() else { throw noMatch(header, unlock) }
        let mac = try headerMAC(fileKey, covered: header.covered)
        guard equalInConstantTime(mac, header.mac) else {
            throw CryptoError(.hmacFailure, "the age header was changed: its MAC does not fit the file key")
        }
        return fileKey
    }

    /// HMAC of the header under HKDF(file key, no salt, "header").
    static func headerMAC(_ fileKey: borrowing SecretBytes, covered: [UInt8]) throws(CryptoError) -> [UInt8] {
        try withWrapKey(fileKey, salt: [], info: Array("header".utf8)) { (key) throws(CryptoError) in
            covered.lend { KeyDerivation.hmac(key: key, $0) }
        }
    }

    /// HKDF(file key, nonce, "payload"), 32 bytes.
    static func payloadKey(_ fileKey: borrowing SecretBytes, nonce: [UInt8]) throws(CryptoError) -> SecretBytes {
        try fileKey.withBytes { (secret) throws(CryptoError) in
            try SecretBytes(count: AEADContext.keySize) { (out) throws(CryptoError) in
                try KeyDerivation.hkdf(secret, salt: nonce, info: Array("payload".utf8), into: out)
            }
        }
    }

    private static func share(of stanza: AgeHeader.Stanza) throws(CryptoError) -> [UInt8] {
        guard stanza.arguments.count == 1, let share = Base64.decode(stanza.arguments[0], padding: .none),
            share.count == X25519.keySize
        else { throw CryptoError(.headerFailure, "an X25519 stanza has no share of 32 bytes as its one argument") }
        guard stanza.body.count == sealedSize else {
            throw CryptoError(
                .headerFailure, "the body of an X25519 stanza has \(stanza.body.count) bytes, not \(sealedSize)")
        }
        return share
    }

    private static func openX25519(
        _ stanza: AgeHeader.Stanza, share: [UInt8], with identities: [AgeIdentity]
    ) throws(CryptoError) -> SecretBytes? {
        for identity in identities {
            guard let shared = try identity.shared(with: share) else {
                throw CryptoError(.headerFailure, "the share of an X25519 stanza is a point of low order")
            }
            if let key = try openBody(
                stanza.body, with: shared, salt: share + identity.recipient.point, info: x25519Info)
            {
                return key
            }
        }
        return nil
    }

    private static func openScrypt(
        _ stanza: AgeHeader.Stanza, with unlock: AgeUnlock
    ) throws(CryptoError) -> SecretBytes? {
        guard stanza.arguments.count == 2, let salt = Base64.decode(stanza.arguments[0], padding: .none),
            salt.count == 16
        else { throw CryptoError(.headerFailure, "a scrypt stanza has no salt of 16 bytes and work factor") }
        let digits = stanza.arguments[1]
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits.first != UInt8(ascii: "0"), digits.count <= 9,
            let factor = Int(String(decoding: digits, as: UTF8.self))
        else { throw CryptoError(.headerFailure, "the work factor of a scrypt stanza is not a plain number") }
        guard factor <= unlock.maxWorkFactor else {
            throw CryptoError(
                .headerFailure, "a scrypt work factor of \(factor) is refused; at most \(unlock.maxWorkFactor) is tried"
            )
        }
        guard stanza.body.count == sealedSize else {
            throw CryptoError(
                .headerFailure, "the body of a scrypt stanza has \(stanza.body.count) bytes, not \(sealedSize)")
        }
        for passphrase in unlock.passphrases {
            let wrapKey = try passphrase.bytes.withBytes { (bytes) throws(CryptoError) in
                try KeyDerivation.scrypt(bytes, salt: scryptLabel + salt, logN: factor)
            }
            let key = try wrapKey.withBytes { (key) throws(CryptoError) in try open(stanza.body, under: key) }
            if let key { return key }
        }
        return nil
    }

    private static func openBody(
        _ body: [UInt8], with secret: borrowing SecretBytes, salt: [UInt8], info: [UInt8]
    ) throws(CryptoError) -> SecretBytes? {
        try withWrapKey(secret, salt: salt, info: info) { (key) throws(CryptoError) in try open(body, under: key) }
    }

    private static func open(_ body: [UInt8], under key: UnsafeRawBufferPointer) throws(CryptoError) -> SecretBytes? {
        try body.lend { (sealed) throws(CryptoError) in
            try AEADContext.open(.chacha20Poly1305, key: key, nonce: zeroNonce, associated: [], sealed)
        }
    }

    private static func withWrapKey<R: ~Copyable>(
        _ secret: borrowing SecretBytes, salt: [UInt8], info: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws(CryptoError) -> R
    ) throws(CryptoError) -> R {
        let key = try secret.withBytes { (secret) throws(CryptoError) in
            try SecretBytes(count: AEADContext.keySize) { (out) throws(CryptoError) in
                try KeyDerivation.hkdf(secret, salt: salt, info: info, into: out)
            }
        }
        return try key.withBytes(body)
    }

    private static func noMatch(_ header: AgeHeader, _ unlock: AgeUnlock) -> CryptoError {
        let sealed = Set(header.stanzas.map(\.type)).sorted().prefix(5).joined(separator: ", ")
        let tried = "\(unlock.identities.count) X25519 identities and \(unlock.passphrases.count) passphrases"
        let hint =
            header.stanzas.contains { $0.type == "mlkem768x25519" }
            ? "; post-quantum recipients are not supported yet" : ""
        return CryptoError(
            .noMatch, "none of the keys at hand opens this file: it is sealed to \(sealed), tried were \(tried)\(hint)")
    }
}
