import HavreJournal
import HavreModel
import HavreStores
import Synchronization

/// Counts the calls of one process's life and ends it at one of them.
final class Fate: Sendable {
    /// Whom a call reaches.
    enum Deck: String, Hashable, Sendable, CaseIterable {
        case source, target, journal
    }

    /// A call by name, so that it is the same one in every run whatever the order in which tasks get their turn.
    struct Call: Hashable, Sendable, CustomStringConvertible {
        let deck: Deck
        /// What is asked, of what.
        let name: String
        /// The how-manieth of that name, from 0.
        let ordinal: Int
        var description: String { "\(deck) \(name) #\(ordinal)" }
    }

    /// How a life ends.
    struct Death: Hashable, Sendable, CustomStringConvertible {
        enum Moment: String, Hashable, Sendable, CaseIterable {
            /// The request never leaves.
            case before
            /// It is carried out, and its answer is lost.
            case behind
            /// It is carried out, and its answer is not what the protocol says: no reason to try again.
            case garbled
        }
        enum Extent: String, Hashable, Sendable, CaseIterable {
            /// Of the process: nothing reaches anybody any more, and no answer that is under way arrives.
            case process
            /// Of the deck alone: the process lives on without it and writes down what it can. A journal that is
            /// dead can still be read, like one on a full disk.
            case deck
            /// Of this one call: all others before and behind it go well.
            case call
        }
        let call: Call
        let moment: Moment
        let extent: Extent
        var description: String { "end of the \(extent), \(moment) \(call)" }

        /// Every end that a call can be.
        static func all(of call: Call) -> [Death] {
            let ends = Extent.allCases.flatMap { extent in Moment.allCases.map { ($0, extent) } }
            // To whom nobody listens any more, garbled is the same as lost; a journal is never garbled.
            return ends.filter { $0 != .garbled || $1 == .call && call.deck != .journal }
                .map { Death(call: call, moment: $0, extent: $1) }
        }
    }

    private struct State {
        var calls: [Call] = []
        var counts: [String: Int] = [:]
        var hasEnded = false
    }
    private let state = Mutex(State())
    private let death: Death?
    private let number: Int?

    /// A life that ends as `death` says; without it, nothing happens to anybody.
    init(_ death: Death? = nil) {
        self.death = death
        number = nil
    }

    /// A life of a process that ends before the call of this number, from 0, whichever it is.
    init(number: Int) {
        death = nil
        self.number = number
    }

    /// All calls so far that got through.
    var calls: [Call] { state.withLock { $0.calls } }
    /// Whether the end has come, of whatever it takes along.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Whether the end takes `deck` along.
    private func takes(_ deck: Deck) -> Bool {
        guard let death else { return true }
        return switch death.extent {
        case .process: true
        case .deck: deck == death.call.deck
        case .call: false
        }
    }

    /// Whether the call goes out; nil where it does not, true where it is the last.
    private func begin(_ deck: Deck, _ name: String) -> Bool? {
        state.withLock { state in
            if state.hasEnded && takes(deck) { return nil }
            let ordinal = state.counts[deck.rawValue + name, default: 0]
            let call = Call(deck: deck, name: name, ordinal: ordinal)
            let isLast = call == death?.call
            if isLast && death?.moment == .before || state.calls.count == number {
                state.hasEnded = true
                return nil
            }
            state.counts[deck.rawValue + name] = ordinal + 1
            state.calls.append(call)
            return isLast
        }
    }

    /// Whether the answer arrives.
    private func end(_ deck: Deck, isLast: Bool) -> Bool {
        state.withLock { state in
            if isLast { state.hasEnded = true }
            return !(isLast || state.hasEnded && takes(deck))
        }
    }

