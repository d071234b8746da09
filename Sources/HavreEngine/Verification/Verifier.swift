public import HavreCrypto
import HavreJournal
import HavreModel
public import HavreStores
import Synchronization

/// Reads landed objects back and marks those that agree as verified.
public struct Verifier: Sendable {
    /// What is compared.
    public enum Against: Sendable {
        /// Ciphertext at the target, by its GMAC; no key is needed.
        case ciphertext
        /// Plaintext at the target, opened with these identities.
        case plaintext([AgeIdentity])
        /// Plaintext at the source, still in the version that was moved.
        case source
    }

    /// What was found.
    public struct Report: Sendable, Hashable {
        /// Objects that were read.
        public var checked = 0
        /// Bytes that were read.
        public var bytes: UInt64 = 0
        /// Objects that differ, with words; at most the first hundred.
        public var mismatches: [String] = []
        /// How many differ in all.
        public var mismatched = 0
        /// Objects that could not be read for another reason, with words; at most the first hundred.
        public var unread: [String] = []
        /// How many in all.
        public var unreadCount = 0
        /// Source objects that have changed since they were moved: no statement about them.
        public var changed = 0
        /// Whether a signal ended it early.
        public var drained = false

        /// Nothing yet.
        public init() {}
    }

    private let run: DatasetRun
    private let reactors: [Reactor]
    private let pacer: Pacer

    /// Prepares a verification.
    public init(run: DatasetRun, reactors: [Reactor], pacer: Pacer = Pacer(start: 8, ceiling: 64)) {
        self.run = run
        self.reactors = reactors
        self.pacer = pacer
    }

    private final class Tally: Sendable {
        let report = Mutex(Report())
    }

    /// Reads back every landed object (`share` 1) or about that share of them, chosen by a hash of run and key.
    /// With `pendingOnly`, objects that are verified already are left out.
    public func execute(
        _ against: Against, share: Double = 1, pendingOnly: Bool = false,
        progress: @escaping @Sendable (Report) -> Void = { _ in }
    ) async throws -> Report {
        let tally = Tally()
        let lanes = reactors.map {
            Lane(reactor: $0, budget: 1 << 20, digestKey: run.secrets.digest, checks: run.checks)
        }
        let batch = LandingBatch(journal: run.journal)
        try await withThrowingDiscardingTaskGroup { group in
            var after: Int64 = 0
            var next = 0
            // A sample of few objects reads one at least: a check of nothing is none.
            var spare: LandedRow?
            paging: while true {
                let rows = try await run.journal.landed(
                    dataset: run.dataset.name, includingVerified: !pendingOnly, after: after, limit: 256)
                guard let last = rows.last else { break }
                after = last.row
                for row in rows {
                    guard Self.isChosen(row, share: share) else {
                        if next == 0 && spare == nil { spare = row }
                        continue
                    }
                    await pacer.acquire()
                    if run.drain.isRequested {
                        pacer.release(bytes: 0)
                        tally.report.withLock { $0.drained = true }
                        break paging
                    }
                    let lane = lanes[next % lanes.count]
                    next += 1
                    group.addTask(executorPreference: lane.reactor) {
                        defer { pacer.release(bytes: row.landing.storedSize) }
                        try await check(row, against, lane, batch, tally)
                        progress(tally.report.withLock { $0 })
                    }
                }
            }
            if next == 0, let row = spare, !run.drain.isRequested {
                group.addTask(executorPreference: lanes[0].reactor) {
                    try await check(row, against, lanes[0], batch, tally)
                }
            }
        }
        try await batch.flush()
        return tally.report.withLock { $0 }
    }

    /// The same objects are chosen each time a run is verified at the same share.
    static func isChosen(_ row: LandedRow, share: Double) -> Bool {
        if share >= 1 { return true }
        let digest = HashFunction.sha256(Array(row.run.utf8) + row.key.bytes)
        let value = digest.prefix(6).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(value) < share * Double(UInt64(1) << 48)
    }

