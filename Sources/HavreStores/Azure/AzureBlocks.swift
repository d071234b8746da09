import HavreCrypto
import HavreModel
import Synchronization

/// The name of an uncommitted block. Azure has no uploads, only blocks beside a blob, so their names say it all: of which
/// upload a block is, what it is there for, and what is in it. All names have 64 bytes, as those of one blob must.
struct AzureBlockID: Hashable {
    /// What a block is there for.
    enum Role: Hashable {
        /// A part, from 0. Its name holds a digest of its bytes: joining names exactly the bytes that were acknowledged.
        case part(index: Int, digest: [UInt8])
        /// A piece of the metadata that the joined blob is to have, from 0.
        case metadata(index: Int, piece: [UInt8])
        /// The upload is open: how many bytes of metadata there are, and when it was begun, seconds since 1970 UTC.
        case opening(metadata: Int, begun: Int64)
        /// The upload was aborted; blocks cannot be taken back one by one.
        case aborted
    }

    static let size = 64
    /// What a name has beside upload and role.
    static let payload = 47
    static let digestSize = 25
    private static let magic: UInt8 = 0x48
    /// Bytes of an upload's id.
    static let uploadSize = 12

    var upload: [UInt8]
    var role: Role

    /// The name, base64, as it goes into queries and lists.
    var text: String {
        var bytes = [Self.magic]
        bytes.reserveCapacity(Self.size)
        func number(_ value: Int) {
            for shift in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
        }
        switch role {
        case .part(let index, let digest):
            bytes.append(UInt8(ascii: "p"))
            bytes += upload
            number(index)
            bytes += digest
        case .metadata(let index, let piece):
            bytes.append(UInt8(ascii: "m"))
            bytes += upload
            number(index)
            bytes += piece
        case .opening(let count, let begun):
            bytes.append(UInt8(ascii: "o"))
            bytes += upload
            number(count)
            bytes += withUnsafeBytes(of: begun.bigEndian) { Array($0) }
        case .aborted:
            bytes.append(UInt8(ascii: "x"))
            bytes += upload
        }
        bytes += [UInt8](repeating: 0, count: max(0, Self.size - bytes.count))
        return Base64.text(bytes)
    }

    init(upload: [UInt8], role: Role) {
        self.upload = upload
        self.role = role
    }

    /// Reads a name; nil for blocks that are not ours.
    init?(_ text: some Collection<UInt8>) {
        guard let bytes = Base64.decode(text, padding: .required), bytes.count == Self.size, bytes[0] == Self.magic
        else { return nil }
        upload = Array(bytes[2..<2 + Self.uploadSize])
        let rest = bytes[(2 + Self.uploadSize)...]
        let number = rest.prefix(3).reduce(0) { $0 << 8 | Int($1) }
        let payload = rest.dropFirst(3)
        switch bytes[1] {
        case UInt8(ascii: "p"): role = .part(index: number, digest: Array(payload.prefix(Self.digestSize)))
        case UInt8(ascii: "m"): role = .metadata(index: number, piece: Array(payload))
        case UInt8(ascii: "o"):
            role = .opening(
                metadata: number, begun: payload.prefix(8).reduce(0) { $0 << 8 | Int64($1) })
        case UInt8(ascii: "x"): role = .aborted
        default: return nil
        }
    }

    // MARK: Digests

    /// The digest in a part's name: which checksums it holds, CRC-64 and MD5.
    static func digest(of checksums: CiphertextChecksums) -> [UInt8] {
        var out: [UInt8] = [(checksums.crc64nvme == nil ? 0 : 1) | (checksums.md5 == nil ? 0 : 2)]
        out += withUnsafeBytes(of: (checksums.crc64nvme ?? 0).bigEndian) { Array($0) }
        let md5 = checksums.md5 ?? []
        return out + md5.prefix(16) + [UInt8](repeating: 0, count: 16 - min(16, md5.count))
    }

    /// The checksum that a digest holds, as it goes over the wire; the stronger one.
    static func checksum(_ digest: [UInt8]) -> Checksum? {
        guard digest.count == digestSize else { return nil }
        if digest[0] & 1 != 0 { return Checksum(kind: .crc64nvme, value: Base64.text(Array(digest[1..<9]))) }
        if digest[0] & 2 != 0 { return Checksum(kind: .contentMD5, value: Base64.text(Array(digest[9...]))) }
        return nil
    }

    /// A digest as a part's entity tag, and back; nil for a tag that is none of ours.
    static func tag(_ digest: [UInt8]) -> String { Base64.text(digest, padding: .none) }

    static func digest(tag: String) -> [UInt8]? {
        guard let bytes = Base64.decode(tag.utf8, padding: .none), bytes.count == digestSize else { return nil }
        return bytes
    }

    // MARK: Uploads

