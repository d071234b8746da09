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

        /// What is to move.
        var toMove: (objects: Int, bytes: UInt64) {
            let (create, update) = (sum(.create), sum(.update))
            return (create.objects + update.objects, create.bytes + update.bytes)
        }
    }

    let plan: String
    let datasets: [DatasetPart]
    let secondsEstimated: Double?
    let estimatedAt: String
    private let paragraphs: [[String]]

    private enum CodingKeys: String, CodingKey {
        case plan, datasets, secondsEstimated, estimatedAt
    }

    init(plan: Plan, datasets: [DatasetPart], bytesPerSecond: Double, rateWords: String) {
        self.plan = plan.name
        self.datasets = datasets
        let bytes = datasets.reduce(UInt64(0)) { $0 + $1.toMove.bytes }
        secondsEstimated = bytes > 0 ? Double(bytes) / bytesPerSecond : nil
        estimatedAt = rateWords
        let lines = VerdictLines(plan: plan)
        paragraphs = datasets.map { lines.paragraphs($0.verdicts) }
    }

    /// Whether `apply` would change anything.
    var changesPending: Bool { datasets.contains { $0.toMove.objects > 0 } }

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
        let move = datasets.reduce((0, UInt64(0))) { ($0.0 + $1.toMove.objects, $0.1 + $1.toMove.bytes) }
        let unchanged = datasets.reduce(0) { $0 + $1.sum(.unchanged).objects }
        let held = datasets.reduce(0) { $0 + $1.sum(.blocked).objects }
        var text =
            "Plan: \(Quantity.count(move.0)) to move (\(Quantity.bytes(move.1))), \(Quantity.count(unchanged)) unchanged, "
            + "\(Quantity.count(held)) blocked."
        if move.0 == 0 { text += "  Nothing is left to do." }
        if let secondsEstimated {
            text += "  About \(Quantity.duration(seconds: max(1, secondsEstimated))) at \(estimatedAt)."
        }
        let stopped = datasets.filter(\.blockedByPolicy).map(\.dataset)
        if !stopped.isEmpty {
            text += "\nBlocked by policy: \(stopped.joined(separator: ", ")). `apply` moves nothing."
        }
        return text
    }
}
