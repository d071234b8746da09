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
        case id, country, endpoint, source, verifiedOn, status, claims, origin
    }

    /// One source's word on the country, as files write it.
    private struct CountryClaim: Codable {
        var country: String
        var source: String
        var verifiedOn: Day?
    }

    /// Reads the flat form of a catalogue file, `{id, country, endpoint, source, verifiedOn}`, or
    /// `{id, endpoint, claims: [{country, source, verifiedOn}, …]}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let country = try Self.country(in: container) else {
            throw DecodingError.keyNotFound(
                CodingKeys.source, .init(codingPath: decoder.codingPath, debugDescription: "nobody states its country"))
        }
        self.init(
            id: try container.decode(String.self, forKey: .id), country: country,
            endpoint: try container.decodeIfPresent(String.self, forKey: .endpoint))
    }

    /// The country as it is stated; nil where nothing is said of it.
    static func country(in container: KeyedDecodingContainer<CodingKeys>) throws -> Fact<String>? {
        if container.contains(.claims) {
            let claims = try container.decode([CountryClaim].self, forKey: .claims)
                .map { Claim($0.country, source: $0.source, verifiedOn: $0.verifiedOn) }
            guard let fact = Fact(claims: claims) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .claims, in: container, debugDescription: "there is no claim here")
            }
            return fact
        }
        guard container.contains(.source) else { return nil }
        return Fact(
            try container.decodeIfPresent(String.self, forKey: .country),
            source: try container.decode(String.self, forKey: .source),
            verifiedOn: try container.decodeIfPresent(Day.self, forKey: .verifiedOn),
            status: try container.decodeIfPresent(FactStatus.self, forKey: .status) ?? .stated,
            origin: try container.decodeIfPresent(String.self, forKey: .origin))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encodeIfPresent(country.value, forKey: .country)
        try container.encodeIfPresent(endpoint, forKey: .endpoint)
        try container.encode(country.source, forKey: .source)
        try container.encodeIfPresent(country.verifiedOn, forKey: .verifiedOn)
        try container.encode(country.status, forKey: .status)
        try container.encodeIfPresent(country.origin, forKey: .origin)
    }
}
