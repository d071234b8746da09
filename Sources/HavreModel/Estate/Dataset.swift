/// Objects under one location with one classification, one source and one target.
public struct Dataset: Hashable, Sendable {
    /// What the data are, for the rules.
    public struct Classification: Hashable, Sendable, Codable {
        /// Personal data (GDPR art. 4(1)).
        public var personal = false
        /// Health data (GDPR art. 4(15)).
        public var health = false
        /// Data of the Système national des données de santé.
        public var snds = false
        /// Data of particular sensitivity of the State (loi SREN art. 31).
        public var stateSensitive = false
        /// Pseudonymised data (GDPR art. 4(5)); still personal.
        public var pseudonymised = false

        /// Data of no particular class.
        public init() {}

        /// The stricter of both, kind by kind. Data count as pseudonymised only where all of them are.
        public func strictest(_ other: Classification) -> Classification {
            var joined = self
            joined.personal = personal || other.personal
            joined.health = health || other.health
            joined.snds = snds || other.snds
            joined.stateSensitive = stateSensitive || other.stateSensitive
            joined.pseudonymised = pseudonymised || other.pseudonymised
            return joined
        }
    }

    /// A permission by somebody who can give it.
    public struct Authorisation: Hashable, Sendable, Codable {
        /// Who gave it (`CNIL`).
        public var by: String
        /// Its number.
        public var reference: String
        /// What for.
        public var purpose: String
        /// Where to: a provider of the plan, or a catalogue id; nil is not stated.
        public var destination: String?
        /// Its last day.
        public var until: Day

        /// Names a permission.
        public init(by: String, reference: String, purpose: String, destination: String? = nil, until: Day) {
            self.by = by
            self.reference = reference
            self.purpose = purpose
            self.destination = destination
            self.until = until
        }
    }

    /// How objects are encrypted at the target.
    public enum Seal: Hashable, Sendable {
        /// As they come; only where the rules allow it.
        case none
        /// age v1 to these keys of the plan.
        case age(recipients: [String])
    }

    /// How objects lie encrypted at the source, and what opens them.
    public struct Opening: Hashable, Sendable {
        /// An envelope, by its name in plans.
        public enum Format: String, Hashable, Sendable, Codable, CaseIterable {
            /// age v1.
            case age
            /// Azure Storage client-side encryption, protocol 1: AES-CBC, unauthenticated.
            case azureCSEv1 = "azure-cse-v1"
            /// Azure Storage client-side encryption, protocols 2.0 and 2.1: AES-GCM in regions.
            case azureCSEv2 = "azure-cse-v2"
            /// Amazon S3 Encryption Client, format 1: AES-CBC, unauthenticated.
            case s3ecV1 = "s3ec-v1"
            /// Amazon S3 Encryption Client, format 2: AES-GCM over the whole object.
            case s3ecV2 = "s3ec-v2"
            /// Amazon S3 Encryption Client, format 3: the same, with a commitment to the key.
            case s3ecV3 = "s3ec-v3"
            /// rclone's crypt remote: contents, and names where they are encrypted.
            case rcloneCrypt = "rclone-crypt"

            /// What is behind the keys of small objects that belong to another's envelope.
            public var companion: String? {
                switch self {
                case .s3ecV1, .s3ecV2, .s3ecV3: ".instruction"
                case .age, .azureCSEv1, .azureCSEv2, .rcloneCrypt: nil
                }
            }

            /// Whether it tells a changed object from a sound one.
            public var isAuthenticated: Bool {
                switch self {
                case .age, .azureCSEv2, .s3ecV2, .s3ecV3, .rcloneCrypt: true
                case .azureCSEv1, .s3ecV1: false
                }
            }
        }

        /// What happens to objects that lie in clear among the encrypted.
        public enum Unencrypted: String, Hashable, Sendable, Codable {
            /// They are blocked, each with its name.
            case block
            /// They are moved as they are; the evidence says which.
            case move
        }

        /// The envelope.
        public var format: Format
        /// The key of the plan that opens it.
        public var key: String
        /// What happens to objects in clear.
        public var unencrypted = Unencrypted.block
        /// Whether an envelope that proves nothing is taken all the same.
        public var acceptsUnauthenticated = false

        /// Names an envelope and its key.
        public init(format: Format, key: String) {
            self.format = format
            self.key = key
        }

        /// age, with this key of the plan.
        public static func age(key: String) -> Opening { Opening(format: .age, key: key) }

        /// Whether the source's host can be taken to see ciphertext only.
        public var hidesFromHost: Bool { unencrypted == .block }
    }

    /// Which objects belong.
    public struct Filter: Hashable, Sendable, Codable {
        /// Globs over the key behind the prefix; empty takes all.
        public var include: [String] = []
        /// Globs over the key behind the prefix; these win.
        public var exclude: [String] = []
        /// Least size in bytes.
        public var minSize: UInt64?
        /// Greatest size in bytes.
        public var maxSize: UInt64?
        /// Modified at or after, nanoseconds since 1970 UTC.
        public var modifiedSince: Int64?

