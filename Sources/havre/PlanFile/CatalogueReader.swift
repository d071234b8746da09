import FoundationEssentials
import HavreModel

/// Reads one seed or overlay: the positioned tree is held against its shape, then decoded.
enum SeedReader {
    /// The value of a file with its tree, or everything that is wrong with it in the order of the file; at most 200
    /// issues, so that a broken file stays readable.
    static func read<Value: Decodable>(
        _ bytes: [UInt8], _ shape: SeedShape, file: String
    ) throws(PlanFileError) -> (Value, YAMLNode) {
        let checked = try YAMLText(bytes: bytes, file: file)
        let (document, formIssues) = YAMLReader.read(checked, file: file)
        guard let document else { throw PlanFileError(issues: formIssues) }
        var check = Check(file: file, issues: formIssues)
        check.hold(document, shape, at: document.mark, path: "")
        guard check.issues.isEmpty else {
            let sorted = check.issues.enumerated().sorted { left, right in
                let (one, other) = (left.element.mark, right.element.mark)
                return (one.line, one.column, left.offset) < (other.line, other.column, right.offset)
            }
            throw PlanFileError(issues: sorted.prefix(200).map(\.element))
        }
        do {
            let json = try JSONEncoder().encode(json(document, shape))
            return (try JSONDecoder().decode(Value.self, from: json), document)
        } catch let error as DecodingError {
            throw PlanFileError(issues: [issue(error, document, file: file)])
        } catch {
            throw PlanFileError(issues: [
                PlanIssue(file: file, mark: document.mark, path: "", problem: "the file cannot be decoded")
            ])
        }
    }

    /// Regions that certifications and prices name and the service has not: such an entry would hold nowhere.
    static func strayRegions(_ document: YAMLNode, in catalogue: Catalogue, file: String) -> [PlanIssue] {
        let providers: [(path: String, node: YAMLNode)] =
            document["providers"].map { list in
                list.items.enumerated().map { ("providers.\($0).", $1) }
            } ?? (document["services"] == nil ? [] : [("", document)])
        var issues: [PlanIssue] = []
        for (path, node) in providers {
            guard let provider = node["id"]?.text.flatMap({ catalogue.provider($0) }) else { continue }
            for (number, part) in (node["services"]?.items ?? []).enumerated() {
                guard let service = part["id"]?.text.flatMap({ id in provider.services.first { $0.id == id } }) else {
                    continue
                }
                let known = Set(service.regionIDs)
                for list in ["certifications", "prices"] {
                    for (entry, statement) in (part[list]?.items ?? []).enumerated() {
                        for (place, region) in (statement["regions"]?.items ?? []).enumerated() {
                            guard let name = region.text, !known.contains(name) else { continue }
                            issues.append(
                                PlanIssue(
                                    file: file, mark: region.mark,
                                    path: "\(path)services.\(number).\(list).\(entry).regions.\(place)",
                                    problem: "\(provider.id)/\(service.id) has no region \(Quotation.of(name))",
                                    expected: Quotation.list(service.regionIDs),
                                    nearest: NearestWord.to(name, among: service.regionIDs)))
                        }
                    }
                }
            }
        }
        return issues
    }

    /// The tree as JSON. What is text by its form is taken as it is written: `version: 3.2`, `per: 1000`.
    private static func json(_ node: YAMLNode, _ shape: SeedShape) -> JSONTree {
        switch (shape, node.content) {
        case (.optional(let inner), _): return node.isNull ? .null : json(node, inner)
        case (.either(let key, let first, let second), _): return json(node, node.entry(key) == nil ? second : first)
        case (.list(let element, _), .list(let items)): return .array(items.map { json($0, element) })
        case (.mapping(let keys, _, _), .map(let entries)):
            return .object(
                Dictionary(
                    entries.compactMap { entry in keys[entry.key].map { (entry.key, json(entry.value, $0)) } },
                    uniquingKeysWith: { first, _ in first }))
        case (.scalar(let form), .scalar(let text, _)):
            switch form {
            case .count: return Int(text).map(JSONTree.integer) ?? .null
            case .share, .amount: return Double(text).map(JSONTree.number) ?? .null
            case .boolean: return .boolean(text == "true")
            case .text, .name, .country, .law, .currency, .day, .endpoint, .word: return .string(text)
            }
        case (.scalar, _), (.list, _), (.mapping, _): return .null
        }
    }

    /// Where in the file a decoding error belongs.
    private static func issue(_ error: DecodingError, _ document: YAMLNode, file: String) -> PlanIssue {
        let (path, problem): ([any CodingKey], String) =
            switch error {
            case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
            case .typeMismatch(_, let context): (context.codingPath, context.debugDescription)
            case .valueNotFound(_, let context): (context.codingPath, context.debugDescription)
            case .keyNotFound(let key, let context): (context.codingPath, "`\(key.stringValue)` is missing")
            @unknown default: ([], "the file cannot be decoded")
            }
        let words = path.map { $0.intValue.map(String.init) ?? $0.stringValue }
        return PlanIssue(
            file: file, mark: document.mark(at: words), path: words.joined(separator: "."), problem: problem)
    }
}

/// Holds a tree against its shape.
private struct Check {
    let file: String
    var issues: [PlanIssue]

