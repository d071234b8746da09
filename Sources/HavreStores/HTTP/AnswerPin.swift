import HavreModel

/// What the answer to a read must say, so that it is of the version pinned and of the bytes asked for (invariant 2).
struct AnswerPin {
    private let version: SourceVersion
    private let key: ObjectKey
    private let wanted: Range<UInt64>
    private let isWhole: Bool
    private let endpoint: String
    private let versionHeader: StaticString

    /// `versionHeader` (in lower case) is where the store names the version of what it sends.
    init(
        _ request: ReadRequest, wanted: Range<UInt64>, isWhole: Bool, endpoint: String, versionHeader: StaticString
    ) {
        self.versionHeader = versionHeader
        version = request.version
        key = request.key
        self.wanted = wanted
        self.isWhole = isWhole
        self.endpoint = endpoint
    }

    /// What is wrong with an answer of success; nil where nothing is.
    func difference(_ head: ResponseHead) -> StoreError? {
        guard let tag = head.bytes("etag").map(S3Text.unquoted) else {
            return violation(head, "names no entity tag")
        }
        guard tag == version.entityTag else {
            return drift(head, "its entity tag is \(S3Text.printable(tag.utf8)), pinned was \(version.entityTag)")
        }
        if let pinned = version.versionID, let found = head[versionHeader], found != pinned {
            return drift(head, "its version is \(S3Text.printable(found.utf8)), pinned was \(pinned)")
        }
        // `rclone serve s3` answers a range with 200, its `Content-Range` says the same as with 206.
        if head.status == 206 || (head.status == 200 && head.bytes("content-range") != nil) {
            guard let range = head.bytes("content-range").flatMap(Self.contentRange) else {
                return violation(head, "sends a part without saying which")
            }
            guard range.total == version.size else {
                return drift(head, "it has \(range.total) bytes, pinned were \(version.size)")
            }
            guard range.bytes == wanted else {
                return violation(
                    head,
                    "sends bytes \(range.bytes.lowerBound) to \(range.bytes.upperBound) instead of those asked for")
            }
            return nil
        }
        guard head.status == 200 else { return violation(head, "answers a read with status \(head.status)") }
        if let length = head.number("content-length"), length != version.size {
            return drift(head, "it has \(length) bytes, pinned were \(version.size)")
        }
        guard isWhole || wanted.isEmpty else { return violation(head, "sends the whole object instead of a range") }
        return nil
    }

    private func drift(_ head: ResponseHead, _ what: String) -> StoreError {
        StoreError(.drifted, "the object is no longer what was pinned: \(what)", key: key, status: head.status)
    }

    private func violation(_ head: ResponseHead, _ what: String) -> StoreError {
        StoreError(.protocolViolation, "\(endpoint) \(what)", key: key, status: head.status)
    }

    /// `bytes first-last/total` (RFC 9110, section 14.4).
    static func contentRange(_ text: ArraySlice<UInt8>) -> (bytes: Range<UInt64>, total: UInt64)? {
        guard text.starts(with: "bytes ".utf8) else { return nil }
        let rest = text.dropFirst(6)
        guard let dash = rest.firstIndex(of: 0x2d), let slash = rest.firstIndex(of: 0x2f), dash < slash,
            let first = S3Text.number(rest[..<dash]), let last = S3Text.number(rest[(dash + 1)..<slash]),
            let total = S3Text.number(rest[(slash + 1)...]), first <= last, last < total
        else { return nil }
        return (first..<last + 1, total)
    }
}
