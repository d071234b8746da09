public import HavreModel

/// One storage protocol, spoken to one bucket (container, directory).
///
/// Control calls may be made from anywhere. Calls that carry bytes name the reactor on which they
/// run: the sink and the buffer are touched on that reactor's thread only, and no byte crosses threads.
/// Keys are whole keys inside the bucket, prefix included; they arrive as opaque bytes.
/// A store does not retry; `Retrying` does.
public protocol ObjectStore: Sendable {
    /// What this store is able to do and bound by, as declared or probed.
    var traits: StoreTraits { get }

    /// Starts a listing of everything under `prefix`, in no promised order, without delimiter.
    func listing(prefix: ObjectKey) -> any ObjectListing

    /// What the store says of one object, metadata included and tags where `withTags`. Throws `.notFound`.
    func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead

    /// Streams a range of an object into `sink`, in order, as the bytes lie at the store.
    ///
    /// The answer's entity tag, total size and range are compared with the request; where they differ
    /// it throws `.drifted` before or after any byte was handed over, so that the sink's content is
    /// worth nothing unless this returns. A short answer throws.
    func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead

    /// Stores a whole object at once. Throws `.conditionFailed` where the condition does not hold.
    func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt

    /// Opens an upload in parts.
    func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String

    /// The same, for an object that is to bear the source's last modification, nanoseconds since 1970 UTC.
    /// Stores that cannot date objects leave this to the default, which drops the time.
    func createUpload(_ key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) async throws(StoreError) -> String

    /// Sends one part, counted from 0.
    func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt

    /// Joins the parts, all of them, in order. `checksum` is that of the whole ciphertext, where the kind combines.
    func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt

    /// Ends an upload and drops its parts; an upload that is gone already is no error.
    func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError)

    /// The parts that the store holds of an upload. Throws `.noSuchUpload`.
    func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt]

    /// Uploads that are open under `prefix`.
    func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload]

    /// Removes an object; one that is gone already is no error.
    func delete(_ key: ObjectKey) async throws(StoreError)

    /// Seconds by which the store's clock is ahead of ours; nil where it tells none.
    func clockSkew() async throws(StoreError) -> Double?

    /// Whether what `prefix` names can be told from nothing at all: false where the directory that should hold it is not
    /// there. Stores without directories leave this to the default, which is true.
    func hasPlace(of prefix: ObjectKey) async throws(StoreError) -> Bool

    /// Starts a listing of every state of everything under `prefix`: former versions, snapshots and what is deleted
    /// softly beside what is current; nil where the store tells none.
    func history(prefix: ObjectKey) -> (any ObjectListing)?

    /// What brings archived objects back; nil where nothing is archived.
    var rehydrating: (any Rehydrating)? { get }

    /// Connects, and says to whom; nil where there is no connection (a directory).
    func observed() async throws(StoreError) -> Connection?
}

extension ObjectStore {
    /// Tells none.
    public func clockSkew() async throws(StoreError) -> Double? { nil }

    /// True.
    public func hasPlace(of prefix: ObjectKey) async throws(StoreError) -> Bool { true }

    /// None.
    public func history(prefix: ObjectKey) -> (any ObjectListing)? { nil }

    /// Nothing.
    public var rehydrating: (any Rehydrating)? { nil }

    /// There is none.
    public func observed() async throws(StoreError) -> Connection? { nil }

    /// Drops the time.
    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) async throws(StoreError)
        -> String
    {
        try await createUpload(key, metadata: metadata)
    }
}

/// A listing under way. Not to be shared between tasks.
public protocol ObjectListing: AnyObject, Sendable {
    /// The next entries, possibly none; nil at the end. A page that failed may be asked for again.
    func next() async throws(StoreError) -> [ObjectEntry]?
}

/// One line of a listing.
public struct ObjectEntry: Hashable, Sendable {
    /// The whole key inside the bucket.
    public var key: ObjectKey
    /// Tag, size and time; a version id only where listings tell it.
    public var version: SourceVersion
    /// The storage class or tier, where the listing tells it.
    public var tier: String?
    /// How far an archived object is from being readable; nil where it is no archived one, or nothing is told.
    public var rehydration: RehydrationStatus?
    /// Which of an object's states this is; listings of the present hold the current ones only.
    public var state = State.current
    /// The kind of object, where the store has several (`BlockBlob`, `PageBlob`, `AppendBlob`).
    public var kind: String?

    /// What an entry is of its object.
    public enum State: String, Hashable, Sendable, Codable {
        /// What everybody reads.
        case current
        /// A former version.
        case former
        /// A snapshot.
        case snapshot
        /// Deleted softly: gone for readers, kept for a while.
        case deleted
    }

    /// Makes an entry.
    public init(
        key: ObjectKey, version: SourceVersion, tier: String? = nil, rehydration: RehydrationStatus? = nil,
        state: State = .current, kind: String? = nil
    ) {
        self.key = key
        self.version = version
        self.tier = tier
        self.rehydration = rehydration
        self.state = state
        self.kind = kind
    }
}

