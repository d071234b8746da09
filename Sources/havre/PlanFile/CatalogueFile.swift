import FoundationEssentials
import HavreModel

/// The catalogue and the rulebook from their files in `seeds/`.
struct CatalogueFile: Sendable {
    /// Providers and jurisdictions.
    var catalogue: Catalogue
    /// The rules, with effect and basis.
    var rulebook: Rulebook

    /// Reads seeds by their path in the repository: `seeds/jurisdictions.yaml`, `seeds/rulebook.yaml`,
    /// `seeds/providers/*.yaml`. All issues of all files come at once.
    static func load(files: [String: String]) throws(PlanFileError) -> CatalogueFile {
        var issues: [PlanIssue] = []
        var providers: [Provider] = []
        var jurisdictions: Jurisdictions?
        var seed: RulebookSeed?
        for (path, text) in files.sorted(by: { $0.key < $1.key }) {
            do throws(PlanFileError) {
                switch path {
                case "seeds/jurisdictions.yaml":
                    jurisdictions = try SeedReader.read(Jurisdictions.self, text, .jurisdictions, file: path)
                case "seeds/rulebook.yaml": seed = try SeedReader.read(RulebookSeed.self, text, .rulebook, file: path)
                default: providers.append(try SeedReader.read(Provider.self, text, .provider, file: path))
                }
            } catch {
                issues += error.issues
            }
        }
        func missing(_ file: String, _ problem: String) -> PlanIssue {
            PlanIssue(file: file, mark: Mark(line: 1, column: 1), path: "", problem: problem)
        }
        guard issues.isEmpty else { throw PlanFileError(issues: issues) }
        guard let jurisdictions else {
            throw PlanFileError(issues: [missing("seeds/jurisdictions.yaml", "the file is missing")])
        }
        guard let seed else { throw PlanFileError(issues: [missing("seeds/rulebook.yaml", "the file is missing")]) }
        do throws(RulebookError) {
            let rulebook = try Rulebook(seed: seed)
            return CatalogueFile(
                catalogue: Catalogue(providers: providers, jurisdictions: jurisdictions), rulebook: rulebook)
        } catch {
            throw PlanFileError(issues: [missing("seeds/rulebook.yaml", error.description)])
        }
    }
}

extension CatalogueView {
    /// What the plan file needs of `catalogue`.
    init(_ catalogue: Catalogue) {
        var providers: [String: [String: Service]] = [:]
        for provider in catalogue.providers {
            for service in provider.services {
                providers[provider.id, default: [:]][service.id] = Service(
                    storageProtocol: service.storageProtocol, regions: service.regionIDs)
            }
        }
        self.init(providers: providers)
    }
}

/// Reads one seed: the positioned tree is held against its shape, then decoded.
enum SeedReader {
    /// The value of a seed file, or everything that is wrong with it.
    static func read<Value: Decodable>(
        _ type: Value.Type, _ text: String, _ shape: SeedShape, file: String
    ) throws(PlanFileError) -> Value {
        let checked = try YAMLText(bytes: Array(text.utf8), file: file)
        let (document, formIssues) = YAMLReader.read(checked, file: file)
        var issues = formIssues
        guard let document else { throw PlanFileError(issues: issues) }
        check(document, shape, at: document.mark, path: "", file: file, &issues)
        guard issues.isEmpty else { throw PlanFileError(issues: issues) }
        do {
            let json = try JSONEncoder().encode(json(document))
            return try JSONDecoder().decode(type, from: json)
        } catch let error as DecodingError {
            throw PlanFileError(issues: [issue(error, document, file: file)])
        } catch {
            throw PlanFileError(issues: [
                PlanIssue(file: file, mark: document.mark, path: "", problem: "the file cannot be decoded")
            ])
        }
    }

    private static func check(
        _ node: YAMLNode, _ shape: SeedShape, at mark: Mark, path: String, file: String, _ issues: inout [PlanIssue]
    ) {
        func report(_ problem: String, _ mark: Mark, _ path: String, expected: String? = nil, nearest: String? = nil) {
            issues.append(
                PlanIssue(file: file, mark: mark, path: path, problem: problem, expected: expected, nearest: nearest))
        }
        // `value: null` says that a fact is not known, whatever its shape.
        if case .null = node.meaning { return }
        switch (shape, node.content) {
        case (.scalar, .scalar): break
        case (.list(let element), .list(let items)):
            for (index, item) in items.enumerated() {
                check(item, element, at: item.mark, path: path + ".\(index)", file: file, &issues)
            }
        case (.mapping(let keys, let required), .map(let entries)):
            for entry in entries {
                let place = path.isEmpty ? entry.key : path + "." + entry.key
                guard let inner = keys[entry.key] else {
                    report(
                        "\(Quotation.of(entry.key)) is no key here", entry.mark, place,
                        expected: Quotation.list(shape.keys), nearest: NearestWord.to(entry.key, among: shape.keys))
                    continue
                }
                check(entry.value, inner, at: entry.mark, path: place, file: file, &issues)
            }
            for name in required.sorted() where node.entry(name) == nil {
                report("`\(name)` is missing", mark, path)
            }
        case (.scalar, _): report("\(node.kind) stands here", node.mark, path, expected: "a single value")
        case (.list, _): report("\(node.kind) stands here", node.mark, path, expected: "a list")
        case (.mapping, _): report("\(node.kind) stands here", node.mark, path, expected: Quotation.list(shape.keys))
        }
    }

    /// The tree as JSON in the core schema of YAML 1.2.
    private static func json(_ node: YAMLNode) -> JSONTree {
        switch node.content {
        case .list(let items): return .array(items.map(json))
        case .map(let entries):
            return .object(
                Dictionary(entries.map { ($0.key, json($0.value)) }, uniquingKeysWith: { first, _ in first }))
        case .scalar(let text, _):
            switch node.meaning {
            case .null, nil: return .null
            case .boolean(let value): return .boolean(value)
            case .number:
                if let whole = Int(text) { return .integer(whole) }
                return Double(text).map(JSONTree.number) ?? .string(text)
            case .text: return .string(text)
            }
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
        var node = document
        var mark = document.mark
        for key in path {
            if let index = key.intValue, case .list(let items) = node.content, items.indices.contains(index) {
                node = items[index]
                mark = node.mark
            } else if let entry = node.entry(key.stringValue) {
                node = entry.value
                mark = entry.value.mark
            }
        }
        let place = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return PlanIssue(file: file, mark: mark, path: place, problem: problem)
    }
}
