import HavreModel

/// A YAML document as a tree with places; aliases are written out, depth and size are bounded.
struct YAMLNode: Sendable {
    /// Where it begins.
    var mark: Mark
    /// What it is.
    var content: Content

    /// What a node holds.
    indirect enum Content: Sendable {
        /// Text; `plain` where it stands without quotes, so that `true`, `12` and nothing mean what they mean.
        case scalar(String, plain: Bool)
        /// A sequence.
        case list([YAMLNode])
        /// A mapping, in the order of the file.
        case map([Entry])
    }

    /// One key of a mapping and its value.
    struct Entry: Sendable {
        /// The key.
        var key: String
        /// Where the key stands.
        var mark: Mark
        /// Its value.
        var value: YAMLNode
    }

    /// The value of `key` where this is a mapping that has it.
    subscript(key: String) -> YAMLNode? { entry(key)?.value }

    /// The entry of `key` where this is a mapping that has it.
    func entry(_ key: String) -> Entry? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key == key }
    }

    /// What a plain scalar means in the core schema of YAML 1.2 (section 10.3.2).
    enum Meaning: Sendable {
        case null, boolean(Bool), number, text
    }

    /// What this means; nil where it is no scalar.
    var meaning: Meaning? {
        guard case .scalar(let text, let plain) = content else { return nil }
        guard plain else { return .text }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        default: return Self.isNumber(text) ? .number : .text
        }
    }

    /// `[-+]?[0-9]+`, `0o7`, `0xf`, `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, `.inf`, `.nan`
    private static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text)
        if rest.hasPrefix("0o") || rest.hasPrefix("0x") {
            let base = rest.hasPrefix("0o") ? 8 : 16
            let digits = rest.dropFirst(2)
            return !digits.isEmpty && digits.allSatisfy { $0.isASCII && ($0.hexDigitValue ?? 16) < base }
        }
        if [".nan", ".NaN", ".NAN"].contains(text) { return true }
        if let sign = rest.first, sign == "-" || sign == "+" { rest = rest.dropFirst() }
        if [".inf", ".Inf", ".INF"].contains(rest) { return true }
        let digit: (Character) -> Bool = { ("0"..."9").contains($0) }
        let whole = rest.prefix(while: digit)
        rest = rest.dropFirst(whole.count)
        var fraction: Substring = ""
        if rest.first == "." {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: digit)
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return false }
        if rest.isEmpty { return true }
        guard rest.first == "e" || rest.first == "E" else { return false }
        rest = rest.dropFirst()
        if let sign = rest.first, sign == "-" || sign == "+" { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(digit)
    }

    /// What this is, for a message, without its content.
    var kind: String {
        switch content {
        case .list: return "a list"
        case .map: return "a mapping"
        case .scalar:
            switch meaning {
            case .null, nil: return "nothing"
            case .boolean: return "a boolean"
            case .number: return "a number"
            case .text: return "text"
            }
        }
    }
}
