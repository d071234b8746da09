/// One AES-256-GCM message (NIST SP 800-38D) over a whole object, its tag of 16 bytes at the end, opened in ranges.
///
/// A range is deciphered in counter mode from its own offset, and what its ciphertext adds to GHASH comes from OpenSSL's
/// GMAC: the tag of the ciphertext taken as associated data is (S ⊕ L)·H ⊕ E(J0), and the rest is undone by a few
/// multiplications. Shares of ranges combine as S = S₁·H^blocks ⊕ S₂, in any order and after any number of restarts.
final class WholeGCM: OpenedEnvelope {
    /// The most that one message may hold (SP 800-38D, section 5.2.1.1), and its tag.
    static let longest: UInt64 = (1 << 36) - 32 + tagSize
    static let tagSize = UInt64(AEADContext.tagSize)
    /// Offset (8) ‖ bytes (8) ‖ share of GHASH (16), and the tag (16) in that of the object's end.
    static let shareSize = 32

    let plainSize: UInt64
    let proof = EnvelopeProof.whole
    let iv: [UInt8]
    private let associated: [UInt8]
    private let key: SecretBytes
    /// H ‖ E(J0).
    private let hash: SecretBytes

    /// Takes a key of 32 bytes and an initial value of 12. Throws `.payloadFailure` for a size that no message has.
    init(
        storedSize: UInt64, key: consuming SecretBytes, iv: [UInt8], associated: [UInt8]
    ) throws(CryptoError) {
        guard storedSize >= Self.tagSize else {
            throw CryptoError(
                .payloadFailure, "the object has \(storedSize) bytes, fewer than the tag of its envelope: it is cut")
        }
        guard storedSize <= Self.longest else {
            throw CryptoError(
                .payloadFailure, "the object has \(storedSize) bytes; one AES-GCM message has \(Self.longest) at most")
        }
        guard iv.count == AEADContext.nonceSize, associated.count <= BlockCipher.blockSize else {
            throw CryptoError(
                .internalFailure, "an initial value is not of 12 bytes, or associated data of more than 16")
        }
        plainSize = storedSize - Self.tagSize
        self.iv = iv
        self.associated = associated
        hash = try key.withBytes { (key) throws(CryptoError) in
            try SecretBytes(count: 32) { (out) throws(CryptoError) in
                out.initializeMemory(as: UInt8.self, repeating: 0)
                UnsafeMutableRawBufferPointer(rebasing: out[16..<28]).copyBytes(from: iv)
                out[31] = 1
                let cipher = try BlockCipher(.ecb, key: key, iv: [], .seal)
                try cipher.transform(out)
            }
        }
        self.key = key
    }

    func storedRange(ofPlain range: Range<UInt64>) -> Range<UInt64> {
        range.lowerBound..<(range.upperBound == plainSize ? plainSize + Self.tagSize : range.upperBound)
    }

    func opener(ofPlain range: Range<UInt64>) throws(CryptoError) -> any EnvelopeOpener {
        guard range.upperBound <= plainSize, range.lowerBound % 16 == 0,
            range.upperBound % 16 == 0 || range.upperBound == plainSize
        else { throw CryptoError(.refused, "a range of an envelope does not begin and end with a block") }
        return try WholeGCMOpener(self, range)
    }

    func verify(_ shares: [[UInt8]]) throws(CryptoError) {
        let (h, mask) = hashKey
        var sum = associated.isEmpty ? .zero : FieldElement(Self.padded(associated)) * h * h
        var place: UInt64 = 0
        var tag: [UInt8] = []
        for share in shares {
            let numbers = share.count >= Self.shareSize ? Self.numbers(share) : (UInt64.max, 0)
            guard share.count == Self.shareSize || share.count == Self.shareSize + 16, tag.isEmpty,
                numbers.0 == place, numbers.1 <= plainSize - place
            else { throw CryptoError(.refused, "the shares of an envelope's proof do not follow on each other") }
            place += numbers.1
            sum = sum * h.power(Self.blocks(numbers.1)) + FieldElement(share[16..<32])
            tag = Array(share[32...])
        }
        guard place == plainSize, tag.count == 16 else {
            throw CryptoError(.refused, "the shares of an envelope's proof do not cover the whole object")
        }
        let length = FieldElement(associated: UInt64(associated.count), ciphertext: plainSize)
        let expected = (sum + length * h + mask).bytes
        guard equalInConstantTime(expected, tag) else {
            throw CryptoError(
                .payloadFailure,
                "the object does not authenticate: it was changed or cut, or was sealed under another key")
        }
    }

