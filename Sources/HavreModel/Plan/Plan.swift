/// The operator's plan, decoded: providers, keys, workers, datasets (design §6).
///
/// A pure value. It holds references to secrets, never secrets. Names refer to each other and
/// are checked when the plan is decoded, so that every reference here resolves.
public struct Plan: Hashable, Sendable {
    /// Schema version; 1.
    public var version: Int
    /// Names the state directory; letters, digits, `.`, `_`, `-`.
    public var name: String
    /// Who answers for the data (GDPR art. 4(7)).
    public var controller: String?
    /// Hosts by their name in the plan.
    public var providers: [String: ProviderEntry]
    /// Keys by their name in the plan.
    public var keys: [String: KeyEntry]
    /// Where the processes run that see plaintext; empty is not stated.
    public var workers: [Jurisdiction]
    /// Where journal and logs are kept; nil is beside the workers.
    public var logs: Jurisdiction?
    /// A proxy between workers and stores; those of the environment are ignored.
    public var proxy: Proxy?
    /// The Ed25519 key that signs manifest and checkpoints.
    public var signKey: SecretReference?
    /// Limits that hold over all datasets.
    public var limits: Limits
    /// What `apply` reads back at its end, where a dataset does not say.
    public var verify: Verification
    /// Datasets by their name in the plan.
    public var datasets: [String: Dataset]
    /// Names of the datasets as written, in the order in which they run (`after:` respected).
    public var order: [String]
    /// Where each key of the plan stands, by its dotted path (`datasets.a.to.provider`).
    public var marks: [String: Mark]
    /// The file it was read from, as the operator named it.
    public var file: String
    /// What the operator states of all datasets.
    public var assurances = Assurances()
    /// Effects that the plan raises above the rulebook's, by rule.
    public var severities: [String: Verdict.Effect] = [:]
    /// Whose signatures count, by the name that documents give: Ed25519 public keys, 32 bytes.
    public var signers: [String: [UInt8]] = [:]
    /// Files of signed derogations, authorisations and opinions, absolute.
    public var documents: [String] = []
    /// Files of the operator's own catalogue that overlay ours, absolute.
    public var catalogues: [String] = []

    /// Puts a plan together; `PlanFile` does.
    public init(
        version: Int = 1, name: String, controller: String? = nil, providers: [String: ProviderEntry] = [:],
        keys: [String: KeyEntry] = [:], workers: [Jurisdiction] = [], logs: Jurisdiction? = nil, proxy: Proxy? = nil,
        signKey: SecretReference? = nil, limits: Limits = Limits(), verify: Verification = .sample(percent: 5),
        datasets: [String: Dataset] = [:], order: [String] = [], marks: [String: Mark] = [:], file: String = "plan"
    ) {
        self.version = version
        self.name = name
        self.controller = controller
        self.providers = providers
        self.keys = keys
        self.workers = workers
        self.logs = logs
        self.proxy = proxy
        self.signKey = signKey
        self.limits = limits
        self.verify = verify
        self.datasets = datasets
        self.order = order
        self.marks = marks
        self.file = file
    }

    /// The mark of the longest prefix of `path` that stands in the file.
    public func mark(_ path: String) -> Mark? {
        var parts = path.split(separator: ".", omittingEmptySubsequences: false)
        while !parts.isEmpty {
            if let mark = marks[parts.joined(separator: ".")] { return mark }
            parts.removeLast()
        }
        return nil
    }
}

/// A place in a file, counted from 1.
public struct Mark: Hashable, Sendable, Codable {
    /// The line, from 1.
    public var line: Int
    /// The column, from 1.
    public var column: Int

    /// Names a place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// Where a secret comes from; never the secret.
public enum SecretReference: Hashable, Sendable {
    /// An environment variable.
    case environment(String)
    /// A file; its trailing newline is dropped.
    case file(String)
    /// A program and its arguments, run without a shell; its standard output, trailing newline dropped.
    case command([String])
}

/// A country and the law that reaches into it.
public struct Jurisdiction: Hashable, Sendable, Codable {
    /// ISO 3166-1 alpha-2.
    public var country: String?
    /// ISO 3166-1 alpha-2, or `EU`: whose law its holder is subject to.
    public var law: String?

