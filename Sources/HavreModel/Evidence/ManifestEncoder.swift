/// Writes a manifest line by line; holds one line and the edge of the tree over them.
public struct ManifestEncoder: Sendable {
    private let tree: MerkleTree
    private var frontier: MerkleFrontier
    private var objects: UInt64 = 0

    /// `hash` is SHA-256.
    public init(hash: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        tree = MerkleTree(hash: hash)
        frontier = MerkleFrontier(tree)
    }

    /// The first line with its line feed.
    public mutating func encode(_ header: Manifest.Header) -> [UInt8] {
        var json = CanonicalJSON(capacity: 1024)
        json.beginObject()
        json.name("began")
        json.instant(header.began)
        json.name("dataset")
        json.string(header.dataset)
        json.name("format")
        json.integer(Manifest.format)
        json.name("plan")
        json.string(header.plan)
        json.name("planHash")
        json.string(header.planHash)
        json.name("recipients")
        json.beginArray()
        for recipient in header.recipients { json.string(recipient) }
        json.endArray()
        json.name("run")
        json.string(header.run)
        json.name("sealedDigestKey")
        json.hex(header.sealedDigestKey)
        json.name("source")
        Self.write(header.source, into: &json)
        json.name("target")
        Self.write(header.target, into: &json)
        json.name("written")
        json.instant(header.written)
        json.endObject()
        return line(json)
    }

    /// One object's line with its line feed.
    public mutating func encode(_ object: Manifest.Object) -> [UInt8] {
        var json = CanonicalJSON(capacity: 1024 + object.keyedLeaves.count * 2 + object.tags.count * 2)
        json.beginObject()
        if let value = object.checksums.crc32c {
            json.name("crc32c")
            json.integer(value)
        }
        if let value = object.checksums.crc64nvme {
            json.name("crc64nvme")
            json.integer(value)
        }
        json.name("digest")
        json.string(object.digestKind)
        json.name("enforced")
        json.string(object.receipt.enforced.rawValue)
        json.name("envelope")
        json.string(object.envelope)
        json.member(object.key)
        if !object.keyedLeaves.isEmpty {
            json.name("leaves")
            json.hex(object.keyedLeaves)
        }
        if let value = object.checksums.md5 {
            json.name("md5")
            json.hex(value)
        }
        if let metadata = object.metadata {
            json.name("metadata")
            Self.write(metadata, into: &json)
        }
        json.name("plainSize")
        json.integer(object.plainSize)
        json.name("provenance")
        json.string(object.provenance)
        json.name("root")
        json.hex(object.keyedRoot)
        json.name("row")
        json.integer(object.row)
        json.name("run")
        json.string(object.run)
        json.name("source")
        Self.write(object.source, into: &json)
        json.name("storedPartSize")
        json.integer(object.storedPartSize)
        json.name("storedSize")
        json.integer(object.storedSize)
        json.name("tags")
        json.hex(object.tags)
        json.name("target")
        json.beginObject()
        json.name("tag")
        json.string(object.receipt.entityTag)
        if let id = object.receipt.versionID {
            json.name("version")
            json.string(id)
        }
        json.endObject()
        if !object.unmapped.isEmpty {
            json.name("unmapped")
            json.string(object.unmapped)
        }
        json.name("verified")
        json.bool(object.verified)
        json.endObject()
        objects += 1
        return line(json)
    }

    /// The last line with its line feed.
    public func end() -> [UInt8] {
        var json = CanonicalJSON()
        json.beginObject()
        json.name("objects")
        json.integer(objects)
        json.name("root")
        json.hex(frontier.root)
        json.endObject()
        json.endLine()
        return json.bytes
    }

    private mutating func line(_ json: CanonicalJSON) -> [UInt8] {
        frontier.append(leafHash: tree.leafHash(json.bytes))
        var json = json
        json.endLine()
        return json.bytes
    }

    private static func write(_ location: Location, into json: inout CanonicalJSON) {
        json.beginObject()
        json.name("bucket")
        json.string(location.bucket)
        json.member(location.prefix)
        json.name("provider")
        json.string(location.provider)
        json.endObject()
    }

    private static func write(_ version: SourceVersion, into json: inout CanonicalJSON) {
        json.beginObject()
        if let modified = version.modified {
            json.name("modified")
            json.instant(modified)
        }
        json.name("size")
        json.integer(version.size)
        json.name("tag")
        json.string(version.entityTag)
        if let id = version.versionID {
            json.name("version")
            json.string(id)
        }
        json.endObject()
    }

    private static func write(_ metadata: ObjectMetadata, into json: inout CanonicalJSON) {
        func member(_ name: StaticString, _ value: String?) {
            guard let value else { return }
            json.name(name)
            json.string(value)
        }
        func member(_ name: StaticString, _ values: [String: String]) {
            guard !values.isEmpty else { return }
            json.name(name)
            json.beginObject()
            for (key, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                json.name(escaping: key)
                json.string(value)
            }
            json.endObject()
        }
        json.beginObject()
        member("cacheControl", metadata.cacheControl)
        member("contentDisposition", metadata.contentDisposition)
        member("contentEncoding", metadata.contentEncoding)
        member("contentLanguage", metadata.contentLanguage)
        member("contentType", metadata.contentType)
        member("tags", metadata.tags)
        member("user", metadata.user)
        json.endObject()
    }
}
