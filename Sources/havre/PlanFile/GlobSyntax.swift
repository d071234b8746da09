/// The syntax of the globs of a plan: `*` and `?` within a component, `**` across components, `[a-z]`, `[!a-z]`,
/// and `\` before a character that is meant as it is. Alternatives in braces are refused: they are two globs.
enum GlobSyntax {
    /// What is wrong with a glob; nil where nothing is.
    static func problem(in glob: String) -> String? {
        let characters = Array(glob.unicodeScalars)
        var index = 0
        while index < characters.count {
            switch characters[index] {
            case "\\":
                guard index + 1 < characters.count else { return "ends with a backslash" }
                index += 1
            case "[":
                guard let end = classEnd(characters, from: index) else {
                    return "has a `[` without `]`, or a range that runs backwards"
                }
                index = end
            case "{", "}": return "has a brace: write one glob for each alternative, or `\\{` for the character"
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The index of the `]` that ends the class that begins at `start`.
    private static func classEnd(_ characters: [Unicode.Scalar], from start: Int) -> Int? {
        var index = start + 1
        if index < characters.count, characters[index] == "!" || characters[index] == "^" { index += 1 }
        let first = index
        while index < characters.count {
            if characters[index] == "]", index > first { return index }
            if characters[index] == "/" { return nil }
            if index + 2 < characters.count, characters[index + 1] == "-", characters[index + 2] != "]" {
                if characters[index] > characters[index + 2] { return nil }
                index += 2
            }
            index += 1
        }
        return nil
    }
}
