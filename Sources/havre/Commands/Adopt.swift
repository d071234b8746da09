import ArgumentParser
import Glibc
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// Rebuilds a lost journal from the manifests at the target.
struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rebuild a lost journal from the sealed manifests at the target, checking each object.",
        discussion: """
            Opens <prefix>.havre/<run>/manifest.age with the identity, compares every
            object at the target with it and takes those that agree into a new journal.
            With --read each object is also opened and its plaintext digest compared.

            Examples:

              havre adopt plan.yaml --identity pds.key
              havre adopt plan.yaml --identity pds.key --read
            """)

    @Argument(help: "The plan.")
    var plan: String

    @Option(name: .shortAndLong, help: "An age identity file.")
    var identity: String?

    @Flag(name: .long, help: "Open each object and compare its plaintext digest.")
    var read = false

    @Option(name: .customLong("public-key"), help: "A PEM public key: accept only manifests that it signed.")
    var publicKey: String?

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func run() async throws {
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset)
        let identities = try identity.map { try SecretFile.identities($0) } ?? []
        let signer = try publicKey.map { try VerifyingKey(pem: FileBytes.read($0)) }
        let lock = try session.lock("adopt")
        defer { withExtendedLifetime(lock) {} }
        let journal = try session.journal()
        _ = try await journal.takeLease(holder: "adopt \(getpid())")
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        var parts: [AdoptReport.Part] = []
        for dataset in chosen {
            let berth = try await fleet.berth(dataset, opening: false)
            let adopter = Adopter(
                dataset: dataset, target: berth.target, journal: journal, identities: identities, signer: signer,
                state: session.state, reactors: fleet.reactors, readsObjects: read)
            parts.append(AdoptReport.Part(dataset.name, try await adopter.execute()))
        }
        let report = AdoptReport(datasets: parts)
        try form.emit(report)
        if report.refused > 0 { throw CommandFailure(.mismatch, "") }
    }
}

/// What `adopt` found.
struct AdoptReport: CommandResult {
    /// One dataset.
    struct Part: Encodable, Sendable {
        let dataset: String
        let manifests: [String]
        let adopted: Int
        let refused: Int
        let refusals: [String]

        init(_ dataset: String, _ report: Adopter.Report) {
            self.dataset = dataset
            manifests = report.manifests
            adopted = report.adopted
            refused = report.refused
            refusals = report.refusals
        }
    }

    let datasets: [Part]

    /// Objects that do not agree with their manifest.
    var refused: Int { datasets.reduce(0) { $0 + $1.refused } }

    var description: String {
        var lines: [String] = []
        for part in datasets {
            if part.manifests.isEmpty {
                lines.append("\(part.dataset): the target holds no manifest; nothing can be adopted")
            }
            for manifest in part.manifests { lines.append("\(part.dataset): \(manifest)") }
            lines.append(
                "\(part.dataset): \(Counted.of(part.adopted, "object")) adopted, "
                    + "\(Quantity.count(part.refused)) \(part.refused == 1 ? "does" : "do") not agree"
            )
            for refusal in part.refusals { lines.append("  ! \(refusal)") }
        }
        return lines.joined(separator: "\n")
    }
}