    private func check(
        _ row: LandedRow, _ against: Against, _ lane: Lane, _ batch: LandingBatch, _ tally: Tally
    ) async throws {
        let landing = row.landing
        let readBack = ReadBack(run: run, lane: lane)
        let there = SourceVersion(
            entityTag: landing.receipt.entityTag, size: landing.storedSize, versionID: landing.receipt.versionID)
        let how: String
        do {
            switch against {
            case .ciphertext:
                how = "ciphertext"
                try await readBack.tags(key: run.targetKey(row.key), version: there, parts: ReadBack.parts(of: landing))
            case .plaintext(let identities):
                how = "plaintext"
                try await readBack.plaintext(
                    of: run.target, key: run.targetKey(row.key), version: there,
                    opening: .age(landing.envelope == "none" ? [] : identities), landing: landing)
            case .source:
                how = "source"
                try await readBack.plaintext(
                    of: run.source, key: run.sourceKey(row.key), version: landing.version, opening: run.opening,
                    landing: landing)
            }
        } catch let mismatch as ReadBack.Mismatch {
            try await differs(row, mismatch.description, against, tally)
            return
        } catch let error as StoreError {
            if let refusal = error.underlying as? CryptoError {
                try await refuseWrongKey(refusal, row, against, readBack)
            }
            try await couldNotRead(row, error, against, tally)
            return
        } catch let error as CryptoError {
            try await refuseWrongKey(error, row, against, readBack)
            try await differs(row, "\(row.key): does not open: \(error)", against, tally)
            return
        }
        tally.report.withLock { report in
            report.checked += 1
            report.bytes += landing.storedSize
        }
        // The source alone proves nothing about the target.
        if case .source = against { return }
        try await batch.add(TransferChange(row: row.row, step: .verify(how: how)))
    }

    /// A key that does not open an object whose stored bytes are as they were sent is the wrong key: that says nothing
    /// against the object, and ends the verification.
    private func refuseWrongKey(
        _ error: CryptoError, _ row: LandedRow, _ against: Against, _ readBack: ReadBack
    ) async throws {
        guard error.code == .noMatch || error.code == .badKey else { return }
        if case .plaintext = against {
            let there = SourceVersion(
                entityTag: row.landing.receipt.entityTag, size: row.landing.storedSize,
                versionID: row.landing.receipt.versionID)
            do {
                try await readBack.tags(
                    key: run.targetKey(row.key), version: there, parts: ReadBack.parts(of: row.landing))
            } catch is ReadBack.Mismatch {
                return
            } catch let error as StoreError where error.code == .drifted || error.code == .notFound {
                return
            }
        }
        throw EngineError(
            .key, "\(row.key): the identity at hand does not open it, though it is as it was sent: \(error.message)")
    }

    private func couldNotRead(
        _ row: LandedRow, _ error: StoreError, _ against: Against, _ tally: Tally
    ) async throws {
        switch error.code {
        case .sink:
            try await differs(
                row, "\(row.key): does not open: \(error.underlying.map { String(describing: $0) } ?? "")", against,
                tally)
        case .drifted, .notFound:
            if case .source = against {
                tally.report.withLock { $0.changed += 1 }
            } else {
                try await differs(
                    row, "\(row.key): at the target is another object, or none: \(error.message)", against, tally)
            }
        default:
            tally.report.withLock { report in
                report.unreadCount += 1
                if report.unread.count < 100 { report.unread.append("\(row.key): \(error.message)") }
            }
        }
    }

    private func differs(_ row: LandedRow, _ words: String, _ against: Against, _ tally: Tally) async throws {
        tally.report.withLock { report in
            report.checked += 1
            report.mismatched += 1
            if report.mismatches.count < 100 { report.mismatches.append(words) }
        }
        // Against the source: what lies at the target was made from other bytes than this very version holds.
        var reason = words
        if case .source = against { reason = "against the source: " + words }
        let failure = TransferMachine.Failure(reason: reason, retryable: true, mismatch: true)
        try await run.journal.record([TransferChange(row: row.row, step: .fail(failure))])
    }
}
