/// What a rule says of one dataset at one place, and why.
public struct Verdict: Hashable, Sendable, Codable {
    /// What follows where a rule is not satisfied.
    public enum Effect: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
        /// The dataset does not move.
        case block
        /// A person is warned.
        case warn
        /// It is stated, no more; other rules build on it.
        case fact

        private var rank: Int {
            switch self {
            case .fact: 0
            case .warn: 1
            case .block: 2
            }
        }

        /// As documents write it.
        public var words: Text {
            switch self {
            case .block: Text(en: "block", fr: "bloque")
            case .warn: Text(en: "warn", fr: "avertit")
            case .fact: Text(en: "fact", fr: "constat")
            }
        }

        /// The greater one is the stricter.
        public static func < (left: Effect, right: Effect) -> Bool { left.rank < right.rank }
    }

    /// What must be said beside an outcome.
    public enum Note: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
        /// The rule has nothing to say of this dataset.
        case notApplicable = "does not apply"
        /// It rests on what only the plan states.
        case operatorsWord = "operator's word"
        /// It is allowed, and yet a person should know.
        case reservation = "allowed with a reservation"
        /// It rests on a document whose signature was not checked.
        case unsigned = "unsigned"
        /// A forecast of the finish is all that is missing: whoever has counted the objects can tell.
        case awaitsForecast = "awaits a forecast"

        public static func < (left: Note, right: Note) -> Bool { left.rawValue < right.rawValue }
    }

    /// The rule's id (`R4`).
    public var rule: String
    /// What it found.
    public var outcome: Outcome
    /// What follows where it is not satisfied.
    public var effect: Effect
    /// The dataset's name.
    public var dataset: String
    /// What is judged (`target scaleway/fr-par (FR)`).
    public var subject: Text
    /// The facts that it used.
    public var facts: [UsedFact]
    /// The law behind the rule.
    public var basis: Text
    /// Which fact, which law.
    public var message: Text
    /// What would change it, in words; empty where nothing must.
    public var remedy: Text
    /// The place of the plan that it is about, for `Plan.mark`.
    public var planPath: String
    /// Whether it tells how things stand today; such a verdict never blocks.
    public var isToday: Bool
    /// What must be said beside the outcome, sorted.
    public var notes: [Note]
    /// Derogations that name this rule and dataset, those that are ignored too; sorted.
    public var derogations: [RecordedDerogation]

    /// Gives a verdict.
    public init(
        rule: String, outcome: Outcome, effect: Effect, dataset: String, subject: Text, facts: [UsedFact],
        basis: Text, message: Text, remedy: Text, planPath: String, isToday: Bool, notes: [Note],
        derogations: [RecordedDerogation] = []
    ) {
        self.rule = rule
        self.outcome = outcome
        self.effect = effect
        self.dataset = dataset
        self.subject = subject
        self.facts = facts
        self.basis = basis
        self.message = message
        self.remedy = remedy
        self.planPath = planPath
        self.isToday = isToday
        self.notes = notes
        self.derogations = derogations
    }

    /// Whether a derogation that holds accepts the verdict. It stays what it is, and no longer stops the dataset.
    public var isDerogated: Bool { outcome != .satisfied && derogations.contains { $0.ignored == nil } }

    /// Whether the dataset must not move: a blocking rule that is violated, or that does not know, and no derogation.
    public var blocks: Bool { effect == .block && outcome != .satisfied && !isToday && !isDerogated }

    /// Whether it is unknown for want of a forecast alone.
    public var awaitsForecast: Bool { outcome == .unknown && notes.contains(.awaitsForecast) }

    /// Whether it blocks before any object is counted: what only a forecast can tell is for those to judge who have one.
    public var blocksUncounted: Bool { blocks && !awaitsForecast }

    /// Whether a person must be warned: a warning rule that is not satisfied, or one that holds with a reservation.
    public var warns: Bool {
        guard !isToday else { return false }
        return (effect == .warn && outcome != .satisfied) || isDerogated || notes.contains(.reservation)
    }

    /// Whether the rule has anything to say of the dataset.
    public var applies: Bool { !notes.contains(.notApplicable) }
}

/// A derogation beside a verdict.
public struct RecordedDerogation: Hashable, Sendable, Codable {
    /// Its number.
    public var reference: String
    /// Who decided.
    public var by: String
    /// Who signed.
    public var signer: String
    /// Why.
    public var reason: String
    /// Its last day.
    public var until: Day
    /// The file that holds it.
    public var file: String
    /// The worst outcome that it accepts; nil is not stated, and accepts none.
    public var accepts: Outcome?
    /// Why it is ignored; nil where it holds.
    public var ignored: Text?

    /// The record beside a verdict of `outcome`: one that is worse than what was accepted it does not cover.
    func beside(_ outcome: Outcome) -> RecordedDerogation {
        guard ignored == nil, outcome != .satisfied, accepts != .violated, accepts != outcome else { return self }
        var record = self
        switch accepts {
        case .unknown:
            record.ignored = Text(
                en: "it accepts that the rule is unknown, not that it is violated",
                fr: "elle accepte que la règle soit inconnue, non qu'elle soit violée")
        case .satisfied, .violated, nil:
            record.ignored = Text(
                en: "it does not say which outcome it accepts", fr: "elle ne dit pas quel constat elle accepte")
        }
        return record
    }

    /// Records `document`; `ignored` says why it does not hold.
    public init(_ document: SignedDocument, ignored: Text?) {
        reference = document.reference
        by = document.by
        signer = document.signer
        reason = document.reason
        until = document.until
        accepts = document.accepts
        file = document.file
        self.ignored = ignored
    }
}

/// How many rules hold for one dataset, counted once a rule, by its worst verdict on what the plan brings about.
public struct VerdictTally: Hashable, Sendable, Codable {
    /// Ids of rules that hold or do not apply.
    public var satisfied: [String]
    /// Ids of those among them that do not apply: they say nothing in the plan's favour.
    public var inapplicable: [String]
    /// Ids of rules that are violated.
    public var violated: [String]
    /// Ids of rules that do not know.
    public var unknown: [String]
    /// Ids of rules that block, among the two above.
    public var blocking: [String]
    /// Ids of rules that warn.
    public var warning: [String]
    /// Ids of rules that are violated or unknown today, at the source.
    public var today: [String]

    /// Counts `verdicts`, all of one dataset.
    public init(_ verdicts: [Verdict]) {
        var worst: [String: Outcome] = [:]
        for verdict in verdicts where !verdict.isToday {
            worst[verdict.rule] = (worst[verdict.rule] ?? .satisfied).and(verdict.outcome)
        }
        func ids(_ belongs: (Verdict) -> Bool) -> [String] {
            Set(verdicts.lazy.filter(belongs).map(\.rule)).sorted(by: Rulebook.precedes)
        }
        satisfied = worst.keys.filter { worst[$0] == .satisfied }.sorted(by: Rulebook.precedes)
        let speaking = Set(verdicts.lazy.filter { !$0.isToday && $0.applies }.map(\.rule))
        inapplicable = satisfied.filter { !speaking.contains($0) }
        violated = worst.keys.filter { worst[$0] == .violated }.sorted(by: Rulebook.precedes)
        unknown = worst.keys.filter { worst[$0] == .unknown }.sorted(by: Rulebook.precedes)
        blocking = ids(\.blocks)
        warning = ids(\.warns)
        today = ids { $0.isToday && $0.outcome != .satisfied }
    }
}
