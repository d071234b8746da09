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

    /// What all of it rests on.
    struct Heading: Encodable, Sendable {
        let plan: String
        let planHash: String
        let catalogueHash: String
        let rulebook: String
        let rulebookHash: String
        let day: Day
    }

    let heading: Heading
    let datasets: [Part]
    let all: Bool
    let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case datasets
    }

    func encode(to encoder: any Encoder) throws {
        try heading.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(datasets, forKey: .datasets)
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
        if !candidate.derogated.isEmpty {
            let list = candidate.derogated.joined(separator: ", ")
            rules.append(Text(en: "derogated \(list)", fr: "sous dérogation \(list)"))
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
        guard let move = candidate.move else {
            return Text(en: "; move \(span), cost not known", fr: " ; transfert \(span), coût inconnu")
        }
        let money = QuantityText.money(move)
        return Text(en: "; move \(span), \(money)", fr: " ; transfert \(span), \(money)")
    }
}

/// One dataset, as an encoder sees it: places with their rank, amounts to the cent.
extension WhereReport.Part {
    private enum CodingKeys: String, CodingKey {
        case dataset, objects, bytes, basis, candidates
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(dataset, forKey: .dataset)
        try fields.encodeIfPresent(objects, forKey: .objects)
        try fields.encodeIfPresent(bytes, forKey: .bytes)
        try fields.encode(basis, forKey: .basis)
        try fields.encode(candidates.map(WhereReport.toTheCent), forKey: .candidates)
    }
}

extension WhereReport {
    /// Amounts as a bill has them.
    static func toTheCent(_ candidate: Candidate) -> Candidate {
        var candidate = candidate
        guard var estimate = candidate.estimate else { return candidate }
        for index in estimate.costs.indices {
            guard let amount = estimate.costs[index].amount else { continue }
            estimate.costs[index].amount = Money((amount.amount * 100).rounded() / 100, amount.currency)
        }
        candidate.estimate = estimate
        return candidate
    }

    /// A line of the stream: what all rests on, a dataset, or a place with its rank.
    struct Line: CommandResult {
        private enum Content: Sendable {
            case heading(Heading)
            case dataset(Part)
            case place(Candidate, rank: Int, of: String)
        }

        private enum CodingKeys: String, CodingKey {
            case type, dataset, rank, objects, bytes, basis, places
        }

        private let content: Content

        init(_ heading: Heading) { content = .heading(heading) }

        fileprivate init(_ part: Part) { content = .dataset(part) }

        fileprivate init(_ candidate: Candidate, rank: Int, of dataset: String) {
            content = .place(candidate, rank: rank, of: dataset)
        }

        /// Lines are for machines; a person reads the report.
        var description: String { (try? Output.encode(self, pretty: false)) ?? "" }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            switch content {
            case .heading(let heading):
                try fields.encode("comparison", forKey: .type)
                try heading.encode(to: encoder)
            case .dataset(let part):
                try fields.encode("dataset", forKey: .type)
                try fields.encode(part.dataset, forKey: .dataset)
                try fields.encodeIfPresent(part.objects, forKey: .objects)
                try fields.encodeIfPresent(part.bytes, forKey: .bytes)
                try fields.encode(part.basis, forKey: .basis)
                try fields.encode(part.candidates.count, forKey: .places)
            case .place(let candidate, let rank, let dataset):
                try fields.encode("place", forKey: .type)
                try fields.encode(dataset, forKey: .dataset)
                try fields.encode(rank, forKey: .rank)
                try WhereReport.toTheCent(candidate).encode(to: encoder)
            }
        }
    }

    /// A dataset and its places, the best first.
    static func lines(_ part: Part) -> [Line] {
        [Line(part)]
            + part.candidates.enumerated().map { Line($1, rank: $0 + 1, of: part.dataset) }
    }
}
