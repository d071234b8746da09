/// Which countries belong to the EU and the EEA, and which the Commission found adequate, each with its dates.
public struct Jurisdictions: Hashable, Sendable, Codable {
    /// A circle of countries.
    public enum Circle: String, Hashable, Sendable, Codable, CaseIterable {
        /// The European Union.
        case eu = "EU"
        /// The European Economic Area; the EU is part of it.
        case eea = "EEA"
    }

    /// The membership of one country.
    public struct Member: Hashable, Sendable, Codable {
        /// ISO 3166-1 alpha-2.
        public var country: String
        /// For people.
        public var name: Text
        /// `EU` for members of both, `EEA` for those of the EEA alone.
        public var circle: Circle
        /// Member since.
        public var from: Day?
        /// Last day of membership.
        public var until: Day?
        /// Where this is known from.
        public var source: String
        /// When somebody last looked; nil counts as unknown.
        public var verifiedOn: Day?
        /// Whether it stands; nil is that the sources say so.
        public var status: FactStatus?
        /// The file of an operator's own catalogue that states it; nil is the catalogue of this release.
        public var origin: String?

        /// States a membership.
        public init(
            country: String, name: Text, circle: Circle, from: Day? = nil, until: Day? = nil, source: String,
            verifiedOn: Day?, status: FactStatus? = nil, origin: String? = nil
        ) {
            self.status = status
            self.origin = origin
            self.country = country
            self.name = name
            self.circle = circle
            self.from = from
            self.until = until
            self.source = source
            self.verifiedOn = verifiedOn
        }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case country, name, circle, from, until, source, verifiedOn, status, origin
        }
    }

    /// An adequacy decision (GDPR art. 45).
    public struct Adequacy: Hashable, Sendable, Codable {
        /// What `--assume` calls it (`DPF`); nil where it has no name of its own.
        public var id: String?
        /// ISO 3166-1 alpha-2.
        public var country: String
        /// For people.
        public var name: Text
        /// The decision's number.
        public var decision: String
        /// For whom it holds where it does not hold for everybody; such a decision alone leaves a hop unknown.
        public var scope: Text?
        /// First day.
        public var from: Day?
        /// Last day.
        public var until: Day?
        /// Whether it stands.
        public var status: FactStatus
        /// Where this is known from.
        public var source: String
        /// When somebody last looked; nil counts as unknown.
        public var verifiedOn: Day?
        /// The file of an operator's own catalogue that states it; nil is the catalogue of this release.
        public var origin: String?

        /// States a decision.
        public init(
            id: String? = nil, country: String, name: Text, decision: String, scope: Text? = nil,
            from: Day? = nil, until: Day? = nil, status: FactStatus = .stated, source: String, verifiedOn: Day?,
            origin: String? = nil
        ) {
            self.origin = origin
            self.id = id
            self.country = country
            self.name = name
            self.decision = decision
            self.scope = scope
            self.from = from
            self.until = until
            self.status = status
            self.source = source
            self.verifiedOn = verifiedOn
        }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case id, country, name, decision, scope, from, until, status, source, verifiedOn, origin
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                id: try container.decodeIfPresent(String.self, forKey: .id),
                country: try container.decode(String.self, forKey: .country),
                name: try container.decode(Text.self, forKey: .name),
                decision: try container.decode(String.self, forKey: .decision),
                scope: try container.decodeIfPresent(Text.self, forKey: .scope),
                from: try container.decodeIfPresent(Day.self, forKey: .from),
                until: try container.decodeIfPresent(Day.self, forKey: .until),
                status: try container.decodeIfPresent(FactStatus.self, forKey: .status) ?? .stated,
                source: try container.decode(String.self, forKey: .source),
                verifiedOn: try container.decodeIfPresent(Day.self, forKey: .verifiedOn),
                origin: try container.decodeIfPresent(String.self, forKey: .origin))
        }
    }

    /// Members of EU and EEA.
    public var members: [Member]
    /// Adequacy decisions.
    public var adequacy: [Adequacy]

    /// Puts the lists together.
    public init(members: [Member], adequacy: [Adequacy]) {
        self.members = members
        self.adequacy = adequacy
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case members, adequacy
    }

    /// Whether `country` belongs to `circle` on `day`, with the facts that say so.
    /// A country that no entry names is known to be outside.
    public func membership(of country: String, in circle: Circle, on day: Day) -> (Outcome, [UsedFact]) {
        var outcome = Outcome.violated
        // What is disputed nobody here settles, whatever another entry says.
        var isDisputed = false
        var facts: [UsedFact] = []
        for member in members where member.country == country && (circle == .eea || member.circle == .eu) {
            let fact = member.fact
            let doubt = fact.doubt(on: day)
            facts.append(UsedFact(member.title, fact, on: day, saying: member.circle.words))
            switch doubt {
            case nil: outcome = .satisfied
            // Dates that have passed or not come are knowledge, not doubt: the country is outside on that day.
            case .expired, .notYet: break
            case .disputed: isDisputed = true
            case .missing, .unverified, .pending, .outOfScope:
                if outcome != .satisfied { outcome = .unknown }
            }
        }
        return (isDisputed ? .unknown : outcome, facts.sortedByName)
    }

    /// Whether the law of `law` (a country, or `EU`) is EU or EEA law on `day`, with the facts that say so.
    public func isEEALaw(_ law: String, on day: Day) -> (Outcome, [UsedFact]) {
        law == Circle.eu.rawValue ? (.satisfied, []) : membership(of: law, in: .eea, on: day)
    }

    /// Whether an adequacy decision covers `country` on `day`, with the facts that say so.
    /// One that covers some organisations only is unknown.
    public func isAdequate(_ country: String, on day: Day) -> (Outcome, [UsedFact]) {
        var outcome = Outcome.violated
        // What is disputed nobody here settles, whatever another entry says.
        var isDisputed = false
        var facts: [UsedFact] = []
        for decision in adequacy where decision.country == country {
            let fact = decision.fact
            var used = UsedFact(decision.title, fact, on: day, saying: decision.words)
            if used.doubt == nil, decision.scope != nil { used.doubt = .outOfScope }
            facts.append(used)
            switch used.doubt {
            case nil: outcome = .satisfied
            case .expired, .notYet: break
            case .disputed: isDisputed = true
            case .missing, .unverified, .pending, .outOfScope:
                if outcome != .satisfied { outcome = .unknown }
            }
        }
        return (isDisputed ? .unknown : outcome, facts.sortedByName)
    }
}

