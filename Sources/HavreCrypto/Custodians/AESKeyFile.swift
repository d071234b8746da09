import COpenSSL

/// The custodian that is a file with an AES key of 128, 192 or 256 bits.
public final class AESKeyFile: KeyUnwrapping {
    /// How the file holds the key.
    public enum Encoding: Sendable {
        /// Its bytes and nothing else.
        case raw
        /// Hex digits, a line end allowed.
        case hex
        /// Padded base64, a line end allowed.
        case base64
        /// Whichever of them it can only be.
        case detect
    }

    private static let sizes = [16, 24, 32]
    private let key: SecretBytes

    /// Reads the file's bytes. Throws `.badKey`, also where the file can be read in two ways; the message never holds
    /// any of it.
    public init(_ file: borrowing SecretBytes, encoding: Encoding = .detect) throws(CryptoError) {
        key = try file.withBytes { (bytes) throws(CryptoError) in try Self.read(bytes, encoding) }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, _ encoding: Encoding) throws(CryptoError) -> SecretBytes {
        var line = bytes
        while let last = line.last, last == 0x0a || last == 0x0d { line = line.slice(0, line.count - 1) }
        let isRaw = sizes.contains(bytes.count)
        let isHex = sizes.contains(line.count / 2) && line.count % 2 == 0 && line.allSatisfy { $0.hexValue != nil }
        let isBase64 = base64Size(line) != nil
        // Base64 of hex digits alone does not happen by chance; 32 characters typed as a key do.
        let readings = (isRaw ? ["raw"] : []) + (isHex ? ["hex"] : []) + (isBase64 && !isHex ? ["base64"] : [])
        let isPossible: Bool
        var chosen = encoding
        switch encoding {
        case .raw: isPossible = isRaw
        case .hex: isPossible = isHex
        case .base64: isPossible = isBase64
        case .detect:
            guard readings.count < 2 else {
                throw CryptoError(
                    .badKey,
                    "the AES key file of \(bytes.count) bytes can be read as \(readings.joined(separator: " and as ")): say "
                        + "which it is")
            }
            isPossible = !readings.isEmpty
            chosen = isRaw ? .raw : isHex ? .hex : .base64
        }
        guard isPossible else {
            throw CryptoError(
                .badKey,
                "the AES key file has \(bytes.count) bytes; 16, 24 or 32 bytes, their hex digits or their padded base64 are "
                    + "expected")
        }
        switch chosen {
        case .raw, .detect: return SecretBytes(copying: bytes)
        case .hex:
            return SecretBytes(count: line.count / 2) { out in
                for place in 0..<out.count {
                    out[place] = (line[2 * place].hexValue ?? 0) << 4 | (line[2 * place + 1].hexValue ?? 0)
                }
            }
        case .base64:
            let count = base64Size(line) ?? 0
            let wide = SecretBytes(count: line.count) { out in
                _ = Base64.decode(line, padding: .required, into: out)
            }
            return wide.withBytes { SecretBytes(copying: $0.slice(0, count)) }
        }
    }

    /// The size of the key that this is the base64 of.
    private static func base64Size(_ line: UnsafeRawBufferPointer) -> Int? {
        guard [24, 32, 44].contains(line.count) else { return nil }
        var count: Int?
        _ = SecretBytes(count: line.count) { out in count = Base64.decode(line, padding: .required, into: out) }
        return count.flatMap { sizes.contains($0) ? $0 : nil }
    }

    public func unwrap(_ wrapped: WrappedKey) async throws -> SecretBytes {
        try open(wrapped)
    }

    /// The same at once. Throws `.noMatch` and `.badKey`.
    func open(_ wrapped: WrappedKey) throws(CryptoError) -> SecretBytes {
        switch wrapped.algorithm {
        case .aesKeyWrap: return try unwrapRFC3394(wrapped.bytes)
        case .aesGCM: return try unwrapGCM(wrapped)
        case .aesECB: return try unwrapECB(wrapped.bytes)
        case .rsaOAEP, .rsaOAEP256, .rsaOAEP256MGF1SHA1, .rsaOAEPSHA1, .rsaPKCS1, .kms, .kmsContext:
            throw CryptoError(
                .badKey, "the content key is wrapped by \(wrapped.algorithm.rawValue), which an AES key does not undo")
        }
    }

