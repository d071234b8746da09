import HavreCrypto
import HavreModel
import HavreStores

/// Which code opens which envelope: one line a format.
struct EnvelopeCatalog {
    /// What opens the objects.
    let format: any EnvelopeFormat
    /// How they are named, where their names are encrypted too.
    private(set) var names: RcloneNames?

    /// The format with the key `name` of the plan, whose secret `reference` names. Throws where that is no key for it.
    init(_ format: Dataset.Opening.Format, key name: String, _ reference: SecretReference) async throws {
        let secret = try await reference.resolve(for: "the identity of the key \(name)")
        switch format {
        case .age: self.format = AgeFormat(unlock: AgeUnlock(identities: try AgeIdentity.parse(file: secret)))
        case .azureCSEv1: self.format = AzureCSEv1Format(unwrapping: try Self.wrappingKey(secret))
        case .azureCSEv2: self.format = AzureCSEv2Format(unwrapping: try Self.wrappingKey(secret))
        case .s3ecV1: self.format = S3EncryptionClientFormat(.v1, unwrapping: try Self.wrappingKey(secret))
        case .s3ecV2: self.format = S3EncryptionClientFormat(.v2, unwrapping: try Self.wrappingKey(secret))
        case .s3ecV3: self.format = S3EncryptionClientFormat(.v3, unwrapping: try Self.wrappingKey(secret))
        case .rcloneCrypt:
            let remote = try RcloneRemote(secret)
            self.format = RcloneCryptFormat(keys: remote.keys)
            names = remote.names
        }
    }

    /// A file that wraps content keys: PEM is RSA, all else AES.
    private static func wrappingKey(_ file: borrowing SecretBytes) throws(CryptoError) -> any KeyUnwrapping {
        let mark = Array("-----BEGIN".utf8)
        let isPEM = file.withBytes { bytes in bytes.count >= mark.count && bytes.prefix(mark.count).elementsEqual(mark)
        }
        if isPEM { return try RSAKeyFile(file) }
        return try AESKeyFile(file)
    }
}
