import ArgumentParser
import Glibc
import HavreCrypto
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
            Lists both sides, joins them, judges every move and estimates what it takes:
            parts, requests, time, money. --probe reads some of the source to measure how
            fast it is. Exits 20 when a dataset is blocked, 0 otherwise; with
            --detailed-exitcode 2 when changes are pending. --prune refuses, with exit 1, a
            source that lists nothing or from which more than half of what landed is gone:
            it may be not mounted or misspelt. --prune-most says that it is meant.

            Examples:

              havre plan plan.yaml
              havre plan plan.yaml --probe
              havre plan plan.yaml --action update,blocked
              havre plan plan.yaml -o saved.havreplan && havre apply saved.havreplan
              havre plan plan.yaml --detailed-exitcode --json
            """)

    @Argument(help: "The plan.")
    var plan: String

    @Option(name: .shortAndLong, help: "Save the plan to FILE; `apply FILE` does exactly this or refuses it as stale.")
    var output: String?

    @Flag(name: .long, help: "Sign the saved plan with the plan's `sign` key.")
    var sign = false

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @OptionGroup var listing: ObjectOptions

    @Flag(name: .long, help: "Ask every object for its metadata, and list what cannot be carried over.")
    var heads = false

    @Flag(name: .long, help: "Read up to 64 MiB or 5 seconds of the source, to measure how fast it is.")
    var probe = false

    @Flag(name: .long, help: "List nothing: judge, and estimate what the plan expects. Needs no credentials.")
    var offline = false

    @Option(name: .long, help: "Estimate at this rate, as 10Gbps or 200MiB/s.", transform: Self.rate)
    var bandwidth: UInt64?

    @Flag(name: .long, help: "Plan to delete at the target what is ours and no longer at the source.")
    var prune = false

    @Flag(
        name: .customLong("prune-most"),
        help:
            "Believe an empty source, and plan to delete more than half of what landed; such a source is refused else.")
    var pruneMost = false

    @Flag(name: .customLong("detailed-exitcode"), help: "Exit 2 when changes are pending.")
    var detailedExitcode = false

    @OptionGroup var language: LanguageOption
    @OptionGroup var locking: LockOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func validate() throws {
        if sign, output == nil { throw ValidationError("--sign signs a saved plan; say where with -o FILE") }
        if offline, output != nil || listing.isAsked || heads || probe || prune {
            throw ValidationError("--offline lists nothing, and takes only --dataset, --bandwidth, --lang and --json")
        }
        if probe, bandwidth != nil {
            throw ValidationError("--probe measures the rate that --bandwidth states; say one")
        }
    }

    /// Ends with exit 64 where something else than a saved plan stands at `path`: a key or a plan must not be lost to a
    /// slip of the hand.
    private static func refuse(_ path: String) throws {
        var info = stat()
        guard lstat(path, &info) == 0, !SavedPlan.isOne(path) else { return }
        throw CommandFailure(
            .usage, "\(path) is there and is no saved plan; it is not overwritten. Nothing was done: name another file")
    }

    private static func rate(_ text: String) throws -> UInt64 {
        guard let rate = PlanForms.bytesPerSecond(text), rate > 0, rate < UInt64.max else {
            throw ValidationError("\(Quotation.of(text)) is no rate; expected one as 10Gbps or 200MiB/s")
        }
        return rate
    }

    func run() async throws {
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset)
        if offline {
            let report = try session.offlineReport(chosen, language: language.language, bandwidth: bandwidth)
            try form.emit(report)
            if report.blocked { throw CommandFailure(.blocked, "") }
            return
        }
        let signer = sign ? try await session.signer() : nil
        if sign, signer == nil {
            throw CommandFailure(.usage, "--sign needs a key: the plan names none under `sign`")
        }
        if let output { try Self.refuse(output) }
        let lock = try session.lock("plan", locking)
        defer { withExtendedLifetime(lock) {} }
        let journal = try session.journal()
        _ = try await journal.takeLease(holder: "plan \(getpid())")
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        for note in try await fleet.connect(chosen, journal: journal) { form.note(note) }
        let survey = PlanSurvey(
            session: session, journal: journal, fleet: fleet, form: form, prune: prune, language: language.language,
            bandwidth: bandwidth)
        let findings = try await survey.scan(chosen, heads: heads, probe: probe)
        let report = try await survey.report(chosen, findings)
        // Shown all the same: a person sees what is wrong by what would go.
        let doubt =
            prune
            ? try await PruneGuard(maxDelete: nil, most: pruneMost).doubt(chosen.map(\.name), journal) : nil
        if let output, doubt == nil {
            try await session.save(
                to: output, datasets: chosen, report: report, prune: prune, journal: journal, fleet: fleet,
                signer: signer)
        }
        if listing.isAsked {
            let actions = listing.actions
            let list = ObjectList(form: form, actions: actions, language: language.language)
            try await list.emit(chosen.map(\.name)) { dataset, after, limit in
                try await journal.diff(dataset: dataset, actions: actions, after: after, limit: limit)
            }
        } else {
            try form.emit(report)
        }
        if let doubt { throw CommandFailure(.failed, doubt[language.language]) }
        if report.blocked { throw CommandFailure(.blocked, "") }
        if detailedExitcode, report.changesPending { throw CommandFailure(.pending, "") }
    }
}
