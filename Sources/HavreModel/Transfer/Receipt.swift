/// Checksums over the bytes of one write.
public struct CiphertextChecksums: Hashable, Sendable, Codable {
    /// CRC-64/NVME.
    public var crc64nvme: UInt64?
    /// CRC-32C.
    public var crc32c: UInt32?
    /// MD5, 16 bytes.
    public var md5: [UInt8]?

    /// Collects checksums; nil is not computed.
    public init(crc64nvme: UInt64? = nil, crc32c: UInt32? = nil, md5: [UInt8]? = nil) {
        self.crc64nvme = crc64nvme
        self.crc32c = crc32c
        self.md5 = md5
    }
}

/// A checksum with its kind; `value` as it goes over the wire, base64.
public struct Checksum: Hashable, Sendable, Codable {
    /// Kinds of checksum that a store can be asked to enforce.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case crc64nvme, crc32c, contentMD5, none
    }
    /// The kind.
    public var kind: Kind
    /// Base64 of the big-endian value.
    public var value: String

    /// Makes a checksum.
    public init(kind: Kind, value: String) {
        self.kind = kind
        self.value = value
    }
}

/// What the target said of a whole object that it took.
public struct WriteReceipt: Hashable, Sendable, Codable {
    /// The new object's ETag without quotes.
    public var entityTag: String
    /// The new object's version id.
    public var versionID: String?
    /// The check that the store enforced on these bytes.
    public var enforced: Checksum.Kind

    /// Makes a receipt.
    public init(entityTag: String, versionID: String? = nil, enforced: Checksum.Kind) {
        self.entityTag = entityTag
        self.versionID = versionID
        self.enforced = enforced
    }
}

/// What the target said of a part that it took.
public struct PartReceipt: Hashable, Sendable, Codable {
    /// The part, from 0.
    public var index: Int
    /// Its ETag without quotes.
    public var entityTag: String
    /// Its size in bytes on the wire.
    public var size: UInt64
    /// The checksum that the store holds for it, in the store's kind.
    public var checksum: Checksum?

    /// Makes a receipt.
    public init(index: Int, entityTag: String, size: UInt64, checksum: Checksum? = nil) {
        self.index = index
        self.entityTag = entityTag
        self.size = size
        self.checksum = checksum
    }
}