/// How far an archived object is from being readable.
public enum RehydrationStatus: String, Hashable, Sendable, Codable {
    /// In the archive, and nobody has asked for it.
    case archived
    /// Asked for; it takes hours.
    case pending
    /// Readable.
    case ready
}

/// How urgently an archived object is asked for; what that costs differs much.
public enum RehydrationPriority: String, Hashable, Sendable, Codable {
    /// Within 15 hours or so.
    case standard
    /// Within an hour or so, for small objects.
    case high
}

/// What brings archived objects back.
public protocol Rehydrating: Sendable {
    /// Asks for an object, or a version of it, to be moved to `tier`. One that is asked for or readable already is no
    /// error. Throws `.notFound`.
    func rehydrate(_ key: ObjectKey, versionID: String?, to tier: String, priority: RehydrationPriority)
        async throws(StoreError)

    /// How far it is. Throws `.notFound`.
    func rehydrationStatus(_ key: ObjectKey, versionID: String?) async throws(StoreError) -> RehydrationStatus
}

/// What a store says of one object.
public struct ObjectHead: Hashable, Sendable {
    /// Tag, total size (of the whole object, also in the answer to a ranged read), version, time.
    public var version: SourceVersion
    /// Metadata, tags only where asked for.
    public var metadata: ObjectMetadata
    /// Number of tags where the store tells it unasked (`x-amz-tagging-count`).
    public var tagCount: Int
    /// Havre's mark, where the object bears one.
    public var marker: Marker?
    /// Digests that the source states for exactly the bytes of the answer.
    public var stated: [Checksum]
    /// The storage class or tier, where it is told.
    public var tier: String?
    /// How far an archived object is from being readable; nil where it is no archived one.
    public var rehydration: RehydrationStatus?
    /// Whether a legal hold keeps it from change and deletion.
    public var isHeld = false
    /// Until when an immutability policy does, nanoseconds since 1970 UTC.
    public var immutableUntil: Int64?
    /// The kind of object, where the store has several.
    public var kind: String?

    /// Makes a head.
    public init(
        version: SourceVersion, metadata: ObjectMetadata = ObjectMetadata(), tagCount: Int = 0,
        marker: Marker? = nil, stated: [Checksum] = []
    ) {
        self.version = version
        self.metadata = metadata
        self.tagCount = tagCount
        self.marker = marker
        self.stated = stated
    }
}

/// Havre's mark on a target object: run, row, hash of the pin (invariant 9).
/// Stored as user metadata `havre` (`file`: extended attribute `user.havre`), one token.
public struct Marker: Hashable, Sendable {
    /// The run, 32 hex digits.
    public var run: String
    /// The transfer's row in the journal.
    public var row: Int64
    /// The first 16 bytes of SHA-256 over the pin's canonical bytes, in hex.
    public var pin: String

    /// Makes a mark.
    public init(run: String, row: Int64, pin: String) {
        self.run = run
        self.row = row
        self.pin = pin
    }

    /// Reads `run.row.pin`; nil for anything else.
    public init?(token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 32, parts[2].count == 32, let row = Int64(parts[1]) else {
            return nil
        }
        self.init(run: String(parts[0]), row: row, pin: String(parts[2]))
    }

    /// The mark as one token.
    public var token: String { "\(run).\(row).\(pin)" }
}

/// What to read.
public struct ReadRequest: Hashable, Sendable {
    /// The whole key.
    public var key: ObjectKey
    /// The pinned version; every answer is compared with it, and it goes out as `If-Match` where the store may honour it.
    public var version: SourceVersion
    /// The bytes; nil reads all.
    public var range: Range<UInt64>?

    /// Makes a request.
    public init(key: ObjectKey, version: SourceVersion, range: Range<UInt64>? = nil) {
        self.key = key
        self.version = version
        self.range = range
    }

    /// The bytes, all of them where no range is named. Throws `.refused` where the object has no such bytes.
    func wanted() throws(StoreError) -> Range<UInt64> {
        let wanted = range ?? 0..<version.size
        guard wanted.upperBound <= version.size else {
            throw StoreError(
                .refused,
                "bytes \(wanted.lowerBound) to \(wanted.upperBound) are asked for, the object has \(version.size)",
                key: key)
        }
        return wanted
    }
}

/// What to store.
public struct WriteRequest: Hashable, Sendable {
    /// The whole key.
    public var key: ObjectKey
    /// What must hold at the target.
    public var condition: WriteCondition
    /// What travels in clear; the marker is among `metadata.user` under `havre` already.
    public var metadata: ObjectMetadata
    /// The source's last modification, nanoseconds since 1970 UTC; stores that can, date the object so.
    public var modified: Int64?

    /// Makes a request.
    public init(key: ObjectKey, condition: WriteCondition, metadata: ObjectMetadata, modified: Int64? = nil) {
        self.key = key
        self.condition = condition
        self.metadata = metadata
        self.modified = modified
    }
}