        /// Takes everything.
        public init() {}
    }

    /// What happens to target objects that are not ours.
    public enum Conflict: String, Hashable, Sendable, Codable {
        /// They are `blocked (occupied)`.
        case block
        /// They are overwritten.
        case overwrite
    }

    /// How one kind of metadata travels.
    public enum Carriage: String, Hashable, Sendable, Codable {
        /// As metadata of the target object.
        case clear
        /// In the sealed manifest only.
        case sealed
        /// Not at all.
        case dropped
    }

    /// How metadata travel.
    public struct MetadataPolicy: Hashable, Sendable, Codable {
        /// Content type, encoding, language, disposition, cache control.
        public var headers: Carriage = .clear
        /// The user's own metadata.
        public var user: Carriage = .sealed
        /// Tags.
        public var tags: Carriage = .sealed

        /// The default: headers clear, the rest sealed.
        public init() {}
    }

    /// Its name in the plan.
    public var name: String
    /// What the data are.
    public var classification: Classification
    /// Clauses that bind them (`EU_ONLY`).
    public var clauses: [String]
    /// Where they are.
    public var source: Location
    /// Where they go.
    public var target: Location
    /// How they are encrypted there.
    public var seal: Seal
    /// What opens them at the source; nil where they lie in clear.
    public var opening: Opening?
    /// What the data are used for; authorisations are compared with it.
    public var purpose: String?
    /// Permissions.
    public var authorisations: [Authorisation]
    /// Which objects belong.
    public var filter: Filter
    /// What happens to target objects that are not ours.
    public var onConflict: Conflict
    /// How metadata travel.
    public var metadata: MetadataPolicy
    /// What `apply` reads back; nil follows the plan.
    public var verify: Verification?
    /// Datasets that come first.
    public var after: [String]
    /// Last day of retention.
    public var retainUntil: Day?
    /// Who answers for it in the house.
    public var owner: String?
    /// Datasets of this plan that it is made of: it takes on the strictest class of all, and every clause.
    public var unionOf: [String] = []
    /// The base that it is taken from, and how much of it.
    public var extract: Extract?
    /// Who holds the secret behind the pseudonyms; nil is not stated.
    public var pseudonymisation: Pseudonymisation?
    /// Why nothing of the source may be destroyed; nil is no hold.
    public var hold: String?
    /// First day on which the source is to be destroyed; nil plans no destruction.
    public var decommission: Day?
    /// What the operator expects at the source, for estimates without a listing; nil is not stated.
    public var expected: Expectation?
    /// What the operator states of this dataset; what is not stated is that of the plan.
    public var assurances = Assurances()

    /// A part of a base.
    public struct Extract: Hashable, Sendable, Codable {
        /// The base (`SNDS`).
        public var base: String
        /// How much of it, in percent.
        public var percent: Double

        /// Names a part.
        public init(base: String, percent: Double) {
            self.base = base
            self.percent = percent
        }
    }

    /// How much is expected at the source.
    public struct Expectation: Hashable, Sendable, Codable {
        /// Objects.
        public var objects: Int
        /// Bytes of all of them.
        public var bytes: UInt64

        /// Names an expectation.
        public init(objects: Int, bytes: UInt64) {
            self.objects = objects
            self.bytes = bytes
        }
    }

    /// The secret behind the pseudonyms.
    public struct Pseudonymisation: Hashable, Sendable, Codable {
        /// Who holds it.
        public var custodian: String
        /// A key of the plan that is the secret; nil where it is none of them.
        public var key: String?
        /// The host of the catalogue that the custodian is, `custom` for none of them; nil is not stated.
        public var custodianID: String?

        /// Names a secret's holder.
        public init(custodian: String, key: String? = nil, custodianID: String? = nil) {
            self.custodianID = custodianID
            self.custodian = custodian
            self.key = key
        }
    }

    /// Describes a dataset.
    public init(
        name: String, classification: Classification = Classification(), clauses: [String] = [], source: Location,
        target: Location, seal: Seal, opening: Opening? = nil, purpose: String? = nil,
        authorisations: [Authorisation] = [], filter: Filter = Filter(), onConflict: Conflict = .block,
        metadata: MetadataPolicy = MetadataPolicy(), verify: Verification? = nil, after: [String] = [],
        retainUntil: Day? = nil
    ) {
        self.name = name
        self.classification = classification
        self.clauses = clauses
        self.source = source
        self.target = target
        self.seal = seal
        self.opening = opening
        self.purpose = purpose
        self.authorisations = authorisations
        self.filter = filter
        self.onConflict = onConflict
        self.metadata = metadata
        self.verify = verify
        self.after = after
        self.retainUntil = retainUntil
    }
}
