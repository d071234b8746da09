import Glibc
import HavreEngine
import HavreJournal
import HavreModel

/// Judges a plan again while it runs: its catalogues, its documents, the date and what is left to be moved are looked at
/// anew each time.
actor PlanVigil {
    /// Forecasts from a day on, of what is left by then.
    typealias Forecast = @Sendable (Day) async throws -> [String: ClosedRange<Day>]

    private let session: PlanSession
    private let forecast: Forecast
    private var last: [Standing: Verdict]
    /// Rules that do not apply to a dataset: all is well there, and of nothing in particular.
    private var idle: Set<Standing>
    private let show: @Sendable ([VerdictTurn]) -> Void
    private let language: Text.Language
    private let say: @Sendable (BasisChange) -> Void
    /// The verdicts that the run begins under.
    nonisolated let verdicts: [Verdict]

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

        /// The rule at the dataset, whatever it judges there.
        private init(_ standing: Standing) {
            (dataset, rule, subject, isToday) = (standing.dataset, standing.rule, "", false)
        }

        /// The same without its subject.
        var ofRule: Standing { Standing(self) }

        static func < (left: Standing, right: Standing) -> Bool {
            if left.dataset != right.dataset { return left.dataset < right.dataset }
            if left.rule != right.rule { return Rulebook.precedes(left.rule, right.rule) }
            return left.subject < right.subject
        }
    }

    /// Watches over `session`, which begins under these `forecasts`; `forecast` gives those of a later moment. `show` gets
    /// what turned, `say` what changed beneath verdicts that did not.
    init(
        _ session: PlanSession, forecasts: [String: ClosedRange<Day>], forecast: @escaping Forecast,
        language: Text.Language = .english, show: @escaping @Sendable ([VerdictTurn]) -> Void,
        say: @escaping @Sendable (BasisChange) -> Void
    ) {
        self.session = session
        self.language = language
        self.forecast = forecast
        self.show = show
        self.say = say
        verdicts = session.judgement.verdicts(of: session.plan, forecasts: forecasts)
        last = Self.standings(verdicts)
        idle = Self.idle(verdicts)
    }

    /// The vigil for a run. Asked once a minute; a test may ask more often.
    nonisolated var vigil: Vigil {
        Vigil(every: .seconds(TestSetting.vigilSeconds ?? 60)) { try await self.judge() }
    }

    /// Judges. Throws where a file of the catalogue or a document cannot be read any more: nobody knows then what holds.
    func judge() async throws -> Vigil.Finding {
        var catalogue = session.catalogue
        // That of the release is inside the program and does not change under a run.
        if !session.plan.catalogues.isEmpty {
            catalogue = try CatalogueFile.load(under: session.plan.catalogues, beside: session.plan.file).catalogue
        }
        let judgement = try Judgement(of: session.plan, by: catalogue, session.rulebook, on: Day.today)
        let verdicts = judgement.verdicts(of: session.plan, forecasts: try await forecast(judgement.day))
        let now = Self.standings(verdicts)
        let (before, idleBefore, idleNow) = (last, idle, Self.idle(verdicts))
        (last, idle) = (now, idleNow)
        /// What was, or is, said of `standing`: a rule that does not apply there is satisfied.
        func outcome(_ verdict: Verdict?, _ idle: Set<Standing>, _ standing: Standing) -> Outcome? {
            verdict?.outcome ?? (!standing.isToday && idle.contains(standing.ofRule) ? .satisfied : nil)
        }
        let turned = Set(now.keys).union(before.keys).filter { standing in
            let (was, becomes) = (before[standing], now[standing])
            guard was == nil || becomes == nil else { return Self.hasTurned(was, becomes) }
            return Self.hasTurned(was, becomes)
                && outcome(was, idleBefore, standing) != outcome(becomes, idleNow, standing)
        }.sorted()
        let change = BasisChange(
            facts: now.keys.sorted().flatMap { Self.facts(before[$0], now[$0]) },
            derogations: now.keys.sorted().flatMap { Self.derogations(before[$0], now[$0]) })
        guard !turned.isEmpty else {
            guard !change.isEmpty else { return .unchanged }
            say(change)
            return .noted(Self.note([], change, judgement))
        }
        let turns = turned.map { standing in
            VerdictTurn(
                dataset: standing.dataset, rule: standing.rule, subject: standing.subject,
                from: outcome(before[standing], idleBefore, standing),
                to: outcome(now[standing], idleNow, standing), blocks: now[standing]?.blocks ?? false,
                message: now[standing]?.message ?? .empty, language: language)
        }
        show(turns)
        var blocked: [String: [String]] = [:]
        // What nobody has counted yet has no forecast, and was let begin without one.
        for verdict in verdicts where verdict.blocksUncounted {
            blocked[verdict.dataset, default: []].append(verdict.rule)
        }
        return .changed(
            note: Self.note(turns, change, judgement),
            blocked: blocked.mapValues { Set($0).sorted(by: Rulebook.precedes) })
    }

    /// Whether somebody must be told. A forecast that comes, and keeps its end, turns nothing.
    private static func hasTurned(_ before: Verdict?, _ now: Verdict?) -> Bool {
        guard let before else { return now.map { $0.outcome != .satisfied || !$0.isForecast } ?? false }
        guard let now else { return !before.awaitsForecast }
        if before.awaitsForecast, now.outcome == .satisfied { return false }
        return now.outcome != before.outcome || now.blocks != before.blocks
    }

    /// Facts that a verdict rests on as before and that say something else. What the operator states is looked at each
    /// day anew, and a forecast is no fact of anybody's.
    private static func facts(_ before: Verdict?, _ now: Verdict?) -> [BasisChange.Fact] {
        guard let before, let now else { return [] }
        return now.facts.compactMap { fact in
            guard fact.source != UsedFact.forecast,
                let was = before.facts.first(where: { $0.name == fact.name && $0.source != UsedFact.forecast }),
                !before.facts.contains(where: { $0.saysTheSame(as: fact) })
            else { return nil }
            return BasisChange.Fact(
                dataset: now.dataset, rule: now.rule, from: was.words.english, to: fact.words.english)
        }
    }

    /// Derogations beside a verdict that came, went or changed.
    private static func derogations(_ before: Verdict?, _ now: Verdict?) -> [BasisChange.Derogation] {
        guard let before, let now, before.derogations != now.derogations else { return [] }
        func words(_ verdict: Verdict) -> [String] {
            verdict.derogations.filter { $0.ignored == nil }.map { "\($0.reference) by \($0.by), until \($0.until)" }
        }
        return [BasisChange.Derogation(dataset: now.dataset, rule: now.rule, from: words(before), to: words(now))]
    }

    private static func standings(_ verdicts: [Verdict]) -> [Standing: Verdict] {
        // Two findings of one rule at one place: the one that counts.
        Dictionary(verdicts.filter { !$0.isIdle }.map { (Standing($0), $0) }) { left, right in
            left.blocks || (!right.blocks && left.outcome != .satisfied) ? left : right
        }
    }

    private static func idle(_ verdicts: [Verdict]) -> Set<Standing> {
        Set(verdicts.filter(\.isIdle).map { Standing($0).ofRule })
    }

    /// What turned, and what changed beneath, for the journal.
    private static func note(_ turns: [VerdictTurn], _ change: BasisChange, _ judgement: Judgement) -> JournalNote {
        var json = CanonicalJSON()
        json.beginObject()
        json.name("day")
        json.string(judgement.day.description)
        change.write(to: &json)
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

extension Verdict {
    /// Whether it only says that the rule does not apply.
    fileprivate var isIdle: Bool { notes.contains(.notApplicable) }
    /// Whether it rests on a forecast.
    fileprivate var isForecast: Bool { facts.contains { $0.source == UsedFact.forecast } }
}

extension UsedFact {
    /// The source of what is forecast.
    static let forecast = "forecast"

    /// Whether it says what `other` says. What the operator states is looked at each day anew: that alone is no change.
    func saysTheSame(as other: UsedFact) -> Bool {
        name == other.name && says(other) && (isOperatorsWord || verifiedOn == other.verifiedOn)
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
