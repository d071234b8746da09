import Glibc
import HavreModel

/// The plan file: YAML in, a `Plan` or everything that is wrong with it out (design §6).
///
/// Decoding is total. Any bytes give a plan or issues, in bounded time and memory, and nothing of a literal secret
/// is repeated in an issue.
enum PlanFile {
    /// Reads and decodes the file at `path`. Relative paths in it start at its directory.
    static func load(path: String, catalogue: CatalogueView = .unknown) throws(PlanFileError) -> Plan {
        let bytes = try FileBytes.read(path)
        return try decode(bytes: bytes, file: path, directory: FilePaths.directory(of: path), catalogue: catalogue)
    }

    /// Decodes `bytes`. `file` is what messages call them; `directory` (absolute) is where relative paths start.
    static func decode(
        bytes: [UInt8], file: String, directory: String = FilePaths.workingDirectory,
        catalogue: CatalogueView = .unknown
    ) throws(PlanFileError) -> Plan {
        let text = try YAMLText(bytes: bytes, file: file)
        let (document, formIssues) = YAMLReader.read(text, file: file)
        guard let document else { throw inOrder(formIssues) }
        let start = document.mark
        let providers = keys(document["providers"])
        let keyNames = keys(document["keys"])
        let datasets = keys(document["datasets"])
        var check = ShapeCheck(file: file) { reference in
            switch reference {
            case .provider: providers
            case .key: keyNames
            case .dataset: datasets
            case .rule: Rulebook.known.map(\.id).sorted(by: Rulebook.precedes)
            case .signer: keys(document["signers"])
            case .catalogueProvider: catalogue.providers.map { $0.keys.sorted() + ["custom", "local"] }
            }
        }
        check.check(document, .object(PlanShape.plan), path: "", at: start)
        let root = PlanCursor(document, path: "", flagged: check.flagged.subtracting([""]))
        let reader = PlanReader(directory: directory, catalogue: catalogue)
        var plan = reader.plan(root, marks: check.marks, file: file)
        let (fitIssues, order) = PlanConsistency.check(plan, root, catalogue: catalogue)
        let issues = formIssues + check.issues + fitIssues
        guard issues.isEmpty else { throw inOrder(issues) }
        plan.order = order
        return plan
    }

    /// The catalogues that a plan names, absolute, before it is decoded: decoding looks names up in them. Empty where
    /// the plan cannot be read; decoding says why.
    static func catalogues(bytes: [UInt8], directory: String) -> [String] {
        guard let text = try? YAMLText(bytes: bytes, file: ""),
            case .list(let items)? = YAMLReader.read(text, file: "")
                .document?["catalogues"]?.content
        else { return [] }
        return items.compactMap { item in
            guard case .scalar(let path, _) = item.content, !path.isEmpty else { return nil }
            return FilePaths.resolve(path, in: directory)
        }
    }

    private static func keys(_ node: YAMLNode?) -> [String] {
        guard case .map(let entries) = node?.content else { return [] }
        return entries.map(\.key)
    }

    /// Issues in the order of the file; at most 200, so that a broken file stays readable.
    private static func inOrder(_ issues: [PlanIssue]) -> PlanFileError {
        let sorted = issues.enumerated().sorted { left, right in
            let (one, other) = (left.element.mark, right.element.mark)
            return (one.line, one.column, left.offset) < (other.line, other.column, right.offset)
        }
        return PlanFileError(issues: sorted.prefix(200).map(\.element))
    }
}

/// Reads whole small files.
enum FileBytes {
    /// The bytes of a plan or catalogue file; a file above 4 MiB, a directory or an absent file is an issue.
    static func read(_ path: String) throws(PlanFileError) -> [UInt8] {
        func refuse(_ problem: String, expected: String? = nil) -> PlanFileError {
            PlanFileError(issues: [
                PlanIssue(
                    file: path, mark: Mark(line: 1, column: 1), path: "", problem: problem, expected: expected)
            ])
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refuse("the file cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw refuse("the file cannot be read: \(String(cString: strerror(errno)))")
            }
            bytes += buffer[..<count]
            if bytes.count > YAMLText.maxBytes {
                throw refuse("the file is larger than 4 MiB", expected: "at most 4 MiB")
            }
        }
    }
}
