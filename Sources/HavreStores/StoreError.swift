public import HavreModel

/// What a store could not do: a code to act on, the place, and words for a person. Never holds a secret.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What to do about it follows from the code.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        /// There is no such object or bucket.
        public static let notFound = Code(rawValue: "not-found")
        /// A write's condition does not hold (412), or a concurrent writer won (409).
        public static let conditionFailed = Code(rawValue: "condition-failed")
        /// The object is no longer what was pinned.
        public static let drifted = Code(rawValue: "drifted")
        /// The upload is gone.
        public static let noSuchUpload = Code(rawValue: "no-such-upload")
        /// The store says that the bytes are not those of the checksum.
        public static let checksumRefused = Code(rawValue: "checksum-refused")
        /// The store refuses: the credentials are wrong or expired there, or do not reach.
        public static let denied = Code(rawValue: "denied")
        /// There are no credentials to begin with: what they come from here is absent, empty or fails.
        public static let credentials = Code(rawValue: "credentials")
        /// The store asks to go slower.
        public static let throttled = Code(rawValue: "throttled")
        /// A fault of server or network that may pass.
        public static let temporary = Code(rawValue: "temporary")
        /// No answer in time, or the connection broke after the request left: it may have been carried out.
        public static let ambiguous = Code(rawValue: "ambiguous")
        /// TLS or the host's certificate is not what it must be.
        public static let untrusted = Code(rawValue: "untrusted")
        /// The connection is not the one that the plan was judged for: its address, or the region behind it.
        public static let policy = Code(rawValue: "policy")
        /// A redirect; never followed.
        public static let redirected = Code(rawValue: "redirected")
        /// The answer is not what the protocol says.
        public static let protocolViolation = Code(rawValue: "protocol-violation")
        /// The key, the size or the request is beyond what the store takes.
        public static let refused = Code(rawValue: "refused")
        /// The object lies in an archive, or is on its way out of one: it can be read once it is rehydrated.
        public static let archived = Code(rawValue: "archived")
        /// The disk is full or gives errors.
        public static let disk = Code(rawValue: "disk")
        /// The sink threw; see `underlying`.
        public static let sink = Code(rawValue: "sink")
        /// The run is ending.
        public static let cancelled = Code(rawValue: "cancelled")
    }

    /// What to do about it.
    public var code: Code
    /// What was found, expected, and what to do, for a person.
    public var message: String
    /// The key concerned.
    public var key: ObjectKey?
    /// The HTTP status, where there was one.
    public var status: Int?
    /// How long the server asked to wait, seconds.
    public var retryAfter: Double?
    /// What caused it.
    public var underlying: (any Error)?

    /// Makes an error.
    public init(
        _ code: Code, _ message: String, key: ObjectKey? = nil, status: Int? = nil, retryAfter: Double? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.key = key
        self.status = status
        self.retryAfter = retryAfter
        self.underlying = underlying
    }

    /// Whether the same request may succeed a little later without anybody's doing.
    public var isRetryable: Bool {
        switch code {
        case .throttled, .temporary, .ambiguous: true
        default: false
        }
    }

    /// Whether the plan's verdicts do not cover where this leads: nothing goes on there until somebody decides (exit 20).
    public var isOfPolicy: Bool { code == .policy || code == .redirected }

    /// Whether the credentials are at fault and not the object.
    public var isOfCredentials: Bool { code == .denied || code == .credentials }

    public var description: String {
        var text = message
        if let key { text += " (key \(key))" }
        if let status { text += " [HTTP \(status)]" }
        return text
    }
}

extension StoreError {
    /// What a condition that does not hold says of a read, and of a write.
    static func ofCondition(isRead: Bool) -> (Code, String) {
        isRead
            ? (.drifted, "the object is no longer what was pinned")
            : (.conditionFailed, "what is at the target is not what the condition says")
    }

    /// A server's fault, in `words`; behind a write it leaves open whether that was carried out.
    static func ofFault(isWrite: Bool, _ words: String) -> (Code, String) {
        isWrite ? (.ambiguous, words + "; whether the write was carried out is not known") : (.temporary, words)
    }
}
