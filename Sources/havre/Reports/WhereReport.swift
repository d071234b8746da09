import HavreModel

/// Every place of the catalogue as a target, ranked: the comparison record of an audit file.
struct WhereReport: CommandResult {
    /// Where the size of a dataset is known from.
    enum Basis: String, Encodable, Sendable {
        /// The command line.
        case given
        /// The last listing.
        case listed
        /// The plan's `expected:`.
        case plan
        /// Nobody says.
        case unknown
    }

    /// One dataset.
    struct Part: Encodable, Sendable {
        let dataset: String
        let objects: Int?
        let bytes: UInt64?
        let basis: Basis
        let candidates: [Candidate]
    }

    let plan: String
    let planHash: String
    let rulebook: String
    let rulebookHash: String
    let day: Day
    let datasets: [Part]
    private let all: Bool
    private let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case plan, planHash, rulebook, rulebookHash, day, datasets
    }

    init(
        plan: String, planHash: String, rulebook: String, rulebookHash: String, day: Day, datasets: [Part], all: Bool,
        language: Text.Language
    ) {
        self.plan = plan
        self.planHash = planHash
        self.rulebook = rulebook
        self.rulebookHash = rulebookHash
        self.day = day
        self.datasets = datasets
        self.all = all
        self.language = language
    }

    var description: String { datasets.map(words).joined(separator: "\n\n") }

    private func words(_ part: Part) -> String {
        let free = part.candidates.filter(\.blocking.isEmpty).count
        var lines = [
            Text(
                en: "\(part.dataset): \(free) of \(part.candidates.count) places, nothing blocks; \(size(part))",
                fr: "\(part.dataset) : \(free) lieux sur \(part.candidates.count) que rien ne bloque ; \(size(part))"
            )[language]
        ]
        let shown = all ? part.candidates : Array(part.candidates.prefix(10))
        for (index, candidate) in shown.enumerated() { lines += row(index + 1, candidate) }
        // The plan's own place is always shown.
        if !all, let index = part.candidates.firstIndex(where: \.isPlanned), index >= shown.count {
            lines += row(index + 1, part.candidates[index])
        }
        let rest = part.candidates.count - shown.count
        if rest > 0 {
            lines.append(
                Text(en: "… \(rest) more: --all, --json or -o FILE", fr: "… \(rest) autres : --all, --json ou -o FILE")[
                    language])
        }
        return lines.joined(separator: "\n")
    }

    private func size(_ part: Part) -> Text {
        guard let bytes = part.bytes, let objects = part.objects else {
            return Text(en: "how much it is, nobody says", fr: "volume non indiqué")
        }
        let basis: Text
        switch part.basis {
        case .given: basis = Text(en: "given", fr: "donné")
        case .listed: basis = Text(en: "listed", fr: "listé")
        case .plan, .unknown: basis = Text(en: "expected by the plan", fr: "attendu par le plan")
        }
        return Text(
            en: "\(QuantityText.objects(objects)), \(QuantityText.bytes(bytes)) (\(basis))",
            fr: "\(QuantityText.objects(objects)), \(QuantityText.bytes(bytes)) (\(basis))")
    }

    private func row(_ rank: Int, _ candidate: Candidate) -> [String] {
        let mark = candidate.isPlanned ? "*" : " "
        let law = candidate.laws.isEmpty ? "?" : candidate.laws.joined(separator: "+")
        let unsure = candidate.isEuropean == nil ? "?" : ""
        let place = "\(candidate.provider)/\(candidate.region)"
        let head =
            Quantity.right("\(rank)", 3) + mark + " " + Quantity.left(place, 33)
            + Quantity.left(candidate.country ?? "?", 4)
            + Quantity.left(Text(en: "law \(law)\(unsure)", fr: "droit \(law)\(unsure)")[language], 14)
        var lines = [head + month(candidate)[language]]
        var rules: [Text] = []
        if !candidate.blocking.isEmpty {
            let list = candidate.blocking.joined(separator: ", ")
            rules.append(Text(en: "blocked by \(list)", fr: "bloqué par \(list)"))
        }
        if !candidate.warning.isEmpty {
            let list = candidate.warning.joined(separator: ", ")
            rules.append(Text(en: "warns \(list)", fr: "avertit \(list)"))
        }
        rules.append(
            Text(en: "\(candidate.satisfied.count) hold", fr: "\(candidate.satisfied.count) satisfaites"))
        lines.append(
            "      " + rules.map { $0[language] }.joined(separator: language == .french ? " ; " : "; ")
                + move(candidate)[language])
        for fact in candidate.missing.prefix(3) {
            let doubt = fact.doubt?.words ?? .empty
            lines.append(
                "      "
                    + Text(en: "missing: \(fact.name) (\(doubt))", fr: "il manque : \(fact.name) (\(doubt))")[language])
        }
        return lines
    }

    private func month(_ candidate: Candidate) -> Text {
        guard candidate.estimate != nil else { return .empty }
        guard let month = candidate.month else { return Text(en: "price unknown", fr: "prix inconnu") }
        let money = QuantityText.money(month)
        return Text(en: "\(money) a month", fr: "\(money) par mois")
    }

    /// Time and cost of the move there.
    private func move(_ candidate: Candidate) -> Text {
        guard let seconds = candidate.estimate?.seconds else { return .empty }
        let span = QuantityText.duration(seconds.low) + Text("–") + QuantityText.duration(seconds.high)
        let once = candidate.estimate?.costs.filter { $0.kind != .storageMonth } ?? []
        let known = once.compactMap(\.amount)
        guard known.count == once.count, let first = known.first,
            known.allSatisfy({ $0.currency == first.currency || $0.amount == 0 })
        else { return Text(en: "; move \(span), cost not known", fr: " ; transfert \(span), coût inconnu") }
        let sum = Money(known.reduce(0) { $0 + $1.amount }, first.currency)
        let money = QuantityText.money(sum)
        return Text(en: "; move \(span), \(money)", fr: " ; transfert \(span), \(money)")
    }

    /// One line a place, as RFC 4180 has it; what is not known stays empty.
    var csv: String {
        var rows = [
            [
                "dataset", "rank", "provider", "service", "region", "country", "laws", "european law alone", "planned",
                "blocked by", "warns", "holds", "missing", "month", "currency", "move seconds low",
                "move seconds high", "judged on", "rulebook", "rulebook hash",
            ]
        ]
        for part in datasets {
            for (index, candidate) in part.candidates.enumerated() {
                let seconds = candidate.estimate?.seconds
                rows.append([
                    part.dataset, "\(index + 1)", candidate.provider, candidate.service, candidate.region,
                    candidate.country ?? "", candidate.laws.joined(separator: " "),
                    candidate.isEuropean.map { "\($0)" } ?? "", "\(candidate.isPlanned)",
                    candidate.blocking.joined(separator: " "), candidate.warning.joined(separator: " "),
                    candidate.satisfied.joined(separator: " "),
                    candidate.missing.map { $0.name[language] }.joined(separator: "; "),
                    candidate.month.map { "\($0.amount)" } ?? "", candidate.month?.currency ?? "",
                    seconds.map { "\(Int($0.low))" } ?? "", seconds.map { "\(Int($0.high))" } ?? "",
                    day.description, rulebook, rulebookHash,
                ])
            }
        }
        return rows.map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
            ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
