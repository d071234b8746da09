/// A service of a provider: what it speaks, where it stands, what it is certified for.
public struct Service: Hashable, Sendable, Codable {
    /// As plans write it (`object-storage`).
    public var id: String
    /// The storage protocol (`s3`, `azure-blob`, `gcs`, `file`).
    public var storageProtocol: ProviderEntry.StorageProtocol
    /// The URL of its endpoint, with `{region}`, `{account}` and `{namespace}` left open; nil is not known.
    public var endpoint: String?
    /// How buckets appear in a URL.
    public var addressing: ProviderEntry.Addressing
    /// Parts of one upload at most.
    public var maxParts: Int
    /// The check that it is documented to enforce; `doctor` probes it.
    public var checksum: Checksum.Kind
    /// Where endpoint and traits are known from.
    public var source: String
    /// When somebody last looked at endpoint and traits.
    public var verifiedOn: Day?
    /// Its regions.
    public var regions: [Region]
    /// What it is certified for, each in regions and between dates.
    public var certifications: [Certification]
    /// What it asks for, as its price lists state it.
    public var prices: [Price]
    /// The file of an operator's own catalogue that states endpoint or traits; nil is the catalogue of this release.
    public var origin: String?

    /// Storage protocols that a catalogue can name.
    public static let protocols = ["s3", "azure-blob", "gcs", "file"]

    /// Describes a service.
    public init(
        id: String, storageProtocol: ProviderEntry.StorageProtocol, endpoint: String?,
        addressing: ProviderEntry.Addressing = .virtualHosted, maxParts: Int = 10_000,
        checksum: Checksum.Kind = .contentMD5, source: String, verifiedOn: Day?, regions: [Region],
        certifications: [Certification] = [], prices: [Price] = [], origin: String? = nil
    ) {
        self.origin = origin
        self.prices = prices
        self.id = id
        self.storageProtocol = storageProtocol
        self.endpoint = endpoint
        self.addressing = addressing
        self.maxParts = maxParts
        self.checksum = checksum
        self.source = source
        self.verifiedOn = verifiedOn
        self.regions = regions
        self.certifications = certifications
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id
        case storageProtocol = "protocol"
        case endpoint, addressing, maxParts, checksum, source, verifiedOn, regions, certifications, prices, origin
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(String.self, forKey: .id),
            storageProtocol: try container.decode(ProviderEntry.StorageProtocol.self, forKey: .storageProtocol),
            endpoint: try container.decodeIfPresent(String.self, forKey: .endpoint),
            addressing: try container.decodeIfPresent(ProviderEntry.Addressing.self, forKey: .addressing)
                ?? .virtualHosted,
            maxParts: try container.decodeIfPresent(Int.self, forKey: .maxParts) ?? 10_000,
            checksum: try container.decodeIfPresent(Checksum.Kind.self, forKey: .checksum) ?? .contentMD5,
            source: try container.decode(String.self, forKey: .source),
            verifiedOn: try container.decodeIfPresent(Day.self, forKey: .verifiedOn),
            regions: try container.decode([Region].self, forKey: .regions),
            certifications: try container.decodeIfPresent([Certification].self, forKey: .certifications) ?? [],
            prices: try container.decodeIfPresent([Price].self, forKey: .prices) ?? [],
            origin: try container.decodeIfPresent(String.self, forKey: .origin))
        if let price = prices.first(where: { !$0.per.fits($0.item) || $0.amount < 0 }) {
            throw DecodingError.dataCorruptedError(
                forKey: .prices, in: container,
                debugDescription:
                    "service \(id): \(price.item.rawValue) has no price of \(price.amount) for \(price.per.rawValue)")
        }
        guard maxParts > 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .maxParts, in: container, debugDescription: "service \(id): maxParts must be above 0")
        }
    }

    /// The region of that id.
    public func region(_ id: String) -> Region? { regions.first { $0.id == id } }

    /// The URL of the endpoint of a region, open parts but the region left open; nil is not known.
    public func endpoint(of region: Region) -> String? {
        region.endpoint ?? endpoint?.replacing("{region}", with: region.id)
    }

    /// Ids of its regions, sorted.
    public var regionIDs: [String] { regions.map(\.id).sorted() }
}

extension Certification {
    /// How it stands, and what for, where that is stated.
    public var standing: Text {
        scope.map { Text(en: "\(status.words), for \($0)", fr: "\(status.words), pour \($0)") } ?? status.words
    }

    /// Months that such a certificate lasts at most: SecNumCloud and HDS are given for three years.
    private static let months = ["secnumcloud": 36, "hds": 36]
    /// The last day of version 1 of the HDS framework.
    private static let endOfHDS1 = Day(number: 20_589)  // 2026-05-16

    /// Its last day: as stated, else the latest that it can have, which `isImplied` says; nil has no end.
    ///
    /// A certificate for three years that states no end has had them from its first day, or from when somebody saw it. One
    /// under version 1 of HDS, or without a version and seen before that ended, ended with it.
    public var end: (day: Day, isImplied: Bool)? {
        let kind = name.folded
        var last = until
        if last == nil, status == .held, let months = Self.months[kind] {
            last = (from ?? verifiedOn)?.adding(months: months)
        }
        let isFirst =
            version.map { $0.drop { !$0.isNumber }.hasPrefix("1") } ?? verifiedOn.map { $0 < Self.endOfHDS1 } ?? false
        if kind == "hds", status == .held, isFirst { last = min(last ?? Self.endOfHDS1, Self.endOfHDS1) }
        return last.map { ($0, $0 != until) }
    }

    /// Why the certification is not held for `region` on `day`; nil where it is held or known not to be.
    ///
    /// A certification belongs to regions: a catalogue entry without them is out of scope everywhere,
    /// unless it says that there is none.
    /// What an operator states of a provider of his own holds for that one place (`isOperatorsWord`). A day of looking
    /// that has not come is none.
    public func doubt(region: String?, isOperatorsWord: Bool, on day: Day) -> Doubt? {
        if let regions {
            guard let region, regions.contains(region) else { return .outOfScope }
        } else if !isOperatorsWord && status != .none {
            return .outOfScope
        }
        switch status {
        case .pending: return .pending
        case .disputed: return .disputed
        case .held, .none: break
        }
        guard let verifiedOn, verifiedOn <= day else { return .unverified }
        if let end, end.day < day { return .expired }
        if let from, day < from { return .notYet }
        return nil
    }
}
