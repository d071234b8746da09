import HavreEngine
import HavreJournal
import HavreModel

/// What `plan` found: per dataset the diff, the verdicts and the estimate. A saved plan holds it whole, so that `show`
/// says what `plan` said.
struct PlanReport: CommandResult, Decodable {
    /// One line of the diff.
    struct Line: Codable, Sendable, Hashable {
        let action: Diff.Action
        let cause: String
        let objects: Int
        let bytes: UInt64
    }

    /// Between which days a dataset's move ends.
    struct Finish: Codable, Sendable, Hashable {
        let from: Day
        let until: Day
    }

    /// One dataset.
    struct DatasetPart: Codable, Sendable {
        let dataset: String
        let from: Text
        let to: Text
        let lines: [Line]
        var verdicts: [Verdict]
        let unmapped: [String]
        let targetProbed: Bool
        /// The day of the probe that the traits come from; nil where they are declared only.
        let probedOn: Day?
        /// What the move takes; nil where nobody says how much there is.
        let estimate: Estimate?
        let pace: Estimate.Pace
        /// What reading the source measured; nil where it was not read.
        let probe: SourceProbe.Result?
        /// The day on which it was measured how fast the target takes data; nil where it never was.
        var targetMeasuredOn: Day?
        var finish: Finish?

        /// Whether a rule blocks it.
        var blockedByPolicy: Bool { verdicts.contains(where: \.blocksUncounted) }

        /// Objects and bytes with one action.
        func sum(_ action: Diff.Action) -> (objects: Int, bytes: UInt64) {
            lines.filter { $0.action == action }.reduce((0, 0)) { ($0.0 + $1.objects, $0.1 + $1.bytes) }
        }

        /// What is to move, whether or not a rule blocks it.
        var toMove: (objects: Int, bytes: UInt64) {
            let (create, update) = (sum(.create), sum(.update))
            return (create.objects + update.objects, create.bytes + update.bytes)
        }

        private enum CodingKeys: String, CodingKey {
            case dataset, from, to, lines, verdicts, unmapped, targetProbed, probedOn, estimate, pace, probe, finish
            case blockedByPolicy, targetMeasuredOn
        }
    }

    /// Objects and their bytes.
    struct Sum: Codable, Sendable, Hashable {
        var objects = 0
        var bytes: UInt64 = 0

        mutating func add(_ more: (objects: Int, bytes: UInt64)) {
            objects += more.objects
            bytes += more.bytes
        }
    }

    /// Sums over all datasets.
    struct Totals: Codable, Sendable, Hashable {
        /// What `apply` would move.
        var toMove = Sum()
        /// What is there already.
        var unchanged = Sum()
        /// Single objects that stay behind.
        var blocked = Sum()
        /// What `apply` would delete at the target.
        var toDelete = Sum()
        /// What would move if no rule blocked its dataset; not in `toMove`.
        var blockedByPolicy = Sum()
        /// Datasets of which nobody says how much there is; they are in none of the sums.
        var unknown: [String]?
        /// How long it takes; nil where nothing moves.
        var seconds: Estimate.Duration?
    }

    /// The plan's name.
    let plan: String
    /// Its file, as the operator named it.
    let file: String
    /// Where the places that verdicts name stand in it.
    let marks: [String: Mark]
    /// Whether what is ours and extraneous is to be deleted.
    let prune: Bool
    /// Whether it rests on what the plan expects, and nothing was listed.
    let offline: Bool
    /// What the plan allows to be deleted; nil where it does not say.
    let maxDelete: Int?
    let datasets: [DatasetPart]
    let totals: Totals
    /// Extracts of one base that add up to it.
    let alerts: [BaseAlert]
    /// Documents for datasets that the plan does not have; a saved plan of before did not say.
    let ignoredDocuments: [StrayDocument]?
    /// The reader's language.
    var language = Text.Language.english

    private enum CodingKeys: String, CodingKey {
        case plan, file, marks, prune, offline, maxDelete, datasets, totals, alerts, ignoredDocuments
    }

