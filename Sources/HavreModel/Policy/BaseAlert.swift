/// Extracts of one base that, together, come near to all of it, though each was released for itself (CNAM 2021, "au cas
/// par cas"). It blocks nothing: whoever authorised them must see it.
public struct BaseAlert: Hashable, Sendable, Codable {
    /// One extract.
    public struct Part: Hashable, Sendable, Codable {
        /// The plan, by its name.
        public var plan: String
        /// The dataset.
        public var dataset: String
        /// How much of the base it is, in percent.
        public var percent: Double
    }

    /// From how much on, in percent, extracts are as good as the base.
    public static let threshold = 75.0

    /// The base.
    public var base: String
    /// All of them together, in percent.
    public var percent: Double
    /// The extracts, the greatest first.
    public var parts: [Part]

    /// What it says.
    public var message: Text {
        let list = parts.map { "\($0.plan)/\($0.dataset) \(Self.words($0.percent)) %" }.joined(separator: ", ")
        let sum = Self.words(percent)
        return Text(
            en: "extracts of \(base) together are \(sum) % of it, whoever authorised each: \(list)",
            fr: "les extraits de \(base) en représentent ensemble \(sum) %, quelle que soit l'autorisation de chacun : "
                + "\(list)")
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
        for (plan, dataset) in datasets {
            guard let extract = dataset.extract else { continue }
            names[extract.base.folded] = min(names[extract.base.folded] ?? extract.base, extract.base)
            bases[extract.base.folded, default: []].insert(
                Part(plan: plan, dataset: dataset.name, percent: extract.percent))
        }
        return bases.compactMap { base, parts in
            let sum = parts.reduce(0) { $0 + $1.percent }
            guard sum >= threshold else { return nil }
            return BaseAlert(
                base: names[base] ?? base, percent: sum,
                parts: parts.sorted { ($1.percent, $0.plan, $0.dataset) < ($0.percent, $1.plan, $1.dataset) })
        }.sorted { $0.base < $1.base }
    }
}
