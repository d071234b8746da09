/// What went wrong while sealing, opening or reading a key. Never holds a secret.
public struct CryptoError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The class of an error. The first five are the classes of the age test vectors (C2SP/CCTV, `age`).
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// A stable name.
        public let rawValue: String
        /// Names a class.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The header of an age file is malformed or forbidden.
        public static let headerFailure = Code(rawValue: "headerFailure")
        /// The header is sound, but no key at hand opens it.
        public static let noMatch = Code(rawValue: "noMatch")
        /// A key opened the header, but its MAC is wrong: the header was changed.
        public static let hmacFailure = Code(rawValue: "hmacFailure")
        /// The payload was changed, cut or lengthened.
        public static let payloadFailure = Code(rawValue: "payloadFailure")
        /// The ASCII armor is malformed.
        public static let armorFailure = Code(rawValue: "armorFailure")
        /// The envelope of an object at a source, another than age's, is malformed or forbidden.
        public static let envelopeFailure = Code(rawValue: "envelopeFailure")
        /// A recipient, an identity or another key cannot be read.
        public static let badKey = Code(rawValue: "badKey")
        /// The request makes no sense or would be unsafe.
        public static let refused = Code(rawValue: "refused")
        /// The cryptographic library failed.
        public static let internalFailure = Code(rawValue: "internalFailure")
    }

    /// The class.
    public let code: Code
    /// What was found and what was expected, for a person.
    public let message: String
    /// Whether the bytes given merely end too early: with more of the file the call may succeed.
    public let needsMore: Bool

    /// Makes an error.
    public init(_ code: Code, _ message: String, needsMore: Bool = false) {
        self.code = code
        self.message = message
        self.needsMore = needsMore
    }

    public var description: String { message }
}
