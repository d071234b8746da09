/// Dated, sourced facts about providers, services, regions and certifications, as `seeds/` states them.
public struct Catalogue: Hashable, Sendable, Codable {
    /// Hosts.
    public var providers: [Provider] {
        didSet { index = Self.index(providers) }
    }
    /// EU, EEA and adequacy.
    public var jurisdictions: Jurisdictions
    /// Where each host stands in the list. A plan asks once for each place of each dataset, and an operator's own
    /// catalogue may name thousands of hosts; services and regions of one host are dozens at most, and are searched.
    private var index: [String: Int]

    /// Puts a catalogue together from its files.
    public init(providers: [Provider], jurisdictions: Jurisdictions) {
        self.providers = providers
        self.jurisdictions = jurisdictions
        index = Self.index(providers)
    }

    /// Words that plans may write for a host that the operator describes himself.
    public static let operatorsOwn = ["custom", "local"]

    /// The host of that id.
    public func provider(_ id: String) -> Provider? { index[id].map { providers[$0] } }

    /// Ids of all hosts, sorted.
    public var providerIDs: [String] { providers.map(\.id).sorted() }

    /// Where the host of that id stands in the list.
    func position(of id: String) -> Int? { index[id] }

    private static func index(_ providers: [Provider]) -> [String: Int] {
        Dictionary(providers.enumerated().map { ($1.id, $0) }) { first, _ in first }
    }

    private enum CodingKeys: String, CodingKey {
        case providers, jurisdictions
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            providers: try container.decode([Provider].self, forKey: .providers),
            jurisdictions: try container.decode(Jurisdictions.self, forKey: .jurisdictions))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(providers, forKey: .providers)
        try container.encode(jurisdictions, forKey: .jurisdictions)
    }

    /// The laws that reach into whoever is called `name`, where that is a provider or a company above one.
    ///
    /// Where it only looks like one of theirs, each law of that host is unknown for him, and says whom he may be. `id` is
    /// the host that the plan says he is; it settles what a mere likeness leaves open.
    public func laws(of name: String, who id: String? = nil) -> [LawFact] {
        if let id, let provider = provider(id) { return provider.laws }
        let exact = providers.flatMap { provider -> [LawFact] in
            if [provider.id, provider.displayName].contains(where: name.isName) { return provider.laws }
            let parents = (provider.parentChain.value ?? []).map(\.name)
            guard let place = parents.firstIndex(where: name.isName) else { return [] }
            // The seat's law is not the parent's; of those above only the rest of the chain is.
            return Array(provider.laws.dropFirst(1 + place))
        }
        guard exact.isEmpty, id == nil else { return exact }
        return providers.compactMap { provider in
            guard let other = provider.names.first(where: name.resembles) else { return nil }
            return LawFact(
                name: Text(
                    en: "law of \(name), who may be \(other) (\(provider.id)); state which host it is under `is:`, or "
                        + "`is: custom`",
                    fr:
                        "droit de \(name), peut-être \(other) (\(provider.id)) ; indiquer par `is:` quel hébergeur c'est, "
                        + "ou `is: custom`"),
                law: Fact(nil, source: Fact<String>.missing.source, verifiedOn: nil))
        }
    }
}

extension Provider {
    /// Its own names and those of the companies above it.
    var names: [String] { [displayName, id] + (parentChain.value ?? []).map(\.name) }
}
