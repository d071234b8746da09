import COpenSSL
import Crypto
import FoundationEssentials

/// HKDF and HMAC over SHA-256, scrypt.
enum KeyDerivation {
    /// The most that HKDF-SHA256 gives (RFC 5869, section 2.3).
    static let longest = 255 * 32

    /// HKDF-SHA256 (RFC 5869), extract and expand, into all of `out`.
    static func hkdf(
        _ secret: UnsafeRawBufferPointer, salt: [UInt8], info: [UInt8], into out: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard out.count <= longest else {
            throw CryptoError(.refused, "HKDF-SHA256 gives \(longest) bytes at most, \(out.count) were asked for")
        }
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), salt: salt, info: info, outputByteCount: out.count)
        key.withUnsafeBytes { out.copyMemory(from: $0) }
    }

    /// HMAC-SHA256 (RFC 2104).
    static func hmac(key: UnsafeRawBufferPointer, _ message: UnsafeRawBufferPointer) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }

    /// scrypt (RFC 7914) with r = 8, p = 1 and N = 2^`logN`. Takes 2^`logN` KiB of memory.
    static func scrypt(
        _ passphrase: UnsafeRawBufferPointer, salt: [UInt8], logN: Int, count: Int = 32
    ) throws(CryptoError) -> SecretBytes {
        guard logN >= 1, logN <= 30 else { throw CryptoError(.refused, "a scrypt work factor of \(logN)") }
        return try SecretBytes(count: count) { (out) throws(CryptoError) in
            let cost = UInt64(1) << UInt64(logN)
            let good = EVP_PBE_scrypt(
                passphrase.assumingMemoryBound(to: CChar.self).baseAddress, passphrase.count, salt, salt.count,
                cost, 8, 1, cost * 1024 + (1 << 20), out.assumingMemoryBound(to: UInt8.self).baseAddress, out.count)
            guard good == 1 else {
                ERR_clear_error()
                throw CryptoError(
                    .internalFailure, "scrypt of work factor \(logN) failed; it needs \(cost >> 10) MiB of memory")
            }
        }
    }
}

/// X25519 (RFC 7748).
enum X25519 {
    static let keySize = 32

    /// The shared secret; nil where it is all zero or the point is not of 32 bytes, which a protocol must refuse.
    static func shared(
        secret: UnsafeRawBufferPointer, point: [UInt8]
    ) throws(CryptoError) -> SecretBytes? {
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret) else {
            throw CryptoError(.badKey, "an X25519 secret key is not of 32 bytes")
        }
        return shared(key, point: point)
    }

    static func shared(_ key: Curve25519.KeyAgreement.PrivateKey, point: [UInt8]) -> SecretBytes? {
        guard let other = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: point),
            let secret = try? key.sharedSecretFromKeyAgreement(with: other)
        else { return nil }
        let copy = SecretBytes(count: keySize) { out in secret.withUnsafeBytes { out.copyMemory(from: $0) } }
        // The library lets an all-zero secret pass; RFC 7748, section 6.1, asks for this check.
        let isZero = copy.withBytes { bytes in bytes.reduce(0, |) == 0 }
        if isZero { return nil }
        return copy
    }

    /// The point that belongs to a secret key of 32 bytes.
    static func point(of secret: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret) else {
            throw CryptoError(.badKey, "an X25519 secret key is not of 32 bytes")
        }
        return Array(key.publicKey.rawRepresentation)
    }
}