    /// Makes a call of a store, as far as fate lets it.
    func pass<Value>(
        _ deck: Deck, _ name: String, _ key: ObjectKey, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        guard let isLast = begin(deck, name) else {
            throw StoreError(.temporary, "the \(deck) cannot be reached (injected)", key: key)
        }
        let lost = StoreError(
            isLast && death?.moment == .garbled ? .protocolViolation : .ambiguous, "the answer was lost (injected)",
            key: key)
        let value: Value
        do throws(StoreError) {
            value = try await body()
        } catch {
            throw end(deck, isLast: isLast) ? error : lost
        }
        guard end(deck, isLast: isLast) else { throw lost }
        return value
    }

    /// Writes into the journal, as far as fate lets it.
    func write<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        let full = JournalError(.disk, "the journal cannot be written (injected)")
        guard let isLast = begin(.journal, name) else { throw full }
        let value: Value
        do {
            value = try await body()
        } catch {
            throw end(.journal, isLast: isLast) ? error : full
        }
        guard end(.journal, isLast: isLast) else { throw full }
        return value
    }

    /// Reads the journal: only the death of a process ends that.
    func read<Value>(_ body: () async throws -> Value) async throws -> Value {
        if hasEnded && (death == nil || death?.extent == .process) {
            throw JournalError(.disk, "the journal cannot be read (injected)")
        }
        return try await body()
    }
}

/// A store within somebody's fate.
struct FatedStore: ObjectStore {
    let base: any ObjectStore
    let deck: Fate.Deck
    let fate: Fate
    /// The version that every object is said to have; nil says none.
    var version: String?

    var traits: StoreTraits { base.traits }

    private func pass<Value>(
        _ what: String, _ key: ObjectKey, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        // Runs have other numbers each time.
        let name = key.description.replacing(#/\.havre/[0-9a-f]{32}//#, with: ".havre/RUN/")
        return try await fate.pass(deck, "\(what) \(name)", key, body)
    }

    func listing(prefix: ObjectKey) -> any ObjectListing {
        FatedListing(base: base.listing(prefix: prefix), prefix: prefix, deck: deck, fate: fate)
    }

    func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        try await pass("head", key) { () async throws(StoreError) in
            var head = try await base.head(
                key, versionID: version == nil ? versionID : nil, withTags: withTags)
            if let version { head.version.versionID = version }
            return head
        }
    }

    func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        let range = request.range.map { "read \($0)" } ?? "read"
        return try await pass(range, request.key) { () async throws(StoreError) in
            try await base.read(request, on: reactor, into: sink)
        }
    }

    func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    {
        try await pass("write", request.key) { () async throws(StoreError) in
            var receipt = try await base.write(request, body: body, on: reactor)
            if let version { receipt.versionID = version }
            return receipt
        }
    }

    func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        try await createUpload(key, metadata: metadata, modified: nil)
    }

    func createUpload(_ key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) async throws(StoreError)
        -> String
    {
        try await pass("create upload", key) { () async throws(StoreError) in
            try await base.createUpload(key, metadata: metadata, modified: modified)
        }
    }

    func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt {
        try await pass("write part \(index)", key) { () async throws(StoreError) in
            try await base.writePart(index, of: upload, key: key, body: body, on: reactor)
        }
    }

    func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await pass("complete upload", key) { () async throws(StoreError) in
            try await base.completeUpload(upload, key: key, parts: parts, checksum: checksum, condition: condition)
        }
    }

    func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) {
        try await pass("abort upload", key) { () async throws(StoreError) in
            try await base.abortUpload(upload, key: key)
        }
    }

    func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        try await pass("list parts", key) { () async throws(StoreError) in
            try await base.listParts(of: upload, key: key)
        }
    }

    func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] {
        try await pass("list uploads", prefix) { () async throws(StoreError) in
            try await base.listUploads(prefix: prefix)
        }
    }

    func delete(_ key: ObjectKey) async throws(StoreError) {
        try await pass("delete", key) { () async throws(StoreError) in try await base.delete(key) }
    }
}

private final class FatedListing: ObjectListing {
    private let base: any ObjectListing
    private let prefix: ObjectKey
    private let deck: Fate.Deck
    private let fate: Fate

