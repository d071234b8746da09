/// How an object's plaintext is cut into parts (design §5). Journalled when made, never recomputed.
public struct PartLayout: Hashable, Sendable, Codable {
    /// One leaf of the plaintext digest, and the grain of a part: 8 MiB.
    public static let leaf: UInt64 = 8 << 20
    /// A part may not pass 5 GiB on the wire; 8 MiB are left for tags and header.
    public static let largestPart: UInt64 = (5 << 30) - leaf

    /// Bytes of plaintext in the object.
    public let size: UInt64
    /// Bytes of plaintext in every part but the last; a multiple of 8 MiB.
    public let partSize: UInt64

    /// Restores a layout that a journal holds.
    public init(size: UInt64, partSize: UInt64) {
        self.size = size
        self.partSize = partSize
    }

    /// Lays out `size` bytes over at most `maxParts` parts:
    /// 8 MiB × ⌈size / (8 MiB × maxParts)⌉ a part (design §5).
    ///
    /// Throws `LayoutError` where no part size the target allows is enough.
    public init(size: UInt64, maxParts: Int) throws(LayoutError) {
        guard maxParts > 0 else { throw LayoutError(size: size, maxParts: maxParts) }
        let (span, overflow) = Self.leaf.multipliedReportingOverflow(by: UInt64(maxParts))
        let factor = overflow || size == 0 ? 1 : (size - 1) / span + 1
        let partSize = Self.leaf * factor
        guard partSize <= Self.largestPart else { throw LayoutError(size: size, maxParts: maxParts) }
        self.init(size: size, partSize: partSize)
    }

    /// Number of parts; an empty object has one.
    public var partCount: Int { size == 0 ? 1 : Int((size - 1) / partSize + 1) }

    /// Plaintext range of part `index`, counted from 0.
    public func range(of index: Int) -> Range<UInt64> {
        let start = UInt64(index) * partSize
        return start..<min(start + partSize, size)
    }

    /// Whether `index` is the last part.
    public func isLast(_ index: Int) -> Bool { index == partCount - 1 }

    /// Number of 8 MiB leaves; an empty object has one, empty.
    public var leafCount: Int { size == 0 ? 1 : Int((size - 1) / Self.leaf + 1) }
}

/// An object that no layout fits.
public struct LayoutError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes of plaintext.
    public let size: UInt64
    /// The part limit of the target.
    public let maxParts: Int
    public var description: String {
        "an object of \(size) bytes does not fit \(maxParts) parts of at most \(PartLayout.largestPart) bytes"
    }
}
