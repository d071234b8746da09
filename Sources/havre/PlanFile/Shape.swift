/// What a file may hold. The decoder and the JSON Schema are both made from one value of this type, so that
/// they cannot drift.
indirect enum Shape: Sendable {
    /// One word, number or text.
    case scalar(ScalarForm)
    /// Known keys.
    case object(ObjectShape)
    /// Names that the author chooses, each with the same kind of value.
    case map(MapShape)
    /// Many of one kind, at least so many.
    case list(Shape, atLeast: Int)
    /// A scalar, a list or a mapping, each in its own shape; at most one of each.
    case either([Shape])
    /// Objects told apart by the word under one key.
    case choice(ChoiceShape)
    /// A shape that is defined once under a name.
    case named(String, Shape)

    /// What belongs here, for a message.
    var noun: String {
        switch self {
        case .scalar(let form): form.noun
        case .object(let object): object.noun
        case .map(let map): map.noun
        case .list(let element, _): "a list, each " + element.noun
        case .either(let shapes): shapes.map(\.noun).joined(separator: ", or ")
        case .choice(let choice): choice.noun
        case .named(_, let shape): shape.noun
        }
    }
}

/// A mapping with known keys.
struct ObjectShape: Sendable {
    /// One key.
    struct Field: Sendable {
        /// The key.
        var name: String
        /// Its value.
        var shape: Shape
        /// Whether it must stand.
        var required: Bool
        /// What it means, for the schema.
        var about: String

        init(_ name: String, _ shape: Shape, required: Bool = false, _ about: String) {
            self.name = name
            self.shape = shape
            self.required = required
            self.about = about
        }
    }

    /// What it is, with an article (`a location`).
    var noun: String
    /// Its keys.
    var fields: [Field]
    /// Exactly one of these must stand; empty says nothing.
    var exactlyOne: [String] = []
    /// At least one of these must stand; empty says nothing.
    var atLeastOne: [String] = []
    /// At most one of these may stand; empty says nothing.
    var atMostOne: [String] = []
    /// Keys that ask for others beside them.
    var needs: [String: [String]] = [:]
    /// Keys that the design names and this version does not read, and what they are.
    var later: [String: String] = [:]
    /// Keys that belong to another variant, and why they are not read here.
    var elsewhere: [String: String] = [:]
    /// Whether it holds a secret: nothing in it is repeated in a message.
    var secret = false

    /// The field of a name.
    func field(_ name: String) -> Field? { fields.first { $0.name == name } }
}

/// A mapping from chosen names to values of one shape.
struct MapShape: Sendable {
    /// What it is (`a mapping from names to providers`).
    var noun: String
    /// What its keys look like.
    var key: ScalarForm
    /// What stands under each.
    var value: Shape
    /// How many there must be.
    var atLeast: Int
}

/// Objects told apart by the word under one key.
struct ChoiceShape: Sendable {
    /// What it is.
    var noun: String
    /// The key that tells.
    var key: String
    /// The words that have a shape of their own.
    var cases: [(word: String, shape: ObjectShape)]
    /// The shape of all other words; nil where there are none.
    var otherwise: ObjectShape?
}
