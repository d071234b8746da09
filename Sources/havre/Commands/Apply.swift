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
            shows, and asks; elsewhere it needs --yes. With --prune it then deletes at the
            target what landed from here and is no longer at the source, maxDelete
            objects a run at most; a saved plan says itself whether it prunes. A source
            that lists nothing, or from which more than half of what landed is gone, may
            be one that is not mounted or misspelt: --prune refuses it, and --prune-most
            says that it is meant. Ctrl-C drains and exits 130; a second one stops at
            once, and nothing is lost either way.

            A saved plan that is not signed proves nothing of who made it: whoever can
            write the file can write another. --signed-by demands the signature of a
            key; without it the plan file must still be there, and a signature, where
            there is one, must be the plan's own. Of a saved plan each dataset is
            applied once; where objects failed, the same file applies again.

            Examples:

              havre apply plan.yaml
              havre apply plan.yaml --yes --dataset projects-2021
              havre apply plan.yaml --prune --lang fr
              havre apply saved.havreplan --yes
              havre apply saved.havreplan --yes --signed-by release.pub
            """)

    @Argument(help: "The plan, or a file that `plan -o` wrote.")
    var plan: String

    @Flag(name: .long, help: "Do not ask.")
    var yes = false

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @Flag(name: .long, help: "Delete at the target what is ours and no longer at the source.")
    var prune = false

    @Flag(
        name: .customLong("prune-most"),
        help: "Believe an empty source, and delete more than half of what landed; such a source is refused else.")
    var pruneMost = false

    @Option(
        name: .customLong("signed-by"),
        help: "Apply a saved plan only where this key has signed it: `ed25519:…`, or a PEM file.")
    var signedBy: String?

    @OptionGroup var speech: LanguageOption
    @OptionGroup var locking: LockOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    private var language: Text.Language { speech.language }

    func run() async throws {
        let saved = SavedPlan.isOne(plan) ? try SavedPlan(path: plan, hash: HashFunction.sha256) : nil
        let session =
            if let saved { try PlanSession.load(saved, directory) } else { try PlanSession.load(plan, directory) }
        let chosen = try session.datasets(dataset.isEmpty ? saved?.heading.datasets ?? [] : dataset)
        if let saved {
            try await session.refuseElsewhere(saved)
            if let other = chosen.first(where: { !saved.heading.datasets.contains($0.name) }) {
                throw CommandFailure(.usage, "\(plan) does not hold the dataset \(other.name); it was not planned")
            }
            if prune, !saved.heading.prune {
                throw CommandFailure(
                    .usage, "\(plan) was planned without --prune, and is applied as it stands; plan again with it")
            }
            try await session.refuseStale(saved, signedBy: try signedBy.map(VerifyingKey.init(signedBy:)))
        }
        if saved == nil, signedBy != nil {
            throw CommandFailure(.usage, "--signed-by is about a saved plan, and \(plan) is a plan file")
        }
        let prune = saved?.heading.prune ?? prune
        if prune, session.plan.limits.maxDelete == nil {
            throw CommandFailure(
                .usage,
                "--prune deletes only up to a limit: state maxDelete in \(session.plan.file). "
                    + "Nothing was moved or deleted")
        }
        try session.refuseBlocked(chosen, language)
        guard yes || isatty(STDIN_FILENO) == 1 && !form.json else {
            throw CommandFailure(.usage, "apply asks before it moves anything; where nobody can answer, say --yes")
        }
        let lock = try session.lock("apply", locking)
        defer { withExtendedLifetime(lock) {} }
        let journal = try session.journal()
        _ = try await journal.takeLease(holder: "apply \(getpid())")
        try session.keepExecuted()
        try await connect(session, chosen, journal)
        var errand = Migration.Errand(prune: prune, pruneMost: pruneMost, serial: saved?.heading.serial)
        var forecast = PlanForecast(session: session, datasets: chosen, journal: journal)
        // At the pace that a saved plan was planned at.
        forecast.paces = try saved?.paces() ?? [:]
        if saved != nil || prune || !yes || session.awaitsForecast(chosen) {
            errand.rescan = try await survey(session, chosen, journal, saved, forecast.paces, prune: prune)
            forecast.isCounted = true
        }
        try await sail(session, chosen, journal: journal, saved, errand, forecast)
    }

    /// Looks whom the plan's endpoints really are before anything is listed: host, address, certificate, region.
    private func connect(_ session: PlanSession, _ datasets: [Dataset], _ journal: SQLiteJournal) async throws {
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        for note in try await fleet.connect(datasets, journal: journal) { form.note(note) }
    }

    /// Lists and joins before anything moves: a saved plan is compared with what is there now, and a person sees what
    /// the answer is about. Returns whether the sides must be joined anew: the probe of a target, which comes after
    /// the answer because it writes there, may find keys that the target would fold.
    private func survey(
        _ session: PlanSession, _ datasets: [Dataset], _ journal: SQLiteJournal, _ saved: SavedPlan?,
        _ paces: [String: Estimate.Pace], prune: Bool
    ) async throws -> Bool {
        let runs = if let saved { try await session.refuseReplay(saved, datasets, journal) } else { [String]() }
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let survey = PlanSurvey(
            session: session, journal: journal, fleet: fleet, form: form, prune: prune, language: language,
            paces: paces)
        try await survey.scan(datasets)
        if let saved {
            try await session.refuseMoved(saved, datasets: datasets, journal: journal, fleet: fleet, runs: runs)
        }
        if prune { try await refuseDeletions(session, datasets, journal) }
        let mustJoinAnew = try saved == nil && datasets.contains { try fleet.probed($0.target) == nil }
        // The objects are counted: what only a forecast can tell is judged now, as `plan` judges it.
        let report = try await survey.report(datasets)
        try session.refuseBlocked(datasets, by: report.datasets.flatMap(\.verdicts), language)
        guard !yes else { return mustJoinAnew }
        Stderr.say(report.description)
        let (move, gone) = (report.totals.toMove, report.totals.toDelete)
        guard move.objects + gone.objects > 0 else {
            Stderr.say(
                Text(
                    en: "Nothing is to be moved, so nothing is asked.",
                    fr: "Rien n'est à transférer : aucune question n'est posée.")[language])
            return false
        }
        Stderr.write(Self.question(move: move, gone: gone)[language])
        guard let answer = readLine(), ["y", "yes", "o", "oui"].contains(answer.lowercased()) else {
            throw CommandFailure(.failed, Text(en: "nothing was moved", fr: "rien n'a été transféré")[language])
        }
        return mustJoinAnew
    }

    /// What a person is asked before anything moves.
    static func question(move: PlanReport.Sum, gone: PlanReport.Sum) -> Text {
        let (objects, bytes) = (QuantityText.objects(move.objects), QuantityText.bytes(move.bytes))
        let lost = QuantityText.objects(gone.objects)
        let deleting =
            gone.objects > 0
            ? Text(en: " and DELETE \(lost) at the target", fr: " et SUPPRIMER \(lost) à la cible") : .empty
        return Text(
            en: "Move \(objects) (\(bytes))\(deleting)? [y/N] ",
            fr: "Transférer \(objects) (\(bytes))\(deleting) ? [o/N] ")
    }

    /// Ends where the source cannot be believed, or where more would be deleted than the plan allows; nothing has been
    /// touched by then.
    private func refuseDeletions(_ session: PlanSession, _ datasets: [Dataset], _ journal: SQLiteJournal) async throws {
        let limits = PruneGuard(maxDelete: session.plan.limits.maxDelete, most: pruneMost)
        let names = datasets.map(\.name)
        if let words = try await limits.doubt(names, journal) { throw CommandFailure(.failed, words[language]) }
        if let words = try await limits.excess(names, journal) {
            let counsel = Text(
                en: "\(words); look at `havre plan --prune --action delete`",
                fr: "\(words) ; voyez `havre plan --prune --action delete`")
            throw CommandFailure(.failed, counsel[language])
        }
    }

    private func sail(
        _ session: PlanSession, _ datasets: [Dataset], journal: SQLiteJournal, _ saved: SavedPlan?,
        _ errand: Migration.Errand, _ forecast: PlanForecast
    ) async throws {
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let drain = Drain()
        let signals = SignalWatch(drain, form, language)
        defer { signals.end() }
        var hasLearned = false
        for dataset in datasets where try fleet.probed(dataset.target) == nil {
            let place = session.placeText(dataset.target)
            form.note(
                Text(en: "probing what \(place) really does", fr: "sondage de ce que fait vraiment \(place)")[language])
            _ = try await fleet.probe(dataset)
            hasLearned = true
        }
        // Probes are read anew.
        let ready = try Fleet(session)
        defer { ready.shutdown() }
        if let saved, hasLearned {
            // Joined before anybody knew what the target does: keys that it folds are blocked only now.
            let runs = try await session.refuseReplay(saved, datasets, journal)
            try await PlanSurvey(
                session: session, journal: journal, fleet: ready, form: form, prune: errand.prune, language: language
            ).scan(datasets)
            try await session.refuseMoved(saved, datasets: datasets, journal: journal, fleet: ready, runs: runs)
            if errand.prune { try await refuseDeletions(session, datasets, journal) }
        }
        var (berths, forecast) = ([Migration.Berth](), forecast)
        for dataset in datasets {
            let berth = try await ready.berth(dataset, opening: true)
            forecast.manners[dataset.name] = .init(
                try session.manner(dataset, berth.target.traits), maxParts: berth.target.traits.maxParts)
            berths.append(berth)
        }
        let watch = PlanVigil(
            session, forecasts: try await forecast.days(on: session.judgement.day), forecast: forecast.days,
            language: language, show: { form.progress($0) }, say: { form.progress([$0]) })
        let migration = Migration(
            plan: session.plan, planHash: session.planHash, journal: journal, state: session.state,
            reactors: ready.reactors, drain: drain, signer: try await session.signer(),
            vigil: watch.vigil, clock: Clock.now)
        let view = ProgressView(journal: journal, form: form, language: language)
        let results: [Migration.DatasetResult]
        do {
            results = try await migration.execute(berths, notes: session.notes(watch.verdicts), errand: errand) {
                view.take($0)
            }
        } catch {
            view.end()
            throw error
        }
        view.end()
        let report = ApplyReport(
            plan: session.plan.name, results: results, asked: datasets.map(\.name), drained: drain.isRequested,
            language: language)
        try form.emit(report)
        if let status = report.status { throw CommandFailure(status, "") }
    }
}

/// Turns SIGINT and SIGTERM into a drain; a second one ends the process at once.
final class SignalWatch: Sendable {
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// Watches on behalf of `drain`, and says so in the form that is asked for.
    init(_ drain: Drain, _ form: Output? = nil, _ language: Text.Language = .english) {
        let json = form?.json ?? false
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if drain.isRequested { _exit(ExitStatus.interrupted.rawValue) }
                drain.request()
                let words = Text(
                    en: "ending what is under way; once more stops at once, and nothing is lost",
                    fr: "fin de ce qui est en cours ; une seconde fois arrête aussitôt, et rien n'est perdu")
                Stderr.write(json ? #"{"type":"draining"}"# + "\n" : "\n" + words[language] + "\n")
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
