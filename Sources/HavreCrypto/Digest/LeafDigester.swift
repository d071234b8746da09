import HavreModel

/// Digests of one part of the plaintext.
public struct LeafDigests: Sendable, Hashable {
    /// For every 8 MiB leaf, in order, 32 bytes: SHA-256(0x00 ‖ leaf), the leaf hash of RFC 6962, section 2.1.
    /// Empty where `single` was asked for.
    public let leaves: [UInt8]
    /// The plain SHA-256, where it was asked for and the bytes are at most 8 MiB.
    public let single: [UInt8]?

    /// Makes a value.
    public init(leaves: [UInt8], single: [UInt8]?) {
        self.leaves = leaves
        self.single = single
    }

    /// How many leaves there are.
    public var leafCount: Int { leaves.count / 32 }

    /// The leaf hash at `index`, counted from 0 within the part.
    public func leaf(_ index: Int) -> [UInt8] { Array(leaves[index * 32..<index * 32 + 32]) }
}

/// Hashes plaintext leaf by leaf, counting from the part's start (parts begin at leaves). One thread; reusable.
///
/// An object of at most 8 MiB needs its plain SHA-256 only, a larger one its leaf hashes only: nothing is
/// hashed twice.
public final class LeafDigester {
    /// Bytes of a leaf.
    public static let leafSize = Int(PartLayout.leaf)

    private let hash: StreamingHash
    private var leaves: [UInt8] = []
    private var filled = 0
    private var total: UInt64 = 0
    private var wantsSingle = false

    /// Makes a digester that awaits `begin`. Throws `.internalFailure`.
    public init() throws(CryptoError) { hash = try StreamingHash(.sha256) }

    /// Begins a part. Ask for `wantsSingle` if, and only if, it is a whole object of at most 8 MiB.
    public func begin(wantsSingle: Bool = false) {
        self.wantsSingle = wantsSingle
        leaves = []
        filled = 0
        total = 0
        startLeaf()
    }

    /// Hashes the next bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        total += UInt64(bytes.count)
        if wantsSingle {
            // Beyond one leaf the digest is withheld, so that nothing is gained by hashing on.
            if total <= PartLayout.leaf { hash.update(bytes) }
            return
        }
        var at = 0
        while at < bytes.count {
            if filled == Self.leafSize {
                hash.finish(into: &leaves)
                startLeaf()
            }
            let count = min(Self.leafSize - filled, bytes.count - at)
            hash.update(UnsafeRawBufferPointer(rebasing: bytes[at..<at + count]))
            filled += count
            at += count
        }
    }

    /// Ends the part. No bytes at all are one empty leaf. If a single digest was asked for and over 8 MiB came,
    /// there is neither.
    public func finish() -> LeafDigests {
        if wantsSingle {
            return LeafDigests(leaves: [], single: total <= PartLayout.leaf ? hash.finish() : nil)
        }
        hash.finish(into: &leaves)
        return LeafDigests(leaves: leaves, single: nil)
    }

    private func startLeaf() {
        filled = 0
        hash.begin()
        if !wantsSingle { hash.update(0x00) }
    }
}
