import HavreModel

/// What turns in an estate under changed facts or on another day.
struct JudgeReport: CommandResult {
    /// The run that a plan's journal tells of.
    struct Run: Encodable, Sendable {
        let id: String
        let outcome: String
        let ended: Day?
    }

    /// What a verdict rests on that is not what it was.
    struct FactChange: Encodable, Hashable, Sendable {
        let name: Text
        /// What was known; nil where the verdict did not ask for it.
        let from: UsedFact?
        /// What is known; nil where the verdict asks for it no more.
        let to: UsedFact?
    }

    /// A verdict that is not what it was.
    struct Turn: Encodable, Sendable {
        let dataset: String
        let rule: String
        let today: Bool
        let from: Outcome
        let to: Outcome
        let blocked: Bool
        let blocks: Bool
        let message: Text
        /// All facts behind the new verdict, each with its source.
        let facts: [UsedFact]
        /// What changed among them.
        let changed: [FactChange]
    }

    /// One plan.
    struct Part: Encodable, Sendable {
        let file: String
        let plan: String?
        let problem: String?
        let run: Run?
        /// The run that executed another edition of this file; nil where the file is what was executed.
        let editedSince: String?
        let blocking: [String]
        let turns: [Turn]
    }

    let assumed: [String]
    let day: Day
    private(set) var plans: [Part] = []
    private(set) var alerts: [BaseAlert] = []
    private let language: Text.Language
    private var datasets: [(plan: String, dataset: Dataset)] = []

    private enum CodingKeys: String, CodingKey {
        case assumed, day, plans, alerts
    }

    init(assumed: [String], day: Day, language: Text.Language) {
        self.assumed = assumed
        self.day = day
        self.language = language
    }

    /// Whether a dataset of any plan would be blocked.
    var blocked: Bool { plans.contains { !$0.blocking.isEmpty } }

    /// The plan of a file; nil where it is none, which the report then says.
    mutating func take(_ loaded: Loaded, _ file: String) -> PlanSession? {
        switch loaded {
        case .plan(let session): return session
        case .problem(let problem):
            plans.append(
                Part(
                    file: file, plan: nil, problem: problem, run: nil, editedSince: nil, blocking: [], turns: []))
            return nil
        }
    }

    /// Compares the verdicts of a plan before and after.
    mutating func add(
        _ plan: Plan, path: String, before: [Verdict], after: [Verdict], run: Run?, editedSince: String? = nil
    ) {
        let (was, becomes) = (Self.worst(before), Self.worst(after))
        let turns = becomes.keys.sorted().compactMap { key -> Turn? in
            guard let now = becomes[key], let then = was[key] else { return nil }
            guard now.outcome != then.outcome || now.blocks != then.blocks else { return nil }
            // The finding that counts may be another one than before: its facts are compared with its own.
            let own = before.first { Place($0) == key && $0.subject == now.subject } ?? then
            return Turn(
                dataset: now.dataset, rule: now.rule, today: now.isToday, from: then.outcome, to: now.outcome,
                blocked: then.blocks, blocks: now.blocks, message: now.message, facts: now.facts,
                changed: Self.changes(own.facts, now.facts))
        }
        let blocking = Set(after.filter(\.blocksUncounted).map { "\($0.dataset) \($0.rule)" })
        plans.append(
            Part(
                file: path, plan: plan.name, problem: nil, run: run, editedSince: editedSince,
                blocking: blocking.sorted { ($0.count, $0) < ($1.count, $1) }, turns: turns))
        datasets += plan.order.compactMap { plan.datasets[$0] }.map { (plan.name, $0) }
    }

    /// Takes the whole estate into view.
    mutating func finish() { alerts = BaseAlert.of(datasets) }

    private struct Place: Hashable, Comparable {
        let dataset: String
        let rule: String
        let today: Bool

        init(_ verdict: Verdict) {
            dataset = verdict.dataset
            rule = verdict.rule
            today = verdict.isToday
        }

        static func < (left: Place, right: Place) -> Bool {
            if left.dataset != right.dataset { return left.dataset < right.dataset }
            if left.today != right.today { return right.today }
            return Rulebook.precedes(left.rule, right.rule)
        }
    }

