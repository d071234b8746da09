public import HavreModel
import Synchronization

/// Everything that is needed to make a store for one bucket of a plan.
public struct StoreRequest: Sendable {
    /// Where it answers, by plan and catalogue.
    public var endpoint: ResolvedEndpoint
    /// The provider's name in the plan, for messages.
    public var provider: String
    /// The plan's entry: credentials and CA bundle.
    public var entry: ProviderEntry
    /// Bucket, or directory.
    public var bucket: String
    /// The plan's proxy.
    public var proxy: String?
    /// What a probe found out; nil goes by what is declared.
    public var traits: StoreTraits?
    /// Requests a second at this endpoint; nil is no limit.
    public var requestsPerSecond: Int?
    /// Told whenever the store asks to go slower.
    public var throttle: ThrottleSignal?
    /// How often a failure is tried again.
    public var retries: RetryPolicy

    /// Collects a request.
    public init(
        endpoint: ResolvedEndpoint, provider: String, entry: ProviderEntry, bucket: String, proxy: String? = nil,
        traits: StoreTraits? = nil, requestsPerSecond: Int? = nil, throttle: ThrottleSignal? = nil,
        retries: RetryPolicy = RetryPolicy()
    ) {
        self.endpoint = endpoint
        self.provider = provider
        self.entry = entry
        self.bucket = bucket
        self.proxy = proxy
        self.traits = traits
        self.requestsPerSecond = requestsPerSecond
        self.throttle = throttle
        self.retries = retries
    }
}

/// Makes stores by the protocol that an endpoint speaks. A new store is one file and one line in `makers`.
///
/// Stores of one endpoint share their connections, their retry budget and their pace.
public final class StoreCatalog: Sendable {
    private typealias Maker = @Sendable (StoreCatalog, StoreRequest) throws(StoreError) -> any ObjectStore

    private static let makers: [ProviderEntry.StorageProtocol: Maker] = [
        .file: { (_, request) throws(StoreError) in try FileStore(root: request.bucket, traits: request.traits) },
        .s3: { (catalog, request) throws(StoreError) in try catalog.s3(request) },
        .azureBlob: { (catalog, request) throws(StoreError) in try catalog.azureBlob(request) },
    ]

    private struct Shared {
        var budgets: [String: RetryBudget] = [:]
        var paces: [String: RequestPace] = [:]
        var clients: [HTTPClient.Settings: HTTPClient] = [:]
        var credentials: [String: S3CredentialSource] = [:]
        var azureCredentials: [String: AzureCredentialSource] = [:]
    }

    private let reactors: [Reactor]
    private let shared = Mutex(Shared())

    /// Stores over these reactors; they must outlive the stores.
    public init(reactors: [Reactor]) { self.reactors = reactors }

    /// Protocols that a plan can use.
    public static var protocols: [String] { makers.keys.map(\.rawValue).sorted() }

    /// Makes a store: throttled, retried. Throws `StoreError` where endpoint or credentials cannot be used.
    public func store(_ request: StoreRequest) throws(StoreError) -> any ObjectStore {
        guard let make = Self.makers[request.endpoint.storageProtocol] else {
            throw StoreError(
                .refused,
                "provider \(request.provider) speaks \(request.endpoint.storageProtocol.rawValue), which this release does "
                    + "not; it speaks \(Self.protocols.joined(separator: ", "))")
        }
        var store = try make(self, request)
        let name = request.endpoint.url
        if let limit = request.requestsPerSecond {
            let pace = shared.withLock { shared in
                let pace = shared.paces[name] ?? RequestPace(perSecond: Double(limit))
                shared.paces[name] = pace
                return pace
            }
            store = Throttled(store, pace: pace)
        }
        let budget = shared.withLock { shared in
            let budget = shared.budgets[name] ?? RetryBudget()
            shared.budgets[name] = budget
            return budget
        }
        return Retrying(store, policy: request.retries, budget: budget, throttle: request.throttle)
    }

    /// The client for a request: one for all stores with the same settings.
    private func client(_ request: StoreRequest) throws(StoreError) -> HTTPClient {
        var named: [AddressRange] = []
        for text in request.entry.addresses { named.append(try AddressRange(text)) }
        let settings = HTTPClient.Settings(
            caBundle: request.entry.caBundle, proxy: request.proxy, addresses: named)
        if let known = shared.withLock({ $0.clients[settings] }) { return known }
        let client = try HTTPClient(reactors: reactors, settings: settings)
        shared.withLock { $0.clients[settings] = client }
        return client
    }

    private func azureBlob(_ request: StoreRequest) throws(StoreError) -> any ObjectStore {
        let client = try client(request)
        let credentials: AzureCredentialSource
        if let known = shared.withLock({ $0.azureCredentials[request.provider] }) {
            credentials = known
        } else {
            credentials = try AzureCredentialSource(
                request.entry.credentials, provider: request.provider, client: client)
            shared.withLock { $0.azureCredentials[request.provider] = credentials }
        }
        let configuration = AzureBlobStore.Configuration(
            endpoint: try Endpoint(request.endpoint.url), account: request.entry.credentials.account,
            container: request.bucket, credentials: credentials)
        return try AzureBlobStore(
            configuration: configuration, client: client,
            traits: request.traits
                ?? AzureBlobStore.declaredTraits(
                    maxParts: request.endpoint.maxParts, checksum: request.endpoint.checksum))
    }

    private func s3(_ request: StoreRequest) throws(StoreError) -> any ObjectStore {
        let client = try client(request)
        let credentials: S3CredentialSource
        if let known = shared.withLock({ $0.credentials[request.provider] }) {
            credentials = known
        } else {
            credentials = try S3CredentialSource(request.entry.credentials, provider: request.provider)
            shared.withLock { $0.credentials[request.provider] = credentials }
        }
        let configuration = S3Store.Configuration(
            endpoint: try Endpoint(request.endpoint.url), region: request.endpoint.region, bucket: request.bucket,
            addressing: request.endpoint.addressing, credentials: credentials)
        return try S3Store(
            configuration: configuration, client: client, traits: request.traits ?? Self.declared(request.endpoint))
    }

    /// What an S3 endpoint is held to before it was probed: the least that servers do, and reads under `If-Match`,
    /// which harms nowhere. Keys that only some servers keep stay open until `doctor` finds out.
    static func declared(_ endpoint: ResolvedEndpoint) -> StoreTraits {
        StoreTraits(
            maxParts: endpoint.maxParts, checksum: endpoint.checksum, partChecksum: endpoint.checksum,
            conditionalRead: true,
            keeps: [.reserved, .nonASCII, .trailingSpace, .longComponent, .longKey, .trailingSlash, .shadowed],
            breaks: [.empty, .overlongKey])
    }
}

/// Tells whoever listens that a store asked to go slower.
public final class ThrottleSignal: Sendable {
    private let listener = Mutex<(@Sendable () -> Void)?>(nil)

    /// Nobody listens yet.
    public init() {}

    /// Hands the signal to `listener`, in place of whoever listened before.
    public func listen(_ listener: @escaping @Sendable () -> Void) { self.listener.withLock { $0 = listener } }

    /// A store asked to go slower.
    public func fire() { listener.withLock { $0 }?() }
}