/// What must hold at the target for a write to happen.
public enum WriteCondition: Hashable, Sendable {
    /// Nothing is there (`If-None-Match: *`).
    case absent
    /// This is there (`If-Match`).
    case entityTag(String)
    /// No condition.
    case any
}

/// The bytes of a write. Touched on the reactor's thread only.
public struct WriteBody: @unchecked Sendable {
    /// Where they lie.
    public enum Storage {
        /// In memory that stays valid until the call returns.
        case memory(UnsafeRawBufferPointer)
        /// In an open file, from `offset`; read with `pread`.
        case file(descriptor: Int32, offset: Int64)
    }
    /// Where they lie.
    public let storage: Storage
    /// How many they are.
    public let count: Int
    /// Their checksums, as far as computed; the store sends the one of its trait.
    public let checksums: CiphertextChecksums

    /// Names bytes.
    public init(storage: Storage, count: Int, checksums: CiphertextChecksums) {
        self.storage = storage
        self.count = count
        self.checksums = checksums
    }
}

/// An upload that is open at the target.
public struct PendingUpload: Hashable, Sendable {
    /// The whole key.
    public var key: ObjectKey
    /// The upload's id.
    public var upload: String
    /// When it was begun, nanoseconds since 1970 UTC, where the store tells it.
    public var initiated: Int64?

    /// Makes an entry.
    public init(key: ObjectKey, upload: String, initiated: Int64?) {
        self.key = key
        self.upload = upload
        self.initiated = initiated
    }
}

/// Takes the bytes of a read, on the reactor's thread.
public protocol ByteSink: AnyObject {
    /// A read begins, or begins again: forget everything received.
    func restart()
    /// The next bytes, in order; valid during the call only. What it throws ends the read and comes back
    /// as a `StoreError` with code `.sink` and the error underlying.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}

/// What a store can do and is bound by: declared by the catalogue, corrected by a probe, never asked of
/// a provider's name.
public struct StoreTraits: Hashable, Sendable, Codable {
    /// The most parts of an upload.
    public var maxParts: Int
    /// Least size of a part but the last, bytes.
    public var minPartSize: UInt64
    /// The largest object that one write can store, bytes.
    public var maxSingleWrite: UInt64
    /// The check that the store is known to refuse when wrong, on whole writes.
    public var checksum: Checksum.Kind
    /// The same, on parts.
    public var partChecksum: Checksum.Kind
    /// Whether a create with `If-None-Match: *` over something is refused.
    public var conditionalCreate: Bool
    /// Whether an update with a stale `If-Match` is refused.
    public var conditionalUpdate: Bool
    /// Whether joining parts with `If-None-Match: *` over something is refused.
    public var conditionalComplete: Bool
    /// Whether a read with a stale `If-Match` is refused.
    public var conditionalRead: Bool
    /// Whether `listParts` lists.
    public var listsParts: Bool
    /// Whether `listUploads` lists.
    public var listsUploads: Bool
    /// Whether the ETag of a whole write is the MD5 of its bytes.
    public var entityTagIsMD5: Bool
    /// Hazards of keys that are known to arrive as they left.
    public var keeps: Set<KeyHazard>
    /// Hazards of keys that are known to be folded, refused or to collide.
    public var breaks: Set<KeyHazard>
    /// Whether content type, encoding, language, disposition and cache control are kept.
    public var keepsHeaders: Bool
    /// Whether user metadata are kept.
    public var keepsUserMetadata: Bool
    /// Whether tags are kept.
    public var keepsTags: Bool
    /// Whether these come from a probe of the very endpoint.
    public var probed: Bool

    /// Declares traits; the defaults are the least that an S3 server does.
    public init(
        maxParts: Int = 10_000, minPartSize: UInt64 = 5 << 20, maxSingleWrite: UInt64 = 5 << 30,
        checksum: Checksum.Kind = .contentMD5, partChecksum: Checksum.Kind = .contentMD5,
        conditionalCreate: Bool = false, conditionalUpdate: Bool = false, conditionalComplete: Bool = false,
        conditionalRead: Bool = false, listsParts: Bool = true, listsUploads: Bool = true,
        entityTagIsMD5: Bool = true, keeps: Set<KeyHazard> = [], breaks: Set<KeyHazard> = [],
        keepsHeaders: Bool = true, keepsUserMetadata: Bool = true, keepsTags: Bool = true, probed: Bool = false
    ) {
        self.maxParts = maxParts
        self.minPartSize = minPartSize
        self.maxSingleWrite = maxSingleWrite
        self.checksum = checksum
        self.partChecksum = partChecksum
        self.conditionalCreate = conditionalCreate
        self.conditionalUpdate = conditionalUpdate
        self.conditionalComplete = conditionalComplete
        self.conditionalRead = conditionalRead
        self.listsParts = listsParts
        self.listsUploads = listsUploads
        self.entityTagIsMD5 = entityTagIsMD5
        self.keeps = keeps
        self.breaks = breaks
        self.keepsHeaders = keepsHeaders
        self.keepsUserMetadata = keepsUserMetadata
        self.keepsTags = keepsTags
        self.probed = probed
    }
}
