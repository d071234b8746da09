import HavreCrypto
import HavreModel

/// Metadata as S3 carries it: headers, `x-amz-meta-*`, `x-amz-tagging`.
///
/// User metadata must be US-ASCII in a header. Values that are not, or that a header would not carry as
/// they are (control characters, spaces at an end or in a row, the look of an encoded word), go out as RFC 2047
/// encoded words in UTF-8, which is what S3 itself shows for them; such words are decoded on the way in.
enum S3Metadata {
    static let markerName = "havre"

    /// Adds the headers for a new object.
    static func add(_ metadata: ObjectMetadata, traits: StoreTraits, to headers: inout HeaderList) throws(StoreError) {
        let plain = [
            ("content-type", metadata.contentType), ("content-encoding", metadata.contentEncoding),
            ("content-language", metadata.contentLanguage), ("content-disposition", metadata.contentDisposition),
            ("cache-control", metadata.cacheControl),
        ]
        for (name, value) in plain {
            if let value { try headers.add(name, value) }
        }
        if metadata.contentType == nil { try headers.add("content-type", "application/octet-stream") }
        for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
            try headers.add("x-amz-meta-\(name)", encodedWord(value))
        }
        if !metadata.tags.isEmpty {
            var query = URLQuery()
            for (name, value) in metadata.tags { query.add(name, value.utf8) }
            try headers.add("x-amz-tagging", bytes: query.canonical())
        }
    }

    /// What an answer says of its object.
    static func head(_ answer: ResponseHead, size: UInt64) -> ObjectHead {
        var user: [String: String] = [:]
        for (name, value) in answer.all(prefix: "x-amz-meta-") { user[name] = decodedWords(value) }
        let marker = user.removeValue(forKey: markerName).flatMap { Marker(token: $0) }
        var encoding = answer["content-encoding"]
        // `aws-chunked` is of the transfer in which it was uploaded, not of the object.
        if let value = encoding, value.contains("aws-chunked") {
            let rest = value.split(separator: ",").map { $0.drop(while: { $0 == " " }) }.filter { $0 != "aws-chunked" }
            encoding = rest.isEmpty ? nil : rest.joined(separator: ", ")
        }
        let metadata = ObjectMetadata(
            contentType: answer["content-type"], contentEncoding: encoding,
            contentLanguage: answer["content-language"], contentDisposition: answer["content-disposition"],
            cacheControl: answer["cache-control"], user: user)
        let version = SourceVersion(
            entityTag: answer.bytes("etag").map(S3Text.unquoted) ?? "", size: size,
            versionID: answer["x-amz-version-id"].flatMap { $0 == "null" ? nil : $0 },
            modified: answer["last-modified"].flatMap { Timestamp.seconds(http: $0) }.map { $0 * 1_000_000_000 })
        return ObjectHead(
            version: version, metadata: metadata,
            tagCount: Int(clamping: answer.number("x-amz-tagging-count") ?? 0), marker: marker)
    }

    /// A header-safe form of `value`: itself, or RFC 2047 encoded words with a space between.
    static func encodedWord(_ value: String) -> String {
        // A space counts as before the value and behind it, so that spaces at the ends are two in a row.
        var last: UInt8 = 0x20
        let isSafe = value.utf8.allSatisfy { byte in
            defer { last = byte }
            return (0x20..<0x7f).contains(byte) && !(last == 0x20 && byte == 0x20) && !(last == 0x3d && byte == 0x3f)
        }
        if isSafe && last != 0x20 || value.isEmpty { return value }
        // At most 45 bytes in a word keep it below the 75 characters of RFC 2047, section 2; no character is split.
        var words: [String] = []
        var chunk: [UInt8] = []
        for scalar in value.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if chunk.count + bytes.count > 45 {
                words.append("=?UTF-8?B?\(Base64.text(chunk))?=")
                chunk = []
            }
            chunk += bytes
        }
        if !chunk.isEmpty { words.append("=?UTF-8?B?\(Base64.text(chunk))?=") }
        return words.joined(separator: " ")
    }

    /// Undoes encoded words in UTF-8 or US-ASCII, B or Q; anything else stays as it is.
    static func decodedWords(_ value: String) -> String {
        guard value.contains("=?") else { return value }
        var out: [UInt8] = []
        for word in value.split(separator: " ", omittingEmptySubsequences: false) {
            guard let bytes = decoded(word) else { return value }
            out += bytes
        }
        return String(validating: out, as: UTF8.self) ?? value
    }

    private static func decoded(_ word: Substring) -> [UInt8]? {
        guard word.hasPrefix("=?"), word.hasSuffix("?="), word.utf8.count > 4 else { return nil }
        let parts = word.dropFirst(2).dropLast(2).split(separator: "?", omittingEmptySubsequences: false)
        guard parts.count == 3, ["utf-8", "us-ascii"].contains(parts[0].lowercased()) else { return nil }
        switch parts[1] {
        case "B", "b": return Base64.decode(Array(parts[2].utf8), padding: .required)
        case "Q", "q":
            let spaced = parts[2].utf8.flatMap { byte -> [UInt8] in
                byte == 0x5f ? [0x20] : byte == 0x3d ? [0x25] : byte == 0x25 ? Array("%25".utf8) : [byte]
            }
            return PercentEncoding.decode(spaced, plusIsSpace: false)
        default: return nil
        }
    }
}

/// Checksums as S3 carries them.
enum S3Checksums {
    /// The header of a kind; nil for none.
    static func header(_ kind: Checksum.Kind) -> StaticString? {
        switch kind {
        case .crc64nvme: "x-amz-checksum-crc64nvme"
        case .crc32c: "x-amz-checksum-crc32c"
        case .contentMD5: "content-md5"
        case .none: nil
        }
    }

    /// The algorithm's name in headers and XML; nil where S3 has none for it.
    static func algorithm(_ kind: Checksum.Kind) -> String? {
        switch kind {
        case .crc64nvme: "CRC64NVME"
        case .crc32c: "CRC32C"
        case .contentMD5, .none: nil
        }
    }

    /// The element of a kind in XML.
    static func element(_ kind: Checksum.Kind) -> String? { algorithm(kind).map { "Checksum\($0)" } }

    /// Our value of a kind, base64; nil where it was not computed.
    static func value(_ kind: Checksum.Kind, _ checksums: CiphertextChecksums) -> String? {
        switch kind {
        case .crc64nvme:
            checksums.crc64nvme.map { value in Base64.text(withUnsafeBytes(of: value.bigEndian) { Array($0) }) }
        case .crc32c: checksums.crc32c.map { value in Base64.text(withUnsafeBytes(of: value.bigEndian) { Array($0) }) }
        case .contentMD5: checksums.md5.map { Base64.text($0) }
        case .none: nil
        }
    }

    /// Base64 of some bytes.
    static func base64(_ bytes: [UInt8]) -> String { Base64.text(bytes) }

    /// The MD5 that an entity tag has the form of: 32 hex digits; nil for any other.
    static func md5(entityTag: String) -> [UInt8]? {
        guard entityTag.utf8.count == 32 else { return nil }
        var out: [UInt8] = []
        var high: UInt8?
        for digit in entityTag {
            guard let value = digit.hexDigitValue else { return nil }
            if let first = high {
                out.append(first << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        return out
    }
}
