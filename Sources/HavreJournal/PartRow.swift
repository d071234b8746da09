public import HavreModel

/// One part as the journal holds it.
public struct PartRow: Hashable, Sendable {
    /// The part, from 0.
    public var index: Int
    /// Keyed digests of its 8 MiB leaves, 32 bytes each, joined.
    public var keyedLeaves: [UInt8]
    /// The raw leaf digests sealed under the resume key: the root is made of them. Erased at landing.
    public var sealedLeaves: [UInt8]
    /// The part's share in the proof of the source's envelope, sealed likewise; empty where that needs none.
    public var sealedShare: [UInt8]
    /// CRC-64/NVME and the like over the part as sent.
    public var checksums: CiphertextChecksums
    /// Nonce (12) ‖ GMAC tag (16) over the part as sent.
    public var tag: [UInt8]
    /// Bytes on the wire.
    public var size: UInt64
    /// The target's receipt, once it is there.
    public var receipt: PartReceipt?

    /// Makes a row.
    public init(
        index: Int, keyedLeaves: [UInt8], sealedLeaves: [UInt8], sealedShare: [UInt8] = [],
        checksums: CiphertextChecksums, tag: [UInt8], size: UInt64, receipt: PartReceipt? = nil
    ) {
        self.index = index
        self.keyedLeaves = keyedLeaves
        self.sealedLeaves = sealedLeaves
        self.sealedShare = sealedShare
        self.checksums = checksums
        self.tag = tag
        self.size = size
        self.receipt = receipt
    }
}
