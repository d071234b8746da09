/// The metadata `encryptiondata` of an Azure blob that its writer's client encrypted.
struct AzureEncryptionData {
    /// What the content is encrypted with.
    enum Content: Hashable {
        /// AES-256-CBC, protocol 1.0.
        case cbc(iv: [UInt8])
        /// AES-256-GCM in regions of so many bytes of plaintext, protocol 2.0 or 2.1.
        case regions(UInt64)
    }

    static let name = "encryptiondata"
    /// What protocol 2.0 writes, whatever it says.
    static let usualRegion: UInt64 = 4 << 20
    /// What protocol 2.1 allows.
    static let regionSizes: ClosedRange<UInt64> = 16...1 << 30
    private static let keySize = 32
    private static let prefixSize = 8

    let version: String
    let content: Content
    let wrapped: WrappedKey

    /// Whether an object bears client-side encryption, and of which protocol; nil where it does not.
    static func version(of metadata: [String: String]) throws(CryptoError) -> String? {
        guard let text = metadata[name] else { return nil }
        return try version(try EnvelopeJSON(Array(text.utf8), of: "the metadata `\(name)`"))
    }

    private static func version(_ json: EnvelopeJSON) throws(CryptoError) -> String {
        guard let version = json["EncryptionAgent"]?["Protocol"]?.text else {
            throw missing("EncryptionAgent.Protocol")
        }
        guard ["1.0", "2.0", "2.1"].contains(version) else {
            throw CryptoError(
                .envelopeFailure,
                "the client-side encryption of this blob is of protocol \(quoted(version)); 1.0, 2.0 and 2.1 are known")
        }
        return version
    }

    /// Reads the metadata. Throws `.envelopeFailure`.
    init(_ text: String) throws(CryptoError) {
        let json = try EnvelopeJSON(Array(text.utf8), of: "the metadata `\(Self.name)`")
        version = try Self.version(json)
        let isFirst = version == "1.0"
        let algorithm = json["EncryptionAgent"]?["EncryptionAlgorithm"]?.text
        let expected = isFirst ? "AES_CBC_256" : "AES_GCM_256"
        guard algorithm == expected else {
            throw CryptoError(
                .envelopeFailure,
                "the envelope of protocol \(version) names the cipher \(quoted(algorithm ?? "")), not \(expected)")
        }
        guard let key = json["WrappedContentKey"], let digits = key["EncryptedKey"]?.text else {
            throw Self.missing("WrappedContentKey.EncryptedKey")
        }
        wrapped = WrappedKey(
            bytes: try envelopeBytes(digits, "EncryptedKey", count: 16...8192),
            algorithm: try Self.wrapping(key["Algorithm"]?.text), keyID: key["KeyId"]?.text,
            count: Self.keySize + (isFirst ? 0 : Self.prefixSize))
        content = isFirst ? try Self.cbc(json) : try Self.regions(json, version)
    }

    private static func cbc(_ json: EnvelopeJSON) throws(CryptoError) -> Content {
        guard let digits = json["ContentEncryptionIV"]?.text else { throw missing("ContentEncryptionIV") }
        return .cbc(iv: try envelopeBytes(digits, "ContentEncryptionIV", count: 16...16))
    }

    private static func regions(_ json: EnvelopeJSON, _ version: String) throws(CryptoError) -> Content {
        guard let info = json["EncryptedRegionInfo"], let length = info["DataLength"]?.number,
            let nonce = info["NonceLength"]?.number
        else { throw missing("EncryptedRegionInfo with DataLength and NonceLength") }
        guard nonce == UInt64(AEADContext.nonceSize) else {
            throw CryptoError(.envelopeFailure, "the envelope has nonces of \(nonce) bytes; AES-GCM here has 12")
        }
        let allowed = version == "2.0" ? usualRegion...usualRegion : regionSizes
        guard allowed.contains(length) else {
            throw CryptoError(
                .envelopeFailure,
                "the envelope has regions of \(length) bytes; protocol \(version) has "
                    + (allowed.lowerBound == allowed.upperBound
                        ? "\(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)"))
        }
        return .regions(length)
    }

    /// The names under which the SDKs and Key Vault know wrappings.
    private static func wrapping(_ name: String?) throws(CryptoError) -> WrappedKey.Algorithm {
        switch name {
        case "A128KW", "A192KW", "A256KW": return .aesKeyWrap
        case "RSA-OAEP": return .rsaOAEP
        case "RSA-OAEP-256": return .rsaOAEP256
        case "RSA1_5": return .rsaPKCS1
        default:
            throw CryptoError(
                .envelopeFailure,
                "the envelope's key is wrapped by \(quoted(name ?? "")); A128KW, A192KW, A256KW, RSA-OAEP, RSA-OAEP-256 "
                    + "and RSA1_5 are known")
        }
    }

    private static func missing(_ what: String) -> CryptoError {
        CryptoError(.envelopeFailure, "the metadata `\(name)` lacks \(what)")
    }

    /// The content key out of what was wrapped: protocol 2 puts its version before it, so that nobody passes one
    /// protocol off as the other.
    func contentKey(_ unwrapped: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        let refusal = CryptoError(
            .noMatch,
            "the key that was unwrapped is none of protocol \(version): the wrapping key is another one, or the envelope "
                + "was changed")
        let prefix = version == "1.0" ? [] : Array(version.utf8) + [UInt8](repeating: 0, count: 5)
        guard unwrapped.count == prefix.count + Self.keySize else { throw refusal }
        return try unwrapped.withBytes { (bytes) throws(CryptoError) in
            let isRight = prefix.lend { equalInConstantTime($0, bytes.slice(0, prefix.count)) }
            guard isRight else { throw refusal }
            return SecretBytes(copying: bytes.slice(prefix.count, Self.keySize))
        }
    }
}
