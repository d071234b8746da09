import Glibc
import HavreCrypto
import HavreModel

/// Asks for Entra tokens: with a client's secret, certificate or federated token (OAuth 2.0, RFC 6749, section 4.4;
/// RFC 7523), or as the identity that a machine has by itself.
public struct AzureTokens: Sendable {
    /// The resource of Azure Storage.
    public static let storage = "https://storage.azure.com"
    /// Microsoft's public cloud.
    public static let publicAuthority = "https://login.microsoftonline.com"

    private enum Proof: Sendable {
        case secret(SecretReference)
        case certificate(SecretReference)
        case federated(file: String)
    }

    private enum Means: Sendable {
        case client(id: String, tenant: String, proof: Proof, authority: Endpoint)
        case machine(ManagedIdentityService)
    }

    private let means: Means
    private let provider: String
    private let client: HTTPClient
    private let resource: String
    private let timeLimit: Double
    private let clock: @Sendable () -> Int64

    /// The longest answer that is read.
    private static let limit = 256 << 10

    /// Prepares requests; throws `.credentials` where the plan names nothing that gives tokens, or half of it.
    init(
        _ credentials: ProviderEntry.Credentials, provider: String, client: HTTPClient, resource: String,
        timeLimit: Double, clock: @escaping @Sendable () -> Int64
    ) throws(StoreError) {
        self.provider = provider
        self.client = client
        self.resource = resource
        self.timeLimit = timeLimit
        self.clock = clock
        if let identity = credentials.managedIdentity {
            means = .machine(try ManagedIdentityService(identity, provider: provider))
            return
        }
        var proof: Proof?
        if let secret = credentials.clientSecret { proof = .secret(secret) }
        if let certificate = credentials.certificate { proof = .certificate(certificate) }
        if let file = credentials.tokenFile { proof = .federated(file: file) }
        guard let proof else {
            throw StoreError(
                .credentials,
                "provider \(provider) has no Azure credentials; give account and key, or sas, or tenant and clientId with "
                    + "clientSecret, certificate or workloadIdentity, or managedIdentity")
        }
        guard let tenant = credentials.tenant, let id = credentials.clientID else {
            throw StoreError(
                .credentials, "provider \(provider) needs tenant and clientId beside what proves the client")
        }
        for (name, text) in [("tenant", tenant), ("clientId", id)] {
            guard !text.isEmpty, text.utf8.allSatisfy({ Self.isPlain($0) }) else {
                throw StoreError(
                    .credentials,
                    "\(name) of provider \(provider) has characters that no \(name) has; expected letters, "
                        + "digits, dots and hyphens")
            }
        }
        let authority = try Endpoint(credentials.authority ?? Self.publicAuthority)
        means = .client(id: id, tenant: tenant, proof: proof, authority: authority)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    /// Fetches a token.
    func fetch() async throws(StoreError) -> AzureCredentials {
        var request: HTTPRequest
        let name: String
        switch means {
        case .client(let id, let tenant, let proof, let authority):
            request = try await exchange(id: id, tenant: tenant, proof: proof, authority: authority)
            name = authority.name
        case .machine(let service):
            request = try await service.request(resource: resource, provider: provider, timeLimit: timeLimit)
            name = service.endpoint.name
        }
        request.holdsSecret = true
        // Reckoned from before the request: the token ends no later than that.
        let asked = clock()
        var response = try await client.perform(request, on: client.controlReactor) { _ in
            .memory(limit: Self.limit)
        }
        defer { for index in response.body.indices { response.body[index] = 0 } }
        guard response.head.status == 200 else { throw refusal(response, name) }
        return try token(response.body, asked, name)
    }

    private func exchange(id: String, tenant: String, proof: Proof, authority: Endpoint) async throws(StoreError)
        -> HTTPRequest
    {
        let path = "/\(tenant)/oauth2/v2.0/token"
        let url = (authority.isSecure ? "https://" : "http://") + authority.authority + path
        let (provider, timeLimit, now) = (provider, timeLimit, clock())
        let resource = resource
        let body = try await blocking { () throws(StoreError) -> [UInt8] in
            var form = Form()
            form.add("grant_type", Array("client_credentials".utf8))
            form.add("client_id", Array(id.utf8))
            form.add("scope", Array("\(resource)/.default".utf8))
            switch proof {
            case .secret(let reference):
                let secret = try reference.fetch(for: "clientSecret of provider \(provider)", timeLimit: timeLimit)
                secret.withBytes { form.add("client_secret", $0) }
            case .certificate(let reference):
                let pem = try reference.fetch(for: "certificate of provider \(provider)", timeLimit: timeLimit)
                let claims = ClientAssertion.Claims(
                    audience: url, client: id, id: Self.newID(), issued: now, expires: now + 600)
                do throws(CryptoError) {
                    let assertion = try ClientAssertion.sign(claims, pem: pem)
                    form.addAssertion(assertion)
                } catch {
                    throw StoreError(.credentials, "certificate of provider \(provider): \(error.message)")
                }
            case .federated(let file):
                let token = try SecretReference.file(file).fetch(
                    for: "workloadIdentity of provider \(provider)", timeLimit: timeLimit)
                form.addAssertion(token)
            }
            return form.bytes
        }
        var headers = HeaderList()
        try headers.add("content-type", "application/x-www-form-urlencoded")
        try headers.add("accept", "application/json")
        return HTTPRequest(
            method: .post, endpoint: authority, url: Array(url.utf8) + [0], headers: headers, body: .bytes(body),
            isWrite: false)
    }

    private static func newID() -> String {
        let value = UInt128.random(in: .min ... .max)
        return String(value, radix: 16)
    }

    /// A form as its fields are encoded; it holds secrets.
    private struct Form {
        private(set) var bytes: [UInt8] = []

        init() { bytes.reserveCapacity(16 << 10) }

        mutating func add(_ name: String, _ value: some Collection<UInt8>) {
            if !bytes.isEmpty { bytes.append(0x26) }
            bytes += name.utf8
            bytes.append(0x3d)
            PercentEncoding.append(value, keepsSlash: false, to: &bytes)
        }

        mutating func addAssertion(_ assertion: borrowing SecretBytes) {
            add("client_assertion_type", Array("urn:ietf:params:oauth:client-assertion-type:jwt-bearer".utf8))
            assertion.withBytes { add("client_assertion", $0) }
        }
    }

    private func token(_ body: [UInt8], _ asked: Int64, _ name: String) throws(StoreError) -> AzureCredentials {
        func failure(_ what: String) -> StoreError {
            StoreError(.protocolViolation, "the answer of \(name) to a request for a token \(what)")
        }
        var token: SecretBox?
        var lifetime: Int64?
        let outcome = body.withUnsafeBytes { bytes -> Result<Void, FlatJSON.Malformed> in
            var scanner = FlatJSON(bytes)
            do throws(FlatJSON.Malformed) {
                try scanner.begin()
                while let field = try scanner.nextName() {
                    var value = try scanner.value()
                    func number() -> Int64? { Int64(String(decoding: value.bytes, as: UTF8.self)) }
                    switch field {
                    case "access_token": token = SecretBox(SecretBytes(copying: value.bytes))
                    case "expires_in": lifetime = number() ?? lifetime
                    // App hosts may name the end alone, in seconds since 1970.
                    case "expires_on": lifetime = lifetime ?? number().map { $0 - asked }
                    default: break
                    }
                    value.count = 0
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        if case .failure = outcome { throw failure("is no JSON object of texts and numbers") }
        guard let token else { throw failure("holds no access_token") }
        guard let lifetime, lifetime > 0, lifetime < 1 << 31 else { throw failure("does not say how long it holds") }
        let secret = try token.take("access_token")
        guard secret.count > 0, secret.withBytes({ $0.allSatisfy { (0x21..<0x7f).contains($0) } }) else {
            throw failure("holds an access_token with characters that no token has")
        }
        return .token(secret, lifetime: lifetime, now: asked)
    }

    /// What an answer without a token means.
    private func refusal(_ response: HTTPResponse, _ name: String) -> StoreError {
        var code = ""
        var words = ""
        response.body.withUnsafeBytes { bytes in
            var scanner = FlatJSON(bytes)
            // Lists behind these end the scan; what came before them counts.
            _ = try? scanner.begin()
            while let field = try? scanner.nextName(), let value = try? scanner.value() {
                switch field {
                case "error": code = S3Text.printable(value.bytes, limit: 64)
                case "error_description":
                    // The rest of it are trace ids and times.
                    words = S3Text.printable(value.bytes.prefix { $0 != 0x0d && $0 != 0x0a })
                default: break
                }
            }
        }
        let status = response.head.status
        var text = "\(name) gives no token for provider \(provider)"
        if !code.isEmpty { text += "; it says \(code)" }
        if !words.isEmpty { text += ": \(words)" }
        let retryAfter = S3ErrorTable.retryAfter(response.head["retry-after"], now: clock())
        let isMachine = if case .machine = means { true } else { false }
        switch status {
        case 429: return StoreError(.throttled, text, status: status, retryAfter: retryAfter)
        // The metadata service answers so while it is updated (Microsoft, "Use managed identities", error handling).
        case 404,
            410 where isMachine, 408, 500...:
            return StoreError(.temporary, text, status: status, retryAfter: retryAfter)
        case 300..<400:
            return StoreError(.redirected, "\(text): it redirects, which is never followed", status: status)
        default: return StoreError(.denied, text, status: status)
        }
    }
}
