import COpenSSL
import Glibc

/// What was agreed on with the other end of a TLS connection. Whether its certificate is to be trusted was decided by
/// whoever made the connection; here it is only read.
public struct TLSSession: Hashable, Sendable {
    /// A certificate, as far as a record of a connection needs it.
    public struct Certificate: Hashable, Sendable, Codable {
        /// Whose it is, in one line (RFC 2253).
        public let subject: String
        /// Who signed it.
        public let issuer: String
        /// SHA-256 of its DER form, lower-case hex.
        public let sha256: String
        /// Valid from, seconds since 1970 UTC.
        public let notBefore: Int64
        /// Valid until.
        public let notAfter: Int64
    }

    /// `TLSv1.3` and the like.
    public let version: String
    /// The peer's own certificate.
    public let certificate: Certificate?

    /// Reads OpenSSL's `SSL *` of a connection that stands.
    public init(openSSL session: UnsafeMutableRawPointer) {
        let session = OpaquePointer(session)
        version = SSL_get_version(session).map { String(cString: $0) } ?? "unknown"
        guard let raw = SSL_get1_peer_certificate(session) else {
            certificate = nil
            return
        }
        defer { X509_free(raw) }
        certificate = Certificate(raw)
    }
}

extension TLSSession.Certificate {
    /// nil where OpenSSL cannot write it down.
    fileprivate init?(_ raw: OpaquePointer) {
        var start: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(raw, &start)
        guard count > 0, let start else { return nil }
        defer { CRYPTO_free(start, #fileID, #line) }
        guard let from = Self.seconds(X509_get0_notBefore(raw)), let to = Self.seconds(X509_get0_notAfter(raw)) else {
            return nil
        }
        let digest = HashFunction.sha256(of: UnsafeRawBufferPointer(start: start, count: Int(count)))
        sha256 = digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        subject = Self.line(X509_get_subject_name(raw))
        issuer = Self.line(X509_get_issuer_name(raw))
        notBefore = from
        notAfter = to
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }

    private static func line(_ name: OpaquePointer?) -> String {
        guard let name, let out = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(out) }
        guard havre_print_name(out, name) >= 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = BIO_read(out, &bytes, Int32(bytes.count))
        return count > 0 ? String(decoding: bytes[..<Int(count)], as: UTF8.self) : ""
    }
}
