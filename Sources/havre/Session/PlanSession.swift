import Glibc
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// A plan made ready for a command: decoded, joined with the catalogue, judged, its state directory known.
struct PlanSession: Sendable {
    /// The plan.
    let plan: Plan
    /// SHA-256 of the plan file, hex.
    let planHash: String
    /// The plan file.
    let bytes: [UInt8]
    /// What it is judged by today, and what came out.
    let judgement: Judgement
    /// The state directory, absolute; may not exist yet.
    let state: String

    /// Loads and judges the plan at `path`. Throws `PlanFileError` where it is invalid (exit 65), and says so where
    /// it is a saved plan, which is not read here.
    static func load(_ path: String, _ directory: StateDirectory) throws -> PlanSession {
        if SavedPlan.isOne(path) {
            let origin = (try? SavedPlan(path: path, hash: HashFunction.sha256))?.heading.file
            throw CommandFailure(
                .usage,
                "\(path) is a saved plan, which only `apply`, `show` and `diff` take; name the plan file"
                    + (origin.map { " that it was made of: \($0)" } ?? ""))
        }
        return try load(bytes: FileBytes.read(path), path: path, directory)
    }

    /// The same for a plan that something else holds: a saved plan, a state directory. What it names lies in `folder`
    /// or below; nil is where `path` lies.
    static func load(
        bytes: [UInt8], path: String, folder: String? = nil, _ directory: StateDirectory
    ) throws -> PlanSession {
        let folder =
            folder.map { FilePaths.resolve($0, in: FilePaths.workingDirectory) } ?? FilePaths.directory(of: path)
        let seeds = try CatalogueFile.load(
            under: PlanFile.catalogues(bytes: bytes, directory: folder), beside: path)
        var plan = try PlanFile.decode(
            bytes: bytes, file: path, directory: folder, catalogue: CatalogueView(seeds.catalogue, seeds.rulebook))
        let judgement = try Judgement(of: plan, by: seeds.catalogue, seeds.rulebook, on: Day.today)
        plan.order = Planner.order(
            plan, estate: judgement.estate(of: plan), verdicts: judgement.verdicts, on: judgement.day)
        return PlanSession(
            plan: plan, planHash: HexText.of(HashFunction.sha256(bytes)), bytes: bytes, judgement: judgement,
            state: directory.path(for: plan))
    }

    /// Facts.
    var catalogue: Catalogue { judgement.catalogue }
    /// Rules.
    var rulebook: Rulebook { judgement.rulebook }
    /// What the rules say of the plan alone.
    var verdicts: [Verdict] { judgement.verdicts }
    /// Extracts of one base in this plan that add up to it.
    var alerts: [BaseAlert] { BaseAlert.of(plan.order.compactMap { plan.datasets[$0] }.map { (plan.name, $0) }) }
    /// SHA-256 of the rulebook's canonical text, hex.
    var rulebookHash: String { judgement.rulebookHash }

    /// The names of `wanted` datasets, all of the plan where empty, in the order in which they run.
    func datasets(_ wanted: [String]) throws -> [Dataset] {
        for name in wanted where plan.datasets[name] == nil {
            var message = "the plan has no dataset \(Quotation.of(name))"
            if let nearest = NearestWord.to(name, among: plan.order) { message += "; did you mean `\(nearest)`?" }
            throw CommandFailure(.usage, message)
        }
        return plan.order.filter { wanted.isEmpty || wanted.contains($0) }.compactMap { plan.datasets[$0] }
    }

    /// Ends with exit 20 where a rule blocks one of `datasets` before any object is counted.
    func refuseBlocked(_ datasets: [Dataset], _ language: Text.Language) throws {
        try refuseBlocked(datasets, by: verdicts.filter(\.blocksUncounted), language)
    }

    /// Whether what may block one of `datasets` is for a forecast to tell.
    func awaitsForecast(_ datasets: [Dataset]) -> Bool {
        let names = Set(datasets.map(\.name))
        return verdicts.contains { $0.blocks && $0.awaitsForecast && names.contains($0.dataset) }
    }

    /// Ends with exit 20 where one of `verdicts` blocks one of `datasets`.
    func refuseBlocked(_ datasets: [Dataset], by verdicts: [Verdict], _ language: Text.Language) throws {
        let asked = Set(datasets.map(\.name))
        let blocking = verdicts.filter { $0.blocks && asked.contains($0.dataset) }
        guard !blocking.isEmpty else { return }
        let lines = VerdictLines(plan: plan, language: language)
        let names = Set(blocking.map(\.dataset)).sorted().joined(separator: ", ")
        let head = Text(en: "blocked by policy: \(names)", fr: "bloqué par les règles : \(names)")
        let counsel = Text(
            en: "Nothing was moved. Change the plan, or name other datasets with --dataset.",
            fr: "Rien n'a été transféré. Modifiez le plan, ou nommez d'autres jeux de données avec --dataset.")
        throw CommandFailure(
            .blocked,
            head[language] + "\n" + blocking.map(lines.paragraph).joined(separator: "\n") + "\n" + counsel[language],
            brief: (head + Text(". ") + counsel)[language], verdicts: blocking)
    }

