import HavreCrypto
import HavreModel

/// The way to one container: addresses, authorises and sends requests, and judges the answers.
struct AzureChannel: Sendable {
    /// A request before it is addressed and authorised.
    struct Call {
        var method: HTTPRequest.Method
        /// nil is the container itself.
        var key: ObjectKey?
        var query = URLQuery()
        var headers = HeaderList()
        var body = HTTPRequest.Body.none
        var isWrite = false
        var isRead = false
        /// Whether it concerns an object's bytes or properties, which a customer's key guards.
        var needsCustomerKey = false
        var stallTimeout: Double?

        init(_ method: HTTPRequest.Method, _ key: ObjectKey? = nil) {
            self.method = method
            self.key = key
            if key == nil { query.add("restype", "container".utf8) }
        }

        /// Names the state of the blob: a version, or a snapshot.
        mutating func select(_ versionID: String?) {
            guard let versionID else { return }
            if let time = AzureBlobStore.snapshotTime(versionID) {
                query.add("snapshot", time.utf8)
            } else {
                query.add("versionid", versionID.utf8)
            }
        }
    }

    /// The version of the protocol: percent-encoded names in listings came with 2021-02-12.
    static let version = "2021-12-02"
    /// The most bytes of an answer that is kept in memory: errors, tags.
    static let smallAnswer = 1 << 20

    let configuration: AzureBlobStore.Configuration
    let client: HTTPClient
    private let signer: SharedKey
    private let base: [UInt8]
    private let pathPrefix: [UInt8]

