/// A region of a service and the country in which it lies.
public struct Region: Hashable, Sendable, Codable {
    /// As the provider writes it.
    public var id: String
    /// ISO 3166-1 alpha-2.
    public var country: Fact<String>
    /// The URL of its endpoint where it is not the service's.
    public var endpoint: String?

    /// Names a region.
    public init(id: String, country: Fact<String>, endpoint: String? = nil) {
        self.id = id
        self.country = country
        self.endpoint = endpoint
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, country, endpoint, source, verifiedOn, status
    }

    /// Reads the flat form of a catalogue file: `{id, country, endpoint, source, verifiedOn}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        endpoint = try container.decodeIfPresent(String.self, forKey: .endpoint)
        country = Fact(
            try container.decodeIfPresent(String.self, forKey: .country),
            source: try container.decode(String.self, forKey: .source),
            verifiedOn: try container.decodeIfPresent(Day.self, forKey: .verifiedOn),
            status: try container.decodeIfPresent(FactStatus.self, forKey: .status) ?? .stated)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encodeIfPresent(country.value, forKey: .country)
        try container.encodeIfPresent(endpoint, forKey: .endpoint)
        try container.encode(country.source, forKey: .source)
        try container.encodeIfPresent(country.verifiedOn, forKey: .verifiedOn)
        try container.encode(country.status, forKey: .status)
    }
}
