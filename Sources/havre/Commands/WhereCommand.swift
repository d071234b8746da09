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

    @Option(name: .shortAndLong, help: "Write the comparison record to FILE (.csv or .json).")
    var output: String?

    @OptionGroup var language: LanguageOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func validate() throws {
        if (objects == nil) != (bytes == nil) { throw ValidationError("Say both --objects and --bytes, or neither.") }
        if let output, ![".csv", ".json"].contains(where: output.hasSuffix) {
            throw ValidationError("\(output): expected a name that ends with `.csv` or `.json`")
        }
    }

    func run() async throws {
        let session = try PlanSession.load(plan, directory)
        var parts: [WhereReport.Part] = []
        for dataset in try session.datasets(dataset.map { [$0] } ?? []) {
            let (expected, basis) = try await expected(dataset, session)
            let comparison = Planner.Comparison(
                plan: session.plan, dataset: dataset, catalogue: session.catalogue, rulebook: session.rulebook,
                documents: session.judgement.documents.map(\.document), day: session.judgement.day,
                expected: expected, pace: pace(session))
            parts.append(
                WhereReport.Part(
                    dataset: dataset.name, objects: expected?.objects, bytes: expected?.bytes, basis: basis,
                    candidates: comparison.candidates()))
        }
        let report = WhereReport(
            plan: session.plan.name, planHash: session.planHash, rulebook: session.rulebook.version,
            rulebookHash: session.rulebookHash, day: session.judgement.day, datasets: parts, all: all,
            language: language.language)
        if let output {
            let file = try NewFile(path: output)
            let text = output.hasSuffix(".csv") ? report.csv : try Output.document(report) + "\n"
            if let failure = Descriptor.write(Array(text.utf8), to: file.descriptor) {
                throw CommandFailure(.failed, "\(output): \(String(cString: strerror(failure)))")
            }
            fchmod(file.descriptor, 0o644)
            try file.keep()
        }
        try form.emit(report)
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

    private func pace(_ session: PlanSession) -> Estimate.Pace {
        if let bandwidth { return .stated(Double(bandwidth), .given) }
        if let limit = session.plan.limits.bandwidth?.otherwise, limit > 0 { return .stated(Double(limit), .plan) }
        return .stated(125_000_000, .assumed)
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
