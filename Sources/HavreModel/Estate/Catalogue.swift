/// Dated, sourced facts about providers, services, regions and certifications, as `seeds/` states them.
public struct Catalogue: Hashable, Sendable, Codable {
    /// Hosts.
    public var providers: [Provider]
    /// EU, EEA and adequacy.
    public var jurisdictions: Jurisdictions

    /// Puts a catalogue together from its files.
    public init(providers: [Provider], jurisdictions: Jurisdictions) {
        self.providers = providers
        self.jurisdictions = jurisdictions
    }

    /// Words that plans may write for a host that the operator describes himself.
    public static let operatorsOwn = ["custom", "local"]

    /// The host of that id.
    public func provider(_ id: String) -> Provider? { providers.first { $0.id == id } }

    /// Ids of all hosts, sorted.
    public var providerIDs: [String] { providers.map(\.id).sorted() }
}
