import HavreModel

/// Reads pages of ListObjectsV2 straight into entries (Amazon S3 API, ListObjectsV2).
final class ListingPage: XMLHandler {
    private(set) var entries: [ObjectEntry] = []
    private(set) var token: [UInt8]?
    private(set) var isTruncated = false
    private(set) var isEncoded = false
    private(set) var problem: String?
    private(set) var root = ""
    private var inContents = false
    private var key: [UInt8] = []
    private var entityTag = ""
    private var size: UInt64?
    private var modified: Int64?
    private var tier: String?

    init() { entries.reserveCapacity(1000) }

    func open(_ name: XMLName, depth: Int) {
        if depth == 1 { root = name.text }
        guard depth == 2, name == "Contents" else { return }
        inContents = true
        key = []
        entityTag = ""
        size = nil
        modified = nil
        tier = nil
    }

    func close(_ name: XMLName, text: UnsafeBufferPointer<UInt8>, depth: Int) {
        if inContents {
            if depth == 3 { field(name, text) } else if depth == 2 { closeEntry() }
        } else if depth == 2 {
            switch name {
            case "IsTruncated": isTruncated = text.elementsEqual("true".utf8)
            case "NextContinuationToken": token = Array(text)
            case "EncodingType": isEncoded = text.elementsEqual("url".utf8)
            default: break
            }
        }
    }

    private func field(_ name: XMLName, _ text: UnsafeBufferPointer<UInt8>) {
        switch name {
        case "Key": key = Array(text)
        case "LastModified": modified = Timestamp.nanoseconds(iso8601: text)
        case "ETag": entityTag = S3Text.unquoted(text)
        case "Size": size = S3Text.number(text)
        case "StorageClass": tier = String(decoding: text, as: UTF8.self)
        default: break
        }
    }

    private func closeEntry() {
        inContents = false
        guard !key.isEmpty, let size else {
            problem = problem ?? "lists an object without \(key.isEmpty ? "a key" : "a size")"
            return
        }
        entries.append(
            ObjectEntry(
                key: ObjectKey(key), version: SourceVersion(entityTag: entityTag, size: size, modified: modified),
                tier: tier))
    }

    /// Undoes the encoding of keys where the server said that there is one; it may say so behind them.
    func decodeKeys() {
        guard isEncoded else { return }
        for index in entries.indices {
            guard let key = S3Text.decoded(entries[index].key.bytes) else {
                problem = problem ?? "lists a key with a broken percent sequence"
                return
            }
            entries[index].key = ObjectKey(key)
        }
    }
}

/// Gathers the elements of one kind, and what stands beside them: ListParts, ListMultipartUploads, tags, errors.
final class XMLRecords: XMLHandler {
    /// Texts by the name of their element; the last one counts.
    typealias Record = [String: [UInt8]]

    private(set) var root = ""
    /// The outermost element's own text, behind its last child.
    private(set) var rootText: [UInt8] = []
    /// What stands directly in the outermost element.
    private(set) var outer: Record = [:]
    /// The elements asked for.
    private(set) var records: [Record] = []
    private let element: String
    private let limit: Int
    private var current: Record?
    private var depthOfRecord = 0
    private(set) var isOverfull = false

    /// Gathers elements named `element`, at most `limit`.
    init(_ element: String = "", limit: Int = 10_000) {
        self.element = element
        self.limit = limit
    }

    func open(_ name: XMLName, depth: Int) {
        if depth == 1 { root = name.text }
        guard depth > 1, current == nil, name.text == element else { return }
        current = [:]
        depthOfRecord = depth
    }

    func close(_ name: XMLName, text: UnsafeBufferPointer<UInt8>, depth: Int) {
        if let record = current {
            if depth == depthOfRecord {
                if records.count < limit { records.append(record) } else { isOverfull = true }
                current = nil
            } else if depth == depthOfRecord + 1 {
                current?[name.text] = Array(text)
            }
        } else if depth == 2, outer.count < 64 {
            outer[name.text] = Array(text)
        } else if depth == 1 {
            rootText = Array(text)
        }
    }
}

/// Small texts of S3's answers.
enum S3Text {
    /// An ETag without its quotes, byte for byte otherwise.
    static func unquoted(_ text: some BidirectionalCollection<UInt8>) -> String {
        if text.count >= 2, text.first == 0x22, text.last == 0x22 {
            return String(decoding: text.dropFirst().dropLast(), as: UTF8.self)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A number without sign; nil for anything else.
    static func number(_ text: some Collection<UInt8>) -> UInt64? {
        guard !text.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (tenfold, over) = value.multipliedReportingOverflow(by: 10)
            let (next, overAgain) = tenfold.addingReportingOverflow(UInt64(byte - 0x30))
            guard !over, !overAgain else { return nil }
            value = next
        }
        return value
    }

    /// A key of an answer with `EncodingType` `url`, where `+` is a space (as in forms).
    static func decoded(_ key: [UInt8]) -> [UInt8]? {
        guard key.contains(where: { $0 == 0x25 || $0 == 0x2b }) else { return key }
        return PercentEncoding.decode(key, plusIsSpace: true)
    }

    /// A region's name: letters, digits and hyphens, as providers write them; nil for anything else.
    static func region(_ text: [UInt8]) -> String? {
        guard (1...64).contains(text.count),
            text.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                    || $0 == 0x2d || $0 == 0x5f
            })
        else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// A line for a person: printable, and not long.
    static func printable(_ bytes: some Collection<UInt8>, limit: Int = 200) -> String {
        let text = String(decoding: bytes.prefix(4 * limit), as: UTF8.self)
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(limit).map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
