/// An operator's own catalogue: what it states replaces what the release states of the same thing, all else stays.
public struct CatalogueOverlay: Hashable, Sendable, Decodable {
    /// The version of the format.
    public static let format = "1"

    /// What it states of hosts.
    public var providers: [ProviderChange]
    /// Memberships that it states.
    public var members: [Jurisdictions.Member]
    /// Adequacy decisions that it states.
    public var adequacy: [Jurisdictions.Adequacy]

    private enum CodingKeys: String, CodingKey {
        case providers, jurisdictions
    }

    private enum ListKeys: String, CodingKey {
        case members, adequacy
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        providers = try container.decodeIfPresent([ProviderChange].self, forKey: .providers) ?? []
        (members, adequacy) = ([], [])
        guard container.contains(.jurisdictions) else { return }
        let lists = try container.nestedContainer(keyedBy: ListKeys.self, forKey: .jurisdictions)
        members = try lists.decodeIfPresent([Jurisdictions.Member].self, forKey: .members) ?? []
        adequacy = try lists.decodeIfPresent([Jurisdictions.Adequacy].self, forKey: .adequacy) ?? []
    }

    /// What is stated of one host; nil is not.
    public struct ProviderChange: Hashable, Sendable, Decodable {
        var id: String
        var displayName: String?
        var seat: Fact<String>?
        var parentChain: Fact<[Provider.Parent]>?
        var nonEUShareMax: Fact<Double>?
        var nonEUShareSum: Fact<Double>?
        var thirdCountryEstablishments: Fact<[Provider.Establishment]>?
        var services: [ServiceChange]?
    }

    /// What is stated of one service; nil is not.
    public struct ServiceChange: Hashable, Sendable, Decodable {
        var id: String
        var storageProtocol: ProviderEntry.StorageProtocol?
        var endpoint: String?
        var addressing: ProviderEntry.Addressing?
        var maxParts: Int?
        var checksum: Checksum.Kind?
        var source: String?
        var verifiedOn: Day?
        var regions: [RegionChange]?
        var certifications: [Certification]?
        var prices: [Price]?

        private enum CodingKeys: String, CodingKey {
            case id
            case storageProtocol = "protocol"
            case endpoint, addressing, maxParts, checksum, source, verifiedOn, regions, certifications, prices
        }
    }

    /// What is stated of one region; nil is not.
    public struct RegionChange: Hashable, Sendable, Decodable {
        var id: String
        var endpoint: String?
        var country: Fact<String>?

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Region.CodingKeys.self)
            id = try container.decode(String.self, forKey: .id)
            endpoint = try container.decodeIfPresent(String.self, forKey: .endpoint)
            country = try Region.country(in: container)
        }
    }
}

/// An operator's own catalogue that does not fit what it overlays.
public struct OverlayError: Error, Hashable, Sendable {
    /// The place in its file, key by key; numbers count the entries of lists.
    public let path: [String]
    /// What is wrong.
    public let problem: String
    /// What would be right.
    public let expected: String
}

extension Catalogue {
    /// The catalogue with what `overlay` states, each statement under the name of the file that it came from.
    ///
    /// The same thing is: a host, service or region of one id; a host's fact of one name; certifications of one name in
    /// the same regions; prices of one item in the same regions; a country in one circle; a decision of one id, or of
    /// one number about one country. Of certifications and prices all that overlay states of a thing replace all that
    /// were there.
    public func overlaid(by overlay: CatalogueOverlay, origin: String) throws(OverlayError) -> Catalogue {
        var known = Dictionary(providers.map { ($0.id, $0) }) { first, _ in first }
        var order = providers.map(\.id)
        for (number, change) in overlay.providers.enumerated() {
            var provider =
                known[change.id]
                ?? Provider(
                    id: change.id, displayName: change.id, seat: .missing, parentChain: .missing, services: [])
            try provider.apply(change, origin: origin, path: ["providers", "\(number)"])
            if known.updateValue(provider, forKey: change.id) == nil { order.append(change.id) }
        }
        var lists = jurisdictions
        lists.members = Self.replacing(lists.members, overlay.members.map { $0.from(origin) }) {
            $0.country == $1.country && $0.circle == $1.circle
        }
        lists.adequacy = Self.replacing(lists.adequacy, overlay.adequacy.map { $0.from(origin) }) {
            ($0.id != nil && $0.id == $1.id) || ($0.country == $1.country && $0.decision == $1.decision)
        }
        return Catalogue(providers: order.compactMap { known[$0] }, jurisdictions: lists)
    }

