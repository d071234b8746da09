import HavreModel

/// Verdicts as lines for a person: which rule, which fact and law, which place of the plan, what would change it.
struct VerdictLines {
    /// The plan that was judged.
    let plan: Plan

    /// What blocks and what warns, one paragraph each; what holds stays in the tally.
    func paragraphs(_ verdicts: [Verdict]) -> [String] {
        verdicts.filter { $0.blocks || $0.warns }.map(paragraph)
            + verdicts.filter { $0.isToday && $0.outcome == .violated }.map {
                "  \($0.rule) today: \($0.message.english)"
            }
    }

    /// One verdict.
    func paragraph(_ verdict: Verdict) -> String {
        let grade =
            verdict.isToday ? "today" : verdict.blocks ? "blocks" : "warns"
        var place = plan.file
        if let mark = plan.mark(verdict.planPath) { place += ":\(mark.line):\(mark.column)" }
        var text = "  \(verdict.rule) \(grade) (\(verdict.outcome.rawValue)): \(verdict.message.english)"
        if !verdict.basis.isEmpty { text += "\n     basis   \(verdict.basis.english)" }
        for fact in verdict.facts.prefix(4) { text += "\n     fact    \(fact.words.english)" }
        if !verdict.remedy.isEmpty, !verdict.isToday { text += "\n     change  \(verdict.remedy.english)" }
        text += "\n     at      \(place) (\(verdict.planPath))"
        if !verdict.notes.isEmpty { text += "\n     note    \(verdict.notes.map(\.rawValue).joined(separator: ", "))" }
        return text
    }

    /// `R4 violated, R12 unknown`: how the source stands before anything moves.
    private static func today(_ verdicts: [Verdict], _ rules: [String]) -> String {
        rules.map { rule in
            let isViolated = verdicts.contains { $0.isToday && $0.rule == rule && $0.outcome == .violated }
            return "\(rule) \(isViolated ? "violated" : "unknown")"
        }.joined(separator: ", ")
    }

    /// `5 satisfied · 5 do not apply · 2 violated (R5 blocks, R7 warns) · today: R4 violated at the source`
    static func tally(_ verdicts: [Verdict]) -> String {
        let tally = VerdictTally(verdicts)
        var parts = ["\(tally.satisfied.count - tally.inapplicable.count) satisfied"]
        if !tally.inapplicable.isEmpty {
            parts.append("\(tally.inapplicable.count) \(tally.inapplicable.count == 1 ? "does" : "do") not apply")
        }
        func graded(_ rule: String) -> String {
            tally.blocking.contains(rule) ? rule + " blocks" : tally.warning.contains(rule) ? rule + " warns" : rule
        }
        func named(_ rules: [String], _ word: String) {
            guard !rules.isEmpty else { return }
            parts.append("\(rules.count) \(word) (\(rules.map(graded).joined(separator: ", ")))")
        }
        named(tally.violated, "violated")
        named(tally.unknown, "unknown")
        let reserved = tally.warning.filter { !tally.violated.contains($0) && !tally.unknown.contains($0) }
        if !reserved.isEmpty { parts.append("with reservations: \(reserved.joined(separator: ", "))") }
        if !tally.today.isEmpty { parts.append("today: \(today(verdicts, tally.today)) at the source") }
        return parts.joined(separator: " · ")
    }
}
