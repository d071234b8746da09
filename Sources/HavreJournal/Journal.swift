public import HavreModel

/// The durable record of every step of one plan: inventory, diff, transfers, parts, events.
///
/// Every call that changes something is one transaction that holds the state change, its event and its
/// chain hash (invariant 5); when it returns, it is on the disk (`synchronous=FULL`). Calls of many tasks
/// at once are committed together. No call holds more than one page of rows in memory.
/// Secrets never enter: what must be kept secret arrives sealed.
public protocol Journal: Sendable {
    // MARK: Runs

    /// The run that is open, or nil.
    func openRun() async throws -> RunRecord?
    /// The newest run, open or finished.
    func latestRun() async throws -> RunRecord?
    /// Opens a run. `notes` goes into the first event, as JSON (plan hash, verdicts, rulebook).
    func beginRun(_ run: RunRecord, notes: JournalNote) async throws
    /// Closes the run with its outcome.
    func endRun(_ run: String, outcome: String, notes: JournalNote) async throws
    /// Records something that changes no transfer (a probe, a verdict, a checkpoint, a pause).
    func note(_ kind: String, dataset: String?, _ note: JournalNote) async throws

    // MARK: Inventory and diff

    /// Forgets one side's inventory of a dataset and starts anew.
    func beginInventory(dataset: String, side: InventorySide) async throws
    /// Adds entries; a key that comes twice replaces the former.
    func addInventory(dataset: String, side: InventorySide, _ rows: [InventoryRow]) async throws
    /// Ends one side's inventory.
    func endInventory(dataset: String, side: InventorySide) async throws
    /// Writes down where the dataset comes from and goes to, each as one line that names the place whole. What lands, what
    /// is unchanged and what is to be deleted is of these two until others are named.
    func locate(dataset: String, source: String, target: String) async throws
    /// Blocks every source object, with `reason`, beside which another key goes on with `/` at either side: a file
    /// cannot be a directory. To be called between both inventories and the diff, where the target needs it.
    func blockShadowed(dataset: String, reason: String) async throws
    /// Skips, with `reason`, every source object whose key is another's followed by `suffix`. Between inventory and diff.
    func skipCompanions(dataset: String, suffix: String, reason: String) async throws
    /// Joins both sides with what the journal holds and writes one diff row an object (SQL, not memory). With `prune`,
    /// what is at the target only and landed between these two places, unchanged since, is to be deleted.
    func computeDiff(dataset: String, envelope: String, onConflict: Dataset.Conflict, prune: Bool) async throws
    /// Counts and bytes by action and cause.
    func diffSummary(dataset: String) async throws -> [DiffCount]
    /// Rows of the diff in order of key, behind `after`; all actions where `actions` is empty.
    func diff(dataset: String, actions: Set<Diff.Action>, after: ObjectKey?, limit: Int) async throws -> [DiffRow]

    // MARK: Transfers

    /// Makes transfers of all creates and updates of the diff, marks the unchanged, and resets what failed.
    /// Returns the number of transfers that are now pending.
    func adoptDiff(dataset: String, run: String) async throws -> Int
    /// Claims up to `limit` pending or unfinished transfers for this process, oldest first. Among them may be failed
    /// and drifted ones whose upload must be aborted first (`owed`).
    /// Rows stay claimed until they land, fail or are blocked, or until another process takes the lease: a row that
    /// is reset while it is claimed stays in the hands of its claimer.
    func claim(dataset: String, limit: Int) async throws -> [TransferRow]
    /// One transfer as it stands, its parts included.
    func transfer(_ row: Int64) async throws -> TransferRow?
    /// Takes events of transfers, each checked by `TransferMachine`; committed before it returns.
    func record(_ changes: [TransferChange]) async throws
    /// Landed transfers (verified too where asked) in order of row, behind `after`; a page of many leaves is shorter
    /// than `limit`, an empty one is the end.
    func landed(dataset: String, includingVerified: Bool, after: Int64, limit: Int) async throws -> [LandedRow]
    /// Failed and drifted transfers in order of row; those that await another attempt in this run are not among them.
    func failed(dataset: String, after: Int64, limit: Int) async throws -> [TransferRow]

    /// Transfers whose target held something that is not ours at the moment of writing, in order of row; the reason
    /// is that of the machine's failure. What the diff blocked is in the diff.
    func blocked(dataset: String, after: Int64, limit: Int) async throws -> [TransferRow]

