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
            Where the plan names a sign key, or --public-key is given, a manifest must be
            signed by it; where neither is, anybody with the recipient could have written
            it, and that is said.

            Examples:

              havre adopt plan.yaml --identity pds.key
              havre adopt plan.yaml --identity pds.key --read
            """)

    @OptionGroup var opening: OpeningArguments

    @Flag(name: .long, help: "Open each object and compare its plaintext digest.")
    var read = false

    @Option(
        name: .customLong("public-key"),
        help: "A PEM public key: accept only manifests that it signed. Default: that of the plan's sign key.")
    var publicKey: String?

    @OptionGroup var locking: LockOption
    @OptionGroup var form: Output

    func run() async throws {
        let (session, chosen, identities) = try opening.load()
        let signer = try await signer(session)
        let lock = try session.lock("adopt", locking)
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
        if report.isRefused { throw CommandFailure(.mismatch, "") }
    }

    /// Who must have signed the manifests: the key given, else the plan's; nil where there is neither.
    private func signer(_ session: PlanSession) async throws -> VerifyingKey? {
        if let publicKey {
            let text = try SecretFile.read(publicKey).withBytes { Array($0) }
            do throws(CryptoError) {
                return try VerifyingKey(pem: text)
            } catch {
                throw CommandFailure(.key, "\(publicKey): \(error.message)")
            }
        }
        do {
            return try await session.signer()?.verifyingKey
        } catch let failure as CommandFailure {
            throw CommandFailure(
                failure.status,
                failure.message + "\nWhere only its public half is at hand, give that: --public-key FILE")
        }
    }
}

/// What `adopt` found.
struct AdoptReport: CommandResult {
    /// One dataset.
    struct Part: Encodable, Sendable {
        let dataset: String
        let manifests: [String]
        let refusedManifests: [String]
        let adopted: Int
        let refused: Int
        let refusals: [String]

        init(_ dataset: String, _ report: Adopter.Report) {
            self.dataset = dataset
            manifests = report.manifests
            refusedManifests = report.refusedManifests
            adopted = report.adopted
            refused = report.refused
            refusals = report.refusals
        }
    }

    let datasets: [Part]

    /// Whether a manifest or an object is not what it should be.
    var isRefused: Bool { datasets.contains { $0.refused > 0 || !$0.refusedManifests.isEmpty } }

    var description: String {
        var lines: [String] = []
        for part in datasets {
            if part.manifests.isEmpty, part.refusedManifests.isEmpty {
                lines.append("\(part.dataset): the target holds no manifest; nothing can be adopted")
            }
            for manifest in part.manifests { lines.append("\(part.dataset): \(manifest)") }
            for manifest in part.refusedManifests { lines.append("  ! \(manifest)") }
            lines.append(
                "\(part.dataset): \(Counted.of(part.adopted, "object")) adopted, "
                    + "\(Quantity.count(part.refused)) \(part.refused == 1 ? "does" : "do") not agree"
            )
            for refusal in part.refusals { lines.append("  ! \(refusal)") }
        }
        return lines.joined(separator: "\n")
    }
}
