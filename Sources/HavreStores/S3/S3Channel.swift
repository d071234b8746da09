import HavreModel

/// The way to one bucket: addresses, signs and sends requests, and judges the answers.
struct S3Channel: Sendable {
    /// A request before it is addressed and signed.
    struct Call {
        var method: HTTPRequest.Method
        /// nil is the bucket itself.
        var key: ObjectKey?
        var query = URLQuery()
        var headers = HeaderList()
        var body = HTTPRequest.Body.none
        /// Whether the body is an object's: signed as `UNSIGNED-PAYLOAD`.
        var isBulk = false
        var isWrite = false
        var isRead = false
        var isConditional = false
        var stallTimeout: Double?

        init(_ method: HTTPRequest.Method, _ key: ObjectKey? = nil) {
            self.method = method
            self.key = key
        }
    }

    /// The most bytes of an answer that is kept in memory: errors, receipts.
    static let smallAnswer = 1 << 20

    let configuration: S3Store.Configuration
    let client: HTTPClient
    private let signer: SigV4
    /// Host and port, the bucket in front where it is addressed so.
    let host: String
    private let base: [UInt8]
    private let pathPrefix: [UInt8]

    init(_ configuration: S3Store.Configuration, client: HTTPClient) throws(StoreError) {
        self.configuration = configuration
        self.client = client
        let bucket = configuration.bucket
        guard !bucket.isEmpty, bucket.utf8.count <= 255, !bucket.hasPrefix("."),
            bucket.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                    || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
            })
        else {
            throw StoreError(
                .refused,
                "\"\(ObjectKey(bucket))\" is no name of a bucket; letters, digits, hyphens, dots and underscores make one"
            )
        }
        signer = try SigV4(scope: SigV4.Scope(region: configuration.region))
        let endpoint = configuration.endpoint
        let scheme = endpoint.isSecure ? "https://" : "http://"
        switch configuration.addressing {
        case .path:
            host = endpoint.authority
            pathPrefix = Array("/\(bucket)".utf8)
        case .virtualHosted:
            host = "\(bucket.lowercased()).\(endpoint.authority)"
            pathPrefix = []
        }
        base = Array("\(scheme)\(host)".utf8)
    }

    /// Sends a call and hands back an answer of success; anything else throws.
    ///
    /// `decide` says what a body of success is for; bodies of failure are kept and decoded.
    /// Where the credentials turn out to be expired, others are asked for and the call is sent once more.
    func send(
        _ call: Call, on reactor: Reactor? = nil,
        decide: @escaping (ResponseHead) -> BodyUse = { _ in .memory(limit: S3Channel.smallAnswer) }
    ) async throws(StoreError) -> HTTPResponse {
        let credentials = try await configuration.credentials.current()
        do throws(StoreError) {
            return try await attempt(call, credentials, reactor, decide)
        } catch let refusal where isExpiry(refusal, call, credentials) {
            let others = try await configuration.credentials.replacement(for: credentials)
            return try await attempt(call, others, reactor, decide)
        }
    }

    private func attempt(
        _ call: Call, _ credentials: S3Credentials, _ reactor: Reactor?, _ decide: @escaping (ResponseHead) -> BodyUse
    ) async throws(StoreError) -> HTTPResponse {
        let request = try sign(call, credentials)
        let reactor = reactor ?? client.controlReactor
        let response = try await client.perform(request, on: reactor) { head in
            (200..<300).contains(head.status) ? decide(head) : .memory(limit: Self.smallAnswer)
        }
        guard (200..<300).contains(response.head.status) else { throw failure(response, call, credentials) }
        return response
    }

    /// Sends a call and hands back the answer with who gave it, whatever the status; a redirect throws.
    func look(_ call: Call) async throws(StoreError) -> HTTPResponse {
        let credentials = try await configuration.credentials.current()
        var request = try sign(call, credentials)
        request.wantsPeer = true
        let response = try await client.perform(request, on: client.controlReactor) { _ in
            .memory(limit: Self.smallAnswer)
        }
        if (300..<400).contains(response.head.status) {
            let failure = failure(response, call, credentials)
            if failure.isOfPolicy { throw failure }
        }
        return response
    }

    private func sign(_ call: Call, _ credentials: S3Credentials) throws(StoreError) -> HTTPRequest {
        var path = pathPrefix
        if let key = call.key {
            // An empty key would address the bucket itself.
            guard !key.bytes.isEmpty else { throw StoreError(.refused, "an object's key must not be empty") }
            path.reserveCapacity(path.count + key.bytes.count + 64)
            path.append(0x2f)
            PercentEncoding.append(key.bytes, keepsSlash: true, to: &path)
        } else if path.isEmpty {
            path.append(0x2f)
        }
        let query = call.query.canonical()
        var headers = call.headers
        let payload: SigV4.Payload
        if call.isBulk {
            payload = .unsigned
        } else if case .bytes(let bytes) = call.body {
            payload = .hashed(bytes)
        } else {
            payload = .hashed([])
        }
        try signer.sign(
            method: call.method, path: path, query: query, host: host, payload: payload, headers: &headers,
            credentials: credentials, time: configuration.clock())
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
            isWrite: call.isWrite, stallTimeout: call.stallTimeout, holdsSecret: credentials.hasSessionToken)
    }

    private func isExpiry(_ error: StoreError, _ call: Call, _ credentials: S3Credentials) -> Bool {
        guard error.code == .denied else { return false }
        if let underlying = error.underlying as? S3Refusal { return underlying.isExpiry }
        // An answer to HEAD has no body that would say why.
        return call.method == .head && credentials.hasSessionToken
    }

    /// The error for an answer without success, or for a success that holds an error.
    func failure(_ response: HTTPResponse, _ call: Call, _ credentials: S3Credentials?) -> StoreError {
        var record: XMLRecords.Record = [:]
        if !response.body.isEmpty, let found = try? XMLRecords.all("", in: response.body, origin: name),
            found.root == "Error"
        {
            record = found.outer
        }
        let code = S3Text.printable(record["Code"] ?? [], limit: 64)
        var message = S3Text.printable(record["Message"] ?? [])
        if let credentials { message = credentials.scrubbed(message) }
        let status = response.head.status
        let answer = S3ErrorTable.Answer(
            status: status, code: code, message: message,
            retryAfter: S3ErrorTable.retryAfter(response.head["retry-after"], now: configuration.clock()),
            location: response.head["location"].flatMap(Self.hostOf)
                ?? record["Endpoint"].map { S3Text.printable($0, limit: 253) },
            region: (response.head.bytes("x-amz-bucket-region").map(Array.init) ?? record["Region"])
                .flatMap(S3Text.region))
        let context = S3ErrorTable.Context(
            bucket: configuration.bucket, endpoint: name, key: call.key, isWrite: call.isWrite, isRead: call.isRead,
            isConditional: call.isConditional)
        var error = S3ErrorTable.error(answer, context)
        if !code.isEmpty { error.underlying = S3Refusal(code: code) }
        return error
    }

    /// The endpoint for messages.
    var name: String { configuration.endpoint.name }

    /// The host of a redirect; nothing else of it is repeated.
    private static func hostOf(_ location: String) -> String? {
        let behind: Substring
        if location.hasPrefix("//") {
            behind = location.dropFirst(2)
        } else {
            guard let colon = location.firstIndex(of: ":"), location[colon...].hasPrefix("://") else { return nil }
            behind = location[colon...].dropFirst(3)
        }
        let rest = behind.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = rest.split(separator: "@").last.map(String.init) ?? ""
        return host.isEmpty ? nil : S3Text.printable(host.utf8, limit: 253)
    }
}

/// The code by which a store refused, for those who must tell refusals of one kind apart.
struct S3Refusal: Error, Hashable {
    let code: String

    var isExpiry: Bool { ["ExpiredToken", "TokenRefreshRequired", "ExpiredTokenException"].contains(code) }
}