    init(base: any ObjectListing, prefix: ObjectKey, deck: Fate.Deck, fate: Fate) {
        self.base = base
        self.prefix = prefix
        self.deck = deck
        self.fate = fate
    }

    func next() async throws(StoreError) -> [ObjectEntry]? {
        try await fate.pass(deck, "list \(prefix)", prefix) { () async throws(StoreError) in try await base.next() }
    }
}

/// A journal within somebody's fate: what writes is a call, what reads is not counted.
struct FatedJournal: Journal {
    let base: any Journal
    let fate: Fate

    func openRun() async throws -> RunRecord? { try await fate.read { try await base.openRun() } }
    func latestRun() async throws -> RunRecord? { try await fate.read { try await base.latestRun() } }

    func beginRun(_ run: RunRecord, notes: JournalNote) async throws {
        try await fate.write("begin run") { try await base.beginRun(run, notes: notes) }
    }

    func endRun(_ run: String, outcome: String, notes: JournalNote) async throws {
        try await fate.write("end run") { try await base.endRun(run, outcome: outcome, notes: notes) }
    }

    func note(_ kind: String, dataset: String?, _ note: JournalNote) async throws {
        try await fate.write("note \(kind)") { try await base.note(kind, dataset: dataset, note) }
    }

    func beginInventory(dataset: String, side: InventorySide) async throws {
        try await fate.write("begin \(side) of \(dataset)") {
            try await base.beginInventory(dataset: dataset, side: side)
        }
    }

    func addInventory(dataset: String, side: InventorySide, _ rows: [InventoryRow]) async throws {
        try await fate.write("add \(side) of \(dataset)") {
            try await base.addInventory(dataset: dataset, side: side, rows)
        }
    }

    func endInventory(dataset: String, side: InventorySide) async throws {
        try await fate.write("end \(side) of \(dataset)") { try await base.endInventory(dataset: dataset, side: side) }
    }

    func skipCompanions(dataset: String, suffix: String, reason: String) async throws {
        try await fate.write("skip companions of \(dataset)") {
            try await base.skipCompanions(dataset: dataset, suffix: suffix, reason: reason)
        }
    }

    func blockShadowed(dataset: String, reason: String) async throws {
        try await fate.write("block shadowed of \(dataset)") {
            try await base.blockShadowed(dataset: dataset, reason: reason)
        }
    }

    func computeDiff(
        dataset: String, envelope: String, onConflict: Dataset.Conflict, prune: Bool
    ) async throws {
        try await fate.write("diff of \(dataset)") {
            try await base.computeDiff(dataset: dataset, envelope: envelope, onConflict: onConflict, prune: prune)
        }
    }

    func locate(dataset: String, source: String, target: String) async throws {
        try await fate.write("place of \(dataset)") {
            try await base.locate(dataset: dataset, source: source, target: target)
        }
    }

    func plannedDeletions(dataset: String, after: ObjectKey?, limit: Int) async throws -> [DeletionRow] {
        try await fate.read { try await base.plannedDeletions(dataset: dataset, after: after, limit: limit) }
    }

    func landingCount(dataset: String) async throws -> LandingCount {
        try await fate.read { try await base.landingCount(dataset: dataset) }
    }

    func deletedInOpenRun() async throws -> Int { try await fate.read { try await base.deletedInOpenRun() } }

    func intendDeletions(dataset: String, _ rows: [DeletionRow]) async throws {
        try await fate.write("intent to delete in \(dataset)") {
            try await base.intendDeletions(dataset: dataset, rows)
        }
    }

    func owedDeletions(dataset: String, limit: Int) async throws -> [DeletionRow] {
        try await fate.read { try await base.owedDeletions(dataset: dataset, limit: limit) }
    }

    func settleDeletions(dataset: String, _ outcomes: [(DeletionRow, DeletionOutcome)]) async throws {
        try await fate.write("receipt of deletions in \(dataset)") {
            try await base.settleDeletions(dataset: dataset, outcomes)
        }
    }

