import Glibc
import HavreCrypto
import HavreModel

/// The identity service of the machine that this runs on: Azure's instance metadata service, or an app host's endpoint
/// (Microsoft, "Use managed identities on a virtual machine" and "… for App Service").
struct ManagedIdentityService: Sendable {
    /// Azure's instance metadata service, the same on every machine.
    static let instanceMetadata = "http://169.254.169.254"

    let endpoint: Endpoint
    /// Path of the service, without query.
    private let path: [UInt8]
    private let clientID: String?
    /// Whether it speaks as app hosts do.
    private let isAppHost: Bool
    private let header: SecretReference?

    /// Takes what the plan names, else what an app host put into the environment, else the metadata service.
    init(_ identity: ProviderEntry.Credentials.ManagedIdentity, provider: String) throws(StoreError) {
        var stated = identity.endpoint
        var header = identity.header
        if stated == nil, let value = getenv("IDENTITY_ENDPOINT"), getenv("IDENTITY_HEADER") != nil {
            stated = String(cString: value)
            header = .environment("IDENTITY_HEADER")
        }
        let url = stated ?? Self.instanceMetadata
        let (base, path) = Self.split(url)
        do throws(StoreError) {
            endpoint = try Endpoint(base, mayBeIdentityService: true)
        } catch {
            throw StoreError(error.code, "managedIdentity of provider \(provider): \(error.message)")
        }
        guard path.utf8.allSatisfy({ (0x21..<0x7f).contains($0) && $0 != 0x3f && $0 != 0x23 }) else {
            throw StoreError(
                .refused, "managedIdentity of provider \(provider): its endpoint has a query or a bad path")
        }
        self.header = header
        isAppHost = header != nil
        clientID = identity.clientID
        self.path = Array((isAppHost || !path.isEmpty ? path : "/metadata/identity/oauth2/token").utf8)
    }

    /// Scheme, host and port, and what follows them.
    private static func split(_ url: String) -> (base: String, path: String) {
        guard let scheme = url.firstRange(of: "://"),
            let slash = url[scheme.upperBound...].firstIndex(of: "/")
        else { return (url, "") }
        let path = url[slash...]
        return (String(url[..<slash]), path == "/" ? "" : String(path))
    }

    /// A request for a token for `resource`.
    func request(resource: String, provider: String, timeLimit: Double) async throws(StoreError) -> HTTPRequest {
        var query = URLQuery()
        query.add("api-version", (isAppHost ? "2019-08-01" : "2018-02-01").utf8)
        query.add("resource", resource.utf8)
        if let clientID { query.add("client_id", clientID.utf8) }
        var headers = HeaderList()
        if let header {
            let secret = try await header.resolve(
                for: "managedIdentity.header of provider \(provider)", timeLimit: timeLimit)
            try secret.withBytes { (bytes) throws(StoreError) in try headers.add("x-identity-header", bytes: bytes) }
        } else {
            // Keeps requests that were forged through another server out.
            try headers.add("metadata", "true")
        }
        let url = Array((endpoint.isSecure ? "https://" : "http://").utf8) + Array(endpoint.authority.utf8)
        return HTTPRequest(
            method: .get, endpoint: endpoint,
            url: url + (path.isEmpty ? [0x2f] : path) + [0x3f] + query.canonical() + [0],
            headers: headers, body: .none, isWrite: false)
    }
}
