/// `azure-cse-v2`: client-side encryption of Azure blobs, protocols 2.0 and 2.1: regions of AES-256-GCM.
///
/// The nonce of each region is checked against its place in the blob, in the one dialect that the blob is written in, so
/// that regions swapped, repeated or dropped are refused, across ranges too. What the format cannot tell: nothing in it
/// says how long the plaintext is, so a blob whose last regions are missing as a whole (all of them included) opens as a
/// shorter one. Microsoft's own clients do not see it either; only a size recorded elsewhere does.
public struct AzureCSEv2Format: EnvelopeFormat {
    public let name = "azure-cse-v2"
    private let unwrapping: any KeyUnwrapping

    /// Opens what `unwrapping` has the key for.
    public init(unwrapping: any KeyUnwrapping) { self.unwrapping = unwrapping }

    public func open(_ object: StoredObject) async throws -> (any OpenedEnvelope)? {
        guard let version = try AzureEncryptionData.version(of: object.metadata), version != "1.0",
            let text = object.metadata[AzureEncryptionData.name]
        else { return nil }
        let data = try AzureEncryptionData(text)
        guard case .regions(let length) = data.content else { return nil }
        let layout = try AzureRegions(stored: object.size, plainRegion: length)
        let key = try data.contentKey(try await unwrapping.unwrap(data.wrapped))
        let dialect = try await AzureNonce.dialect(of: object, layout)
        return AzureOpening(layout, key: key, dialect: dialect)
    }
}

/// Where the regions of a blob lie: nonce (12) ‖ ciphertext ‖ tag (16), all of one length but the last.
struct AzureRegions: Hashable {
    static let overhead = UInt64(AEADContext.nonceSize + AEADContext.tagSize)
    let stored: UInt64
    let plainRegion: UInt64
    let count: UInt64
    let plainSize: UInt64

    /// Throws `.payloadFailure` for a size that no blob with such regions has.
    init(stored: UInt64, plainRegion: UInt64) throws(CryptoError) {
        let region = plainRegion + Self.overhead
        let rest = stored % region
        // A region without content is that of an empty blob: nobody writes another.
        guard stored <= 1 << 62, rest == 0 || rest > Self.overhead || stored == Self.overhead else {
            throw CryptoError(
                .payloadFailure,
                "the blob has \(stored) bytes, which do not divide into regions of \(region): it is cut")
        }
        self.stored = stored
        self.plainRegion = plainRegion
        count = stored / region + (rest == 0 ? 0 : 1)
        plainSize = stored - count * Self.overhead
    }

    /// The stored bytes of a region.
    func range(of region: UInt64) -> Range<UInt64> {
        let start = region * (plainRegion + Self.overhead)
        return start..<min(stored, start + plainRegion + Self.overhead)
    }

    /// The regions that hold a range of plaintext; that of an empty blob if it has one.
    func regions(ofPlain range: Range<UInt64>) -> Range<UInt64> {
        if range.upperBound >= plainSize, plainSize == 0 { return 0..<count }
        let end = range.upperBound / plainRegion + (range.upperBound % plainRegion == 0 ? 0 : 1)
        return min(range.lowerBound / plainRegion, end)..<end
    }
}

/// How an SDK makes a region's nonce out of its number. None of them draws nonces at random.
enum AzureNonce: CaseIterable, Sendable {
    /// From 0, big-endian over 12 bytes.
    case python
    /// From 0, big-endian in the first 8.
    case java
    /// From 1, little-endian in the last 8.
    case dotnet

    func nonce(of region: UInt64) -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: 4)
        func bytes(_ number: UInt64) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
        }
        switch self {
        case .python: return zeros + bytes(region)
        case .java: return bytes(region) + zeros
        case .dotnet: return zeros + bytes(region + 1).reversed()
        }
    }

    /// The one dialect of a blob, by its first nonce and its last. Throws `.payloadFailure` where none fits both.
    static func dialect(of object: StoredObject, _ layout: AzureRegions) async throws -> AzureNonce {
        var left = allCases
        for region in Set([0, layout.count - min(1, layout.count)]).sorted() where region < layout.count {
            let start = layout.range(of: region).lowerBound
            let nonce = try await object.read(start..<start + UInt64(AEADContext.nonceSize))
            left.removeAll { $0.nonce(of: region) != nonce }
            guard !left.isEmpty else { throw misplaced(region) }
        }
        // In a blob of one region two dialects say the same.
        return left.first ?? .python
    }

    static func misplaced(_ region: UInt64) -> CryptoError {
        CryptoError(
            .payloadFailure,
            "region \(region + 1) of the blob bears the nonce of another place: regions were reordered, repeated, dropped or "
                + "changed")
    }
}

