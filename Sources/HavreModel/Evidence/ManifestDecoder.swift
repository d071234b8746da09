/// Reads a manifest as its bytes arrive. Memory is bounded by the longest line; whatever the bytes are,
/// it gives lines or a `ManifestError` with the line's number.
public struct ManifestDecoder: Sendable {
    private let tree: MerkleTree
    private var frontier: MerkleFrontier
    private let lineLimit: Int
    private var pending: [UInt8] = []
    private var number = 0
    private var objects: UInt64 = 0
    private var hasEnded = false

    /// `hash` is SHA-256. Lines above `lineLimit` bytes are refused; an object's leaves take 64 bytes each 8 MiB.
    public init(hash: @escaping @Sendable ([UInt8]) -> [UInt8], lineLimit: Int = 64 << 20) {
        tree = MerkleTree(hash: hash)
        frontier = MerkleFrontier(tree)
        self.lineLimit = lineLimit
    }

    /// Takes bytes as they come; returns the lines that are whole by now.
    public mutating func feed(_ bytes: some Collection<UInt8>) throws(ManifestError) -> [Manifest.Line] {
        var lines: [Manifest.Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0a) {
            try take(rest[..<end])
            rest = rest[end...].dropFirst()
            number += 1
            let line = pending
            pending.removeAll(keepingCapacity: pending.count < 1 << 16)
            lines.append(try decode(line))
        }
        try take(rest)
        return lines
    }

    /// To be called when no bytes are left: throws where the manifest was cut off.
    public func finish() throws(ManifestError) {
        guard hasEnded, pending.isEmpty else {
            throw ManifestError(line: number + 1, reason: "the manifest is cut off here; its last line is missing")
        }
    }

    private mutating func take(_ bytes: some Collection<UInt8>) throws(ManifestError) {
        guard pending.count + bytes.count <= lineLimit else {
            throw ManifestError(line: number + 1, reason: "longer than \(lineLimit) bytes")
        }
        pending += bytes
    }

    private mutating func decode(_ bytes: [UInt8]) throws(ManifestError) -> Manifest.Line {
        guard !hasEnded else { throw ManifestError(line: number, reason: "there is more behind the manifest's end") }
        let fields: ManifestFields
        do {
            fields = ManifestFields(line: number, value: try JSONValue(canonical: bytes))
        } catch {
            throw ManifestError(line: number, reason: error.description)
        }
        if number == 1 {
            frontier.append(leafHash: tree.leafHash(bytes))
            return .header(try fields.header())
        }
        if fields.has("objects") {
            let end = try fields.end()
            guard end.objects == objects else {
                throw ManifestError(
                    line: number, reason: "\(objects) objects were read where \(end.objects) were written")
            }
            guard end.root == frontier.root else {
                throw ManifestError(line: number, reason: "the root is another: a line before this one was changed")
            }
            hasEnded = true
            return .end(end)
        }
        frontier.append(leafHash: tree.leafHash(bytes))
        objects += 1
        return .object(try fields.object())
    }
}

/// The members of one line, asked for by name and kind.
struct ManifestFields {
    let line: Int
    let value: JSONValue

    func has(_ name: String) -> Bool { value[name] != nil }

    private func missing(_ name: String, _ kind: String) -> ManifestError {
        ManifestError(line: line, reason: "expected `\(name)`, \(kind)")
    }

    private func need<T>(
        _ name: String, _ kind: String, _ convert: (JSONValue) -> T?
    ) throws(ManifestError) -> T {
        guard let member = value[name], let converted = convert(member) else { throw missing(name, kind) }
        return converted
    }

    /// nil where there is no such member; wrong kinds throw.
    private func optional<T>(
        _ name: String, _ kind: String, _ convert: (JSONValue) -> T?
    ) throws(ManifestError) -> T? {
        guard let member = value[name] else { return nil }
        guard let converted = convert(member) else { throw missing(name, kind) }
        return converted
    }

    private func text(_ name: String) throws(ManifestError) -> String { try need(name, "a string") { $0.text } }

    private func size(_ name: String) throws(ManifestError) -> UInt64 {
        try need(name, "a size in bytes") { $0.uint64 }
    }

    private func hex(_ name: String) throws(ManifestError) -> [UInt8] {
        try need(name, "hex digits in lower case") { $0.hex }
    }

    private func instant(_ name: String) throws(ManifestError) -> Int64 {
        try need(name, "a time like 2026-11-24T06:10:00.000000000Z") { $0.text.flatMap(Timestamp.nanoseconds) }
    }

    private func inner(_ name: String) throws(ManifestError) -> ManifestFields {
        guard let member = value[name], case .object = member else { throw missing(name, "an object") }
        return ManifestFields(line: line, value: member)
    }

