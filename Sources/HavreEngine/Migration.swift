public import HavreCrypto
public import HavreJournal
public import HavreModel
public import HavreStores

/// A plan under way: its datasets in order, each scanned, moved, verified and written into its manifest.
public struct Migration: Sendable {
    /// What a dataset needs beside the plan.
    public struct Berth: Sendable {
        /// The dataset.
        public var dataset: Dataset
        /// Where its objects are.
        public var source: any ObjectStore
        /// Where they go.
        public var target: any ObjectStore
        /// Whom they are sealed to.
        public var recipients: [AgeRecipient]
        /// What opens them at the source; nil where they lie in clear.
        public var opening: SourceOpening?
        /// Fires when either store asks to go slower.
        public var throttle: ThrottleSignal
        /// Where both sides are; nil goes by the plan's names.
        public var places: Scanner.Places?

        /// Puts it together.
        public init(
            dataset: Dataset, source: any ObjectStore, target: any ObjectStore, recipients: [AgeRecipient],
            opening: SourceOpening?, throttle: ThrottleSignal = ThrottleSignal(), places: Scanner.Places? = nil
        ) {
            self.places = places
            self.throttle = throttle
            self.dataset = dataset
            self.source = source
            self.target = target
            self.recipients = recipients
            self.opening = opening
        }
    }

    /// How a dataset ended.
    public struct DatasetResult: Sendable {
        /// Its name.
        public var dataset: String
        /// Counters at the end.
        public var counts: DatasetCounts
        /// How the moving ended.
        public var outcome: Worker.Outcome
        /// What was read back; nil where the plan asks for nothing.
        public var verification: Verifier.Report?
        /// Where the manifest lies; nil where none was written.
        public var manifest: ObjectKey?
        /// What was deleted at the target; nil where that was not asked for, or not all has landed.
        public var pruned: Pruner.Report?
        /// Why nothing was deleted though it was asked for; nil where it was, or had nothing to do.
        public var pruneHeld: Text?
    }

    /// What happens, for whoever shows it.
    public enum Notice: Sendable {
        /// A dataset is being listed; entries seen so far.
        case scanning(dataset: String, entries: Int)
        /// A dataset's diff is known; objects that will move.
        case planned(dataset: String, toMove: Int)
        /// Moving begins.
        case moving(dataset: String, Flow, Pacer)
        /// Read-back begins or goes on.
        case verifying(dataset: String, Verifier.Report)
        /// Deleting begins.
        case pruning(dataset: String)
        /// The manifest is being written.
        case manifest(dataset: String)
        /// A dataset ended.
        case ended(DatasetResult)
        /// The verdicts changed since the run began; rules that block now, by dataset.
        case verdictsChanged(blocked: [String: [String]])
        /// Nobody could judge again, and why: the run stops.
        case unjudged(String)
    }

    private let plan: Plan
    private let planHash: String
    private let journal: any Journal
    private let state: String
    private let reactors: [Reactor]
    private let drain: Drain
    private let signer: SigningKey?
    private let vigil: Vigil?
    private let clock: @Sendable () -> Int64

    /// Prepares a migration. The caller holds the run lock over `state`. Where there is no `vigil`, the verdicts are
    /// those that the caller took.
    public init(
        plan: Plan, planHash: String, journal: any Journal, state: String, reactors: [Reactor], drain: Drain,
        signer: SigningKey?, vigil: Vigil? = nil, clock: @escaping @Sendable () -> Int64
    ) {
        self.vigil = vigil
        self.plan = plan
        self.planHash = planHash
        self.journal = journal
        self.state = state
        self.reactors = reactors
        self.drain = drain
        self.signer = signer
        self.clock = clock
    }

    /// What is asked for beside moving.
    public struct Errand: Sendable, Hashable {
        /// Whether both sides are listed and joined anew; false executes the diff in the journal as it stands.
        public var rescan = true
        /// Whether what is ours at the target and no longer at the source is deleted.
        public var prune = false
        /// Whether an empty source is believed, and most of what landed may be deleted.
        public var pruneMost = false
        /// The saved plan that is executed; nil where it is none.
        public var serial: String?

