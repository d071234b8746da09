/// The JSON Schema (2020-12) of a shape. It says all that JSON Schema can say; what it cannot (references,
/// the calendar, overlaps) only the decoder holds.
enum JSONSchema {
    /// The schema of plans.
    static let plan = schema(
        of: PlanShape.plan, id: "https://havre.example/schema/plan-1.json", title: "Havre plan, version 1")

    /// A schema with its definitions.
    static func schema(of shape: ObjectShape, id: String, title: String) -> JSONTree {
        var definitions: [String: JSONTree] = [:]
        guard case .object(var root) = object(shape, &definitions) else { return .null }
        root["$schema"] = .string("https://json-schema.org/draft/2020-12/schema")
        root["$id"] = .string(id)
        root["title"] = .string(title)
        root["$defs"] = .object(definitions)
        return .object(root)
    }

    private static func value(_ shape: Shape, _ definitions: inout [String: JSONTree]) -> JSONTree {
        switch shape {
        case .scalar(let form): return scalar(form)
        case .object(let shape): return object(shape, &definitions)
        case .choice(let shape): return choice(shape, &definitions)
        case .either(let shapes):
            return .object(["oneOf": .array(shapes.map { value($0, &definitions) })])
        case .list(let element, let least):
            return .object([
                "type": .string("array"), "items": value(element, &definitions), "minItems": .integer(least),
            ])
        case .map(let map):
            var fields: [String: JSONTree] = [
                "type": .string("object"), "additionalProperties": value(map.value, &definitions),
                "minProperties": .integer(map.atLeast),
            ]
            if let pattern = map.key.pattern {
                fields["propertyNames"] = .object(["pattern": .string(anchored(pattern))])
            }
            return .object(fields)
        case .named(let name, let inner):
            if definitions[name] == nil {
                // Entered first: a shape that holds itself would never end.
                definitions[name] = .null
                definitions[name] = value(inner, &definitions)
            }
            return .object(["$ref": .string("#/$defs/\(name)")])
        }
    }

    private static func object(_ shape: ObjectShape, _ definitions: inout [String: JSONTree]) -> JSONTree {
        var properties: [String: JSONTree] = [:]
        for field in shape.fields {
            guard case .object(var fields) = value(field.shape, &definitions) else { continue }
            fields["description"] = .string(field.about)
            properties[field.name] = .object(fields)
        }
        var fields: [String: JSONTree] = [
            "type": .string("object"), "properties": .object(properties), "additionalProperties": .boolean(false),
        ]
        let required = shape.fields.filter(\.required).map(\.name)
        if !required.isEmpty { fields["required"] = .array(required.map(JSONTree.string)) }
        func requires(_ names: [String]) -> JSONTree { .object(["required": .array(names.map(JSONTree.string))]) }
        if !shape.exactlyOne.isEmpty { fields["oneOf"] = .array(shape.exactlyOne.map { requires([$0]) }) }
        if !shape.atLeastOne.isEmpty { fields["anyOf"] = .array(shape.atLeastOne.map { requires([$0]) }) }
        if !shape.atMostOne.isEmpty {
            var pairs: [JSONTree] = []
            for (index, one) in shape.atMostOne.enumerated() {
                for other in shape.atMostOne.dropFirst(index + 1) { pairs.append(requires([one, other])) }
            }
            fields["not"] = .object(["anyOf": .array(pairs)])
        }
        if !shape.needs.isEmpty {
            fields["dependentRequired"] = .object(shape.needs.mapValues { .array($0.map(JSONTree.string)) })
        }
        return .object(fields)
    }

    private static func choice(_ shape: ChoiceShape, _ definitions: inout [String: JSONTree]) -> JSONTree {
        var branches = shape.cases.map { object($0.shape, &definitions) }
        if let otherwise = shape.otherwise, case .object(var branch) = object(otherwise, &definitions) {
            let words = JSONTree.array(shape.cases.map { .string($0.word) })
            branch["not"] = .object(["properties": .object([shape.key: .object(["enum": words])])])
            branches.append(.object(branch))
        }
        return .object(["oneOf": .array(branches)])
    }

    private static func scalar(_ form: ScalarForm) -> JSONTree {
        var fields: [String: JSONTree] = [:]
        switch form.kind {
        case .text: fields["type"] = .string("string")
        case .freeText: fields["type"] = .array([.string("string"), .string("number")])
        case .boolean: fields["type"] = .string("boolean")
        case .integer(let range):
            fields["type"] = .string("integer")
            fields["minimum"] = .integer(range.lowerBound)
            if range.upperBound != Int.max { fields["maximum"] = .integer(range.upperBound) }
        case .textOrInteger:
            fields["type"] = .array([.string("string"), .string("integer")])
            fields["minimum"] = .integer(0)
        case .words(let words): fields["enum"] = .array(words.map(JSONTree.string))
        }
        if let pattern = form.pattern { fields["pattern"] = .string(anchored(pattern)) }
        if let example = form.example { fields["examples"] = .array([.string(example)]) }
        switch form.kind {
        case .text, .freeText, .textOrInteger: fields["maxLength"] = .integer(ScalarForm.maxLength)
        case .boolean, .integer, .words: break
        }
        return .object(fields)
    }

    /// Patterns of JSON Schema search; ours hold for the whole text.
    private static func anchored(_ pattern: String) -> String { "^(\(pattern))$" }
}

/// A JSON value.
indirect enum JSONTree: Encodable, Sendable {
    case null, boolean(Bool), integer(Int), number(Double), string(String), array([JSONTree]), object(
        [String: JSONTree])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let fields): try container.encode(fields)
        }
    }
}
