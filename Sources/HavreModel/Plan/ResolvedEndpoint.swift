/// Where a store speaks to, and how: the plan's entry with what the catalogue adds.
public struct ResolvedEndpoint: Hashable, Sendable {
    /// The storage protocol.
    public var storageProtocol: ProviderEntry.StorageProtocol
    /// The endpoint's URL without bucket; for `file` the directory.
    public var url: String
    /// The region for signatures.
    public var region: String
    /// How buckets appear in a URL.
    public var addressing: ProviderEntry.Addressing
    /// Parts of one upload at most.
    public var maxParts: Int
    /// The check that it is documented to enforce; `doctor` probes it.
    public var checksum: Checksum.Kind

    /// Describes an endpoint.
    public init(
        storageProtocol: ProviderEntry.StorageProtocol, url: String, region: String,
        addressing: ProviderEntry.Addressing, maxParts: Int, checksum: Checksum.Kind
    ) {
        self.storageProtocol = storageProtocol
        self.url = url
        self.region = region
        self.addressing = addressing
        self.maxParts = maxParts
        self.checksum = checksum
    }
}

/// An endpoint that does not follow from plan and catalogue.
public struct EndpointError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is missing or unknown, and what to do.
    public let problem: String
    /// The key of the provider's entry that it is about.
    public let key: String

    /// Names a problem.
    public init(problem: String, key: String) {
        self.problem = problem
        self.key = key
    }

    public var description: String { "\(key): \(problem)" }
}

extension Planner {
    /// Parts of one upload at most where nobody says otherwise: AWS's limit, "Amazon S3 multipart upload limits".
    public static let defaultMaxParts = 10_000

    /// Where and how to reach `bucket` at `entry`.
    ///
    /// Throws where the catalogue does not know provider, service or region, or where the endpoint has an open part
    /// (`{account}`, `{namespace}`) that neither the credentials nor an `endpoint:` of the plan fills.
    public static func endpoint(
        for entry: ProviderEntry, bucket: String, catalogue: Catalogue
    ) throws(EndpointError) -> ResolvedEndpoint {
        if Catalogue.operatorsOwn.contains(entry.catalogueID) {
            let isRemote = entry.storageProtocol != .file && entry.storageProtocol != .memory
            if isRemote, entry.endpoint == nil {
                throw EndpointError(
                    problem: "a \(entry.catalogueID) provider that speaks \(entry.storageProtocol.rawValue) needs an "
                        + "endpoint", key: "endpoint")
            }
            return ResolvedEndpoint(
                storageProtocol: entry.storageProtocol, url: isRemote ? entry.endpoint ?? "" : bucket,
                region: entry.region ?? "us-east-1", addressing: entry.addressing ?? .path,
                maxParts: min(entry.maxParts ?? defaultMaxParts, defaultMaxParts),
                checksum: isRemote ? .contentMD5 : .none)
        }
        guard let provider = catalogue.provider(entry.catalogueID) else {
            throw EndpointError(
                problem: "\(entry.catalogueID) is no provider of the catalogue; it knows "
                    + catalogue.providerIDs.joined(separator: ", "), key: "is")
        }
        guard let service = provider.service(entry.service) else {
            let known = provider.serviceIDs.joined(separator: ", ")
            throw EndpointError(
                problem: "\(entry.service ?? "no service") is none of \(provider.id); it has \(known)", key: "service")
        }
        guard let region = entry.region.flatMap(service.region) else {
            throw EndpointError(
                problem: "\(entry.region ?? "no region") is none of \(provider.id) \(service.id); it has "
                    + service.regionIDs.joined(separator: ", "), key: "region")
        }
        let url: String
        if let stated = entry.endpoint {
            url = stated
        } else {
            url = try self.url(of: service, region: region, account: entry.credentials.account)
        }
        return ResolvedEndpoint(
            storageProtocol: service.storageProtocol, url: url,
            region: region.id, addressing: entry.addressing ?? service.addressing,
            maxParts: min(entry.maxParts ?? service.maxParts, service.maxParts), checksum: service.checksum)
    }

    private static func url(
        of service: Service, region: Region, account: String?
    ) throws(EndpointError) -> String {
        guard var url = service.endpoint(of: region) else {
            throw EndpointError(
                problem: "the catalogue knows no endpoint of \(region.id); write it as `endpoint:`", key: "endpoint")
        }
        if let account { url = url.replacing("{account}", with: account) }
        guard !url.contains("{") else {
            throw EndpointError(
                problem: "the endpoint \(url) has an open part; write it in full as `endpoint:`", key: "endpoint")
        }
        return url
    }
}

extension Catalogue {
    /// The endpoint that `entry` of a plan leads to: its own, else that of its region; nil is not known.
    func endpoint(of entry: ProviderEntry) -> String? {
        if let stated = entry.endpoint { return stated }
        guard let service = provider(entry.catalogueID)?.service(entry.service) else { return nil }
        return entry.region.flatMap(service.region).flatMap(service.endpoint)
    }
}

extension Service {
    /// Whether `endpoint` is the one that the catalogue gives for `region`, open parts standing for one label each;
    /// nil where the catalogue knows none. Only the host decides, port and path do not.
    func covers(endpoint: String, region: Region?) -> Bool? {
        guard let region, let template = self.endpoint(of: region) else { return nil }
        guard let own = Self.host(template), let other = Self.host(endpoint) else { return false }
        let pattern = own.split(separator: ".", omittingEmptySubsequences: false)
        let labels = other.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count == pattern.count else { return false }
        return zip(pattern, labels).allSatisfy { $0.hasPrefix("{") ? !$1.isEmpty : $0 == $1 }
    }

    private static func host(_ url: String) -> String? {
        let lowered = url.lowercased()
        guard let scheme = lowered.firstRange(of: "://") else { return nil }
        let rest = lowered[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let authority = rest.split(separator: "@", omittingEmptySubsequences: false).last ?? rest[...]
        var host = authority.prefix { $0 != ":" }
        // A name with its root written out is the same name.
        while host.last == "." { host.removeLast() }
        return String(host)
    }

    /// The domain that all hosts of a provider share, by the end of an endpoint's host: `amazonaws.com`, whatever stands
    /// before it (a bucket, `s3-us-west-2`, `dualstack`, `fips`). nil for addresses and for names of one label.
    static func domain(of endpoint: String) -> String? {
        guard let labels = host(endpoint)?.split(separator: "."), labels.count >= 2, let last = labels.last,
            last.contains(where: \.isLetter), !last.contains("]")
        else { return nil }
        // `co.uk` and the like are nobody's.
        let isShared = last.utf8.count == 2 && Self.secondLevels.contains(String(labels[labels.count - 2]))
        let kept = labels.suffix(isShared ? 3 : 2)
        return kept.contains { $0.contains("{") } ? nil : kept.joined(separator: ".")
    }

    private static let secondLevels: Set = ["ac", "asso", "co", "com", "edu", "gouv", "gov", "net", "or", "org"]

    /// The domains of its endpoints.
    var domains: Set<String> {
        Set(([endpoint] + regions.map(\.endpoint)).compactMap(\.self).compactMap(Self.domain))
    }
}
