import COpenSSL

/// Bytes that must not be seen: locked in memory where the system allows it, left out of core dumps,
/// overwritten when they go.
///
/// Small secrets share OpenSSL's secure heap (guard pages, `mlock`, `MADV_DONTDUMP`). Where that is
/// full, they lie in ordinary memory, and are overwritten all the same.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Unchecked: written before init returns, read only afterwards.
    private let start: UnsafeMutableRawPointer
    /// How many bytes there are.
    public let count: Int

    /// 1 MiB fits far below the usual limit of 8 MiB of locked memory.
    private static let heapSize = 1 << 20
    private static let heapReady = CRYPTO_secure_malloc_init(heapSize, 64) != 0

    /// Takes `count` bytes and lets `filling` write all of them. Throws what `filling` throws.
    public init<E: Error>(count: Int, filling: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        let start = Self.allocate(max(count, 1))
        do throws(E) {
            try filling(UnsafeMutableRawBufferPointer(start: start, count: count))
        } catch {
            havre_secure_clear_free(start, max(count, 1))
            throw error
        }
        self.start = start
        self.count = count
    }

    /// Copies `bytes`; overwriting the original is up to the caller.
    public init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    deinit { havre_secure_clear_free(start, max(count, 1)) }

    /// `count` bytes of the generator meant for secrets. Throws `.internalFailure`.
    public static func random(_ count: Int) throws(CryptoError) -> SecretBytes {
        try SecretBytes(count: count) { (bytes) throws(CryptoError) in try fillRandom(bytes) }
    }

    /// Lends the bytes. They must not outlive the call, nor be copied into anything that is not overwritten.
    public borrowing func withBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    static func fillRandom(_ bytes: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        let target = bytes.assumingMemoryBound(to: UInt8.self)
        guard bytes.count <= Int(Int32.max), RAND_priv_bytes(target.baseAddress, Int32(bytes.count)) == 1 else {
            throw CryptoError(.internalFailure, "the random generator failed")
        }
    }

    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        // Half of the secure heap is left to OpenSSL itself, which does not fall back when it is full.
        if heapReady, CRYPTO_secure_used() + count <= heapSize / 2, let start = havre_secure_malloc(count) {
            return start
        }
        guard let start = havre_malloc(count) else { preconditionFailure("out of memory") }
        return start
    }
}

/// Random bytes that are no secret: nonces, salts.
func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, Int32(count)) == 1 else {
        throw CryptoError(.internalFailure, "the random generator failed")
    }
    return bytes
}

/// Compares without telling by time where the difference is. Lengths are no secret.
func equalInConstantTime(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    guard let left = a.baseAddress, let right = b.baseAddress else { return true }
    return CRYPTO_memcmp(left, right, a.count) == 0
}

func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.lend { left in b.lend { equalInConstantTime(left, $0) } }
}
