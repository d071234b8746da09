import ArgumentParser
import Glibc
import HavreModel

/// In which language results speak to people. JSON has both where it holds texts.
struct LanguageOption: ParsableArguments {
    @Option(
        name: .customLong("lang"), help: "Language: en or fr. Default: HAVRE_LANG, else en.", transform: Self.read)
    var lang: Text.Language?

    /// The language: flag, then environment, then English.
    var language: Text.Language { lang ?? Self.environment ?? .english }

    func validate() throws {
        if lang == nil, let word = Self.word, Self.environment == nil {
            throw ValidationError("HAVRE_LANG is \(Quotation.of(word)); expected en or fr")
        }
    }

    private static func read(_ word: String) throws -> Text.Language {
        guard let language = Text.Language(rawValue: word) else {
            throw ValidationError("\(Quotation.of(word)) is no language; expected en or fr")
        }
        return language
    }

    private static var word: String? {
        guard let value = getenv("HAVRE_LANG"), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    private static var environment: Text.Language? { word.flatMap(Text.Language.init(rawValue:)) }
}
