/// A key of the plan as the rules see it: who holds its private half, where, under whose law.
public struct Key: Hashable, Sendable {
    /// Its name in the plan.
    public var name: String
    /// The custodian's name; nil is not stated.
    public var custodian: String?
    /// The host that the plan says the custodian is, `custom` for none of them; nil is not stated.
    public var custodianID: String?
    /// The custodian's country.
    public var country: Fact<String>
    /// The custodian's law.
    public var law: Fact<String>
    /// How a file key is wrapped to it; nil where it has no recipient.
    public var algorithm: Algorithm?
    /// Whether the private half can leave its custodian; nil is not stated.
    public var exportable: Fact<Bool>
    /// Whether a host of the data can use it; nil is not stated.
    public var providerCanUse: Fact<Bool>

    /// How a file key is wrapped.
    public enum Algorithm: String, Hashable, Sendable, Codable {
        /// X25519 (RFC 7748), as age's native recipients.
        case x25519
        /// X25519 together with ML-KEM-768 (`age1pq1`).
        case mlkem768x25519
        /// Anything else that a sufficiently large quantum computer would break.
        case otherClassical

        /// Whether it withstands a quantum computer as far as is known.
        public var isPostQuantum: Bool { self == .mlkem768x25519 }
    }

    /// Describes a key.
    public init(
        name: String, custodian: String?, country: Fact<String>, law: Fact<String>, algorithm: Algorithm? = nil,
        exportable: Fact<Bool> = .missing, providerCanUse: Fact<Bool> = .missing,
        custodianID: String? = nil
    ) {
        self.custodianID = custodianID
        self.algorithm = algorithm
        self.exportable = exportable
        self.providerCanUse = providerCanUse
        self.name = name
        self.custodian = custodian
        self.country = country
        self.law = law
    }

    /// Reads a key as the plan states it on `day`; an entry that is not there is unknown.
    public init(name: String, entry: KeyEntry?, on day: Day) {
        let jurisdiction = entry?.custodian?.jurisdiction
        self.init(
            name: name, custodian: entry?.custodian?.name,
            country: .operators(jurisdiction?.country, on: day), law: .operators(jurisdiction?.law, on: day),
            algorithm: entry?.recipient.map { text in
                text.hasPrefix("age1pq1") ? .mlkem768x25519 : text.hasPrefix("age1") ? .x25519 : .otherClassical
            }, exportable: .operators(entry?.exportable, on: day),
            providerCanUse: .operators(entry?.providerCanUse, on: day),
            custodianID: entry?.custodian?.catalogueID)
    }
}
