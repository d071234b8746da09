import HavreCrypto
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
    /// Whether the diff names what is to be deleted at the target.
    var prune = false
    /// The reader's language.
    var language = Text.Language.english
    /// Bytes a second that the command line gives; nil where it does not.
    var bandwidth: UInt64?
    /// How fast bytes were expected to pass when a saved plan was made, by dataset.
    var paces: [String: Estimate.Pace] = [:]

    /// What was found out beside the diff, by dataset.
    struct Findings {
        /// What cannot be carried over, where every object was asked for its metadata.
        var unmapped: [String: [String]] = [:]
        /// How fast the source was read, where it was.
        var probes: [String: SourceProbe.Result] = [:]
    }

    /// Lists and joins. `heads` asks for every object's metadata, `probe` reads some objects.
    @discardableResult
    func scan(_ datasets: [Dataset], heads: Bool = false, probe: Bool = false) async throws -> Findings {
        var findings = Findings()
        for dataset in datasets {
            let berth = try await fleet.berth(dataset, opening: false)
            let ticker = ScanTicker(dataset.name, form, language)
            defer { ticker.end() }
            let scanner = Scanner(
                dataset: dataset, source: berth.source, target: berth.target, journal: journal, prune: prune,
                places: berth.places)
            try await scanner.scan(envelope: DatasetRun.envelope(berth.recipients)) { ticker.show($0) }
            if heads { findings.unmapped[dataset.name] = try await fleet.unmappable(berth, journal) }
            if probe {
                findings.probes[dataset.name] = try await SourceProbe(
                    berth: berth, journal: journal, reactors: fleet.reactors
                ).execute()
            }
        }
        return findings
    }

    /// What the journal's diff, the estimates and the verdicts say of `datasets`.
    func report(_ datasets: [Dataset], _ findings: Findings = Findings()) async throws -> PlanReport {
        var parts: [PlanReport.DatasetPart] = []
        for dataset in datasets { parts.append(try await part(dataset, findings)) }
        // Which end dates can be kept is known only now.
        session.forecast(&parts, isCounted: true)
        return PlanReport(
            plan: session.plan, datasets: parts, prune: prune, language: language,
            strays: session.judgement.strays(of: session.plan))
    }

    private func part(_ dataset: Dataset, _ findings: Findings) async throws -> PlanReport.DatasetPart {
        let probed = try fleet.probed(dataset.target)
        let traits = try fleet.store(dataset.target, traits: probed?.traits).traits
        let pace =
            paces[dataset.name]
            ?? session.pace(
                given: bandwidth, probe: findings.probes[dataset.name], target: probed?.writing)
        let estimate = Estimate(
            try await journal.volume(dataset: dataset.name, maxParts: traits.maxParts),
            manner: try session.manner(dataset, traits), pace: pace)
        return PlanReport.DatasetPart(
            dataset: dataset.name, from: session.placeText(dataset.source), to: session.placeText(dataset.target),
            lines: try await journal.diffSummary(dataset: dataset.name).map {
                PlanReport.Line(action: $0.action, cause: $0.cause, objects: $0.objects, bytes: $0.bytes)
            },
            verdicts: [],
            unmapped: findings.unmapped[dataset.name] ?? [], targetProbed: traits.probed,
            probedOn: probed.map { Day(nanoseconds: $0.probedAt) },
            estimate: estimate.priced(
                source: session.priced(dataset.source), target: session.priced(dataset.target),
                on: session.judgement.day),
            pace: pace, probe: findings.probes[dataset.name],
            targetMeasuredOn: probed?.writing.map { Day(nanoseconds: $0.measuredAt) })
    }
}