    /// Names country and law; nil is unknown.
    public init(country: String?, law: String?) {
        self.country = country
        self.law = law
    }
}

/// A proxy that the plan asks for; a hop for the rules.
public struct Proxy: Hashable, Sendable {
    /// `http://host:port`.
    public var url: String
    /// Where it stands.
    public var jurisdiction: Jurisdiction

    /// Names a proxy.
    public init(url: String, jurisdiction: Jurisdiction) {
        self.url = url
        self.jurisdiction = jurisdiction
    }
}

/// A host as the plan describes it.
public struct ProviderEntry: Hashable, Sendable {
    /// Storage protocols that a plan can name.
    public struct StorageProtocol: RawRepresentable, Hashable, Sendable, Codable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        /// A directory.
        public static let file = Self(rawValue: "file")
        /// Amazon's S3, as others speak it too.
        public static let s3 = Self(rawValue: "s3")
        /// Microsoft's Azure Blob Storage.
        public static let azureBlob = Self(rawValue: "azure-blob")
        /// A store in memory; tests only.
        public static let memory = Self(rawValue: "memory")
    }

    /// How buckets appear in a URL.
    public enum Addressing: String, Hashable, Sendable, Codable {
        /// `https://host/bucket/key`
        case path
        /// `https://bucket.host/key`
        case virtualHosted = "virtual"
    }

    /// Credentials by reference.
    public struct Credentials: Hashable, Sendable {
        /// S3 access key id.
        public var accessKey: SecretReference?
        /// S3 secret access key.
        public var secretKey: SecretReference?
        /// S3 session token.
        public var sessionToken: SecretReference?
        /// A profile of `~/.aws/credentials` and `~/.aws/config`.
        public var profile: String?
        /// A program that prints all of them as JSON (AWS `credential_process` format), asked again before `Expiration`.
        public var command: [String]?
        /// Azure account name.
        public var account: String?
        /// Azure account key.
        public var key: SecretReference?
        /// Azure shared access signature, the query behind `?`.
        public var sas: SecretReference?
        /// Entra tenant: its id or domain.
        public var tenant: String?
        /// Entra application (client) id.
        public var clientID: String?
        /// Entra client secret.
        public var clientSecret: SecretReference?
        /// Entra client certificate: a PEM file of certificate and private key.
        public var certificate: SecretReference?
        /// A file of a federated token (workload identity), read anew for each token.
        public var tokenFile: String?
        /// The identity that the machine has by itself.
        public var managedIdentity: ManagedIdentity?
        /// Where Entra tokens come from; nil is Microsoft's public cloud.
        public var authority: String?

        /// The identity of the machine, by Azure's metadata service or an app host's endpoint.
        public struct ManagedIdentity: Hashable, Sendable {
            /// The client id of a user-assigned identity; nil is the system-assigned one.
            public var clientID: String?
            /// The URL of the service; nil is the machine's (`IDENTITY_ENDPOINT` where set, else the metadata service).
            public var endpoint: String?
            /// The header that an app host wants (`IDENTITY_HEADER`).
            public var header: SecretReference?

            /// Names an identity.
            public init(clientID: String? = nil, endpoint: String? = nil, header: SecretReference? = nil) {
                self.clientID = clientID
                self.endpoint = endpoint
                self.header = header
            }
        }

        /// Names credentials; nil is absent.
        public init(
            accessKey: SecretReference? = nil, secretKey: SecretReference? = nil,
            sessionToken: SecretReference? = nil, profile: String? = nil, command: [String]? = nil,
            account: String? = nil, key: SecretReference? = nil
        ) {
            self.accessKey = accessKey
            self.secretKey = secretKey
            self.sessionToken = sessionToken
            self.profile = profile
            self.command = command
            self.account = account
            self.key = key
        }
    }

