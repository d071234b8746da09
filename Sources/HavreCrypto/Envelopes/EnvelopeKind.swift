/// An envelope that an object seems to bear, told without any key; for reports on containers where envelopes are mixed.
///
/// Nothing here is proven: metadata can be copied onto anything, and first bytes can be chance. An object that seems to
/// bear none may still be encrypted in a way that leaves no mark.
public struct EnvelopeKind: RawRepresentable, Hashable, Sendable {
    /// The format's name in plans, `none`, or a name of what is seen and not opened.
    public let rawValue: String
    /// Names a kind.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// No mark of any envelope that is known here.
    public static let none = EnvelopeKind(rawValue: "none")
    /// Client-side encryption of Azure blobs, protocol 1.0.
    public static let azureCSEv1 = EnvelopeKind(rawValue: "azure-cse-v1")
    /// The same, protocols 2.0 and 2.1.
    public static let azureCSEv2 = EnvelopeKind(rawValue: "azure-cse-v2")
    /// Amazon S3 Encryption Client, version 1.
    public static let s3ecV1 = EnvelopeKind(rawValue: "s3ec-v1")
    /// The same, version 2.
    public static let s3ecV2 = EnvelopeKind(rawValue: "s3ec-v2")
    /// The same, version 3.
    public static let s3ecV3 = EnvelopeKind(rawValue: "s3ec-v3")
    /// No content: the envelope of the object whose key is this one's without `.instruction`.
    public static let s3ecInstruction = EnvelopeKind(rawValue: "s3ec-instruction")
    /// An age file.
    public static let age = EnvelopeKind(rawValue: "age")
    /// An age file in armor, which is not opened at a source.
    public static let ageArmored = EnvelopeKind(rawValue: "age-armored")
    /// A file of rclone's crypt.
    public static let rcloneCrypt = EnvelopeKind(rawValue: "rclone-crypt")
    /// OpenPGP in armor.
    public static let openPGP = EnvelopeKind(rawValue: "openpgp")

    /// What an object's metadata (names in lower case) and first bytes, 64 or more where it has them, show.
    public static func seen(metadata: [String: String], firstBytes: [UInt8]) -> EnvelopeKind {
        if let kind = byMetadata(metadata) { return kind }
        let marks: [(start: [UInt8], kind: EnvelopeKind)] = [
            (AgeHeader.version + [UInt8(ascii: "\n")], .age), (AgeArmor.header, .ageArmored),
            (RcloneCryptFormat.magic, .rcloneCrypt), (Array("-----BEGIN PGP MESSAGE-----".utf8), .openPGP),
        ]
        if let mark = marks.first(where: { firstBytes.starts(with: $0.start) }) { return mark.kind }
        let start = firstBytes.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
        let names = [
            "\"x-amz-key", "\"x-amz-3\"", "\"x-amz-iv\"", "\"x-amz-cek-alg\"", "\"x-amz-w", "\"x-amz-matdesc\"",
        ]
        if start.first == UInt8(ascii: "{") {
            let member = start.dropFirst().drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
            if names.contains(where: { member.starts(with: $0.utf8) }) { return .s3ecInstruction }
        }
        return .none
    }

    private static func byMetadata(_ metadata: [String: String]) -> EnvelopeKind? {
        if metadata[AzureEncryptionData.name] != nil {
            let version = try? AzureEncryptionData.version(of: metadata)
            // One that cannot be read is no blob in clear.
            return version == "1.0" ? .azureCSEv1 : .azureCSEv2
        }
        if metadata["x-amz-crypto-instr-file"] != nil { return .s3ecInstruction }
        if metadata["x-amz-3"] != nil || S3EncryptionMetadata.pointsElsewhere(metadata) { return .s3ecV3 }
        if metadata["x-amz-key-v2"] != nil { return .s3ecV2 }
        return metadata["x-amz-key"] != nil ? .s3ecV1 : nil
    }
}
