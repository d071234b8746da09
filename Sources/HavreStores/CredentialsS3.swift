public import HavreCrypto
public import HavreModel

/// One set of S3 credentials. The secrets lie in wiped memory and never enter a message.
public final class S3Credentials: Sendable {
    /// The access key id; no secret.
    public let accessKeyID: String
    let secretKey: SecretBytes
    /// Empty where there is none.
    let sessionToken: SecretBytes
    /// When they end, seconds since 1970 UTC, where the source says.
    public let expiration: Int64?

    /// Takes credentials. Throws `.credentials` where the access key id is no single word.
    public init(
        accessKeyID: String, secretKey: consuming SecretBytes, sessionToken: consuming SecretBytes? = nil,
        expiration: Int64? = nil
    ) throws(StoreError) {
        guard !accessKeyID.isEmpty, accessKeyID.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x2f && $0 != 0x2c })
        else {
            // What was given by mistake may be the secret: it is not repeated.
            throw StoreError(.credentials, "the access key id is not one word of printable ASCII")
        }
        self.accessKeyID = accessKeyID
        self.secretKey = secretKey
        self.sessionToken = sessionToken ?? SecretBytes(count: 0) { _ in }
        self.expiration = expiration
    }

    var hasSessionToken: Bool { sessionToken.count > 0 }

    /// `text` without anything of the secrets in it.
    func scrubbed(_ text: String) -> String {
        secretKey.occurs(in: text) || sessionToken.occurs(in: text)
            ? "(left out: the server repeats a secret)" : text
    }
}

extension SecretBytes {
    /// Whether `text` holds the secret; what has less than four bytes is looked for nowhere.
    borrowing func occurs(in text: String) -> Bool {
        withBytes { secret in
            guard secret.count >= 4 else { return false }
            var text = text
            return text.withUTF8 { haystack in
                guard haystack.count >= secret.count else { return false }
                return (0...haystack.count - secret.count).contains { start in
                    haystack[start..<start + secret.count].elementsEqual(secret)
                }
            }
        }
    }
}

/// Where S3 credentials come from, kept until shortly before they expire; concurrent requests share one refresh.
public final class S3CredentialSource: Sendable {
    /// Seconds before the expiration at which credentials are asked for again.
    static let margin: Int64 = 300

    private let renewal: Renewal<S3Credentials>

    /// Asks `fetch` when credentials are needed. `clock` gives seconds since 1970 UTC.
    public init(
        clock: @escaping @Sendable () -> Int64 = { Timestamp.now() },
        fetch: @escaping @Sendable () async throws(StoreError) -> S3Credentials
    ) {
        renewal = Renewal(
            clock: clock,
            ended: StoreError(
                .credentials, "the source of the credentials gives expired ones; renew them there"),
            life: { .init(end: $0.expiration, renewal: $0.expiration.map { $0 - Self.margin }) }, fetch: fetch)
    }

    /// Credentials as a plan names them: a command before a profile before single references.
    ///
    /// `provider` is the provider's name in the plan, for messages. Nothing is fetched yet.
    /// Throws `.credentials` where the plan names none.
    public convenience init(
        _ credentials: ProviderEntry.Credentials, provider: String, timeLimit: Double = 60,
        clock: @escaping @Sendable () -> Int64 = { Timestamp.now() }
    ) throws(StoreError) {
        if let command = credentials.command {
            let purpose = "credentials of provider \(provider)"
            self.init(clock: clock) { () throws(StoreError) in
                try await blocking { () throws(StoreError) in
                    try CredentialProcess.run(command, purpose: purpose, timeLimit: timeLimit)
                }
            }
        } else if let profile = credentials.profile {
            self.init(clock: clock) { () throws(StoreError) in
                try await blocking { () throws(StoreError) in
                    try CredentialsProfile(name: profile, provider: provider).resolve(timeLimit: timeLimit)
                }
            }
        } else if let accessKey = credentials.accessKey, let secretKey = credentials.secretKey {
            let token = credentials.sessionToken
            self.init(clock: clock) { () throws(StoreError) in
                try await blocking { () throws(StoreError) in
                    let id = try accessKey.fetch(for: "accessKey of provider \(provider)", timeLimit: timeLimit)
                    let secret = try secretKey.fetch(for: "secretKey of provider \(provider)", timeLimit: timeLimit)
                    let name = id.withBytes { String(decoding: $0, as: UTF8.self) }
                    guard let token else { return try S3Credentials(accessKeyID: name, secretKey: secret) }
                    return try S3Credentials(
                        accessKeyID: name, secretKey: secret,
                        sessionToken: try token.fetch(
                            for: "sessionToken of provider \(provider)", timeLimit: timeLimit))
                }
            }
        } else {
            throw StoreError(
                .credentials,
                "provider \(provider) has no S3 credentials; "
                    + "give accessKey and secretKey by env, file or command, or a profile, or a command")
        }
    }

    /// Credentials that hold for five minutes at least, where their source can give them.
    ///
    /// Throws what the source says. Where a refresh fails and the old ones still hold, those are given.
    public func current() async throws(StoreError) -> S3Credentials { try await renewal.current() }

    /// Other credentials than `refused`, which a server called expired: asks the source again, once for all who ask.
    public func replacement(for refused: S3Credentials) async throws(StoreError) -> S3Credentials {
        try await renewal.replacement(for: refused)
    }
}
