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

    /// No catalogue: names are taken as they are.
    static let unknown = CatalogueView(providers: nil)
}