    /// Counters of a dataset, derived by SQL (invariant 8).
    func counts(dataset: String) async throws -> DatasetCounts
    /// Transfers of which an upload was intended whose id was never recorded: one may be open at the target.
    func intended(dataset: String) async throws -> [TransferRow]
    /// Names of all datasets that this journal knows, in order.
    func datasetNames() async throws -> [String]
    /// Whether this journal knows a run of that id, open or ended.
    func knows(run: String) async throws -> Bool
    /// Whether `run` has taken up transfers that are due or in somebody's hands, of whatever dataset.
    func isUnderWay(run: String) async throws -> Bool
    /// Where a dataset stands.
    func datasetState(_ dataset: String) async throws -> String
    /// Moves a dataset; checked by `DatasetMachine`.
    func setDatasetState(_ dataset: String, _ state: String, notes: JournalNote) async throws

    // MARK: Deletions and saved plans

    /// Writes down what will be deleted at the target, before it is.
    func intendDeletions(dataset: String, _ rows: [DeletionRow]) async throws
    /// What the diff names for deletion, with what tells the landed object from another, in order of key, behind `after`.
    func plannedDeletions(dataset: String, after: ObjectKey?, limit: Int) async throws -> [DeletionRow]
    /// How many objects of a dataset have landed and were not deleted.
    func landingCount(dataset: String) async throws -> LandingCount
    /// How many objects the open run has deleted, of whatever dataset.
    func deletedInOpenRun() async throws -> Int
    /// What was to be deleted at the dataset's target and of which nobody knows whether it was, in order of key.
    func owedDeletions(dataset: String, limit: Int) async throws -> [DeletionRow]
    /// Writes down how deletions ended; what was kept of a deleted object's landing goes with it.
    func settleDeletions(dataset: String, _ outcomes: [(DeletionRow, DeletionOutcome)]) async throws
    /// Writes down that `run` executes these datasets of the saved plan of that serial; once is enough.
    func recordApplication(of serial: String, datasets: [String], run: String) async throws

    // MARK: Record

    /// Events in order, behind `after`.
    func events(after: Int64, limit: Int) async throws -> [EventRow]
    /// Recomputes the chain. Throws `JournalError` naming the first event that does not follow.
    func checkChain() async throws -> ChainHead
    /// The head of the chain.
    func head() async throws -> ChainHead
}

extension Journal {
    /// The same, with nothing to be deleted.
    public func computeDiff(dataset: String, envelope: String, onConflict: Dataset.Conflict) async throws {
        try await computeDiff(dataset: dataset, envelope: envelope, onConflict: onConflict, prune: false)
    }
}

/// A JSON object as canonical UTF-8 bytes (keys sorted, no white space): what an event's hash covers.
public struct JournalNote: Hashable, Sendable {
    /// The bytes.
    public let json: [UInt8]
    /// Wraps canonical JSON.
    public init(json: [UInt8]) { self.json = json }
    /// `{}`
    public static let empty = JournalNote(json: Array("{}".utf8))
}

/// One run.
public struct RunRecord: Hashable, Sendable {
    /// 32 hex digits.
    public var id: String
    /// SHA-256 of the plan file, hex.
    public var planHash: String
    /// Nanoseconds since 1970 UTC.
    public var began: Int64
    /// Set when it ended.
    public var ended: Int64?
    /// `complete`, `failures`, ...; nil while open.
    public var outcome: String?

    /// Makes a record.
    public init(id: String, planHash: String, began: Int64, ended: Int64? = nil, outcome: String? = nil) {
        self.id = id
        self.planHash = planHash
        self.began = began
        self.ended = ended
        self.outcome = outcome
    }
}

/// The two sides of a dataset.
public enum InventorySide: String, Sendable, Hashable {
    case source, target
}

/// One object of an inventory, its key behind the location's prefix.
public struct InventoryRow: Hashable, Sendable {
    /// The key behind the prefix.
    public var key: ObjectKey
    /// What the listing says.
    public var version: SourceVersion
    /// Why the object is filtered or blocked before any comparison; nil where it is not.
    public var exclusion: Exclusion?

    /// Why an object is not moved.
    public enum Exclusion: Hashable, Sendable {
        /// A filter of the plan.
        case skipped(String)
        /// The target would fold, refuse or make it collide.
        case blocked(String)
    }

    /// Makes a row.
    public init(key: ObjectKey, version: SourceVersion, exclusion: Exclusion? = nil) {
        self.key = key
        self.version = version
        self.exclusion = exclusion
    }
}

