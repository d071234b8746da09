import HavreModel

/// A place in a checked tree, read by one who wants values and not errors: whatever is missing or was found wrong
/// reads as nil.
struct PlanCursor {
    private let node: YAMLNode?
    /// The dotted path of the place.
    let path: String
    private let flagged: Set<String>

    /// Whether something stands here, right or wrong.
    let written: Bool

    init(_ node: YAMLNode?, path: String, flagged: Set<String>) {
        written = node != nil
        self.node = flagged.contains(path) ? nil : node
        self.path = path
        self.flagged = flagged
    }

    /// Whether something stands here that is right in itself.
    var stands: Bool { node != nil }
    /// Where it stands.
    var mark: Mark? { node?.mark }

    subscript(key: String) -> PlanCursor {
        PlanCursor(node?[key], path: path.isEmpty ? key : path + "." + key, flagged: flagged)
    }

    /// Text, as it is written.
    var text: String? {
        guard case .scalar(let text, _) = node?.content else { return nil }
        return text
    }

    /// `true` or `false`.
    var boolean: Bool? {
        guard case .boolean(let value) = node?.meaning else { return nil }
        return value
    }

    /// A whole number.
    var integer: Int? { text.flatMap { Int($0) } }

    /// The elements of a list.
    var list: [PlanCursor] {
        guard case .list(let items) = node?.content else { return [] }
        return items.enumerated().map { PlanCursor($1, path: path + ".\($0)", flagged: flagged) }
    }

    /// The entries of a mapping, in the order of the file.
    var entries: [(key: String, mark: Mark, value: PlanCursor)] {
        guard case .map(let entries) = node?.content else { return [] }
        return entries.map { entry in
            let place = path.isEmpty ? entry.key : path + "." + entry.key
            return (entry.key, entry.mark, PlanCursor(entry.value, path: place, flagged: flagged))
        }
    }

    /// Whether a list stands here.
    var isList: Bool { if case .list = node?.content { true } else { false } }
    /// Whether a mapping stands here.
    var isMap: Bool { if case .map = node?.content { true } else { false } }
}
