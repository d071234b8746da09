import HavreModel

/// What a plan says of itself: verdicts, and estimates of what it expects, without any store, credentials or journal.
extension PlanSession {
    /// The report of `plan --offline`. A dataset that states no `expected:` is left out of every sum.
    func offlineReport(_ datasets: [Dataset], language: Text.Language, bandwidth: UInt64?) throws -> PlanReport {
        let pace = pace(given: bandwidth, probe: nil)
        var parts: [PlanReport.DatasetPart] = []
        for dataset in datasets {
            let estimate = dataset.expected.map { self.estimate($0, of: dataset, pace: pace) }
            let lines = dataset.expected.map {
                PlanReport.Line(action: .create, cause: "", objects: $0.objects, bytes: $0.bytes)
            }
            parts.append(
                PlanReport.DatasetPart(
                    dataset: dataset.name, from: placeText(dataset.source), to: placeText(dataset.target),
                    lines: [lines].compactMap(\.self), verdicts: [], unmapped: [], targetProbed: false, probedOn: nil,
                    estimate: estimate, pace: pace, probe: nil))
        }
        forecast(&parts)
        return PlanReport(plan: plan, datasets: parts, prune: false, language: language, offline: true)
    }

    /// What moving what is expected takes, at a target as the catalogue describes it.
    private func estimate(_ expected: Dataset.Expectation, of dataset: Dataset, pace: Estimate.Pace) -> Estimate {
        let service = priced(dataset.target).service
        let volume = PlannedVolume(even: expected, maxParts: service?.maxParts ?? Planner.defaultMaxParts)
        let recipients =
            switch dataset.seal {
            case .none: 0
            case .age(let names): names.count
            }
        let manner = Estimate.Manner(
            conditionalCreate: true, conditionalUpdate: true, conditionalComplete: true, readsWholesBack: false,
            readsPartsBack: false, header: recipients > 0 ? recipients * Estimate.Manner.usualHeader : nil,
            verify: (dataset.verify ?? plan.verify).share)
        return Estimate(volume, manner: manner, pace: pace).priced(
            source: priced(dataset.source), target: priced(dataset.target), on: judgement.day)
    }

    /// Judges again now that it is known when each move ends, and writes verdicts and finish into `parts`. What a rule
    /// blocks is judged too, as if it came after everything else: it holds nothing up.
    func forecast(_ parts: inout [PlanReport.DatasetPart]) {
        let blocked = Set(verdicts.filter(\.blocks).map(\.dataset))
        let moving = parts.filter { $0.estimate?.seconds != nil }
        let order = moving.filter { !blocked.contains($0.dataset) } + moving.filter { blocked.contains($0.dataset) }
        let forecasts = Estimate.forecasts(
            order.compactMap { part in part.estimate.map { (part.dataset, $0) } }, from: judgement.day,
            seconds: Day.secondsNow)
        let judged = Dictionary(grouping: judgement.verdicts(of: plan, forecasts: forecasts), by: \.dataset)
        for index in parts.indices {
            let name = parts[index].dataset
            parts[index].verdicts = judged[name] ?? []
            parts[index].finish = forecasts[name].map { .init(from: $0.lowerBound, until: $0.upperBound) }
        }
    }
}
