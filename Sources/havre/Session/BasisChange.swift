import HavreJournal
import HavreModel

/// What verdicts rest on and what is no longer so, though it turned none of them: facts and derogations.
struct BasisChange: CommandResult, Hashable {
    /// A fact that says something else.
    struct Fact: Encodable, Hashable, Sendable {
        let dataset: String
        let rule: String
        let from: String
        let to: String
    }

    /// Derogations that hold beside a verdict, before and now.
    struct Derogation: Encodable, Hashable, Sendable {
        let dataset: String
        let rule: String
        let from: [String]
        let to: [String]
    }

    let type = "basis"
    let facts: [Fact]
    let derogations: [Derogation]

    private enum CodingKeys: String, CodingKey {
        case type, facts, derogations
    }

    init(facts: [Fact], derogations: [Derogation]) {
        self.facts = facts
        self.derogations = derogations
    }

    /// Whether nothing changed.
    var isEmpty: Bool { facts.isEmpty && derogations.isEmpty }

    /// Each change once, however many verdicts rest on it.
    var description: String {
        var lines: [String] = []
        func say(_ line: String) { if !lines.contains(line) { lines.append(line) } }
        for fact in facts { say("~ a fact changed, no verdict turned: \(fact.from) is now \(fact.to)") }
        for derogation in derogations {
            func words(_ list: [String]) -> String { list.isEmpty ? "none" : list.joined(separator: "; ") }
            say(
                "~ \(derogation.dataset)  \(derogation.rule): a derogation changed, no verdict turned: "
                    + "\(words(derogation.from)) → \(words(derogation.to))")
        }
        return lines.joined(separator: "\n")
    }

    /// Writes its two members into an object of the journal.
    func write(to json: inout CanonicalJSON) {
        func text(_ name: StaticString, _ value: String) {
            json.name(name)
            json.string(value)
        }
        func list(_ name: StaticString, _ values: [String]) {
            json.name(name)
            json.beginArray()
            for value in values { json.string(value) }
            json.endArray()
        }
        json.name("derogations")
        json.beginArray()
        for derogation in derogations {
            json.beginObject()
            text("dataset", derogation.dataset)
            list("from", derogation.from)
            text("rule", derogation.rule)
            list("to", derogation.to)
            json.endObject()
        }
        json.endArray()
        json.name("facts")
        json.beginArray()
        for fact in facts {
            json.beginObject()
            text("dataset", fact.dataset)
            text("from", fact.from)
            text("rule", fact.rule)
            text("to", fact.to)
            json.endObject()
        }
        json.endArray()
    }
}
