/// What a dataset's diff would move, summed up: enough to count parts, requests and bytes without its rows.
public struct PlannedVolume: Hashable, Sendable, Codable {
    /// Objects that would be moved.
    public var objects = 0
    /// Of these, objects that replace something at the target.
    public var updates = 0
    /// Bytes at the source.
    public var bytes: UInt64 = 0
    /// Objects above 8 MiB, which are sent in parts, and the replacing ones among them.
    public var large = 0
    /// Of the large ones, those that replace something.
    public var largeUpdates = 0
    /// Bytes of the large ones at the source.
    public var largeBytes: UInt64 = 0
    /// Parts of the large ones.
    public var largeParts = 0
    /// Chunks of 64 KiB of all of them, an empty object having one.
    public var chunks: UInt64 = 0
    /// Objects that would be deleted at the target.
    public var deletions = 0
    /// Entries that the source lists.
    public var sourceEntries = 0
    /// Entries that the target lists.
    public var targetEntries = 0

    /// Nothing.
    public init() {}

    /// Parts of everything: one for an object that is sent whole.
    public var parts: Int { objects - large + largeParts }

    /// Takes up one object of `size` bytes, laid out over at most `maxParts` parts.
    public mutating func add(size: UInt64, maxParts: Int, replaces: Bool) throws(LayoutError) {
        let layout = try PartLayout(size: size, maxParts: maxParts)
        objects += 1
        bytes += size
        chunks += max(1, (size + 65_535) / 65_536)
        if replaces { updates += 1 }
        guard size > PartLayout.leaf else { return }
        large += 1
        largeBytes += size
        largeParts += layout.partCount
        if replaces { largeUpdates += 1 }
    }
}

/// Requests of one side by kind.
public struct RequestCounts: Hashable, Sendable, Codable {
    /// Bodies read.
    public var get = 0
    /// Looks at one object.
    public var head = 0
    /// Whole objects written.
    public var put = 0
    /// Uploads in parts that are opened.
    public var create = 0
    /// Parts written.
    public var part = 0
    /// Uploads that are joined.
    public var complete = 0
    /// Pages listed.
    public var list = 0
    /// Objects deleted.
    public var delete = 0

    /// None.
    public init() {}

    /// All that price lists call reading.
    public var reads: Int { head + get }
    /// All that price lists call writing.
    public var writes: Int { put + create + part + complete }
    /// Every one.
    public var all: Int { reads + writes + list + delete }
}