    init(_ configuration: AzureBlobStore.Configuration, client: HTTPClient) throws(StoreError) {
        self.configuration = configuration
        self.client = client
        let container = configuration.container
        guard !container.isEmpty, container.utf8.count <= 63,
            container.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x24
            })
        else {
            throw StoreError(
                .refused,
                "\"\(ObjectKey(container))\" is no name of a container; lower-case letters, digits and hyphens make one"
            )
        }
        let account = configuration.account
        guard (1...63).contains(account.utf8.count),
            account.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d })
        else {
            throw StoreError(
                .refused,
                "\"\(ObjectKey(account))\" is no name of an Azure account; lower-case letters and digits make one")
        }
        signer = try SharedKey()
        let endpoint = configuration.endpoint
        base = Array("\(endpoint.isSecure ? "https://" : "http://")\(endpoint.authority)".utf8)
        // A host that is a bare address serves any account, which then stands in the path.
        let isAddress = endpoint.isLoopback || PeerAddress(endpoint.host) != nil
        pathPrefix = Array((isAddress ? "/\(account)" : "").utf8)
    }

    /// Sends a call and hands back an answer of success; anything else throws.
    ///
    /// `decide` says what a body of success is for; bodies of failure are kept and decoded. Where a token or signature
    /// is no longer taken, another one is asked for and the call is sent once more, from its beginning.
    func send(
        _ call: Call, on reactor: Reactor? = nil,
        decide: @escaping (ResponseHead) -> BodyUse = { _ in .memory(limit: AzureChannel.smallAnswer) }
    ) async throws(StoreError) -> HTTPResponse {
        let credentials = try await configuration.credentials.current()
        do throws(StoreError) {
            return try await attempt(call, credentials, reactor, decide)
        } catch {
            guard isExpiry(error, credentials) else { throw error }
            let others = try await configuration.credentials.replacement(for: credentials)
            return try await attempt(call, others, reactor, decide)
        }
    }

    private func attempt(
        _ call: Call, _ credentials: AzureCredentials, _ reactor: Reactor?,
        _ decide: @escaping (ResponseHead) -> BodyUse
    ) async throws(StoreError) -> HTTPResponse {
        let request = try authorised(call, credentials)
        let response = try await client.perform(request, on: reactor ?? client.controlReactor) { head in
            (200..<300).contains(head.status) ? decide(head) : .memory(limit: Self.smallAnswer)
        }
        guard (200..<300).contains(response.head.status) else { throw failure(response, call, credentials) }
        return response
    }

    /// Sends a call and hands back the answer with who gave it, whatever the status; a redirect throws.
    func look(_ call: Call) async throws(StoreError) -> HTTPResponse {
        let credentials = try await configuration.credentials.current()
        var request = try authorised(call, credentials)
        request.wantsPeer = true
        let response = try await client.perform(request, on: client.controlReactor) { _ in
            .memory(limit: Self.smallAnswer)
        }
        if (300..<400).contains(response.head.status) { throw failure(response, call, credentials) }
        return response
    }

    /// Streams an XML answer into `handler`.
    func read(_ call: Call, into handler: any XMLHandler) async throws(StoreError) {
        nonisolated(unsafe) let reader = try XMLReader(handler, origin: name)
        _ = try await send(call) { _ in
            reader.restart()
            return .sink(reader, limit: .max)
        }
        try reader.finish()
    }

    private func authorised(_ call: Call, _ credentials: AzureCredentials) throws(StoreError) -> HTTPRequest {
        var path = pathPrefix + [0x2f] + Array(configuration.container.utf8)
        if let key = call.key {
            // An empty key would address the container itself.
            guard !key.bytes.isEmpty else { throw StoreError(.refused, "an object's key must not be empty") }
            path.reserveCapacity(path.count + key.bytes.count + 64)
            path.append(0x2f)
            PercentEncoding.append(key.bytes, keepsSlash: true, to: &path)
        }
        var headers = call.headers
        try headers.add("x-ms-version", Self.version)
        try headers.add("x-ms-date", Timestamp.http(configuration.clock()))
        var holdsSecret = credentials.kind != .sharedKey
        if call.needsCustomerKey, let key = configuration.customerKey {
            try key.key.withBytes { (bytes) throws(StoreError) in
                try headers.add("x-ms-encryption-key", bytes: Base64.encode(Array(bytes), padding: .required))
            }
            try headers.add("x-ms-encryption-key-sha256", key.sha256)
            try headers.add("x-ms-encryption-algorithm", "AES256")
            holdsSecret = true
        }
        var query = call.query.canonical()
        switch credentials.kind {
        case .sharedKey:
            try signer.sign(
                method: call.method, path: path, query: call.query, length: call.body.count, headers: &headers,
                account: configuration.account, credentials: credentials)
        case .sas:
            if !query.isEmpty { query.append(0x26) }
            credentials.secret.withBytes { query += $0 }
        case .token:
            try credentials.secret.withBytes { (bytes) throws(StoreError) in
                try headers.add("authorization", bytes: Array("Bearer ".utf8) + bytes)
            }
        }
        var url = base
        url.reserveCapacity(url.count + path.count + query.count + 2)
        url += path
        if !query.isEmpty {
            url.append(0x3f)
            url += query
        }
        url.append(0)
        return HTTPRequest(
            method: call.method, endpoint: configuration.endpoint, url: url, headers: headers, body: call.body,
            isWrite: call.isWrite, stallTimeout: call.stallTimeout, holdsSecret: holdsSecret)
    }

    /// Whether other credentials of the same source may be taken: a token is refused with 401, a signature that has
    /// ended with 403 and a code that says no more than that.
    private func isExpiry(_ error: StoreError, _ credentials: AzureCredentials) -> Bool {
        guard error.code == .denied else { return false }
        switch credentials.kind {
        case .sharedKey: return false
        case .token: return error.status == 401
        case .sas:
            return error.status == 401 || (error.underlying as? AzureRefusal)?.code == "AuthenticationFailed"
        }
    }

    /// The error for an answer without success.
    func failure(_ response: HTTPResponse, _ call: Call, _ credentials: AzureCredentials?) -> StoreError {
        var record: XMLRecords.Record = [:]
        if !response.body.isEmpty, let found = try? XMLRecords.all("", in: response.body, origin: name),
            found.root == "Error"
        {
            record = found.outer
        }
        // Answers to HEAD have no body; this header says the same.
        let code = S3Text.printable(
            response.head.bytes("x-ms-error-code").map(Array.init) ?? record["Code"] ?? [], limit: 64)
        // Behind the first line stand the request's id and the time.
        var message = S3Text.printable((record["Message"] ?? []).prefix { $0 != 0x0a && $0 != 0x0d })
        if let credentials { message = credentials.scrubbed(message) }
        let answer = AzureErrorTable.Answer(
            status: response.head.status, code: code, message: message,
            retryAfter: S3ErrorTable.retryAfter(response.head["retry-after"], now: configuration.clock()))
        let context = AzureErrorTable.Context(
            container: configuration.container, account: configuration.account, endpoint: name, key: call.key,
            isWrite: call.isWrite, isRead: call.isRead)
        var error = AzureErrorTable.error(answer, context)
        if !code.isEmpty { error.underlying = AzureRefusal(code: code) }
        return error
    }

    /// The endpoint for messages.
    var name: String { configuration.endpoint.name }
}

/// The code by which Azure refused, for those who must tell refusals of one kind apart.
struct AzureRefusal: Error, Hashable {
    let code: String
}
