import ArgumentParser
import HavreModel

/// What is known of hosts, and how well.
struct CatalogueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue",
        abstract: "Show what is known of hosts, and what of it somebody should look at.",
        discussion: """
            A catalogue of your own, --catalogue FILE, replaces what it states, no more.

            Examples:

              havre catalogue list
              havre catalogue show scaleway/object-storage/fr-par --lang fr
              havre catalogue check --older-than 90d --json
            """,
        subcommands: [List.self, Show.self, Check.self])

    /// All hosts, in short.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List hosts, their law, services, regions and certifications.",
            discussion: """
                Examples:

                  havre catalogue list
                  havre catalogue list --catalogue ours.yaml --json
                """)

        @OptionGroup var overlays: CatalogueOption
        @OptionGroup var speech: LanguageOption
        @OptionGroup var output: Output

        func run() throws {
            try output.emit(CatalogueList(overlays.load().catalogue, on: .today, speech.language))
        }
    }

    /// Every fact about a host, a service or a region.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every fact about a host, a service or a region.",
            discussion: """
                `jurisdictions` shows EU, EEA and adequacy.

                Examples:

                  havre catalogue show ovhcloud/object-storage/gra --catalogue ours.yaml
                  havre catalogue show jurisdictions --lang fr
                """)

        @Argument(help: ArgumentHelp("PROVIDER, PROVIDER/SERVICE or PROVIDER/SERVICE/REGION.", valueName: "what"))
        var subject: String

        @OptionGroup var overlays: CatalogueOption
        @OptionGroup var speech: LanguageOption
        @OptionGroup var output: Output

        func run() throws {
            try output.emit(
                CatalogueSheet(subject, CatalogueFacts(overlays.load(), on: .today), speech.language))
        }
    }

    /// What somebody should look at.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name the facts that somebody should look at, with file and line.",
            discussion: """
                Examples:

                  havre catalogue check --older-than 90d --strict
                  havre catalogue check --on 2027-06-30 --catalogue ours.yaml
                """)

        @Option(
            name: .long, help: ArgumentHelp("A look before so many days is stale. Default: 365d.", valueName: "days"),
            transform: Self.days)
        var olderThan = 365

        @Option(
            name: .long, help: ArgumentHelp("The day to check for. Default: today.", valueName: "day"),
            transform: Self.day)
        var on: Day?

        @Flag(name: .long, help: "Exit 1 where anything is found.")
        var strict = false

        @OptionGroup var overlays: CatalogueOption
        @OptionGroup var speech: LanguageOption
        @OptionGroup var output: Output

        func run() throws {
            let facts = CatalogueFacts(try overlays.load(), on: on ?? .today)
            let result = CatalogueFindings(facts, olderThan: olderThan, speech.language)
            try output.emit(result)
            if strict, !result.findings.isEmpty { throw CommandFailure(.failed, "") }
        }

        private static func days(_ text: String) throws -> Int {
            guard text.hasSuffix("d"), let days = Int(text.dropLast()), (0...100_000).contains(days) else {
                throw ValidationError("\(Quotation.of(text)) is no number of days; expected for example 365d")
            }
            return days
        }

        private static func day(_ text: String) throws -> Day {
            guard let day = Day(text) else {
                throw ValidationError("\(Quotation.of(text)) is no day; expected for example 2026-11-24")
            }
            return day
        }
    }
}
