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
            which must be empty of what would be written: nothing is overwritten, and
            nothing is written outside of it. Needs no journal; where there is one, each
            object is also compared with it.

            Examples:

              havre restore plan.yaml --identity pds.key --to back
              havre restore plan.yaml --identity pds.key --to back --dataset projects-2021
            """)

    @Argument(help: "The plan.")
    var plan: String

    @Option(name: .shortAndLong, help: "An age identity file.")
    var identity: String?

    @Option(name: .long, help: "The directory to restore into; each dataset gets a folder of its name in it.")
    var to: String

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func run() async throws {
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset)
        let identities = try identity.map { try SecretFile.identities($0) } ?? []
        for dataset in chosen where identities.isEmpty && dataset.seal != .none {
            throw CommandFailure(.usage, "\(dataset.name) is sealed; name the identity that opens it: --identity FILE")
        }
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let known = try? session.existingJournal()
        let digest = try RunSecrets.digestKey(state: session.state)
        let root = FilePaths.resolve(to, in: FilePaths.workingDirectory)
        var parts: [RestoreReport.Part] = []
        for dataset in chosen {
            let folder = root + "/" + dataset.name
            try StateDirectory.create(folder)
            let source = try fleet.store(dataset.target, traits: try fleet.probed(dataset.target)?.traits)
            let restorer = Restorer(
                source: source, prefix: dataset.target.prefix, destination: try FileStore(root: folder),
                identities: identities, spool: root + "/.havre-spool", reactors: fleet.reactors
            ) { key in
                guard let known, let digest, let landing = try await known.landing(dataset: dataset.name, key: key)
                else { return nil }
                return (landing, digest)
            }
            let report = try await restorer.execute()
            parts.append(RestoreReport.Part(dataset: dataset.name, to: folder, report))
        }
        _ = FolderNames.removeEmpty(root + "/.havre-spool")
        let report = RestoreReport(datasets: parts)
        try form.emit(report)
        if report.failed > 0 { throw CommandFailure(.someFailed, "") }
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
        let compared: Int
        let failed: Int
        let failures: [String]

        init(dataset: String, to: String, _ report: Restorer.Report) {
            self.dataset = dataset
            self.to = to
            restored = report.restored
            bytes = report.bytes
            compared = report.compared
            failed = report.failed
            failures = report.failures
        }
    }

    let datasets: [Part]

    /// Objects that could not be restored.
    var failed: Int { datasets.reduce(0) { $0 + $1.failed } }

    var description: String {
        var lines: [String] = []
        for part in datasets {
            lines.append(
                "\(part.dataset): \(Quantity.count(part.restored)) restored (\(Quantity.bytes(part.bytes))) into \(part.to), "
                    + "\(Quantity.count(part.compared)) compared with the journal")
            if part.compared < part.restored {
                lines.append(
                    "  without a journal age cannot see whether two objects were swapped; `havre adopt` rebuilds it")
            }
            for failure in part.failures { lines.append("  ! \(failure)") }
            if part.failed > part.failures.count { lines.append("  ! and \(part.failed - part.failures.count) more") }
        }
        return lines.joined(separator: "\n")
    }
}
