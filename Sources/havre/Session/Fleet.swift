import Glibc
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import Synchronization

/// The reactors of a process and the stores of its plan.
struct Fleet: Sendable {
    /// One a core, two at least.
    let reactors: [Reactor]
    private let session: PlanSession
    private let traits: TraitsRecord
    private let catalog: StoreCatalog
    private let seen = Seen()

    /// Locations whose connection is recorded.
    private final class Seen: Sendable {
        private let locations = Mutex<Set<String>>([])

        /// Whether it is the first time.
        func insert(_ location: Location) -> Bool {
            locations.withLock { $0.insert(location.provider + "/" + location.bucket).inserted }
        }
    }

    /// Starts the reactors.
    init(_ session: PlanSession) throws {
        self.session = session
        traits = try TraitsRecord.load(state: session.state)
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        reactors = try (0..<min(8, max(2, cores))).map { try Reactor(name: "havre-\($0)") }
        catalog = StoreCatalog(reactors: reactors)
    }

    /// Ends the reactors' threads.
    func shutdown() {
        for reactor in reactors { reactor.shutdown() }
    }

    /// The name under which a probe of `location` is kept.
    func traitsName(_ location: Location) throws -> String {
        TraitsRecord.name(endpoint: try endpoint(location).url, location: location)
    }

    /// Where the plan's provider answers.
    func endpoint(_ location: Location) throws -> ResolvedEndpoint {
        guard let entry = session.plan.providers[location.provider] else {
            throw CommandFailure(.invalid, "the plan has no provider \(location.provider)")
        }
        do throws(EndpointError) {
            return try Planner.endpoint(for: entry, bucket: location.bucket, catalogue: session.catalogue)
        } catch {
            let path = "providers.\(location.provider).\(error.key)"
            let mark = session.plan.mark(path)
            throw CommandFailure(
                .invalid,
                "\(session.plan.file):\(mark?.line ?? 1):\(mark?.column ?? 1): \(path): \(error.problem)")
        }
    }

    /// The last probe of a location; nil where there is none.
    func probed(_ location: Location) throws -> TraitsRecord.Entry? { traits.entries[try traitsName(location)] }

    /// What is declared of a location, without any probe.
    func declared(_ location: Location) throws -> StoreTraits {
        try store(location, traits: nil).traits
    }

    /// The store of a location, going by `traits`, or by what is declared; retried and throttled as the plan says.
    func store(
        _ location: Location, traits: StoreTraits?, throttle: ThrottleSignal? = nil,
        retries: RetryPolicy = RetryPolicy()
    ) throws -> any ObjectStore {
        guard let entry = session.plan.providers[location.provider] else {
            throw CommandFailure(.invalid, "the plan has no provider \(location.provider)")
        }
        return try catalog.store(
            StoreRequest(
                endpoint: try endpoint(location), provider: location.provider, entry: entry, bucket: location.bucket,
                proxy: session.plan.proxy?.url, traits: traits,
                requestsPerSecond: session.plan.limits.requestsPerSecond, throttle: throttle, retries: retries))
    }

    /// Connects to a location and judges what answers: the address before the first byte leaves, then a redirect and
    /// the region. Throws `StoreError` of policy (exit 20). Where something differs that blocks nothing, `note` says so;
    /// nil where there is no connection (a directory).
    func observe(_ location: Location) async throws -> (connection: Connection, note: String?)? {
        guard let connection = try await store(location, traits: nil).observed() else { return nil }
        let entry = session.plan.providers[location.provider]
        let service = entry.flatMap { session.catalogue.provider($0.catalogueID)?.service($0.service) }
        let isOwn = entry.map { Catalogue.operatorsOwn.contains($0.catalogueID) } ?? true
        let note = try connection.judgeRegion(
            Connection.Expectation(region: entry?.region, catalogued: isOwn ? nil : Set(service?.regionIDs ?? [])),
            bucket: location.bucket)
        return (connection, note)
    }

    /// Does that for both ends of `datasets` before anything is listed, each location once in the life of this fleet,
    /// and records in the journal whom it spoke to. Returns what a person should know.
    func connect(_ datasets: [Dataset], journal: any Journal) async throws -> [String] {
        var notes: [String] = []
        for location in datasets.flatMap({ [$0.source, $0.target] }) where seen.insert(location) {
            guard let (connection, note) = try await observe(location) else { continue }
            try await journal.note(Connection.eventKind, dataset: nil, connection.note(location))
            if let note { notes.append(note) }
        }
        return notes
    }

    /// A dataset's stores and keys. `opening` asks for the identities at the source.
    func berth(_ dataset: Dataset, opening: Bool) async throws -> Migration.Berth {
        let throttle = ThrottleSignal()
        var source = try store(dataset.source, traits: nil, throttle: throttle)
        // Names are needed for the listing already.
        let lock = opening || dataset.opening?.format == .rcloneCrypt ? try await session.opening(dataset) : nil
        if let names = lock?.names { source = Renamed(source, names: names) }
        return Migration.Berth(
            dataset: dataset, source: source,
            target: try store(dataset.target, traits: probed(dataset.target)?.traits, throttle: throttle),
            recipients: try session.recipients(dataset),
            opening: opening ? lock?.opening : nil, throttle: throttle,
            places: Scanner.Places(source: try traitsName(dataset.source), target: try traitsName(dataset.target)))
    }

    /// Probes a dataset's target and keeps what was found. `writing` also measures how fast it takes data; a probe
    /// without leaves what an earlier one measured.
    func probe(_ dataset: Dataset, writing: Bool = false) async throws -> Prober.Result {
        let location = dataset.target
        let name = try traitsName(location)
        var record = try TraitsRecord.load(state: session.state)
        // Written down before the first object is: what a killed probe leaves, the next one removes.
        let token = record.begin(name, token: try Prober.newToken())
        try record.save(state: session.state)
        let prober = Prober(
            declared: try declared(location), prefix: location.prefix, token: token, reactor: reactors[0],
            writing: writing ? reactors : []
        ) {
            try store(location, traits: $0, retries: .probing)
        }
        let result = try await prober.execute()
        record = try TraitsRecord.load(state: session.state)
        let now = Clock.now()
        let rate =
            result.writing.map {
                TraitsRecord.Writing(slowest: $0.slowest, fastest: $0.fastest, measuredAt: now)
            } ?? record.entries[name]?.writing
        record.set(
            name,
            TraitsRecord.Entry(traits: result.traits, findings: result.findings, probedAt: now, writing: rate))
        try record.save(state: session.state)
        return result
    }

    /// Asks every object that would move for its metadata; what cannot be carried, in words, with counts.
    func unmappable(_ berth: Migration.Berth, _ journal: any Journal) async throws -> [String] {
        try await MetadataSurvey(berth: berth, journal: journal).execute()
    }
}
