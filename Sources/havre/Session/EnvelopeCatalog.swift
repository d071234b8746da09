import HavreCrypto
import HavreModel
import HavreStores

/// Which code opens which envelope: one line a format.
enum EnvelopeCatalog {
    /// The format with the key `name` of the plan, whose secret `reference` names.
    /// Throws `CryptoError` where the key is none, `CommandFailure` where the format is not of this release.
    static func format(
        _ format: Dataset.Opening.Format, key name: String, _ reference: SecretReference
    ) async throws -> any EnvelopeFormat {
        let secret = try await reference.resolve(for: "the identity of the key \(name)")
        switch format {
        case .age: return AgeEnvelope(identities: try AgeIdentity.parse(file: secret))
        case .azureCSEv1, .azureCSEv2, .s3ecV1, .s3ecV2, .s3ecV3, .rcloneCrypt:
            throw CommandFailure(.invalid, "the envelope \(format.rawValue) is not opened by this release")
        }
    }
}
