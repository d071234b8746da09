import HavreCrypto
import HavreJournal
import HavreModel
import HavreStores

/// Deletes at the target what landed from here, is unchanged since, and is no longer at the source.
///
/// Each object is written down before it is deleted and again afterwards. No store that we speak to deletes under a
/// condition, so HEAD comes first at both sides, and whatever is not exactly what the diff saw is kept.
public struct Pruner: Sendable {
    /// What was done.
    public struct Report: Sendable, Hashable {
        /// Objects that were deleted.
        public var deleted = 0
        /// Objects that were kept because something had moved meanwhile, with why; at most the first hundred.
        public var kept: [String] = []
        /// How many in all.
        public var keptCount = 0
        /// Why it stopped before the end; nil where it did not.
        public var stopped: Worker.Outcome.Stop?

        /// Nothing yet.
        public init() {}
    }

    private let run: DatasetRun

    /// Why an object is kept: another version stands at the target.
    public static let changed = "it has changed at the target since it was listed"
    /// Why an object is kept: it is another one of the same bytes.
    public static let stranger = "it is not the very object that landed: another of the same bytes stands there"
    /// Why an object is kept: it is no longer gone from the source.
    public static let back = "it is at the source again"

    /// Objects of one transaction.
    private static let page = 128

    /// Prepares to delete in a dataset.
    public init(run: DatasetRun) { self.run = run }

    /// Throws where the source cannot be believed, or where the diff names more than may still be deleted in this run;
    /// nothing has been deleted by then.
    public func refuse(_ limits: PruneGuard) async throws {
        let name = [run.dataset.name]
        if let words = try await limits.doubt(name, run.journal) { throw EngineError(.state, words.english) }
        if let words = try await limits.excess(name, run.journal) {
            throw EngineError(.state, "\(name[0]): \(words.english)")
        }
    }

    /// What an earlier process was about to delete when it ended: gone is deleted; what is still there was not, and
    /// is deleted only if the diff names it again.
    public func settleOwed() async throws {
        while true {
            let owed = try await run.journal.owedDeletions(dataset: run.dataset.name, limit: Self.page)
            if owed.isEmpty { return }
            var outcomes: [(DeletionRow, DeletionOutcome)] = []
            for row in owed {
                let there = try await head(run.target, run.targetKey(row.key))
                outcomes.append((row, there == nil ? .deleted : .kept("interrupted before it was deleted")))
            }
            try await run.journal.settleDeletions(dataset: run.dataset.name, outcomes)
        }
    }

    /// Deletes what the diff names.
    public func execute() async throws -> Report {
        var report = Report()
        var after: ObjectKey?
        while report.stopped == nil {
            let rows = try await run.journal.plannedDeletions(
                dataset: run.dataset.name, after: after, limit: Self.page)
            guard let last = rows.last else { break }
            after = last.key
            report.stopped = await stop
            if report.stopped != nil { break }
            try await run.journal.intendDeletions(dataset: run.dataset.name, rows)
            try await delete(rows, &report)
        }
        return report
    }

    /// Why nothing more may be deleted: what the verdicts say, once an answer that is awaited is in, before a mere wish
    /// to stop, which it may have been.
    private var stop: Worker.Outcome.Stop? {
        get async {
            if let halted = await run.watch?.stop(of: run.dataset.name) { return halted }
            return run.drain.isRequested ? .drained : nil
        }
    }

    /// How one object's turn ended.
    private enum Turn: Sendable {
        case settled(Int, DeletionOutcome)
        case fault(StoreError)
    }

    private func delete(_ rows: [DeletionRow], _ report: inout Report) async throws {
        var outcomes: [(DeletionRow, DeletionOutcome)] = []
        var fault: StoreError?
        await withTaskGroup(of: Turn.self) { group in
            func take(_ turn: Turn) {
                switch turn {
                case .settled(let index, let outcome): outcomes.append((rows[index], outcome))
                case .fault(let error): fault = fault ?? error
                }
            }
            for (index, row) in rows.enumerated() {
                // Eight at one time.
                if index >= 8, let turn = await group.next() { take(turn) }
                await run.watch?.settled()
                if run.drain.isRequested || fault != nil { break }
                group.addTask { await turn(index, row) }
            }
            for await turn in group { take(turn) }
        }
        for case (let row, .kept(let reason)) in outcomes {
            report.keptCount += 1
            if report.kept.count < 100 { report.kept.append("\(row.key): \(reason)") }
        }
        report.deleted += outcomes.count { $0.1 == .deleted }
        // What was neither deleted nor kept stays owed.
        try await run.journal.settleDeletions(dataset: run.dataset.name, outcomes)
        if let fault {
            report.stopped = fault.isOfCredentials ? .denied(fault.description) : .faults(fault.description)
        } else {
            report.stopped = await stop
        }
    }

    private func turn(_ index: Int, _ row: DeletionRow) async -> Turn {
        do throws(StoreError) {
            return .settled(index, try await delete(row))
        } catch {
            return .fault(error)
        }
    }

    private func delete(_ row: DeletionRow) async throws(StoreError) -> DeletionOutcome {
        let key = run.targetKey(row.key)
        guard let there = try await head(run.target, key) else { return .deleted }
        guard there.version.entityTag == row.tag, there.version.size == row.size else {
            return .kept(Self.changed)
        }
        if let mark = row.mark, !isMarked(there, mark) {
            return .kept(Self.stranger)
        }
        guard try await head(run.source, run.sourceKey(row.key)) == nil else {
            return .kept(Self.back)
        }
        try await run.target.delete(key)
        return .deleted
    }

    /// Whether what stands there bears the mark of our own landing, as far as the target keeps any.
    private func isMarked(_ there: ObjectHead, _ mark: DeletionRow.Mark) -> Bool {
        if let landed = mark.versionID, let now = there.version.versionID, landed != now { return false }
        guard run.target.traits.keepsUserMetadata else { return true }
        guard let marker = there.marker, marker.run == mark.run else { return false }
        return mark.row == nil || marker.row == mark.row
    }

    private func head(_ store: any ObjectStore, _ key: ObjectKey) async throws(StoreError) -> ObjectHead? {
        do throws(StoreError) {
            return try await store.head(key, versionID: nil, withTags: false)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }
}
