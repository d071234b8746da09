/// The plan joined with the catalogue: what the rules judge.
public struct Estate: Hashable, Sendable {
    /// The way of each dataset.
    public var itineraries: [Itinerary]
    /// EU, EEA and adequacy.
    public var jurisdictions: Jurisdictions

    /// Puts an estate together; `Planner` does.
    public init(itineraries: [Itinerary], jurisdictions: Jurisdictions) {
        self.itineraries = itineraries
        self.jurisdictions = jurisdictions
    }
}

/// A dataset and all places that it or its keys touch.
public struct Itinerary: Hashable, Sendable {
    /// The dataset.
    public var dataset: Dataset
    /// The places; source and target stand there once each.
    public var hops: [Hop]
    /// Where the plan describes the dataset, as a dotted path.
    public var planPath: String

    /// Describes a way.
    public init(dataset: Dataset, hops: [Hop], planPath: String) {
        self.dataset = dataset
        self.hops = hops
        self.planPath = planPath
    }

    /// Hops of these kinds, in an order that does not depend on that of `hops`.
    func hops(_ kinds: Hop.Kind...) -> [Hop] {
        hops.filter { kinds.contains($0.kind) }
            .sorted { ($0.kind.rawValue, $0.name, $0.planPath) < ($1.kind.rawValue, $1.name, $1.planPath) }
    }
}

extension Dataset.Classification {
    /// Personal data, said or implied: health data, SNDS data and pseudonymised data are personal.
    public var isPersonal: Bool { personal || health || snds || pseudonymised }

    /// Health data, said or implied: the SNDS holds nothing else.
    public var isHealth: Bool { health || snds }

    /// Data that no foreign law must reach: personal data, and those of the State.
    public var isProtected: Bool { isPersonal || stateSensitive }
}