    init(
        plan: Plan, datasets: [DatasetPart], prune: Bool, language: Text.Language, strays: [StrayDocument],
        offline: Bool = false
    ) {
        ignoredDocuments = strays
        self.offline = offline
        self.plan = plan.name
        file = plan.file
        self.prune = prune
        maxDelete = plan.limits.maxDelete
        alerts = BaseAlert.of(plan.order.compactMap { plan.datasets[$0] }.map { (plan.name, $0) })
        self.datasets = datasets
        self.language = language
        let paths = Set(datasets.flatMap(\.verdicts).map(\.planPath))
        marks = paths.reduce(into: [:]) { marks, path in
            if let mark = plan.mark(path) { marks[path] = mark }
        }
        var totals = Totals()
        for part in datasets {
            guard part.estimate != nil else {
                totals.unknown = (totals.unknown ?? []) + [part.dataset]
                continue
            }
            totals.unchanged.add(part.sum(.unchanged))
            totals.blocked.add(part.sum(.blocked))
            guard !part.blockedByPolicy else {
                totals.blockedByPolicy.add(part.toMove)
                continue
            }
            totals.toMove.add(part.toMove)
            totals.toDelete.add(part.sum(.delete))
            guard let seconds = part.estimate?.seconds else { continue }
            let before = totals.seconds ?? Estimate.Duration(low: 0, high: 0)
            totals.seconds = Estimate.Duration(low: before.low + seconds.low, high: before.high + seconds.high)
        }
        self.totals = totals
    }

    /// Whether `apply` would change anything.
    var changesPending: Bool { totals.toMove.objects + totals.toDelete.objects > 0 }

    /// Whether any dataset is blocked by policy.
    var blocked: Bool { datasets.contains(where: \.blockedByPolicy) }

    /// Verdicts as lines; they need nothing of the plan but its file and the places in it.
    var verdictLines: VerdictLines {
        VerdictLines(plan: Plan(name: plan, marks: marks, file: file), language: language)
    }
}

extension PlanReport.DatasetPart {
    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(dataset, forKey: .dataset)
        try fields.encode(from, forKey: .from)
        try fields.encode(to, forKey: .to)
        try fields.encode(lines, forKey: .lines)
        try fields.encode(verdicts, forKey: .verdicts)
        try fields.encode(blockedByPolicy, forKey: .blockedByPolicy)
        try fields.encode(unmapped, forKey: .unmapped)
        try fields.encode(targetProbed, forKey: .targetProbed)
        try fields.encodeIfPresent(probedOn, forKey: .probedOn)
        try fields.encodeIfPresent(estimate, forKey: .estimate)
        try fields.encode(pace, forKey: .pace)
        try fields.encodeIfPresent(probe, forKey: .probe)
        try fields.encodeIfPresent(targetMeasuredOn, forKey: .targetMeasuredOn)
        try fields.encodeIfPresent(finish, forKey: .finish)
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            dataset: try fields.decode(String.self, forKey: .dataset),
            from: try fields.decode(Text.self, forKey: .from), to: try fields.decode(Text.self, forKey: .to),
            lines: try fields.decode([PlanReport.Line].self, forKey: .lines),
            verdicts: try fields.decode([Verdict].self, forKey: .verdicts),
            unmapped: try fields.decode([String].self, forKey: .unmapped),
            targetProbed: try fields.decode(Bool.self, forKey: .targetProbed),
            probedOn: try fields.decodeIfPresent(Day.self, forKey: .probedOn),
            estimate: try fields.decodeIfPresent(Estimate.self, forKey: .estimate),
            pace: try fields.decode(Estimate.Pace.self, forKey: .pace),
            probe: try fields.decodeIfPresent(SourceProbe.Result.self, forKey: .probe),
            targetMeasuredOn: try fields.decodeIfPresent(Day.self, forKey: .targetMeasuredOn),
            finish: try fields.decodeIfPresent(PlanReport.Finish.self, forKey: .finish))
    }
}
