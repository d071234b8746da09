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
        let stopped: String?
        let manifest: String?
        let kept: Int?
        let keptReason: String?
        let pruneHeld: String?
    }

    let plan: String
    let datasets: [Part]
    let drained: Bool
    let exit: Int32

    init(plan: String, results: [Migration.DatasetResult], asked: [String], drained: Bool) {
        self.plan = plan
        self.drained = drained
        datasets = results.map { result in
            Part(
                dataset: result.dataset, counts: result.counts, interrupted: result.outcome.interrupted, reused: nil,
                readBack: result.verification?.checked, mismatched: result.verification?.mismatched ?? 0,
                unread: result.verification?.unreadCount ?? 0,
                reason: result.verification?.mismatches.first ?? result.outcome.firstReason,
                stopped: result.outcome.stopped.map(Self.words), manifest: result.manifest?.description,
                kept: result.pruned?.keptCount, keptReason: result.pruned?.kept.first,
                pruneHeld: result.pruneHeld?.english)
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

    private static func words(_ stop: Worker.Outcome.Stop) -> String {
        switch stop {
        case .drained: "asked to stop"
        case .tooManyFailures: "more objects failed than maxFailures allows"
        case .denied(let reason): "credentials are refused: \(reason)"
        case .faults(let reason): "fault after fault: \(reason)"
        case .blockedByPolicy(let rules):
            "blocked by \(rules.joined(separator: ", ")) since the run began; what landed stays, nothing more moves"
        case .refusedByPolicy(let reason): "refused: \(reason)"
        case .unjudged(let reason): "nothing moves unjudged: \(reason)"
        }
    }

    private static func isOfPolicy(_ stop: Worker.Outcome.Stop) -> Bool {
        switch stop {
        case .blockedByPolicy, .refusedByPolicy: true
        case .drained, .tooManyFailures, .denied, .faults, .unjudged: false
        }
    }

    var description: String {
        var lines: [String] = []
        for part in datasets {
            let counts = part.counts
            var line =
                "\(part.dataset): \(Quantity.count(counts.landed)) landed (\(Quantity.bytes(counts.landedBytes))), "
                + "\(Quantity.count(counts.verified)) of them read back and right, "
                + "\(Quantity.count(counts.unchanged)) unchanged"
            if counts.skipped > 0 { line += ", \(Quantity.count(counts.skipped)) skipped" }
            if counts.blocked > 0 { line += ", \(Quantity.count(counts.blocked)) blocked" }
            if counts.failed > 0 { line += ", \(Quantity.count(counts.failed)) failed" }
            if counts.open > 0 { line += ", \(Quantity.count(counts.open)) still to move" }
            lines.append(line + ". Total \(Quantity.count(counts.total)).")
            if counts.total == 0 { lines.append("  the source holds nothing there: nothing was copied") }
            if counts.landed == 0, counts.total > 0, counts.unchanged == counts.total {
                lines.append("  everything was there already: nothing was copied")
            }
            if part.mismatched > 0 {
                let them = part.mismatched == 1 ? "it is" : "they are"
                let count = Quantity.count(part.mismatched)
                lines.append("  \(count) MISMATCHED at read-back; \(them) moved again at the next apply")
            }
            if counts.deleted > 0 {
                let gone = Counted.of(counts.deleted, "object")
                lines.append("  \(gone) (\(Quantity.bytes(counts.deletedBytes))) deleted at the target")
            }
            if let held = part.pruneHeld { lines.append("  nothing was deleted at the target: \(held)") }
            if let kept = part.kept, kept > 0 {
                let why = part.keptReason.map { "; first: \($0)" } ?? ""
                lines.append("  \(Counted.of(kept, "object")) not deleted after all\(why)")
            }
            if let reason = part.reason { lines.append("  first: \(reason)") }
            if let stopped = part.stopped { lines.append("  stopped: \(stopped)") }
            if let manifest = part.manifest { lines.append("  manifest: \(manifest)") }
        }
        switch status {
        case nil: lines.append("Done.")
        case .interrupted: lines.append("Interrupted; nothing is lost. Run apply again to go on.")
        case .temporary: lines.append("Not finished, for a reason that may pass. Run apply again to go on.")
        case .someFailed where datasets.allSatisfy { $0.counts.failed == 0 && $0.counts.blocked == 0 }:
            lines.append("Some objects were to be deleted and had changed meanwhile: they stayed. Plan again.")
        case .someFailed where datasets.allSatisfy { $0.counts.failed == 0 }:
            lines.append("Some objects are blocked and stayed behind; `havre status` says why.")
        case .someFailed: lines.append("Some objects failed; `havre status` lists them. Applying again retries them.")
        case .blocked:
            lines.append(
                "Blocked by policy in mid-run. Once the cause is gone, apply again goes on where it was.")
        case .mismatch: lines.append("Verification found a mismatch.")
        default: break
        }
        return lines.joined(separator: "\n")
    }
}
