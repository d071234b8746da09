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
        EUOnlyClause(),
        ForeignLawSeesNoPlaintext(),
        CiphertextOnlyUnderForeignLaw(),
        UnitedStatesParent(),
        StateDataOnSecNumCloud(),
        HealthDataOnHDS(),
        HealthDataInTheEEA(),
        AuthorisationCovers(),
        CertificatesInDoubtAreNotHeld(),
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
        let court = Court(jurisdictions: estate.jurisdictions, day: day, documents: estate.documents)
        return estate.itineraries.sorted { $0.dataset.name < $1.dataset.name }.flatMap { itinerary in
            articles.flatMap { judge(itinerary, by: $0, in: court, raised: estate.severities[$0.rule.id]) }
        }
    }

    private func judge(
        _ itinerary: Itinerary, by article: Article, in court: Court, raised: Verdict.Effect?
    ) -> [Verdict] {
        var findings = article.rule.judge(itinerary, in: court)
        for part in itinerary.parts {
            var asPart = itinerary
            asPart.dataset = part
            (asPart.dataset.source, asPart.dataset.target) = (itinerary.dataset.source, itinerary.dataset.target)
            asPart.dataset.seal = itinerary.dataset.seal
            asPart.parts = []
            asPart.assurances = part.assurances.over(itinerary.assurances)
            findings += article.rule.judge(asPart, in: court).filter { $0.outcome != .satisfied }.map { finding in
                var finding = finding
                finding.subject = Text(en: "\(part.name): \(finding.subject)", fr: "\(part.name) : \(finding.subject)")
                return finding
            }
        }
        let name = itinerary.dataset.name
        if !findings.contains(where: { !$0.isToday }) {
            findings.append(
                Finding(
                    .satisfied, subject: Text(en: "dataset \(name)", fr: "jeu de données \(name)"), facts: [],
                    message: Text(en: "does not apply to \(name)", fr: "ne s'applique pas à \(name)"),
                    planPath: itinerary.planPath, notes: [.notApplicable]))
        }
        return findings.map { finding in
            var notes = finding.notes
            if finding.facts.contains(where: \.isOperatorsWord) { notes.insert(.operatorsWord) }
            let effect = [article.entry.severity, raised, finding.effect].compactMap(\.self).max() ?? .block
            return Verdict(
                rule: article.rule.id, outcome: finding.outcome, effect: effect,
                dataset: name, subject: finding.subject, facts: finding.facts,
                basis: article.entry.basis, message: finding.message, remedy: finding.remedy,
                planPath: finding.planPath, isToday: finding.isToday, notes: notes.sorted(),
                derogations: finding.outcome == .satisfied || finding.isToday
                    ? [] : derogations(for: article, of: itinerary, in: court))
        }.sorted {
            if $0.isToday != $1.isToday { return $1.isToday }
            return ($0.subject.english, $0.planPath, $0.message.english)
                < ($1.subject.english, $1.planPath, $1.message.english)
        }
    }

    /// Derogations that name the rule and the dataset, with why each is ignored.
    private func derogations(for article: Article, of itinerary: Itinerary, in court: Court) -> [RecordedDerogation] {
        court.documents.filter {
            $0.kind == .derogation && $0.rule == article.rule.id && $0.dataset == itinerary.dataset.name
        }.map { document in
            let ignored =
                article.entry.derogable == true
                ? court.objection(to: document, at: itinerary)
                : Text(
                    en: "\(article.rule.id) admits no derogation", fr: "\(article.rule.id) n'admet pas de dérogation")
            return RecordedDerogation(document, ignored: ignored)
        }.sorted { ($0.reference, $0.file) < ($1.reference, $1.file) }
    }

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