    // MARK: The plan as it is executed

    /// Where the plan files lie that were executed from a state directory, each under its hash.
    static func executedPlans(_ state: String) -> String { state + "/plans" }

    /// Keeps the plan file as it is executed: what was finished can be judged again when the file has long changed. It
    /// holds no secret.
    func keepExecuted() throws {
        let folder = Self.executedPlans(state)
        try StateDirectory.create(folder)
        let path = folder + "/\(planHash).yaml"
        guard access(path, F_OK) != 0 else { return }
        let file = try NewFile(path: path)
        if let failure = Descriptor.write(bytes, to: file.descriptor) {
            throw CommandFailure(.failed, "\(path): \(String(cString: strerror(failure)))")
        }
        try file.keep()
    }

    // MARK: Journal

    /// Opens the journal for reading and writing; the caller holds the lock where it writes.
    func journal() throws -> SQLiteJournal {
        try StateDirectory.create(state)
        return try SQLiteJournal(path: state + "/journal.sqlite", hash: HashFunction.sha256, clock: Clock.now)
    }

    /// Opens the journal where there is one; ends with words where there is none.
    func existingJournal() throws -> SQLiteJournal {
        guard access(state + "/journal.sqlite", F_OK) == 0 else {
            throw CommandFailure(
                .failed, "\(state) holds no journal: nothing has been planned or moved from here yet")
        }
        return try journal()
    }

    /// Takes the run lock (exit 11 where another run holds it).
    func lock(_ command: String, _ option: LockOption) throws -> RunLock {
        try StateDirectory.create(state)
        return try RunLock.take(directory: state, command: command, force: option.force, now: Clock.now())
    }

    // MARK: Keys

    /// Whom objects of `dataset` are sealed to.
    func recipients(_ dataset: Dataset) throws -> [AgeRecipient] {
        guard case .age(let names) = dataset.seal else { return [] }
        return try names.map { name in
            guard let text = plan.keys[name]?.recipient else {
                throw CommandFailure(.key, "the key \(name) of the plan has no recipient")
            }
            return try AgeRecipient(text)
        }
    }

    /// What opens objects of `dataset` at the source; asked for only where they are sealed there.
    func opening(_ dataset: Dataset) async throws -> (opening: SourceOpening, names: RcloneNames?)? {
        guard let opening = dataset.opening else { return nil }
        let name = opening.key
        guard let reference = plan.keys[name]?.identity else {
            throw CommandFailure(.key, "the key \(name) of the plan has no identity")
        }
        do {
            let envelope = try await EnvelopeCatalog(opening.format, key: name, reference)
            return (
                SourceOpening(
                    format: envelope.format, unencrypted: opening.unencrypted,
                    acceptsUnauthenticated: opening.acceptsUnauthenticated), envelope.names
            )
        } catch {
            throw CommandFailure(.key, "the key \(name): \(error)")
        }
    }

    /// The key that signs manifests; nil where the plan names none.
    func signer() async throws -> SigningKey? {
        guard let reference = plan.signKey else { return nil }
        do {
            return try SigningKey(pem: try await reference.resolve(for: "the plan's sign key"))
        } catch {
            throw CommandFailure(.key, "the plan's sign key: \(error)")
        }
    }
}

/// The wall clock.
enum Clock {
    /// Nanoseconds since 1970 UTC.
    static let now: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// What tests may set from outside. In a release build nothing of it is there.
enum TestSetting {
    /// Whether this build heeds them.
    static var isHeeded: Bool {
        #if DEBUG
        true
        #else
        false
        #endif
    }

    /// The day to judge on: `HAVRE_TODAY`, or what the file at `HAVRE_TODAY_FILE` holds at this moment.
    static var today: Day? {
        if let path = value(of: "HAVRE_TODAY_FILE"), let bytes = try? FileBytes.read(path) {
            return Day(String(decoding: bytes, as: UTF8.self))
        }
        return value(of: "HAVRE_TODAY").flatMap(Day.init)
    }

    /// How many seconds lie between two judgements while a run moves.
    static var vigilSeconds: Double? { value(of: "HAVRE_VIGIL_SECONDS").flatMap(Double.init) }

    /// What the environment says, where it is heeded.
    static func value(of name: String, heeded: Bool = isHeeded) -> String? {
        heeded ? getenv(name).map { String(cString: $0) } : nil
    }
}

extension Day {
    /// Seconds since midnight, UTC; 0 where a test sets the day.
    static var secondsNow: Double {
        TestSetting.today == nil ? Double(Clock.now() % 86_400_000_000_000) / 1e9 : 0
    }

    /// The day in UTC. Tests set `HAVRE_TODAY`; a release does not know it, so that nobody turns the calendar back.
    static var today: Day {
        if let day = TestSetting.today { return day }
        return Day(number: Int(Clock.now() / 86_400_000_000_000))
    }
}
