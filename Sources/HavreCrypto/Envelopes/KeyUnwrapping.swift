/// Unwraps content keys that were wrapped under a key of somebody's: a file, or a service that keeps the key and answers.
public protocol KeyUnwrapping: Sendable {
    /// The bytes that were wrapped, as they were. Throws `CryptoError` `.noMatch` where it was wrapped under another key,
    /// `.badKey` where the key at hand does not serve the algorithm, and what the service's transport throws.
    func unwrap(_ wrapped: WrappedKey) async throws -> SecretBytes
}

/// A content key as an envelope carries it.
public struct WrappedKey: Sendable {
    /// How it was wrapped.
    public enum Algorithm: String, Sendable, CaseIterable {
        /// RFC 3394 under AES-128, 192 or 256.
        case aesKeyWrap = "AESWrap"
        /// AES-GCM: 12 bytes nonce ‖ ciphertext ‖ 16 bytes tag.
        case aesGCM = "AES/GCM"
        /// AES in ECB mode with PKCS#7 padding, unauthenticated; only of S3 Encryption Client v1.
        case aesECB = "AES"
        /// RSAES-OAEP with SHA-1 and MGF1 with SHA-1 (RFC 8017, section 7.1).
        case rsaOAEP = "RSA-OAEP"
        /// RSAES-OAEP with SHA-256 and MGF1 with SHA-256.
        case rsaOAEP256 = "RSA-OAEP-256"
        /// RSAES-OAEP with SHA-256 and MGF1 with SHA-1, which is what Java means by `OAEPWithSHA-256AndMGF1Padding`.
        case rsaOAEP256MGF1SHA1 = "RSA/ECB/OAEPWithSHA-256AndMGF1Padding"
        /// `rsaOAEP` of length, content key and name of the content's algorithm, which the format takes apart
        /// (S3 Encryption Client v2 and v3).
        case rsaOAEPSHA1 = "RSA-OAEP-SHA1"
        /// RSAES-PKCS1-v1_5 (RFC 8017, section 7.2); only of old envelopes. Whoever unwraps it never tells that the
        /// padding was wrong, but gives `count` bytes that nobody can foresee.
        case rsaPKCS1 = "RSA1_5"
        /// An AWS KMS ciphertext, without the algorithm in its context.
        case kms = "kms"
        /// An AWS KMS ciphertext, with the content algorithm in its context.
        case kmsContext = "kms+context"
    }
    /// The wrapped bytes.
    public let bytes: [UInt8]
    /// How they were wrapped.
    public let algorithm: Algorithm
    /// The name of the wrapping key, as the envelope gives it; nil where it gives none. Not to be believed.
    public let keyID: String?
    /// What the wrapping is bound to: AWS KMS' encryption context.
    public let context: [String: String]
    /// Associated data of an AES-GCM.
    public let associated: [UInt8]
    /// How many bytes were wrapped, if the envelope is as it should be.
    public let count: Int

    /// Names a wrapped key.
    public init(
        bytes: [UInt8], algorithm: Algorithm, keyID: String? = nil, context: [String: String] = [:],
        associated: [UInt8] = [], count: Int = 32
    ) {
        self.bytes = bytes
        self.algorithm = algorithm
        self.keyID = keyID
        self.context = context
        self.associated = associated
        self.count = count
    }
}
