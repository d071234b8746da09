import FoundationEssentials
import Glibc
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// What was known of a dataset's target when a plan was saved.
struct SavedEndpoint: Codable, Hashable, Sendable {
    /// The dataset.
    let dataset: String
    /// What the engine goes by.
    let traits: StoreTraits
    /// When it was probed, nanoseconds since 1970 UTC; nil where it was not.
    let probedAt: Int64?
}

extension VerifyingKey {
    /// The key behind `--signed-by`: `ed25519:…`, or a PEM file that holds the public or the private half.
    init(signedBy text: String) throws {
        if text.hasPrefix("ed25519:") {
            guard let point = PlanForms.point(text) else {
                throw CommandFailure(
                    .usage, "\(Quotation.of(text)) is no Ed25519 key; `havre derogation key` prints one")
            }
            try self.init(bytes: point)
            return
        }
        if let key = try? VerifyingKey(pem: try FileBytes.read(text)) {
            self = key
        } else {
            self = try DerogationCommand.signingKey(text).verifyingKey
        }
    }
}

/// What a judgement rests on, as hashes that can be held against those of another day.
enum JudgementHashes {
    /// SHA-256, hex, of what the rulebook says of each rule, and of its version.
    static func rules(_ rulebook: Rulebook) throws -> [String: String] {
        let lines = rulebook.canonicalText.split(separator: "\n")
        return Dictionary(
            lines.enumerated().map { index, line in
                let name = index == 0 ? "version" : String(line.prefix { $0 != "\t" })
                return (name, hash(Array(line.utf8)))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// SHA-256, hex, of what the catalogue says of each provider, and of its lists of countries.
    static func chapters(_ catalogue: Catalogue) throws -> [String: String] {
        var chapters = ["jurisdictions": try hash(of: catalogue.jurisdictions)]
        for provider in catalogue.providers { chapters[provider.id] = try hash(of: provider) }
        return chapters
    }

    /// SHA-256, hex, of a file; nil where it cannot be read.
    static func file(_ path: String) -> String? { (try? FileBytes.read(path)).map(hash) }

    private static func hash(of value: some Encodable) throws -> String {
        hash(Array(try Output.encode(value, pretty: false).utf8))
    }

    private static func hash(_ bytes: [UInt8]) -> String { HexText.of(HashFunction.sha256(bytes)) }
}

/// What has moved beneath a saved plan, in words; nil where nothing has. Objects are the journal's to compare.
enum SavedPlanCheck {
    /// The plan file and the files that the verdicts rest on. A plan file that is gone says nothing: the saved plan
    /// holds it.
    static func files(_ heading: SavedPlan.Heading) throws -> String? {
        if access(heading.file, F_OK) == 0, try FileBytes.read(heading.file) != heading.plan {
            return "the plan file \(heading.file) has changed"
        }
        for document in heading.documents where JudgementHashes.file(document.file) != document.hash {
            let isGone = access(document.file, F_OK) != 0
            return "the file \(document.file), on which verdicts rest, \(isGone ? "is gone" : "has changed")"
        }
        return nil
    }

    /// Rules, facts, and what comes out of both.
    static func judgement(
        _ heading: SavedPlan.Heading, rules: [String: String], chapters: [String: String], verdicts: [Verdict]
    ) throws -> String? {
        let names = moved(heading.rulebook, rules)
        if let rule = names.first(where: { $0 != "version" }) ?? names.first {
            return rule == "version" ? "the rulebook has another version" : "the rule \(rule) has changed"
        }
        let before = try JSONDecoder().decode([Verdict].self, from: Data(heading.verdicts))
        if let fact = movedFact(before, verdicts) { return fact }
        if let chapter = moved(heading.catalogue, chapters).first {
            return "a fact has changed: the catalogue says something else of \(chapter)"
        }
        return nil
    }

    /// Names under which two sets of hashes differ, in order.
    private static func moved(_ before: [String: String], _ now: [String: String]) -> [String] {
        Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted(by: Rulebook.precedes)
    }

    /// What tells one verdict from the others of its plan.
    private struct Place: Hashable {
        let dataset: String
        let rule: String
        let subject: String
        let path: String
        let isToday: Bool

        init(_ verdict: Verdict) {
            dataset = verdict.dataset
            rule = verdict.rule
            subject = verdict.subject.english
            path = verdict.planPath
            isToday = verdict.isToday
        }
    }

    private static func movedFact(_ before: [Verdict], _ now: [Verdict]) -> String? {
        let old = Dictionary(grouping: before, by: Place.init)
        let new = Dictionary(grouping: now, by: Place.init)
        for verdict in now {
            guard let was = old[Place(verdict)]?.first else { continue }
            for fact in verdict.facts {
                let name = fact.name.english
                guard let known = was.facts.first(where: { $0.name.english == name }),
                    !known.saysTheSame(as: fact)
                else {
                    continue
                }
                return "a fact has changed: \(known.words.english) is now \(fact.words.english)"
                    + " (\(verdict.rule), \(verdict.dataset))"
            }
        }
        for verdict in now {
            let (was, are) = (old[Place(verdict)] ?? [], new[Place(verdict)] ?? [])
            guard was.map(Standing.init) != are.map(Standing.init) else { continue }
            let former = was.first.map { ", was \($0.outcome.rawValue)" } ?? ", was not given"
            return "a verdict has turned: \(verdict.rule) of \(verdict.dataset) is \(verdict.outcome.rawValue)\(former)"
                + " (\(verdict.subject.english))"
        }
        guard let gone = before.first(where: { new[Place($0)] == nil }) else { return nil }
        return "a verdict has turned: \(gone.rule) of \(gone.dataset) is no longer given (\(gone.subject.english))"
    }

    /// What follows from a verdict.
    private struct Standing: Hashable {
        let outcome: Outcome
        let effect: Verdict.Effect
        let blocks: Bool

        init(_ verdict: Verdict) {
            outcome = verdict.outcome
            effect = verdict.effect
            blocks = verdict.blocks
        }
    }

    /// What a probe has found out of a target since. A target that was not probed then is compared by its objects.
    static func endpoints(_ heading: SavedPlan.Heading, now: [SavedEndpoint]) throws -> String? {
        let before = try JSONDecoder().decode([SavedEndpoint].self, from: Data(heading.endpoints))
        for endpoint in now {
            guard let was = before.first(where: { $0.dataset == endpoint.dataset }), let day = was.probedAt,
                endpoint.traits != was.traits
            else { continue }
            return "what the target of \(endpoint.dataset) was found to do on \(Day(nanoseconds: day)) is no longer so"
        }
        return nil
    }

    /// Whether a signature that is there is the plan's own.
    static func signature(
        _ saved: SavedPlan, signer: VerifyingKey?, whose: String = "the plan's"
    ) -> String? {
        guard let signature = saved.signature else { return nil }
        guard let signer else { return "it is signed, and the plan names no `sign` key to compare with" }
        guard signature.key == signer.point else { return "it is signed by another key than \(whose)" }
        guard signer.verifies(signature.bytes, of: SavedPlan.signedBytes(saved.digest)) else {
            return "its signature is not over what it holds"
        }
        return nil
    }
}

/// Saving a plan, and refusing one that is stale (exit 21).
extension PlanSession {
    /// Saves the diff of `datasets` with everything that it rests on.
    func save(
        to path: String, datasets: [Dataset], report: PlanReport, prune: Bool, journal: SQLiteJournal, fleet: Fleet,
        signer: SigningKey?
    ) async throws {
        func json(_ value: some Encodable) throws -> [UInt8] { Array(try Output.encode(value, pretty: false).utf8) }
        let serial = try SecretBytes.random(16).withBytes { HexText.of($0) }
        let heading = SavedPlan.Heading(
            plan: try FileBytes.read(plan.file), file: FilePaths.resolve(plan.file, in: FilePaths.workingDirectory),
            datasets: datasets.map(\.name), prune: prune, rulebook: try JudgementHashes.rules(rulebook),
            catalogue: try JudgementHashes.chapters(catalogue),
            // The facts of the operator's own catalogues are compared one by one, and not their files.
            documents: plan.documents.map {
                SavedPlan.Heading.Document(file: $0, hash: JudgementHashes.file($0))
            },
            verdicts: try json(verdicts), endpoints: try json(try endpoints(datasets, fleet)), report: try json(report),
            serial: serial, journal: try await journal.identity(), savedAt: Clock.now())
        var sign: (@Sendable ([UInt8]) throws -> SavedPlan.Signature)?
        if let signer {
            sign = { bytes throws -> SavedPlan.Signature in
                SavedPlan.Signature(key: signer.verifyingKey.point, bytes: try signer.signature(of: bytes))
            }
        }
        try await SavedPlan.write(
            to: path, heading: heading, journal: journal, hash: HashFunction.sha256, sign: sign)
        try await journal.recordSaved(serial, isSigned: signer != nil)
    }

    /// What is known of the targets at this moment.
    func endpoints(_ datasets: [Dataset], _ fleet: Fleet) throws -> [SavedEndpoint] {
        try datasets.map { dataset in
            let entry = try fleet.probed(dataset.target)
            return SavedEndpoint(
                dataset: dataset.name, traits: try entry?.traits ?? fleet.declared(dataset.target),
                probedAt: entry?.probedAt)
        }
    }

    private func stale(_ saved: SavedPlan, _ words: String) -> CommandFailure {
        CommandFailure(.stale, "\(saved.path) is stale: \(words). Nothing was moved; plan again")
    }

    /// The plan that `saved` holds, where the files that it rests on are as they were (exit 21 else).
    static func load(_ saved: SavedPlan, _ directory: StateDirectory) throws -> PlanSession {
        if let words = try SavedPlanCheck.files(saved.heading) {
            throw CommandFailure(.stale, "\(saved.path) is stale: \(words). Nothing was moved; plan again")
        }
        return try load(bytes: saved.heading.plan, path: saved.heading.file, directory)
    }

    /// Ends with exit 21 where rules, facts or verdicts are no longer what `saved` rests on, or where its signature
    /// is not that of `demanded`, or else not the plan's. Where the plan file is gone, only a demanded key can tell whose
    /// plan it is.
    func refuseStale(_ saved: SavedPlan, signedBy demanded: VerifyingKey?) async throws {
        if let demanded {
            guard saved.signature != nil else {
                throw stale(saved, "it bears no signature, and --signed-by demands one")
            }
            if let words = SavedPlanCheck.signature(saved, signer: demanded, whose: "--signed-by") {
                throw stale(saved, words)
            }
        } else if access(saved.heading.file, F_OK) != 0 {
            throw stale(
                saved,
                "the plan file \(saved.heading.file) is gone, and what a saved plan says of itself proves nothing; bring the "
                    + "file back or name the key that signed it with --signed-by")
        } else if saved.signature != nil,
            let words = SavedPlanCheck.signature(saved, signer: try await signer()?.verifyingKey)
        {
            throw stale(saved, words)
        }
        let words = try SavedPlanCheck.judgement(
            saved.heading, rules: try JudgementHashes.rules(rulebook),
            chapters: try JudgementHashes.chapters(catalogue), verdicts: verdicts)
        if let words { throw stale(saved, words) }
    }

    /// Ends with exit 21 where `saved` was planned from another state directory: only the journal that it was planned
    /// with knows whether it was applied, and what of it.
    func refuseElsewhere(_ saved: SavedPlan) async throws {
        let isHere =
            access(state + "/journal.sqlite", F_OK) == 0
            ? try await journal().identity() == saved.heading.journal : false
        guard !isHere else { return }
        throw stale(
            saved,
            "it was planned from another state directory than \(state), and only that one knows whether it was applied; "
                + "name it with --state")
    }

    /// Ends with exit 21 where a dataset of `saved` was applied already: its run has ended, and nothing failed in it.
    /// Returns the runs that executed it so far.
    func refuseReplay(_ saved: SavedPlan, _ datasets: [Dataset], _ journal: SQLiteJournal) async throws -> [String] {
        if saved.signature == nil, try await journal.wasSigned(saved.heading.serial) {
            throw stale(saved, "it was saved with --sign, and its signature is gone")
        }
        var known: [String] = []
        for dataset in datasets {
            let runs = try await journal.applications(of: saved.heading.serial, dataset: dataset.name)
            if let run = runs.last, let ended = run.ended, run.outcome != "failures" {
                throw stale(
                    saved,
                    "it was applied already, by the run \(run.id), which ended on \(TimeText.utc(ended))"
                        + " (\(run.outcome ?? "no outcome")), to the dataset \(dataset.name)")
            }
            for run in runs where !known.contains(run.id) { known.append(run.id) }
        }
        return known
    }

    /// Ends with exit 21 where a target or an object is no longer as `saved` says; the journal holds a fresh diff.
    /// What `runs` have done of it already is no difference.
    func refuseMoved(
        _ saved: SavedPlan, datasets: [Dataset], journal: SQLiteJournal, fleet: Fleet, runs: [String]
    ) async throws {
        if let words = try SavedPlanCheck.endpoints(saved.heading, now: try endpoints(datasets, fleet)) {
            throw stale(saved, words)
        }
        if let found = try await saved.firstDifference(from: journal, datasets: datasets.map(\.name), runs: runs) {
            throw stale(saved, found.description)
        }
    }
}

extension Day {
    /// The day of an instant, in UTC.
    init(nanoseconds: Int64) { self.init(number: Int(nanoseconds / 86_400_000_000_000)) }
}
