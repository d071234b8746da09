/// A text in the languages of those who read verdicts.
///
/// Written as `Text(en: "… \(hop.title) …", fr: "… \(hop.title) …")`: a `Text` inside a phrase appears in the language
/// of the phrase.
public struct Text: Hashable, Sendable, Codable {
    /// Languages of verdicts and reports.
    public enum Language: String, Hashable, Sendable, CaseIterable {
        /// English.
        case english = "en"
        /// French.
        case french = "fr"
    }

    /// A phrase in one language, with texts of both inside.
    public struct Phrase: ExpressibleByStringInterpolation, Hashable, Sendable {
        /// Gathers both readings.
        public struct StringInterpolation: StringInterpolationProtocol {
            var english = ""
            var french = ""

            public init(literalCapacity: Int, interpolationCount: Int) {}

            public mutating func appendLiteral(_ literal: String) {
                english += literal
                french += literal
            }

            /// A text, in the language of the phrase.
            public mutating func appendInterpolation(_ text: Text) {
                english += text.english
                french += text.french
            }

            /// A value that reads the same in both.
            public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
                appendLiteral(value.description)
            }
        }

        let english: String
        let french: String

        public init(stringLiteral value: String) {
            english = value
            french = value
        }

        public init(stringInterpolation: StringInterpolation) {
            english = stringInterpolation.english
            french = stringInterpolation.french
        }

        private init(english: String, french: String) {
            self.english = english
            self.french = french
        }

        /// One behind the other.
        public static func + (left: Phrase, right: Phrase) -> Phrase {
            Phrase(english: left.english + right.english, french: left.french + right.french)
        }
    }

    /// In English.
    public var english: String
    /// In French.
    public var french: String

    /// Says it in both.
    public init(en english: Phrase, fr french: Phrase) {
        self.english = english.english
        self.french = french.french
    }

    /// What reads the same in both: a name, a reference, a number.
    public init(_ same: String) {
        english = same
        french = same
    }

    /// Nothing.
    public static let empty = Text("")

    /// Between the parts of a list.
    public static let semicolon = Text(en: "; ", fr: " ; ")

    /// Whether nothing is said.
    public var isEmpty: Bool { english.isEmpty && french.isEmpty }

    /// The text in `language`.
    public subscript(language: Language) -> String {
        switch language {
        case .english: english
        case .french: french
        }
    }

    /// One behind the other.
    public static func + (left: Text, right: Text) -> Text {
        var joined = left
        joined.english += right.english
        joined.french += right.french
        return joined
    }

    enum CodingKeys: String, CodingKey {
        case english = "en"
        case french = "fr"
    }

    /// Reads `{en: …, fr: …}`, or a plain string: a name that reads the same in both.
    public init(from decoder: any Decoder) throws {
        if let same = try? decoder.singleValueContainer().decode(String.self) {
            self.init(same)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let english = try container.decode(String.self, forKey: .english)
        let french = try container.decode(String.self, forKey: .french)
        self.init(en: "\(english)", fr: "\(french)")
    }
}

extension Sequence<Text> {
    /// All of them with `separator` between.
    public func joined(separator: String) -> Text { joined(separator: Text(separator)) }

    /// All of them with `separator` between, as each language writes it.
    public func joined(separator: Text) -> Text {
        var result = Text.empty
        var isFirst = true
        for text in self {
            if !isFirst { result = result + separator }
            result = result + text
            isFirst = false
        }
        return result
    }
}
