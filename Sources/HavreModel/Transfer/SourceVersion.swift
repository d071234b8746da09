/// One version of one source object: what a transfer is pinned to (invariant 2).
///
/// A store fills in what it knows; `entityTag` and `size` are always there. The `file` store
/// makes an entity tag of inode, size, mtime and ctime in nanoseconds.
public struct SourceVersion: Hashable, Sendable, Codable {
    /// The ETag without its quotes, byte for byte as the store gives it.
    public var entityTag: String
    /// Bytes at the source, as stored there (ciphertext where it is sealed).
    public var size: UInt64
    /// The store's version id, where it keeps versions.
    public var versionID: String?
    /// Last modification, in nanoseconds since 1970 UTC.
    public var modified: Int64?

    /// Names a version by what the store says of it.
    public init(entityTag: String, size: UInt64, versionID: String? = nil, modified: Int64? = nil) {
        self.entityTag = entityTag
        self.size = size
        self.versionID = versionID
        self.modified = modified
    }

    /// Whether `other` can be the same bytes: equal tag and size, and equal version ids where both have one.
    public func matches(_ other: SourceVersion) -> Bool {
        guard entityTag == other.entityTag, size == other.size else { return false }
        guard let mine = versionID, let theirs = other.versionID else { return true }
        return mine == theirs
    }

    /// Canonical bytes, for hashes and bindings: length-prefixed tag, size, version id.
    /// `modified` stays out: some stores round it differently in listings and answers.
    public var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ text: String) {
            let utf8 = Array(text.utf8)
            bytes += withUnsafeBytes(of: UInt32(utf8.count).bigEndian) { Array($0) } + utf8
        }
        append(entityTag)
        bytes += withUnsafeBytes(of: size.bigEndian) { Array($0) }
        append(versionID ?? "")
        return bytes
    }
}
