/// A service and region of the catalogue as the target of a dataset: what the rules say, what it costs.
public struct Candidate: Hashable, Sendable, Codable {
    /// The provider, as plans write it.
    public var provider: String
    /// The service.
    public var service: String
    /// The region.
    public var region: String
    /// Its country; nil is unknown.
    public var country: String?
    /// The laws that reach into it, in order; what is unknown is not among them.
    public var laws: [String]
    /// Whether all of these are known and of the EU or EEA; nil is unknown.
    public var isEuropean: Bool?
    /// Whether it is the place that the plan names.
    public var isPlanned: Bool
    /// Rules that block.
    public var blocking: [String]
    /// Rules that would block or warn and that a signed derogation covers; they stay what they are.
    public var derogated: [String]
    /// Rules that warn.
    public var warning: [String]
    /// Rules that hold, those that do not apply left out.
    public var satisfied: [String]
    /// The facts or certificates that the blocking rules miss, once each.
    public var missing: [UsedFact]
    /// Everything that the rules say, those that do not apply left out.
    public var verdicts: [Verdict]
    /// What moving there takes; nil where nobody says how much it is.
    public var estimate: Estimate?

    /// `scaleway/object-storage/fr-par`
    public var name: String { "\(provider)/\(service)/\(region)" }

    /// What keeping the data there costs a month; nil is not known.
    public var month: Money? { estimate?.costs.first { $0.kind == .storageMonth }?.amount }

    /// What moving there costs once; nil where a part of it is not known, or in another currency.
    public var move: Money? {
        let once = (estimate?.costs ?? []).filter { $0.kind != .storageMonth }
        let known = once.filter { $0.amount != nil || $0.isNothing }.compactMap { $0.amount ?? Money(0, "") }
        // What costs nothing has no currency of its own.
        guard known.count == once.count, let currency = (known.first { $0.amount > 0 } ?? known.first)?.currency,
            known.allSatisfy({ $0.currency == currency || $0.amount == 0 })
        else { return nil }
        return Money(known.reduce(0) { $0 + $1.amount }, currency)
    }

    /// Why cost of the move or of a month is not known, once each.
    public var priceless: [Text] {
        var told: Set<Text> = []
        return (estimate?.costs ?? []).filter { !$0.isNothing }.compactMap(\.unknown).filter {
            told.insert($0).inserted
        }
    }
}

extension Planner {
    /// What is compared: a dataset, and how much of it there is.
    public struct Comparison: Sendable {
        /// The plan.
        public var plan: Plan
        /// The dataset that looks for a place.
        public var dataset: Dataset
        /// Facts.
        public var catalogue: Catalogue
        /// Rules.
        public var rulebook: Rulebook
        /// Documents that the plan names.
        public var documents: [SignedDocument]
        /// The day.
        public var day: Day
        /// Objects and bytes; nil where nobody says.
        public var expected: Dataset.Expectation?
        /// How fast bytes are expected to pass.
        public var pace: Estimate.Pace

        /// Prepares a comparison.
        public init(
            plan: Plan, dataset: Dataset, catalogue: Catalogue, rulebook: Rulebook, documents: [SignedDocument],
            day: Day, expected: Dataset.Expectation?, pace: Estimate.Pace
        ) {
            self.plan = plan
            self.dataset = dataset
            self.catalogue = catalogue
            self.rulebook = rulebook
            self.documents = documents
            self.day = day
            self.expected = expected
            self.pace = pace
        }

        /// Every service and region of the catalogue as the dataset's target, the best first: those that nothing blocks,
        /// then by rules that block, that a derogation covers, that warn, whether only European law reaches them, and the price of a month
        /// (what is unknown comes last; amounts of several currencies are not compared).
        public func candidates() -> [Candidate] {
            let planned = plan.providers[dataset.target.provider]
            var candidates: [Candidate] = []
            for provider in catalogue.providers {
                for service in provider.services {
                    for region in service.regions {
                        candidates.append(candidate(provider, service, region, planned: planned))
                    }
                }
            }
            return candidates.sorted { left, right in
                let (one, other) = (Self.rank(left), Self.rank(right))
                if one != other { return one.lexicographicallyPrecedes(other) }
                if let cheap = left.month, let dear = right.month, cheap.currency == dear.currency,
                    cheap.amount != dear.amount
                {
                    return cheap.amount < dear.amount
                }
                return left.name < right.name
            }
        }

        private static func rank(_ candidate: Candidate) -> [Int] {
            let law = candidate.isEuropean.map { $0 ? 0 : 2 } ?? 1
            // Unlike currencies stand apart, so that the order does not depend on who is compared with whom.
            let price = candidate.month.map {
                1 + Int($0.currency.utf8.reduce(0) { $0 * 256 + UInt64($1) } & 0xff_ffff)
            }
            return [
                candidate.blocking.count, candidate.derogated.count, candidate.warning.count, law, price == nil ? 1 : 0,
                price ?? 0,
            ]
        }

