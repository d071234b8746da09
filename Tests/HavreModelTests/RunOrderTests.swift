import HavreModel
import TestServers
import Testing

/// The order in which datasets run: `after`, nearest end, greatest risk, as written.
struct RunOrderTests {
    private func dataset(
        _ name: String, after: [String] = [], end: Int? = nil, _ change: (inout Dataset) -> Void = { _ in }
    ) -> Dataset {
        var dataset = Dataset(
            name: name, source: Location(provider: "source", bucket: name),
            target: Location(provider: "target", bucket: name), seal: .none, after: after)
        dataset.assurances.contract = end.map { HostingContract(end: Day(number: Scene.today.number + $0)) }
        change(&dataset)
        return dataset
    }

    private func order(_ datasets: [Dataset]) throws -> [String] {
        var plan = Plan(
            name: "order",
            providers: [
                "source": Scene.entry("american", region: "paris"), "target": Scene.entry("french", region: "paris"),
            ], datasets: Dictionary(uniqueKeysWithValues: datasets.map { ($0.name, $0) }),
            order: datasets.map(\.name))
        plan.workers = [Jurisdiction(country: "FR", law: "FR")]
        let estate = Planner.estate(plan: plan, catalogue: Scene.catalogue, on: Scene.today)
        return Planner.order(
            plan, estate: estate, verdicts: try Scene.rulebook.judge(estate, on: Scene.today), on: Scene.today)
    }

    @Test func whatSaysNothingRunsAsWritten() throws {
        #expect(try order([dataset("b"), dataset("a"), dataset("c")]) == ["b", "a", "c"])
    }

    @Test func theNearestEndGoesFirst() throws {
        #expect(
            try order([dataset("none"), dataset("late", end: 90), dataset("soon", end: 5), dataset("over", end: -5)])
                == ["over", "soon", "late", "none"])
    }

    @Test func thenTheGreatestRisk() throws {
        let personal = { (dataset: inout Dataset) in dataset.classification.personal = true }
        let health = { (dataset: inout Dataset) in dataset.classification.health = true }
        #expect(
            try order([dataset("patients", health), dataset("open"), dataset("persons", personal)])
                == ["patients", "persons", "open"])
        // Neither of these has an end; health data have that of their certificate.
        #expect(try order([dataset("persons", personal), dataset("open")]) == ["persons", "open"])
        #expect(try order([dataset("patients", health), dataset("soon", end: 5)]) == ["soon", "patients"])
    }

    @Test func nobodyRunsBeforeWhatItComesAfter() throws {
        #expect(
            try order([dataset("other"), dataset("base"), dataset("urgent", after: ["base"], end: 3)])
                == ["base", "urgent", "other"], "what holds an urgent one up is urgent itself")
    }

    /// Any plan: every dataset once, each behind those that it comes after.
    @Test func theOrderHoldsForAnyPlan() throws {
        var random = SplitMix(seed: 0x0de2)
        for _ in 0..<300 {
            let count = Int(random.next() % 12) + 1
            let datasets = (0..<count).map { index in
                let after = (0..<index).filter { _ in random.next() % 4 == 0 }.map { "d\($0)" }
                let end = random.next() % 2 == 0 ? Int(random.next() % 40) - 5 : nil
                return dataset("d\(index)", after: after, end: end)
            }
            let order = try order(datasets)
            #expect(order.sorted() == datasets.map(\.name).sorted())
            let place = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
            for dataset in datasets {
                for before in dataset.after {
                    #expect((place[before] ?? 99) < (place[dataset.name] ?? 0), "\(before) before \(dataset.name)")
                }
            }
        }
    }
}
