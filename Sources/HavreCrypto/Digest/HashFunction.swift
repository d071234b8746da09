import Crypto
import FoundationEssentials

/// Hash functions as values, for code that must not know a cryptographic library.
public enum HashFunction {
    /// SHA-256 (FIPS 180-4), 32 bytes.
    public static let sha256: @Sendable ([UInt8]) -> [UInt8] = { bytes in
        Array(SHA256.hash(data: bytes))
    }

    /// SHA-256 of lent bytes, 32 bytes.
    public static func sha256(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return Array(hash.finalize())
    }
}