    /// The verdict that counts for each dataset and rule.
    private static func worst(_ verdicts: [Verdict]) -> [Place: Verdict] {
        func weight(_ verdict: Verdict) -> Int {
            switch verdict.outcome {
            case .satisfied: 0
            case .unknown: verdict.blocks ? 3 : 1
            case .violated: verdict.blocks ? 4 : 2
            }
        }
        return Dictionary(
            verdicts.map { (Place($0), $0) },
            uniquingKeysWith: { weight($1) > weight($0) ? $1 : $0 })
    }

    /// What differs between two sets of facts, by their names.
    private static func changes(_ before: [UsedFact], _ after: [UsedFact]) -> [FactChange] {
        let was = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let names = Set(after.map(\.name))
        let changed = after.compactMap { fact -> FactChange? in
            let known = was[fact.name]
            return known.map(fact.says) == true ? nil : FactChange(name: fact.name, from: known, to: fact)
        }
        return changed
            + before.filter { !names.contains($0.name) }.map { FactChange(name: $0.name, from: $0, to: nil) }
    }

    var description: String {
        var lines: [String] = []
        let under = assumed.isEmpty ? "" : " (" + assumed.joined(separator: ", ") + ")"
        lines.append(
            Text(
                en: "Judged on \(day)\(under): \(Counted.of(plans.count, "plan"))",
                fr: "Jugé au \(day)\(under) : \(plans.count) \(plans.count == 1 ? "plan" : "plans")")[language])
        for part in plans {
            guard let plan = part.plan else {
                lines.append(
                    Text(en: "\(part.file): NOT JUDGED", fr: "\(part.file) : NON JUGÉ")[language])
                lines.append("  " + (part.problem ?? ""))
                continue
            }
            lines.append("\(part.file)  \(plan)\(Self.words(part)[language])")
            if !part.blocking.isEmpty {
                let list = part.blocking.joined(separator: ", ")
                lines.append("  " + Text(en: "blocked: \(list)", fr: "bloqué : \(list)")[language])
            }
            for turn in part.turns { lines += words(turn) }
            if part.turns.isEmpty {
                lines.append("  " + Text(en: "nothing turns", fr: "rien ne change")[language])
            }
        }
        for alert in alerts {
            lines.append(alert.line[language])
        }
        return lines.joined(separator: "\n")
    }

    private static func words(_ part: Part) -> Text {
        guard let since = part.editedSince?.prefix(8) else {
            return part.run.map(words) ?? Text(en: ", not begun", fr: ", pas commencé")
        }
        return (part.run.map(words) ?? .empty)
            + Text(
                en: ", edited since the run \(since) began", fr: ", modifié depuis le début de l'exécution \(since)")
    }

    private static func words(_ run: Run) -> Text {
        guard let ended = run.ended else { return Text(en: ", under way", fr: ", en cours") }
        return Text(
            en: ", run \(run.id.prefix(8)) ended on \(ended) (\(run.outcome))",
            fr: ", exécution \(run.id.prefix(8)) terminée le \(ended) (\(run.outcome))")
    }

    private func words(_ turn: Turn) -> [String] {
        let place = turn.today ? Text(en: " (today)", fr: " (aujourd'hui)") : .empty
        var after = turn.to.words
        if turn.blocks { after = after + Text(en: ", blocks", fr: ", bloque") }
        let head = Text(
            en: "~ \(turn.dataset)  \(turn.rule)\(place): \(turn.from.words) → \(after)",
            fr: "~ \(turn.dataset)  \(turn.rule)\(place) : \(turn.from.words) → \(after)")
        return ["  " + head[language], "      " + turn.message[language]]
            + turn.changed.map { "      " + Self.words($0)[language] }
    }

    private static func words(_ change: FactChange) -> Text {
        func value(_ fact: UsedFact) -> Text {
            let value = fact.saying ?? fact.value.map { Text($0) } ?? Text(en: "not known", fr: "inconnu")
            return fact.doubt.map { value + Text(en: " (\($0.words))", fr: " (\($0.words))") } ?? value
        }
        let name = change.name
        switch (change.from, change.to) {
        case (let from?, let to?):
            return Text(
                en: "fact: \(name): \(value(from)) → \(value(to)); \(to.source)",
                fr: "fait : \(name) : \(value(from)) → \(value(to)) ; \(to.source)")
        case (nil, let to?): return Text(en: "new fact: \(to.words)", fr: "fait nouveau : \(to.words)")
        case (let from?, nil): return Text(en: "no longer asked: \(from.words)", fr: "plus requis : \(from.words)")
        case (nil, nil): return .empty
        }
    }
}
