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
            Lists both sides, joins them and judges every move. Exits 20 when a dataset is blocked, 0 otherwise;
            with --detailed-exitcode 2 when changes are pending.

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
        var parts: [PlanReport.DatasetPart] = []
        for dataset in chosen {
            let berth = try await fleet.berth(dataset, opening: false)
            let ticker = ScanTicker(dataset.name, form)
            let scanner = Scanner(dataset: dataset, source: berth.source, target: berth.target, journal: journal)
            try await scanner.scan(envelope: DatasetRun.envelope(berth.recipients)) { ticker.show($0) }
            ticker.end()
            let lost = heads ? try await fleet.unmappable(berth, journal) : []
            parts.append(try await part(session, dataset, berth, journal, lost))
        }
        let rate = session.rate
        let report = PlanReport(
            plan: session.plan, datasets: parts, bytesPerSecond: rate.bytesPerSecond, rateWords: rate.words)
        if let output {
            try await session.save(to: output, datasets: chosen.map(\.name), journal: journal)
        }
        if objects { try await listObjects(chosen, journal) } else { try form.emit(report) }
        if report.blocked { throw CommandFailure(.blocked, "") }
        if detailedExitcode, report.changesPending { throw CommandFailure(.pending, "") }
    }

    private func part(
        _ session: PlanSession, _ dataset: Dataset, _ berth: Migration.Berth, _ journal: any Journal, _ lost: [String]
    ) async throws -> PlanReport.DatasetPart {
        let verdicts = session.verdicts.filter { $0.dataset == dataset.name }
        let counts = try await journal.diffSummary(dataset: dataset.name)
        return PlanReport.DatasetPart(
            dataset: dataset.name, from: session.placeWords(dataset.source), to: session.placeWords(dataset.target),
            lines: counts.map {
                PlanReport.Line(action: $0.action, cause: $0.cause, objects: $0.objects, bytes: $0.bytes)
            },
            verdicts: verdicts, blockedByPolicy: verdicts.contains(where: \.blocks), unmapped: lost,
            targetProbed: berth.target.traits.probed)
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

/// Says on a terminal how far a listing is; a pipe sees nothing of it.
final class ScanTicker: Sendable {
    private let name: String
    private let shown: Bool

    init(_ name: String, _ form: Output) {
        self.name = name
        shown = !form.json && Stderr.isTerminal
    }

    /// Entries seen so far.
    func show(_ entries: Int) {
        guard shown else { return }
        Stderr.write("\r\u{1b}[K  \(name)  scanning  \(Quantity.count(entries)) entries")
    }

    /// Takes the line away.
    func end() {
        if shown { Stderr.write("\r\u{1b}[K") }
    }
}
