/// One AES-256-CBC message with PKCS#7 padding over a whole object, opened in ranges. It authenticates nothing:
/// whoever could write to the source could change what comes out, and cut it at any block.
final class WholeCBC: OpenedEnvelope {
    private static let block = UInt64(BlockCipher.blockSize)
    /// What is said of anything that does not come out right: no word tells padding from key (no oracle).
    static let refusal = CryptoError(
        .payloadFailure,
        "the object does not open: it was cut or changed, or its envelope was, or the key is another one")

    let plainSize: UInt64
    let proof = EnvelopeProof.none
    private let storedSize: UInt64
    private let key: SecretBytes
    private let iv: [UInt8]

    private init(plainSize: UInt64, storedSize: UInt64, key: consuming SecretBytes, iv: [UInt8]) {
        self.plainSize = plainSize
        self.storedSize = storedSize
        self.key = key
        self.iv = iv
    }

    /// Finds how much plaintext there is by reading the last two blocks of `object`.
    static func open(_ object: StoredObject, key: consuming SecretBytes, iv: [UInt8]) async throws -> WholeCBC {
        let size = object.size
        guard size % block == 0, object.isPadded ? size > 0 : true else { throw refusal }
        guard object.isPadded else {
            return WholeCBC(plainSize: size, storedSize: size, key: key, iv: iv)
        }
        let start = size - min(size, 2 * block)
        var tail = try await object.read(start..<size)
        guard tail.count == Int(size - start) else { throw refusal }
        let former = tail.count > 16 ? Array(tail.prefix(16)) : iv
        tail = Array(tail.suffix(16))
        let padding = try key.withBytes { (key) throws(CryptoError) in
            let cipher = try BlockCipher(.cbc, key: key, iv: former, .open)
            return try SecretBytes(count: 32) { (out) throws(CryptoError) in
                try tail.lend { (last) throws(CryptoError) in
                    guard let start = out.baseAddress, try cipher.update(last, into: start) == 16 else { throw refusal }
                }
            }.withBytes { paddingLength($0.prefix(16)) }
        }
        guard padding > 0 else { throw refusal }
        return WholeCBC(plainSize: size - UInt64(padding), storedSize: size, key: key, iv: iv)
    }

    /// 1 to 16, or 0 where the block bears no padding; the same steps for any block.
    private static func paddingLength(_ last: some BidirectionalCollection<UInt8>) -> Int {
        let count = Int(last.last ?? 0)
        var wrong = count == 0 || count > 16 ? 1 : 0
        for (place, byte) in last.enumerated() {
            let isPadding = place >= 16 - count ? 1 : 0
            wrong |= isPadding * (Int(byte) ^ count)
        }
        return wrong == 0 ? count : 0
    }

    func storedRange(ofPlain range: Range<UInt64>) -> Range<UInt64> {
        let start = range.lowerBound - min(range.lowerBound, Self.block)
        return start..<(range.upperBound == plainSize ? storedSize : range.upperBound)
    }

    func opener(ofPlain range: Range<UInt64>) throws(CryptoError) -> any EnvelopeOpener {
        guard range.upperBound <= plainSize, range.lowerBound % Self.block == 0,
            range.upperBound % Self.block == 0 || range.upperBound == plainSize
        else { throw CryptoError(.refused, "a range of an envelope does not begin and end with a block") }
        let padding = range.upperBound == plainSize ? Int(storedSize - plainSize) : 0
        return WholeCBCOpener(self, range, padding: padding, iv: range.lowerBound == 0 ? iv : [])
    }

    fileprivate func cipher(iv: [UInt8]) throws(CryptoError) -> BlockCipher {
        try key.withBytes { (key) throws(CryptoError) in try BlockCipher(.cbc, key: key, iv: iv, .open) }
    }
}

private final class WholeCBCOpener: EnvelopeOpener {
    private let envelope: WholeCBC
    private let padding: Int
    private let scratch = PlainScratch(count: 80 << 10)
    private var iv: [UInt8]
    private var cipher: BlockCipher?
    private var left: UInt64
    private var trailer: [UInt8] = []
    private var isOver = false

    /// With an empty `iv` the first block of what is read is it.
    init(_ envelope: WholeCBC, _ range: Range<UInt64>, padding: Int, iv: [UInt8]) {
        self.envelope = envelope
        self.padding = padding
        self.iv = iv
        left = UInt64(range.count)
    }

    func update(_ stored: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !isOver, let out = scratch.bytes.baseAddress else { throw Self.used }
        isOver = true
        var at = 0
        if iv.count < 16 {
            at = min(16 - iv.count, stored.count)
            iv += stored[..<at]
        }
        if cipher == nil, iv.count == 16 { cipher = try envelope.cipher(iv: iv) }
        while at < stored.count {
            let piece = stored.slice(at, min(stored.count - at, 64 << 10))
            at += piece.count
            let count = try cipher?.update(piece, into: out) ?? 0
            let wanted = Int(min(left, UInt64(count)))
            left -= UInt64(wanted)
            if wanted > 0 { try emit(scratch.prefix(wanted)) }
            trailer += scratch.prefix(count)[wanted...]
            guard trailer.count <= padding else { throw WholeCBC.refusal }
        }
        isOver = false
    }

    func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8] {
        guard !isOver else { throw Self.used }
        isOver = true
        // The padding was read when the envelope was: by now the object may be another one.
        guard left == 0, trailer == [UInt8](repeating: UInt8(padding), count: padding) else { throw WholeCBC.refusal }
        return []
    }

    private static let used = CryptoError(.refused, "an opener was used after it had failed or finished")
}
