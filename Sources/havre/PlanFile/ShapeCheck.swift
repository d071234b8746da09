import HavreModel

/// Holds a YAML tree against a shape and collects everything that is wrong.
struct ShapeCheck {
    /// What each kind of name may refer to; nil where that is not known, and then nothing is checked.
    typealias Names = @Sendable (ScalarForm.Reference) -> [String]?

    private let file: String
    private let names: Names
    /// What was found wrong.
    private(set) var issues: [PlanIssue] = []
    /// Paths of nodes that are wrong in themselves; their content means nothing.
    private(set) var flagged: Set<String> = []
    /// Where each key and list element stands.
    private(set) var marks: [String: Mark] = [:]
    private var patterns: [String: Regex<AnyRegexOutput>] = [:]

    init(file: String, names: @escaping Names) {
        self.file = file
        self.names = names
    }

    /// Checks `node` and everything below it.
    mutating func check(_ node: YAMLNode, _ shape: Shape, path: String, at mark: Mark, secret: Bool = false) {
        switch shape {
        case .named(_, let inner): check(node, inner, path: path, at: mark, secret: secret)
        case .scalar(let form): scalar(node, form, path: path, secret: secret)
        case .object(let object): self.object(node, object, path: path, at: mark, secret: secret || object.secret)
        case .map(let map): mapping(node, map, path: path, at: mark, secret: secret)
        case .list(let element, let least):
            guard case .list(let items) = node.content else {
                return mismatch(node, "a list, each \(element.noun)", path: path, secret: secret)
            }
            if items.count < least {
                report("the list is empty", node.mark, path, expected: "at least one: \(element.noun)")
            }
            for (index, item) in items.enumerated() {
                let place = path + ".\(index)"
                marks[place] = item.mark
                check(item, element, path: place, at: item.mark, secret: secret)
            }
        case .either(let shapes): either(node, shapes, path: path, at: mark, secret: secret)
        case .choice(let choice): self.choice(node, choice, path: path, at: mark, secret: secret)
        }
    }

    private mutating func report(
        _ problem: String, _ mark: Mark, _ path: String, found: String? = nil, expected: String? = nil,
        nearest: String? = nil
    ) {
        flagged.insert(path)
        issues.append(
            PlanIssue(
                file: file, mark: mark, path: path, problem: problem, found: found, expected: expected,
                nearest: nearest))
    }

    /// The wrong kind of node.
    private mutating func mismatch(_ node: YAMLNode, _ expected: String, path: String, secret: Bool) {
        if secret, node.meaning.map({ if case .null = $0 { false } else { true } }) ?? false {
            report(
                "a literal value stands where a reference must (it is not shown)", node.mark, path, expected: expected)
            return
        }
        let state = if case .null = node.meaning { "has no value" } else { "is \(node.kind)" }
        report("\(Self.last(path)) \(state)", node.mark, path, found: node.kind, expected: expected)
    }

    /// What stands at a path, for a message: the last word in backquotes, or an entry of it.
    private static func last(_ path: String) -> String {
        let words = path.split(separator: ".").map(String.init)
        guard let last = words.last else { return "the file" }
        guard words.count > 1, Int(last) != nil else { return Quotation.of(last) }
        return "an entry of \(Quotation.of(words[words.count - 2]))"
    }

    // MARK: Mappings

    private mutating func object(_ node: YAMLNode, _ shape: ObjectShape, path: String, at mark: Mark, secret: Bool) {
        guard case .map(let entries) = node.content else {
            return mismatch(node, shape.noun, path: path, secret: secret)
        }
        let known = shape.fields.map(\.name)
        let present = Set(entries.map(\.key))
        for entry in entries {
            let place = path.isEmpty ? entry.key : path + "." + entry.key
            marks[place] = entry.mark
            if let field = shape.field(entry.key) {
                check(entry.value, field.shape, path: place, at: entry.mark, secret: secret)
            } else {
                unknown(entry, shape, known: known, path: place, within: path, secret: secret)
            }
        }
        for field in shape.fields where field.required && !present.contains(field.name) {
            report("`\(field.name)` is missing in \(shape.noun)", mark, path, expected: field.shape.noun)
        }
        group(shape, present, entries, path: path, at: mark)
    }

