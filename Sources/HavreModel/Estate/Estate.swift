/// The plan joined with the catalogue: what the rules judge.
public struct Estate: Hashable, Sendable {
    /// The way of each dataset.
    public var itineraries: [Itinerary]
    /// EU, EEA and adequacy.
    public var jurisdictions: Jurisdictions
    /// Derogations, authorisations and opinions that the plan names.
    public var documents: [SignedDocument]
    /// Effects that the plan raises, by rule.
    public var severities: [String: Verdict.Effect]
    /// The laws of those who reach the data from elsewhere, by name, where the catalogue may know them.
    public var laws: [String: [LawFact]]

    /// Puts an estate together; `Planner` does.
    public init(
        itineraries: [Itinerary], jurisdictions: Jurisdictions, documents: [SignedDocument] = [],
        severities: [String: Verdict.Effect] = [:], laws: [String: [LawFact]] = [:]
    ) {
        self.laws = laws
        self.itineraries = itineraries
        self.jurisdictions = jurisdictions
        self.documents = documents
        self.severities = severities
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
    /// What the operator states: of the dataset, else of the plan.
    public var assurances: Assurances
    /// The datasets that a union is made of, those of unions among them too; each is judged on this way as well.
    public var parts: [Dataset]
    /// The days between which the move is expected to be done; nil is not known.
    public var forecast: ClosedRange<Day>?
    /// How far the move has come; nil where no journal tells.
    public var step: DatasetMachine.Step?

    /// Describes a way.
    public init(
        dataset: Dataset, hops: [Hop], planPath: String, assurances: Assurances = Assurances(),
        parts: [Dataset] = [], forecast: ClosedRange<Day>? = nil, step: DatasetMachine.Step? = nil
    ) {
        self.assurances = assurances
        self.parts = parts
        self.forecast = forecast
        self.step = step
        self.dataset = dataset
        self.hops = hops
        self.planPath = planPath
    }

    /// Whether everything has been moved, by what the journal tells.
    var isMoved: Bool {
        switch step {
        case .transferred, .verified, .cutOver, .accepted, .decommissioned: true
        case .drafted, .planned, .approved, .transferring, .rolledBack, nil: false
        }
    }

    /// Under which names a document may mean the target: the provider's id in the catalogue, and that with the region.
    ///
    /// A name that the plan chose means a provider of the operator's own only: a plan must not call one host by the name
    /// of another for which somebody signed.
    var destinations: [String] {
        hops(.target).flatMap { hop in
            let name = hop.providerID ?? dataset.target.provider
            return [name] + (hop.region.map { [name + "/" + $0] } ?? [])
        }
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
