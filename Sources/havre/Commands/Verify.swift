import ArgumentParser
import Glibc
import HavreEngine
import HavreJournal
import HavreModel

/// Reads back what has landed.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read back what has landed: ciphertext without any key, plaintext with an identity.",
        discussion: """
            Without options every object is read at the target and its ciphertext compared
            by a keyed tag that the host never saw: that finds tampering, not only
            accidents. With --identity each object is opened and its plaintext digest
            compared; with --against-source the source is read again and compared with
            what was moved. Exits 22 where anything differs.

            Examples:

              havre verify plan.yaml
              havre verify plan.yaml --sample 5%
              havre verify plan.yaml --identity pds.key
              havre verify plan.yaml --against-source
            """)

    @Argument(help: "The plan.")
    var plan: String

    @Option(name: .shortAndLong, help: "An age identity file: open each object and compare its plaintext.")
    var identity: String?

    @Flag(name: .customLong("against-source"), help: "Read the source again and compare it with what was moved.")
    var againstSource = false

    @Option(name: .long, help: "Only about this share of the objects, as 5%.")
    var sample: String?

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @OptionGroup var locking: LockOption
    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func run() async throws {
        let share = try Self.share(sample)
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset)
        let identities = try identity.map { try SecretFile.identities($0) }
        let lock = try session.lock("verify", locking)
        defer { withExtendedLifetime(lock) {} }
        let journal = try session.existingJournal()
        _ = try await journal.takeLease(holder: "verify \(getpid())")
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let drain = Drain()
        let signals = SignalWatch(drain, form)
        defer { signals.end() }
        guard let run = try await journal.latestRun() else {
            throw CommandFailure(.failed, "nothing has landed from here yet: there is nothing to compare with")
        }
        guard let digest = try RunSecrets.digestKey(state: session.state) else {
            throw RunSecrets.lostDigestKey(session.state)
        }
        var parts: [VerifyReport.Part] = []
        for dataset in chosen {
            let berth = try await fleet.berth(dataset, opening: againstSource)
            let datasetRun = DatasetRun(
                dataset: dataset, run: run.id, source: berth.source, target: berth.target, journal: journal,
                recipients: berth.recipients, opening: berth.opening,
                secrets: try RunSecrets.forReading(digest: digest, state: session.state),
                spool: session.state + "/spool", drain: drain)
            let verifier = Verifier(run: datasetRun, reactors: fleet.reactors)
            if againstSource {
                let report = try await verifier.execute(.source, share: share)
                parts.append(VerifyReport.Part(dataset.name, "source", report))
            }
            if let identities {
                let report = try await verifier.execute(.plaintext(identities), share: share)
                parts.append(VerifyReport.Part(dataset.name, "plaintext", report))
            }
            if !againstSource, identities == nil {
                let report = try await verifier.execute(.ciphertext, share: share)
                parts.append(VerifyReport.Part(dataset.name, "ciphertext", report))
            }
        }
        var standing = 0
        for dataset in chosen where !drain.isRequested {
            standing += try await Self.mismatched(dataset.name, journal)
            let counts = try await journal.counts(dataset: dataset.name)
            let all = counts.failed == 0 && counts.open == 0 && counts.verified == counts.landed
            if all, try await journal.datasetState(dataset.name) == "transferred" {
                try await journal.setDatasetState(dataset.name, "verified", notes: .empty)
            }
        }
        let report = VerifyReport(
            plan: session.plan.name, datasets: parts,
            earlier: max(0, standing - parts.reduce(0) { $0 + $1.mismatched }))
        try form.emit(report)
        if let status = report.status { throw CommandFailure(status, "") }
    }

    /// Objects that were found different and have not been moved again since.
    private static func mismatched(_ dataset: String, _ journal: any Journal) async throws -> Int {
        var (count, after) = (0, Int64(0))
        while true {
            let rows = try await journal.failed(dataset: dataset, after: after, limit: 1000)
            guard let last = rows.last else { return count }
            after = last.row
            count += rows.count { row in
                if case .failed(let failure, _) = row.machine.state { failure.mismatch } else { false }
            }
        }
    }

    /// `5%` as 0.05.
    static func share(_ text: String?) throws -> Double {
        guard let text else { return 1 }
        guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 else {
            throw CommandFailure(
                .usage, "--sample \(Quotation.of(text)): expected a share above 0 % up to 100 %, as 5%")
        }
        return percent / 100
    }
}

/// What `verify` found.
struct VerifyReport: CommandResult {
    /// One dataset, one kind of comparison.
    struct Part: Encodable, Sendable {
        let dataset: String
        let against: String
        let checked: Int
        let bytes: UInt64
        let mismatched: Int
        let mismatches: [String]
        let unread: Int
        let unreadReasons: [String]
        let changedAtSource: Int
        let drained: Bool

        init(_ dataset: String, _ against: String, _ report: Verifier.Report) {
            self.dataset = dataset
            self.against = against
            checked = report.checked
            bytes = report.bytes
            mismatched = report.mismatched
            mismatches = report.mismatches
            unread = report.unreadCount
            unreadReasons = report.unread
            changedAtSource = report.changed
            drained = report.drained
        }
    }

    let plan: String
    let datasets: [Part]
    /// Objects that an earlier verification found different and that have not been moved again since.
    let earlier: Int

    /// How the command ends; nil where all agrees.
    var status: ExitStatus? {
        if earlier > 0 || datasets.contains(where: { $0.mismatched > 0 }) { return .mismatch }
        if datasets.contains(where: \.drained) { return .interrupted }
        if datasets.contains(where: { $0.unread > 0 }) { return .temporary }
        return nil
    }

    var description: String {
        var lines: [String] = []
        for part in datasets {
            lines.append(
                "\(part.dataset): \(Quantity.count(part.checked)) read back (\(part.against), \(Quantity.bytes(part.bytes))), "
                    + (part.mismatched > 0
                        ? "\(Quantity.count(part.mismatched)) DIFFER"
                        : part.checked == 0 ? "so no statement" : "all agree"))
            for mismatch in part.mismatches { lines.append("  ! \(mismatch)") }
            if part.changedAtSource > 0 {
                lines.append(
                    "  \(Counted.of(part.changedAtSource, "object")) changed at the source after the move: no statement"
                )
            }
            if part.unread > 0 {
                lines.append("  \(Quantity.count(part.unread)) could not be read: \(part.unreadReasons.first ?? "")")
            }
            if part.drained { lines.append("  ended early, as asked") }
        }
        if earlier > 0 {
            lines.append("\(Quantity.count(earlier)) found different earlier; `havre apply` moves them again")
        }
        return lines.joined(separator: "\n")
    }
}
