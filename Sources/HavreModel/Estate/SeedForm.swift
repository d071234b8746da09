/// What one value of a catalogue or rulebook file may be. Each form refuses what it does not mean, so that no fact
/// is read as another one than it was written.
public enum SeedForm: Hashable, Sendable {
    /// Text for people, not empty.
    case text
    /// An id: letters, digits, `.`, `_`, `-`.
    case name
    /// ISO 3166-1 alpha-2.
    case country
    /// ISO 3166-1 alpha-2, or `EU`.
    case law
    /// ISO 4217.
    case currency
    /// `YYYY-MM-DD`.
    case day
    /// A share in percent.
    case share
    /// An amount of money, not below zero.
    case amount
    /// A whole number above zero.
    case count
    /// An https URL with `{region}`, `{account}` and `{namespace}` left open.
    case endpoint
    /// `true` or `false`.
    case boolean
    /// One of these.
    case word([String])

    /// Parts of an endpoint that the catalogue leaves open.
    public static let openParts = ["{region}", "{account}", "{namespace}"]

    /// What belongs here, with an article.
    public var noun: String {
        switch self {
        case .text: "text that is not empty"
        case .name: "an id of letters, digits, `.`, `_` and `-`; at most 64"
        case .country: "a country of two capital letters (ISO 3166-1)"
        case .law: "whose law holds: a country of two capital letters (ISO 3166-1), or EU"
        case .currency: "a currency of three capital letters (ISO 4217)"
        case .day: "a day such as 2026-11-24"
        case .share: "a share from 0 to 100, in percent"
        case .amount: "an amount, 0 or more"
        case .count: "a whole number from 1 to \(Self.maxCount)"
        case .endpoint: "an https URL, in which {region}, {account} and {namespace} may stand"
        case .boolean: "`true` or `false`"
        case .word(let words): words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")
        }
    }

    /// The words that it takes; empty where it is open.
    public var words: [String] { if case .word(let words) = self { words } else { [] } }

    /// What `text` most likely means; nil where nothing is known.
    public func suggestion(for text: String) -> String? {
        guard self == .country || self == .law else { return nil }
        // Codes of the EU's own style guide that ISO 3166-1 has under another name.
        let meant = ["UK": "GB", "EL": "GR"][text.uppercased()] ?? text.uppercased()
        return meant != text && accepts(meant) ? meant : nil
    }

    /// Whether it is written as text, and not as a number or a boolean.
    public var isText: Bool {
        switch self {
        case .share, .amount, .count, .boolean: false
        case .text, .name, .country, .law, .currency, .day, .endpoint, .word: true
        }
    }

    private static let maxCount = 1_000_000

    /// Whether `text` is of this form.
    public func accepts(_ text: String) -> Bool {
        switch self {
        case .text:
            text.unicodeScalars.contains { $0.value > 0x20 } && !text.unicodeScalars.contains { $0.value < 0x20 }
        case .name: Self.isName(text)
        case .country: ISOCountry.codes.contains(text)
        case .law: text == Jurisdictions.Circle.eu.rawValue || ISOCountry.codes.contains(text)
        case .currency: text.utf8.count == 3 && text.utf8.allSatisfy { (0x41...0x5a).contains($0) }
        case .day: Day(text) != nil
        case .share: Self.decimal(text).map { $0 <= 100 } ?? false
        case .amount: Self.decimal(text) != nil
        case .count: Int(text).map { (1...Self.maxCount).contains($0) } ?? false
        case .endpoint: Self.isEndpoint(text)
        case .boolean: text == "true" || text == "false"
        case .word(let words): words.contains(text)
        }
    }

    /// A decimal number that is not negative, written with digits and at most one point.
    private static func decimal(_ text: String) -> Double? {
        guard text.utf8.count <= 24, text.utf8.first != 0x2e,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e })
        else { return nil }
        return Double(text)
    }

    private static func isName(_ text: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        guard let first = text.utf8.first, isPlain(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { isPlain($0) || $0 == 0x2e || $0 == 0x5f || $0 == 0x2d }
    }

    private static func isEndpoint(_ text: String) -> Bool {
        let scheme = "https://"
        guard text.utf8.count <= 2048, text.hasPrefix(scheme) else { return false }
        var rest = String(text.dropFirst(scheme.count))
        for part in openParts { rest = rest.replacing(part, with: "x") }
        // No path: a bucket follows, or stands before.
        guard let first = rest.utf8.first, first != 0x2e, first != 0x2d, first != 0x3a else { return false }
        let name = rest.prefix { $0 != ":" }
        let isHost = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || $0 == 0x2e
                || $0 == 0x2d
        }
        guard isHost else { return false }
        guard name.count < rest.count else { return true }
        return UInt16(rest.dropFirst(name.count + 1)).map { $0 > 0 } ?? false
    }
}