    /// `old` without what `new` is about, then `new`.
    fileprivate static func replacing<Entry>(
        _ old: [Entry], _ new: [Entry], isSame: (Entry, Entry) -> Bool
    ) -> [Entry] {
        old.filter { entry in !new.contains { isSame($0, entry) } } + new
    }
}

extension Provider {
    fileprivate mutating func apply(
        _ change: CatalogueOverlay.ProviderChange, origin: String, path: [String]
    ) throws(OverlayError) {
        displayName = change.displayName ?? displayName
        seat = change.seat?.from(origin) ?? seat
        parentChain = change.parentChain?.from(origin) ?? parentChain
        nonEUShareMax = change.nonEUShareMax?.from(origin) ?? nonEUShareMax
        nonEUShareSum = change.nonEUShareSum?.from(origin) ?? nonEUShareSum
        thirdCountryEstablishments = change.thirdCountryEstablishments?.from(origin) ?? thirdCountryEstablishments
        for (number, change) in (change.services ?? []).enumerated() {
            let place = path + ["services", "\(number)"]
            if let known = services.firstIndex(where: { $0.id == change.id }) {
                services[known].apply(change, origin: origin)
            } else {
                guard let spoken = change.storageProtocol else {
                    throw OverlayError(
                        path: place,
                        problem: "the service \(change.id) of \(id) is new, and its protocol is not stated",
                        expected: "`protocol`"
                            + (serviceIDs.isEmpty
                                ? "" : ", or one of the services " + serviceIDs.joined(separator: ", ")))
                }
                var service = Service(
                    id: change.id, storageProtocol: spoken, endpoint: nil, source: "", verifiedOn: nil, regions: [])
                service.apply(change, origin: origin)
                services.append(service)
            }
        }
    }
}

extension Service {
    fileprivate mutating func apply(_ change: CatalogueOverlay.ServiceChange, origin name: String) {
        storageProtocol = change.storageProtocol ?? storageProtocol
        endpoint = change.endpoint ?? endpoint
        addressing = change.addressing ?? addressing
        maxParts = change.maxParts ?? maxParts
        checksum = change.checksum ?? checksum
        if let stated = change.source {
            source = stated
            verifiedOn = change.verifiedOn
            origin = name
        }
        var places = Dictionary(regions.enumerated().map { ($1.id, $0) }) { first, _ in first }
        for change in change.regions ?? [] {
            let place = places[change.id] ?? regions.count
            if place == regions.count {
                regions.append(Region(id: change.id, country: .missing))
                places[change.id] = place
            }
            regions[place].country = change.country?.from(name) ?? regions[place].country
            regions[place].endpoint = change.endpoint ?? regions[place].endpoint
        }
        let stated = (change.certifications ?? []).map { $0.from(name) }
        certifications = Catalogue.replacing(certifications, stated) {
            $0.name.lowercased() == $1.name.lowercased() && $0.regions.map(Set.init) == $1.regions.map(Set.init)
        }
        prices = Catalogue.replacing(prices, (change.prices ?? []).map { $0.from(name) }) {
            $0.item == $1.item && $0.regions.map(Set.init) == $1.regions.map(Set.init)
        }
    }
}

extension Fact {
    fileprivate func from(_ origin: String) -> Self {
        var copy = self
        copy.origin = origin
        return copy
    }
}

extension Certification {
    fileprivate func from(_ origin: String) -> Self {
        var copy = self
        copy.origin = origin
        return copy
    }
}

extension Price {
    fileprivate func from(_ origin: String) -> Self {
        var copy = self
        copy.origin = origin
        return copy
    }
}

extension Jurisdictions.Member {
    fileprivate func from(_ origin: String) -> Self {
        var copy = self
        copy.origin = origin
        return copy
    }
}

extension Jurisdictions.Adequacy {
    fileprivate func from(_ origin: String) -> Self {
        var copy = self
        copy.origin = origin
        return copy
    }
}
