import COpenSSL

/// The custodian that is a file with an RSA private key: PEM, PKCS#8 or PKCS#1, not encrypted, of 2,048 bits or more.
public final class RSAKeyFile: KeyUnwrapping, @unchecked Sendable {
    // Unchecked: OpenSSL reads a key from many threads at once.
    private let key: OpaquePointer
    private let size: Int
    /// What stands in for a key whose padding was wrong hangs on it: nobody can foresee it, and it is the same each time.
    private let rejection: SecretBytes

    private static let smallest = 256
    private static let largest = 2048
    private static let longestFile = 64 << 10

    /// Reads the file's bytes. Throws `.badKey`; the message never holds any of it.
    public init(_ file: borrowing SecretBytes) throws(CryptoError) {
        let key = try file.withBytes { (bytes) throws(CryptoError) in try Self.read(bytes) }
        let size = Int(EVP_PKEY_get_size(key))
        guard (Self.smallest...Self.largest).contains(size) else {
            EVP_PKEY_free(key)
            throw CryptoError(
                .badKey, "the RSA key has \(size * 8) bits; \(Self.smallest * 8) to \(Self.largest * 8) are accepted")
        }
        self.key = key
        self.size = size
        rejection = file.withBytes { file in
            let mac = Array("havre rsa rejection v1\n".utf8).lend { KeyDerivation.hmac(key: file, $0) }
            return SecretBytes(count: mac.count) { $0.copyBytes(from: mac) }
        }
    }

    deinit { EVP_PKEY_free(key) }

    private static func read(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) -> OpaquePointer {
        guard bytes.count <= longestFile else {
            throw CryptoError(.badKey, "the RSA key file has \(bytes.count) bytes, far more than any key")
        }
        guard let source = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
            throw CryptoError(.internalFailure, "OpenSSL gave no memory")
        }
        defer {
            BIO_free(source)
            ERR_clear_error()
        }
        // Without this OpenSSL asks at the terminal for the passphrase of an encrypted key.
        guard let key = PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil) else {
            throw CryptoError(
                .badKey, "the RSA key file holds no private key in PEM (PKCS#8 or PKCS#1) that is not itself encrypted")
        }
        guard EVP_PKEY_is_a(key, "RSA") == 1 else {
            EVP_PKEY_free(key)
            throw CryptoError(.badKey, "the key file holds a private key of another kind than RSA")
        }
        return key
    }

    public func unwrap(_ wrapped: WrappedKey) async throws -> SecretBytes {
        try open(wrapped)
    }

    /// The same at once. Throws `.noMatch` and `.badKey`.
    func open(_ wrapped: WrappedKey) throws(CryptoError) -> SecretBytes {
        switch wrapped.algorithm {
        case .rsaOAEP, .rsaOAEPSHA1: return try oaep(wrapped.bytes, digest: "SHA1", mask: "SHA1")
        case .rsaOAEP256: return try oaep(wrapped.bytes, digest: "SHA256", mask: "SHA256")
        case .rsaOAEP256MGF1SHA1: return try oaep(wrapped.bytes, digest: "SHA256", mask: "SHA1")
        case .rsaPKCS1: return try pkcs1(wrapped)
        case .aesKeyWrap, .aesGCM, .aesECB, .kms, .kmsContext:
            throw CryptoError(
                .badKey, "the content key is wrapped by \(wrapped.algorithm.rawValue), which an RSA key does not undo")
        }
    }

    private static let refusal = CryptoError(
        .noMatch, "the content key does not unwrap: it was wrapped under another RSA key, or was changed")

    private func oaep(_ bytes: [UInt8], digest: String, mask: String) throws(CryptoError) -> SecretBytes {
        try decrypt(bytes, padding: RSA_PKCS1_OAEP_PADDING) { context in
            EVP_PKEY_CTX_set_rsa_oaep_md_name(context, digest, nil) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, mask, nil) == 1
        }
    }

    private func decrypt(
        _ bytes: [UInt8], padding: Int32, _ prepare: (OpaquePointer) -> Bool
    ) throws(CryptoError) -> SecretBytes {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else {
            throw CryptoError(.internalFailure, "OpenSSL gave no key context")
        }
        defer {
            EVP_PKEY_CTX_free(context)
            ERR_clear_error()
        }
        guard EVP_PKEY_decrypt_init(context) == 1, EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1,
            prepare(context)
        else { throw CryptoError(.internalFailure, "OpenSSL refused an RSA padding") }
        var count = size
        let wide = try SecretBytes(count: size) { (out) throws(CryptoError) in
            let target = out.assumingMemoryBound(to: UInt8.self).baseAddress
            guard EVP_PKEY_decrypt(context, target, &count, bytes, bytes.count) == 1 else { throw Self.refusal }
        }
        return wide.withBytes { SecretBytes(copying: $0.slice(0, count)) }
    }

    /// RSAES-PKCS1-v1_5 without telling whether the padding was right (implicit rejection): a wrong one, or a message of
    /// another size than expected, gives bytes that hang on file and ciphertext. The same steps either way.
    private func pkcs1(_ wrapped: WrappedKey) throws(CryptoError) -> SecretBytes {
        guard wrapped.bytes.count == size, (1...32).contains(wrapped.count) || wrapped.count == 40 else {
            throw Self.refusal
        }
        let block = try decrypt(wrapped.bytes, padding: RSA_NO_PADDING) { _ in true }
        guard block.count == size else { throw Self.refusal }
        let other = rejection.withBytes { key in
            let first = wrapped.bytes.lend { KeyDerivation.hmac(key: key, $0) }
            let second = (first + wrapped.bytes).lend { KeyDerivation.hmac(key: key, $0) }
            return SecretBytes(count: 64) { $0.copyBytes(from: first + second) }
        }
        return block.withBytes { block in
            let start = block.count - wrapped.count
            var wrong = block[0] | (block[1] ^ 2) | block[start - 1]
            for place in 2..<start - 1 {
                // All ones where the byte is zero, which none of the filling may be.
                wrong |= UInt8(truncatingIfNeeded: (Int(block[place]) - 1) >> 8)
            }
            // All ones where anything was wrong.
            let mask = ~UInt8(truncatingIfNeeded: (Int(wrong) - 1) >> 8)
            return other.withBytes { other in
                SecretBytes(count: wrapped.count) { out in
                    for place in 0..<wrapped.count {
                        out[place] = block[start + place] & ~mask | other[place] & mask
                    }
                }
            }
        }
    }
}
