public import HavreJournal
public import HavreModel
public import HavreStores

/// Lists both sides of a dataset into the journal's inventory and has the diff computed. Writes nothing anywhere else.
public struct Scanner: Sendable {
    private let dataset: Dataset
    private let source: any ObjectStore
    private let target: any ObjectStore
    private let journal: any Journal
    private let prune: Bool
    private let places: Places

    /// Where a dataset's sides are, each as one line that names the place whole: endpoint, bucket and prefix. The journal
    /// keeps it with what lands.
    public struct Places: Sendable, Hashable {
        /// Where the objects are.
        public var source: String
        /// Where they go.
        public var target: String

        /// Names both.
        public init(source: String, target: String) {
            self.source = source
            self.target = target
        }

        /// By the plan's own names for the providers, where nobody knows their endpoints.
        public init(_ dataset: Dataset) {
            func line(_ location: Location) -> String {
                TraitsRecord.name(endpoint: location.provider, location: location)
            }
            self.init(source: line(dataset.source), target: line(dataset.target))
        }
    }

    /// Prepares a scan. With `prune`, the diff names what is to be deleted at the target. `places` nil goes by the plan's
    /// names.
    public init(
        dataset: Dataset, source: any ObjectStore, target: any ObjectStore, journal: any Journal, prune: Bool = false,
        places: Places? = nil
    ) {
        self.places = places ?? Places(dataset)
        self.prune = prune
        self.dataset = dataset
        self.source = source
        self.target = target
        self.journal = journal
    }

    /// What a prefix holds that belongs to Havre and is never moved, compared or counted.
    public static let ownPrefix = ObjectKey(".havre/")

    /// Lists source and target side by side, then joins them. `envelope` as in `DatasetRun.envelope`.
    /// `progress` is told the number of entries seen so far.
    public func scan(envelope: String, progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        // What an absent directory lists looks like a source from which everything was deleted.
        if prune, try await !source.hasPlace(of: dataset.source.prefix) {
            throw EngineError(
                .state,
                "\(dataset.name): the source's directory \(dataset.source.prefix) is not there (\(dataset.source.bucket)). "
                    + "Nothing was moved or deleted; mount it or correct the prefix, or go on without --prune")
        }
        let counter = Counter(progress)
        async let sources: Void = list(.source, counter)
        async let targets: Void = list(.target, counter)
        _ = try await (sources, targets)
        try await journal.locate(dataset: dataset.name, source: places.source, target: places.target)
        if target.traits.breaks.contains(.shadowed) {
            try await journal.blockShadowed(
                dataset: dataset.name,
                reason: "the target cannot hold a file and a directory of the same name")
        }
        if let suffix = dataset.opening?.format.companion {
            try await journal.skipCompanions(
                dataset: dataset.name, suffix: suffix, reason: "belongs to the envelope of the object beside it")
        }
        try await journal.computeDiff(
            dataset: dataset.name, envelope: envelope, onConflict: dataset.onConflict, prune: prune)
    }

    private actor Counter {
        private var seen = 0
        private let progress: @Sendable (Int) -> Void
        init(_ progress: @escaping @Sendable (Int) -> Void) { self.progress = progress }
        func add(_ count: Int) {
            seen += count
            progress(seen)
        }
    }

    private func list(_ side: InventorySide, _ counter: Counter) async throws {
        let location = side == .source ? dataset.source : dataset.target
        let store = side == .source ? source : target
        let filter = try ObjectFilter(dataset.filter)
        let hazards = HazardCheck(traits: target.traits, prefix: dataset.target.prefix)
        try await journal.beginInventory(dataset: dataset.name, side: side)
        let listing = store.listing(prefix: location.prefix)
        while let page = try await listing.next() {
            var rows: [InventoryRow] = []
            rows.reserveCapacity(page.count)
            for entry in page {
                guard let key = entry.key.dropping(prefix: location.prefix),
                    !key.bytes.starts(with: Self.ownPrefix.bytes)
                else { continue }
                var row = InventoryRow(key: key, version: entry.version)
                if side == .source {
                    if let reason = Self.unreadable(entry) {
                        row.exclusion = .blocked(reason)
                    } else if let reason = filter.reason(key, entry.version) {
                        row.exclusion = .skipped(reason)
                    } else if let reason = hazards.reason(key) {
                        row.exclusion = .blocked(reason)
                    } else if entry.version.size > UInt64(target.traits.maxParts) * PartLayout.largestPart {
                        row.exclusion = .blocked("larger than the target's \(target.traits.maxParts) parts can hold")
                    }
                }
                rows.append(row)
            }
            try await journal.addInventory(dataset: dataset.name, side: side, rows)
            await counter.add(page.count)
        }
        try await journal.endInventory(dataset: dataset.name, side: side)
    }

    /// Entries of a listing that are no readable object.
    private static func unreadable(_ entry: ObjectEntry) -> String? {
        let tier = entry.tier ?? ""
        switch entry.rehydration {
        case .archived: return "archived (\(tier)); it must be rehydrated first"
        case .pending: return "archived (\(tier)); it is being rehydrated, which takes hours"
        case .ready, nil: break
        }
        return switch tier {
        case "symlink": "a symbolic link; it is not followed"
        case "special": "neither a file nor a directory"
        case Renamed.undecipherable: "its name is none of this crypt remote's"
        case "GLACIER", "DEEP_ARCHIVE": "archived (\(tier)); it must be restored first"
        default: nil
        }
    }
}

/// Tells which keys a target would not keep as they are (invariant 7).
struct HazardCheck: Sendable {
    private let traits: StoreTraits
    private let prefix: ObjectKey

    init(traits: StoreTraits, prefix: ObjectKey) {
        self.traits = traits
        self.prefix = prefix
    }

    /// Why the key is blocked; nil where it is known to arrive as it left.
    func reason(_ key: ObjectKey) -> String? {
        let hazards = KeyHazard.of(key.prefixed(by: prefix))
        if hazards.isEmpty { return nil }
        let broken = hazards.intersection(traits.breaks)
        if let worst = broken.map(\.words).min() { return "the target does not keep \(worst)" }
        let open = hazards.subtracting(traits.keeps)
        guard let unknown = open.map(\.words).min() else { return nil }
        return "not known whether the target keeps \(unknown); `havre doctor` finds out"
    }
}

extension KeyHazard {
    /// The hazard in words, behind "does not keep".
    var words: String {
        switch self {
        case .empty: "an empty name"
        case .doubleSlash: "`//`"
        case .leadingSlash: "a leading `/`"
        case .trailingSlash: "a trailing `/`"
        case .backslash: "`\\`"
        case .dotSegment: "`.` or `..` as a component"
        case .nul: "NUL"
        case .newline: "a line break"
        case .control: "control characters"
        case .notUTF8: "bytes that are not UTF-8"
        case .trailingSpace: "a space or dot at a component's end"
        case .reserved: "characters that a URL must escape"
        case .nonASCII: "characters outside ASCII"
        case .longComponent: "a component of more than 255 bytes"
        case .longKey: "a key of more than 900 bytes"
        case .overlongKey: "a key of more than 1,024 bytes"
        case .shadowed: "a file beside a directory of the same name"
        }
    }
}
