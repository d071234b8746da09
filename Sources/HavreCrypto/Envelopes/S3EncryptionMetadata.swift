/// What the Amazon S3 Encryption Client writes beside an object, in its metadata or in its instruction file.
struct S3EncryptionMetadata {
    /// The message format: 1 (`x-amz-key`), 2 (`x-amz-key-v2`), 3 (`x-amz-3`).
    enum Version: Int { case v1 = 1, v2, v3 }

    /// How the content is encrypted.
    enum Content: Hashable {
        case cbc(iv: [UInt8])
        case gcm(iv: [UInt8])
        /// AES-GCM under a key derived from the content key and the message id, with a commitment to it.
        case committed(messageID: [UInt8], commitment: [UInt8])
    }

    static let instructionSuffix = ".instruction"
    /// The number of the committing algorithm suite, and how it stands in derivations.
    static let suite = "115"
    static let suiteBytes: [UInt8] = [0x00, 0x73]
    private static let gcm = "AES/GCM/NoPadding"
    private static let keyNames: [(name: String, version: Version)] = [
        ("x-amz-key", .v1), ("x-amz-key-v2", .v2), ("x-amz-3", .v3),
    ]
    /// Of version 3, what stands with the object even where the wrapped key does not.
    private static let committedNames = ["x-amz-c", "x-amz-d", "x-amz-i"]
    private static let contentNames = ["x-amz-cek-alg", "x-amz-iv", "x-amz-wrap-alg", "x-amz-tag-len", "x-amz-matdesc"]
    private static let otherNames = [
        "x-amz-w", "x-amz-m", "x-amz-t", "x-amz-crypto-instr-file", "x-amz-unencrypted-content-length",
    ]

    let version: Version
    let content: Content
    let wrapped: WrappedKey
    /// What stands behind the content key where it is wrapped together with its algorithm.
    let cipherName: String
    /// Bytes of plaintext, where the writer noted them.
    let plainSize: UInt64?

    // MARK: Which

    /// The version that an object's metadata show; nil where they show none.
    static func version(of metadata: [String: String]) throws(CryptoError) -> Version? {
        let found = keyNames.filter { metadata[$0.name] != nil }
        guard found.count < 2 else {
            throw CryptoError(
                .envelopeFailure,
                "the metadata hold keys of several versions at once (\(found.map(\.name).joined(separator: ", "))); "
                    + "no client writes that")
        }
        return found.first?.version
    }

    /// Whether the metadata are those of a version 3 whose wrapped key lies in an instruction file.
    static func pointsElsewhere(_ metadata: [String: String]) -> Bool {
        committedNames.allSatisfy { metadata[$0] != nil } && keyNames.allSatisfy { metadata[$0.name] == nil }
    }

    /// A name of an envelope that an object's own metadata hold; nil where they hold none.
    static func mark(in metadata: [String: String]) -> String? {
        (committedNames + contentNames + ["x-amz-w", "x-amz-t"]).first { metadata[$0] != nil }
    }

    /// Metadata and instruction file of one object together. Throws `.envelopeFailure` where they do not belong together.
    static func joined(_ metadata: [String: String], instruction file: [UInt8]) throws(CryptoError) -> [String: String]
    {
        let what = "the instruction file"
        guard let instruction = try EnvelopeJSON(file, of: what).texts else {
            throw CryptoError(.envelopeFailure, "\(what) is no JSON object of strings")
        }
        let known = Set(keyNames.map(\.name) + committedNames + contentNames + otherNames)
        if let strange = instruction.keys.sorted().first(where: { !known.contains($0) }) {
            throw CryptoError(.envelopeFailure, "\(what) holds \(quoted(strange)), which no client writes")
        }
        guard let version = try version(of: instruction) else {
            throw CryptoError(.envelopeFailure, "\(what) holds no wrapped key")
        }
        // Whoever can only write the instruction file must not turn one version into another.
        let misplaced =
            version == .v3
            ? committedNames.filter { instruction[$0] != nil }
            : (committedNames + contentNames).filter { metadata[$0] != nil }
        guard misplaced.isEmpty else {
            throw CryptoError(
                .envelopeFailure,
                "\(what) and the object's metadata do not belong together: \(misplaced.joined(separator: ", ")) in the "
                    + "wrong one")
        }
        return instruction.merging(metadata) { _, ofObject in ofObject }
    }