    func recordApplication(of serial: String, datasets: [String], run: String) async throws {
        try await fate.write("application") {
            try await base.recordApplication(of: serial, datasets: datasets, run: run)
        }
    }

    func diffSummary(dataset: String) async throws -> [DiffCount] {
        try await fate.read { try await base.diffSummary(dataset: dataset) }
    }

    func diff(dataset: String, actions: Set<Diff.Action>, after: ObjectKey?, limit: Int) async throws -> [DiffRow] {
        try await fate.read { try await base.diff(dataset: dataset, actions: actions, after: after, limit: limit) }
    }

    func adoptDiff(dataset: String, run: String) async throws -> Int {
        try await fate.write("adopt diff of \(dataset)") { try await base.adoptDiff(dataset: dataset, run: run) }
    }

    func claim(dataset: String, limit: Int) async throws -> [TransferRow] {
        try await fate.write("claim \(dataset)") { try await base.claim(dataset: dataset, limit: limit) }
    }

    func transfer(_ row: Int64) async throws -> TransferRow? {
        try await fate.read { try await base.transfer(row) }
    }

    func record(_ changes: [TransferChange]) async throws {
        let step = changes.first.map { Self.name($0) } ?? "nothing"
        try await fate.write("record \(step)") { try await base.record(changes) }
    }

    /// Landings and verifications share writes by chance: only of the others is it known whose they are.
    private static func name(_ change: TransferChange) -> String {
        switch change.step {
        case .pin: "pin of row \(change.row)"
        case .intendUpload: "intent of row \(change.row)"
        case .open: "upload of row \(change.row)"
        case .lose: "loss of row \(change.row)"
        case .commit(let part): "digest of part \(part.index) of row \(change.row)"
        case .receive(let part): "receipt of part \(part.index) of row \(change.row)"
        case .complete: "joining of row \(change.row)"
        case .land: "landing"
        case .verify: "verification"
        case .fail: "failure of row \(change.row)"
        case .drift: "drift of row \(change.row)"
        case .reset: "reset of row \(change.row)"
        case .block: "block of row \(change.row)"
        }
    }

    func landed(dataset: String, includingVerified: Bool, after: Int64, limit: Int) async throws -> [LandedRow] {
        try await fate.read {
            try await base.landed(dataset: dataset, includingVerified: includingVerified, after: after, limit: limit)
        }
    }

    func failed(dataset: String, after: Int64, limit: Int) async throws -> [TransferRow] {
        try await fate.read { try await base.failed(dataset: dataset, after: after, limit: limit) }
    }

    func blocked(dataset: String, after: Int64, limit: Int) async throws -> [TransferRow] {
        try await fate.read { try await base.blocked(dataset: dataset, after: after, limit: limit) }
    }

    func intended(dataset: String) async throws -> [TransferRow] {
        try await fate.read { try await base.intended(dataset: dataset) }
    }

    func datasetNames() async throws -> [String] { try await fate.read { try await base.datasetNames() } }
    func knows(run: String) async throws -> Bool { try await fate.read { try await base.knows(run: run) } }
    func isUnderWay(run: String) async throws -> Bool { try await fate.read { try await base.isUnderWay(run: run) } }

    func counts(dataset: String) async throws -> DatasetCounts {
        try await fate.read { try await base.counts(dataset: dataset) }
    }

    func datasetState(_ dataset: String) async throws -> String {
        try await fate.read { try await base.datasetState(dataset) }
    }

    func setDatasetState(_ dataset: String, _ state: String, notes: JournalNote) async throws {
        try await fate.write("\(dataset) is \(state)") {
            try await base.setDatasetState(dataset, state, notes: notes)
        }
    }

    func events(after: Int64, limit: Int) async throws -> [EventRow] {
        try await fate.read { try await base.events(after: after, limit: limit) }
    }

    func checkChain() async throws -> ChainHead { try await fate.read { try await base.checkChain() } }
    func head() async throws -> ChainHead { try await fate.read { try await base.head() } }
}
