import HavreModel

/// All rules, a line each.
struct RulesList: CommandResult {
    /// One rule.
    struct Entry: Encodable, Sendable {
        let id: String
        let severity: Verdict.Effect
        let derogable: Bool
        let predicate: Text
    }

    /// The rulebook's version.
    let rulebook: String
    /// SHA-256 of its canonical text, hex: what judgements and saved plans go by.
    let rulebookHash: String
    let rules: [Entry]
    private let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case rulebook, rulebookHash, rules
    }

    init(_ book: Rulebook, _ language: Text.Language) {
        rulebook = book.version
        rulebookHash = book.hash
        self.language = language
        rules = book.articles.map {
            Entry(
                id: $0.rule.id, severity: $0.entry.severity, derogable: $0.entry.derogable == true,
                predicate: $0.rule.predicate)
        }
    }

    var description: String {
        let head = Text(en: "Rulebook \(rulebook)", fr: "Recueil de règles \(rulebook)")[language]
        let foot = Text(
            en: "rulebook: \(rulebook), SHA-256 \(rulebookHash)",
            fr: "recueil : \(rulebook), SHA-256 \(rulebookHash)")[language]
        let width = rules.map { $0.severity.words[language].count }.max() ?? 0
        return
            ([head]
            + rules.map { rule in
                "\(Quantity.left(rule.id, 4)) \(Quantity.left(rule.severity.words[language], width))  "
                    + rule.predicate[language]
            } + [foot]).joined(separator: "\n")
    }
}

/// One rule, with everything that is said of it.
struct RuleSheet: CommandResult {
    /// The rulebook's version.
    let rulebook: String
    /// SHA-256 of its canonical text, hex: what judgements and saved plans go by.
    let rulebookHash: String
    let id: String
    let severity: Verdict.Effect
    let derogable: Bool
    let predicate: Text
    let explanation: Text
    let basis: Text
    let source: String
    let since: Day?
    private let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case rulebook, rulebookHash, id, severity, derogable, predicate, explanation, basis, source, since
    }

    init(_ article: Rulebook.Article, of book: Rulebook, _ language: Text.Language) {
        rulebook = book.version
        rulebookHash = book.hash
        id = article.rule.id
        severity = article.entry.severity
        derogable = article.entry.derogable == true
        predicate = article.rule.predicate
        explanation = article.rule.explanation
        basis = article.entry.basis
        source = article.entry.source
        since = article.entry.since
        self.language = language
    }

    var description: String {
        let unknown = Text(en: "not verified", fr: "non vérifié")
        let colon = Text(en: ": ", fr: " : ")[language]
        func line(_ name: Text, _ value: String) -> String { "  \(name[language])\(colon)\(value)" }
        return [
            "\(id)\(colon)\(predicate[language])", "",
            explanation[language], "",
            line(Text(en: "if not", fr: "sinon"), severity.words[language]),
            line(Text(en: "basis", fr: "fondement"), basis[language]),
            line(Text(en: "source", fr: "source"), source),
            line(Text(en: "in force since", fr: "en vigueur depuis"), since.map(\.description) ?? unknown[language]),
            line(
                Text(en: "derogation", fr: "dérogation"),
                (derogable
                    ? Text(
                        en: "a signed one is recorded beside the verdict",
                        fr: "signée, elle est notée à côté du verdict")
                    : Text(en: "none", fr: "aucune"))[language]),
            line(Text(en: "rulebook", fr: "recueil"), "\(rulebook), SHA-256 \(rulebookHash)"),
        ].joined(separator: "\n")
    }
}

extension Verdict.Effect {
    /// What follows, in a word.
    var words: Text {
        switch self {
        case .block: Text(en: "blocks", fr: "bloque")
        case .warn: Text(en: "warns", fr: "avertit")
        case .fact: Text(en: "states", fr: "constate")
        }
    }
}