extension Jurisdictions.Circle {
    /// As people write it.
    public var words: Text {
        switch self {
        case .eu: Text(en: "EU", fr: "UE")
        case .eea: Text(en: "EEA", fr: "EEE")
        }
    }
}

extension Jurisdictions.Member {
    /// What the fact is called in a verdict.
    public var title: Text { Text(en: "membership of \(name)", fr: "appartenance (\(name))") }

    /// The membership as a fact.
    public var fact: Fact<String> {
        Fact(
            circle.rawValue, source: source, verifiedOn: verifiedOn, status: status ?? .stated, from: from,
            until: until, origin: origin)
    }
}

extension Jurisdictions.Adequacy {
    /// What the fact is called in a verdict.
    public var title: Text { Text(en: "adequacy of \(name)", fr: "adéquation (\(name))") }

    /// The decision as each language cites it, and for whom it holds.
    public var words: Text {
        let french = [("(EU)", "(UE)"), ("/EU", "/UE"), ("/EC", "/CE"), ("renewed", "renouvelée le")]
            .reduce(decision) { $0.replacing($1.0, with: $1.1) }
        let cited = Text(en: "\(decision)", fr: "\(french)")
        return scope.map { Text(en: "\(cited) for \($0)", fr: "\(cited) pour : \($0)") } ?? cited
    }

    /// The decision as a fact; that it covers some organisations only is said in the value.
    public var fact: Fact<String> {
        Fact(
            words.english, source: source, verifiedOn: verifiedOn, status: status,
            from: from, until: until, origin: origin)
    }
}

extension [UsedFact] {
    /// In an order that does not depend on the order of the catalogue.
    var sortedByName: [UsedFact] {
        sorted {
            ($0.name.english, $0.value ?? "", $0.source, $0.doubt?.rawValue ?? "")
                < ($1.name.english, $1.value ?? "", $1.source, $1.doubt?.rawValue ?? "")
        }
    }
}
