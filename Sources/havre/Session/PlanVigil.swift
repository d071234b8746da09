import Glibc
import HavreEngine
import HavreJournal
import HavreModel

/// Judges a plan again while it runs: its catalogues, its documents and the date are read anew each time.
actor PlanVigil {
    private let session: PlanSession
    private let forecasts: [String: ClosedRange<Day>]
    private var last: [Standing: Verdict]
    private let show: @Sendable ([VerdictTurn]) -> Void
    private let language: Text.Language

    /// Where a verdict stands; the facts that it rests on may change without it.
    private struct Standing: Hashable, Comparable {
        let dataset: String
        let rule: String
        let subject: String
        let isToday: Bool

        init(_ verdict: Verdict) {
            dataset = verdict.dataset
            rule = verdict.rule
            subject = verdict.subject.english
            isToday = verdict.isToday
        }

        static func < (left: Standing, right: Standing) -> Bool {
            if left.dataset != right.dataset { return left.dataset < right.dataset }
            if left.rule != right.rule { return Rulebook.precedes(left.rule, right.rule) }
            return left.subject < right.subject
        }
    }

    /// Watches over `session`, whose verdicts were taken with these `forecasts`. `show` gets what turned.
    init(
        _ session: PlanSession, forecasts: [String: ClosedRange<Day>] = [:],
        language: Text.Language = .english, show: @escaping @Sendable ([VerdictTurn]) -> Void
    ) {
        self.session = session
        self.language = language
        self.show = show
        self.forecasts = forecasts
        last = Self.standings(session.judgement.verdicts(of: session.plan, forecasts: forecasts))
    }

    /// The vigil for a run. Asked once a minute; a test may ask more often.
    nonisolated var vigil: Vigil {
        Vigil(every: .seconds(TestSetting.vigilSeconds ?? 60)) { try await self.judge() }
    }

    /// Judges. Throws where a file of the catalogue or a document cannot be read any more: nobody knows then what holds.
    func judge() throws -> Vigil.Finding {
        var catalogue = session.catalogue
        // That of the release is inside the program and does not change under a run.
        if !session.plan.catalogues.isEmpty {
            catalogue = try CatalogueFile.load(under: session.plan.catalogues, beside: session.plan.file).catalogue
        }
        let judgement = try Judgement(of: session.plan, by: catalogue, session.rulebook, on: Day.today)
        let verdicts = judgement.verdicts(of: session.plan, forecasts: forecasts)
        let now = Self.standings(verdicts)
        let turned = Set(now.keys).union(last.keys).filter {
            now[$0]?.outcome != last[$0]?.outcome || now[$0]?.blocks != last[$0]?.blocks
        }.sorted()
        guard !turned.isEmpty else { return .unchanged }
        let turns = turned.map { standing in
            VerdictTurn(
                dataset: standing.dataset, rule: standing.rule, subject: standing.subject,
                from: last[standing]?.outcome,
                to: now[standing]?.outcome, blocks: now[standing]?.blocks ?? false,
                message: now[standing]?.message ?? .empty, language: language)
        }
        show(turns)
        let note = Self.note(turns, judgement)
        last = now
        var blocked: [String: [String]] = [:]
        for verdict in verdicts where verdict.blocks { blocked[verdict.dataset, default: []].append(verdict.rule) }
        return .changed(note: note, blocked: blocked.mapValues { Set($0).sorted(by: Rulebook.precedes) })
    }

    private static func standings(_ verdicts: [Verdict]) -> [Standing: Verdict] {
        // Two findings of one rule at one place: the one that counts.
        Dictionary(verdicts.map { (Standing($0), $0) }) { left, right in
            left.blocks || (!right.blocks && left.outcome != .satisfied) ? left : right
        }
    }

    /// What turned, for the journal.
    private static func note(_ turns: [VerdictTurn], _ judgement: Judgement) -> JournalNote {
        var json = CanonicalJSON()
        json.beginObject()
        json.name("day")
        json.string(judgement.day.description)
        json.name("rulebook")
        json.string(judgement.rulebookHash)
        json.name("turned")
        json.beginArray()
        for turn in turns {
            json.beginObject()
            json.name("blocks")
            json.bool(turn.blocks)
            json.name("dataset")
            json.string(turn.dataset)
            json.name("from")
            json.string(turn.from?.rawValue ?? "absent")
            json.name("rule")
            json.string(turn.rule)
            json.name("subject")
            json.string(turn.subject)
            json.name("to")
            json.string(turn.to?.rawValue ?? "absent")
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return JournalNote(json: json.bytes)
    }
}

/// A verdict that is not what it was when the run began, or when it was last judged.
struct VerdictTurn: CommandResult, Hashable {
    let type = "verdict"
    let dataset: String
    let rule: String
    /// What is judged.
    let subject: String
    /// What it was; nil where nothing was said of it.
    let from: Outcome?
    /// What it is now; nil where nothing is said of it any more.
    let to: Outcome?
    /// Whether it blocks now.
    let blocks: Bool
    let message: Text
    var language = Text.Language.english

    private enum CodingKeys: String, CodingKey {
        case type, dataset, rule, subject, from, to, blocks, message
    }

    var description: String {
        let absent = Text(en: "absent", fr: "absente")
        let (before, after) = (from?.words ?? absent, to?.words ?? absent)
        var line = Text(en: "\(rule): \(before) → \(after)", fr: "\(rule) : \(before) → \(after)")
        if blocks { line = line + Text(en: ", blocks", fr: ", bloque") }
        if !message.isEmpty { line = line + Text(en: ": \(message)", fr: " : \(message)") }
        return "~ \(dataset)  " + line[language]
    }
}
