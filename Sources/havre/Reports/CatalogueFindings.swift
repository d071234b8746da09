import HavreModel

/// What somebody should look at in a catalogue.
struct CatalogueFindings: CommandResult {
    /// What is the matter with a statement.
    enum Kind: String, Encodable, Sendable, CaseIterable {
        case contradictory, expired, disputed, pending, missing, unverified, future, stale, notYet, outOfScope

        var words: Text {
            switch self {
            case .contradictory: Text(en: "contradictory", fr: "contradictoire")
            case .expired: Doubt.expired.words
            case .disputed: Doubt.disputed.words
            case .pending: Doubt.pending.words
            case .missing: Doubt.missing.words
            case .unverified: Doubt.unverified.words
            case .future: Text(en: "verified in the future", fr: "vérifié dans le futur")
            case .stale: Text(en: "stale", fr: "trop ancien")
            case .notYet: Doubt.notYet.words
            case .outOfScope: Text(en: "without a region", fr: "sans région")
            }
        }

        init(_ doubt: Doubt) {
            switch doubt {
            case .missing: self = .missing
            case .unverified: self = .unverified
            case .pending: self = .pending
            case .disputed: self = .disputed
            case .expired: self = .expired
            case .notYet: self = .notYet
            case .outOfScope: self = .outOfScope
            }
        }
    }

    /// One of them.
    struct Finding: Encodable, Sendable {
        let kind: Kind
        let row: CatalogueRow

        private enum Field: String, CodingKey {
            case kind
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: Field.self)
            try fields.encode(kind, forKey: .kind)
            try row.encode(to: encoder)
        }
    }

    /// The day on which facts must hold.
    let on: Day
    /// Older looks are stale.
    let olderThanDays: Int
    /// How many statements were looked at.
    let statements: Int
    let findings: [Finding]
    private let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case on, olderThanDays, statements, findings
    }

    init(_ facts: CatalogueFacts, olderThan days: Int, _ language: Text.Language) {
        on = facts.day
        olderThanDays = days
        self.language = language
        let rows = facts.all
        statements = rows.count
        let contradictions = Self.contradictions(facts)
        findings = rows.flatMap { row -> [Finding] in
            var kinds = row.doubt.map { [Kind($0)] } ?? []
            if contradictions.contains("\(row.subject) \(row.fact)"), row.doubt == nil { kinds.append(.contradictory) }
            if let looked = row.verifiedOn {
                if facts.day < looked { kinds.append(.future) }
                if looked.number + days < facts.day.number { kinds.append(.stale) }
            }
            return kinds.map { Finding(kind: $0, row: row) }
        }
    }

    /// Subject and fact of statements that count, and that another one which counts contradicts.
    private static func contradictions(_ facts: CatalogueFacts) -> Set<String> {
        var found: Set<String> = []
        for provider in facts.catalogue.providers {
            if let greatest = provider.nonEUShareMax.known(on: facts.day),
                let sum = provider.nonEUShareSum.known(on: facts.day), sum < greatest
            {
                found.formUnion(["\(provider.id) nonEUShareMax", "\(provider.id) nonEUShareSum"])
            }
            for service in provider.services {
                func holding(_ status: Certification.Status, in region: String) -> [Certification] {
                    service.certifications.filter {
                        $0.status == status && $0.doubt(region: region, isOperatorsWord: false, on: facts.day) == nil
                    }
                }
                for region in service.regionIDs {
                    let refused = holding(.none, in: region)
                    for held in holding(.held, in: region) {
                        for other in refused where other.name.lowercased() == held.name.lowercased() {
                            for entry in [held, other] {
                                let version = entry.version.map { " \($0)" } ?? ""
                                found.insert("\(provider.id)/\(service.id) \(entry.name)\(version)")
                            }
                        }
                    }
                }
            }
        }
        return found
    }

    var description: String {
        var lines = findings.map { finding in
            let row = finding.row
            let place = row.place.map { $0 + ": " } ?? ""
            let kind = finding.kind.words[language]
            let value = row.value.map { " (\($0[language]))" } ?? ""
            let colon = Text(en: ": ", fr: " : ")[language]
            return "\(place)\(row.subject), \(row.name[language])\(value)\(colon)\(kind)"
        }
        var tally: [String] = []
        for kind in Kind.allCases {
            let count = findings.count { $0.kind == kind }
            if count > 0 { tally.append("\(count) \(kind.words[language])") }
        }
        let list = tally.joined(separator: ", ")
        lines.append(
            Text(
                en: "\(statements) statements on \(on): \(tally.isEmpty ? "nothing to look at" : list)",
                fr: "\(statements) énoncés au \(on) : \(tally.isEmpty ? "rien à revoir" : list)")[language])
        return lines.joined(separator: "\n")
    }
}
