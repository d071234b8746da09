import ArgumentParser
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// Brings objects back in clear.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring objects back in clear, from the target into a directory.",
        discussion: """
            Opens every object of the target with the identity and writes it under --to,
            which must lie apart from what the plan moves. Nothing is overwritten: a file
            that is there already counts as done where its content is right, and as a
            failure where it is not. Needs no journal; where there is one, each object is
            also compared with it. Ctrl-C exits 130; run it again to go on.

            Examples:

              havre restore plan.yaml --identity pds.key --to back
              havre restore plan.yaml --identity pds.key --to back --dataset projects-2021
            """)

    @OptionGroup var opening: OpeningArguments

    @Option(name: .long, help: "The directory to restore into; each dataset gets a folder of its name in it.")
    var to: String

    @OptionGroup var form: Output

    func run() async throws {
        let (session, chosen, identities) = try opening.load()
        let root = FilePaths.resolve(to, in: FilePaths.workingDirectory)
        try RestorePlace.refuse(root, names: chosen.map(\.name), session.plan)
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let drain = Drain()
        let signals = SignalWatch(drain, form)
        defer { signals.end() }
        let known = try? session.existingJournal()
        let digest = try RunSecrets.digestKey(state: session.state)
        var parts: [RestoreReport.Part] = []
        for dataset in chosen where !drain.isRequested {
            let folder = root + "/" + dataset.name
            try StateDirectory.create(folder)
            let source = try fleet.store(dataset.target, traits: try fleet.probed(dataset.target)?.traits)
            // What waits to be written is nameless: the directory itself serves as spool, and nothing stays behind.
            let restorer = Restorer(
                source: source, prefix: dataset.target.prefix, destination: try FileStore(root: folder),
                identities: identities, spool: root, reactors: fleet.reactors, drain: drain
            ) { key in
                guard let known, let digest, let landing = try await known.landing(dataset: dataset.name, key: key)
                else { return nil }
                return (landing, digest)
            }
            parts.append(RestoreReport.Part(dataset: dataset.name, to: folder, try await restorer.execute()))
        }
        let report = RestoreReport(
            datasets: parts, drained: parts.count < chosen.count || parts.contains(where: \.drained))
        try form.emit(report)
        if let status = report.status { throw CommandFailure(status, "") }
    }
}

/// What `restore` did.
struct RestoreReport: CommandResult {
    /// One dataset.
    struct Part: Encodable, Sendable {
        let dataset: String
        let to: String
        let restored: Int
        let bytes: UInt64
        let present: Int
        let compared: Int
        let failed: Int
        let mismatched: Int
        let closed: Int
        let failures: [String]
        let drained: Bool

        init(dataset: String, to: String, _ report: Restorer.Report) {
            self.dataset = dataset
            self.to = to
            restored = report.restored
            bytes = report.bytes
            present = report.present
            compared = report.compared
            failed = report.failed
            mismatched = report.mismatched
            closed = report.closed
            failures = report.failures
            drained = report.drained
        }
    }

    let datasets: [Part]
    /// Whether a signal ended it early.
    let drained: Bool

    /// How the command ends; nil where every object is in the directory.
    var status: ExitStatus? {
        if datasets.contains(where: { $0.mismatched > 0 }) { return .mismatch }
        if datasets.contains(where: { $0.closed > 0 }) { return .key }
        if drained { return .interrupted }
        return datasets.contains { $0.failed > 0 } ? .someFailed : nil
    }

    var description: String {
        var lines: [String] = []
        for part in datasets {
            lines.append(
                "\(part.dataset): \(Quantity.count(part.restored)) restored (\(Quantity.bytes(part.bytes))) into \(part.to), "
                    + (part.present > 0 ? "\(Quantity.count(part.present)) there already, " : "")
                    + "\(Quantity.count(part.compared)) compared with the journal")
            if part.compared < part.restored + part.present {
                lines.append(
                    "  without a journal age cannot see whether two objects were swapped; `havre adopt` rebuilds it")
            }
            for failure in part.failures { lines.append("  ! \(failure)") }
            let listed = part.failures.count + max(0, part.closed - 1)
            if part.failed > listed { lines.append("  ! and \(part.failed - listed) more") }
        }
        if status == .interrupted { lines.append("Interrupted. Run restore again to go on.") }
        return lines.joined(separator: "\n")
    }
}
