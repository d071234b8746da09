/// Extracts of one base that, together, come near to all of it, though each was released for itself (CNAM 2021, "au cas
/// par cas"). It blocks nothing: whoever authorised them must see it.
///
/// Silence may be all of it: where data of the SNDS, or under `CASE_BY_CASE`, state no `extract:`, the alert says so.
/// Bases whose names are alike (`SNDS`, `SNDS-2026`) are counted together, and it says that too.
public struct BaseAlert: Hashable, Sendable, Codable {
    /// One extract.
    public struct Part: Hashable, Sendable, Codable {
        /// The plan, by its name.
        public var plan: String
        /// The dataset.
        public var dataset: String
        /// How much of the base it is, in percent; nil where the dataset does not say.
        public var percent: Double?
    }

    /// From how much on, in percent, extracts are as good as the base.
    public static let threshold = 75.0
    /// The base of data of the SNDS that name none.
    static let snds = "SNDS"

    /// The base; empty where datasets that are released case by case name none.
    public var base: String
    /// Other names that may mean the same base, sorted; nil where there are none.
    public var others: [String]?
    /// All of them together, in percent, as far as it is stated.
    public var percent: Double
    /// The extracts, the greatest first, those of which nobody knows last.
    public var parts: [Part]

    /// What it says.
    public var message: Text {
        let stated = parts.filter { $0.percent != nil }
        let silent = parts.filter { $0.percent == nil }.map { "\($0.plan)/\($0.dataset)" }.joined(separator: ", ")
        let name = base.isEmpty ? Text(en: "a base that is not named", fr: "une base non nommée") : Text(base)
        let same = others.map { names in
            let list = names.joined(separator: ", ")
            return Text(
                en: " (\(list) may be the same base)", fr: " (même base, peut-être, que \(list))")
        }
        let whole = name + (same ?? .empty)
        let unknown = Text(
            en: "share unknown, no `extract:` is stated: \(silent)",
            fr: "part inconnue, faute de `extract:` : \(silent)")
        guard !stated.isEmpty else {
            return Text(en: "extracts of \(whole): \(unknown)", fr: "extraits de \(whole) : \(unknown)")
        }
        let list = stated.map { "\($0.plan)/\($0.dataset) \(Self.words($0.percent ?? 0)) %" }.joined(separator: ", ")
        let sum = Self.words(percent)
        let least = silent.isEmpty ? Text.empty : Text(en: "at least ", fr: "au moins ")
        let told = Text(
            en: "extracts of \(whole) together are \(least)\(sum) % of it, whoever authorised each: \(list)",
            fr: "les extraits de \(whole) en représentent ensemble \(least)\(sum) %, quelle que soit l'autorisation de "
                + "chacun : \(list)")
        return silent.isEmpty ? told : told + .semicolon + unknown
    }

    /// The same as a line of a report.
    public var line: Text { Text(en: "ALERT: \(message)", fr: "ALERTE : \(message)") }

    private static func words(_ percent: Double) -> String {
        let tenths = Int((percent * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// The alerts that datasets of several plans raise together, by base. The same plan and dataset counts once.
    public static func of(_ datasets: [(plan: String, dataset: Dataset)]) -> [BaseAlert] {
        var bases: [String: Set<Part>] = [:]
        var names: [String: String] = [:]
        let counted = Set(datasets.filter(\.dataset.isExtract).map { [$0.plan, $0.dataset.name] })
        for (plan, dataset) in datasets where dataset.isExtract {
            // A union that says nothing itself is as much as its parts, where they say it.
            let isTold = !dataset.unionOf.isEmpty && dataset.unionOf.allSatisfy { counted.contains([plan, $0]) }
            guard dataset.extract != nil || !isTold else { continue }
            let base = dataset.extract?.base ?? (dataset.classification.snds ? snds : "")
            names[base.folded] = min(names[base.folded] ?? base, base)
            bases[base.folded, default: []].insert(
                Part(plan: plan, dataset: dataset.name, percent: dataset.extract?.percent))
        }
        var groups: [[String]] = []
        for key in bases.keys.sorted() {
            // What is alike through a third name is one group.
            let alike = groups.filter { $0.contains { $0.isNear(key) } }
            groups.removeAll { alike.contains($0) }
            groups.append(alike.flatMap(\.self) + [key])
        }
        return groups.compactMap { keys in
            let parts = keys.reduce(into: Set<Part>()) { $0.formUnion(bases[$1] ?? []) }
            let sum = parts.reduce(0) { $0 + ($1.percent ?? 0) }
            guard sum >= threshold || parts.contains(where: { $0.percent == nil }) else { return nil }
            let called = keys.compactMap { names[$0] }.sorted()
            return BaseAlert(
                base: called[0], others: called.count > 1 ? Array(called[1...]) : nil, percent: sum,
                parts: parts.sorted {
                    ($1.percent ?? -1, $0.plan, $0.dataset) < ($0.percent ?? -1, $1.plan, $1.dataset)
                })
        }.sorted { $0.base < $1.base }
    }
}

extension Dataset {
    /// Whether it is taken from a base: it says so, or somebody decides of each release of such data.
    fileprivate var isExtract: Bool {
        extract != nil || classification.snds || clauses.contains(AuthorisationCovers.clause)
    }
}

extension String {
    /// Whether a folded name may mean the same base: the same letters with other years and signs, or one of them a word
    /// of the other.
    fileprivate func isNear(_ other: String) -> Bool {
        let (own, theirs) = (letters, other.letters)
        guard !own.isEmpty, !theirs.isEmpty else { return self == other }
        return own.joined() == theirs.joined() || theirs.starts(with: own) || own.starts(with: theirs)
    }

    /// Its words of letters.
    private var letters: [String] { split { !$0.isLetter }.map(String.init) }
}
