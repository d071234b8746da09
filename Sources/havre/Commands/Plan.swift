import ArgumentParser
import Glibc
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// Shows what `apply` would do. Writes nothing anywhere but its own state.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what apply would do: verdicts, diff, estimate. Writes nothing but its own state.",
        discussion: """
            Lists both sides, joins them and judges every move. Exits 20 when a dataset is
            blocked, 0 otherwise; with --detailed-exitcode 2 when changes are pending.

            Examples:

              havre plan plan.yaml
              havre plan plan.yaml --objects
              havre plan plan.yaml -o saved.havreplan && havre apply saved.havreplan
              havre plan plan.yaml --detailed-exitcode --json
            """)

    @Argument(help: "The plan.")
    var plan: String

    @Option(name: .shortAndLong, help: "Save the plan to FILE; `apply FILE` does exactly this or refuses it as stale.")
    var output: String?

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @Flag(name: .long, help: "List every object with its action and cause.")
    var objects = false

    @Flag(name: .long, help: "Ask every object for its metadata, and list what cannot be carried over.")
    var heads = false

    @Flag(name: .customLong("detailed-exitcode"), help: "Exit 2 when changes are pending.")
    var detailedExitcode = false

    @OptionGroup var locking: LockOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func run() async throws {
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset)
        let lock = try session.lock("plan", locking)
        defer { withExtendedLifetime(lock) {} }
        let journal = try session.journal()
        _ = try await journal.takeLease(holder: "plan \(getpid())")
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let survey = PlanSurvey(session: session, journal: journal, fleet: fleet, form: form)
        let unmapped = try await survey.scan(chosen, heads: heads)
        let report = try await survey.report(chosen, unmapped: unmapped)
        if let output {
            try await session.save(to: output, datasets: chosen.map(\.name), journal: journal)
        }
        if objects { try await listObjects(chosen, journal) } else { try form.emit(report) }
        if report.blocked { throw CommandFailure(.blocked, "") }
        if detailedExitcode, report.changesPending { throw CommandFailure(.pending, "") }
    }

    private func listObjects(_ datasets: [Dataset], _ journal: any Journal) async throws {
        let stream = form.stream()
        for dataset in datasets {
            var after: ObjectKey?
            while true {
                let rows = try await journal.diff(dataset: dataset.name, actions: [], after: after, limit: 1000)
                guard let last = rows.last else { break }
                after = last.key
                for row in rows { try stream.emit(ObjectLine(dataset: dataset.name, row: row)) }
            }
        }
        stream.end()
    }
}

/// One object of the diff.
struct ObjectLine: CommandResult {
    let type = "object"
    let dataset: String
    let key: String
    let action: Diff.Action
    let cause: String
    let size: UInt64

    init(dataset: String, row: DiffRow) {
        self.dataset = dataset
        key = row.key.description
        action = row.action
        cause = row.cause
        size = row.source?.size ?? row.target?.size ?? 0
    }

    var description: String {
        let sign: String =
            switch action {
            case .create: "+"
            case .update: "~"
            case .unchanged: "="
            case .extraneous: "-"
            case .skipped: "o"
            case .blocked: "!"
            }
        return "\(sign) \(dataset)  \(key)  \(Quantity.bytes(size))" + (cause.isEmpty ? "" : "  \(cause)")
    }
}
