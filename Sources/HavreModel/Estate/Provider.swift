/// What the catalogue knows of a host.
public struct Provider: Hashable, Sendable, Codable {
    /// A company above the provider.
    public struct Parent: Hashable, Sendable, Codable, CustomStringConvertible {
        /// Its name.
        public var name: String
        /// ISO 3166-1 alpha-2, or `EU`: the law it is subject to.
        public var law: String

        /// Names a parent.
        public init(name: String, law: String) {
            self.name = name
            self.law = law
        }

        public var description: String { "\(name) (\(law))" }
    }

    /// An establishment of the provider or its group in another country.
    public struct Establishment: Hashable, Sendable, Codable {
        /// Its name, or what is known of it.
        public var name: Text
        /// ISO 3166-1 alpha-2.
        public var country: String

        /// Names an establishment.
        public init(name: Text, country: String) {
            self.name = name
            self.country = country
        }

        /// `OVH Hosting Inc. (CA)`
        public var words: Text { Text(en: "\(name) (\(country))", fr: "\(name) (\(country))") }
    }

    /// As plans write it.
    public var id: String
    /// As people write it.
    public var displayName: String
    /// The country of its seat.
    public var seat: Fact<String>
    /// All companies above it, nearest first; an empty list says that there are none.
    public var parentChain: Fact<[Parent]>
    /// The greatest share of one holder from outside the EU, in percent.
    public var nonEUShareMax: Fact<Double>
    /// All shares from outside the EU together, in percent.
    public var nonEUShareSum: Fact<Double>
    /// Establishments outside the EEA; an empty list says that there are none.
    public var thirdCountryEstablishments: Fact<[Establishment]>
    /// Its services.
    public var services: [Service]

    /// Describes a host.
    public init(
        id: String, displayName: String, seat: Fact<String>, parentChain: Fact<[Parent]>,
        nonEUShareMax: Fact<Double> = .missing, nonEUShareSum: Fact<Double> = .missing,
        thirdCountryEstablishments: Fact<[Establishment]> = .missing, services: [Service]
    ) {
        self.id = id
        self.displayName = displayName
        self.seat = seat
        self.parentChain = parentChain
        self.nonEUShareMax = nonEUShareMax
        self.nonEUShareSum = nonEUShareSum
        self.thirdCountryEstablishments = thirdCountryEstablishments
        self.services = services
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, displayName, seat, parentChain, nonEUShareMax, nonEUShareSum, thirdCountryEstablishments, services
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(String.self, forKey: .id),
            displayName: try container.decode(String.self, forKey: .displayName),
            seat: try container.decodeIfPresent(Fact<String>.self, forKey: .seat) ?? .missing,
            parentChain: try container.decodeIfPresent(Fact<[Parent]>.self, forKey: .parentChain) ?? .missing,
            nonEUShareMax: try container.decodeIfPresent(Fact<Double>.self, forKey: .nonEUShareMax) ?? .missing,
            nonEUShareSum: try container.decodeIfPresent(Fact<Double>.self, forKey: .nonEUShareSum) ?? .missing,
            thirdCountryEstablishments: try container.decodeIfPresent(
                Fact<[Establishment]>.self, forKey: .thirdCountryEstablishments) ?? .missing,
            services: try container.decodeIfPresent([Service].self, forKey: .services) ?? [])
        let repeated = services.map(\.id).firstRepeated ?? services.lazy.compactMap(\.regionIDs.firstRepeated).first
        if let repeated {
            throw DecodingError.dataCorruptedError(
                forKey: .services, in: container,
                debugDescription: "provider \(id) names the service or region \(repeated) twice")
        }
    }

    /// The service of that id; the only one where `id` is nil.
    public func service(_ id: String?) -> Service? {
        guard let id else { return services.count == 1 ? services.first : nil }
        return services.first { $0.id == id }
    }

    /// Ids of its services, sorted.
    public var serviceIDs: [String] { services.map(\.id).sorted() }

    /// Whose law reaches into it: the law of its seat and of each company above it.
    /// An unknown chain stays in the list as one unknown fact.
    public var laws: [LawFact] {
        var laws = [
            LawFact(
                name: Text(en: "law at the seat of \(displayName)", fr: "droit du siège de \(displayName)"), law: seat)
        ]
        func fromChain(_ name: Text, _ law: String?) -> LawFact {
            LawFact(
                name: name,
                law: Fact(
                    law, source: parentChain.source, verifiedOn: parentChain.verifiedOn, status: parentChain.status,
                    from: parentChain.from, until: parentChain.until, origin: parentChain.origin))
        }
        let above = Text(en: "companies above \(displayName)", fr: "sociétés au-dessus de \(displayName)")
        guard let parents = parentChain.value else {
            laws.append(fromChain(above, nil))
            return laws
        }
        laws += parents.map {
            fromChain(
                Text(
                    en: "law of \($0.name), above \(displayName)",
                    fr: "droit de \($0.name), au-dessus de \(displayName)"),
                $0.law)
        }
        if parents.isEmpty {
            // The seat's own law again, under the dates of the chain: an unverified empty chain stays unknown.
            laws.append(fromChain(above + Text(en: ": none", fr: " : aucune"), seat.value))
        }
        return laws
    }
}

extension [String] {
    /// The first word that stands twice.
    var firstRepeated: String? {
        var seen: Set<String> = []
        return first { !seen.insert($0).inserted }
    }
}