private final class AzureOpening: OpenedEnvelope {
    let proof = EnvelopeProof.piecewise
    let layout: AzureRegions
    let dialect: AzureNonce
    private let key: SecretBytes

    init(_ layout: AzureRegions, key: consuming SecretBytes, dialect: AzureNonce) {
        self.layout = layout
        self.key = key
        self.dialect = dialect
    }

    var plainSize: UInt64 { layout.plainSize }

    func storedRange(ofPlain range: Range<UInt64>) -> Range<UInt64> {
        let regions = layout.regions(ofPlain: range)
        guard !regions.isEmpty else { return 0..<0 }
        return layout.range(of: regions.lowerBound).lowerBound..<layout.range(of: regions.upperBound - 1).upperBound
    }

    func opener(ofPlain range: Range<UInt64>) throws(CryptoError) -> any EnvelopeOpener {
        guard range.upperBound <= plainSize else {
            throw CryptoError(.refused, "a range of an envelope ends behind its plaintext")
        }
        let cipher = try AEADContext(.aes256GCM, .open)
        try key.withBytes { (key) throws(CryptoError) in try cipher.setKey(key) }
        return AzureRegionOpener(self, range, cipher)
    }
}

/// Opens whole regions and lets out what was asked for of them. Memory does not depend on the size of a region: plaintext
/// leaves before its region's tag was seen, and is believed only once `finish` has returned.
private final class AzureRegionOpener: EnvelopeOpener {
    private let file: AzureOpening
    private let end: UInt64
    private let cipher: AEADContext
    private let scratch = PlainScratch(count: 64 << 10)
    private var region: UInt64
    /// Bytes of the region that were taken.
    private var place: UInt64 = 0
    private var window: PlainWindow
    private var nonce: [UInt8] = []
    private var tag: [UInt8] = []
    private var isOver = false

    init(_ file: AzureOpening, _ range: Range<UInt64>, _ cipher: consuming AEADContext) {
        let regions = file.layout.regions(ofPlain: range)
        self.file = file
        self.cipher = cipher
        region = regions.lowerBound
        end = regions.upperBound
        window = PlainWindow(
            skip: range.lowerBound - min(range.lowerBound, regions.lowerBound * file.layout.plainRegion),
            count: UInt64(range.count))
    }

    func update(_ stored: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !isOver else { throw Self.used }
        isOver = true
        var at = 0
        while at < stored.count {
            guard region < end else {
                throw CryptoError(.payloadFailure, "more was read of the blob than it holds")
            }
            at += try take(UnsafeRawBufferPointer(rebasing: stored[at...]), emit)
        }
        isOver = false
    }

    /// Takes some of the region's next bytes; how many.
    private func take(
        _ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        let length = UInt64(file.layout.range(of: region).count)
        let head = UInt64(AEADContext.nonceSize)
        let body = length - UInt64(AEADContext.tagSize)
        let count: Int
        if place < head {
            count = min(bytes.count, Int(head - place))
            nonce += bytes.slice(0, count)
            if nonce.count == AEADContext.nonceSize {
                guard nonce == file.dialect.nonce(of: region) else { throw AzureNonce.misplaced(region) }
                try cipher.start(nonce: nonce)
            }
        } else if place < body {
            count = min(bytes.count, scratch.bytes.count, Int(body - place))
            guard let out = scratch.bytes.baseAddress else { return count }
            try cipher.update(bytes.slice(0, count), into: out)
            try window.pass(scratch.prefix(count), emit)
        } else {
            count = min(bytes.count, Int(length - place))
            tag += bytes.slice(0, count)
        }
        place += UInt64(count)
        if place == length { try close() }
        return count
    }

    private func close() throws {
        let isGood = try tag.lend { (tag) throws(CryptoError) in
            guard let start = tag.baseAddress else { return false }
            return try cipher.verify(tag: start)
        }
        guard isGood else {
            throw CryptoError(
                .payloadFailure,
                "region \(region + 1) of the blob does not authenticate: it was changed or cut, or the key is another one"
            )
        }
        region += 1
        place = 0
        nonce = []
        tag = []
    }

    func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8] {
        guard !isOver else { throw Self.used }
        isOver = true
        guard region == end, place == 0, window.left == 0 else {
            throw CryptoError(.payloadFailure, "the blob is cut: region \(region + 1) ended too early")
        }
        return []
    }

    private static let used = CryptoError(.refused, "an opener was used after it had failed or finished")
}
