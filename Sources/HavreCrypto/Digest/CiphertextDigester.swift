public import HavreModel

/// Checksums of what is stored, in one pass while it is warm in the cache. One thread; reusable.
public final class CiphertextDigester {
    private let wantsCRC64: Bool
    private let wantsCRC32C: Bool
    private let md5: StreamingHash?
    private let tagging: AEADContext?
    private var nonce: [UInt8] = []
    private var crc64: UInt64 = 0
    private var crc32c: UInt32 = 0

    /// Chooses what is computed; `tag` asks for an AES-256-GMAC under the digest key. Throws `.internalFailure`.
    public init(crc64: Bool, crc32c: Bool, md5: Bool, tag: DigestKey?) throws(CryptoError) {
        wantsCRC64 = crc64
        wantsCRC32C = crc32c
        self.md5 = md5 ? try StreamingHash(.md5) : nil
        tagging = tag == nil ? nil : try AEADContext(.aes256GCM, .seal)
        try tag?.withTagKey { (key) throws(CryptoError) in try tagging?.setKey(key) }
    }

    /// Begins a run of bytes. Throws `.internalFailure`.
    public func begin() throws(CryptoError) {
        crc64 = 0
        crc32c = 0
        md5?.begin()
        guard tagging != nil else { return }
        nonce = try randomBytes(AEADContext.nonceSize)
        try tagging?.start(nonce: nonce)
    }

    /// Takes the next bytes. Throws `.internalFailure`.
    public func update(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        if wantsCRC64 { crc64 = CRC64NVME.update(crc64, bytes) }
        if wantsCRC32C { crc32c = CRC32C.update(crc32c, bytes) }
        md5?.update(bytes)
        try tagging?.authenticate(bytes)
    }

    /// Ends the run: the checksums chosen, and nonce (12) ‖ GMAC (16), empty if there is no key.
    /// Throws `.internalFailure`.
    public func finish() throws(CryptoError) -> (CiphertextChecksums, tag: [UInt8]) {
        let checksums = CiphertextChecksums(
            crc64nvme: wantsCRC64 ? crc64 : nil, crc32c: wantsCRC32C ? crc32c : nil, md5: md5?.finish())
        guard tagging != nil else { return (checksums, []) }
        var mac = [UInt8](repeating: 0, count: AEADContext.tagSize)
        try mac.lendMutable { (out) throws(CryptoError) in
            guard let start = out.baseAddress else { return }
            try tagging?.finish(tag: start)
        }
        return (checksums, nonce + mac)
    }
}

/// Checks stored bytes against a GMAC that `CiphertextDigester` made: finds tampering without any key to the data.
/// One thread; reusable.
public final class TagVerifier {
    private let context: AEADContext
    private var expected: [UInt8] = []

    /// Makes a verifier under a run's digest key. Throws `.internalFailure`.
    public init(_ key: DigestKey) throws(CryptoError) {
        let context = try AEADContext(.aes256GCM, .seal)
        try key.withTagKey { (key) throws(CryptoError) in try context.setKey(key) }
        self.context = context
    }

    /// Begins a run of bytes; `tag` is nonce (12) ‖ GMAC (16). Throws `.refused` for another size.
    public func begin(tag: [UInt8]) throws(CryptoError) {
        guard tag.count == AEADContext.nonceSize + AEADContext.tagSize else {
            throw CryptoError(.refused, "a ciphertext tag has 28 bytes, \(tag.count) were found")
        }
        expected = Array(tag.suffix(AEADContext.tagSize))
        try context.start(nonce: Array(tag.prefix(AEADContext.nonceSize)))
    }

    /// Takes the next bytes. Throws `.internalFailure`.
    public func update(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) { try context.authenticate(bytes) }

    /// Ends the run: whether the bytes are those that were tagged. Throws `.internalFailure`.
    public func finish() throws(CryptoError) -> Bool {
        var mac = [UInt8](repeating: 0, count: AEADContext.tagSize)
        try mac.lendMutable { (out) throws(CryptoError) in
            guard let start = out.baseAddress else { return }
            try context.finish(tag: start)
        }
        return equalInConstantTime(mac, expected)
    }
}