    private mutating func report(
        _ problem: String, _ mark: Mark, _ path: String, expected: String? = nil, nearest: String? = nil
    ) {
        issues.append(
            PlanIssue(file: file, mark: mark, path: path, problem: problem, expected: expected, nearest: nearest))
    }

    private func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : path + "." + key }

    mutating func hold(_ node: YAMLNode, _ shape: SeedShape, at mark: Mark, path: String) {
        switch (shape, node.content) {
        case (.optional(let inner), _): if !node.isNull { hold(node, inner, at: mark, path: path) }
        case (.either(let key, let first, let second), _):
            hold(node, node.entry(key) == nil ? second : first, at: mark, path: path)
        case (.scalar(let form), .scalar(let text, let isPlain)):
            guard form.isText || isPlain, form.accepts(text), !(node.isNull && form == .text) else {
                report(
                    "\(Self.shown(node, text, form)) stands here", node.mark, path, expected: form.noun,
                    nearest: form.suggestion(for: text) ?? NearestWord.to(text, among: form.words))
                return
            }
        case (.list(let element, let identities), .list(let items)):
            for (index, item) in items.enumerated() {
                hold(item, element, at: item.mark, path: join(path, "\(index)"))
            }
            for keys in identities { refuseDoubles(items, keys, path) }
        case (.mapping(let keys, let required, let needs), .map(let entries)):
            for entry in entries {
                let place = join(path, entry.key)
                guard let inner = keys[entry.key] else {
                    report(
                        "\(Quotation.of(entry.key)) is no key here", entry.mark, place,
                        expected: Quotation.list(shape.keys), nearest: NearestWord.to(entry.key, among: shape.keys))
                    continue
                }
                hold(entry.value, inner, at: entry.mark, path: place)
            }
            for name in required.sorted() where node.entry(name) == nil {
                report("`\(name)` is missing", mark, path)
            }
            for (key, others) in needs.sorted(by: { $0.key < $1.key }) {
                guard let entry = node.entry(key) else { continue }
                for other in others.sorted() where node.entry(other) == nil {
                    report("`\(key)` stands without `\(other)`", entry.mark, join(path, key), expected: "both")
                }
            }
            compare(node, path)
        case (.scalar(let form), _): report("\(node.kind) stands here", node.mark, path, expected: form.noun)
        case (.list, _): report("\(node.kind) stands here", node.mark, path, expected: "a list")
        case (.mapping, _): report("\(node.kind) stands here", node.mark, path, expected: Quotation.list(shape.keys))
        }
    }

    /// What stands there, in quotes; nothing of a URL that may hold a password.
    private static func shown(_ node: YAMLNode, _ text: String, _ form: SeedForm) -> String {
        if text.isEmpty || node.isNull { return "nothing" }
        if form == .endpoint, text.contains("@") { return "a URL with a name or password (not shown)" }
        return (form.isText || node.isNumber ? "" : "the text ") + Quotation.of(text)
    }

    /// Values of one mapping that are right alone and not together.
    private mutating func compare(_ node: YAMLNode, _ path: String) {
        if let from = node["from"]?.text.flatMap({ Day($0) }), let until = node["until"],
            let last = until.text.flatMap({ Day($0) }), last < from
        {
            report(
                "it ends on \(last), before it begins", until.mark, join(path, "until"), expected: "\(from) or later")
        }
        if let item = node["item"]?.text.flatMap({ Price.Item(rawValue: $0) }), let per = node["per"],
            let unit = per.text.flatMap({ Price.Unit(rawValue: $0) }), !unit.fits(item)
        {
            let fitting = Price.Unit.allCases.filter { $0.fits(item) }.map(\.rawValue)
            report(
                "\(item.rawValue) is not priced for \(unit.rawValue)", per.mark, join(path, "per"),
                expected: Quotation.list(fitting))
        }
        if let claims = node["claims"], case .list(let items) = claims.content, items.isEmpty {
            report("there is no claim here", claims.mark, join(path, "claims"), expected: "at least one")
        }
    }

    /// Entries of a list that are about the same thing.
    private mutating func refuseDoubles(_ items: [YAMLNode], _ keys: [String], _ path: String) {
        var seen: [[String]: Int] = [:]
        for (index, item) in items.enumerated() {
            let identity = keys.compactMap { item[$0]?.text }
            guard identity.count == keys.count, let key = keys.last else { continue }
            if let first = seen[identity] {
                report(
                    "\(Quotation.of(identity.joined(separator: " "))) stands twice, first in line "
                        + "\(items[first].mark.line)", item[key]?.mark ?? item.mark, join(path, "\(index)"),
                    expected: "each once")
            } else {
                seen[identity] = index
            }
        }
    }
}

extension YAMLNode {
    /// The text of a scalar, as it is written.
    var text: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    /// The entries of a list.
    var items: [YAMLNode] {
        guard case .list(let items) = content else { return [] }
        return items
    }

    /// Whether it says that there is nothing.
    var isNull: Bool { if case .null = meaning { true } else { false } }

    /// Whether it is a plain number.
    var isNumber: Bool { if case .number = meaning { true } else { false } }

    /// Where a path leads, as far as it goes.
    func mark(at path: [String]) -> Mark {
        var (node, mark) = (self, mark)
        for key in path {
            if let index = Int(key), node.items.indices.contains(index) {
                node = node.items[index]
                mark = node.mark
            } else if let entry = node.entry(key) {
                node = entry.value
                mark = entry.value.mark
            }
        }
        return mark
    }
}
