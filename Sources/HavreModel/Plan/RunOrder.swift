extension Planner {
    /// The order in which the datasets of `plan` run: each behind those that it comes after, then the one with the
    /// nearest end date, then the one at the greatest risk today, then as `plan.order` has them.
    ///
    /// What others wait for inherits the nearest of their ends and the greatest of their risks: it holds them up.
    /// `estate` and `verdicts` are of the same plan on `day`; every name of `after` must be a dataset without circles,
    /// as the plan's decoder sees to.
    public static func order(_ plan: Plan, estate: Estate, verdicts: [Verdict], on day: Day) -> [String] {
        let court = Court(jurisdictions: estate.jurisdictions, day: day, documents: estate.documents)
        var urgencies: [String: Urgency] = [:]
        for itinerary in estate.itineraries {
            urgencies[itinerary.dataset.name] = Urgency(
                end: Deadlines.nearest(itinerary, in: court)?.day, risk: weight(itinerary.dataset.classification))
        }
        for verdict in verdicts where verdict.isToday && verdict.outcome == .violated && verdict.effect == .block {
            urgencies[verdict.dataset]?.risk += 1
        }
        // Backwards through the order as written: it respects `after`, so whoever waits has been seen already.
        for name in plan.order.reversed() {
            guard let own = urgencies[name] else { continue }
            for before in plan.datasets[name]?.after ?? [] { urgencies[before]?.inherit(own) }
        }
        var waiting: [String: Int] = [:]
        var followers: [String: [String]] = [:]
        for name in plan.order {
            let before = Set(plan.datasets[name]?.after ?? [])
            waiting[name] = before.count
            for other in before { followers[other, default: []].append(name) }
        }
        let position = Dictionary(plan.order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        func precedes(_ left: String, _ right: String) -> Bool {
            if let one = urgencies[left], let other = urgencies[right], one != other { return one < other }
            return (position[left] ?? 0) < (position[right] ?? 0)
        }
        // The free ones in order, the most urgent last.
        var free = plan.order.filter { waiting[$0] == 0 }.sorted { precedes($1, $0) }
        var order: [String] = []
        while let next = free.popLast() {
            order.append(next)
            for follower in followers[next] ?? [] {
                waiting[follower, default: 1] -= 1
                guard waiting[follower] == 0 else { continue }
                var (low, high) = (0, free.count)
                while low < high {
                    let middle = (low + high) / 2
                    if precedes(free[middle], follower) { high = middle } else { low = middle + 1 }
                }
                free.insert(follower, at: low)
            }
        }
        return order
    }

    /// How soon a dataset must be moved; the lesser one goes first.
    private struct Urgency: Comparable {
        var end: Day?
        var risk: Int

        mutating func inherit(_ other: Urgency) {
            end = [end, other.end].compactMap(\.self).min()
            risk = max(risk, other.risk)
        }

        static func < (left: Urgency, right: Urgency) -> Bool {
            if left.end != right.end {
                guard let one = left.end else { return false }
                return right.end.map { one < $0 } ?? true
            }
            return left.risk > right.risk
        }
    }

    /// What a loss of such data would weigh, beside the rules that are violated today.
    private static func weight(_ classification: Dataset.Classification) -> Int {
        var weight = 0
        if classification.isPersonal { weight += 10 }
        if classification.isHealth { weight += 20 }
        if classification.stateSensitive { weight += 30 }
        if classification.pseudonymised { weight -= 5 }
        return weight
    }
}