    /// An entry of the catalogue, or `local`, or `custom`.
    public var catalogueID: String
    /// The service (`object-storage`, `blob-storage`, `file`).
    public var service: String?
    /// The region as the provider writes it.
    public var region: String?
    /// The protocol; follows from the catalogue unless custom.
    public var storageProtocol: StorageProtocol
    /// The endpoint's URL, where the plan gives one; it otherwise follows from the catalogue.
    public var endpoint: String?
    /// How buckets appear in a URL; nil follows from the catalogue, `path` for custom ones.
    public var addressing: Addressing?
    /// A file of PEM certificates to trust instead of the system's.
    public var caBundle: String?
    /// What the operator says of a custom or local provider.
    public var stated: Jurisdiction
    /// Certifications that the operator states for a custom or local provider.
    public var certifications: [Certification]
    /// Credentials by reference.
    public var credentials: Credentials
    /// A part limit stricter than the catalogue's.
    public var maxParts: Int?
    /// Countries outside the EEA in which the operator of a custom or local provider is established; nil is not stated.
    public var establishments: [String]?
    /// Private networks (CIDR) in which its address may lie; one in none of them is refused when it is connected to.
    public var addresses: [String] = []

    /// Describes a host.
    public init(
        catalogueID: String, service: String? = nil, region: String? = nil, storageProtocol: StorageProtocol,
        endpoint: String? = nil, addressing: Addressing? = nil, caBundle: String? = nil,
        stated: Jurisdiction = Jurisdiction(country: nil, law: nil), certifications: [Certification] = [],
        credentials: Credentials = Credentials(), maxParts: Int? = nil
    ) {
        self.catalogueID = catalogueID
        self.service = service
        self.region = region
        self.storageProtocol = storageProtocol
        self.endpoint = endpoint
        self.addressing = addressing
        self.caBundle = caBundle
        self.stated = stated
        self.certifications = certifications
        self.credentials = credentials
        self.maxParts = maxParts
    }
}

/// A certification of one service in one region, with its dates.
public struct Certification: Hashable, Sendable, Codable {
    /// `HDS`, `SecNumCloud`, `ISO27001`, ...
    public var name: String
    /// The version of the framework.
    public var version: String?
    /// How it stands.
    public enum Status: String, Hashable, Sendable, Codable {
        case held, pending, disputed, none

        /// The status in words.
        public var words: Text {
            switch self {
            case .held: Text(en: "held", fr: "détenue")
            case .pending: Text(en: "pending", fr: "en cours")
            case .disputed: Text(en: "disputed", fr: "contestée")
            case .none: Text(en: "none", fr: "aucune")
            }
        }
    }
    /// How it stands, by the sources.
    public var status: Status
    /// What it is held for, in words (`activities 1 to 6`); nil is not stated.
    public var scope: String?
    /// First day of validity, `YYYY-MM-DD`.
    public var from: Day?
    /// Last day of validity; `end` says what follows where none is stated.
    public var until: Day?
    /// The regions it holds in, as the provider writes them. nil holds nowhere in a catalogue;
    /// of a custom or local provider it is the one place that the plan describes.
    public var regions: [String]?
    /// Where this is known from; a URL, a reference or `operator's word`.
    public var source: String
    /// When somebody last looked; nil counts as unknown.
    public var verifiedOn: Day?
    /// The file of an operator's own catalogue that states it; nil is the catalogue of this release, or the plan.
    public var origin: String?

    /// States a certification.
    public init(
        name: String, version: String? = nil, status: Status, from: Day? = nil, until: Day? = nil,
        regions: [String]? = nil, source: String, verifiedOn: Day?, scope: String? = nil
    ) {
        self.scope = scope
        self.name = name
        self.version = version
        self.status = status
        self.from = from
        self.until = until
        self.regions = regions
        self.source = source
        self.verifiedOn = verifiedOn
    }
}

