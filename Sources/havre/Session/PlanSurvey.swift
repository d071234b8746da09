import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// Lists both sides of datasets, joins them and reports what `apply` would do: what `plan` prints, and what `apply`
/// shows on a terminal before it asks. Writes to the journal only; the caller holds lock and lease.
struct PlanSurvey {
    /// The plan.
    let session: PlanSession
    /// Where inventories and diff go.
    let journal: SQLiteJournal
    /// The stores.
    let fleet: Fleet
    /// Whether progress may be shown.
    let form: Output

    /// Lists and joins. Returns, where `heads` asks for every object's metadata, what cannot be carried over, by
    /// dataset.
    @discardableResult
    func scan(_ datasets: [Dataset], heads: Bool = false) async throws -> [String: [String]] {
        var unmapped: [String: [String]] = [:]
        for dataset in datasets {
            let berth = try await fleet.berth(dataset, opening: false)
            let ticker = ScanTicker(dataset.name, form)
            defer { ticker.end() }
            let scanner = Scanner(dataset: dataset, source: berth.source, target: berth.target, journal: journal)
            try await scanner.scan(envelope: DatasetRun.envelope(berth.recipients)) { ticker.show($0) }
            if heads { unmapped[dataset.name] = try await fleet.unmappable(berth, journal) }
        }
        return unmapped
    }

    /// What the journal's diff and the verdicts say of `datasets`.
    func report(_ datasets: [Dataset], unmapped: [String: [String]] = [:]) async throws -> PlanReport {
        var parts: [PlanReport.DatasetPart] = []
        for dataset in datasets {
            let verdicts = session.verdicts.filter { $0.dataset == dataset.name }
            let target = try fleet.store(dataset.target, traits: fleet.probed(dataset.target)?.traits)
            parts.append(
                PlanReport.DatasetPart(
                    dataset: dataset.name, from: session.placeWords(dataset.source),
                    to: session.placeWords(dataset.target),
                    lines: try await journal.diffSummary(dataset: dataset.name).map {
                        PlanReport.Line(action: $0.action, cause: $0.cause, objects: $0.objects, bytes: $0.bytes)
                    },
                    verdicts: verdicts, blockedByPolicy: verdicts.contains(where: \.blocks),
                    unmapped: unmapped[dataset.name] ?? [], targetProbed: target.traits.probed))
        }
        let rate = session.rate
        return PlanReport(
            plan: session.plan, datasets: parts, bytesPerSecond: rate.bytesPerSecond, rateWords: rate.words)
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
        let words = "scanning " + Counted.of(entries, "entry", plural: "entries")
        Stderr.redraw(ProgressLine(dataset: name, words: words))
    }

    /// Takes the line away.
    func end() {
        if shown { Stderr.write("\r\u{1b}[K") }
    }
}
