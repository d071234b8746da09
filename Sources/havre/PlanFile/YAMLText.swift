import HavreModel

/// The text of a YAML file, checked before any parser sees it: size, encoding, characters, and what
/// would let a small file cost much memory or time.
struct YAMLText {
    /// Larger files are refused.
    static let maxBytes = 4 << 20
    /// A file that would make more nodes than this is refused.
    static let maxNodes = 200_000
    /// Aliases that a file may use.
    static let maxAliases = 10_000
    /// Aliases that it may use where a key may be more than a word: nested ones multiply, and the parser, which
    /// compares keys, walks all that they stand for.
    static let maxAliasesBesideComplexKeys = 16

    /// The text, without a byte order mark.
    let text: String

    /// Checks `bytes`; throws the one issue that makes the file unreadable.
    init(bytes: some Collection<UInt8>, file: String) throws(PlanFileError) {
        func refuse(_ problem: String, _ mark: Mark, expected: String? = nil) -> PlanFileError {
            PlanFileError(issues: [PlanIssue(file: file, mark: mark, path: "", problem: problem, expected: expected)])
        }
        let start = Mark(line: 1, column: 1)
        guard bytes.count <= Self.maxBytes else {
            throw refuse("the file is larger than 4 MiB", start, expected: "at most 4 MiB")
        }
        var content = ArraySlice(Array(bytes))
        if content.starts(with: [0xef, 0xbb, 0xbf]) { content = content.dropFirst(3) }
        if content.starts(with: [0xff, 0xfe]) || content.starts(with: [0xfe, 0xff]) {
            throw refuse("the file is UTF-16", start, expected: "UTF-8")
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw refuse("the file is not UTF-8 here", Self.firstInvalid(content), expected: "UTF-8")
        }
        self.text = text
        if let (problem, mark, expected) = Self.hazard(text) { throw refuse(problem, mark, expected: expected) }
    }

    /// Where the bytes stop being UTF-8.
    private static func firstInvalid(_ bytes: ArraySlice<UInt8>) -> Mark {
        var decoder = UTF8()
        var source = bytes.makeIterator()
        var mark = Mark(line: 1, column: 1)
        while case .scalarValue(let scalar) = decoder.decode(&source) {
            if scalar == "\n" {
                mark = Mark(line: mark.line + 1, column: 1)
            } else {
                mark.column += 1
            }
        }
        return mark
    }

    /// Characters that YAML does not allow (YAML 1.2, production 1), tabs that indent, and too much structure.
    private static func hazard(_ text: String) -> (String, Mark, String?)? {
        var mark = Mark(line: 1, column: 1)
        var indenting = true
        var tab: Mark?
        var nodes = 0
        var aliases = Aliases()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0a, 0x0d, 0x20...0x7e, 0x85, 0xa0...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...:
                break
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                return ("a character that YAML does not allow (U+\(hex))", mark, "printable text")
            }
            aliases.take(scalar, at: mark)
            if let place = aliases.excess { return ("more aliases than can be followed", place, "values written out") }
            switch scalar {
            case ",", "\n", "[", "{", ":", "-": nodes += 1
            default: break
            }
            if nodes > maxNodes { return ("the file holds more entries than a plan can", mark, nil) }
            if indenting {
                switch scalar {
                case " ", "\r", "\n": break
                case "\t": tab = tab ?? mark
                default:
                    if let tab, scalar != "#" {
                        return ("a tab indents this line", tab, "spaces")
                    }
                    indenting = false
                }
            }
            if scalar == "\n" {
                mark = Mark(line: mark.line + 1, column: 1)
                indenting = true
                tab = nil
            } else {
                mark.column += 1
            }
        }
        return nil
    }
}

/// Counts what may be aliases, and notices what may be a key that is more than a word. It knows no quotes: it may count
/// too much, never too little.
private struct Aliases {
    private var count = 0
    private var hasComplexKey = false
    private var previous: Unicode.Scalar = "\n"
    private var lastInk: Unicode.Scalar = "\n"
    private var star: Mark?
    private var question = false
    private var inAlias = false
    /// Where the first alias stands that is too many.
    private(set) var excess: Mark?

    mutating func take(_ scalar: Unicode.Scalar, at mark: Mark) {
        let isBlank = scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
        if let place = star {
            // `*name` behind something that can end a token. Globs in quotes are none.
            if Self.isWord(scalar) {
                count += 1
                inAlias = true
                let most = hasComplexKey ? YAMLText.maxAliasesBesideComplexKeys : YAMLText.maxAliases
                if count > most { excess = excess ?? place }
            }
            star = nil
        } else if inAlias, !Self.isWord(scalar), !isBlank {
            if scalar == ":" { complexKey(at: mark) }
            inAlias = false
        }
        if question, isBlank { complexKey(at: mark) }
        question = scalar == "?" && !Self.isWord(previous)
        if scalar == ":", lastInk == "]" || lastInk == "}" { complexKey(at: mark) }
        if scalar == "*", !Self.isWord(previous), !["\"", "'", "*", "/", "."].contains(previous) { star = mark }
        previous = scalar
        if !isBlank { lastInk = scalar }
    }

    private mutating func complexKey(at mark: Mark) {
        hasComplexKey = true
        if count > YAMLText.maxAliasesBesideComplexKeys { excess = excess ?? mark }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }
}
