/// What one kind of use costs, from a dated price; or why that is not known. Never invented.
public struct Cost: Hashable, Sendable, Codable {
    /// What is paid for.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Taking the data out of the source, once.
        case egress
        /// Requests at the source, once.
        case sourceRequests
        /// Requests at the target, once.
        case targetRequests
        /// Taking what is read back out of the target, once.
        case readBack
        /// Keeping what moved at the target, each month.
        case storageMonth
    }

    /// What is paid for.
    public var kind: Kind
    /// Who asks for it: `scaleway/fr-par`.
    public var place: String
    /// How much, without taxes; nil is not known.
    public var amount: Money?
    /// When somebody last looked at the price, the oldest where it rests on several.
    public var verifiedOn: Day?
    /// Where the prices are known from.
    public var sources: [String]
    /// Why it is not known.
    public var unknown: Text?

    /// Whether it costs nothing because nothing of it is used.
    public var isNothing: Bool { unknown == Self.nothing }

    static let nothing = Text(en: "nothing of it is used", fr: "rien n'en est utilisé")
}

/// Where prices are looked up: a service in a region, or why there is none.
public struct PricedPlace: Hashable, Sendable {
    /// As reports write it.
    public var name: String
    /// The service; nil where the catalogue does not list it.
    public var service: Service?
    /// The region.
    public var region: String?

    /// Names a place.
    public init(name: String, service: Service?, region: String?) {
        self.name = name
        self.service = service
        self.region = region
    }

    /// What `uses` of this place cost together on `day`: an item, and how many bytes or requests of it.
    func cost(_ kind: Cost.Kind, _ uses: [(item: Price.Item, amount: Double)], on day: Day) -> Cost {
        var cost = Cost(kind: kind, place: name, amount: nil, verifiedOn: nil, sources: [], unknown: nil)
        guard let service else {
            cost.unknown = Text(
                en: "the catalogue holds no price list of \(name)", fr: "le catalogue n'a pas de tarif de \(name)")
            return cost
        }
        var total: Money?
        for (item, amount) in uses where amount > 0 {
            guard let (unit, price) = service.price(of: item, region: region, on: day) else {
                cost.unknown = Text(
                    en: "the catalogue holds no verified price of \(item.words) at \(name)",
                    fr: "le catalogue n'a pas de prix vérifié pour \(item.words) chez \(name)")
                return cost
            }
            let before = total ?? Money(0, unit.currency)
            guard before.currency == unit.currency else {
                cost.unknown = Text(
                    en: "its prices are in \(before.currency) and \(unit.currency)",
                    fr: "ses prix sont en \(before.currency) et en \(unit.currency)")
                return cost
            }
            total = Money(before.amount + unit.amount * amount, unit.currency)
            cost.verifiedOn = [cost.verifiedOn, price.verifiedOn].compactMap(\.self).min()
            if !cost.sources.contains(price.source) { cost.sources.append(price.source) }
        }
        cost.amount = total
        // Nothing of it is used: that costs nothing, in whatever currency.
        if total == nil { cost.unknown = Cost.nothing }
        return cost
    }
}

extension Estimate {
    /// The same with what it costs on `day` at both sides.
    public func priced(source from: PricedPlace, target to: PricedPlace, on day: Day) -> Estimate {
        var priced = self
        priced.costs = [
            from.cost(.egress, [(.egress, Double(volume.bytes))], on: day),
            from.cost(.sourceRequests, [(.read, Double(source.reads)), (.list, Double(source.list))], on: day),
            to.cost(
                .targetRequests,
                [(.write, Double(target.writes)), (.read, Double(target.reads)), (.list, Double(target.list))],
                on: day),
            to.cost(.storageMonth, [(.storage, Double(storedBytes))], on: day),
        ]
        // What is read back leaves the target as any other reading does.
        if readBackBytes > 0 {
            priced.costs.insert(to.cost(.readBack, [(.egress, Double(readBackBytes))], on: day), at: 3)
        }
        return priced
    }
}

extension Price.Item {
    /// The item in words.
    public var words: Text {
        switch self {
        case .storage: Text(en: "storage", fr: "le stockage")
        case .egress: Text(en: "egress", fr: "la sortie des données")
        case .write: Text(en: "writing requests", fr: "les requêtes d'écriture")
        case .read: Text(en: "reading requests", fr: "les requêtes de lecture")
        case .list: Text(en: "listing requests", fr: "les requêtes de liste")
        }
    }
}
