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
}

extension Provider {
    /// Its own names and those of the companies above it.
    var names: [String] { [displayName, id] + (parentChain.value ?? []).map(\.name) }
}
