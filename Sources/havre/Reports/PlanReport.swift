import HavreJournal
import HavreModel

/// What `plan` found: per dataset the diff and the verdicts.
struct PlanReport: CommandResult {
    /// One line of the diff.
    struct Line: Encodable, Sendable {
        let action: Diff.Action
        let cause: String
        let objects: Int
        let bytes: UInt64
    }

    /// One dataset.
    struct DatasetPart: Encodable, Sendable {
        let dataset: String
        let from: String
        let to: String
        let lines: [Line]
        let verdicts: [Verdict]
        let blockedByPolicy: Bool
        let unmapped: [String]
        let targetProbed: Bool

        /// Objects and bytes with one action.
        func sum(_ action: Diff.Action) -> (objects: Int, bytes: UInt64) {
            lines.filter { $0.action == action }.reduce((0, 0)) { ($0.0 + $1.objects, $0.1 + $1.bytes) }
        }

        /// What is to move, whether or not a rule blocks it.
        var toMove: (objects: Int, bytes: UInt64) {
            let (create, update) = (sum(.create), sum(.update))
            return (create.objects + update.objects, create.bytes + update.bytes)
        }
    }

    /// Objects and their bytes.
    struct Sum: Encodable, Sendable {
        var objects = 0
        var bytes: UInt64 = 0

        mutating func add(_ more: (objects: Int, bytes: UInt64)) {
            objects += more.objects
            bytes += more.bytes
        }
    }

    /// Sums over all datasets.
    struct Totals: Encodable, Sendable {
        /// What `apply` would move.
        var toMove = Sum()
        /// What is there already.
        var unchanged = Sum()
        /// Single objects that stay behind.
        var blocked = Sum()
        /// What would move if no rule blocked its dataset; not in `toMove`.
        var blockedByPolicy = Sum()
    }

    let plan: String
    let datasets: [DatasetPart]
    let totals: Totals
    let secondsEstimated: Double?
    let estimatedAt: String
    private let paragraphs: [[String]]

    private enum CodingKeys: String, CodingKey {
        case plan, datasets, totals, secondsEstimated, estimatedAt
    }

    init(plan: Plan, datasets: [DatasetPart], bytesPerSecond: Double, rateWords: String) {
        self.plan = plan.name
        self.datasets = datasets
        var totals = Totals()
        for part in datasets {
            if part.blockedByPolicy { totals.blockedByPolicy.add(part.toMove) } else { totals.toMove.add(part.toMove) }
            totals.unchanged.add(part.sum(.unchanged))
            totals.blocked.add(part.sum(.blocked))
        }
        self.totals = totals
        let bytes = totals.toMove.bytes
        secondsEstimated = bytes > 0 ? Double(bytes) / bytesPerSecond : nil
        estimatedAt = rateWords
        let lines = VerdictLines(plan: plan)
        paragraphs = datasets.map { lines.paragraphs($0.verdicts) }
    }

    /// Whether `apply` would change anything.
    var changesPending: Bool { totals.toMove.objects > 0 }

    /// Whether any dataset is blocked by policy.
    var blocked: Bool { datasets.contains(where: \.blockedByPolicy) }

    var description: String {
        var text = ""
        for (part, notes) in zip(datasets, paragraphs) {
            text += "\(part.dataset)   \(part.from)  →  \(part.to)\n"
            for (sign, action) in Self.signs {
                let sum = part.sum(action)
                let always = action == .create || action == .unchanged || action == .blocked
                guard always || sum.objects > 0 else { continue }
                text += row(sign, action, sum, Self.causes(part, action))
            }
            text += "  rules   \(VerdictLines.tally(part.verdicts))\n"
            if !part.targetProbed {
                text += "  target  not probed: `havre doctor` finds out what it really does; `apply` will do so first\n"
            }
            for loss in part.unmapped { text += "  lost    \(loss)\n" }
            for note in notes { text += note + "\n" }
            text += "\n"
        }
        return text + summary
    }

    private static let signs: [(String, Diff.Action)] = [
        ("+", .create), ("~", .update), ("=", .unchanged), ("-", .extraneous), ("o", .skipped), ("!", .blocked),
    ]

    private func row(_ sign: String, _ action: Diff.Action, _ sum: (objects: Int, bytes: UInt64), _ note: String)
        -> String
    {
        let objects = Quantity.right(Quantity.count(sum.objects), 13) + (sum.objects == 1 ? " object " : " objects")
        let bytes = Quantity.right(Quantity.bytes(sum.bytes), 12)
        let line =
            "  \(sign) " + Quantity.left(action.rawValue, 11) + objects + bytes + (note.isEmpty ? "" : "    " + note)
        return line + "\n"
    }

    private static func causes(_ part: DatasetPart, _ action: Diff.Action) -> String {
        if action == .extraneous { return "left alone" }
        let causes = part.lines.filter { $0.action == action && !$0.cause.isEmpty }
        if causes.count == 1, let cause = causes.first { return cause.cause }
        return causes.map { "\(Quantity.count($0.objects)) \($0.cause)" }.joined(separator: "; ")
    }

    /// `Plan: 1,204,343 to move (38.2 TiB), 40,112 unchanged, 0 blocked.`
    var summary: String {
        let (move, held) = (totals.toMove, totals.blocked.objects)
        let stopped = datasets.filter(\.blockedByPolicy)
        var text =
            "Plan: \(Quantity.count(move.objects)) to move (\(Quantity.bytes(move.bytes))), "
            + "\(Quantity.count(totals.unchanged.objects)) unchanged, \(Quantity.count(held)) blocked."
        if move.objects == 0, held > 0 {
            text +=
                "  Nothing can be moved; \(Counted.of(held, "object")) \(held == 1 ? "is" : "are") blocked: "
                + "`havre plan --objects` names \(held == 1 ? "it" : "them")."
        } else if move.objects == 0, stopped.isEmpty {
            text += "  Nothing is left to do."
        }
        if let secondsEstimated {
            text += "  About \(Quantity.duration(seconds: max(1, secondsEstimated))) at \(estimatedAt)."
        }
        if !stopped.isEmpty {
            let names = stopped.map { part in
                "\(part.dataset) (\(Counted.of(part.toMove.objects, "object")), \(Quantity.bytes(part.toMove.bytes)))"
            }
            text += "\nBlocked by policy: \(names.joined(separator: ", ")). `apply` moves nothing"
            text += stopped.count < datasets.count ? " unless --dataset names others." : "."
        }
        return text
    }
}
