import HavreCrypto
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// Azure stores for tests: our server on loopback, which Microsoft's SDK has judged, and what it was seen to do.
enum AzureGround {
    static let reactor = Result { try Reactor(name: "test-azure") }

    static var conformers: [Conformer] {
        AzureBlobServer.isWanted ? [Conformer(name: "azure-blob") { try AzureGround.store() }] : []
    }

    /// What the service does; keys are kept as they are but for what it refuses.
    static var traits: StoreTraits {
        var traits = AzureBlobStore.declaredTraits(maxParts: 50_000, checksum: .crc64nvme)
        traits.keeps.formUnion([
            .longComponent, .doubleSlash, .leadingSlash, .trailingSlash, .trailingSpace, .control, .newline,
        ])
        return traits
    }

    static func key() throws -> AzureCredentialSource {
        AzureCredentialSource { () throws(StoreError) in
            try .sharedKey(base64: SigV4Tests.secret(AzureBlobServer.key))
        }
    }

    /// A store on an empty container of the server that all tests share.
    static func store(traits: StoreTraits? = nil, credentials: AzureCredentialSource? = nil) throws -> AzureBlobStore {
        let server = try AzureBlobServer.shared()
        return try store(server, try server.container(), traits: traits, credentials: credentials)
    }

    static func store(
        _ server: AzureBlobServer, _ container: String, traits: StoreTraits? = nil,
        credentials: AzureCredentialSource? = nil, change: (inout AzureBlobStore.Configuration) -> Void = { _ in }
    ) throws -> AzureBlobStore {
        try store(
            endpoint: server.endpoint, container: container, traits: traits ?? Self.traits, credentials: credentials,
            change: change)
    }

    static func store(
        endpoint: String, container: String = "container", traits: StoreTraits? = nil,
        credentials: AzureCredentialSource? = nil, change: (inout AzureBlobStore.Configuration) -> Void = { _ in }
    ) throws -> AzureBlobStore {
        var configuration = AzureBlobStore.Configuration(
            endpoint: try Endpoint(endpoint), account: AzureBlobServer.account, container: container,
            credentials: try credentials ?? key())
        change(&configuration)
        return try AzureBlobStore(configuration: configuration, client: client(), traits: traits ?? Self.traits)
    }

    static func client() throws -> HTTPClient { try HTTPClient(reactors: [try reactor.get()]) }
}