        /// Names an errand.
        public init(rescan: Bool = true, prune: Bool = false, pruneMost: Bool = false, serial: String? = nil) {
            self.pruneMost = pruneMost
            self.rescan = rescan
            self.prune = prune
            self.serial = serial
        }
    }

    /// The open run, or a new one; with the secrets that belong to it.
    public func board(notes: JournalNote) async throws -> (run: String, secrets: RunSecrets) {
        if let open = try await journal.openRun() {
            let secrets = try RunSecrets.open(state: state, isKnown: true)
            if secrets.isResumeKeyNew { try await journal.note("resume.lost", dataset: nil, .empty) }
            let kind = open.planHash == planHash ? "run.resumed" : "plan.changed"
            try await journal.note(kind, dataset: nil, notes)
            return (open.id, secrets)
        }
        // An adopted run was another state directory's; its digest key may lie in no manifest.
        let latest = try await journal.latestRun()
        RunSecrets.dropResumeKey(state: state)
        let secrets = try RunSecrets.open(state: state, isKnown: latest.map { $0.outcome != "adopted" } ?? false)
        let run = try SecretBytes.random(16).withBytes { Hex.encode($0) }
        try await journal.beginRun(RunRecord(id: run, planHash: planHash, began: clock()), notes: notes)
        return (run, secrets)
    }

    /// Runs the datasets one after the other. What is done already is left alone; what was interrupted goes on.
    public func execute(
        _ berths: [Berth], notes: JournalNote, errand: Errand = Errand(),
        notify: @escaping @Sendable (Notice) -> Void
    ) async throws -> [DatasetResult] {
        let (run, secrets) = try await board(notes: notes)
        if let serial = errand.serial {
            try await journal.recordApplication(of: serial, datasets: berths.map(\.dataset.name), run: run)
        }
        let watch = vigil.map { VigilWatch($0, journal: journal, notify: notify) }
        let keeper = watch.map { watch in Task { await watch.keep() } }
        let outcome: Result<[DatasetResult], any Error>
        do {
            outcome = .success(try await sail(berths, run, secrets, watch, errand, notify))
        } catch {
            outcome = .failure(error)
        }
        // Nothing is written behind the end.
        keeper?.cancel()
        await keeper?.value
        let results = try outcome.get()
        try await close(run, berths, results, secrets)
        return results
    }

    private func sail(
        _ berths: [Berth], _ run: String, _ secrets: RunSecrets, _ watch: VigilWatch?, _ errand: Errand,
        _ notify: @escaping @Sendable (Notice) -> Void
    ) async throws -> [DatasetResult] {
        let bandwidth = plan.limits.bandwidth.map { BandwidthLimit($0) }
        var results: [DatasetResult] = []
        for berth in berths {
            if drain.isRequested { break }
            var result: DatasetResult
            var isStoppedForNothing: Bool
            repeat {
                let own = Drain(partOf: drain)
                var datasetRun = DatasetRun(
                    dataset: berth.dataset, run: run, source: berth.source, target: berth.target, journal: journal,
                    recipients: berth.recipients, opening: berth.opening, secrets: secrets,
                    spool: state + "/spool", drain: own)
                datasetRun.watch = watch
                watch?.begin(berth.dataset.name, own)
                await watch?.ask()
                if let halted = try await halt(datasetRun) {
                    result = DatasetResult(
                        dataset: berth.dataset.name, counts: try await journal.counts(dataset: berth.dataset.name),
                        outcome: Worker.Outcome(stopped: halted))
                } else {
                    result = try await sail(datasetRun, berth, bandwidth, errand, notify)
                }
                // What stopped it was a verdict that is no longer given: it goes on where it was.
                let hasDrained = result.outcome.stopped == .drained || result.verification?.drained == true
                isStoppedForNothing = hasDrained && own.isRequested && !drain.isRequested
            } while isStoppedForNothing
            results.append(result)
            notify(.ended(result))
            switch result.outcome.stopped {
            case nil, .blockedByPolicy: continue
            case .drained, .tooManyFailures, .denied, .faults, .refusedByPolicy, .unjudged: return results
            }
        }
        return results
    }

