import HavreCrypto
import HavreJournal
import HavreModel
public import HavreStores
import Synchronization

/// Executes one dataset: claims rows, moves them over the lanes, ends with what the journal then says.
public struct Worker: Sendable {
    /// How a dataset's execution ended.
    public struct Outcome: Sendable, Hashable {
        /// Objects that failed in this run of the worker.
        public var failed = 0
        /// Those of them that failed because credentials were refused.
        public var denied = 0
        /// Objects left under way by a fault that may pass.
        public var interrupted = 0
        /// The first words of either, for the report.
        public var firstReason: String?
        /// Why it stopped before the end; nil where it did not.
        public var stopped: Stop?

        /// Reasons to stop early.
        public enum Stop: Sendable, Hashable {
            /// A signal.
            case drained
            /// More failures than `maxFailures`.
            case tooManyFailures
            /// Credentials refuse.
            case denied(String)
            /// Fault after fault.
            case faults(String)
            /// These rules block the dataset since the run began.
            case blockedByPolicy([String])
            /// A connection is not the one that the plan was judged for.
            case refusedByPolicy(String)
            /// Whether the verdicts still stand could not be found out.
            case unjudged(String)
        }
    }

    private let run: DatasetRun
    private let lanes: [Lane]
    private let pacer: Pacer
    private let bandwidth: BandwidthLimit?
    private let maxFailures: Int?
    private let flow: Flow

    /// Part memory over all lanes, bytes.
    private static let memory = 64 << 20
    /// Objects of several parts that are open at one time: one large object fills the lanes by itself.
    private static let openUploads = 4
    /// Refusals or faults in a row after which going on is pointless.
    private static let patience = 24

    /// Prepares a worker over `reactors`.
    public init(
        run: DatasetRun, reactors: [Reactor], pacer: Pacer, bandwidth: BandwidthLimit?, maxFailures: Int?, flow: Flow
    ) {
        self.run = run
        self.pacer = pacer
        self.bandwidth = bandwidth
        self.maxFailures = maxFailures
        self.flow = flow
        lanes = reactors.map {
            Lane(
                reactor: $0, budget: Self.memory / max(1, reactors.count), digestKey: run.secrets.digest,
                checks: run.checks)
        }
    }

    private struct Counts {
        var outcome = Outcome()
        var deniedInRow = 0
        var faultsInRow = 0
        /// What a connection was refused for.
        var refusal: String?
    }

    /// What happened so far, shared by the tasks.
    private final class Tally: Sendable {
        let counts = Mutex(Counts())
    }

    /// Moves everything that is pending or under way. Throws only what ends the run (a journal that cannot write).
    public func execute() async throws -> Outcome {
        let landings = LandingBatch(journal: run.journal)
        let mover = Mover(
            run: run, lanes: lanes, pacer: pacer, bandwidth: bandwidth, landings: landings, flow: flow)
        let tally = Tally()
        do {
            // On a lane, so that an object that ended does not wake another thread to begin the next.
            try await withTaskExecutorPreference(lanes[0].reactor) { try await moveAll(mover, tally) }
        } catch {
            try? await landings.flush()
            throw error
        }
        try await landings.flush()
        return tally.counts.withLock { tally in
            // Nothing may have come behind the one that was refused.
            if let refusal = tally.refusal { tally.outcome.stopped = .refusedByPolicy(refusal) }
            return tally.outcome
        }
    }

    private func moveAll(_ mover: Mover, _ tally: Tally) async throws {
        let slots = Pacer(start: Self.openUploads, ceiling: Self.openUploads)
        var next = 0
        try await withThrowingDiscardingTaskGroup { group in
            claiming: while true {
                let rows = try await run.journal.claim(dataset: run.dataset.name, limit: 256)
                if rows.isEmpty { break }
                for row in rows {
                    let large = row.machine.state != .pending || row.listed.size > PartLayout.leaf
                    let gate = large ? slots : pacer
                    await gate.acquire()
                    await run.watch?.settled()
                    if stop(tally) {
                        gate.release(bytes: 0)
                        break claiming
                    }
                    let lane = lanes[next % lanes.count]
                    next += 1
                    group.addTask(executorPreference: lane.reactor) {
                        defer { gate.release(bytes: large ? 0 : row.listed.size) }
                        let outcome = try await mover.move(row, on: lane)
                        count(outcome, row, tally)
                    }
                }
            }
        }
    }

    private func stop(_ tally: Tally) -> Bool {
        let standing = run.watch?.standing(of: run.dataset.name)
        return tally.counts.withLock { tally in
            if let refusal = tally.refusal {
                tally.outcome.stopped = .refusedByPolicy(refusal)
            } else if case .blocked(let rules) = standing {
                tally.outcome.stopped = .blockedByPolicy(rules)
            } else if case .unjudged(let reason) = standing {
                tally.outcome.stopped = .unjudged(reason)
            } else if run.drain.isRequested || Task.isCancelled {
                tally.outcome.stopped = .drained
            } else if let maxFailures, tally.outcome.failed > maxFailures {
                tally.outcome.stopped = .tooManyFailures
            } else if tally.deniedInRow >= Self.patience {
                tally.outcome.stopped = .denied(tally.outcome.firstReason ?? "")
            } else if tally.faultsInRow >= Self.patience {
                tally.outcome.stopped = .faults(tally.outcome.firstReason ?? "")
            }
            return tally.outcome.stopped != nil
        }
    }

    private func count(_ outcome: Mover.Outcome, _ row: TransferRow, _ tally: Tally) {
        tally.counts.withLock { tally in
            switch outcome {
            case .settled:
                tally.deniedInRow = 0
                tally.faultsInRow = 0
            case .failed(let failure, let denied):
                tally.outcome.failed += 1
                if denied { tally.outcome.denied += 1 }
                tally.deniedInRow = denied ? tally.deniedInRow + 1 : 0
                tally.faultsInRow = failure.retryable && !denied ? tally.faultsInRow + 1 : 0
                if tally.outcome.firstReason == nil { tally.outcome.firstReason = "\(row.key): \(failure.reason)" }
            case .refusedByPolicy(let reason):
                tally.outcome.interrupted += 1
                if tally.refusal == nil { tally.refusal = reason }
                if tally.outcome.firstReason == nil { tally.outcome.firstReason = "\(row.key): \(reason)" }
            case .interrupted(let reason):
                tally.outcome.interrupted += 1
                // Who asked for the end needs no reason for it.
                if run.drain.isRequested { return }
                tally.faultsInRow += 1
                if tally.outcome.firstReason == nil { tally.outcome.firstReason = "\(row.key): \(reason)" }
            }
        }
    }
}
