import ArgumentParser
import Glibc
import HavreModel

/// The language of a report.
struct LanguageOption: ParsableArguments {
    @Option(
        name: .customLong("lang"), help: "Language of the report: en or fr. Default: HAVRE_LANG, else en.",
        transform: Self.read)
    var chosen: Text.Language?

    /// What flag or environment say, else English.
    var language: Text.Language {
        if let chosen { return chosen }
        return getenv("HAVRE_LANG").flatMap { Text.Language(rawValue: String(cString: $0)) } ?? .english
    }

    private static func read(_ word: String) throws -> Text.Language {
        guard let language = Text.Language(rawValue: word) else {
            throw ValidationError("\(Quotation.of(word)) is no language of reports; expected `en` or `fr`")
        }
        return language
    }
}