    // MARK: Reading

    /// Reads the metadata of an object of this version. Throws `.envelopeFailure`.
    init(_ metadata: [String: String], version: Version) throws(CryptoError) {
        self.version = version
        guard let keyName = Self.keyNames.first(where: { $0.version == version })?.name, let digits = metadata[keyName]
        else { throw Self.missing("a wrapped key") }
        let bytes = try envelopeBytes(digits, keyName, count: 16...8192)
        if version != .v3, let strange = Self.committedNames.first(where: { metadata[$0] != nil }) {
            throw CryptoError(
                .envelopeFailure,
                "the metadata hold \(strange) of version 3 beside a key of version \(version.rawValue)")
        }
        switch version {
        case .v3:
            cipherName = Self.suite
            content = try Self.committed(metadata)
            wrapped = try Self.wrapped3(bytes, metadata)
        case .v2, .v1:
            let cipher = try Self.value(
                "x-amz-cek-alg", of: metadata, default: version == .v1 ? "AES/CBC/PKCS5Padding" : nil)
            cipherName = cipher
            content = try Self.content(cipher, metadata, version)
            wrapped = try Self.wrapped2(bytes, cipher, metadata, version)
        }
        if let digits = metadata["x-amz-unencrypted-content-length"] {
            guard digits.utf8.allSatisfy(\.isDigit), let size = UInt64(digits) else {
                throw CryptoError(.envelopeFailure, "`x-amz-unencrypted-content-length` is no number")
            }
            plainSize = size
        } else {
            plainSize = nil
        }
    }

    private static func committed(_ metadata: [String: String]) throws(CryptoError) -> Content {
        let suite = try value("x-amz-c", of: metadata)
        guard suite == Self.suite else {
            throw CryptoError(
                .envelopeFailure, "the envelope names the algorithm suite \(quoted(suite)); \(Self.suite) is known")
        }
        return .committed(
            messageID: try envelopeBytes(try value("x-amz-i", of: metadata), "x-amz-i", count: 28...28),
            commitment: try envelopeBytes(try value("x-amz-d", of: metadata), "x-amz-d", count: 28...28))
    }

    private static func content(
        _ cipher: String, _ metadata: [String: String], _ version: Version
    ) throws(CryptoError) -> Content {
        let digits = try value("x-amz-iv", of: metadata)
        switch cipher {
        case "AES/CBC/PKCS5Padding", "AES/CBC/PKCS7Padding":
            return .cbc(iv: try envelopeBytes(digits, "x-amz-iv", count: 16...16))
        case gcm where version == .v2:
            let bits = metadata["x-amz-tag-len"] ?? "128"
            guard bits == "128" else {
                throw CryptoError(.envelopeFailure, "the envelope's tag is of \(quoted(bits)) bits; 128 are opened")
            }
            return .gcm(iv: try envelopeBytes(digits, "x-amz-iv", count: 12...12))
        default:
            throw CryptoError(.envelopeFailure, "the content is encrypted by \(quoted(cipher)), which is not opened")
        }
    }

    private static func wrapped3(_ bytes: [UInt8], _ metadata: [String: String]) throws(CryptoError) -> WrappedKey {
        let wrapping = try value("x-amz-w", of: metadata)
        switch wrapping {
        case "02": return WrappedKey(bytes: bytes, algorithm: .aesGCM, associated: Array(suite.utf8))
        case "12":
            return WrappedKey(
                bytes: bytes, algorithm: .kmsContext, context: try context("x-amz-t", metadata, cipher: suite))
        case "22": return WrappedKey(bytes: bytes, algorithm: .rsaOAEPSHA1, count: 33 + suite.utf8.count)
        default: throw unknownWrapping(wrapping, "02, 12 and 22")
        }
    }

