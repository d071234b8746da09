import ArgumentParser
import Dispatch
import Glibc
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// Executes a plan, or goes on with it.
struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Execute a plan or a saved plan; run again after any interruption to go on.",
        discussion: """
            Moves every object that `plan` names, reads back what the plan's `verify` asks
            for and writes the sealed manifest. On a terminal it shows first what `plan`
            shows, and asks; elsewhere it needs --yes. Ctrl-C drains and exits 130; a
            second one stops at once, and nothing is lost either way.

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
        let saved = SavedPlan.isOne(plan) ? try SavedPlan(path: plan, hash: HashFunction.sha256) : nil
        let session =
            if let saved {
                try PlanSession.load(bytes: saved.heading.plan, path: saved.heading.file, directory)
            } else {
                try PlanSession.load(plan, directory)
            }
        let chosen = try session.datasets(dataset.isEmpty ? saved?.heading.datasets ?? [] : dataset)
        if let saved { try session.refuseStale(saved) }
        try session.refuseBlocked(chosen)
        guard yes || isatty(STDIN_FILENO) == 1 && !form.json else {
            throw CommandFailure(.usage, "apply asks before it moves anything; where nobody can answer, say --yes")
        }
        let lock = try session.lock("apply", locking)
        defer { withExtendedLifetime(lock) {} }
        let journal = try session.journal()
        _ = try await journal.takeLease(holder: "apply \(getpid())")
        var rescan = true
        if saved != nil || !yes { rescan = try await survey(session, chosen, journal, saved) }
        try await sail(session, chosen, journal: journal, rescan: rescan)
    }

    /// Lists and joins before anything moves: a saved plan is compared with what is there now, and a person sees what
    /// the answer is about. Returns whether the sides must be joined anew: the probe of a target, which comes after
    /// the answer because it writes there, may find keys that the target would fold.
    private func survey(
        _ session: PlanSession, _ datasets: [Dataset], _ journal: SQLiteJournal, _ saved: SavedPlan?
    ) async throws -> Bool {
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let survey = PlanSurvey(session: session, journal: journal, fleet: fleet, form: form)
        try await survey.scan(datasets)
        if let saved { try await session.refuseMoved(saved, datasets: datasets.map(\.name), journal: journal) }
        guard !yes else { return false }
        let report = try await survey.report(datasets)
        Stderr.say(report.description)
        let move = report.totals.toMove
        guard move.objects > 0 else {
            Stderr.say("Nothing is to be moved, so nothing is asked.")
            return false
        }
        Stderr.write("Move \(Counted.of(move.objects, "object")) (\(Quantity.bytes(move.bytes)))? [y/N] ")
        guard let answer = readLine(), ["y", "yes", "o", "oui"].contains(answer.lowercased()) else {
            throw CommandFailure(.failed, "nothing was moved")
        }
        return try saved == nil && datasets.contains { try fleet.probed($0.target) == nil }
    }

    private func sail(
        _ session: PlanSession, _ datasets: [Dataset], journal: SQLiteJournal, rescan: Bool
    ) async throws {
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let drain = Drain()
        let signals = SignalWatch(drain, form)
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

    /// Watches on behalf of `drain`, and says so in the form that is asked for.
    init(_ drain: Drain, _ form: Output? = nil) {
        let json = form?.json ?? false
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if drain.isRequested { _exit(ExitStatus.interrupted.rawValue) }
                drain.request()
                let words = "ending what is under way; once more stops at once, and nothing is lost"
                Stderr.write(json ? #"{"type":"draining"}"# + "\n" : "\n" + words + "\n")
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
