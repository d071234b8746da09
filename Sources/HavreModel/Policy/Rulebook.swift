/// What `seeds/rulebook.yaml` says of the rules: what follows, on which basis, since when.
public struct RulebookSeed: Hashable, Sendable, Codable {
    /// One rule.
    public struct Entry: Hashable, Sendable, Codable {
        /// The rule's id (`R4`).
        public var id: String
        /// What follows where it is not satisfied.
        public var severity: Verdict.Effect
        /// The law behind it.
        public var basis: Text
        /// Where that can be read.
        public var source: String
        /// In force since; nil is not verified.
        public var since: Day?
        /// Whether somebody may accept its verdict by a signed derogation; nil is no.
        public var derogable: Bool?

        /// Describes a rule.
        public init(
            id: String, severity: Verdict.Effect, basis: Text, source: String, since: Day?, derogable: Bool? = nil
        ) {
            self.derogable = derogable
            self.id = id
            self.severity = severity
            self.basis = basis
            self.source = source
            self.since = since
        }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case id, severity, basis, source, since, derogable
        }
    }

    /// The rulebook's version.
    public var version: String
    /// Its rules.
    public var rules: [Entry]

    /// Puts a seed together.
    public init(version: String, rules: [Entry]) {
        self.version = version
        self.rules = rules
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case version, rules
    }
}

/// A rulebook that does not fit the rules that this program knows.
public struct RulebookError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule's id.
    public let rule: String
    /// What is wrong.
    public let problem: String
    public var description: String { "rulebook: \(rule) \(problem)" }
}

/// The versioned set of rules.
public struct Rulebook: Sendable {
    /// Every rule that this program knows; a new one is one line here.
    public static let known: [any Rule] = [
        PersonalDataStayInAdequateCountries(),
        NothingRestsOnTheDPFAlone(),
        EUOnlyClause(),
        ForeignLawSeesNoPlaintext(),
        CiphertextOnlyUnderForeignLaw(),
        NoContractAgainstForeignLaw(),
        UnitedStatesParent(),
        EstablishmentsInThirdCountries(),
        ImmuneShareholding(),
        StateDataOnSecNumCloud(),
        StateDataCriteria(),
        HealthDataOnHDS(),
        HealthDataInTheEEA(),
        RemoteAccessIsSafeguarded(),
        HDSIsNoImmunity(),
        SecurityReferentialForSNDS(),
        PseudonymisationSecretApart(),
        AuthorisationCovers(),
        CertificatesInDoubtAreNotHeld(),
        KeyBeyondTheHostsReach(),
        ProviderEncryptionIsNoProtection(),
        FinishedBeforeTheEnds(),
        SwitchingClockKept(),
        NoEgressFee(),
        SecretsPast2030(),
        NothingDestroyedTooEarly(),
        IncidentClocks(),
    ]

    /// A rule with what the rulebook says of it.
    public struct Article: Sendable {
        /// The predicate.
        public let rule: any Rule
        /// Effect, basis, source, date.
        public let entry: RulebookSeed.Entry
    }

    /// The version.
    public let version: String
    /// The rules, in the order of their ids.
    public let articles: [Article]

    /// Joins a seed with the rules that this program knows. Each must be in both, once.
    public init(seed: RulebookSeed) throws(RulebookError) {
        var entries: [String: RulebookSeed.Entry] = [:]
        for entry in seed.rules {
            guard entries.updateValue(entry, forKey: entry.id) == nil else {
                throw RulebookError(rule: entry.id, problem: "stands there twice")
            }
        }
        var articles: [Article] = []
        for rule in Self.known {
            guard let entry = entries.removeValue(forKey: rule.id) else {
                throw RulebookError(rule: rule.id, problem: "is missing")
            }
            articles.append(Article(rule: rule, entry: entry))
        }
        if let stranger = entries.keys.min(by: Self.precedes) {
            let ids = Self.known.map(\.id).sorted(by: Self.precedes).joined(separator: ", ")
            throw RulebookError(rule: stranger, problem: "is no rule that this release judges; it judges \(ids)")
        }
        version = seed.version
        self.articles = articles.sorted { Self.precedes($0.rule.id, $1.rule.id) }
    }

    /// The rule of that id.
    public func article(_ id: String) -> Article? { articles.first { $0.rule.id == id } }

    /// Ids of all rules, in order.
    public var ruleIDs: [String] { articles.map(\.rule.id) }

    /// Whether rule `left` comes before `right`: by number, then by text.
    public static func precedes(_ left: String, _ right: String) -> Bool {
        let numbers = (Int(left.dropFirst()), Int(right.dropFirst()))
        guard let first = numbers.0, let second = numbers.1, first != second else { return left < right }
        return first < second
    }

