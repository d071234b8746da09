/// A sovereignty rule: one file in `Rules/`, one line in `Rulebook.known`, one entry in `seeds/rulebook.yaml`.
///
/// A rule is a pure function of the estate and the day. It must not depend on the order of anything,
/// and must never be satisfied by the absence of a fact.
public protocol Rule: Sendable {
    /// Its id (`R4`).
    var id: String { get }
    /// What must hold, in one sentence.
    var predicate: Text { get }
    /// Why it is there and what to do about it, for `rules explain`.
    var explanation: Text { get }
    /// How much of a dataset it reads. It sees no more, and judges once for all datasets that are alike in that.
    var sight: Sight { get }
    /// Judges one dataset; empty where the rule does not apply.
    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding]
}

/// How much of a dataset a rule reads.
public enum Sight: Sendable {
    /// Its hops, class, clauses, seal and the holder of its pseudonyms' secret.
    case route
    /// The same, and what the plan states of it.
    case way
    /// All of it: its name, purpose, documents, retention, forecast and step too.
    case dataset
}

extension Rule {
    public var sight: Sight { .way }
}

/// What a rule found at one place; the rulebook adds id, effect and basis.
public struct Finding: Hashable, Sendable {
    /// What it found.
    public var outcome: Outcome
    /// What is judged.
    public var subject: Text
    /// The facts that it used.
    public var facts: [UsedFact]
    /// Which fact, which law.
    public var message: Text
    /// What would change it.
    public var remedy: Text
    /// The place of the plan that it is about.
    public var planPath: String
    /// Whether it tells how things stand today.
    public var isToday: Bool
    /// What must be said beside it; `operator's word` is added by the rulebook.
    public var notes: Set<Verdict.Note>
    /// What follows where that is more than the rulebook says (a date that has passed blocks where a near one warns).
    public var effect: Verdict.Effect?

    /// Notes a finding.
    public init(
        _ outcome: Outcome, subject: Text, facts: [UsedFact], message: Text, remedy: Text = .empty,
        planPath: String, isToday: Bool = false, notes: Set<Verdict.Note> = [], effect: Verdict.Effect? = nil
    ) {
        self.effect = effect
        self.outcome = outcome
        self.subject = subject
        self.facts = facts
        self.message = message
        self.remedy = remedy
        self.planPath = planPath
        self.isToday = isToday
        self.notes = notes
    }
}

/// Where and when rules are judged: the lists of countries and the day.
public struct Court: Hashable, Sendable {
    /// EU, EEA and adequacy.
    public var jurisdictions: Jurisdictions
    /// The day on which facts must hold.
    public var day: Day
    /// Derogations, authorisations and opinions, their signatures checked.
    public var documents: [SignedDocument]
    /// The laws of those who reach the data from elsewhere, by name, where the catalogue may know them.
    public var laws: [String: [LawFact]]

    /// Opens a court.
    public init(
        jurisdictions: Jurisdictions, day: Day, documents: [SignedDocument] = [], laws: [String: [LawFact]] = [:]
    ) {
        self.laws = laws
        self.jurisdictions = jurisdictions
        self.day = day
        self.documents = documents
    }

    /// Why `document`, which names the dataset, does not hold for it on its way; nil where it does.
    func objection(to document: SignedDocument, at itinerary: Itinerary) -> Text? {
        let isFeminine = document.kind.isFeminine
        let it = isFeminine ? "elle" : "il"
        switch document.standing {
        case .unsigned:
            return Text(en: "it is not signed", fr: "\(it) n'est pas \(isFeminine ? "signée" : "signé")")
        case .wrong:
            return Text(
                en: "its signature is not that of \(document.signer) over these words",
                fr: "sa signature n'est pas celle de \(document.signer) sur ce texte")
        case .stranger:
            return Text(
                en: "the plan names no signer \(document.signer)",
                fr: "le plan ne nomme pas de signataire \(document.signer)")
        case .valid: break
        }
        if document.until < day {
            return Text(en: "it ended on \(document.until)", fr: "\(it) a pris fin le \(document.until)")
        }
        if day < document.from {
            return Text(en: "it begins on \(document.from)", fr: "\(it) commence le \(document.from)")
        }
        let places = itinerary.destinations
        if !places.contains(document.destination) {
            let here = places.first ?? ""
            return Text(
                en: "it is for \(document.destination), not for \(here)",
                fr: "\(it) vaut pour \(document.destination), non pour \(here)")
        }
        return nil
    }

    /// Whether `hop` lies in `circle`, with the facts used.
    func lies(_ hop: Hop, in circle: Jurisdictions.Circle) -> (outcome: Outcome, facts: [UsedFact]) {
        let used = [UsedFact(hop.countryTitle, hop.country, on: day)]
        guard let country = hop.country.known(on: day) else { return (.unknown, used) }
        let (outcome, facts) = jurisdictions.membership(of: country, in: circle, on: day)
        return (outcome, used + facts)
    }

    /// Whether `hop` is under EU or EEA law and no other, with the facts used.
    func isExclusivelyEuropean(_ hop: Hop) -> (outcome: Outcome, facts: [UsedFact]) { isExclusivelyEuropean(hop.laws) }

    /// Whether all `laws` are EU or EEA law, with the facts used.
    func isExclusivelyEuropean(_ laws: [LawFact]) -> (outcome: Outcome, facts: [UsedFact]) {
        guard !laws.isEmpty else { return (.unknown, []) }
        var outcome = Outcome.satisfied
        var facts: [UsedFact] = []
        for law in laws {
            facts.append(UsedFact(law.name, law.law, on: day))
            guard let known = law.law.known(on: day) else {
                outcome = outcome.and(.unknown)
                continue
            }
            let (european, membership) = jurisdictions.isEEALaw(known, on: day)
            facts += membership
            outcome = outcome.and(european)
        }
        return (outcome, facts)
    }

    /// Whether `hop` holds the certification `name`, with the facts used: held, known not to be held, or unknown.
    func holds(_ name: String, at hop: Hop) -> (outcome: Outcome, facts: [UsedFact]) {
        let own = hop.certifications.filter { $0.name.lowercased() == name.lowercased() }
        guard !own.isEmpty else {
            let missing = UsedFact(
                name: Text(en: "\(name) of \(hop.name)", fr: "\(name) de \(hop.name)"), value: nil,
                source: Fact<String>.missing.source, verifiedOn: nil,
                doubt: .missing)
            return (.unknown, [missing])
        }
        var held = false
        var refused = false
        var disputed = false
        var facts: [UsedFact] = []
        for certification in own {
            let doubt = certification.doubt(region: hop.region, isOperatorsWord: hop.isOperatorsWord, on: day)
            let version = certification.version.map { " \($0)" } ?? ""
            facts.append(
                UsedFact(
                    name: Text(
                        en: "\(certification.name)\(version) of \(hop.name)",
                        fr: "\(certification.name)\(version) de \(hop.name)"), value: certification.standing.english,
                    source: certification.source, verifiedOn: certification.verifiedOn, doubt: doubt,
                    origin: certification.origin, saying: certification.standing))
            switch (doubt, certification.status) {
            case (nil, .held): held = true
            case (nil, .none): refused = true
            // One source says that it is under way: then another that it is there is a contradiction.
            case (.disputed, _), (.pending, _): disputed = true
            case (_, .held), (_, .none), (_, .pending), (_, .disputed): break
            }
        }
        // A dispute, or one source against another, is settled by nobody here.
        let outcome: Outcome =
            disputed || (held && refused) ? .unknown : held ? .satisfied : refused ? .violated : .unknown
        return (outcome, facts.sortedByName)
    }
}