    private mutating func unknown(
        _ entry: YAMLNode.Entry, _ shape: ObjectShape, known: [String], path: String, within: String, secret: Bool
    ) {
        let key = Quotation.of(entry.key)
        let nearest = NearestWord.to(entry.key, among: known)
        if secret, nearest == nil, shape.later[entry.key] == nil {
            // `{hunter2}` is a key without a value: what stands here may be the secret itself.
            report("an unknown key (it is not shown)", entry.mark, within, expected: Quotation.list(known))
            return
        }
        if let what = shape.later[entry.key] {
            report("\(key) (\(what)) is not yet supported by this version", entry.mark, path, found: entry.key)
        } else if let why = shape.elsewhere[entry.key] {
            report("\(key) does not belong to \(shape.noun): \(why)", entry.mark, path, found: entry.key)
        } else {
            report(
                "\(key) is no key of \(shape.noun)", entry.mark, path, found: entry.key,
                expected: Quotation.list(known), nearest: nearest)
        }
    }

    /// Keys that exclude or need each other.
    private mutating func group(
        _ shape: ObjectShape, _ present: Set<String>, _ entries: [YAMLNode.Entry], path: String, at mark: Mark
    ) {
        func standing(_ names: [String]) -> [YAMLNode.Entry] { entries.filter { names.contains($0.key) } }
        if !shape.exactlyOne.isEmpty {
            let stand = standing(shape.exactlyOne)
            if stand.isEmpty {
                report(
                    "nothing is said in \(path.isEmpty ? "the file" : Self.last(path))", mark, path,
                    expected: shape.noun)
            } else if stand.count > 1 {
                report(
                    "\(Quotation.of(stand[0].key)) and \(Quotation.of(stand[1].key)) exclude each other", stand[1].mark,
                    path, expected: "exactly one of \(Quotation.list(shape.exactlyOne))")
            }
        }
        if !shape.atLeastOne.isEmpty, standing(shape.atLeastOne).isEmpty {
            report("\(Self.last(path)) says too little", mark, path, expected: Quotation.list(shape.atLeastOne))
        }
        let rivals = standing(shape.atMostOne)
        if rivals.count > 1 {
            report(
                "\(Quotation.of(rivals[0].key)) and \(Quotation.of(rivals[1].key)) exclude each other", rivals[1].mark,
                path,
                expected: "one of \(Quotation.list(shape.atMostOne))")
        }
        for entry in entries {
            for need in shape.needs[entry.key] ?? [] where !present.contains(need) {
                report("\(Quotation.of(entry.key)) stands without `\(need)`", entry.mark, path, expected: "both")
            }
        }
    }

    private mutating func mapping(_ node: YAMLNode, _ shape: MapShape, path: String, at mark: Mark, secret: Bool) {
        guard case .map(let entries) = node.content else {
            return mismatch(node, shape.noun, path: path, secret: secret)
        }
        if entries.count < shape.atLeast {
            report("\(Self.last(path)) is empty", mark, path, expected: "at least one entry")
        }
        for entry in entries {
            let place = path + "." + entry.key
            marks[place] = entry.mark
            let key = YAMLNode(mark: entry.mark, content: .scalar(entry.key, plain: false))
            // What stands under a bad name is checked all the same, but never read.
            scalar(key, shape.key, path: place, secret: secret, subject: "the name")
            check(entry.value, shape.value, path: place, at: entry.mark, secret: secret)
        }
    }

    private mutating func either(_ node: YAMLNode, _ shapes: [Shape], path: String, at mark: Mark, secret: Bool) {
        for shape in shapes {
            var inner = shape
            while case .named(_, let next) = inner { inner = next }
            switch (node.content, inner) {
            case (.scalar, .scalar), (.list, .list), (.map, .map), (.map, .object), (.map, .choice):
                return check(node, inner, path: path, at: mark, secret: secret)
            default: continue
            }
        }
        mismatch(node, shapes.map(\.noun).joined(separator: ", or "), path: path, secret: secret)
    }

    private mutating func choice(_ node: YAMLNode, _ choice: ChoiceShape, path: String, at mark: Mark, secret: Bool) {
        guard case .map = node.content else { return mismatch(node, choice.noun, path: path, secret: secret) }
        let words = choice.cases.map(\.word)
        guard let entry = node.entry(choice.key) else {
            let noun = choice.otherwise?.field(choice.key)?.shape.noun ?? Quotation.list(words)
            return report("`\(choice.key)` is missing in \(choice.noun)", mark, path, expected: noun)
        }
        let place = path + "." + choice.key
        marks[place] = entry.mark
        guard case .scalar(let word, _) = entry.value.content else {
            return mismatch(entry.value, Quotation.list(words), path: place, secret: secret)
        }
        let known = choice.cases.first { $0.word == word }?.shape
        if known == nil, case .scalar(let form)? = choice.otherwise?.field(choice.key)?.shape,
            let reference = form.reference, let valid = names(reference), !valid.contains(word)
        {
            // What else stands here is not judged: nobody knows which variant was meant.
            flagged.insert(path)
            scalar(entry.value, form, path: place, secret: secret)
        } else if let shape = known ?? choice.otherwise {
            object(node, shape, path: path, at: mark, secret: secret || shape.secret)
        } else {
            scalar(entry.value, .words(words), path: place, secret: secret)
        }
    }

