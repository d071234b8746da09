import ArgumentParser
import Glibc
import HavreJournal
import HavreModel

/// Compares every service and region of the catalogue as the target of a dataset.
struct WhereCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "where",
        abstract: "Judge every place of the catalogue as a target, and rank them.",
        discussion: """
            For each service and region: which rules hold, which block, which fact is
            missing, the law behind it, the price of a month, cost and time of the
            move. How much there is comes from --objects and --bytes, else from the
            last `plan`, else from the dataset's `expected:`. Needs no network.
            -o writes the comparison record: with hashes of plan, catalogue and
            rulebook, derogations in force, and why a fact is missing. Above 1,000
            places of all datasets --json prints a line each, and -o takes .csv
            or .ndjson.

            Examples:

              havre where plan.yaml
              havre where plan.yaml projects-2021 --all
              havre where plan.yaml projects-2021 -o comparison.csv
              havre where plan.yaml --json --lang fr
            """)

    @Argument(help: "The plan.")
    var plan: String

    @Argument(help: "The dataset; all of them where none is named.")
    var dataset: String?

    @Flag(name: .long, help: "Show every place; else the first ten.")
    var all = false

    @Option(name: .long, help: "How many objects there are.")
    var objects: Int?

    @Option(name: .long, help: "How many bytes there are, such as 3TB.", transform: Self.size)
    var bytes: UInt64?

    @Option(name: .long, help: "How fast bytes pass, such as 10Gbps.", transform: Self.rate)
    var bandwidth: UInt64?

    @Option(name: .shortAndLong, help: "Write the comparison record to FILE (.csv, .json or .ndjson).")
    var output: String?

    @OptionGroup var language: LanguageOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func validate() throws {
        if (objects == nil) != (bytes == nil) { throw ValidationError("Say both --objects and --bytes, or neither.") }
        if let output, WhereRecord.Format(path: output) == nil {
            throw ValidationError("\(output): expected a name that ends with `.csv`, `.json` or `.ndjson`")
        }
    }

    func run() async throws {
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset.map { [$0] } ?? [])
        let heading = WhereReport.Heading(
            plan: session.plan.name, planHash: session.planHash, catalogueHash: try session.judgement.catalogueHash,
            rulebook: session.rulebook.version, rulebookHash: session.rulebookHash, day: session.judgement.day)
        let rows =
            chosen.count * session.catalogue.providers.flatMap(\.services).reduce(0) { $0 + $1.regions.count }
        let isLong = rows > ObjectList.most
        if isLong, let output, output.hasSuffix(".json") {
            throw CommandFailure(
                .usage,
                "\(rows) places are more than one document holds (\(ObjectList.most)); nothing was written: name a file "
                    + "that ends with `.ndjson` or `.csv`, or one dataset")
        }
        let record = try output.flatMap { try WhereRecord(path: $0, heading: heading, language: language.language) }
        let stream = form.stream()
        var kept: [WhereReport.Part] = []
        let isKept = (form.json && !isLong) || record?.format == .json
        if form.json, isLong { try stream.emit(WhereReport.Line(heading)) }
        for (index, dataset) in chosen.enumerated() {
            let part = try await part(dataset, session)
            try record?.add(part)
            if isKept { kept.append(part) }
            if form.json, isLong {
                for line in WhereReport.lines(part) { try stream.emit(line) }
            } else if !form.json {
                let words = WhereReport(heading: heading, datasets: [part], all: all, language: language.language)
                Stdout.say((index > 0 ? "\n" : "") + words.description)
            }
        }
        let report = WhereReport(heading: heading, datasets: kept, all: all, language: language.language)
        try record?.end(report)
        if form.json { isLong ? stream.end() : try form.emit(report) }
    }

    /// One dataset at every place.
    private func part(_ dataset: Dataset, _ session: PlanSession) async throws -> WhereReport.Part {
        let (expected, basis) = try await expected(dataset, session)
        let comparison = Planner.Comparison(
            plan: session.plan, dataset: dataset, catalogue: session.catalogue, rulebook: session.rulebook,
            documents: session.judgement.documents.map(\.document), day: session.judgement.day,
            expected: expected, pace: session.pace(given: bandwidth, probe: nil))
        return WhereReport.Part(
            dataset: dataset.name, objects: expected?.objects, bytes: expected?.bytes, basis: basis,
            candidates: comparison.candidates())
    }

    /// How much there is, and who says so.
    private func expected(
        _ dataset: Dataset, _ session: PlanSession
    ) async throws -> (Dataset.Expectation?, WhereReport.Basis) {
        if let objects, let bytes { return (Dataset.Expectation(objects: objects, bytes: bytes), .given) }
        if access(session.state + "/journal.sqlite", F_OK) == 0 {
            let counts = try await session.journal().diffSummary(dataset: dataset.name)
                .filter { $0.action != .extraneous }
            let sum = counts.reduce(into: Dataset.Expectation(objects: 0, bytes: 0)) {
                $0.objects += $1.objects
                $0.bytes += $1.bytes
            }
            if sum.objects > 0 { return (sum, .listed) }
        }
        return (dataset.expected, dataset.expected == nil ? .unknown : .plan)
    }

    private static func size(_ text: String) throws -> UInt64 {
        guard let bytes = PlanForms.bytes(text) else {
            throw ValidationError("\(Quotation.of(text)) is no size; expected one such as 3TB")
        }
        return bytes
    }

    private static func rate(_ text: String) throws -> UInt64 {
        guard let rate = PlanForms.bytesPerSecond(text), rate > 0, rate != .max else {
            throw ValidationError("\(Quotation.of(text)) is no rate; expected one such as 10Gbps")
        }
        return rate
    }
}
