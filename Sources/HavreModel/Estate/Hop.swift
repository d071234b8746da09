/// One law that reaches into a hop.
public struct LawFact: Hashable, Sendable {
    /// What the fact is called in a verdict.
    public var name: Text
    /// ISO 3166-1 alpha-2, or `EU`.
    public var law: Fact<String>

    /// Names a law.
    public init(name: Text, law: Fact<String>) {
        self.name = name
        self.law = law
    }
}

/// A place that data or their keys touch on the way.
public struct Hop: Hashable, Sendable {
    /// What happens there.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// The data are read there.
        case source
        /// The process that opens and seals.
        case worker
        /// Between workers and stores.
        case proxy
        /// The data are written there.
        case target
        /// A private key is held there.
        case kms
        /// Logs are kept there.
        case log
    }

    /// What happens there.
    public var kind: Kind
    /// For people (`scaleway/fr-par`).
    public var name: String
    /// The catalogue's id where it is a provider.
    public var providerID: String?
    /// Names under which its holder may be known, for comparison with custodians.
    public var holders: [String]
    /// Names that the plan gives it; they mean it where they are written alike, and only then.
    public var aliases: [String]
    /// The region as the provider writes it.
    public var region: String?
    /// Its country.
    public var country: Fact<String>
    /// All laws that reach into it; one that is unknown makes the whole unknown.
    public var laws: [LawFact]
    /// Whether bytes lie in clear there; nil is unknown. A `kms` hop holds keys, no bytes.
    public var plaintext: Bool?
    /// What is certified there.
    public var certifications: [Certification]
    /// Who owns the host; nil where the hop is no host of the catalogue.
    public var ownership: Ownership?
    /// The key that is held there, of a `kms` hop.
    public var key: Key?
    /// Whether its facts are the operator's word.
    public var isOperatorsWord: Bool
    /// How it stands today, before the plan does anything; judged and shown, never blocking.
    public var isToday: Bool
    /// Where the plan names it, as a dotted path for `Plan.mark`.
    public var planPath: String

    /// Describes a hop.
    public init(
        kind: Kind, name: String, providerID: String? = nil, holders: [String] = [], aliases: [String] = [],
        region: String? = nil, country: Fact<String>, laws: [LawFact], plaintext: Bool?,
        certifications: [Certification] = [],
        ownership: Ownership? = nil, key: Key? = nil, isOperatorsWord: Bool, isToday: Bool = false, planPath: String
    ) {
        self.kind = kind
        self.name = name
        self.providerID = providerID
        self.holders = holders
        self.aliases = aliases
        self.region = region
        self.country = country
        self.laws = laws
        self.plaintext = plaintext
        self.certifications = certifications
        self.ownership = ownership
        self.key = key
        self.isOperatorsWord = isOperatorsWord
        self.isToday = isToday
        self.planPath = planPath
    }

    /// What its country is called as a fact.
    var countryTitle: Text {
        switch kind {
        case .worker: Text(en: "country of \(name)", fr: "pays de l'exécutant")
        case .log: Text(en: "country of \(name)", fr: "pays des journaux")
        case .source, .proxy, .target, .kms: Text(en: "country of \(name)", fr: "pays de \(name)")
        }
    }

    /// `target scaleway/fr-par (FR)`: kind, name and country as stated.
    public var title: Text {
        let place = country.value.map { Text($0) } ?? Text(en: "country not stated", fr: "pays non indiqué")
        switch kind {
        case .source: return Text(en: "source \(name) (\(place))", fr: "source \(name) (\(place))")
        case .worker: return Text(en: "worker (\(place))", fr: "exécutant (\(place))")
        case .proxy: return Text(en: "proxy \(name) (\(place))", fr: "mandataire \(name) (\(place))")
        case .target: return Text(en: "target \(name) (\(place))", fr: "destination \(name) (\(place))")
        case .kms:
            let holder = key?.custodian.map { Text(en: " at \($0)", fr: " chez \($0)") } ?? .empty
            return Text(en: "key \(name)\(holder) (\(place))", fr: "clé \(name)\(holder) (\(place))")
        case .log: return Text(en: "logs (\(place))", fr: "journaux (\(place))")
        }
    }
}

/// Who owns a host, as the catalogue states it.
public struct Ownership: Hashable, Sendable {
    /// The country of its seat.
    public var seat: Fact<String>
    /// The greatest share of one holder from outside the EU, in percent.
    public var nonEUShareMax: Fact<Double>
    /// All shares from outside the EU together, in percent.
    public var nonEUShareSum: Fact<Double>
    /// Establishments outside the EEA.
    public var thirdCountryEstablishments: Fact<[Provider.Establishment]>

    /// What the plan states of a provider of the operator's own on `day`: establishments; its seat is where its law is.
    public init(_ entry: ProviderEntry, on day: Day) {
        seat = .operators(entry.stated.law.flatMap { $0 == Jurisdictions.Circle.eu.rawValue ? nil : $0 }, on: day)
        nonEUShareMax = .operators(nil, on: day)
        nonEUShareSum = .operators(nil, on: day)
        thirdCountryEstablishments = .operators(
            entry.establishments?.map {
                Provider.Establishment(name: Text(en: "establishment", fr: "établissement"), country: $0)
            }, on: day)
    }

    /// Reads it off the catalogue.
    public init(_ provider: Provider) {
        seat = provider.seat
        nonEUShareMax = provider.nonEUShareMax
        nonEUShareSum = provider.nonEUShareSum
        thirdCountryEstablishments = provider.thirdCountryEstablishments
    }
}
