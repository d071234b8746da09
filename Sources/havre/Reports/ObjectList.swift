import ArgumentParser
import HavreJournal
import HavreModel

/// One object of a diff.
struct ObjectLine: CommandResult {
    let type = "object"
    let dataset: String
    let key: String
    let action: Diff.Action
    let cause: Text
    let size: UInt64
    private let language: Text.Language

    init(dataset: String, row: DiffRow, language: Text.Language = .english) {
        self.dataset = dataset
        key = row.key.description
        action = row.action
        cause = CauseText.of(row.cause, row.action)
        size = row.source?.size ?? row.target?.size ?? 0
        self.language = language
    }

    private enum CodingKeys: String, CodingKey {
        case type, dataset, key, action, cause, size
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(type, forKey: .type)
        try fields.encode(dataset, forKey: .dataset)
        try fields.encode(key, forKey: .key)
        try fields.encode(action, forKey: .action)
        try fields.encode(cause.english, forKey: .cause)
        try fields.encode(size, forKey: .size)
    }

    var description: String {
        "\(action.sign) \(dataset)  \(key)  \(QuantityText.bytes(size)[language])"
            + (cause.isEmpty ? "" : "  \(cause[language])")
    }
}

/// The objects of a plan, one a line. A person gets the first thousand; NDJSON holds all.
struct ObjectList: Sendable {
    /// Rows that a person is shown.
    static let most = 1000

    /// Which form is asked for.
    let form: Output
    /// Which actions are listed; all where empty.
    let actions: Set<Diff.Action>
    /// The reader's language.
    let language: Text.Language

    /// Lists what `page` gives: of a dataset, behind a key, at most so many rows.
    func emit(
        _ datasets: [String], page: @Sendable (String, ObjectKey?, Int) async throws -> [DiffRow]
    ) async throws {
        let stream = form.stream()
        var shown = 0
        listing: for dataset in datasets {
            var after: ObjectKey?
            while true {
                let rows = try await page(dataset, after, 1000)
                guard let last = rows.last else { break }
                after = last.key
                for row in rows {
                    guard form.json || shown < Self.most else {
                        let words = Text(
                            en:
                                "only the first \(QuantityText.count(Self.most)) are shown; --json lists all, one a line",
                            fr: "seuls les \(QuantityText.count(Self.most)) premiers sont montrés ; --json les donne "
                                + "tous, un par ligne")
                        form.note(words[language])
                        break listing
                    }
                    shown += 1
                    try stream.emit(ObjectLine(dataset: dataset, row: row, language: language))
                }
            }
        }
        stream.end()
    }
}

/// Which objects are listed, and whether they are.
struct ObjectOptions: ParsableArguments {
    @Flag(name: .long, help: "List every object with its action and cause.")
    var objects = false

    @Option(
        name: .long, parsing: .singleValue,
        help: "List only objects with this action, several with commas; may be given several times.",
        transform: Self.read)
    var action: [[Diff.Action]] = []

    /// Whether a list is asked for.
    var isAsked: Bool { objects || !action.isEmpty }

    /// The actions that are asked for; empty is all.
    var actions: Set<Diff.Action> { Set(action.joined()) }

    private static func read(_ text: String) throws -> [Diff.Action] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let word = String(part)
            if let action = Diff.Action(rawValue: word) { return action }
            let known = Diff.Action.listed.map(\.rawValue)
            throw ValidationError(
                "\(Quotation.of(word)) is no action of a plan; expected "
                    + (NearestWord.to(word, among: known).map { "`\($0)`" } ?? known.joined(separator: ", ")))
        }
    }
}