    private static let refusal = CryptoError(
        .noMatch, "the content key does not unwrap: it was wrapped under another AES key, or was changed")

    private func unwrapRFC3394(_ bytes: [UInt8]) throws(CryptoError) -> SecretBytes {
        // RFC 3394, section 2: two blocks of 8 bytes at least, and one for the check.
        guard bytes.count >= 24, bytes.count % 8 == 0, bytes.count <= 1024 else { throw Self.refusal }
        return try run("WRAP", initial: nil, count: bytes.count - 8) { (context, out) throws(CryptoError) in
            var written: Int32 = 0
            let isGood = EVP_CipherUpdate(context, out, &written, bytes, Int32(bytes.count)) == 1
            guard isGood, Int(written) == bytes.count - 8 else { throw Self.refusal }
        }
    }

    private func unwrapGCM(_ wrapped: WrappedKey) throws(CryptoError) -> SecretBytes {
        let bytes = wrapped.bytes
        let count = bytes.count - 28
        guard count > 0, bytes.count <= 1024 else { throw Self.refusal }
        return try run("GCM", initial: Array(bytes[..<12]), count: count) {
            (context, out) throws(CryptoError) in
            var written: Int32 = 0
            var tag = Array(bytes.suffix(16))
            let sealed = Array(bytes[12..<12 + count])
            let associated = wrapped.associated
            let isGood =
                (associated.isEmpty
                    || EVP_CipherUpdate(context, nil, &written, associated, Int32(associated.count)) == 1)
                && EVP_CipherUpdate(context, out, &written, sealed, Int32(sealed.count)) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1
                && EVP_CipherFinal_ex(context, out + count, &written) == 1
            guard isGood else { throw Self.refusal }
        }
    }

    /// It has no check but its padding: what is wrong is told when the content does not open.
    private func unwrapECB(_ bytes: [UInt8]) throws(CryptoError) -> SecretBytes {
        guard bytes.count % 16 == 0, (16...1024).contains(bytes.count) else { throw Self.refusal }
        let plain = try key.withBytes { (key) throws(CryptoError) in
            try SecretBytes(count: bytes.count) { (out) throws(CryptoError) in
                out.copyBytes(from: bytes)
                try BlockCipher(.ecb, key: key, iv: [], .open).transform(out)
            }
        }
        return try plain.withBytes { (plain) throws(CryptoError) in
            let padding = Int(plain.last ?? 0)
            guard (1...16).contains(padding), plain.suffix(padding).allSatisfy({ $0 == padding }),
                padding < plain.count
            else { throw Self.refusal }
            return SecretBytes(copying: plain.slice(0, plain.count - padding))
        }
    }

    /// Runs a cipher context of this key in mode `mode` over memory of `count` bytes and a block more.
    private func run(
        _ mode: String, initial: [UInt8]?, count: Int,
        _ body: (OpaquePointer, UnsafeMutablePointer<UInt8>) throws(CryptoError) -> Void
    ) throws(CryptoError) -> SecretBytes {
        guard let cipher = EVP_CIPHER_fetch(nil, "AES-\(key.count * 8)-\(mode)", nil) else {
            throw CryptoError(.internalFailure, "OpenSSL offers no AES in mode \(mode)")
        }
        defer { EVP_CIPHER_free(cipher) }
        guard let context = EVP_CIPHER_CTX_new() else {
            throw CryptoError(.internalFailure, "OpenSSL gave no cipher context")
        }
        defer {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
        }
        EVP_CIPHER_CTX_set_flags(context, Int32(EVP_CIPHER_CTX_FLAG_WRAP_ALLOW))
        let isReady = key.withBytes { key in
            EVP_CipherInit_ex2(
                context, cipher, key.assumingMemoryBound(to: UInt8.self).baseAddress, initial, 0, nil) == 1
        }
        guard isReady else { throw CryptoError(.internalFailure, "OpenSSL refused an AES key") }
        let wide = try SecretBytes(count: count + 16) { (out) throws(CryptoError) in
            guard let start = out.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
            try body(context, start)
        }
        return wide.withBytes { SecretBytes(copying: $0.slice(0, count)) }
    }
}
