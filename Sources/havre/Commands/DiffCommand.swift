import ArgumentParser
import HavreCrypto
import HavreJournal
import HavreModel

/// Compares two saved plans.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two saved plans: objects, verdicts, facts, totals.",
        discussion: """
            One line for each object that only one of them names, or of which they say
            different things; then what turned among rules, facts and verdicts, and the
            totals. Exits 0; with --detailed-exitcode 2 where they differ. A person gets
            the first 1,000 objects, --json gives all, one a line.

            Examples:

              havre diff monday.havreplan tuesday.havreplan
              havre diff monday.havreplan tuesday.havreplan --detailed-exitcode
              havre diff monday.havreplan tuesday.havreplan --json
            """)

    @Argument(help: "The earlier saved plan.")
    var before: String

    @Argument(help: "The later one.")
    var after: String

    @Flag(name: .customLong("detailed-exitcode"), help: "Exit 2 where they differ.")
    var detailedExitcode = false

    @OptionGroup var language: LanguageOption
    @OptionGroup var form: Output

    func run() async throws {
        let (old, new) = (try SavedPlan.opened(before), try SavedPlan.opened(after))
        let stream = form.stream()
        let language = language.language
        var shown = 0
        let counts = try await SavedPlanComparison(old, new).objects { change in
            shown += 1
            if form.json || shown <= ObjectList.most { try stream.emit(ChangeLine(change, language)) }
        }
        if !form.json, shown > ObjectList.most {
            form.note("only the first \(Counted.digits(ObjectList.most)) objects are shown; --json lists all")
        }
        let turned = try SavedPlanComparison(old, new).turned()
        for line in turned { try stream.emit(TurnedLine(words: line, language: language)) }
        let summary = try ComparisonSummary(old, new, counts, turned: turned.count, language)
        try stream.emit(summary)
        stream.end()
        if detailedExitcode, !summary.equal { throw CommandFailure(.pending, "") }
    }
}

/// One object of which two saved plans say different things.
struct ChangeLine: CommandResult {
    let type = "object"
    let dataset: String
    let key: String
    let before: Diff.Action?
    let after: Diff.Action?
    private let language: Text.Language

    init(_ change: SavedPlanComparison.Change, _ language: Text.Language) {
        dataset = change.dataset
        key = change.key.description
        before = change.before?.action
        after = change.after?.action
        self.language = language
    }

    private enum CodingKeys: String, CodingKey {
        case type, dataset, key, before, after
    }

    var description: String {
        let absent = Text(en: "not there", fr: "absent")
        let (old, new) = ((before?.words ?? absent)[language], (after?.words ?? absent)[language])
        let version = Text(en: "another version", fr: "autre version")[language]
        return "\(dataset)  \(key)  " + (old == new ? "\(new) (\(version))" : "\(old) → \(new)")
    }
}

/// A rule, a fact or a verdict that turned.
struct TurnedLine: CommandResult {
    let type = "turned"
    let words: Text
    let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case type, words
    }

    var description: String { words[language] }
}

/// What two saved plans come to.
struct ComparisonSummary: CommandResult {
    let type = "summary"
    let before: PlanReport.Totals
    let after: PlanReport.Totals
    let added: Int
    let removed: Int
    let changed: Int
    let turned: Int
    let planChanged: Bool
    let equal: Bool
    private let language: Text.Language

    init(
        _ old: SavedPlan, _ new: SavedPlan, _ counts: SavedPlanComparison.Counts, turned: Int, _ language: Text.Language
    ) throws {
        before = try old.report(language).totals
        after = try new.report(language).totals
        (added, removed, changed) = (counts.added, counts.removed, counts.changed)
        self.turned = turned
        planChanged = old.heading.plan != new.heading.plan
        equal = added + removed + changed + turned == 0 && !planChanged && old.heading.prune == new.heading.prune
        self.language = language
    }

    private enum CodingKeys: String, CodingKey {
        case type, before, after, added, removed, changed, turned, planChanged, equal
    }

    var description: String {
        func pair(_ old: PlanReport.Sum, _ new: PlanReport.Sum) -> Text {
            let (first, second) = (QuantityText.count(old.objects), QuantityText.count(new.objects))
            let (less, more) = (QuantityText.bytes(old.bytes), QuantityText.bytes(new.bytes))
            return first + Text(" (") + less + Text(") → ") + second + Text(" (") + more + Text(")")
        }
        if equal { return Text(en: "Both say the same.", fr: "Les deux disent la même chose.")[language] }
        let (plus, minus) = (QuantityText.count(added), QuantityText.count(removed))
        let (other, turns) = (QuantityText.count(changed), QuantityText.count(turned))
        var text = Text(
            en: "Objects: \(plus) added, \(minus) removed, \(other) changed. Judgement: \(turns) turned.\n",
            fr: "Objets : \(plus) ajoutés, \(minus) retirés, \(other) changés. Jugement : \(turns) changements.\n")
        if planChanged { text = text + Text(en: "The plan file differs.\n", fr: "Le fichier du plan diffère.\n") }
        let rows = [
            (Text(en: "to move", fr: "à transférer"), pair(before.toMove, after.toMove)),
            (Text(en: "unchanged", fr: "inchangés"), pair(before.unchanged, after.unchanged)),
            (Text(en: "blocked", fr: "bloqués"), pair(before.blocked, after.blocked)),
            (Text(en: "to delete", fr: "à supprimer"), pair(before.toDelete, after.toDelete)),
        ]
        for (label, words) in rows { text = text + Text("  ") + label + Text(": ") + words + Text("\n") }
        return String(text[language].dropLast())
    }
}
