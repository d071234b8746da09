import ArgumentParser
import Dispatch
import Glibc
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// Executes a plan, or goes on with it.
struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Execute a plan or a saved plan; run again after any interruption to go on.",
        discussion: """
            Moves every object that `plan` names, reads back what the plan's `verify` asks for and writes the sealed
            manifest. Asks on a terminal; elsewhere it needs --yes. Ctrl-C drains and exits 130; a second one stops
            at once, and nothing is lost either way.

            Examples:

              havre apply plan.yaml
              havre apply plan.yaml --yes --dataset projects-2021
              havre apply saved.havreplan --yes
            """)

    @Argument(help: "The plan, or a file that `plan -o` wrote.")
    var plan: String

    @Flag(name: .long, help: "Do not ask.")
    var yes = false

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @OptionGroup var locking: LockOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func run() async throws {
        if SavedPlan.isOne(plan) {
            try await runSaved()
            return
        }
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset)
        try session.refuseBlocked(chosen)
        try confirm(session, chosen)
        let lock = try session.lock("apply", locking)
        defer { withExtendedLifetime(lock) {} }
        try await sail(session, chosen, journal: session.journal(), rescan: true)
    }

    private func runSaved() async throws {
        let saved = try SavedPlan(path: plan)
        let session = try PlanSession.load(bytes: saved.heading.plan, path: saved.heading.file, directory)
        let chosen = try session.datasets(dataset.isEmpty ? saved.heading.datasets : dataset)
        try session.refuseStale(saved)
        try session.refuseBlocked(chosen)
        try confirm(session, chosen)
        let lock = try session.lock("apply", locking)
        defer { withExtendedLifetime(lock) {} }
        let journal = try session.journal()
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        for dataset in chosen {
            let berth = try await fleet.berth(dataset, opening: false)
            let scanner = Scanner(dataset: dataset, source: berth.source, target: berth.target, journal: journal)
            try await scanner.scan(envelope: DatasetRun.envelope(berth.recipients))
        }
        try await session.refuseMoved(saved, datasets: chosen.map(\.name), journal: journal)
        try await sail(session, chosen, journal: journal, rescan: false)
    }

    private func confirm(_ session: PlanSession, _ datasets: [Dataset]) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1, !form.json else {
            throw CommandFailure(.usage, "apply asks before it moves anything; where nobody can answer, say --yes")
        }
        for dataset in datasets {
            Stderr.write(
                "  \(dataset.name)   \(session.placeWords(dataset.source))  →  \(session.placeWords(dataset.target))\n")
        }
        Stderr.write("Move what the plan names? [y/N] ")
        guard let answer = readLine(), ["y", "yes", "o", "oui"].contains(answer.lowercased()) else {
            throw CommandFailure(.failed, "nothing was moved")
        }
    }

    private func sail(
        _ session: PlanSession, _ datasets: [Dataset], journal: SQLiteJournal, rescan: Bool
    ) async throws {
        _ = try await journal.takeLease(holder: "apply \(getpid())")
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let drain = Drain()
        let signals = SignalWatch(drain)
        defer { signals.end() }
        for dataset in datasets where try fleet.probed(dataset.target) == nil {
            form.note("probing what \(session.placeWords(dataset.target)) really does")
            _ = try await fleet.probe(dataset)
        }
        // Probes are read anew.
        let ready = try Fleet(session)
        defer { ready.shutdown() }
        var berths: [Migration.Berth] = []
        for dataset in datasets { berths.append(try await ready.berth(dataset, opening: true)) }
        let migration = Migration(
            plan: session.plan, planHash: session.planHash, journal: journal, state: session.state,
            reactors: ready.reactors, drain: drain, signer: try await session.signer(), clock: Clock.now)
        let view = ProgressView(journal: journal, form: form)
        let results: [Migration.DatasetResult]
        do {
            results = try await migration.execute(berths, notes: session.notes, rescan: rescan) { view.take($0) }
        } catch {
            view.end()
            throw error
        }
        view.end()
        let report = ApplyReport(
            plan: session.plan.name, results: results, asked: datasets.map(\.name), drained: drain.isRequested)
        try form.emit(report)
        if let status = report.status { throw CommandFailure(status, "") }
    }
}

/// Turns SIGINT and SIGTERM into a drain; a second one ends the process at once.
final class SignalWatch: Sendable {
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    init(_ drain: Drain) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if drain.isRequested { _exit(ExitStatus.interrupted.rawValue) }
                drain.request()
                Stderr.write("\nending what is under way; once more stops at once, and nothing is lost\n")
            }
            source.resume()
            return source
        }
    }

    /// Gives the signals their default meaning back.
    func end() {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}