    private static func wrapped2(
        _ bytes: [UInt8], _ cipher: String, _ metadata: [String: String], _ version: Version
    ) throws(CryptoError) -> WrappedKey {
        guard version == .v2 else {
            // Version 1 does not name its wrapping: RSA gives at least 128 bytes, AES three blocks.
            return WrappedKey(bytes: bytes, algorithm: bytes.count == 48 ? .aesECB : .rsaPKCS1)
        }
        let wrapping = try value("x-amz-wrap-alg", of: metadata)
        switch wrapping {
        case "kms":
            return WrappedKey(
                bytes: bytes, algorithm: .kms, context: try context("x-amz-matdesc", metadata, cipher: nil))
        case "kms+context":
            return WrappedKey(
                bytes: bytes, algorithm: .kmsContext, context: try context("x-amz-matdesc", metadata, cipher: cipher))
        case "AES/GCM": return WrappedKey(bytes: bytes, algorithm: .aesGCM, associated: Array(cipher.utf8))
        case "AESWrap": return WrappedKey(bytes: bytes, algorithm: .aesKeyWrap)
        case "RSA-OAEP-SHA1": return WrappedKey(bytes: bytes, algorithm: .rsaOAEPSHA1, count: 33 + cipher.utf8.count)
        case WrappedKey.Algorithm.rsaOAEP256MGF1SHA1.rawValue:
            return WrappedKey(bytes: bytes, algorithm: .rsaOAEP256MGF1SHA1)
        default:
            throw unknownWrapping(
                wrapping, "kms, kms+context, AES/GCM, AESWrap, RSA-OAEP-SHA1 and RSA/ECB/OAEPWithSHA-256AndMGF1Padding")
        }
    }

    /// The encryption context as it was stored. With `cipher`, the context must name the same: it binds the wrapped key
    /// to the content's algorithm, so that nobody passes one off as the other.
    private static func context(
        _ name: String, _ metadata: [String: String], cipher: String?
    ) throws(CryptoError) -> [String: String] {
        let text = try value(name, of: metadata, default: "{}")
        guard let context = try EnvelopeJSON(Array(text.utf8), of: "the metadata `\(name)`").texts else {
            throw CryptoError(.envelopeFailure, "the encryption context `\(name)` is no JSON object of strings")
        }
        // Without `cipher` the context must name none: `kms+context` passed off as `kms` would escape the check.
        guard context["aws:x-amz-cek-alg"] == cipher else {
            throw CryptoError(
                .envelopeFailure,
                "the encryption context does not fit the content's algorithm and its wrapping: the envelope was changed"
            )
        }
        return context
    }

    private static func value(
        _ name: String, of metadata: [String: String], default fallback: String? = nil
    ) throws(CryptoError) -> String {
        guard let value = metadata[name] ?? fallback else { throw missing("`\(name)`") }
        return value
    }

    private static func missing(_ what: String) -> CryptoError {
        CryptoError(.envelopeFailure, "the metadata of the S3 Encryption Client lack \(what)")
    }

    private static func unknownWrapping(_ name: String, _ known: String) -> CryptoError {
        CryptoError(.envelopeFailure, "the content key is wrapped by \(quoted(name)); \(known) are known")
    }

    // MARK: Keys

    /// The content key out of what was wrapped: alone, or as length ‖ key ‖ name of its algorithm.
    func contentKey(_ unwrapped: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        let refusal = CryptoError(
            .noMatch,
            "the key that was unwrapped is none of this envelope: the wrapping key is another one, or it was changed")
        guard unwrapped.count == wrapped.count else { throw refusal }
        guard wrapped.algorithm == .rsaOAEPSHA1 else {
            return unwrapped.withBytes { SecretBytes(copying: $0) }
        }
        let name = Array(cipherName.utf8)
        return try unwrapped.withBytes { (bytes) throws(CryptoError) in
            let isRight = name.lend { equalInConstantTime($0, bytes.slice(33, name.count)) }
            guard bytes[0] == 32, isRight else { throw refusal }
            return SecretBytes(copying: bytes.slice(1, 32))
        }
    }
}