        private func candidate(
            _ provider: Provider, _ service: Service, _ region: Region, planned: ProviderEntry?
        ) -> Candidate {
            let isPlanned =
                planned?.catalogueID == provider.id && planned?.service == service.id && planned?.region == region.id
            // A name that no document can mean by mistake, unless it is the very place of the plan.
            let name = isPlanned ? dataset.target.provider : "\(provider.id)/\(service.id)/\(region.id)"
            var there = plan
            if !isPlanned {
                there.providers[name] = ProviderEntry(
                    catalogueID: provider.id, service: service.id, region: region.id,
                    storageProtocol: service.storageProtocol)
            }
            var dataset = dataset
            dataset.target.provider = name
            let parts = Planner.parts(of: dataset, in: plan)
            there.datasets = Dictionary(uniqueKeysWithValues: (parts + [dataset]).map { ($0.name, $0) })
            let estimate = expected.map {
                self.estimate($0, provider, service, region, source: plan.providers[dataset.source.provider])
            }
            let forecasts = estimate.map { Estimate.forecasts([(dataset.name, $0)], from: day) } ?? [:]
            let estate = Planner.estate(
                plan: there, catalogue: catalogue, on: day, documents: documents, forecasts: forecasts)
            let verdicts = rulebook.judge(estate, on: day).filter { $0.dataset == dataset.name }
            let tally = VerdictTally(verdicts)
            // Without an expectation nothing is forecast, at no candidate.
            let blocking = tally.blocking.filter { rule in
                verdicts.contains { $0.rule == rule && $0.blocksUncounted }
            }
            var seen: Set<Text> = []
            let opinions = Set(documents.filter { $0.kind == .opinion }.map(\.file))
            let missing = verdicts.filter(\.blocksUncounted).flatMap(\.facts).filter {
                $0.doubt != nil && !opinions.contains($0.source) && seen.insert($0.name).inserted
            }
            func rules(_ belongs: (Verdict) -> Bool) -> [String] {
                Set(verdicts.filter(belongs).map(\.rule)).subtracting(tally.blocking).sorted(by: Rulebook.precedes)
            }
            let laws = provider.laws.map { $0.law.known(on: day) }
            let known = Set(laws.compactMap(\.self))
            let european = known.map { catalogue.jurisdictions.isEEALaw($0, on: day).0 }
            let isEuropean: Bool? =
                european.contains(.violated)
                ? false : laws.contains(where: { $0 == nil }) || european.contains(.unknown) ? nil : true
            return Candidate(
                provider: provider.id, service: service.id, region: region.id, country: region.country.known(on: day),
                laws: known.sorted(), isEuropean: isEuropean, isPlanned: isPlanned, blocking: blocking,
                derogated: rules { $0.isDerogated && !$0.isToday }, warning: rules { $0.warns && !$0.isDerogated },
                satisfied: tally.satisfied.filter { !tally.inapplicable.contains($0) }, missing: missing,
                verdicts: verdicts.filter(\.applies), estimate: estimate)
        }

        private func estimate(
            _ expected: Dataset.Expectation, _ provider: Provider, _ service: Service, _ region: Region,
            source: ProviderEntry?
        ) -> Estimate {
            let isSealed = dataset.seal != .none
            let manner = Estimate.Manner(
                conditionalCreate: true, conditionalUpdate: true, conditionalComplete: true, readsWholesBack: false,
                readsPartsBack: false, header: isSealed ? Estimate.Manner.usualHeader : nil,
                verify: (dataset.verify ?? plan.verify).share)
            let from = source.map {
                PricedPlace(
                    name: $0.catalogueID + ($0.region.map { "/" + $0 } ?? ""),
                    service: catalogue.provider($0.catalogueID)?.service($0.service),
                    region: $0.region)
            }
            return Estimate(
                PlannedVolume(even: expected, maxParts: service.maxParts), manner: manner, pace: pace
            ).priced(
                source: from ?? PricedPlace(name: dataset.source.provider, service: nil, region: nil),
                target: PricedPlace(name: "\(provider.id)/\(region.id)", service: service, region: region.id), on: day)
        }
    }
}

extension Estimate.Manner {
    /// Bytes before the first chunk of an object that is sealed to one age recipient: header and nonce.
    public static let usualHeader = 200
}

extension PlannedVolume {
    /// What is expected where nothing was listed: objects of equal size, all new.
    public init(even expected: Dataset.Expectation, maxParts: Int) {
        self.init()
        guard expected.objects > 0 else { return }
        let size = expected.bytes / UInt64(expected.objects)
        objects = expected.objects
        bytes = expected.bytes
        chunks = UInt64(objects) * max(1, (size + 65_535) / 65_536)
        sourceEntries = objects
        guard size > PartLayout.leaf else { return }
        (large, largeBytes) = (objects, bytes)
        let parts = (try? PartLayout(size: size, maxParts: maxParts))?.partCount ?? maxParts
        largeParts = objects * parts
    }
}

extension Verification {
    /// The share of landed objects that is read back, 0 to 1.
    public var share: Double {
        switch self {
        case .full: 1
        case .sample(let percent): percent / 100
        case .none: 0
        }
    }
}
