public import HavreCrypto

/// An AES-256 key of the customer's that a store encrypts and decrypts with while a request lasts, and does not keep:
/// Azure's CPK, S3's SSE-C. It goes out with each request for bytes or properties of an object; the provider sees it.
public final class CustomerKey: Sendable {
    let key: SecretBytes
    /// Its SHA-256, base64: what Azure compares.
    let sha256: String

    /// Takes 32 bytes. Throws `.credentials` for another number.
    public init(_ key: consuming SecretBytes) throws(StoreError) {
        guard key.count == 32 else {
            throw StoreError(.credentials, "a customer's key has 32 bytes (AES-256), \(key.count) were found")
        }
        sha256 = Base64.text(key.withBytes { HashFunction.sha256(of: $0) })
        self.key = key
    }
}
