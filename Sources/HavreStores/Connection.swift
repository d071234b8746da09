public import HavreCrypto

/// Whom a store turned out to be: recorded once a run and location, beside the verdicts that were taken for it.
public struct Connection: Hashable, Sendable {
    /// The region behind a bucket, as the store reports it.
    public enum Region: Hashable, Sendable {
        /// Named outright.
        case named(String)
        /// An empty `LocationConstraint`: `us-east-1` where a service has such a region, nothing anywhere else.
        case unnamed
        /// The store does not tell, or not to us.
        case unknown

        /// Its name where there is one.
        public var name: String? {
            guard case .named(let name) = self else { return nil }
            return name
        }
    }

    /// The host that the plan names, with its port.
    public var host: String
    /// The address that was connected to.
    public var address: PeerAddress
    /// Whether that is the plan's proxy, which alone knows the store's.
    public var isProxied: Bool
    /// TLS and certificate; nil in clear.
    public var tls: TLSSession?
    /// The region.
    public var region: Region
    /// What else the store tells of the account, for a person: kind, copies that it keeps elsewhere.
    public var account: String?

    /// Describes a connection.
    public init(
        host: String, address: PeerAddress, isProxied: Bool, tls: TLSSession?, region: Region, account: String? = nil
    ) {
        self.host = host
        self.address = address
        self.isProxied = isProxied
        self.tls = tls
        self.region = region
        self.account = account
    }

    /// What is expected of the region.
    public struct Expectation: Hashable, Sendable {
        /// The plan's region; nil where it states none.
        public var region: String?
        /// The regions of the service in the catalogue; nil where the provider is the operator's own, whose word for
        /// it stands, since many servers answer the same whatever they are.
        public var catalogued: Set<String>?

        /// Names an expectation.
        public init(region: String?, catalogued: Set<String>?) {
            self.region = region
            self.catalogued = catalogued
        }
    }

    /// Compares the region with the plan's. Throws `.policy` where a provider of the catalogue reports another one;
    /// returns words for a person where they differ or nothing is known, nil where they agree.
    public func judgeRegion(_ expected: Expectation, bucket: String) throws(StoreError) -> String? {
        let reported: String
        switch region {
        case .named(let name): reported = name == "EU" ? "eu-west-1" : name
        case .unnamed where expected.catalogued?.contains("us-east-1") == true: reported = "us-east-1"
        case .unnamed, .unknown:
            return expected.catalogued == nil ? nil : "\(host) does not say in which region bucket \(bucket) lies"
        }
        guard let region = expected.region, region.lowercased() != reported.lowercased() else { return nil }
        guard expected.catalogued != nil else {
            return "\(host) reports region \(reported) for bucket \(bucket), the plan says \(region)"
        }
        throw StoreError(
            .policy,
            "\(host) reports that bucket \(bucket) lies in region \(reported), and the plan was judged for \(region); "
                + "nothing was moved: correct the region or the bucket in the plan, and have it judged again")
    }
}
