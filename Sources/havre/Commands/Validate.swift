import ArgumentParser
import HavreModel

/// Checks syntax and rules of a plan, without any network.
struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a plan's syntax and what the rules say of it; no network.",
        discussion: """
            Exits 65 when the plan is invalid, 20 when a dataset is blocked, else 0. Whether a
            move is done before an end is for `plan` to judge, which counts the objects;
            where that would block, the rules are named and nothing is blocked here.

            Examples:

              havre validate plan.yaml
              havre validate plan.yaml --lang fr
              havre validate plan.yaml --json
            """)

    @Argument(help: "The plan.")
    var plan: String

    @OptionGroup var language: LanguageOption
    @OptionGroup var output: Output

    func run() async throws {
        let session = try PlanSession.load(plan, StateDirectory.parse([]))
        let result = ValidationResult(session: session, language: language.language)
        try output.emit(result)
        if result.blocked { throw CommandFailure(.blocked, "") }
    }
}

/// What `validate` found in a plan that is valid.
struct ValidationResult: CommandResult {
    /// The plan's name.
    let plan: String
    /// The file, as it was named.
    let file: String
    /// Its datasets in the order in which they run.
    let datasets: [String]
    /// What the rules say.
    let verdicts: [Verdict]
    /// Extracts of one base that add up to it.
    let alerts: [BaseAlert]
    /// Documents for datasets that the plan does not have.
    let ignoredDocuments: [StrayDocument]
    /// Rules that would block and that only `plan` can judge.
    let leftToPlan: [String]
    private let text: String

    private enum CodingKeys: String, CodingKey {
        case plan, file, datasets, verdicts, alerts, ignoredDocuments, leftToPlan
    }

    init(session: PlanSession, language: Text.Language) {
        alerts = session.alerts
        ignoredDocuments = session.judgement.strays(of: session.plan)
        plan = session.plan.name
        file = session.plan.file
        datasets = session.plan.order
        verdicts = session.verdicts
        leftToPlan = Self.left(session.verdicts)
        let count = datasets.count
        let head = Text(
            en: "\(file): the plan \(plan) is valid: \(Counted.of(count, "dataset"))",
            fr: "\(file) : le plan \(plan) est valide : \(count) \(count == 1 ? "jeu" : "jeux") de données")
        var lines = [head[language]]
        let words = VerdictLines(plan: session.plan, language: language)
        let verdicts = Dictionary(grouping: session.verdicts, by: \.dataset)
        for name in datasets {
            let own = verdicts[name] ?? []
            let title = Text(en: "rules", fr: "règles")[language]
            lines.append("\(name)  \(title)  \(VerdictLines.tally(own, language))")
            lines += words.paragraphs(own)
        }
        let left = leftToPlan.joined(separator: ", ")
        if !left.isEmpty {
            lines.append(
                Text(
                    en: "Only `havre plan` can judge \(left): it counts the objects and forecasts the finish.",
                    fr: "Seul `havre plan` peut juger de \(left) : il compte les objets et prévoit l'achèvement.")[
                        language])
        }
        lines += alerts.map { $0.line[language] }
        lines += ignoredDocuments.map { $0.line[language] }
        text = lines.joined(separator: "\n")
    }

    /// Whether a rule blocks a dataset.
    var blocked: Bool { verdicts.contains(where: \.blocksUncounted) }

    /// Rules that would block and that only `plan` can judge, which counts the objects; no network is used here.
    static func left(_ verdicts: [Verdict]) -> [String] {
        Set(verdicts.filter { $0.blocks && $0.awaitsForecast }.map(\.rule)).sorted(by: Rulebook.precedes)
    }

    var description: String { text }
}
