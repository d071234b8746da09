import Glibc
import HavreCrypto
import HavreJournal
import HavreModel

/// How far a plan has come, as the journal in its state directory tells.
struct PlanStanding: Sendable {
    /// The newest run; nil where none has begun.
    var run: RunRecord?
    /// Where datasets stand.
    var steps: [String: DatasetMachine.Step] = [:]
    /// What is left to move of datasets that were listed and are not done.
    var remaining: [String: PlannedVolume] = [:]

    /// Reads the journal of `state`; where there is none, nothing has begun.
    init(of state: String) async throws {
        guard access(state + "/journal.sqlite", F_OK) == 0 else { return }
        let journal = try SQLiteJournal(
            path: state + "/journal.sqlite", hash: HashFunction.sha256, clock: Clock.now)
        run = try await journal.latestRun()
        for name in try await journal.datasetNames() {
            let step = DatasetMachine.Step(rawValue: try await journal.datasetState(name))
            steps[name] = step
            switch step {
            case .drafted, .planned, .approved, .rolledBack:
                let volume = try await journal.volume(dataset: name, maxParts: Planner.defaultMaxParts)
                if volume.sourceEntries > 0 { remaining[name] = volume }
            // Halted by a rule, too.
            case .transferring, nil: remaining[name] = Self.left(try await journal.counts(dataset: name))
            case .transferred, .verified, .cutOver, .accepted, .decommissioned: continue
            }
        }
    }

    /// What has neither landed nor stays behind for good; an object that failed is tried again.
    private static func left(_ counts: DatasetCounts) -> PlannedVolume {
        let arrived = counts.landedBytes + counts.partBytes
        let bytes = counts.plannedBytes > arrived ? counts.plannedBytes - arrived : 0
        return PlannedVolume(
            even: Dataset.Expectation(objects: counts.open + counts.failed, bytes: bytes),
            maxParts: Planner.defaultMaxParts)
    }

    /// What it tells of a plan that was edited since: only of datasets that are as they were.
    func kept(in plan: Plan, of executed: Plan?) -> PlanStanding {
        var kept = self
        let same = Set(plan.order.filter { plan.datasets[$0] == executed?.datasets[$0] })
        kept.steps = steps.filter { same.contains($0.key) }
        kept.remaining = remaining.filter { same.contains($0.key) }
        return kept
    }

    /// When each dataset's move ends or ended: what was moved on the day on which its run ended; what was not, as if it
    /// went on `seconds` into the day of `judgement`, what a rule blocks last.
    func forecasts(_ session: PlanSession, by judgement: Judgement, seconds: Double) -> [String: ClosedRange<Day>] {
        let pace = session.pace(given: nil, probe: nil)
        var moving: [(dataset: String, estimate: Estimate)] = []
        for dataset in session.plan.order.compactMap({ session.plan.datasets[$0] }) {
            if let volume = remaining[dataset.name] {
                moving.append((dataset.name, session.estimate(dataset, volume, pace)))
            } else if steps[dataset.name] == nil || steps[dataset.name] == .drafted, dataset.expected != nil {
                if let estimate = session.expectedEstimate(dataset, pace) { moving.append((dataset.name, estimate)) }
            }
        }
        let verdicts = judgement.verdicts(of: session.plan, forecasts: [:], steps: steps)
        var forecasts = PlanSession.forecasts(moving, verdicts: verdicts, from: judgement.day, seconds: seconds)
        guard let ended = run?.ended else { return forecasts }
        for (name, step) in steps {
            switch step {
            case .transferred, .verified, .cutOver, .accepted, .decommissioned:
                forecasts[name] = Day(nanoseconds: ended)...Day(nanoseconds: ended)
            case .drafted, .planned, .approved, .transferring, .rolledBack: continue
            }
        }
        return forecasts
    }
}