/// Number and bytes of the diff's rows with one action and one cause.
public struct DiffCount: Hashable, Sendable {
    /// The action.
    public var action: Diff.Action
    /// Why, in words; empty for creates.
    public var cause: String
    /// Objects.
    public var objects: Int
    /// Bytes at the source (at the target for extraneous ones).
    public var bytes: UInt64

    /// Makes a count.
    public init(action: Diff.Action, cause: String, objects: Int, bytes: UInt64) {
        self.action = action
        self.cause = cause
        self.objects = objects
        self.bytes = bytes
    }
}

/// One object of the diff.
public struct DiffRow: Hashable, Sendable {
    /// The key behind the prefix.
    public var key: ObjectKey
    /// What would be done.
    public var action: Diff.Action
    /// Why.
    public var cause: String
    /// The version at the source; nil for extraneous ones.
    public var source: SourceVersion?
    /// The version at the target, where there is one.
    public var target: SourceVersion?

    /// Makes a row.
    public init(
        key: ObjectKey, action: Diff.Action, cause: String, source: SourceVersion?, target: SourceVersion?
    ) {
        self.key = key
        self.action = action
        self.cause = cause
        self.source = source
        self.target = target
    }
}

/// One transfer as the journal holds it.
public struct TransferRow: Hashable, Sendable {
    /// The row.
    public var row: Int64
    /// The dataset.
    public var dataset: String
    /// The key behind the prefix.
    public var key: ObjectKey
    /// The state.
    public var machine: TransferMachine
    /// The version that the inventory saw: what a fresh transfer pins.
    public var listed: SourceVersion
    /// The ETag of the target object that an update replaces; nil for a create.
    public var replaces: String?
    /// Whether an earlier process had claimed it: its one PUT may have happened unrecorded.
    public var attemptedBefore: Bool
    /// How often it was begun.
    public var attempts: Int
    /// What a transfer of several parts has written down; nil before it is pinned.
    public var pinned: PinnedRecord?
    /// When the upload was intended, nanoseconds since 1970 UTC.
    public var uploadIntendedAt: Int64?
    /// The parts with a committed digest or a receipt.
    public var parts: [PartRow]

    /// Makes a row.
    public init(
        row: Int64, dataset: String, key: ObjectKey, machine: TransferMachine, listed: SourceVersion,
        replaces: String? = nil, attemptedBefore: Bool = false, attempts: Int = 0, pinned: PinnedRecord? = nil,
        uploadIntendedAt: Int64? = nil, parts: [PartRow] = []
    ) {
        self.row = row
        self.dataset = dataset
        self.key = key
        self.machine = machine
        self.listed = listed
        self.replaces = replaces
        self.attemptedBefore = attemptedBefore
        self.attempts = attempts
        self.pinned = pinned
        self.uploadIntendedAt = uploadIntendedAt
        self.parts = parts
    }
}

/// What must be journalled before a transfer of several parts reads its first byte (invariant 3).
public struct PinnedRecord: Hashable, Sendable {
    /// Everything before the first chunk at the target: header and nonce; empty where nothing is sealed.
    public var header: [UInt8]
    /// The file key sealed under the resume key; empty where nothing is sealed. Erased when the object lands.
    public var sealedFileKey: [UInt8]
    /// Metadata that will go into the manifest, sealed under the resume key; empty where there are none.
    public var sealedMetadata: [UInt8]

    /// Makes a record.
    public init(header: [UInt8], sealedFileKey: [UInt8], sealedMetadata: [UInt8]) {
        self.header = header
        self.sealedFileKey = sealedFileKey
        self.sealedMetadata = sealedMetadata
    }
}

/// Everything that is kept of an object that landed.
public struct Landing: Hashable, Sendable {
    /// The source version that was moved.
    public var version: SourceVersion
    /// Bytes of plaintext.
    public var plainSize: UInt64
    /// Bytes at the target.
    public var storedSize: UInt64
    /// `sha256` or `merkle8m`.
    public var digestKind: String
    /// HMAC of the plaintext digest under the digest key, 32 bytes.
    public var keyedRoot: [UInt8]
    /// HMACs of the leaves, 32 bytes each, joined; empty for one leaf.
    public var keyedLeaves: [UInt8]
    /// Bytes on the wire of every part but the last; `storedSize` where there is one part.
    public var storedPartSize: UInt64
    /// Nonce ‖ GMAC tag of every part, 28 bytes each, joined.
    public var tags: [UInt8]
    /// Checksums of the whole ciphertext.
    public var checksums: CiphertextChecksums
    /// What the target said.
    public var receipt: WriteReceipt
    /// `none` or `age:` and the recipients.
    public var envelope: String
    /// Metadata for the manifest, sealed under the resume key; empty where there are none.
    public var sealedMetadata: [UInt8]
    /// What could not be carried over, in words; empty where nothing was lost.
    public var unmapped: String
    /// `asserted`, or the source's own digest that was checked.
    public var provenance: String

