/// What one scalar may be: its JSON type, its pattern, and what no pattern can say.
struct ScalarForm: Sendable {
    /// The JSON types that it takes.
    enum Kind: Sendable {
        /// Text. A plain number or boolean in YAML is none.
        case text
        /// Text, and numbers taken as they are written.
        case freeText
        /// `true` or `false`.
        case boolean
        /// A whole number in decimal.
        case integer(ClosedRange<Int>)
        /// Text or a whole number that is not negative.
        case textOrInteger
        /// One of some words.
        case words([String])
    }

    /// What a name refers to.
    enum Reference: Hashable, Sendable {
        case provider, key, dataset, catalogueProvider, rule, signer
    }

    /// What belongs here, with an article (`a size such as 10MiB`).
    var noun: String
    /// Its JSON types.
    var kind: Kind
    /// What the whole text matches; only what Swift's and ECMA-262's regular expressions read alike.
    var pattern: String?
    /// What it refers to, where it does.
    var reference: Reference?
    /// Words that the design names and this version does not read: a prefix and what it is.
    var later: [(prefix: String, what: String)] = []
    /// What no pattern can say: nil where the text is right, else what is wrong with it.
    var check: (@Sendable (String) -> String?)?
    /// An example, for the schema.
    var example: String?

    /// The longest scalar that any form takes.
    static let maxLength = 4096

    init(
        _ noun: String, _ kind: Kind, pattern: String? = nil, reference: Reference? = nil,
        later: [(prefix: String, what: String)] = [], example: String? = nil,
        check: (@Sendable (String) -> String?)? = nil
    ) {
        self.noun = noun
        self.kind = kind
        self.pattern = pattern
        self.reference = reference
        self.later = later
        self.example = example
        self.check = check
    }

    /// One of `words`.
    static func words(_ words: [String]) -> ScalarForm { ScalarForm(Quotation.list(words), .words(words)) }

    /// Some text for people, not empty.
    static func text(_ noun: String, example: String? = nil) -> ScalarForm {
        ScalarForm(
            noun, .freeText, pattern: "[^\\u0000-\\u001f]*[^\\u0000-\\u0020][^\\u0000-\\u001f]*", example: example)
    }

    /// `true` or `false`.
    static let boolean = ScalarForm("`true` or `false`", .boolean)

    /// A whole number in a range.
    static func integer(_ range: ClosedRange<Int>, _ noun: String? = nil) -> ScalarForm {
        let text =
            range.upperBound == Int.max
            ? "a whole number from \(range.lowerBound)"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return ScalarForm(noun ?? text, .integer(range))
    }

    /// A name of a plan, provider, key or dataset.
    static func name(_ noun: String) -> ScalarForm {
        ScalarForm(
            "\(noun) (letters, digits, `.`, `_`, `-`; at most 64, a letter or digit first)", .freeText,
            pattern: "[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
    }

    /// A name that must stand elsewhere.
    static func reference(_ reference: Reference, _ noun: String) -> ScalarForm {
        ScalarForm(noun, .freeText, reference: reference)
    }
}
