import HavreCrypto
import HavreModel

/// Metadata as Azure carries it: headers, `x-ms-meta-*`, `x-ms-tags`.
///
/// Names of user metadata must be C# identifiers there. Others are spelled as .NET spells them in XML: what does not fit
/// becomes `_xhhhh_`, and an underscore that would be read as the beginning of one is spelled out too, so that every
/// name comes back. Values go out as they do at S3.
enum AzureMetadata {
    /// Blob index tags of one blob at most.
    static let maxTags = 10
    /// Names and values of all metadata together, bytes.
    static let maxUser = 8 << 10

    /// Adds the headers for a new object.
    static func add(_ metadata: ObjectMetadata, to headers: inout HeaderList) throws(StoreError) {
        let plain = [
            ("x-ms-blob-content-type", metadata.contentType ?? "application/octet-stream"),
            ("x-ms-blob-content-encoding", metadata.contentEncoding),
            ("x-ms-blob-content-language", metadata.contentLanguage),
            ("x-ms-blob-content-disposition", metadata.contentDisposition),
            ("x-ms-blob-cache-control", metadata.cacheControl),
        ]
        for (name, value) in plain {
            if let value { try headers.add(name, value) }
        }
        var size = 0
        for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
            let (name, value) = (spelled(name), S3Metadata.encodedWord(value))
            size += name.utf8.count + value.utf8.count
            try headers.add("x-ms-meta-\(name)", value)
        }
        guard size <= maxUser else {
            throw StoreError(
                .refused,
                "the user metadata have \(size) bytes as Azure carries them, it keeps \(maxUser); have them "
                    + "sealed or dropped by the plan's metadata policy")
        }
        guard metadata.tags.count <= maxTags else {
            throw StoreError(
                .refused,
                "the object has \(metadata.tags.count) tags, Azure keeps \(maxTags); have them sealed or dropped "
                    + "by the plan's metadata policy")
        }
        if !metadata.tags.isEmpty {
            var query = URLQuery()
            for (name, value) in metadata.tags { query.add(name, value.utf8) }
            try headers.add("x-ms-tags", bytes: query.canonical())
        }
    }

    /// What an answer says of its object.
    static func head(_ answer: ResponseHead, size: UInt64, snapshot: String?) -> ObjectHead {
        var user: [String: String] = [:]
        for (name, value) in answer.all(prefix: "x-ms-meta-") { user[read(name)] = S3Metadata.decodedWords(value) }
        let marker = user.removeValue(forKey: S3Metadata.markerName).flatMap { Marker(token: $0) }
        let metadata = ObjectMetadata(
            contentType: answer["content-type"], contentEncoding: answer["content-encoding"],
            contentLanguage: answer["content-language"], contentDisposition: answer["content-disposition"],
            cacheControl: answer["cache-control"], user: user)
        let version = SourceVersion(
            entityTag: answer.bytes("etag").map(S3Text.unquoted) ?? "", size: size,
            versionID: snapshot ?? answer["x-ms-version-id"],
            modified: answer["last-modified"].flatMap { Timestamp.seconds(http: $0) }.map { $0 * 1_000_000_000 })
        var head = ObjectHead(
            version: version, metadata: metadata, tagCount: Int(clamping: answer.number("x-ms-tag-count") ?? 0),
            marker: marker)
        head.tier = answer["x-ms-access-tier"]
        head.rehydration = rehydration(tier: head.tier, status: answer["x-ms-archive-status"])
        head.isHeld = answer["x-ms-legal-hold"] == "true"
        head.immutableUntil = answer["x-ms-immutability-policy-until-date"].flatMap { Timestamp.seconds(http: $0) }
            .map { $0 * 1_000_000_000 }
        head.kind = answer["x-ms-blob-type"]
        return head
    }

    /// How far an archived object is; nil where it is no archived one. While it is brought back its tier stays
    /// `Archive`, and a status says to where it is on its way.
    static func rehydration(tier: String?, status: String?) -> RehydrationStatus? {
        if let status, status.hasPrefix("rehydrate-pending") { return .pending }
        return tier == "Archive" ? .archived : nil
    }

    // MARK: Names

    /// A name as Azure takes it.
    static func spelled(_ name: String) -> String {
        let units = Array(name.utf16)
        guard !units.indices.allSatisfy({ isPlain(units, $0) }) else { return name }
        var out = ""
        for index in units.indices {
            if isPlain(units, index) {
                out.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: units[index])))
            } else {
                let digits = String(units[index], radix: 16)
                out += "_x\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits)_"
            }
        }
        return out
    }

    private static func isPlain(_ units: [UInt16], _ index: Int) -> Bool {
        switch units[index] {
        case 0x41...0x5a, 0x61...0x7a: true
        case 0x30...0x39: index > 0
        case 0x5f: escape(units[index...]) == nil
        default: false
        }
    }

    /// The unit that `_xHHHH_` at the beginning spells; nil where it begins with nothing of the kind.
    private static func escape(_ units: ArraySlice<UInt16>) -> UInt16? {
        let word = units.prefix(7)
        guard word.count == 7, word.first == 0x5f, word.last == 0x5f, word.dropFirst().first.map({ $0 | 0x20 }) == 0x78
        else { return nil }
        var value: UInt16 = 0
        for unit in word.dropFirst(2).dropLast() {
            guard unit < 0x80, let digit = Character(Unicode.Scalar(UInt8(unit))).hexDigitValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    /// A name as it was before it was spelled.
    static func read(_ name: String) -> String {
        guard name.contains("_x") else { return name }
        let units = Array(name.utf16)
        var out: [UInt16] = []
        var at = 0
        while at < units.count {
            if let unit = escape(units[at...]) {
                out.append(unit)
                at += 7
            } else {
                out.append(units[at])
                at += 1
            }
        }
        return String(validating: out, as: UTF16.self) ?? name
    }

    // MARK: Checksums

    /// The header and value of our checksum of a kind; nil where Azure has none for it or it was not computed.
    /// Azure's CRC-64 is that of NVMe, its bytes the other way round than at S3 (Azure Storage extensions for Python).
    static func checksum(_ kind: Checksum.Kind, _ checksums: CiphertextChecksums) -> (name: String, value: String)? {
        switch kind {
        case .crc64nvme:
            checksums.crc64nvme.map { value in
                ("x-ms-content-crc64", Base64.text(withUnsafeBytes(of: value.littleEndian) { Array($0) }))
            }
        case .contentMD5: checksums.md5.map { ("content-md5", Base64.text($0)) }
        case .crc32c, .none: nil
        }
    }
}
