import FoundationEssentials
import HavreJournal
import HavreModel

/// Two saved plans side by side, read page by page: memory does not grow with their objects.
struct SavedPlanComparison {
    /// An object of which they say different things.
    struct Change: Sendable {
        let dataset: String
        let key: ObjectKey
        let before: DiffRow?
        let after: DiffRow?
    }

    /// How many objects they say different things of.
    struct Counts: Sendable {
        var added = 0
        var removed = 0
        var changed = 0
    }

    private let old: SavedPlan
    private let new: SavedPlan

    /// Sets them side by side.
    init(_ old: SavedPlan, _ new: SavedPlan) {
        self.old = old
        self.new = new
    }

    /// One plan's rows of one dataset, in order of key.
    private struct Rows {
        let plan: SavedPlan
        let dataset: String
        private var page: ArraySlice<DiffRow> = []
        private var after: ObjectKey?
        private var hasEnded = false

        init(_ plan: SavedPlan, _ dataset: String) {
            self.plan = plan
            self.dataset = dataset
        }

        /// The next row, left where it is.
        mutating func peek() async throws -> DiffRow? {
            if page.isEmpty, !hasEnded {
                let rows = try await plan.objects(dataset: dataset, actions: [], after: after, limit: 1000)
                after = rows.last?.key
                hasEnded = rows.isEmpty
                page = rows[...]
            }
            return page.first
        }

        mutating func drop() { page = page.dropFirst() }
    }

    /// Hands every object of which they say different things to `take`, in order of dataset and key.
    func objects(_ take: (Change) throws -> Void) async throws -> Counts {
        var counts = Counts()
        for dataset in Set(old.heading.datasets).union(new.heading.datasets).sorted() {
            var (left, right) = (Rows(old, dataset), Rows(new, dataset))
            while true {
                let (one, other) = (try await left.peek(), try await right.peek())
                guard let key = [one?.key, other?.key].compactMap(\.self).min(by: Self.precedes) else { break }
                let before = one?.key == key ? one : nil
                let after = other?.key == key ? other : nil
                if before != nil { left.drop() }
                if after != nil { right.drop() }
                switch (before, after) {
                case (nil, _): counts.added += 1
                case (_, nil): counts.removed += 1
                case (let before?, let after?):
                    let same =
                        before.action == after.action && before.source == after.source && before.target == after.target
                    if same { continue }
                    counts.changed += 1
                }
                try take(Change(dataset: dataset, key: key, before: before, after: after))
            }
        }
        return counts
    }

    private static func precedes(_ left: ObjectKey, _ right: ObjectKey) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// Rules, facts and verdicts that are not the same in both.
    func turned() throws -> [Text] {
        var lines: [Text] = []
        for name in Self.moved(old.heading.rulebook, new.heading.rulebook) {
            lines.append(Text(en: "rulebook: \(name) differs", fr: "règles : \(name) diffère"))
        }
        for name in Self.moved(old.heading.catalogue, new.heading.catalogue) {
            lines.append(Text(en: "catalogue: \(name) differs", fr: "catalogue : \(name) diffère"))
        }
        let former = Set(old.heading.documents)
        for document in new.heading.documents where !former.contains(document) {
            lines.append(Text(en: "document: \(document.file) differs", fr: "document : \(document.file) diffère"))
        }
        let kept = Set(new.heading.documents.map(\.file))
        for document in old.heading.documents where !kept.contains(document.file) {
            lines.append(
                Text(
                    en: "document: \(document.file) is no longer named",
                    fr: "document : \(document.file) n'est plus nommé"))
        }
        return lines + (try verdicts())
    }

    private static func moved(_ before: [String: String], _ after: [String: String]) -> [String] {
        Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted(by: Rulebook.precedes)
    }

    private func verdicts() throws -> [Text] {
        func byPlace(_ plan: SavedPlan) throws -> [[String]: Verdict] {
            let verdicts = try plan.report(.english).datasets.flatMap(\.verdicts)
            return Dictionary(
                verdicts.map {
                    ([$0.dataset, $0.rule, $0.isToday ? "today" : "", $0.planPath, $0.subject.english], $0)
                },
                uniquingKeysWith: { first, _ in first })
        }
        let (before, after) = (try byPlace(old), try byPlace(new))
        var lines: [Text] = []
        for place in Set(before.keys).union(after.keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let (was, now) = (before[place], after[place])
            guard let some = now ?? was else { continue }
            let none = Text(en: "not given", fr: "non rendu")
            let (first, second) = (was?.outcome.words ?? none, now?.outcome.words ?? none)
            if was?.outcome != now?.outcome || was?.blocks != now?.blocks {
                let grade = now.map { VerdictLines.grade($0) } ?? .empty
                lines.append(
                    Text(
                        en: "\(some.rule) of \(some.dataset), \(some.subject): \(first) → \(second) \(grade)",
                        fr: "\(some.rule) de \(some.dataset), \(some.subject) : \(first) → \(second) \(grade)"))
            }
            for fact in now?.facts ?? [] {
                guard let known = was?.facts.first(where: { $0.name.english == fact.name.english }),
                    known.value != fact.value || known.doubt != fact.doubt || known.source != fact.source
                else { continue }
                lines.append(
                    Text(
                        en: "\(some.rule) of \(some.dataset), fact: \(known.words) → \(fact.words)",
                        fr: "\(some.rule) de \(some.dataset), fait : \(known.words) → \(fact.words)"))
            }
        }
        return lines
    }
}
