import HavreModel

/// What the plan file needs to know of the catalogue: names, protocols and endpoints.
struct CatalogueView: Sendable {
    /// One service of a provider.
    struct Service: Sendable {
        /// The protocol it speaks.
        var storageProtocol: ProviderEntry.StorageProtocol
        /// Its regions, as the provider writes them.
        var regions: [String]
    }

    /// Services by provider and service name; nil where no catalogue is at hand, and then no name is checked.
    var providers: [String: [String: Service]]?

    /// What follows where a rule is not satisfied; empty where no rulebook is at hand, and then nothing is compared.
    var severities: [String: Verdict.Effect] = [:]

    /// No catalogue: names are taken as they are.
    static let unknown = CatalogueView(providers: nil)
}

extension CatalogueView {
    /// The view of a catalogue with the severities of a rulebook.
    init(_ catalogue: Catalogue, _ rulebook: Rulebook) {
        self.init(catalogue)
        for article in rulebook.articles { severities[article.rule.id] = article.entry.severity }
    }
}
