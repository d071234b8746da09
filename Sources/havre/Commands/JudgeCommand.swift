import ArgumentParser
import Glibc
import HavreCrypto
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
            under way and finished. Needs no network and writes nothing. Exits 20
            when a dataset would be blocked, 65 when a plan is invalid, else 0.

            What can be assumed:

              DPF=invalid                   an adequacy decision falls
              scaleway/object-storage/fr-par:SecNumCloud=held
              ovhcloud:parent=US            somebody buys the provider

            Examples:

              havre judge plans
              havre judge plans --assume DPF=invalid
              havre judge plans --on 2027-01-13 --lang fr
            """)

    @Argument(help: "Directories that hold plans, or plans.")
    var paths: [String]

    @Option(name: .long, help: "A fact as it would be: KEY=VALUE. Repeatable.")
    var assume: [String] = []

    @Option(name: .long, help: "The day to judge on, YYYY-MM-DD. Default: today.", transform: Self.day)
    var on: Day?

    @OptionGroup var language: LanguageOption
    @OptionGroup var form: Output

    func validate() throws {
        if paths.isEmpty { throw ValidationError("Name at least one directory.") }
    }

    func run() async throws {
        let assumptions = try read()
        var report = JudgeReport(assumed: assume, day: on ?? Day.today, language: language.language)
        var folders: [String] = []
        var states: Set<String> = []
        for path in try PlanWalk.plans(paths) {
            let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            if folders.last != folder { folders.append(folder) }
            if let state = try await judge(path, assumptions, &report) { states.insert(state) }
        }
        // What was finished and whose plan file is gone.
        for folder in folders + paths {
            for state in PlanWalk.states(beside: folder) {
                let place = FilePaths.resolve(state, in: FilePaths.workingDirectory)
                guard states.insert(place).inserted, let (hash, copy) = PlanWalk.executed(state).last else { continue }
                try await judge(executed: copy, hash, beside: folder, assumptions, &report)
            }
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

    /// Judges the plan at `path`, and as it was executed where that is another file. Returns its state directory.
    private func judge(
        _ path: String, _ assumptions: [Assumption], _ report: inout JudgeReport
    ) async throws -> String? {
        guard let session = load(path, &report, { try PlanSession.load(path, StateDirectory.parse([])) }) else {
            return nil
        }
        try await judge(session, path, assumptions, &report)
        guard let executed = try await latestHash(session.state), executed != session.planHash,
            let copy = PlanWalk.executed(session.state).first(where: { $0.hash == executed })
        else { return session.state }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try await judge(executed: copy.path, copy.hash, beside: folder, assumptions, &report)
        return session.state
    }

    /// Judges a plan as it was executed; what it names lies beside `folder`, as it did then.
    private func judge(
        executed copy: String, _ hash: String, beside folder: String, _ assumptions: [Assumption],
        _ report: inout JudgeReport
    ) async throws {
        let path = folder + "/executed-\(hash.prefix(12)).yaml"
        let loaded = load(path, &report) {
            try PlanSession.load(bytes: FileBytes.read(copy), path: path, StateDirectory.parse([]))
        }
        if let session = loaded { try await judge(session, path, assumptions, &report) }
    }

    private func judge(
        _ session: PlanSession, _ path: String, _ assumptions: [Assumption], _ report: inout JudgeReport
    ) async throws {
        let standing = try await standing(session)
        // What was moved was done on the day on which its run ended.
        let moved = standing.steps.filter { $0.value != .transferring && $0.value != .planned && $0.value != .drafted }
        let forecasts = standing.run?.ended.map { day in moved.mapValues { _ in day...day } } ?? [:]
        let before = session.judgement.verdicts(of: session.plan, forecasts: forecasts, steps: standing.steps)
        let then: Judgement
        do throws(AssumptionError) {
            then = try session.judgement.assuming(assumptions, on: report.day)
        } catch {
            throw refusal(error)
        }
        let after = then.verdicts(of: session.plan, forecasts: forecasts, steps: standing.steps)
        report.add(session.plan, path: path, before: before, after: after, run: standing.run)
    }

    /// A plan ready to be judged; nil where it is none, which the report then says.
    private func load(
        _ path: String, _ report: inout JudgeReport, _ load: () throws -> PlanSession
    ) -> PlanSession? {
        do {
            return try load()
        } catch let error as PlanFileError {
            let first = error.issues.first?.description ?? "\(path): invalid"
            let more = error.issues.count - 1
            report.refuse(path, first + (more > 0 ? " (and \(more) more)" : ""))
        } catch {
            report.refuse(path, (error as? CommandFailure)?.message ?? "\(error)")
        }
        return nil
    }

    /// The hash of the plan that the newest run of a state directory executes; nil where there is none.
    private func latestHash(_ state: String) async throws -> String? {
        guard access(state + "/journal.sqlite", F_OK) == 0 else { return nil }
        return try await SQLiteJournal(
            path: state + "/journal.sqlite", hash: HashFunction.sha256, clock: Clock.now
        ).latestRun()?.planHash
    }

    /// What the journal beside the plan tells; nothing where there is none.
    private func standing(
        _ session: PlanSession
    ) async throws -> (steps: [String: DatasetMachine.Step], run: JudgeReport.Run?) {
        guard access(session.state + "/journal.sqlite", F_OK) == 0 else { return ([:], nil) }
        let journal = try session.journal()
        var steps: [String: DatasetMachine.Step] = [:]
        for name in try await journal.datasetNames() {
            steps[name] = DatasetMachine.Step(rawValue: try await journal.datasetState(name))
        }
        guard let run = try await journal.latestRun() else { return (steps, nil) }
        let day = run.ended.map { Day(number: Int($0 / 86_400_000_000_000)) }
        return (steps, JudgeReport.Run(id: run.id, outcome: run.outcome ?? "open", ended: day))
    }

    private static func day(_ text: String) throws -> Day {
        guard let day = Day(text) else {
            throw ValidationError("\(Quotation.of(text)) is no day; expected one such as 2027-01-13")
        }
        return day
    }
}
