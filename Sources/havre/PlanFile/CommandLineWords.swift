/// Splits a command written in one line into its words, without a shell.
enum CommandLineWords {
    /// The words; nil where quotes are open, nothing stands, or a shell would be needed (`|`, `$`, `>`, …).
    static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var escaped = false
        for character in line {
            if escaped {
                word = (word ?? "") + String(character)
                escaped = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    escaped = true
                } else if open == "\"", character == "$" || character == "`" {
                    return nil
                } else {
                    word = (word ?? "") + String(character)
                }
            } else {
                switch character {
                case "'", "\"":
                    quote = character
                    word = word ?? ""
                case "\\": escaped = true
                case " ", "\t":
                    if let done = word { words.append(done) }
                    word = nil
                case "|", "&", ";", "<", ">", "(", ")", "$", "`", "*", "?", "~", "#", "{", "}": return nil
                default: word = (word ?? "") + String(character)
                }
            }
        }
        guard quote == nil, !escaped else { return nil }
        if let done = word { words.append(done) }
        guard let program = words.first, !program.isEmpty else { return nil }
        return words
    }
}
