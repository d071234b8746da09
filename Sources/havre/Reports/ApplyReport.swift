import HavreEngine
import HavreJournal
import HavreModel

/// How an `apply` ended.
struct ApplyReport: CommandResult {
    /// One dataset.
    struct Part: Encodable, Sendable {
        let dataset: String
        let counts: DatasetCounts
        let interrupted: Int
        let reused: UInt64?
        let readBack: Int?
        let mismatched: Int
        let unread: Int
        let reason: String?
        let stopped: Text?
        let manifest: String?
        let kept: Int?
        let keptReason: String?
        let pruneHeld: Text?
    }

    let plan: String
    let datasets: [Part]
    let drained: Bool
    let exit: Int32
    private let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case plan, datasets, drained, exit
    }

    init(
        plan: String, results: [Migration.DatasetResult], asked: [String], drained: Bool,
        language: Text.Language = .english
    ) {
        self.plan = plan
        self.language = language
        self.drained = drained
        datasets = results.map { result in
            Part(
                dataset: result.dataset, counts: result.counts, interrupted: result.outcome.interrupted, reused: nil,
                readBack: result.verification?.checked, mismatched: result.verification?.mismatched ?? 0,
                unread: result.verification?.unreadCount ?? 0,
                reason: result.verification?.mismatches.first ?? result.outcome.firstReason,
                stopped: result.outcome.stopped.map(Self.words), manifest: result.manifest?.description,
                kept: result.pruned?.keptCount, keptReason: result.pruned?.kept.first,
                pruneHeld: result.pruneHeld)
        }
        let stops = results.compactMap(\.outcome.stopped)
        let open = results.contains { $0.counts.open > 0 } || results.count < asked.count
        // Credentials that are refused say nothing against the objects.
        let failed = results.contains { $0.counts.failed > $0.outcome.denied }
        let denied = results.contains { $0.outcome.denied > 0 }
        let status: ExitStatus
        if drained || results.contains(where: { $0.verification?.drained == true && $0.outcome.stopped == nil }) {
            status = .interrupted
        } else if results.contains(where: { ($0.verification?.mismatched ?? 0) > 0 }) {
            status = .mismatch
        } else if stops.contains(where: Self.isOfPolicy) {
            status = .blocked
        } else if stops.contains(where: { if case .denied = $0 { true } else { false } }) {
            status = .temporary
        } else if failed {
            status = .someFailed
        } else if denied || open || !stops.isEmpty
            || results.contains(where: { ($0.verification?.unreadCount ?? 0) > 0 })
        {
            status = .temporary
        } else if results.contains(where: { $0.counts.blocked > 0 || $0.pruned?.keptCount ?? 0 > 0 }) {
            // A script must not take a dataset for moved of which a part stayed behind.
            status = .someFailed
        } else {
            status = .done
        }
        exit = status.rawValue
    }

    /// The exit status; nil where all is done.
    var status: ExitStatus? { exit == 0 ? nil : ExitStatus(rawValue: exit) }

    private static func words(_ stop: Worker.Outcome.Stop) -> Text {
        switch stop {
        case .drained: return Text(en: "asked to stop", fr: "arrêt demandé")
        case .tooManyFailures:
            return Text(
                en: "more objects failed than maxFailures allows",
                fr: "plus d'objets ont échoué que maxFailures ne le permet")
        case .denied(let reason):
            return Text(en: "credentials are refused: \(reason)", fr: "identifiants refusés : \(reason)")
        case .faults(let reason): return Text(en: "fault after fault: \(reason)", fr: "panne sur panne : \(reason)")
        case .blockedByPolicy(let rules):
            let list = rules.joined(separator: ", ")
            return Text(
                en: "blocked by \(list) since the run began; what landed stays, nothing more moves",
                fr: "bloqué par \(list) depuis le début de l'exécution ; ce qui est arrivé reste, plus rien n'est "
                    + "transféré")
        case .refusedByPolicy(let reason): return Text(en: "refused: \(reason)", fr: "refusé : \(reason)")
        case .unjudged(let reason):
            return Text(
                en: "nothing moves unjudged: \(reason)", fr: "rien n'est transféré sans jugement : \(reason)")
        }
    }

    private static func isOfPolicy(_ stop: Worker.Outcome.Stop) -> Bool {
        switch stop {
        case .blockedByPolicy, .refusedByPolicy: true
        case .drained, .tooManyFailures, .denied, .faults, .unjudged: false
        }
    }

    var description: String {
        (datasets.flatMap(Self.lines) + (closing.map { [$0] } ?? [])).map { $0[language] }.joined(separator: "\n")
    }

    /// What became of one dataset.
    private static func lines(_ part: Part) -> [Text] {
        var lines = [tally(part.counts)]
        func add(en english: Text.Phrase, fr french: Text.Phrase) { lines.append(Text(en: english, fr: french)) }
        let counts = part.counts
        lines[0] = Text(en: "\(part.dataset): \(lines[0])", fr: "\(part.dataset) : \(lines[0])")
        if counts.total == 0 {
            add(
                en: "  the source holds nothing there: nothing was copied",
                fr: "  la source ne contient rien à cet endroit : rien n'a été copié")
        }
        if counts.landed == 0, counts.total > 0, counts.unchanged == counts.total {
            add(
                en: "  everything was there already: nothing was copied",
                fr: "  tout était déjà là : rien n'a été copié")
        }
        if part.mismatched > 0 {
            let count = QuantityText.count(part.mismatched)
            let again =
                part.mismatched == 1
                ? Text(en: "it is moved again", fr: "il sera transféré de nouveau")
                : Text(en: "they are moved again", fr: "ils seront transférés de nouveau")
            add(
                en: "  \(count) MISMATCHED at read-back; \(again) at the next apply",
                fr: "  \(count) NON CONFORMES à la relecture ; \(again) au prochain apply")
        }
        if counts.deleted > 0 {
            let (gone, bytes) = (QuantityText.objects(counts.deleted), QuantityText.bytes(counts.deletedBytes))
            add(
                en: "  \(gone) (\(bytes)) deleted at the target",
                fr: "  objets supprimés à la cible : \(QuantityText.count(counts.deleted)) (\(bytes))")
        }
        if let held = part.pruneHeld {
            add(en: "  nothing was deleted at the target: \(held)", fr: "  rien n'a été supprimé à la cible : \(held)")
        }
        if let kept = part.kept, kept > 0 {
            let them = QuantityText.objects(kept)
            let why =
                part.keptReason.map(CauseText.kept).map { Text(en: "; first: \($0)", fr: " ; premier : \($0)") }
                ?? .empty
            add(en: "  \(them) not deleted after all\(why)", fr: "  suppression abandonnée pour \(them)\(why)")
        }
        if let reason = part.reason { add(en: "  first: \(reason)", fr: "  premier : \(reason)") }
        if let stopped = part.stopped { add(en: "  stopped: \(stopped)", fr: "  arrêté : \(stopped)") }
        if let manifest = part.manifest { add(en: "  manifest: \(manifest)", fr: "  manifeste : \(manifest)") }
        return lines
    }

    /// `302 landed (1.2 MiB), 15 of them read back and right, 0 unchanged. Total 302.`
    private static func tally(_ counts: DatasetCounts) -> Text {
        func count(_ number: Int) -> Text { QuantityText.count(number) }
        let bytes = QuantityText.bytes(counts.landedBytes)
        var line = Text(
            en: "\(count(counts.landed)) landed (\(bytes)), \(count(counts.verified)) of them read back and right, "
                + "\(count(counts.unchanged)) unchanged",
            fr: "arrivés : \(count(counts.landed)) (\(bytes)), dont relus et conformes : \(count(counts.verified)) ; "
                + "inchangés : \(count(counts.unchanged))")
        func add(_ number: Int, en english: Text.Phrase, fr french: Text.Phrase) {
            guard number > 0 else { return }
            let word = Text(en: english, fr: french)
            line = line + Text(en: ", \(count(number)) \(word)", fr: " ; \(word) : \(count(number))")
        }
        add(counts.skipped, en: "skipped", fr: "écartés")
        add(counts.blocked, en: "blocked", fr: "bloqués")
        add(counts.failed, en: "failed", fr: "échoués")
        add(counts.open, en: "still to move", fr: "encore à transférer")
        return line + Text(en: ". Total \(count(counts.total)).", fr: ". Total : \(count(counts.total)).")
    }

    private var closing: Text? {
        switch status {
        case nil: Text(en: "Done.", fr: "Terminé.")
        case .interrupted:
            Text(
                en: "Interrupted; nothing is lost. Run apply again to go on.",
                fr: "Interrompu ; rien n'est perdu. Relancez apply pour continuer.")
        case .temporary:
            Text(
                en: "Not finished, for a reason that may pass. Run apply again to go on.",
                fr: "Inachevé, pour une raison qui peut passer. Relancez apply pour continuer.")
        case .someFailed where datasets.allSatisfy { $0.counts.failed == 0 && $0.counts.blocked == 0 }:
            Text(
                en: "Some objects were to be deleted and had changed meanwhile: they stayed. Plan again.",
                fr: "Des objets à supprimer avaient changé entre-temps : ils sont restés. Refaites le plan.")
        case .someFailed where datasets.allSatisfy { $0.counts.failed == 0 }:
            Text(
                en: "Some objects are blocked and stayed behind; `havre status` says why.",
                fr: "Des objets sont bloqués et n'ont pas été transférés ; `havre status` dit pourquoi.")
        case .someFailed:
            Text(
                en: "Some objects failed; `havre status` lists them. Applying again retries them.",
                fr: "Des objets ont échoué ; `havre status` les nomme. Un nouvel apply les reprend.")
        case .blocked:
            Text(
                en: "Blocked by policy in mid-run. Once the cause is gone, apply again goes on where it was.",
                fr: "Bloqué par les règles en cours d'exécution. Une fois la cause levée, un nouvel apply reprend là "
                    + "où il en était.")
        case .mismatch:
            Text(en: "Verification found a mismatch.", fr: "La vérification a trouvé une différence.")
        default: nil
        }
    }
}