extension PlanSession {
    /// How fast bytes are expected to pass: as measured, else as the command line or the plan say, else 1 Gb/s. The
    /// plan's own limit is never passed, nor what the target was seen to take.
    func pace(given: UInt64?, probe: SourceProbe.Result?, target: TraitsRecord.Writing? = nil) -> Estimate.Pace {
        let limit = (plan.limits.bandwidth?.otherwise).flatMap { $0 > 0 ? Double($0) : nil }
        var pace =
            if let probe {
                Estimate.Pace(
                    basis: .measured, low: probe.slowest, high: probe.fastest, latency: probe.slowestAnswer)
            } else if let given {
                Estimate.Pace.stated(Double(given), .given)
            } else if let limit {
                Estimate.Pace.stated(limit, .plan)
            } else {
                Estimate.Pace.stated(125_000_000, .assumed)
            }
        if let limit { (pace.low, pace.high) = (min(pace.low, limit), min(pace.high, limit)) }
        if let target { (pace.low, pace.high) = (min(pace.low, target.slowest), min(pace.high, target.fastest)) }
        return pace
    }

    /// How the engine writes to a target with these traits.
    func manner(_ dataset: Dataset, _ traits: StoreTraits) throws -> Estimate.Manner {
        let recipients = try recipients(dataset)
        return Estimate.Manner(
            conditionalCreate: traits.conditionalCreate, conditionalUpdate: traits.conditionalUpdate,
            conditionalComplete: traits.conditionalComplete,
            readsWholesBack: traits.checksum == .none && !traits.entityTagIsMD5,
            readsPartsBack: traits.partChecksum == .none && !traits.entityTagIsMD5,
            // The header's length follows from the number and the kinds of recipients.
            header: recipients.isEmpty ? nil : try AgeSealing.create(to: recipients).prefix.count,
            verify: (dataset.verify ?? plan.verify).share)
    }

    /// Where the prices of a location are looked up.
    func priced(_ location: Location) -> PricedPlace {
        guard let entry = plan.providers[location.provider],
            let service = catalogue.provider(entry.catalogueID)?.service(entry.service)
        else { return PricedPlace(name: location.provider, service: nil, region: nil) }
        let name = entry.catalogueID + (entry.region.map { "/" + $0 } ?? "")
        return PricedPlace(name: name, service: service, region: entry.region)
    }

    /// `microsoft-azure/westeurope (NL, US law)`
    func placeText(_ location: Location) -> Text {
        guard let entry = plan.providers[location.provider] else { return Text(location.provider) }
        let isOwn = Catalogue.operatorsOwn.contains(entry.catalogueID)
        let name = isOwn ? location.provider : entry.catalogueID + (entry.region.map { "/" + $0 } ?? "")
        let provider = catalogue.provider(entry.catalogueID)
        let day = Day.today
        let country =
            isOwn
            ? entry.stated.country
            : entry.region.flatMap { provider?.service(entry.service)?.region($0)?.country.known(on: day) }
        let laws =
            isOwn ? [entry.stated.law].compactMap { $0 } : (provider?.laws ?? []).compactMap { $0.law.known(on: day) }
        var words = country.map { Text($0) } ?? Text(en: "country unknown", fr: "pays inconnu")
        let foreign = Set(laws).subtracting([country ?? ""]).sorted().joined(separator: "+")
        if !foreign.isEmpty { words = words + Text(en: ", \(foreign) law", fr: ", droit \(foreign)") }
        return Text(en: "\(name) (\(words))", fr: "\(name) (\(words))")
    }
}

/// Says on a terminal how far a listing is; a pipe sees nothing of it.
final class ScanTicker: Sendable {
    private let name: String
    private let shown: Bool
    private let language: Text.Language

    init(_ name: String, _ form: Output, _ language: Text.Language) {
        self.name = name
        self.language = language
        shown = !form.json && Stderr.isTerminal
    }

    /// Entries seen so far.
    func show(_ entries: Int) {
        guard shown else { return }
        Stderr.redraw(ProgressLine(dataset: name, words: ProgressView.scanning(entries)[language]))
    }

    /// Takes the line away.
    func end() {
        if shown { Stderr.write("\r\u{1b}[K") }
    }
}
