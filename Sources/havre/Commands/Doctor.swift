import ArgumentParser
import HavreCrypto
import HavreEngine
import HavreModel
import HavreStores

/// Finds out what each store really does.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check credentials, clock and endpoints, and probe what each target really does.",
        discussion: """
            Reads the head of each source's listing; at each target it writes, reads and
            deletes a few small objects under <prefix>.havre/probe-…/: a second
            conditional PUT, wrong checksums, parts, odd keys. What it finds is kept in
            the state directory, and `plan` and `apply` go by it.

            --write also measures how fast each target takes data: it writes up to 64 MiB
            in the same place and removes them; `plan` reckons with the rate.

            Examples:

              havre doctor plan.yaml
              havre doctor plan.yaml --write
              havre doctor plan.yaml --lang fr
            """)

    @Argument(help: "The plan.")
    var plan: String

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @Flag(name: .long, help: "Measure how fast each target takes data: write up to 64 MiB there, remove them.")
    var write = false

    @OptionGroup var speech: LanguageOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func run() async throws {
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset)
        try session.refuseBlocked(chosen, speech.language)
        try StateDirectory.create(session.state)
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        var parts: [DoctorReport.Part] = []
        for dataset in chosen {
            parts.append(try await source(dataset, session, fleet))
            parts.append(try await target(dataset, session, fleet))
        }
        let spool = FolderNames.bytes(session.state + "/spool")
        let report = DoctorReport(
            plan: session.plan.name, locations: parts, spoolBytes: spool, language: speech.language)
        try form.emit(report)
        if report.isRefused { throw CommandFailure(.blocked, "") }
        if report.isBad { throw CommandFailure(.failed, "") }
    }

    private func source(_ dataset: Dataset, _ session: PlanSession, _ fleet: Fleet) async throws -> DoctorReport.Part {
        var findings: [Prober.Finding] = []
        do {
            findings += try await connection(dataset.source, fleet)
            let store = try fleet.store(dataset.source, traits: nil)
            let listing = store.listing(prefix: dataset.source.prefix)
            let first = try await listing.next() ?? []
            findings.append(.init("reachable", .good, first.isEmpty ? "yes, and empty" : "yes, and it lists"))
            findings += try await clock(store)
        } catch let error as StoreError {
            findings.append(Self.finding(error, otherwise: "reachable"))
        }
        return DoctorReport.Part(
            dataset: dataset.name, role: "source", place: session.placeText(dataset.source), findings: findings)
    }

    private func target(_ dataset: Dataset, _ session: PlanSession, _ fleet: Fleet) async throws -> DoctorReport.Part {
        var findings: [Prober.Finding] = []
        do {
            findings += try await connection(dataset.target, fleet)
            findings += try await clock(fleet.store(dataset.target, traits: nil))
            let found = try await fleet.probe(dataset, writing: write)
            findings += found.findings + (found.writing.map { [Self.finding($0)] } ?? [])
        } catch let error as StoreError {
            findings.append(Self.finding(error, otherwise: "probe"))
        }
        return DoctorReport.Part(
            dataset: dataset.name, role: "target", place: session.placeText(dataset.target), findings: findings)
    }

    private static func finding(_ rate: SourceProbe.Result) -> Prober.Finding {
        let (low, high) = (
            QuantityText.rate(bytesPerSecond: rate.slowest), QuantityText.rate(bytesPerSecond: rate.fastest)
        )
        return .init(
            "write rate", .good,
            "\(low.english) to \(high.english): \(Quantity.bytes(rate.bytes)) in \(rate.requests) objects")
    }

    private static func finding(_ error: StoreError, otherwise subject: String) -> Prober.Finding {
        .init(error.isOfPolicy ? DoctorReport.connection : subject, .bad, error.description)
    }

    /// Whom we speak to, and in which region it says to be.
    private func connection(_ location: Location, _ fleet: Fleet) async throws -> [Prober.Finding] {
        guard let (connection, note) = try await fleet.observe(location) else { return [] }
        var words = connection.host
        words += " at \(connection.address)" + (connection.isProxied ? " (the proxy)" : "")
        if let region = connection.region.name { words += ", region \(region)" }
        if let tls = connection.tls {
            words += ", \(tls.version)"
            if let certificate = tls.certificate {
                let end = Day(number: Int(certificate.notAfter / 86_400))
                words +=
                    ", certificate \(certificate.subject) by \(certificate.issuer) until \(end), "
                    + "SHA-256 \(certificate.sha256)"
            }
        }
        return [.init(DoctorReport.connection, .good, words)] + (note.map { [.init("region", .note, $0)] } ?? [])
    }

    /// Signatures are refused at 15 minutes of skew (S3: RequestTimeTooSkewed).
    private func clock(_ store: any ObjectStore) async throws -> [Prober.Finding] {
        guard let skew = try await store.clockSkew() else { return [] }
        let words = "\(Quantity.tenths(abs(skew))) s \(skew < 0 ? "behind" : "ahead of") the server"
        let grade: Prober.Finding.Grade = abs(skew) > 300 ? .bad : abs(skew) > 30 ? .note : .good
        return [.init("clock", grade, words)]
    }
}

/// What `doctor` found.
struct DoctorReport: CommandResult {
    /// One location.
    struct Part: Encodable, Sendable {
        let dataset: String
        let role: String
        let place: Text
        let findings: [Prober.Finding]
    }

    let plan: String
    let locations: [Part]
    let spoolBytes: UInt64
    var language = Text.Language.english

    private enum CodingKeys: String, CodingKey {
        case plan, locations, spoolBytes
    }

    /// The subject of what is found of a connection.
    static let connection = "connection"

    /// Whether something answers that the plan was not judged for.
    var isRefused: Bool {
        locations.contains { $0.findings.contains { $0.grade == .bad && $0.subject == Self.connection } }
    }

    /// Whether a run cannot go well.
    var isBad: Bool { locations.contains { $0.findings.contains { $0.grade == .bad } } }

    var description: String {
        var lines: [String] = []
        for part in locations {
            let role = part.role == "source" ? Text("source") : Text(en: "target", fr: "cible")
            lines.append("\(part.dataset)  \(role[language])  \(part.place[language])")
            for finding in part.findings {
                let sign: String =
                    switch finding.grade {
                    case .good: "ok"
                    case .note: "--"
                    case .bad: "!!"
                    }
                lines.append("  \(sign)  \(finding.subject): \(finding.words)")
            }
        }
        if spoolBytes > 0 {
            let bytes = QuantityText.bytes(spoolBytes)
            lines.append(
                Text(
                    en: "spool: \(bytes) of sealed parts in the state directory",
                    fr: "spool : \(bytes) de parties scellées dans le répertoire d'état")[language])
        }
        let closing =
            isBad
            ? Text(en: "A run cannot go well like this.", fr: "Ainsi, une exécution ne peut pas réussir.")
            : Text(en: "Ready.", fr: "Prêt.")
        lines.append(closing[language])
        return lines.joined(separator: "\n")
    }
}
