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

    /// Objects of one transaction.
    private static let page = 128

    /// Prepares to delete in a dataset.
    public init(run: DatasetRun) { self.run = run }

    /// Takes what the diff names from what may still be deleted in this run. Throws where that is not enough;
    /// nothing has been deleted by then.
    public func take(from allowance: inout Int) async throws {
        let count = try await run.journal.diffSummary(dataset: run.dataset.name).reduce(0) {
            $0 + ($1.action == .delete ? $1.objects : 0)
        }
        guard count <= allowance else {
            throw EngineError(
                .state,
                "\(run.dataset.name): \(Counted.of(count, "object")) would be deleted, and maxDelete allows "
                    + "\(Counted.digits(allowance)) more in this run; nothing was deleted")
        }
        allowance -= count
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
            let rows = try await run.journal.diff(
                dataset: run.dataset.name, actions: [.delete], after: after, limit: Self.page)
            guard let last = rows.last else { break }
            after = last.key
            if run.drain.isRequested {
                report.stopped = .drained
                break
            }
            let intents = rows.compactMap { row in
                row.target.map { DeletionRow(key: row.key, tag: $0.entityTag, size: $0.size) }
            }
            try await run.journal.intendDeletions(dataset: run.dataset.name, intents)
            try await delete(intents, &report)
        }
        return report
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
        } else if run.drain.isRequested {
            report.stopped = .drained
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
            return .kept("it has changed at the target since it was listed")
        }
        guard try await head(run.source, run.sourceKey(row.key)) == nil else {
            return .kept("it is at the source again")
        }
        try await run.target.delete(key)
        return .deleted
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
