import COpenSSL

/// An OpenSSL hash context, fetched once and restarted for each message.
struct StreamingHash: ~Copyable {
    enum Algorithm: String {
        case sha256 = "SHA256"
        case md5 = "MD5"

        var size: Int {
            switch self {
            case .sha256: 32
            case .md5: 16
            }
        }
    }

    private let context: OpaquePointer
    private let size: Int

    init(_ algorithm: Algorithm) throws(CryptoError) {
        guard let hash = EVP_MD_fetch(nil, algorithm.rawValue, nil) else {
            throw CryptoError(.internalFailure, "OpenSSL offers no \(algorithm.rawValue)")
        }
        defer { EVP_MD_free(hash) }
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, hash, nil) == 1 else {
            throw CryptoError(.internalFailure, "OpenSSL gave no hash context")
        }
        self.context = context
        size = algorithm.size
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Begins a message. A hash that has begun once cannot fail; if it did, a wrong digest would be worse than an end.
    func begin() {
        precondition(EVP_DigestInit_ex2(context, nil, nil) == 1, "OpenSSL failed to restart a hash")
    }

    func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "OpenSSL failed to hash")
    }

    func update(_ byte: UInt8) { withUnsafeBytes(of: byte) { update($0) } }

    /// Appends the digest to `out`.
    func finish(into out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: size))
        let good = out.withUnsafeMutableBytes {
            EVP_DigestFinal_ex(
                context, $0.assumingMemoryBound(to: UInt8.self).baseAddress.map { $0 + start }, nil)
        }
        precondition(good == 1, "OpenSSL failed to end a hash")
    }

    func finish() -> [UInt8] {
        var digest: [UInt8] = []
        finish(into: &digest)
        return digest
    }
}