    /// Writes down that rules halt the dataset, where they do; why it must not go on, or nil where it may.
    private func halt(_ run: DatasetRun) async throws -> Worker.Outcome.Stop? {
        let stop = await run.watch?.stop(of: run.dataset.name)
        if case .blockedByPolicy(let rules) = stop {
            var notes = CanonicalJSON()
            notes.beginObject()
            notes.name("rules")
            notes.beginArray()
            for rule in rules { notes.string(rule) }
            notes.endArray()
            notes.endObject()
            try await journal.setDatasetState(
                run.dataset.name, "blocked:" + rules.joined(separator: ","), notes: JournalNote(json: notes.bytes))
        }
        return stop
    }

    private func sail(
        _ run: DatasetRun, _ berth: Berth, _ bandwidth: BandwidthLimit?, _ errand: Errand,
        _ notify: @escaping @Sendable (Notice) -> Void
    ) async throws -> DatasetResult {
        let name = run.dataset.name
        if errand.rescan {
            let scanner = Scanner(
                dataset: run.dataset, source: run.source, target: run.target, journal: journal, prune: errand.prune,
                places: berth.places)
            try await scanner.scan(envelope: run.envelope) { notify(.scanning(dataset: name, entries: $0)) }
        }
        let pruner = Pruner(run: run)
        // Refused before anything moves, and not only before anything is deleted.
        // What an earlier process deleted counts.
        try await pruner.settleOwed()
        if errand.prune {
            try await pruner.refuse(PruneGuard(maxDelete: plan.limits.maxDelete, most: errand.pruneMost))
        }
        try await endIntendedUploads(run)
        let pending = try await journal.adoptDiff(dataset: name, run: run.run)
        try await endLeftUploads(run)
        notify(.planned(dataset: name, toMove: pending))
        try await advance(name, to: .transferring)
        let flow = Flow()
        let pacer = Pacer()
        berth.throttle.listen { pacer.throttled() }
        notify(.moving(dataset: name, flow, pacer))
        let worker = Worker(
            run: run, reactors: reactors, pacer: pacer, bandwidth: bandwidth, maxFailures: plan.limits.maxFailures,
            flow: flow)
        var outcome = try await worker.execute()
        outcome.stopped = try await halt(run) ?? outcome.stopped
        var counts = try await journal.counts(dataset: name)
        var result = DatasetResult(dataset: name, counts: counts, outcome: outcome)
        guard outcome.stopped == nil, counts.open == 0 else { return result }
        try await endLeftUploads(run)
        result.verification = try await verify(run, notify)
        if let halted = try await halt(run) {
            result.outcome.stopped = halted
            return result
        }
        result.pruneHeld = errand.prune ? Self.reasonToKeep(counts, result.verification) : nil
        if errand.prune, result.pruneHeld == nil {
            notify(.pruning(dataset: name))
            let pruned = try await pruner.execute()
            result.pruned = pruned
            result.outcome.stopped = try await halt(run) ?? pruned.stopped
            result.counts = try await journal.counts(dataset: name)
            guard result.outcome.stopped == nil else { return result }
        }
        notify(.manifest(dataset: name))
        result.manifest = try await ManifestWriter(
            run: run, plan: plan, planHash: planHash, signer: signer, reactor: reactors[0], clock: clock
        ).write()
        try await advance(name, to: .transferred)
        counts = try await journal.counts(dataset: name)
        result.counts = counts
        if counts.failed == 0, counts.verified == counts.landed { try await advance(name, to: .verified) }
        return result
    }

    /// Why nothing is deleted yet: what the source holds has not all arrived, or is not known to have.
    private static func reasonToKeep(_ counts: DatasetCounts, _ verification: Verifier.Report?) -> Text? {
        if let mismatched = verification?.mismatched, mismatched > 0 {
            return Text(en: "a read-back found other bytes", fr: "une relecture a trouvé d'autres octets")
        }
        if counts.failed > 0 { return Text(en: "objects failed", fr: "des objets ont échoué") }
        if counts.blocked > 0 { return Text(en: "objects are blocked", fr: "des objets sont bloqués") }
        if let unread = verification?.unreadCount, unread > 0 {
            return Text(en: "objects could not be read back", fr: "des objets n'ont pas pu être relus")
        }
        return nil
    }

