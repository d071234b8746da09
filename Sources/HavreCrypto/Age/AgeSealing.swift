/// The seal of one object: file key, payload key, header (C2SP `age.md`).
///
/// One must serve exactly one source version: the same key over other bytes would break the cipher.
/// Every part of the object is sealed by a `ChunkSealer`, in any order and again after a crash.
public final class AgeSealing: Sendable {
    /// Header ‖ 16-byte nonce: what precedes the first chunk. Holds no secret.
    public let prefix: [UInt8]
    private let fileKey: SecretBytes
    private let payloadKey: SecretBytes

    /// The most recipients of one object.
    public static let maxRecipients = 1_000
    private static let purpose = Array("havre file key v1\n".utf8)

    private init(prefix: [UInt8], fileKey: consuming SecretBytes) throws(CryptoError) {
        self.prefix = prefix
        self.payloadKey = try AgeFileKey.payloadKey(fileKey, nonce: Array(prefix.suffix(AgeFileKey.nonceSize)))
        self.fileKey = fileKey
    }

    /// A new file key and nonce, sealed to `recipients`; a recipient named twice counts once.
    /// Throws `.refused` without recipients or with over 1,000, `.badKey` for a point of low order.
    public static func create(to recipients: [AgeRecipient]) throws(CryptoError) -> AgeSealing {
        var seen: Set<AgeRecipient> = []
        let recipients = recipients.filter { seen.insert($0).inserted }
        guard !recipients.isEmpty else { throw CryptoError(.refused, "a seal needs at least one recipient") }
        guard recipients.count <= maxRecipients else {
            throw CryptoError(.refused, "\(recipients.count) recipients; at most \(maxRecipients) are allowed")
        }
        let fileKey = try SecretBytes.random(AgeFileKey.size)
        var stanzas: [AgeHeader.Stanza] = []
        for recipient in recipients {
            stanzas.append(
                try fileKey.withBytes { (key) throws(CryptoError) in try AgeFileKey.wrap(key, to: recipient) })
        }
        let covered = AgeHeader.compose(stanzas)
        let mac = try AgeFileKey.headerMAC(fileKey, covered: covered)
        var prefix = covered + [UInt8(ascii: " ")] + Base64.encode(mac, padding: .none) + [UInt8(ascii: "\n")]
        prefix += try randomBytes(AgeFileKey.nonceSize)
        return try AgeSealing(prefix: prefix, fileKey: fileKey)
    }

    /// The file key for the journal, sealed under the run's resume key and bound to `binding` (transfer, pin)
    /// and to `prefix`: it opens with exactly these.
    public func sealedFileKey(under key: ResumeKey, binding: [UInt8]) throws(CryptoError) -> [UInt8] {
        try fileKey.withBytes { (secret) throws(CryptoError) in
            try key.seal(secret, associated: Self.associated(binding, prefix))
        }
    }

    /// Takes a seal up again after a crash. Throws `.refused` where resume key, binding or prefix differ from
    /// those that `sealedFileKey` was made with.
    public static func reopen(
        prefix: [UInt8], sealedFileKey: [UInt8], under key: ResumeKey, binding: [UInt8]
    ) throws(CryptoError) -> AgeSealing {
        let fileKey = try key.open(
            sealedFileKey, associated: associated(binding, prefix), what: "the journalled file key")
        guard fileKey.count == AgeFileKey.size, prefix.count > AgeFileKey.nonceSize else {
            throw CryptoError(.refused, "the journalled file key or header has the wrong size")
        }
        return try AgeSealing(prefix: prefix, fileKey: fileKey)
    }

    /// Bytes of an object at the target: `prefix` (its count) + n + 16·max(1, ⌈n / 65536⌉).
    public static func storedSize(plain: UInt64, prefix: Int) -> UInt64 {
        UInt64(prefix) + AgePayload.sealedSize(plain: plain)
    }

    /// The key of the chunks, 32 bytes.
    func withPayloadKey<R>(_ body: (UnsafeRawBufferPointer) throws(CryptoError) -> R) throws(CryptoError) -> R {
        try payloadKey.withBytes(body)
    }

    /// The length before the binding keeps (binding, prefix) unambiguous.
    private static func associated(_ binding: [UInt8], _ prefix: [UInt8]) -> [UInt8] {
        purpose + withUnsafeBytes(of: UInt64(binding.count).bigEndian) { Array($0) } + binding + prefix
    }
}
