import ArgumentParser
import HavreCrypto
import HavreModel

/// What the verbs that open a plan's target are given: the plan, datasets of it, and the identity.
struct OpeningArguments: ParsableArguments {
    @Argument(help: "The plan.")
    var plan: String

    @Option(name: .shortAndLong, help: "An age identity file.")
    var identity: String?

    @Option(name: .long, help: "Only this dataset; may be given several times.")
    var dataset: [String] = []

    @OptionGroup var directory: StateDirectory

    /// Loads plan and identities. Ends with exit 64 where a dataset is sealed and no identity was named.
    func load() throws -> (session: PlanSession, datasets: [Dataset], identities: [AgeIdentity]) {
        let session = try PlanSession.load(plan, directory)
        let chosen = try session.datasets(dataset)
        let identities = try identity.map { try SecretFile.identities($0) } ?? []
        for dataset in chosen where identity == nil && dataset.seal != .none {
            throw CommandFailure(.usage, "\(dataset.name) is sealed; name the identity that opens it: --identity FILE")
        }
        return (session, chosen, identities)
    }
}