    // MARK: Scalars

    /// `subject` is what a message calls it where it is not the value under its key.
    private mutating func scalar(
        _ node: YAMLNode, _ form: ScalarForm, path: String, secret: Bool, subject: String? = nil
    ) {
        let subject = subject ?? Self.last(path)
        guard case .scalar(let text, _) = node.content, let meaning = node.meaning else {
            return mismatch(node, form.noun, path: path, secret: false)
        }
        // A URL with something before an `@` holds a password more often than not.
        let hidden = secret || (text.contains("@") && text.contains("://"))
        let shown = hidden ? "a value (not shown)" : Quotation.of(text)
        let found = hidden ? nil : text
        if case .null = meaning { return mismatch(node, form.noun, path: path, secret: false) }
        if text.utf8.count > ScalarForm.maxLength {
            return report(
                "\(subject) is longer than \(ScalarForm.maxLength) bytes", node.mark, path, expected: form.noun)
        }
        let upper = text.uppercased()
        if upper.contains("AGE-SECRET-KEY-") {
            return report("a private key stands in the plan (it is not shown)", node.mark, path, expected: form.noun)
        }
        if let later = form.later.first(where: { text.hasPrefix($0.prefix) }) {
            return report(
                "\(shown): \(later.what) is not yet supported by this version", node.mark, path, found: found,
                expected: form.noun)
        }
        switch (form.kind, meaning) {
        case (.boolean, .boolean), (.text, .text), (.words, .text), (.freeText, .text), (.freeText, .number),
            (.textOrInteger, .text):
            break
        case (.textOrInteger, .number):
            guard text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                return report("\(shown) is no whole number", node.mark, path, found: found, expected: form.noun)
            }
        case (.integer(let range), .number):
            guard text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "-") }), let value = Int(text),
                range.contains(value)
            else {
                if path == "havre", let value = Int(text), value > range.upperBound {
                    return report(
                        "this file is written for a newer Havre (schema \(value)); this one reads schema \(range.upperBound)",
                        node.mark, path, found: found)
                }
                return report("\(shown) is out of range", node.mark, path, found: found, expected: form.noun)
            }
        default:
            var nearest: String?
            if case .words(let words) = form.kind { nearest = NearestWord.to(text, among: words) }
            if case .boolean = form.kind {
                nearest = ["yes": "true", "on": "true", "no": "false", "off": "false"][text.lowercased()]
            }
            let what = hidden ? shown : "\(shown) (\(node.kind))"
            return report("\(subject) is \(what)", node.mark, path, found: found, expected: form.noun, nearest: nearest)
        }
        word(node, form, text: text, shown: shown, found: found, path: path, subject: subject)
    }

    /// Words, patterns, references and what no pattern can say.
    private mutating func word(
        _ node: YAMLNode, _ form: ScalarForm, text: String, shown: String, found: String?, path: String,
        subject: String
    ) {
        let problem = text.isEmpty ? "\(subject) is empty" : "\(subject) is \(shown)"
        if case .words(let words) = form.kind, !words.contains(text) {
            return report(
                problem, node.mark, path, found: found, expected: form.noun,
                nearest: NearestWord.to(text, among: words))
        }
        if let pattern = form.pattern, !matches(text, pattern) {
            return report(problem, node.mark, path, found: found, expected: form.noun)
        }
        if let reference = form.reference, let valid = names(reference), !valid.contains(text) {
            let list = valid.isEmpty ? form.noun + ", and there are none" : form.noun + ": " + Quotation.list(valid)
            return report(
                "\(shown) is unknown", node.mark, path, found: found, expected: list,
                nearest: NearestWord.to(text, among: valid))
        }
        if let problem = form.check?(text) {
            report("\(shown) \(problem)", node.mark, path, found: found, expected: form.noun)
        }
    }

    private mutating func matches(_ text: String, _ pattern: String) -> Bool {
        if let known = patterns[pattern] { return (try? known.wholeMatch(in: text)) != nil }
        // A test compiles every pattern; one that does not compile lets nothing through.
        guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
        patterns[pattern] = regex
        return (try? regex.wholeMatch(in: text)) != nil
    }
}
