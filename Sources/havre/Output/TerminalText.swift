import Glibc

/// Text that is fitted to a terminal's width: broken between words, never inside one.
enum TerminalText {
    /// `text` with every line broken at words to at most `columns`; what goes on stands under what it belongs to.
    /// A word that is longer than a line (a path, a hash) stays whole.
    static func wrap(_ text: String, columns: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.count <= columns ? String($0) : wrap(line: $0, columns) }
            .joined(separator: "\n")
    }

    private static func wrap(line: Substring, _ columns: Int) -> String {
        let indent = String(repeating: " ", count: min(hanging(line), columns / 2))
        var done = ""
        var current = ""
        var rest = line
        while !rest.isEmpty {
            let gap = rest.prefix { $0 == " " }
            let word = rest.dropFirst(gap.count).prefix { $0 != " " }
            rest = rest.dropFirst(gap.count + word.count)
            let isFirst = done.isEmpty && current.allSatisfy { $0 == " " } || current == indent
            if isFirst || current.count + gap.count + word.count <= columns {
                current += current == indent && !done.isEmpty ? word : gap + word
            } else {
                done += current + "\n"
                // A word too long for its place moves to the left as far as it must.
                current = String(indent.prefix(max(0, columns - word.count))) + word
            }
        }
        return done + current
    }

    /// The column at which a line goes on: behind its sign or label where one is set off by two spaces, else two
    /// further in than it began.
    private static func hanging(_ line: Substring) -> Int {
        let indent = line.prefix { $0 == " " }.count
        let characters = Array(line.prefix(24))
        var column = indent
        while column + 1 < characters.count {
            if characters[column] == " ", characters[column + 1] == " " {
                return column + line.dropFirst(column).prefix { $0 == " " }.count
            }
            column += 1
        }
        return indent + 2
    }
}

/// A terminal's size, asked anew each time.
enum TerminalSize {
    /// Columns of the terminal behind `descriptor`; 80 where it does not tell.
    static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
