import ArgumentParser
import HavreJournal
import HavreModel

/// Judges every plan and every migration of an estate against changed facts or another day.
struct JudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract: "Judge all plans again on another day or under changed facts.",
        discussion: """
            Looks for plans in the directories, judges each as things stand and as
            they would stand, and lists every verdict that turns: of what is planned,
            under way and finished. A plan that is named itself is judged alone. A plan
            that was edited since its run began is judged both as it is and as it was
            executed. What is left to move is reckoned from the day of the judgement:
            by the journal, else by what the plan expects, at the plan's bandwidth or
            1 Gb/s. Needs no network and moves nothing. Exits 20 when a dataset would
            be blocked, 65 when a plan is invalid, else 0.

            What can be assumed:

              DPF=invalid                   an adequacy decision falls
              scaleway/object-storage/fr-par:SecNumCloud=held
              ovhcloud:parent=US            somebody buys the provider

            Examples:

              havre judge plans
              havre judge plans --assume DPF=invalid
              havre judge plans --on 2027-01-13 --lang fr
              havre judge plan.yaml --state /srv/havre/projects --json
            """)

    @Argument(help: "Directories that hold plans, or plans.")
    var paths: [String]

    @Option(name: .long, help: "A fact as it would be: KEY=VALUE. Repeatable.")
    var assume: [String] = []

    @Option(name: .long, help: "The day to judge on, YYYY-MM-DD. Default: today.", transform: Self.day)
    var on: Day?

    @OptionGroup var language: LanguageOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func validate() throws {
        if paths.isEmpty { throw ValidationError("Name at least one directory.") }
    }

    func run() async throws {
        let assumptions = try read()
        var report = JudgeReport(assumed: assume, day: on ?? Day.today, language: language.language)
        let estate = try PlanWalk.estate(paths)
        let plans = estate.plans.map { path in (path, Loaded { try PlanSession.load(path, directory) }) }
        let chosen = try await chosenState(plans.map(\.1))
        var judged: Set<String> = []
        for (path, loaded) in plans {
            guard let session = report.take(loaded, path) else { continue }
            var state = StateDirectory.beside(session.plan)
            if let chosen, chosen.name == session.plan.name, !judged.contains(chosen.state) { state = chosen.state }
            let isFirst = judged.insert(state).inserted
            try await judge(session, path, state, isFirst: isFirst, assumptions, &report)
        }
        // What was executed and whose plan file is gone.
        var left = estate.states.map { (state: $0, folder: $0 + ($0.contains(".havre/") ? "/../.." : "/..")) }
        if let state = directory.chosen { left.append((state, FilePaths.workingDirectory)) }
        for (state, folder) in left
        where judged.insert(FilePaths.resolve(state, in: FilePaths.workingDirectory)).inserted {
            let standing = try await PlanStanding(of: state)
            let copy = PlanWalk.executed(state, standing.run?.planHash) ?? PlanWalk.executed(state, nil)
            guard let copy, let session = report.take(executed(copy, folder, state), copy) else { continue }
            try judge(session, copy, standing, run: standing.run, assumptions, &report)
        }
        report.finish()
        try form.emit(report)
        if report.plans.contains(where: { $0.problem != nil }) { throw CommandFailure(.invalid, "") }
        if report.blocked { throw CommandFailure(.blocked, "") }
    }

    /// The assumptions; one that cannot be read ends with exit 64.
    private func read() throws -> [Assumption] {
        do throws(AssumptionError) {
            var assumptions: [Assumption] = []
            for text in assume { assumptions.append(try Assumption(text)) }
            return assumptions
        } catch {
            throw refusal(error)
        }
    }

    private func refusal(_ error: AssumptionError) -> CommandFailure {
        var message = "--assume: \(error)"
        if let found = error.found, let nearest = NearestWord.to(found, among: error.candidates) {
            message += "; did you mean `\(nearest)`?"
        }
        return CommandFailure(.usage, message)
    }

    /// The state directory that flag or environment name, and the name of its plan: of the only one, else of the one that
    /// was executed there.
    private func chosenState(_ plans: [Loaded]) async throws -> (state: String, name: String)? {
        guard let state = directory.chosen else { return nil }
        if plans.count == 1 { return plans[0].session.map { (state, $0.plan.name) } }
        let hash = try await PlanStanding(of: state).run?.planHash
        guard let copy = PlanWalk.executed(state, hash) else { return nil }
        return executed(copy, FilePaths.workingDirectory, state).session.map { (state, $0.plan.name) }
    }

    /// Judges a plan and, where it is another file and the first plan of this `state`, as it was executed from there.
    private func judge(
        _ session: PlanSession, _ path: String, _ state: String, isFirst: Bool, _ assumptions: [Assumption],
        _ report: inout JudgeReport
    ) async throws {
        let standing = try await PlanStanding(of: state)
        guard let run = standing.run, run.planHash != session.planHash else {
            return try judge(session, path, standing, run: standing.run, assumptions, &report)
        }
        guard let copy = PlanWalk.executed(state, run.planHash) else {
            // Nobody knows what was executed: the plan that is there stands for it.
            return try judge(session, path, standing, run: run, editedSince: run.id, assumptions, &report)
        }
        let shown = FilePaths.shown(copy, beside: path)
        let former = executed(shown, path + "/..", state)
        let kept = standing.kept(in: session.plan, of: former.session?.plan)
        try judge(session, path, kept, run: nil, editedSince: run.id, assumptions, &report)
        guard isFirst, let former = report.take(former, shown) else { return }
        try judge(former, shown, standing, run: run, assumptions, &report)
    }

    /// A plan as it was executed from `state`; what it names lies in `folder`, as it did then.
    private func executed(_ copy: String, _ folder: String, _ state: String) -> Loaded {
        Loaded {
            try PlanSession.load(
                bytes: FileBytes.read(copy), path: copy, folder: folder, StateDirectory.parse(["--state", state]))
        }
    }

    /// Judges a plan before and after. `run` is shown with it, and belongs to no other part of the report.
    private func judge(
        _ session: PlanSession, _ path: String, _ standing: PlanStanding, run: RunRecord?, editedSince: String? = nil,
        _ assumptions: [Assumption], _ report: inout JudgeReport
    ) throws {
        let today = session.judgement
        let then: Judgement
        do throws(AssumptionError) {
            then = try today.assuming(assumptions, on: report.day)
        } catch {
            throw refusal(error)
        }
        func verdicts(_ judgement: Judgement) -> [Verdict] {
            let seconds = judgement.day == Day.today ? Day.secondsNow : 0
            return judgement.verdicts(
                of: session.plan, forecasts: standing.forecasts(session, by: judgement, seconds: seconds),
                steps: standing.steps)
        }
        report.add(
            session.plan, path: path, before: verdicts(today), after: verdicts(then),
            run: run.map {
                JudgeReport.Run(id: $0.id, outcome: $0.outcome ?? "open", ended: $0.ended.map(Day.init(nanoseconds:)))
            }, editedSince: editedSince)
    }

    private static func day(_ text: String) throws -> Day {
        guard let day = Day(text) else {
            throw ValidationError("\(Quotation.of(text)) is no day; expected one such as 2027-01-13")
        }
        return day
    }
}

/// A plan ready to be judged, or why it is none.
enum Loaded {
    case plan(PlanSession)
    case problem(String)

    /// Takes what `load` gives, or throws.
    init(_ load: () throws -> PlanSession) {
        do {
            self = .plan(try load())
        } catch let error as PlanFileError {
            let first = error.issues.first?.description ?? "invalid"
            let more = error.issues.count - 1
            self = .problem(first + (more > 0 ? " (and \(more) more)" : ""))
        } catch {
            self = .problem((error as? CommandFailure)?.message ?? "\(error)")
        }
    }

    /// The plan; nil where it is none.
    var session: PlanSession? {
        switch self {
        case .plan(let session): session
        case .problem: nil
        }
    }
}
