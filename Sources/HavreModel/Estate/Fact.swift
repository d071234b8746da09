/// Something that the catalogue or the operator states: a value, where it is known from, when somebody last looked.
///
/// Facts are read three-valued: one that is missing, unverified, pending, disputed, expired or not yet in force
/// is unknown, never true and never false.
public struct Fact<Value: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
    /// What is stated; nil is not known.
    public var value: Value?
    /// Where this is known from: a URL, a reference, or `Fact.operatorsWord`.
    public var source: String
    /// When somebody last looked; nil counts as unknown.
    public var verifiedOn: Day?
    /// Whether the sources agree.
    public var status: FactStatus
    /// First day on which it holds; nil has no known beginning.
    public var from: Day?
    /// Last day on which it holds; nil has no end.
    public var until: Day?
    /// The file of an operator's own catalogue that states it; nil is the catalogue of this release, or the plan.
    public var origin: String?

    /// States a fact.
    public init(
        _ value: Value?, source: String, verifiedOn: Day?, status: FactStatus = .stated, from: Day? = nil,
        until: Day? = nil, origin: String? = nil
    ) {
        self.origin = origin
        self.value = value
        self.source = source
        self.verifiedOn = verifiedOn
        self.status = status
        self.from = from
        self.until = until
    }

    /// A fact that nobody states.
    public static var missing: Self { Self(nil, source: "nobody states it", verifiedOn: nil) }

    /// What the plan states on the day on which it is judged; nil stays missing.
    public static func operators(_ value: Value?, on day: Day) -> Self {
        guard let value else { return Self(nil, source: OperatorsWord.source, verifiedOn: nil) }
        return Self(value, source: OperatorsWord.source, verifiedOn: day)
    }

    /// Why the fact cannot be used on `day`; nil where it can.
    public func doubt(on day: Day) -> Doubt? {
        guard value != nil else { return .missing }
        switch status {
        case .pending: return .pending
        case .disputed: return .disputed
        case .stated: break
        }
        guard verifiedOn != nil else { return .unverified }
        if let until, until < day { return .expired }
        if let from, day < from { return .notYet }
        return nil
    }

    /// The value on `day`; nil is unknown.
    public func known(on day: Day) -> Value? { doubt(on: day) == nil ? value : nil }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case value, source, verifiedOn, status, from, until, origin
    }

    private enum ClaimsKey: String, CodingKey {
        case claims
    }

    /// Reads `{value, source, verifiedOn, …}`, or `{claims: […]}` where several sources speak.
    public init(from decoder: any Decoder) throws {
        let several = try decoder.container(keyedBy: ClaimsKey.self)
        if several.contains(.claims) {
            guard let fact = Self(claims: try several.decode([Claim<Value>].self, forKey: .claims)) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .claims, in: several, debugDescription: "there is no claim here")
            }
            self = fact
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decodeIfPresent(Value.self, forKey: .value),
            source: try container.decode(String.self, forKey: .source),
            verifiedOn: try container.decodeIfPresent(Day.self, forKey: .verifiedOn),
            status: try container.decodeIfPresent(FactStatus.self, forKey: .status) ?? .stated,
            from: try container.decodeIfPresent(Day.self, forKey: .from),
            until: try container.decodeIfPresent(Day.self, forKey: .until),
            origin: try container.decodeIfPresent(String.self, forKey: .origin))
    }
}

/// Whether the sources of a fact agree.
public enum FactStatus: String, Hashable, Sendable, Codable, CaseIterable {
    /// They say so.
    case stated
    /// They say that it is under way.
    case pending
    /// They contradict each other.
    case disputed
}

/// Why a fact is unknown.
public enum Doubt: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nobody states it.
    case missing
    /// Nobody has looked (`verifiedOn: null`).
    case unverified
    /// It is under way, not there.
    case pending
    /// Sources contradict each other.
    case disputed
    /// Its last day has passed.
    case expired
    /// Its first day has not come.
    case notYet
    /// It is about another service, region or kind of organisation.
    case outOfScope

    /// The doubt in words.
    public var words: Text {
        switch self {
        case .missing: Text(en: "not stated", fr: "sans indication")
        case .unverified: Text(en: "not verified", fr: "non vérifié")
        case .pending: Text(en: "pending", fr: "en cours")
        case .disputed: Text(en: "disputed", fr: "contesté")
        case .expired: Text(en: "expired", fr: "expiré")
        case .notYet: Text(en: "not yet in force", fr: "pas encore en vigueur")
        case .outOfScope: Text(en: "out of scope", fr: "hors périmètre")
        }
    }
}

