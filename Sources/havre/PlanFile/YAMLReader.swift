import HavreModel
import Yams

/// Makes a tree of a checked YAML text. Total: any text gives a tree or issues, in bounded time and memory.
struct YAMLReader {
    /// Deeper documents are refused.
    static let maxDepth = 64

    private let file: String
    private var issues: [PlanIssue] = []
    private var nodes = 0
    /// Keys that were renamed so that Yams, which stops at the first, takes duplicates: their true names by place.
    private var renamed: [HavreModel.Mark: String] = [:]

    private init(file: String) { self.file = file }

    /// The document, and what is wrong in its form; no document where nothing could be read.
    static func read(_ text: YAMLText, file: String) -> (document: YAMLNode?, issues: [PlanIssue]) {
        // libyaml allows 1,000 levels and Yams recurses over them: a stack that holds them for sure.
        DeepStack.run {
            var reader = YAMLReader(file: file)
            let document = reader.document(text.text)
            return (document, reader.issues)
        }
    }

    private mutating func report(
        _ problem: String, _ mark: HavreModel.Mark, path: String = "", found: String? = nil, expected: String? = nil
    ) {
        issues.append(
            PlanIssue(file: file, mark: mark, path: path, problem: problem, found: found, expected: expected))
    }

    private mutating func document(_ original: String) -> YAMLNode? {
        var text = original
        // One duplicate a round: each is renamed in place, so that all are found.
        for _ in 0..<50 {
            do {
                let parser = try Yams.Parser(yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
                guard let root = try parser.singleRoot() else {
                    report("the file is empty", Mark(line: 1, column: 1), expected: "a mapping")
                    return nil
                }
                return convert(root, at: Mark(line: 1, column: 1), path: "", depth: 0)
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                let mark = HavreModel.Mark(line: context.mark.line, column: context.mark.column)
                guard let (next, key) = Self.rename(text, at: mark), renamed[mark] == nil else {
                    report("a key stands twice in one mapping", mark, expected: "each key once")
                    return nil
                }
                renamed[mark] = key
                text = next
            } catch let error as YamlError {
                describe(error)
                return nil
            } catch {
                report("not readable as YAML", Mark(line: 1, column: 1))
                return nil
            }
        }
        report("more than 50 keys stand twice", Mark(line: 1, column: 1), expected: "each key once")
        return nil
    }

    /// libyaml's words for what it met; they are constants and repeat nothing of the file.
    private mutating func describe(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            var text = "not readable as YAML: \(problem)"
            if let context { text += " (\(context.text), line \(context.mark.line))" }
            if problem.contains("found another document") || problem.contains("undefined alias") {
                text = "not readable as YAML: \(problem)"
            }
            report(text, Mark(line: max(1, mark.line), column: max(1, mark.column)))
        case .reader(let problem, _, _, _):
            report("not readable as YAML: \(problem)", Mark(line: 1, column: 1))
        default:
            report("not readable as YAML", Mark(line: 1, column: 1))
        }
    }

    /// Puts a private-use character in place of the key's first one, which keeps all columns.
    private static func rename(_ text: String, at mark: HavreModel.Mark) -> (String, String)? {
        var scalars = String.UnicodeScalarView()
        scalars.reserveCapacity(text.unicodeScalars.count)
        var here = Mark(line: 1, column: 1)
        var key: String?
        var pending = false
        var rest = text.unicodeScalars.makeIterator()
        while let scalar = rest.next() {
            if here.line == mark.line, here.column == mark.column || pending {
                if key == nil, scalar == "\"" || scalar == "'" || scalar == "&" || scalar == "!" {
                    guard scalar == "\"" || scalar == "'" else { return nil }
                    pending = true
                    scalars.append(scalar)
                } else {
                    guard scalar != "\\", scalar != "\n", scalar != "'", scalar != "\"" else { return nil }
                    pending = false
                    key = String(scalar)
                    scalars.append("\u{E000}")
                }
            } else {
                scalars.append(scalar)
            }
            if scalar == "\n" {
                here = Mark(line: here.line + 1, column: 1)
            } else {
                here.column += 1
            }
        }
        guard let key else { return nil }
        return (String(scalars), key)
    }

    private mutating func convert(_ node: Node, at fallback: HavreModel.Mark, path: String, depth: Int) -> YAMLNode? {
        let mark = node.mark.map { HavreModel.Mark(line: $0.line, column: $0.column) } ?? fallback
        nodes += 1
        if nodes > YAMLText.maxNodes {
            if nodes == YAMLText.maxNodes + 1 {
                report("the file grows too large through its aliases", mark, path: path)
            }
            return nil
        }
        if depth > Self.maxDepth {
            report("nested more than \(Self.maxDepth) deep", mark, path: path)
            return nil
        }
        if Self.isTagged(node) {
            report("a tag (`!`) stands here", mark, path: path, expected: "a value without a tag")
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return YAMLNode(mark: mark, content: .scalar(scalar.string, plain: scalar.style == .plain))
        case .sequence(let sequence):
            var list: [YAMLNode] = []
            for (index, element) in sequence.enumerated() {
                guard let value = convert(element, at: mark, path: join(path, "\(index)"), depth: depth + 1) else {
                    continue
                }
                list.append(value)
            }
            return YAMLNode(mark: mark, content: .list(list))
        case .mapping(let mapping):
            return YAMLNode(mark: mark, content: .map(entries(mapping, at: mark, path: path, depth: depth)))
        case .alias:
            report("an alias that nothing answers", mark, path: path)
            return nil
        }
    }

    private mutating func entries(
        _ mapping: Node.Mapping, at mark: HavreModel.Mark, path: String, depth: Int
    ) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var seen: [String: HavreModel.Mark] = [:]
        for (key, value) in mapping {
            let place = key.mark.map { HavreModel.Mark(line: $0.line, column: $0.column) } ?? mark
            guard case .scalar(let scalar) = key else {
                report("a key that is no text", place, path: path, expected: "a word")
                continue
            }
            var name = scalar.string
            if let first = renamed[place], name.unicodeScalars.first == "\u{E000}" {
                name = first + String(name.unicodeScalars.dropFirst())
            }
            if let before = seen[name] {
                report(
                    "\(Quotation.of(name)) stands twice in one mapping, first in line \(before.line)", place,
                    path: join(path, name), found: name, expected: "each key once")
                continue
            }
            seen[name] = place
            if name == "<<" {
                report(
                    "merge keys (`<<`) are not part of YAML 1.2", place, path: path, expected: "the keys written out")
                continue
            }
            guard let child = convert(value, at: place, path: join(path, name), depth: depth + 1) else { continue }
            var placed = child
            // An empty value has no place of its own worth showing.
            if case .scalar("", plain: true) = placed.content { placed.mark = place }
            entries.append(YAMLNode.Entry(key: name, mark: place, value: placed))
        }
        return entries
    }

    private func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "." + name }

    /// Whether a tag stands before the node that says anything but what it is.
    private static func isTagged(_ node: Node) -> Bool {
        let tag =
            switch node {
            case .scalar(let scalar): scalar.tag.description
            case .sequence(let sequence): sequence.tag.description
            case .mapping(let mapping): mapping.tag.description
            case .alias: ""
            }
        let plain: [Tag.Name] = [.implicit, .str, .seq, .map]
        return !plain.contains { $0.rawValue == tag }
    }
}
