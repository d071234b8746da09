import ArgumentParser
import HavreModel

/// What the rules say.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Show the rules that judge every plan.",
        discussion: """
            Examples:

              havre rules list
              havre rules explain R10 --lang fr
              havre rules list --json
            """,
        subcommands: [List.self, Explain.self])

    /// All rules.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the rules, and what follows where one does not hold.",
            discussion: """
                Examples:

                  havre rules list
                  havre rules list --lang fr --json
                """)

        @OptionGroup var speech: LanguageOption
        @OptionGroup var output: Output

        func run() throws { try output.emit(RulesList(CatalogueFile.load().rulebook, speech.language)) }
    }

    /// One rule.
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Explain one rule: what must hold, why, on which basis.",
            discussion: """
                Examples:

                  havre rules explain R10
                  havre rules explain R4 --lang fr --json
                """)

        @Argument(help: "The rule, for example R10.")
        var rule: String

        @OptionGroup var speech: LanguageOption
        @OptionGroup var output: Output

        func run() throws {
            let book = try CatalogueFile.load().rulebook
            guard let article = book.article(rule) ?? book.article(rule.uppercased()) else {
                let nearest = NearestWord.to(rule, among: book.ruleIDs).map { "; did you mean `\($0)`?" } ?? ""
                throw CommandFailure(
                    .usage,
                    "\(Quotation.of(rule)) is no rule; there are \(book.ruleIDs.joined(separator: ", "))\(nearest)")
            }
            try output.emit(RuleSheet(article, of: book, speech.language))
        }
    }
}
