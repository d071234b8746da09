import HavreModel

/// One thing that is wrong in a plan or catalogue file, and where.
struct PlanIssue: Hashable, Sendable {
    /// The file as the operator named it.
    var file: String
    /// Line and column, from 1; columns count Unicode scalars.
    var mark: Mark
    /// The dotted path of the place (`datasets.a.to.provider`); empty for the file as a whole.
    var path: String
    /// What is wrong, for a person, without the place.
    var problem: String
    /// What stands there; nil where it may be a secret or nothing stands there.
    var found: String?
    /// What should stand there.
    var expected: String?
    /// The nearest valid word.
    var nearest: String?

    /// Problem, expectation and nearest word in one sentence.
    var message: String {
        var text = problem
        if let expected { text += "; expected \(expected)" }
        if let nearest { text += "; did you mean `\(nearest)`?" }
        return text
    }
}

extension PlanIssue: CustomStringConvertible {
    var description: String { "\(file):\(mark.line):\(mark.column): \(message)" }
}

extension PlanIssue: Encodable {
    private enum Field: String, CodingKey {
        case file, line, column, path, message, found, expected, nearest
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encode(file, forKey: .file)
        try fields.encode(mark.line, forKey: .line)
        try fields.encode(mark.column, forKey: .column)
        try fields.encode(path, forKey: .path)
        try fields.encode(message, forKey: .message)
        try fields.encodeIfPresent(found, forKey: .found)
        try fields.encodeIfPresent(expected, forKey: .expected)
        try fields.encodeIfPresent(nearest, forKey: .nearest)
    }
}

/// Everything that is wrong in one file, in the order of the file.
struct PlanFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one issue.
    var issues: [PlanIssue]

    /// One issue a line.
    var description: String { issues.map(\.description).joined(separator: "\n") }
}

/// How text from a file is shown in a message: in backquotes, on one line, shortened.
enum Quotation {
    /// `text` in backquotes. Control characters are escaped; beyond 60 characters it is cut.
    static func of(_ text: String) -> String {
        // Whatever looks like a private key is never repeated, wherever it stands.
        if text.uppercased().contains("AGE-SECRET-KEY") { return "a private key (not shown)" }
        var shown = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == 60 {
                shown += "…"
                break
            }
            switch scalar {
            case "\n": shown += "\\n"
            case "\r": shown += "\\r"
            case "\t": shown += "\\t"
            case "`": shown += "'"
            default:
                if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
                    shown += "\\x" + String(scalar.value, radix: 16)
                } else if scalar.properties.generalCategory == .format
                    || scalar.properties.generalCategory == .lineSeparator
                {
                    shown += "\\u{" + String(scalar.value, radix: 16) + "}"
                } else {
                    shown.unicodeScalars.append(scalar)
                }
            }
        }
        return "`" + shown + "`"
    }

    /// `a`, `b` or `c`: at most twenty-four, then how many more there are.
    static func list(_ words: [String]) -> String {
        let shown = words.prefix(24).map(of)
        if words.count > 24 { return shown.joined(separator: ", ") + " or one of \(words.count - 24) more" }
        guard let last = shown.last else { return "nothing" }
        if shown.count == 1 { return last }
        return shown.dropLast().joined(separator: ", ") + " or " + last
    }
}