/// A key as the plan describes it.
public struct KeyEntry: Hashable, Sendable {
    /// Who holds the private half.
    public struct Custodian: Hashable, Sendable, Codable {
        /// A name for people.
        public var name: String
        /// Where and under whose law.
        public var jurisdiction: Jurisdiction
        /// The host of the catalogue that it is, `custom` for none of them; nil is not stated.
        public var catalogueID: String?

        /// Names a custodian.
        public init(name: String, jurisdiction: Jurisdiction, catalogueID: String? = nil) {
            self.catalogueID = catalogueID
            self.name = name
            self.jurisdiction = jurisdiction
        }
    }

    /// The public half (`age1…`).
    public var recipient: String?
    /// Where the private half comes from; only for what must be opened at the source.
    public var identity: SecretReference?
    /// Who holds the private half.
    public var custodian: Custodian?
    /// Whether the private half can leave its custodian; nil is not stated.
    public var exportable: Bool?
    /// Whether a host of the data can use it; nil is not stated.
    public var providerCanUse: Bool?

    /// Describes a key.
    public init(
        recipient: String? = nil, identity: SecretReference? = nil, custodian: Custodian? = nil,
        exportable: Bool? = nil, providerCanUse: Bool? = nil
    ) {
        self.exportable = exportable
        self.providerCanUse = providerCanUse
        self.recipient = recipient
        self.identity = identity
        self.custodian = custodian
    }
}

/// Limits that hold over a whole run.
public struct Limits: Hashable, Sendable {
    /// Bytes a second, by time of day.
    public var bandwidth: BandwidthTimetable?
    /// Requests a second, at each endpoint.
    public var requestsPerSecond: Int?
    /// A run stops taking up new objects when more than this many have failed.
    public var maxFailures: Int?
    /// A run that would delete more than this many objects refuses.
    public var maxDelete: Int?

    /// Names limits; nil is none.
    public init(
        bandwidth: BandwidthTimetable? = nil, requestsPerSecond: Int? = nil, maxFailures: Int? = nil,
        maxDelete: Int? = nil
    ) {
        self.bandwidth = bandwidth
        self.requestsPerSecond = requestsPerSecond
        self.maxFailures = maxFailures
        self.maxDelete = maxDelete
    }
}

/// Bytes a second by local time of day.
public struct BandwidthTimetable: Hashable, Sendable, Codable {
    /// One slot, from a minute of the day to another; it may pass midnight.
    public struct Slot: Hashable, Sendable, Codable {
        /// First minute of the day, 0 to 1439.
        public var from: Int
        /// First minute after it, 0 to 1440; at or below `from` it ends on the next day.
        public var until: Int
        /// Bytes a second; nil is no limit.
        public var bytesPerSecond: UInt64?

        /// Names a slot.
        public init(from: Int, until: Int, bytesPerSecond: UInt64?) {
            self.from = from
            self.until = until
            self.bytesPerSecond = bytesPerSecond
        }

        /// Whether `minute` of the day lies in the slot.
        public func contains(_ minute: Int) -> Bool {
            from < until ? (from..<until).contains(minute) : minute >= from || minute < until
        }
    }

    /// What holds outside all slots; nil is no limit.
    public var otherwise: UInt64?
    /// The slots; they do not overlap.
    public var slots: [Slot]

    /// Names a timetable.
    public init(otherwise: UInt64?, slots: [Slot] = []) {
        self.otherwise = otherwise
        self.slots = slots
    }

    /// The limit at a minute of the day; nil is none.
    public func limit(atMinute minute: Int) -> UInt64? {
        for slot in slots where slot.contains(minute) { return slot.bytesPerSecond }
        return otherwise
    }
}

/// What `apply` reads back at its end.
public enum Verification: Hashable, Sendable {
    /// Every object.
    case full
    /// About this share of the objects, chosen by a hash of run and key.
    case sample(percent: Double)
    /// Nothing.
    case none
}