    /// `key`, or `keyHex` for what is not UTF-8, never both.
    private func key() throws(ManifestError) -> ObjectKey {
        let text = try optional("key", "a string") { $0.text }
        let bytes = try optional("keyHex", "hex digits in lower case") { $0.hex }
        switch (text, bytes) {
        case (let text?, nil): return ObjectKey(text)
        case (nil, let bytes?) where ObjectKey(bytes).text == nil: return ObjectKey(bytes)
        case (nil, _?): throw missing("key", "since the bytes of `keyHex` are UTF-8")
        case (_?, _?): throw missing("key", "or `keyHex`, not both")
        case (nil, nil): throw missing("key", "or `keyHex`")
        }
    }

    func header() throws(ManifestError) -> Manifest.Header {
        let format = try need("format", "a number") { $0.int64 }
        guard format == Manifest.format else {
            throw ManifestError(
                line: line, reason: "format \(format); this Havre reads format \(Manifest.format). Use a newer one")
        }
        return Manifest.Header(
            run: try text("run"), plan: try text("plan"), planHash: try text("planHash"), dataset: try text("dataset"),
            source: try inner("source").location(), target: try inner("target").location(),
            recipients: try need("recipients", "an array of strings", Self.texts),
            sealedDigestKey: try hex("sealedDigestKey"), began: try instant("began"), written: try instant("written"))
    }

    private static func texts(_ value: JSONValue) -> [String]? {
        guard let elements = value.array else { return nil }
        let texts = elements.compactMap(\.text)
        return texts.count == elements.count ? texts : nil
    }

    private func location() throws(ManifestError) -> Location {
        Location(provider: try text("provider"), bucket: try text("bucket"), prefix: try key())
    }

    private func version() throws(ManifestError) -> SourceVersion {
        SourceVersion(
            entityTag: try text("tag"), size: try size("size"),
            versionID: try optional("version", "a string") { $0.text },
            modified: has("modified") ? try instant("modified") : nil)
    }

    func object() throws(ManifestError) -> Manifest.Object {
        let root = try hex("root")
        guard root.count == 32 else { throw missing("root", "32 bytes in hex") }
        let leaves = try optional("leaves", "hex digits in lower case") { $0.hex } ?? []
        guard leaves.count % 32 == 0 else { throw missing("leaves", "digests of 32 bytes in hex") }
        let tags = try hex("tags")
        guard tags.count % 28 == 0 else { throw missing("tags", "nonce and tag of 28 bytes a part in hex") }
        let target = try inner("target")
        return Manifest.Object(
            row: try need("row", "a number") { $0.int64 }, run: try text("run"), key: try key(),
            source: try inner("source").version(), plainSize: try size("plainSize"),
            storedSize: try size("storedSize"), storedPartSize: try size("storedPartSize"),
            digestKind: try text("digest"), keyedRoot: root, keyedLeaves: leaves, tags: tags,
            checksums: CiphertextChecksums(
                crc64nvme: try optional("crc64nvme", "a number") { $0.uint64 },
                crc32c: try optional("crc32c", "a number of 32 bits") { $0.uint64.flatMap { UInt32(exactly: $0) } },
                md5: try optional("md5", "16 bytes in hex") { $0.hex.flatMap { $0.count == 16 ? $0 : nil } }),
            receipt: WriteReceipt(
                entityTag: try target.text("tag"), versionID: try target.optional("version", "a string") { $0.text },
                enforced: try need("enforced", "a kind of checksum") { $0.text.flatMap(Checksum.Kind.init) }),
            envelope: try text("envelope"), metadata: has("metadata") ? try inner("metadata").metadata() : nil,
            unmapped: try optional("unmapped", "a string") { $0.text } ?? "", provenance: try text("provenance"),
            verified: try need("verified", "true or false") { if case .bool(let value) = $0 { value } else { nil } })
    }

    private func metadata() throws(ManifestError) -> ObjectMetadata {
        ObjectMetadata(
            contentType: try optional("contentType", "a string") { $0.text },
            contentEncoding: try optional("contentEncoding", "a string") { $0.text },
            contentLanguage: try optional("contentLanguage", "a string") { $0.text },
            contentDisposition: try optional("contentDisposition", "a string") { $0.text },
            cacheControl: try optional("cacheControl", "a string") { $0.text },
            user: try optional("user", "names and strings", Self.pairs) ?? [:],
            tags: try optional("tags", "names and strings", Self.pairs) ?? [:])
    }

    private static func pairs(_ value: JSONValue) -> [String: String]? {
        guard case .object(let members) = value else { return nil }
        let pairs = members.compactMapValues(\.text)
        return pairs.count == members.count ? pairs : nil
    }

    func end() throws(ManifestError) -> Manifest.End {
        Manifest.End(objects: try need("objects", "a number") { $0.uint64 }, root: try hex("root"))
    }
}
