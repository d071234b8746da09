import CSodium

/// `rclone-crypt`: contents of rclone's crypt: blocks of XSalsa20-Poly1305, each with its number in its nonce.
///
/// Blocks cannot be reordered, repeated or dropped unseen, but nothing marks the last one: a file that was cut behind a
/// whole block opens as a shorter one, for rclone as for us. Names are `RcloneNames`' matter.
public struct RcloneCryptFormat: EnvelopeFormat {
    public let name = "rclone-crypt"
    static let magic = Array("RCLONE\0\0".utf8)
    fileprivate static let nonceSize = Int(crypto_secretbox_NONCEBYTES)
    private let keys: RcloneKeys

    /// Opens files under these keys.
    public init(keys: RcloneKeys) { self.keys = keys }

    public func open(_ object: StoredObject) async throws -> (any OpenedEnvelope)? {
        let prefix = UInt64(Self.magic.count + Self.nonceSize)
        let head = try await object.read(0..<min(object.size, prefix))
        guard head.starts(with: Self.magic) else { return nil }
        guard head.count == Int(prefix) else {
            throw CryptoError(.payloadFailure, "the file of rclone's crypt ends within its header: it is cut")
        }
        return try RcloneFile(stored: object.size, nonce: Array(head.dropFirst(Self.magic.count)), keys: keys)
    }
}

private final class RcloneFile: OpenedEnvelope {
    static let block: UInt64 = 64 << 10
    static let sealedBlock = block + UInt64(crypto_secretbox_MACBYTES)
    private static let prefix = UInt64(RcloneCryptFormat.magic.count + RcloneCryptFormat.nonceSize)

    let plainSize: UInt64
    let proof = EnvelopeProof.piecewise
    private let nonce: [UInt8]
    private let keys: RcloneKeys

    init(stored: UInt64, nonce: [UInt8], keys: RcloneKeys) throws(CryptoError) {
        let sealed = stored - Self.prefix
        let rest = sealed % Self.sealedBlock
        // A block without content is never written.
        guard stored <= 1 << 62, rest == 0 || rest > UInt64(crypto_secretbox_MACBYTES) else {
            throw CryptoError(
                .payloadFailure, "no file of rclone's crypt has \(stored) bytes: it is cut within a block's tag")
        }
        let blocks = sealed / Self.sealedBlock + (rest == 0 ? 0 : 1)
        plainSize = sealed - blocks * UInt64(crypto_secretbox_MACBYTES)
        self.nonce = nonce
        self.keys = keys
    }

    private static func sealedSize(_ plain: UInt64) -> UInt64 {
        plain + (plain / block + (plain % block == 0 ? 0 : 1)) * UInt64(crypto_secretbox_MACBYTES)
    }

    func storedRange(ofPlain range: Range<UInt64>) -> Range<UInt64> {
        guard !range.isEmpty else { return 0..<0 }
        return Self.prefix + Self.sealedSize(range.lowerBound)..<Self.prefix + Self.sealedSize(range.upperBound)
    }

    func opener(ofPlain range: Range<UInt64>) throws(CryptoError) -> any EnvelopeOpener {
        guard range.upperBound <= plainSize, range.lowerBound % Self.block == 0,
            range.upperBound % Self.block == 0 || range.upperBound == plainSize
        else { throw CryptoError(.refused, "a range of rclone's crypt does not begin and end with a block") }
        guard Sodium.isReady else { throw CryptoError(.internalFailure, "libsodium does not start") }
        return RcloneOpener(self, range)
    }

    /// Opens one block into `out`; whether it authenticates.
    fileprivate func open(
        block number: UInt64, _ sealed: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let nonce = nonce(of: number)
        guard let source = sealed.assumingMemoryBound(to: UInt8.self).baseAddress else { return false }
        return keys.withContentKey { key in
            guard let key = key.assumingMemoryBound(to: UInt8.self).baseAddress else { return false }
            let target = out.assumingMemoryBound(to: UInt8.self).baseAddress
            return crypto_secretbox_open_easy(target, source, UInt64(sealed.count), nonce, key) == 0
        }
    }

    /// The file's nonce and the block's number, added as numbers of 24 bytes, little-endian.
    private func nonce(of block: UInt64) -> [UInt8] {
        var rest = block
        var carry: UInt64 = 0
        return nonce.map { byte in
            let sum = UInt64(byte) + (rest & 0xFF) + carry
            rest >>= 8
            carry = sum >> 8
            return UInt8(truncatingIfNeeded: sum)
        }
    }
}

private enum Sodium {
    /// libsodium chooses its code for this processor once.
    static let isReady = sodium_init() >= 0
}

private final class RcloneOpener: EnvelopeOpener {
    private let file: RcloneFile
    private let held = PlainScratch(count: Int(RcloneFile.sealedBlock))
    private let plain = PlainScratch(count: Int(RcloneFile.block))
    private var count = 0
    private var block: UInt64
    private var left: UInt64
    private var isOver = false

    init(_ file: RcloneFile, _ range: Range<UInt64>) {
        self.file = file
        block = range.lowerBound / RcloneFile.block
        left = UInt64(range.count)
    }

    /// Bytes of the block that comes, sealed.
    private var wanted: Int {
        left == 0 ? 0 : Int(min(left, RcloneFile.block)) + Int(crypto_secretbox_MACBYTES)
    }

    func update(_ stored: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !isOver else { throw Self.used }
        isOver = true
        var at = 0
        while at < stored.count {
            guard left > 0 else { throw CryptoError(.payloadFailure, "more was read of the file than it holds") }
            if count == 0, stored.count - at >= wanted {
                let whole = wanted
                try open(stored.slice(at, whole), emit)
                at += whole
                continue
            }
            let take = min(wanted - count, stored.count - at)
            UnsafeMutableRawBufferPointer(rebasing: held.bytes[count...]).copyMemory(from: stored.slice(at, take))
            count += take
            at += take
            if count == wanted {
                try open(held.prefix(count), emit)
                count = 0
            }
        }
        isOver = false
    }

    private func open(_ sealed: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard file.open(block: block, sealed, into: plain.bytes) else {
            throw CryptoError(
                .payloadFailure,
                "block \(block + 1) does not authenticate: it was changed, cut or moved, or the password is another one"
            )
        }
        let size = sealed.count - Int(crypto_secretbox_MACBYTES)
        block += 1
        left -= UInt64(size)
        try emit(plain.prefix(size))
    }

    func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8] {
        guard !isOver else { throw Self.used }
        isOver = true
        guard left == 0, count == 0 else {
            throw CryptoError(.payloadFailure, "the file is cut: block \(block + 1) ended too early")
        }
        return []
    }

    private static let used = CryptoError(.refused, "an opener was used after it had failed or finished")
}
