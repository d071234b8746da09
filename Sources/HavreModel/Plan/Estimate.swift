/// What moving a dataset takes: parts, requests, bytes, time and money. A pure value; what is not known says why.
public struct Estimate: Hashable, Sendable, Codable {
    /// What must be known of the target to count requests.
    public struct Manner: Hashable, Sendable, Codable {
        /// Whether a create may go without a look first.
        public var conditionalCreate: Bool
        /// Whether an update may go without a look first.
        public var conditionalUpdate: Bool
        /// Whether joining a new object's parts may go without a look first.
        public var conditionalComplete: Bool
        /// Whether each whole object is read back because the target enforces no check of it.
        public var readsWholesBack: Bool
        /// Whether each part is read back for the same reason.
        public var readsPartsBack: Bool
        /// Bytes before an object's first chunk; nil where nothing is sealed.
        public var header: Int?
        /// The share of landed objects that is read back at the end.
        public var verify: Double

        /// States how a target is written to.
        public init(
            conditionalCreate: Bool, conditionalUpdate: Bool, conditionalComplete: Bool, readsWholesBack: Bool,
            readsPartsBack: Bool, header: Int?, verify: Double
        ) {
            self.conditionalCreate = conditionalCreate
            self.conditionalUpdate = conditionalUpdate
            self.conditionalComplete = conditionalComplete
            self.readsWholesBack = readsWholesBack
            self.readsPartsBack = readsPartsBack
            self.header = header
            self.verify = verify
        }
    }

    /// How fast bytes are expected to pass.
    public struct Pace: Hashable, Sendable, Codable {
        /// Where the pace is known from.
        public enum Basis: String, Hashable, Sendable, Codable {
            /// The source was read.
            case measured
            /// The command line says so.
            case given
            /// The plan limits it.
            case plan
            /// Nobody says; 1 Gb/s.
            case assumed
        }

        /// Where it is known from.
        public var basis: Basis
        /// Bytes a second at worst. Where nothing was measured: half of the best.
        public var low: Double
        /// Bytes a second at best.
        public var high: Double
        /// Seconds that a request took at worst before its first byte; nil where nothing was measured.
        public var latency: Double?

        /// States a pace.
        public init(basis: Basis, low: Double, high: Double, latency: Double? = nil) {
            self.basis = basis
            self.low = low
            self.high = high
            self.latency = latency
        }

        /// A rate that somebody states: half of it is expected at worst.
        public static func stated(_ bytesPerSecond: Double, _ basis: Basis) -> Pace {
            Pace(basis: basis, low: bytesPerSecond / 2, high: bytesPerSecond)
        }
    }

    /// A span of seconds.
    public struct Duration: Hashable, Sendable, Codable {
        /// At best.
        public var low: Double
        /// At worst.
        public var high: Double

        /// Names a span.
        public init(low: Double, high: Double) {
            self.low = low
            self.high = high
        }
    }

    /// What moves.
    public var volume: PlannedVolume
    /// Bytes at the target: larger than at the source where they are sealed.
    public var storedBytes: UInt64
    /// Requests at the source, the listing included.
    public var source: RequestCounts
    /// Requests at the target, the listing included; a probe and the manifest's own few are not.
    public var target: RequestCounts
    /// Bytes read back from the target.
    public var readBackBytes: UInt64
    /// How long it takes; nil where nothing moves.
    public var seconds: Duration?
    /// What it costs.
    public var costs: [Cost]

    /// Requests that are expected to be under way at one time where they were measured one by one.
    private static let concurrency = 16.0

    /// Counts what `volume` takes.
    public init(_ volume: PlannedVolume, manner: Manner, pace: Pace) {
        self.volume = volume
        let small = volume.objects - volume.large
        let smallUpdates = volume.updates - volume.largeUpdates
        var stored = volume.bytes
        if let header = manner.header { stored += UInt64(volume.objects * header) + volume.chunks * 16 }
        storedBytes = stored

        var source = RequestCounts()
        source.list = Self.pages(volume.sourceEntries)
        source.get = volume.parts
        source.head = volume.large + volume.deletions

        var target = RequestCounts()
        target.list = Self.pages(volume.targetEntries)
        target.put = small
        (target.create, target.part, target.complete) = (volume.large, volume.largeParts, volume.large)
        // A look before the upload, and one after the parts are joined.
        target.head = 2 * volume.large + volume.deletions
        if !manner.conditionalCreate { target.head += small - smallUpdates }
        if !manner.conditionalUpdate { target.head += smallUpdates }
        target.head += manner.conditionalComplete ? volume.largeUpdates : volume.large
        target.delete = volume.deletions
        var readBack = 0.0
        if manner.readsWholesBack { target.get += small }
        if manner.readsPartsBack { target.get += volume.largeParts }
        // What sealing adds is shared out by size.
        let ofLarge = volume.bytes > 0 ? Double(stored) * Double(volume.largeBytes) / Double(volume.bytes) : 0
        if manner.readsWholesBack { readBack += Double(stored) - ofLarge }
        if manner.readsPartsBack { readBack += ofLarge }
        if volume.objects > 0, manner.verify > 0 {
            // A sample reads one object at least.
            target.get += max(1, Int((Double(volume.parts) * manner.verify).rounded()))
            readBack += max(Double(stored) / Double(volume.objects), Double(stored) * manner.verify)
        }
        (self.source, self.target) = (source, target)
        readBackBytes = UInt64(min(readBack, 0x1p62))

        costs = []
        guard volume.objects + volume.deletions > 0 else { return }
        let waits = Double(source.all + target.all) * (pace.latency ?? 0) / Self.concurrency
        seconds = Duration(
            low: (Double(volume.bytes) + readBack) / pace.high,
            high: (Double(volume.bytes) + readBack) / pace.low + waits)
    }

    /// Pages of a listing; an empty one is asked for once.
    private static func pages(_ entries: Int) -> Int { max(1, (entries + 999) / 1000) }

    /// Between which days each of `estimates` ends, one after the other in their order, the first beginning on `day`,
    /// `seconds` after its midnight.
    public static func forecasts(
        _ estimates: [(dataset: String, estimate: Estimate)], from day: Day, seconds: Double = 0
    ) -> [String: ClosedRange<Day>] {
        var (low, high) = (seconds, seconds)
        var days: [String: ClosedRange<Day>] = [:]
        for (dataset, estimate) in estimates {
            low += estimate.seconds?.low ?? 0
            high += estimate.seconds?.high ?? 0
            days[dataset] = after(low, day)...after(max(low, high), day)
        }
        return days
    }

    private static func after(_ seconds: Double, _ day: Day) -> Day {
        // A pace of almost nothing ends beyond every calendar.
        Day(number: day.number + Int(min(seconds / 86_400, 3_000_000)))
    }
}