    /// Makes a landing.
    public init(
        version: SourceVersion, plainSize: UInt64, storedSize: UInt64, digestKind: String, keyedRoot: [UInt8],
        keyedLeaves: [UInt8], storedPartSize: UInt64, tags: [UInt8], checksums: CiphertextChecksums,
        receipt: WriteReceipt, envelope: String, sealedMetadata: [UInt8], unmapped: String, provenance: String
    ) {
        self.version = version
        self.plainSize = plainSize
        self.storedSize = storedSize
        self.digestKind = digestKind
        self.keyedRoot = keyedRoot
        self.keyedLeaves = keyedLeaves
        self.storedPartSize = storedPartSize
        self.tags = tags
        self.checksums = checksums
        self.receipt = receipt
        self.envelope = envelope
        self.sealedMetadata = sealedMetadata
        self.unmapped = unmapped
        self.provenance = provenance
    }
}

/// A landed object.
public struct LandedRow: Hashable, Sendable {
    /// The transfer's row.
    public var row: Int64
    /// The run in which it landed.
    public var run: String
    /// The key behind the prefix.
    public var key: ObjectKey
    /// Whether a read-back agreed.
    public var verified: Bool
    /// What is kept of it.
    public var landing: Landing

    /// Makes a row.
    public init(row: Int64, run: String, key: ObjectKey, verified: Bool, landing: Landing) {
        self.row = row
        self.run = run
        self.key = key
        self.verified = verified
        self.landing = landing
    }
}

/// Counters over one dataset's source objects; all derived.
/// total = unchanged + landed + failed + skipped + blocked + open, and open is 0 when a run is complete.
public struct DatasetCounts: Hashable, Sendable, Codable {
    /// Objects at the source.
    public var total = 0
    /// Were there before this run.
    public var unchanged = 0
    /// Landed in this run, verified included.
    public var landed = 0
    /// Of these, read back and found right.
    public var verified = 0
    /// Failed, drifted included.
    public var failed = 0
    /// Filtered by the plan.
    public var skipped = 0
    /// Blocked.
    public var blocked = 0
    /// Pending or under way.
    public var open = 0
    /// Bytes of the landed ones at the source.
    public var landedBytes: UInt64 = 0
    /// Bytes of landed, open and failed ones.
    public var plannedBytes: UInt64 = 0
    /// Bytes of parts received of those under way.
    public var partBytes: UInt64 = 0
    /// Objects at the target only that this run deleted; no source objects, so no part of `total`.
    public var deleted = 0
    /// Bytes of these at the target.
    public var deletedBytes: UInt64 = 0

    /// Nothing.
    public init() {}
}

/// One event of the journal.
public struct EventRow: Hashable, Sendable {
    /// Its number, from 1.
    public var sequence: Int64
    /// When, nanoseconds since 1970 UTC.
    public var at: Int64
    /// What kind.
    public var kind: String
    /// Its stored bytes, canonical JSON; the hash covers these.
    public var body: [UInt8]
    /// SHA-256(previous hash ‖ body), 32 bytes.
    public var hash: [UInt8]

    /// Makes a row.
    public init(sequence: Int64, at: Int64, kind: String, body: [UInt8], hash: [UInt8]) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.body = body
        self.hash = hash
    }
}

/// The head of the chain.
public struct ChainHead: Hashable, Sendable {
    /// Number of events.
    public var size: Int64
    /// The last hash, 32 bytes; zeroes for an empty chain.
    public var hash: [UInt8]

    /// Makes a head.
    public init(size: Int64, hash: [UInt8]) {
        self.size = size
        self.hash = hash
    }
}

/// What a journal could not do.
public struct JournalError: Error, Sendable, CustomStringConvertible {
    /// What to do about it follows from the code.
    public enum Code: String, Sendable {
        /// Another run holds it (exit 11).
        case locked
        /// It is damaged, truncated or edited.
        case damaged
        /// A newer Havre wrote it.
        case tooNew
        /// The disk is full or gives errors.
        case disk
        /// A transition that the machine refuses.
        case illegal
        /// The lease was taken over by another process.
        case fenced
    }
    /// What to do about it.
    public var code: Code
    /// What was found, where, and what to do.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}