    private func verify(
        _ run: DatasetRun, _ notify: @escaping @Sendable (Notice) -> Void
    ) async throws -> Verifier.Report? {
        let share = (run.dataset.verify ?? plan.verify).share
        guard share > 0 else { return nil }
        let verifier = Verifier(run: run, reactors: reactors)
        return try await verifier.execute(.ciphertext, share: share, pendingOnly: true) {
            notify(.verifying(dataset: run.dataset.name, $0))
        }
    }

    /// A crash between intent and id may have left an upload that nobody knows. Nothing was sent to it; the object
    /// begins anew, whether it is still to be moved or not.
    private func endIntendedUploads(_ run: DatasetRun) async throws {
        let name = run.dataset.name
        for row in try await journal.intended(dataset: name) {
            do throws(StoreError) {
                try await run.abortOrphans(row)
            } catch {
                try await journal.note("upload.left", dataset: name, Self.note(row))
                // A fault that may pass leaves the intent, for the search before the object's own upload. A target
                // that does not say what is open never will, and holds nothing else up.
                if error.isRetryable { continue }
            }
            try await journal.record([TransferChange(row: row.row, step: .reset(listed: nil))])
        }
    }

    private static func note(_ row: TransferRow) -> JournalNote {
        JournalNote(json: Array(#"{"row":\#(row.row)}"#.utf8))
    }

    /// Uploads of objects that failed, are blocked or are no longer to be moved are ended. One that cannot be ended
    /// holds nothing up; it is written down, and tried again at the next `apply`.
    private func endLeftUploads(_ run: DatasetRun) async throws {
        let name = run.dataset.name
        for list in [journal.failed, journal.blocked] {
            var after: Int64 = 0
            while true {
                let rows = try await list(name, after, 256)
                guard let last = rows.last else { break }
                for row in rows {
                    guard let upload = row.machine.openUpload else { continue }
                    do throws(StoreError) {
                        try await run.target.abortUpload(upload, key: run.targetKey(row.key))
                    } catch {
                        try await journal.note("upload.left", dataset: name, Self.note(row))
                    }
                }
                after = last.row
            }
        }
    }

    /// Ends the run once nothing is under way any more, and destroys its resume key (design §4).
    private func close(
        _ run: String, _ berths: [Berth], _ results: [DatasetResult], _ secrets: RunSecrets
    ) async throws {
        guard results.count == berths.count, results.allSatisfy({ $0.outcome.stopped == nil }) else { return }
        var failed = 0
        for result in results {
            let counts = try await journal.counts(dataset: result.dataset)
            guard counts.open == 0 else { return }
            failed += counts.failed
        }
        // Of a dataset that was not asked for, one that left the plan too, only what this run took up earlier keeps it
        // open, and what has landed without its manifest: the metadata of that lie under the resume key alone.
        guard try await !journal.isUnderWay(run: run) else { return }
        for name in try await journal.datasetNames() where !results.contains(where: { $0.dataset == name }) {
            let isBare = try await journal.datasetState(name) == DatasetStage.transferring.rawValue
            if isBare, try await journal.counts(dataset: name).landed > 0 { return }
        }
        try await journal.endRun(run, outcome: failed == 0 ? "complete" : "failures", notes: .empty)
        secrets.destroyResumeKey()
    }

    /// Moves the dataset's own machine on, where it is not there already.
    private func advance(_ dataset: String, to state: DatasetStage) async throws {
        let now = try await journal.datasetState(dataset)
        for step in state.path(from: now) {
            try await journal.setDatasetState(dataset, step, notes: .empty)
        }
    }
}

/// The states that a migration itself brings about, and the way to them.
enum DatasetStage: String {
    case transferring, transferred, verified

    /// The states to pass through, in order. Transferring always begins with a plan, so that a dataset that was
    /// done and has new objects goes back.
    func path(from now: String) -> [String] {
        if now == rawValue { return [] }
        switch self {
        case .transferring: return now == "planned" || now == "approved" ? [rawValue] : ["planned", rawValue]
        case .transferred, .verified: return [rawValue]
        }
    }
}
