import COpenSSL

/// An OpenSSL context of AES without authentication and without padding: what whole-object formats are made of.
struct BlockCipher: ~Copyable {
    enum Mode: String { case ecb = "ECB", cbc = "CBC", ctr = "CTR" }

    static let blockSize = 16
    private let context: OpaquePointer

    /// `iv` is of 16 bytes, empty for ECB; the key of 16, 24 or 32.
    init(
        _ mode: Mode, key: UnsafeRawBufferPointer, iv: [UInt8], _ direction: AEADContext.Direction
    ) throws(CryptoError) {
        guard [16, 24, 32].contains(key.count), iv.count == (mode == .ecb ? 0 : Self.blockSize) else {
            throw CryptoError(.internalFailure, "AES was given a key or an initial block of another size")
        }
        guard let cipher = EVP_CIPHER_fetch(nil, "AES-\(key.count * 8)-\(mode.rawValue)", nil) else {
            throw CryptoError(.internalFailure, "OpenSSL offers no AES in mode \(mode.rawValue)")
        }
        defer { EVP_CIPHER_free(cipher) }
        guard let context = EVP_CIPHER_CTX_new() else {
            throw CryptoError(.internalFailure, "OpenSSL gave no cipher context")
        }
        let start = key.assumingMemoryBound(to: UInt8.self).baseAddress
        guard
            EVP_CipherInit_ex2(context, cipher, start, iv.isEmpty ? nil : iv, direction.rawValue, nil) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
            throw CryptoError(.internalFailure, "OpenSSL refused an AES key")
        }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Runs `bytes` through the cipher into `out`, which holds a block more than they are; how many were written.
    /// ECB and CBC keep a block back until it is whole.
    func update(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) throws(CryptoError) -> Int {
        guard !bytes.isEmpty else { return 0 }
        var written: Int32 = 0
        let source = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
        let target = out.assumingMemoryBound(to: UInt8.self)
        guard
            bytes.count <= Int(Int32.max) - Self.blockSize,
            EVP_CipherUpdate(context, target, &written, source, Int32(bytes.count)) == 1
        else {
            ERR_clear_error()
            throw CryptoError(.internalFailure, "OpenSSL failed in AES")
        }
        return Int(written)
    }

    /// Runs whole blocks through the cipher in place.
    func transform(_ blocks: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard let start = blocks.baseAddress, !blocks.isEmpty else { return }
        guard try update(UnsafeRawBufferPointer(blocks), into: start) == blocks.count else {
            throw CryptoError(.internalFailure, "OpenSSL kept bytes back")
        }
    }
}

/// Memory that plaintext passes through, overwritten when it goes.
final class PlainScratch {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) { bytes = .allocate(byteCount: count, alignment: 64) }

    deinit {
        OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        bytes.deallocate()
    }

    /// The first `count` bytes.
    func prefix(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count])
    }
}

/// Cuts what pieces of an object give to the bytes that were asked for.
struct PlainWindow {
    private var skip: UInt64
    private(set) var left: UInt64

    /// Drops `skip` bytes, then lets `count` pass.
    init(skip: UInt64, count: UInt64) {
        self.skip = skip
        left = count
    }

    mutating func pass(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        let dropped = Int(min(skip, UInt64(bytes.count)))
        skip -= UInt64(dropped)
        let count = Int(min(left, UInt64(bytes.count - dropped)))
        left -= UInt64(count)
        guard count > 0 else { return }
        try emit(UnsafeRawBufferPointer(rebasing: bytes[dropped..<dropped + count]))
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes from `start`, `count` of them.
    func slice(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[start..<start + count])
    }
}
