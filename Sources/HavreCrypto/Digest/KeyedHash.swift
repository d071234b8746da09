import COpenSSL

/// SHA-256 and HMAC-SHA256 over OpenSSL contexts that are made once and used again (FIPS 180-4, RFC 2104).
/// Not to be shared between threads without a lock.
public final class KeyedHash {
    private let fresh: OpaquePointer
    private let inner: OpaquePointer
    private let outer: OpaquePointer
    private let scratch: OpaquePointer

    /// Throws `.internalFailure` where OpenSSL gives no context.
    public init() throws(CryptoError) {
        guard let fresh = EVP_MD_CTX_new(), let inner = EVP_MD_CTX_new(), let outer = EVP_MD_CTX_new(),
            let scratch = EVP_MD_CTX_new(), let hash = EVP_MD_fetch(nil, "SHA256", nil)
        else { throw CryptoError(.internalFailure, "OpenSSL gives no SHA-256; is memory short?") }
        self.fresh = fresh
        self.inner = inner
        self.outer = outer
        self.scratch = scratch
        var good = true
        for context in [fresh, inner, outer, scratch] { good = EVP_DigestInit_ex2(context, hash, nil) == 1 && good }
        EVP_MD_free(hash)
        guard good else { throw CryptoError(.internalFailure, "OpenSSL does not begin a SHA-256; is memory short?") }
    }

    deinit { for context in [fresh, inner, outer, scratch] { EVP_MD_CTX_free(context) } }

    /// SHA-256 of `bytes`, written to `out`, 32 bytes.
    public func hash(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) {
        EVP_MD_CTX_copy_ex(scratch, fresh)
        EVP_DigestUpdate(scratch, bytes.baseAddress, bytes.count)
        EVP_DigestFinal_ex(scratch, out.assumingMemoryBound(to: UInt8.self), nil)
    }

    /// Takes the key for the calls of `authenticate` that follow.
    public func setKey(_ key: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { block in
            func absorb(_ pad: UInt8, _ context: OpaquePointer) {
                for index in 0..<64 { block[index] ^= pad }
                EVP_MD_CTX_copy_ex(context, fresh)
                EVP_DigestUpdate(context, block.baseAddress, 64)
                for index in 0..<64 { block[index] ^= pad }
            }
            block.initializeMemory(as: UInt8.self, repeating: 0)
            if key.count > 64, let base = block.baseAddress {
                hash(key, into: base)
            } else {
                block.copyMemory(from: key)
            }
            absorb(0x36, inner)
            absorb(0x5c, outer)
            OPENSSL_cleanse(block.baseAddress, 64)
        }
    }

    /// HMAC-SHA256 of `bytes` under the key, written to `out`, 32 bytes.
    public func authenticate(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) {
        let digest = out.assumingMemoryBound(to: UInt8.self)
        EVP_MD_CTX_copy_ex(scratch, inner)
        EVP_DigestUpdate(scratch, bytes.baseAddress, bytes.count)
        EVP_DigestFinal_ex(scratch, digest, nil)
        EVP_MD_CTX_copy_ex(scratch, outer)
        EVP_DigestUpdate(scratch, digest, 32)
        EVP_DigestFinal_ex(scratch, digest, nil)
    }
}
