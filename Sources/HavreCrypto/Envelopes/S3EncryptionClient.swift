import Crypto
import FoundationEssentials

/// `s3ec-v3`, `s3ec-v2` and `s3ec-v1`: objects of the Amazon S3 Encryption Client, each of its message formats for itself.
///
/// The envelope lies in the object's metadata or in the object `<key>.instruction`. Content is one AES-GCM message over
/// the whole object, in version 3 with a commitment to its key; in version 1, and where version 2 says so, it is AES-CBC,
/// which authenticates nothing (`EnvelopeProof.none`). An object of another version bears no envelope of this format:
/// `EnvelopeKind` tells which it seems to bear.
public struct S3EncryptionClientFormat: EnvelopeFormat {
    /// The message format.
    public enum Version: Sendable, CaseIterable {
        /// `x-amz-key`.
        case v1
        /// `x-amz-key-v2`.
        case v2
        /// `x-amz-3`.
        case v3

        fileprivate var metadata: S3EncryptionMetadata.Version {
            switch self {
            case .v1: .v1
            case .v2: .v2
            case .v3: .v3
            }
        }
    }

    private let version: Version
    private let unwrapping: any KeyUnwrapping

    /// Opens objects of one version that `unwrapping` has the key for.
    public init(_ version: Version, unwrapping: any KeyUnwrapping) {
        self.version = version
        self.unwrapping = unwrapping
    }

    public var name: String { "s3ec-v\(version.metadata.rawValue)" }

    public func open(_ object: StoredObject) async throws -> (any OpenedEnvelope)? {
        var metadata = object.metadata
        var found = try S3EncryptionMetadata.version(of: metadata)
        // Only version 3 leaves a mark on an object whose wrapped key lies beside it.
        if found == nil, version != .v3 || S3EncryptionMetadata.mark(in: metadata) != nil {
            guard let file = try await object.companion(S3EncryptionMetadata.instructionSuffix) else {
                // Half an envelope is no object in clear.
                guard let mark = S3EncryptionMetadata.mark(in: metadata) else { return nil }
                throw CryptoError(
                    .envelopeFailure,
                    "the metadata hold \(mark), but no wrapped key stands with it nor in an instruction file beside the object"
                )
            }
            metadata = try S3EncryptionMetadata.joined(metadata, instruction: file)
            found = try S3EncryptionMetadata.version(of: metadata)
        }
        guard found == version.metadata else { return nil }
        let envelope = try S3EncryptionMetadata(metadata, version: version.metadata)
        let opened = try await open(object, envelope)
        guard envelope.plainSize ?? opened.plainSize == opened.plainSize else {
            throw CryptoError(
                .payloadFailure,
                "the object holds \(opened.plainSize) bytes, but its writer noted \(envelope.plainSize ?? 0): it was cut"
            )
        }
        return opened
    }

    private func open(_ object: StoredObject, _ envelope: S3EncryptionMetadata) async throws -> any OpenedEnvelope {
        let key = try envelope.contentKey(try await unwrapping.unwrap(envelope.wrapped))
        switch envelope.content {
        case .cbc(let iv): return try await WholeCBC.open(object, key: key, iv: iv)
        case .gcm(let iv): return try WholeGCM(storedSize: object.size, key: key, iv: iv, associated: [])
        case .committed(let messageID, let commitment):
            let derived = try Self.derive(key, messageID, "COMMITKEY", count: 28)
            let isRight = derived.withBytes { derived in commitment.lend { equalInConstantTime(derived, $0) } }
            guard isRight else {
                throw CryptoError(
                    .noMatch,
                    "the envelope's commitment does not fit the content key: the envelope was changed, or the key is another one"
                )
            }
            return try WholeGCM(
                storedSize: object.size, key: try Self.derive(key, messageID, "DERIVEKEY", count: 32),
                iv: [UInt8](repeating: 1, count: AEADContext.nonceSize), associated: S3EncryptionMetadata.suiteBytes)
        }
    }

    /// HKDF-SHA512 of the content key with the message id as salt; the suite stands before the label.
    private static func derive(
        _ key: borrowing SecretBytes, _ messageID: [UInt8], _ label: String, count: Int
    ) throws(CryptoError) -> SecretBytes {
        key.withBytes { key in
            let derived = HKDF<SHA512>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: key), salt: messageID,
                info: S3EncryptionMetadata.suiteBytes + Array(label.utf8), outputByteCount: count)
            return SecretBytes(count: count) { out in derived.withUnsafeBytes { out.copyMemory(from: $0) } }
        }
    }
}
