/// SHA-256 (FIPS 180-4) over bytes that come one after the other. One thread.
public final class SHA256Stream {
    private let hash: StreamingHash

    /// Begins. Throws `.internalFailure`.
    public init() throws(CryptoError) { hash = try StreamingHash(.sha256) }

    /// Takes the next bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bytes) }

    /// Ends; 32 bytes. Nothing may come afterwards.
    public func finish() -> [UInt8] { hash.finish() }
}
