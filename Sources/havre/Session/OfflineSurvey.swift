import HavreModel

/// What a plan says of itself: verdicts, and estimates of what it expects, without any store, credentials or journal.
extension PlanSession {
    /// The report of `plan --offline`. A dataset that states no `expected:` is left out of every sum.
    func offlineReport(_ datasets: [Dataset], language: Text.Language, bandwidth: UInt64?) throws -> PlanReport {
        let pace = pace(given: bandwidth, probe: nil)
        var parts: [PlanReport.DatasetPart] = []
        for dataset in datasets {
            let estimate = expectedEstimate(dataset, pace)?.priced(
                source: priced(dataset.source), target: priced(dataset.target), on: judgement.day)
            let lines = dataset.expected.map {
                PlanReport.Line(action: .create, cause: "", objects: $0.objects, bytes: $0.bytes)
            }
            parts.append(
                PlanReport.DatasetPart(
                    dataset: dataset.name, from: placeText(dataset.source), to: placeText(dataset.target),
                    lines: [lines].compactMap(\.self), verdicts: [], unmapped: [], targetProbed: false, probedOn: nil,
                    estimate: estimate, pace: pace, probe: nil))
        }
        forecast(&parts, isCounted: false)
        return PlanReport(
            plan: plan, datasets: parts, prune: false, language: language, strays: judgement.strays(of: plan),
            offline: true)
    }

    /// What moving `dataset` takes by what its plan expects; nil where it states nothing.
    func expectedEstimate(_ dataset: Dataset, _ pace: Estimate.Pace) -> Estimate? {
        guard let expected = dataset.expected else { return nil }
        let maxParts = priced(dataset.target).service?.maxParts ?? Planner.defaultMaxParts
        return estimate(dataset, PlannedVolume(even: expected, maxParts: maxParts), pace)
    }

    /// What moving `volume` of `dataset` takes, at a target of which nothing is known but its kind.
    func estimate(_ dataset: Dataset, _ volume: PlannedVolume, _ pace: Estimate.Pace) -> Estimate {
        let recipients =
            switch dataset.seal {
            case .none: 0
            case .age(let names): names.count
            }
        let manner = Estimate.Manner(
            conditionalCreate: true, conditionalUpdate: true, conditionalComplete: true, readsWholesBack: false,
            readsPartsBack: false, header: recipients > 0 ? recipients * Estimate.Manner.usualHeader : nil,
            verify: (dataset.verify ?? plan.verify).share)
        return Estimate(volume, manner: manner, pace: pace)
    }

    /// Between which days each of these moves ends. What `verdicts` block comes after everything else, as if it held
    /// nothing up.
    static func forecasts(
        _ moving: [(dataset: String, estimate: Estimate)], verdicts: [Verdict], from day: Day, seconds: Double
    ) -> [String: ClosedRange<Day>] {
        let blocked = Set(verdicts.filter(\.blocksUncounted).map(\.dataset))
        let order = moving.filter { !blocked.contains($0.dataset) } + moving.filter { blocked.contains($0.dataset) }
        return Estimate.forecasts(order, from: day, seconds: seconds)
    }

    /// Judges again now that it is known when each move ends, and writes verdicts and finish into `parts`. What a rule
    /// blocks is judged too. `isCounted` says that the objects were listed.
    func forecast(_ parts: inout [PlanReport.DatasetPart], isCounted: Bool) {
        // Where nothing was counted nothing is forecast; where nothing is left to be moved, the move is done.
        let moving = parts.compactMap { part in
            part.estimate.flatMap { isCounted || $0.seconds != nil ? (dataset: part.dataset, estimate: $0) : nil }
        }
        let forecasts = Self.forecasts(moving, verdicts: verdicts, from: judgement.day, seconds: Day.secondsNow)
        let judged = Dictionary(grouping: judgement.verdicts(of: plan, forecasts: forecasts), by: \.dataset)
        for index in parts.indices {
            let name = parts[index].dataset
            parts[index].verdicts = judged[name] ?? []
            guard parts[index].estimate?.seconds != nil else { continue }
            parts[index].finish = forecasts[name].map { .init(from: $0.lowerBound, until: $0.upperBound) }
        }
    }
}
