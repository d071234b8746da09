public import HavreCrypto
public import HavreModel

/// What one Azure request is authorised with. Secrets lie in wiped memory and never enter a message.
public final class AzureCredentials: Sendable {
    enum Kind: Sendable {
        /// Signs with the account's key.
        case sharedKey
        /// Adds a shared access signature to the query.
        case sas
        /// Sends a bearer token.
        case token
    }

    let kind: Kind
    /// The account's key, decoded; the signature's query without `?`; the token.
    let secret: SecretBytes
    /// When they end, and from when on others are asked for; seconds since 1970 UTC, nil is never.
    let life: Renewal<AzureCredentials>.Life

    private init(_ kind: Kind, secret: consuming SecretBytes, life: Renewal<AzureCredentials>.Life) {
        self.kind = kind
        self.secret = secret
        self.life = life
    }

    /// The key of an account, base64 as Azure shows it. Throws `.credentials` for anything else.
    public static func sharedKey(base64 text: borrowing SecretBytes) throws(StoreError) -> AzureCredentials {
        guard let key = text.withBytes({ Base64.decodeSecret($0) }), key.count > 0 else {
            throw StoreError(
                .credentials, "the account key is no base64; Azure shows it as 88 characters that end in ==")
        }
        return AzureCredentials(.sharedKey, secret: key, life: .init())
    }

    /// A shared access signature: the query, with or without `?`. Throws `.credentials` for anything else.
    public static func sas(_ text: borrowing SecretBytes) throws(StoreError) -> AzureCredentials {
        let failure = StoreError(
            .credentials, "the shared access signature is no query with sig=; expected sv=…&…&sig=… as Azure gives it")
        var end: Int64?
        var isSigned = false
        let query = try text.withBytes { (all) throws(StoreError) in
            let query = all.first == UInt8(ascii: "?") ? UnsafeRawBufferPointer(rebasing: all.dropFirst()) : all
            guard query.allSatisfy({ (0x21..<0x7f).contains($0) && $0 != 0x23 && $0 != 0x3f }) else { throw failure }
            for item in query.split(separator: UInt8(ascii: "&")) {
                if item.starts(with: "sig=".utf8) { isSigned = true }
                if item.starts(with: "se=".utf8) {
                    end = PercentEncoding.decode(item.dropFirst(3), plusIsSpace: false)
                        .flatMap { Timestamp.nanoseconds(iso8601: $0) }.map { $0 / 1_000_000_000 }
                }
            }
            return SecretBytes(copying: query)
        }
        guard isSigned else { throw failure }
        return AzureCredentials(.sas, secret: query, life: .init(end: end, renewal: end.map { $0 - 60 }))
    }

    /// A bearer token that holds for `lifetime` seconds from `now` on.
    ///
    /// It is renewed five minutes before its end, or after three quarters of its life where that is later, so that
    /// short-lived ones are not asked for at each request.
    public static func token(_ token: consuming SecretBytes, lifetime: Int64, now: Int64) -> AzureCredentials {
        AzureCredentials(
            .token, secret: token,
            life: .init(end: now + lifetime, renewal: now + lifetime - min(300, lifetime / 4)))
    }

    /// `text` without anything of the secret in it.
    func scrubbed(_ text: String) -> String {
        secret.occurs(in: text) || (kind == .sas && text.contains("sig="))
            ? "(left out: the server repeats a secret)" : text
    }
}

/// Where the authorisation of Azure requests comes from; one for all requests of a provider, renewed ahead of its end,
/// once for all who ask.
public final class AzureCredentialSource: Sendable {
    private let renewal: Renewal<AzureCredentials>

    /// Asks `fetch` when credentials are needed. `clock` gives seconds since 1970 UTC.
    public init(
        clock: @escaping @Sendable () -> Int64 = { Timestamp.now() },
        fetch: @escaping @Sendable () async throws(StoreError) -> AzureCredentials
    ) {
        renewal = Renewal(
            clock: clock,
            // Whoever renews it lets the run go on: it pauses, as for credentials that a server refuses.
            ended: StoreError(
                .denied, "the shared access signature or token has ended; renew it where it comes from, and run again"),
            life: \.life, fetch: fetch)
    }

    /// Credentials as a plan names them: an account's key, a signature, or what gives tokens for `resource`.
    ///
    /// `provider` is the provider's name in the plan, for messages; `client` sends the requests for tokens. Nothing is
    /// fetched yet. Throws `.credentials` where the plan names none or half of some.
    public convenience init(
        _ credentials: ProviderEntry.Credentials, provider: String, client: HTTPClient,
        resource: String = AzureTokens.storage, timeLimit: Double = 60,
        clock: @escaping @Sendable () -> Int64 = { Timestamp.now() }
    ) throws(StoreError) {
        if let key = credentials.key {
            self.init(clock: clock) { () throws(StoreError) in
                try await blocking { () throws(StoreError) in
                    try .sharedKey(base64: try key.fetch(for: "key of provider \(provider)", timeLimit: timeLimit))
                }
            }
        } else if let sas = credentials.sas {
            self.init(clock: clock) { () throws(StoreError) in
                try await blocking { () throws(StoreError) in
                    try .sas(try sas.fetch(for: "sas of provider \(provider)", timeLimit: timeLimit))
                }
            }
        } else {
            let tokens = try AzureTokens(
                credentials, provider: provider, client: client, resource: resource, timeLimit: timeLimit, clock: clock)
            self.init(clock: clock) { () throws(StoreError) in try await tokens.fetch() }
        }
    }

    /// Credentials that hold for a while, where their source can give them.
    func current() async throws(StoreError) -> AzureCredentials { try await renewal.current() }

    /// Others than `refused`, which the server no longer takes.
    func replacement(for refused: AzureCredentials) async throws(StoreError) -> AzureCredentials {
        try await renewal.replacement(for: refused)
    }
}
