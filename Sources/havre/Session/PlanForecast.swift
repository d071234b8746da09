import HavreEngine
import HavreJournal
import HavreModel

/// Between which days what is left of each dataset ends, by what the journal tells of it: what a run is judged with
/// while it moves.
struct PlanForecast: Sendable {
    /// How a dataset's target is written to.
    struct Manner: Sendable {
        let manner: Estimate.Manner
        let maxParts: Int

        init(_ manner: Estimate.Manner, maxParts: Int) {
            self.manner = manner
            self.maxParts = maxParts
        }
    }

    let session: PlanSession
    /// In the order in which they run.
    let datasets: [Dataset]
    let journal: SQLiteJournal
    /// How fast bytes were expected to pass when a saved plan was made, by dataset.
    var paces: [String: Estimate.Pace] = [:]
    /// How their targets are written to, by dataset.
    var manners: [String: Manner] = [:]
    /// Whether both sides of every dataset were listed before anything moves.
    var isCounted = false

    /// Forecasts from this moment of `day` on. What comes behind a dataset that nobody has counted yet has no forecast.
    func days(on day: Day) async throws -> [String: ClosedRange<Day>] {
        var left: [(dataset: String, estimate: Estimate)] = []
        for dataset in datasets {
            let counts = try await journal.counts(dataset: dataset.name)
            guard isCounted || counts.total > 0, let target = manners[dataset.name] else { break }
            let done = min(counts.plannedBytes, counts.landedBytes + counts.partBytes)
            let volume = PlannedVolume(
                even: Dataset.Expectation(objects: counts.open, bytes: counts.plannedBytes - done),
                maxParts: target.maxParts)
            let pace = paces[dataset.name] ?? session.pace(given: nil, probe: nil)
            left.append((dataset.name, Estimate(volume, manner: target.manner, pace: pace)))
        }
        return Estimate.forecasts(left, from: day, seconds: Day.secondsNow)
    }
}

extension SavedPlan {
    /// How fast bytes were expected to pass when it was made, by dataset.
    func paces() throws -> [String: Estimate.Pace] {
        Dictionary(try report(.english).datasets.map { ($0.dataset, $0.pace) }, uniquingKeysWith: { $1 })
    }
}
