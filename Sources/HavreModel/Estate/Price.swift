/// What a service asks for one kind of use, as its price list stated it on a day.
public struct Price: Hashable, Sendable, Codable {
    /// What is paid for.
    public enum Item: String, Hashable, Sendable, Codable, CaseIterable {
        /// Keeping data, in the class that Havre writes to.
        case storage
        /// Taking data out over the internet.
        case egress
        /// A request that writes (PUT, POST).
        case write
        /// A request that reads (GET, HEAD).
        case read
        /// A request that lists.
        case list
    }

    /// For how much the amount holds, as the price list writes it.
    public enum Unit: String, Hashable, Sendable, Codable, CaseIterable {
        case gigabyteMonth = "GB-month"
        case gibibyteMonth = "GiB-month"
        case terabyteMonth = "TB-month"
        case tebibyteMonth = "TiB-month"
        case gigabyte = "GB"
        case gibibyte = "GiB"
        case terabyte = "TB"
        case tebibyte = "TiB"
        case thousand = "1000"
        case tenThousand = "10000"
        case million = "1000000"

        /// Bytes (and a month), or requests.
        public var size: Double {
            switch self {
            case .gigabyteMonth, .gigabyte: 1e9
            case .gibibyteMonth, .gibibyte: 1_073_741_824
            case .terabyteMonth, .terabyte: 1e12
            case .tebibyteMonth, .tebibyte: 1_099_511_627_776
            case .thousand: 1e3
            case .tenThousand: 1e4
            case .million: 1e6
            }
        }

        /// Whether prices of `item` may be stated for it.
        public func fits(_ item: Item) -> Bool {
            switch self {
            case .gigabyteMonth, .gibibyteMonth, .terabyteMonth, .tebibyteMonth: item == .storage
            case .gigabyte, .gibibyte, .terabyte, .tebibyte: item == .egress
            case .thousand, .tenThousand, .million: item == .write || item == .read || item == .list
            }
        }
    }

    /// What is paid for.
    public var item: Item
    /// How much, without taxes; 0 says that it is free.
    public var amount: Double
    /// ISO 4217.
    public var currency: String
    /// For how much it holds.
    public var per: Unit
    /// The regions it holds in; nil is all of the service.
    public var regions: [String]?
    /// First day.
    public var from: Day?
    /// Last day.
    public var until: Day?
    /// Where this is known from.
    public var source: String
    /// When somebody last looked; nil counts as unknown.
    public var verifiedOn: Day?
    /// The file of an operator's own catalogue that states it; nil is the catalogue of this release.
    public var origin: String?

    /// States a price.
    public init(
        item: Item, amount: Double, currency: String, per: Unit, regions: [String]? = nil, from: Day? = nil,
        until: Day? = nil, source: String, verifiedOn: Day?, origin: String? = nil
    ) {
        self.item = item
        self.amount = amount
        self.currency = currency
        self.per = per
        self.regions = regions
        self.from = from
        self.until = until
        self.source = source
        self.verifiedOn = verifiedOn
        self.origin = origin
    }
}

extension Service {
    /// The price of one byte (and month) or request in `region` on `day`, with the statement that it rests on; nil is
    /// not known. Where several hold, the dearest counts.
    public func price(of item: Price.Item, region: String?, on day: Day) -> (unit: Money, price: Price)? {
        let holding = prices.filter { price in
            price.item == item && price.verifiedOn != nil && price.until.map { $0 >= day } ?? true
                && price.from.map { $0 <= day } ?? true
                && price.regions.map { list in region.map(list.contains) ?? false } ?? true
        }
        guard let price = holding.max(by: { $0.amount / $0.per.size < $1.amount / $1.per.size }) else { return nil }
        return (Money(price.amount / price.per.size, price.currency), price)
    }
}