    /// What the tag of a range's ciphertext, taken as associated data, says of its share.
    fileprivate func share(_ range: Range<UInt64>, gmac: [UInt8]) -> [UInt8] {
        let (h, mask) = hashKey
        let value = FieldElement(gmac) + mask + FieldElement(associated: UInt64(range.count), ciphertext: 0) * h
        let head = [range.lowerBound, UInt64(range.count)].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
        }
        return head + value.bytes
    }

    fileprivate func withKey<R: ~Copyable>(
        _ body: (UnsafeRawBufferPointer) throws(CryptoError) -> R
    ) throws(CryptoError) -> R {
        try key.withBytes(body)
    }

    private var hashKey: (FieldElement, FieldElement) {
        hash.withBytes { (FieldElement($0.prefix(16)), FieldElement($0.suffix(16))) }
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
    }

    private static func blocks(_ bytes: UInt64) -> UInt64 { bytes / 16 + (bytes % 16 == 0 ? 0 : 1) }

    private static func numbers(_ share: [UInt8]) -> (UInt64, UInt64) {
        func number(_ start: Int) -> UInt64 { share[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        return (number(0), number(8))
    }
}

private final class WholeGCMOpener: EnvelopeOpener {
    private let envelope: WholeGCM
    private let range: Range<UInt64>
    private let counter: BlockCipher
    private let gmac: AEADContext
    private let scratch = PlainScratch(count: 80 << 10)
    private var left: UInt64
    private var tag: [UInt8] = []
    private var isOver = false

    init(_ envelope: WholeGCM, _ range: Range<UInt64>) throws(CryptoError) {
        self.envelope = envelope
        self.range = range
        left = UInt64(range.count)
        // J0 is the initial value and 1; the first block of plaintext has 2. No message is so long that 32 bits wrap.
        let first = UInt32(truncatingIfNeeded: 2 + range.lowerBound / 16)
        let iv = envelope.iv + (0..<4).map { UInt8(truncatingIfNeeded: first >> UInt32(24 - 8 * $0)) }
        counter = try envelope.withKey { (key) throws(CryptoError) in
            try BlockCipher(.ctr, key: key, iv: iv, .open)
        }
        gmac = try AEADContext(.aes256GCM, .seal)
        try envelope.withKey { (key) throws(CryptoError) in try gmac.setKey(key) }
        try gmac.start(nonce: envelope.iv)
    }

    func update(_ stored: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !isOver, let out = scratch.bytes.baseAddress else { throw Self.used }
        isOver = true
        var at = 0
        while at < stored.count, left > 0 {
            let piece = stored.slice(at, Int(min(left, UInt64(min(stored.count - at, 64 << 10)))))
            try gmac.authenticate(piece)
            let count = try counter.update(piece, into: out)
            guard count == piece.count else { throw CryptoError(.internalFailure, "OpenSSL kept bytes back") }
            try emit(scratch.prefix(count))
            left -= UInt64(count)
            at += count
        }
        tag += stored[at...]
        guard tag.count <= (range.upperBound == envelope.plainSize ? 16 : 0) else {
            throw CryptoError(.payloadFailure, "more was read of the object than it holds")
        }
        isOver = false
    }

    func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8] {
        guard !isOver else { throw Self.used }
        isOver = true
        guard left == 0, tag.count == (range.upperBound == envelope.plainSize ? 16 : 0) else {
            throw CryptoError(.payloadFailure, "the object is cut: a range of it ended too early")
        }
        var mac = [UInt8](repeating: 0, count: 16)
        try mac.lendMutable { (out) throws(CryptoError) in
            guard let start = out.baseAddress else { return }
            try gmac.finish(tag: start)
        }
        return envelope.share(range, gmac: mac) + tag
    }

    private static let used = CryptoError(.refused, "an opener was used after it had failed or finished")
}
