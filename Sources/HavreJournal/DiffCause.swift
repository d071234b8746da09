import GRDB
import HavreModel

/// Why the diff says what it says; the numbers stand in the journal.
enum DiffCause: Int64, CaseIterable {
    case sourceChanged = 1
    case envelopeChanged = 2
    case targetChanged = 3
    case occupied = 4
    case missing = 5
    case interrupted = 6
    case targetDecides = 7
    case failedSince = 8
    case foundDifferent = 9
    case notOurs = 10
    case elsewhere = 11
    case placeUnknown = 12
    case waits = 13

    /// The words.
    var text: String {
        switch self {
        case .sourceChanged: "source changed since it landed"
        case .envelopeChanged: "envelope changed"
        case .targetChanged: "target changed"
        case .occupied: "occupied"
        case .missing: "missing at the target"
        case .interrupted: "interrupted"
        case .targetDecides: "interrupted, the target decides"
        case .failedSince: "failed since it landed"
        case .foundDifferent: "found different at read-back"
        case .notOurs: "not ours"
        case .elsewhere: "landed from elsewhere"
        case .placeUnknown: "landed, not known from where"
        case .waits: "waits while objects are blocked"
        }
    }

    /// Writes the words into a new journal; number 0 is the empty one, 100 the first that is free.
    static func write(_ db: Database) throws {
        let insert = try Prepared(db, "INSERT INTO word (number, text) VALUES (?, ?)")
        for (number, text) in [(0, "")] + allCases.map({ ($0.rawValue, $0.text) }) + [
            (99, "reserved for causes to come")
        ] {
            insert.bind(1, Int64(number))
            insert.bind(2, text)
            try insert.run()
        }
    }
}

/// Action and cause of a diff row as one number: eight times the cause's number plus the action's.
enum DiffVerdict {
    static let actions: [Diff.Action] = [.create, .update, .unchanged, .extraneous, .blocked, .skipped, .delete]

    static func number(_ action: Diff.Action) -> Int64 {
        switch action {
        case .create: 0
        case .update: 1
        case .unchanged: 2
        case .extraneous: 3
        case .blocked: 4
        case .skipped: 5
        case .delete: 6
        }
    }

    static func encode(_ action: Diff.Action, cause: Int64) -> Int64 { cause * 8 + number(action) }

    static func encode(_ action: Diff.Action, _ cause: DiffCause) -> Int64 {
        encode(action, cause: cause.rawValue)
    }

    static func action(_ verdict: Int64) throws -> Diff.Action {
        let number = Int(verdict & 7)
        guard number < actions.count else {
            throw JournalError(.damaged, "the journal holds a diff row of the unknown kind \(verdict)")
        }
        return actions[number]
    }
}
