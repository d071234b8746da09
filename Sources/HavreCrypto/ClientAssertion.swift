import COpenSSL

/// Proves to an identity service that one holds a certificate's private key: a JWT (RFC 7519) signed with PS256
/// (RFC 7518, section 3.5) that names the certificate by its SHA-256 thumbprint (`x5t#S256`, RFC 7515, section 4.1.8).
public enum ClientAssertion {
    /// What the assertion says.
    public struct Claims: Hashable, Sendable {
        /// The token endpoint.
        public var audience: String
        /// The client, as issuer and subject.
        public var client: String
        /// A name that no other assertion has.
        public var id: String
        /// Seconds since 1970 UTC.
        public var issued: Int64
        /// The same.
        public var expires: Int64

        /// Names claims; texts are printable ASCII without quotes and backslashes.
        public init(audience: String, client: String, id: String, issued: Int64, expires: Int64) {
            self.audience = audience
            self.client = client
            self.id = id
            self.issued = issued
            self.expires = expires
        }
    }

    /// The assertion, signed. `pem` holds an RSA private key without passphrase and its certificate.
    ///
    /// Throws `.badKey` where it holds something else, never repeating it.
    public static func sign(_ claims: Claims, pem: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        for text in [claims.audience, claims.client, claims.id] {
            guard text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) && $0 != 0x22 && $0 != 0x5c }) else {
                throw CryptoError(.refused, "an assertion's claims are printable ASCII without quotes")
            }
        }
        return try pem.withBytes { (text) throws(CryptoError) in
            let key = try privateKey(text)
            defer { EVP_PKEY_free(key) }
            let thumbprint = try thumbprint(text, key)
            let header = #"{"alg":"PS256","typ":"JWT","x5t#S256":"\#(url(thumbprint))"}"#
            let body =
                #"{"aud":"\#(claims.audience)","iss":"\#(claims.client)","sub":"\#(claims.client)","#
                + #""jti":"\#(claims.id)","nbf":\#(claims.issued),"iat":\#(claims.issued),"exp":\#(claims.expires)}"#
            let signed = "\(url(Array(header.utf8))).\(url(Array(body.utf8)))"
            let signature = try signature(of: Array(signed.utf8), key)
            let whole = Array("\(signed).\(url(signature))".utf8)
            return whole.lend { SecretBytes(copying: $0) }
        }
    }

    /// Base64 for URLs, without padding (RFC 4648, section 5).
    private static func url(_ bytes: [UInt8]) -> String {
        String(
            decoding: Base64.encode(bytes, padding: .none).map { $0 == 0x2b ? 0x2d : $0 == 0x2f ? 0x5f : $0 },
            as: UTF8.self)
    }

    private static func reading<R>(
        _ text: UnsafeRawBufferPointer, _ body: (OpaquePointer) throws(CryptoError) -> R
    ) throws(CryptoError) -> R {
        guard text.count <= 1 << 20, let bio = BIO_new_mem_buf(text.baseAddress, Int32(text.count)) else {
            throw CryptoError(.badKey, "the file of the client certificate is longer than any such file")
        }
        defer {
            BIO_free(bio)
            ERR_clear_error()
        }
        return try body(bio)
    }

    private static func privateKey(_ text: UnsafeRawBufferPointer) throws(CryptoError) -> OpaquePointer {
        try reading(text) { (bio) throws(CryptoError) in
            // Without a callback OpenSSL would ask the terminal for a passphrase.
            guard let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil) else {
                throw CryptoError(
                    .badKey,
                    "the file of the client certificate holds no private key in PEM that opens without a "
                        + "passphrase")
            }
            guard EVP_PKEY_is_a(key, "RSA") == 1 else {
                EVP_PKEY_free(key)
                throw CryptoError(.badKey, "the key of the client certificate is no RSA key")
            }
            return key
        }
    }

    /// SHA-256 of the certificate that belongs to `key`, among those of the file.
    private static func thumbprint(_ text: UnsafeRawBufferPointer, _ key: OpaquePointer) throws(CryptoError) -> [UInt8]
    {
        try reading(text) { (bio) throws(CryptoError) in
            while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
                defer { X509_free(certificate) }
                guard X509_check_private_key(certificate, key) == 1 else { continue }
                var digest = [UInt8](repeating: 0, count: 32)
                var count: UInt32 = 0
                guard X509_digest(certificate, EVP_sha256(), &digest, &count) == 1, count == 32 else {
                    throw CryptoError(.internalFailure, "OpenSSL does not hash the client certificate")
                }
                return digest
            }
            throw CryptoError(.badKey, "the file of the client certificate holds no certificate of its private key")
        }
    }

    private static func signature(of bytes: [UInt8], _ key: OpaquePointer) throws(CryptoError) -> [UInt8] {
        let failure = CryptoError(.internalFailure, "OpenSSL does not sign the client assertion")
        guard let context = EVP_MD_CTX_new() else { throw failure }
        defer { EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        guard EVP_DigestSignInit_ex(context, &parameters, "SHA256", nil, nil, key, nil) == 1,
            EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
        else { throw failure }
        var count = 0
        guard EVP_DigestSign(context, nil, &count, bytes, bytes.count) == 1 else { throw failure }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1 else { throw failure }
        return Array(signature.prefix(count))
    }
}