    /// Judges all datasets of `estate` on `day`.
    ///
    /// The verdicts are sorted by dataset, rule, moment and subject, whatever the order of the estate.
    /// A rule that does not apply to a dataset gives one satisfied verdict that says so. A union is judged like each
    /// of its parts as well, on its own way: what troubles a part troubles the union.
    public func judge(_ estate: Estate, on day: Day) -> [Verdict] {
        // Documents are looked up by dataset, and a way that datasets share is judged once: a plan may have thousands.
        let documents = Dictionary(grouping: estate.documents) { $0.dataset.isWildcard ? "" : $0.dataset }
        let bare = Court(jurisdictions: estate.jurisdictions, day: day, laws: estate.laws)
        var (routes, ways) = (Shared(.route), Shared(.way))
        var verdicts: [Verdict] = []
        verdicts.reserveCapacity(estate.itineraries.count * articles.count * 2)
        for itinerary in estate.itineraries.sorted(by: { $0.dataset.name < $1.dataset.name }) {
            var court = bare
            court.documents = (["", itinerary.dataset.name] + itinerary.parts.map(\.name)).flatMap {
                documents[$0] ?? []
            }
            let isUnion = !itinerary.parts.isEmpty
            func judged(_ way: Itinerary, _ sight: Sight) -> [[Verdict]] {
                judge(way, in: bare, seeing: sight, raised: estate.severities)
            }
            let route = isUnion ? nil : routes.verdicts(of: itinerary) { judged($0, .route) }
            let way = isUnion ? nil : ways.verdicts(of: itinerary) { judged($0, .way) }
            let silence = inapplicable(to: itinerary)
            for (index, article) in articles.enumerated() {
                let raised = estate.severities[article.rule.id]
                let own: [Verdict]
                switch (article.rule.sight, route, way) {
                case (.route, let route?, _): own = route[index]
                case (.way, _, let way?): own = way[index]
                case (.route, nil, _), (.way, _, nil), (.dataset, _, _):
                    own = self.verdicts(findings(itinerary, by: article, in: court), by: article, raised: raised)
                }
                let start = verdicts.count
                if own.first?.isToday != false { verdicts.append(verdict(silence, by: article, raised: raised)) }
                verdicts.append(contentsOf: own)
                let recorded = derogations(for: article, of: itinerary, in: court)
                for index in start..<verdicts.count {
                    verdicts[index].dataset = itinerary.dataset.name
                    if verdicts[index].planPath.hasPrefix(".") {
                        verdicts[index].planPath = itinerary.planPath + verdicts[index].planPath
                    }
                    if !recorded.isEmpty, verdicts[index].outcome != .satisfied, !verdicts[index].isToday {
                        let outcome = verdicts[index].outcome
                        verdicts[index].derogations = recorded.map { $0.beside(outcome) }
                    }
                }
            }
        }
        return verdicts
    }

    /// What the rules of that sight say of a way, by article.
    private func judge(_ way: Itinerary, in court: Court, seeing sight: Sight, raised: [String: Verdict.Effect])
        -> [[Verdict]]
    {
        articles.map { article in
            guard article.rule.sight == sight else { return [] }
            return verdicts(article.rule.judge(way, in: court), by: article, raised: raised[article.rule.id])
        }
    }

    /// What a rule finds of a dataset and, of a union, of each of its parts on the union's way.
    private func findings(_ itinerary: Itinerary, by article: Article, in court: Court) -> [Finding] {
        var findings = article.rule.judge(itinerary, in: court)
        // What the union itself is told already is not told again for a part.
        let told = Set(itinerary.parts.isEmpty ? [] : findings.map { Told($0) })
        for part in itinerary.parts {
            let own = article.rule.judge(itinerary.way(of: part), in: court)
            findings += own.filter { $0.outcome != .satisfied && !told.contains(Told($0)) }.map { finding in
                var finding = finding
                finding.subject = Text(en: "\(part.name): \(finding.subject)", fr: "\(part.name) : \(finding.subject)")
                return finding
            }
        }
        return findings
    }

    private func inapplicable(to itinerary: Itinerary) -> Finding {
        let name = itinerary.dataset.name
        return Finding(
            .satisfied, subject: Text(en: "dataset \(name)", fr: "jeu de données \(name)"), facts: [],
            message: Text(en: "does not apply to \(name)", fr: "ne s'applique pas à \(name)"),
            planPath: itinerary.planPath, notes: [.notApplicable])
    }

    private func verdict(_ finding: Finding, by article: Article, raised: Verdict.Effect?) -> Verdict {
        var notes = finding.notes
        if finding.facts.contains(where: { $0.isOperatorsWord && $0.doubt != .missing }) {
            notes.insert(.operatorsWord)
        }
        var effect = max(article.entry.severity, raised ?? .fact)
        if let own = finding.effect { effect = max(effect, own) }
        return Verdict(
            rule: article.rule.id, outcome: finding.outcome, effect: effect, dataset: "", subject: finding.subject,
            facts: finding.facts, basis: article.entry.basis, message: finding.message, remedy: finding.remedy,
            planPath: finding.planPath, isToday: finding.isToday, notes: notes.sorted())
    }

