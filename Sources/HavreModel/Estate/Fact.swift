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

    /// States a fact.
    public init(
        _ value: Value?, source: String, verifiedOn: Day?, status: FactStatus = .stated, from: Day? = nil,
        until: Day? = nil
    ) {
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
        case value, source, verifiedOn, status, from, until
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decodeIfPresent(Value.self, forKey: .value),
            source: try container.decode(String.self, forKey: .source),
            verifiedOn: try container.decodeIfPresent(Day.self, forKey: .verifiedOn),
            status: try container.decodeIfPresent(FactStatus.self, forKey: .status) ?? .stated,
            from: try container.decodeIfPresent(Day.self, forKey: .from),
            until: try container.decodeIfPresent(Day.self, forKey: .until))
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
    public var words: String {
        switch self {
        case .missing: "not stated"
        case .unverified: "not verified"
        case .pending: "pending"
        case .disputed: "disputed"
        case .expired: "expired"
        case .notYet: "not yet in force"
        case .outOfScope: "out of scope"
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
    public var name: String
    /// What is stated; nil is nothing.
    public var value: String?
    /// Where it is known from.
    public var source: String
    /// When somebody last looked.
    public var verifiedOn: Day?
    /// Why it counts as unknown; nil where it counts.
    public var doubt: Doubt?

    /// Notes a use.
    public init(name: String, value: String?, source: String, verifiedOn: Day?, doubt: Doubt?) {
        self.name = name
        self.value = value
        self.source = source
        self.verifiedOn = verifiedOn
        self.doubt = doubt
    }

    /// Notes the use of `fact` on `day`.
    public init(_ name: String, _ fact: Fact<String>, on day: Day) {
        self.init(
            name: name, value: fact.value, source: fact.source, verifiedOn: fact.verifiedOn, doubt: fact.doubt(on: day))
    }

    /// Whether only the plan says so, whatever evidence it names behind the words.
    public var isOperatorsWord: Bool { source.hasPrefix(OperatorsWord.source) }
}

extension UsedFact: CustomStringConvertible {
    /// The fact as a person reads it: name, value, doubt, source, when somebody last looked.
    public var description: String {
        var text = "\(name): \(value ?? "not known")"
        if let doubt { text += " (\(doubt.rawValue))" }
        text += "; \(source)"
        if let verifiedOn { text += ", verified on \(verifiedOn)" }
        return text
    }
}