    /// A new upload's id, as hex digits.
    static func newUpload() -> String {
        let high = UInt64.random(in: .min ... .max)
        let low = UInt32.random(in: .min ... .max)
        return hex(withUnsafeBytes(of: high.bigEndian) { Array($0) } + withUnsafeBytes(of: low.bigEndian) { Array($0) })
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes of an upload's id; nil for a text that is none.
    static func upload(_ text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard text.utf8.count == 2 * uploadSize, digits.count == 2 * uploadSize, text == text.lowercased() else {
            return nil
        }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

/// Gathers our uncommitted blocks of one blob (Get Block List), parsed while the list arrives.
final class AzureBlockList: XMLHandler {
    /// What is known of one upload.
    struct Upload {
        var parts: [Int: [(digest: [UInt8], size: UInt64)]] = [:]
        var pieces: [Int: [UInt8]] = [:]
        var opening: (metadata: Int, begun: Int64)?
        var isAborted = false

        /// Opened, whole, and not aborted.
        var isOpen: Bool { !isAborted && metadata != nil }

        /// The metadata, where all pieces are there.
        var metadata: ObjectMetadata? {
            guard let opening else { return nil }
            var bytes: [UInt8] = []
            var index = 0
            while bytes.count < opening.metadata {
                guard let piece = pieces[index] else { return nil }
                bytes += piece
                index += 1
            }
            return PackedMetadata.unpack(bytes.prefix(opening.metadata))
        }
    }

    private(set) var root = ""
    private(set) var uploads: [[UInt8]: Upload] = [:]
    private var inUncommitted = false
    private var name: [UInt8] = []
    private var size: UInt64 = 0

    func open(_ name: XMLName, depth: Int) {
        if depth == 1 {
            root = name.text
            uploads = [:]
        }
        if depth == 2 { inUncommitted = name == "UncommittedBlocks" }
    }

    func close(_ name: XMLName, text: UnsafeBufferPointer<UInt8>, depth: Int) {
        guard inUncommitted else { return }
        if depth == 4 {
            if name == "Name" { self.name = Array(text) }
            if name == "Size" { size = S3Text.number(text) ?? 0 }
        } else if depth == 3, let id = AzureBlockID(self.name) {
            take(id)
        }
    }

    private func take(_ id: AzureBlockID) {
        var upload = uploads[id.upload] ?? Upload()
        switch id.role {
        case .part(let index, let digest): upload.parts[index, default: []].append((digest, size))
        case .metadata(let index, let piece): upload.pieces[index] = piece
        case .opening(let metadata, let begun): upload.opening = (metadata, begun)
        case .aborted: upload.isAborted = true
        }
        uploads[id.upload] = upload
    }
}

/// Metadata as bytes: fields of a letter, the length in two bytes, and the text; a name is followed by its value.
enum PackedMetadata {
    static func pack(_ metadata: ObjectMetadata) throws(StoreError) -> [UInt8] {
        var out: [UInt8] = []
        var isTooLong = false
        func add(_ letter: UInt8, _ text: String) {
            let bytes = Array(text.utf8)
            if bytes.count > Int(UInt16.max) { isTooLong = true }
            out +=
                [letter, UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
        }
        for (letter, text) in [
            (UInt8(ascii: "t"), metadata.contentType), (UInt8(ascii: "e"), metadata.contentEncoding),
            (UInt8(ascii: "l"), metadata.contentLanguage), (UInt8(ascii: "d"), metadata.contentDisposition),
            (UInt8(ascii: "c"), metadata.cacheControl),
        ] {
            if let text { add(letter, text) }
        }
        for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
            add(UInt8(ascii: "u"), name)
            add(UInt8(ascii: "v"), value)
        }
        for (name, value) in metadata.tags.sorted(by: { $0.key < $1.key }) {
            add(UInt8(ascii: "g"), name)
            add(UInt8(ascii: "v"), value)
        }
        guard !isTooLong, out.count < 1 << 16 else {
            throw StoreError(.refused, "the metadata are more than Azure keeps of one blob")
        }
        return out
    }

    /// Nil for bytes that `pack` would not write.
    static func unpack(_ bytes: some Collection<UInt8>) -> ObjectMetadata? {
        var metadata = ObjectMetadata()
        var rest = Array(bytes)[...]
        var name: (letter: UInt8, text: String)?
        while let letter = rest.first {
            guard rest.count >= 3 else { return nil }
            let count = Int(rest[rest.startIndex + 1]) << 8 | Int(rest[rest.startIndex + 2])
            rest = rest.dropFirst(3)
            guard rest.count >= count, let text = String(validating: rest.prefix(count), as: UTF8.self) else {
                return nil
            }
            rest = rest.dropFirst(count)
            switch letter {
            case UInt8(ascii: "t"): metadata.contentType = text
            case UInt8(ascii: "e"): metadata.contentEncoding = text
            case UInt8(ascii: "l"): metadata.contentLanguage = text
            case UInt8(ascii: "d"): metadata.contentDisposition = text
            case UInt8(ascii: "c"): metadata.cacheControl = text
            case UInt8(ascii: "u"), UInt8(ascii: "g"): name = (letter, text)
            case UInt8(ascii: "v"):
                guard let owner = name else { return nil }
                if owner.letter == UInt8(ascii: "u") {
                    metadata.user[owner.text] = text
                } else {
                    metadata.tags[owner.text] = text
                }
                name = nil
            default: return nil
            }
        }
        return name == nil ? metadata : nil
    }
}

/// Uploads that are known to be open, so that a part need not ask each time.
final class OpenUploads: Sendable {
    private let known = Mutex<Set<String>>([])

    func contains(_ upload: String) -> Bool { known.withLock { $0.contains(upload) } }
    func insert(_ upload: String) { known.withLock { _ = $0.insert(upload) } }
    func remove(_ upload: String) { known.withLock { _ = $0.remove(upload) } }
}