    /// Verdicts of no dataset yet, what is not of today first.
    private func verdicts(_ findings: [Finding], by article: Article, raised: Verdict.Effect?) -> [Verdict] {
        let verdicts = findings.map { verdict($0, by: article, raised: raised) }
        guard verdicts.count > 1 else { return verdicts }
        return verdicts.sorted {
            if $0.isToday != $1.isToday { return $1.isToday }
            let left = ($0.subject.english, $0.planPath, $0.message.english, $0.outcome.rawValue)
            let right = ($1.subject.english, $1.planPath, $1.message.english, $1.outcome.rawValue)
            guard left == right else { return left < right }
            return $0.facts.map(\.words).joined(separator: "\n").english
                < $1.facts.map(\.words).joined(separator: "\n").english
        }
    }

    /// What a finding tells, wherever it comes from.
    private struct Told: Hashable {
        let outcome: Outcome
        let message: Text
        let isToday: Bool
        let effect: Verdict.Effect?

        init(_ finding: Finding) {
            outcome = finding.outcome
            message = finding.message
            isToday = finding.isToday
            effect = finding.effect
        }
    }

    /// Derogations that name the rule and the dataset, with why each is ignored.
    private func derogations(for article: Article, of itinerary: Itinerary, in court: Court) -> [RecordedDerogation] {
        guard !court.documents.isEmpty else { return [] }
        return court.documents.filter {
            $0.kind == .derogation && $0.rule == article.rule.id
                && ($0.dataset == itinerary.dataset.name || $0.dataset.isWildcard)
        }.map { document in
            if document.dataset.isWildcard || document.destination.isWildcard {
                let wildcard = Text(en: "a wildcard covers nothing", fr: "un joker ne couvre rien")
                return RecordedDerogation(document, ignored: wildcard)
            }
            let ignored =
                article.entry.derogable == true
                ? court.objection(to: document, at: itinerary)
                : Text(
                    en: "\(article.rule.id) admits no derogation", fr: "\(article.rule.id) n'admet pas de dérogation")
            return RecordedDerogation(document, ignored: ignored)
        }.sorted { ($0.reference, $0.file) < ($1.reference, $1.file) }
    }

    /// The rules as a Markdown table for documents, from the code and the seed.
    public func table(_ language: Text.Language) -> String {
        let head = Text(
            en: "| rule | holds when | else | basis | source |",
            fr: "| règle | tient lorsque | sinon | fondement | source |")
        var lines = [head[language], "|---|---|---|---|---|"]
        for article in articles {
            let entry = article.entry
            let effect = entry.derogable == true ? entry.severity.words + Self.derogation : entry.severity.words
            let cells = [
                entry.id, article.rule.predicate[language], effect[language], entry.basis[language], entry.source,
            ]
            lines.append("| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let derogation = Text(en: ", or a signed derogation", fr: ", ou une dérogation signée")

    /// The rulebook as one text, the same for equal rulebooks: what its hash is taken over.
    public var canonicalText: String {
        var lines = ["havre rulebook \(version)"]
        for article in articles {
            let entry = article.entry
            lines.append(
                [
                    entry.id, entry.severity.rawValue, entry.basis.english, entry.basis.french, entry.source,
                    entry.since?.description ?? "", entry.derogable == true ? "derogable" : "",
                    article.rule.predicate.english, article.rule.predicate.french,
                ].map(Self.escaped).joined(separator: "\t"))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Itinerary {
    /// The way of `part` of a union: the part's data on the union's way, what the part states over what the union does.
    public func way(of part: Dataset) -> Itinerary {
        var way = self
        way.dataset = part
        (way.dataset.source, way.dataset.target) = (dataset.source, dataset.target)
        way.dataset.seal = dataset.seal
        way.parts = []
        way.assurances = part.assurances
        return way
    }
}

/// Verdicts of ways that are judged already: datasets that are alike in what a sight covers share them.
private struct Shared {
    private let sight: Sight
    private var known: [Way: [[Verdict]]] = [:]
    private var last: (way: Way, verdicts: [[Verdict]])?

    init(_ sight: Sight) { self.sight = sight }

    mutating func verdicts(of itinerary: Itinerary, judging: (Itinerary) -> [[Verdict]]) -> [[Verdict]] {
        let way = Way(itinerary, seenBy: sight)
        if let last, last.way == way { return last.verdicts }
        let found = known[way] ?? judging(way.itinerary)
        known[way] = found
        last = (way, found)
        return found
    }
}

/// A way without what rules of a sight do not see, the same for all datasets that share it.
private struct Way: Hashable {
    let itinerary: Itinerary

    init(_ itinerary: Itinerary, seenBy sight: Sight) {
        let dataset = itinerary.dataset
        var way = itinerary
        way.dataset = Dataset(
            name: "", classification: dataset.classification, clauses: dataset.clauses,
            source: Location(provider: dataset.source.provider, bucket: ""),
            target: Location(provider: dataset.target.provider, bucket: ""), seal: dataset.seal,
            opening: dataset.opening)
        way.dataset.pseudonymisation = dataset.pseudonymisation
        if sight == .route { way.assurances = Assurances() }
        way.planPath = ""
        way.forecast = nil
        way.step = nil
        self.itinerary = way
    }

    /// Places follow from the names in the plan, so that these tell ways apart well enough.
    func hash(into hasher: inout Hasher) {
        hasher.combine(itinerary.dataset)
        hasher.combine(itinerary.assurances)
    }
}
