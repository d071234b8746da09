import HavreModel

/// What turns in an estate under changed facts or on another day.
struct JudgeReport: CommandResult {
    /// The run that a plan's journal tells of.
    struct Run: Encodable, Sendable {
        let id: String
        let outcome: String
        let ended: Day?
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
    }

    /// One plan.
    struct Part: Encodable, Sendable {
        let file: String
        let plan: String?
        let problem: String?
        let run: Run?
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

    /// Notes a file that is no valid plan.
    mutating func refuse(_ file: String, _ problem: String) {
        plans.append(Part(file: file, plan: nil, problem: problem, run: nil, blocking: [], turns: []))
    }

    /// Compares the verdicts of a plan before and after.
    mutating func add(_ plan: Plan, path: String, before: [Verdict], after: [Verdict], run: Run?) {
        let (was, becomes) = (Self.worst(before), Self.worst(after))
        let turns = becomes.keys.sorted().compactMap { key -> Turn? in
            guard let now = becomes[key], let then = was[key] else { return nil }
            guard now.outcome != then.outcome || now.blocks != then.blocks else { return nil }
            return Turn(
                dataset: now.dataset, rule: now.rule, today: now.isToday, from: then.outcome, to: now.outcome,
                blocked: then.blocks, blocks: now.blocks, message: now.message)
        }
        let blocking = Set(after.filter(\.blocksUncounted).map { "\($0.dataset) \($0.rule)" })
        plans.append(
            Part(
                file: path, plan: plan.name, problem: nil, run: run,
                blocking: blocking.sorted { ($0.count, $0) < ($1.count, $1) }, turns: turns))
        datasets += plan.order.compactMap { plan.datasets[$0] }.map { (plan.name, $0) }
    }

    /// Takes the whole estate into view.
    mutating func finish() { alerts = BaseAlert.of(datasets) }

    private struct Place: Hashable, Comparable {
        let dataset: String
        let rule: String
        let today: Bool

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
            verdicts.map { (Place(dataset: $0.dataset, rule: $0.rule, today: $0.isToday), $0) },
            uniquingKeysWith: { weight($1) > weight($0) ? $1 : $0 })
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
            lines.append("\(part.file)  \(plan)\(Self.words(part.run)[language])")
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

    private static func words(_ run: Run?) -> Text {
        guard let run else { return Text(en: ", not begun", fr: ", pas commencé") }
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
    }
}
