/// What the operator states beside places and keys, for the rules: of a whole plan, or of one dataset.
///
/// It is his word, and verdicts that rest on it say so. What is not stated is unknown.
public struct Assurances: Hashable, Sendable {
    /// Instruments that a transfer or a host is said to be safeguarded by.
    public var safeguards: [Safeguard] = []
    /// Documents that show that a rule is met, by the rule's id.
    public var evidence: [String: Evidence] = [:]
    /// Who reaches the data from outside the EEA; nil is not stated, an empty list says that nobody does.
    public var remoteAccess: [RemoteAccess]?
    /// Last day on which the data must stay secret.
    public var confidentialUntil: Day?
    /// The contract with the host that is left.
    public var contract: HostingContract?
    /// Who is told of an incident, and how fast.
    public var incident: IncidentPlan?

    /// States nothing.
    public init() {}

    /// These of a dataset over those of its plan: lists and evidence add up, everything else is the dataset's where it
    /// states it.
    public func over(_ plan: Assurances) -> Assurances {
        var merged = self
        merged.safeguards = plan.safeguards + safeguards
        merged.evidence = plan.evidence.merging(evidence) { $1 }
        merged.remoteAccess = remoteAccess ?? plan.remoteAccess
        merged.confidentialUntil = confidentialUntil ?? plan.confidentialUntil
        merged.contract = contract ?? plan.contract
        merged.incident = incident ?? plan.incident
        return merged
    }
}

/// An instrument that a transfer or a host is said to be safeguarded by.
public struct Safeguard: Hashable, Sendable, Codable {
    /// What it is.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Standard contractual clauses (GDPR art. 46(2)(c)).
        case standardClauses = "standard-clauses"
        /// Binding corporate rules (art. 46(2)(b)).
        case corporateRules = "corporate-rules"
        /// An approved code of conduct (art. 46(2)(e)).
        case codeOfConduct = "code-of-conduct"
        /// An approved certification mechanism (art. 46(2)(f)).
        case certification
        /// An instrument between public authorities (art. 46(2)(a)).
        case publicInstrument = "public-instrument"
        /// The EU-US Data Privacy Framework (decision (EU) 2023/1795): no tool of article 46, see R2.
        case dataPrivacyFramework = "data-privacy-framework"
        /// Any other clause of a contract.
        case contract
        /// Encryption at rest under keys of the provider.
        case providerEncryption = "provider-encryption"

        /// Whether it is a tool of article 46.
        public var isArticle46: Bool {
            switch self {
            case .standardClauses, .corporateRules, .codeOfConduct, .certification, .publicInstrument: true
            case .dataPrivacyFramework, .contract, .providerEncryption: false
            }
        }
    }

    /// What it is.
    public var kind: Kind
    /// Its number or title.
    public var reference: String
    /// What it covers: names of providers of the plan, ids of the catalogue, `workers`, `proxy`, `logs`.
    public var covers: [String]
    /// Its last day; nil has no end.
    public var until: Day?

    /// Names an instrument.
    public init(kind: Kind, reference: String, covers: [String] = [], until: Day? = nil) {
        self.kind = kind
        self.reference = reference
        self.covers = covers
        self.until = until
    }
}

/// A document that shows that a rule is met.
public struct Evidence: Hashable, Sendable, Codable {
    /// Its number or title.
    public var reference: String
    /// Its last day; nil has no end.
    public var until: Day?

    /// Names a document.
    public init(reference: String, until: Day? = nil) {
        self.reference = reference
        self.until = until
    }
}

/// Somebody who reaches the data from elsewhere.
public struct RemoteAccess: Hashable, Sendable, Codable {
    /// From where, ISO 3166-1 alpha-2.
    public var country: String
    /// Who.
    public var by: String
    /// The law that he is subject to, ISO 3166-1 alpha-2 or `EU`; nil is not stated.
    public var law: String?
    /// The host of the catalogue that he is, `custom` for none of them; nil is not stated.
    public var catalogueID: String?
    /// Where it is described; nil is not.
    public var description: String?
    /// The instrument that safeguards it; nil is none.
    public var safeguard: Safeguard?

    /// Names an access.
    public init(
        country: String, by: String, law: String? = nil, catalogueID: String? = nil, description: String? = nil,
        safeguard: Safeguard? = nil
    ) {
        self.law = law
        self.catalogueID = catalogueID
        self.country = country
        self.by = by
        self.description = description
        self.safeguard = safeguard
    }
}

/// The contract with the host that is left (Data Act, regulation 2023/2854, art. 25 and 29).
public struct HostingContract: Hashable, Sendable, Codable {
    /// When notice of the switch was given; nil is not yet, or not stated.
    public var notice: Day?
    /// Its last day; nil is not stated.
    public var end: Day?
    /// What is set aside for fees on taking the data out; nil is not stated.
    public var egressBudget: Money?

    /// Names a contract.
    public init(notice: Day? = nil, end: Day? = nil, egressBudget: Money? = nil) {
        self.notice = notice
        self.end = end
        self.egressBudget = egressBudget
    }
}

/// An amount of money.
public struct Money: Hashable, Sendable, Codable {
    /// How much, in the currency's main unit.
    public var amount: Double
    /// ISO 4217.
    public var currency: String

    /// Names an amount.
    public init(_ amount: Double, _ currency: String) {
        self.amount = amount
        self.currency = currency
    }
}

/// Who is told of an incident, and how fast (NIS2, directive 2022/2555, art. 23(4)).
public struct IncidentPlan: Hashable, Sendable, Codable {
    /// Who is told; nil is not stated.
    public var contact: String?
    /// Hours to the early warning; nil is not stated.
    public var earlyWarningHours: Int?
    /// Hours to the notification; nil is not stated.
    public var notificationHours: Int?
    /// Days to the final report; nil is not stated.
    public var finalReportDays: Int?

    /// Names clocks.
    public init(
        contact: String? = nil, earlyWarningHours: Int? = nil, notificationHours: Int? = nil,
        finalReportDays: Int? = nil
    ) {
        self.contact = contact
        self.earlyWarningHours = earlyWarningHours
        self.notificationHours = notificationHours
        self.finalReportDays = finalReportDays
    }
}