/// The source of what only the plan says.
public enum OperatorsWord {
    /// As verdicts write it.
    public static let source = "operator's word"
}

/// A fact as a verdict used it.
public struct UsedFact: Hashable, Sendable, Codable {
    /// What it is about (`country of scaleway/fr-par`).
    public var name: Text
    /// What is stated; nil is nothing.
    public var value: String?
    /// The value in both languages where it is words of ours; nil where it reads the same in both.
    public var saying: Text?
    /// Where it is known from.
    public var source: String
    /// When somebody last looked.
    public var verifiedOn: Day?
    /// Why it counts as unknown; nil where it counts.
    public var doubt: Doubt?
    /// The operator's own catalogue that states it; nil is that of this release, or the plan.
    public var origin: String?

    /// Notes a use.
    public init(
        name: Text, value: String?, source: String, verifiedOn: Day?, doubt: Doubt?, origin: String? = nil,
        saying: Text? = nil
    ) {
        self.origin = origin
        self.name = name
        self.value = value
        self.saying = saying
        self.source = source
        self.verifiedOn = verifiedOn
        self.doubt = doubt
    }

    /// Notes the use of `fact` on `day`.
    public init<Value: CustomStringConvertible>(
        _ name: Text, _ fact: Fact<Value>, on day: Day, saying: Text? = nil
    ) {
        self.init(
            name: name, value: fact.value?.description, source: fact.source, verifiedOn: fact.verifiedOn,
            doubt: fact.doubt(on: day), origin: fact.origin, saying: saying)
    }

    /// The same of what is true or not.
    public init(_ name: Text, _ fact: Fact<Bool>, on day: Day) {
        self.init(
            name, fact, on: day,
            saying: fact.value.map { $0 ? Text(en: "true", fr: "vrai") : Text(en: "false", fr: "faux") })
    }

    /// The source of what the estimate forecasts.
    static let forecast = "forecast"
    /// The source of what Havre itself does to the data.
    static let wayOfTheData = "the way of the data"

    /// Whether only the plan says so, whatever evidence it names behind the words.
    public var isOperatorsWord: Bool { source.hasPrefix(OperatorsWord.source) }

    /// Whether it says the same as `other`, whenever somebody looked.
    public func says(_ other: UsedFact) -> Bool {
        value == other.value && source == other.source && doubt == other.doubt && origin == other.origin
    }
}

extension UsedFact {
    /// The fact as a person reads it: name, value, doubt, source, when somebody last looked.
    public var words: Text {
        let said = saying ?? value.map { Text($0) } ?? Text(en: "not known", fr: "inconnu")
        var text = name + Text(en: ": ", fr: " : ") + said
        if let doubt { text = text + Text(en: " (\(doubt.words))", fr: " (\(doubt.words))") }
        switch source {
        case OperatorsWord.source where doubt == .missing:
            text = text + Text(en: "; the plan does not say", fr: " ; le plan ne le dit pas")
        case OperatorsWord.source: text = text + Text(en: "; operator's word", fr: " ; parole de l'exploitant")
        case Fact<String>.missing.source: text = text + Text(en: "; nobody states it", fr: " ; personne ne l'indique")
        case Self.forecast: text = text + Text(en: "; forecast", fr: " ; prévision")
        case Self.wayOfTheData: text = text + Text(en: "; the way of the data", fr: " ; trajet des données")
        default: text = text + Text(en: "; \(source)", fr: " ; \(source)")
        }
        if let origin { text = text + Text(en: ", from \(origin)", fr: ", d'après \(origin)") }
        if let verifiedOn { text = text + Text(en: ", verified on \(verifiedOn)", fr: ", vérifié le \(verifiedOn)") }
        return text
    }
}
