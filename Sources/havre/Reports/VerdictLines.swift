import HavreModel

/// Verdicts as lines for a person: which rule, which fact and law, which place of the plan, what would change it.
struct VerdictLines {
    /// The plan that was judged.
    let plan: Plan
    /// The reader's language.
    var language = Text.Language.english

    /// What blocks and what warns, one paragraph each; what holds stays in the tally.
    func paragraphs(_ verdicts: [Verdict]) -> [String] {
        verdicts.filter { $0.blocks || $0.warns }.map(paragraph)
            + verdicts.filter { $0.isToday && $0.outcome == .violated }.map { verdict in
                "  " + Text(en: "\(verdict.rule) today: ", fr: "\(verdict.rule) aujourd'hui : ")[language]
                    + verdict.message[language]
            }
    }

    /// One verdict.
    func paragraph(_ verdict: Verdict) -> String {
        var place = plan.file
        if let mark = plan.mark(verdict.planPath) { place += ":\(mark.line):\(mark.column)" }
        let head = Text(
            en: "\(verdict.rule) \(Self.grade(verdict)) (\(verdict.outcome.words)): ",
            fr: "\(verdict.rule) \(Self.grade(verdict)) (\(verdict.outcome.words)) : ")
        var text = "  " + head[language] + verdict.message[language]
        func line(_ title: Text, _ content: String) {
            guard !content.isEmpty else { return }
            text += "\n     " + Quantity.left(title[language], 12) + content
        }
        line(Text(en: "basis", fr: "fondement"), verdict.basis[language])
        for fact in verdict.facts.prefix(4) { line(Text(en: "fact", fr: "fait"), fact.words[language]) }
        if verdict.facts.count > 4 {
            let more = verdict.facts.count - 4
            line(Text(en: "fact", fr: "fait"), Text(en: "and \(more) more", fr: "et \(more) autres")[language])
        }
        if !verdict.isToday { line(Text(en: "change", fr: "remède"), verdict.remedy[language]) }
        line(Text(en: "at", fr: "à"), "\(place) (\(verdict.planPath))")
        for derogation in verdict.derogations {
            line(Text(en: "derogation", fr: "dérogation"), Self.words(derogation)[language])
        }
        line(Text(en: "note", fr: "note"), verdict.notes.map { $0.words[language] }.joined(separator: ", "))
        return text
    }

    /// What follows from a verdict.
    static func grade(_ verdict: Verdict) -> Text {
        if verdict.isToday { return Text(en: "today", fr: "aujourd'hui") }
        if verdict.blocks, verdict.awaitsForecast { return Text(en: "left to `plan`", fr: "laissée à `plan`") }
        if verdict.blocks { return Text(en: "blocks", fr: "bloque") }
        if verdict.isDerogated { return Text(en: "derogated", fr: "dérogée") }
        return Text(en: "warns", fr: "avertit")
    }

    private static func words(_ derogation: RecordedDerogation) -> Text {
        let who = Text(
            en: "\(derogation.reference) by \(derogation.by), signed by \(derogation.signer), until "
                + "\(derogation.until): \(derogation.reason)",
            fr: "\(derogation.reference) de \(derogation.by), signée par \(derogation.signer), jusqu'au "
                + "\(derogation.until) : \(derogation.reason)")
        guard let ignored = derogation.ignored else { return who }
        return Text(en: "IGNORED, \(ignored): \(who)", fr: "IGNORÉE, \(ignored) : \(who)")
    }

    /// `R4 violated, R12 unknown`: how the source stands before anything moves.
    private static func today(_ verdicts: [Verdict], _ rules: [String]) -> Text {
        rules.map { rule in
            let isViolated = verdicts.contains { $0.isToday && $0.rule == rule && $0.outcome == .violated }
            return Text("\(rule) ") + (isViolated ? Outcome.violated : .unknown).words
        }.joined(separator: ", ")
    }

    /// `5 satisfied · 5 do not apply · 2 violated (R5 blocks, R7 warns) · today: R4 violated at the source`
    static func tally(_ verdicts: [Verdict], _ language: Text.Language = .english) -> String {
        let tally = VerdictTally(verdicts)
        func counted(_ count: Int, one: Text, more: Text) -> Text { Text("\(count) ") + (count == 1 ? one : more) }
        var parts = [
            counted(
                tally.satisfied.count - tally.inapplicable.count, one: Text(en: "satisfied", fr: "satisfaite"),
                more: Text(en: "satisfied", fr: "satisfaites"))
        ]
        // What holds is not printed, so on whose word it holds is said here.
        func holding(_ rests: (Verdict) -> Bool) -> Int {
            Set(verdicts.filter { !$0.isToday && $0.outcome == .satisfied && rests($0) }.map(\.rule))
                .intersection(tally.satisfied).count
        }
        var words: [Text] = []
        let trusted = holding { $0.notes.contains(.operatorsWord) }
        if trusted > 0 {
            words.append(Text(en: "\(trusted) on the operator's word", fr: "\(trusted) sur parole de l'exploitant"))
        }
        let own = holding { $0.facts.contains { $0.origin != nil } }
        if own > 0 {
            words.append(Text(en: "\(own) on your own catalogue", fr: "\(own) sur votre propre catalogue"))
        }
        if !words.isEmpty {
            let list = words.joined(separator: ", ")
            parts[0] = parts[0] + Text(en: " (\(list))", fr: " (\(list))")
        }
        if !tally.inapplicable.isEmpty {
            parts.append(
                counted(
                    tally.inapplicable.count, one: Text(en: "does not apply", fr: "ne s'applique pas"),
                    more: Text(en: "do not apply", fr: "ne s'appliquent pas")))
        }
        func graded(_ rule: String) -> Text {
            let own = verdicts.filter { $0.rule == rule && !$0.isToday && ($0.blocks || $0.warns) }
            guard let worst = own.first(where: \.blocksUncounted) ?? own.first(where: \.blocks) ?? own.first else {
                return Text(rule)
            }
            return Text("\(rule) ") + grade(worst)
        }
        func named(_ rules: [String], one: Text, more: Text) {
            guard !rules.isEmpty else { return }
            let list = rules.map(graded).joined(separator: ", ")
            parts.append(counted(rules.count, one: one, more: more) + Text(en: " (\(list))", fr: " (\(list))"))
        }
        named(
            tally.violated, one: Text(en: "violated", fr: "violée"), more: Text(en: "violated", fr: "violées"))
        named(tally.unknown, one: Text(en: "unknown", fr: "inconnue"), more: Text(en: "unknown", fr: "inconnues"))
        let reserved = tally.warning.filter { !tally.violated.contains($0) && !tally.unknown.contains($0) }
        if !reserved.isEmpty {
            let list = reserved.joined(separator: ", ")
            parts.append(Text(en: "with reservations: \(list)", fr: "avec réserves : \(list)"))
        }
        if !tally.today.isEmpty {
            let list = today(verdicts, tally.today)
            parts.append(Text(en: "today: \(list) at the source", fr: "aujourd'hui : \(list) à la source"))
        }
        return parts.map { $0[language] }.joined(separator: " · ")
    }
}

extension Outcome {
    /// The outcome in words, of a rule.
    var words: Text {
        switch self {
        case .satisfied: Text(en: "satisfied", fr: "satisfaite")
        case .violated: Text(en: "violated", fr: "violée")
        case .unknown: Text(en: "unknown", fr: "inconnue")
        }
    }
}

extension Verdict.Note {
    /// The note in words.
    var words: Text {
        switch self {
        case .notApplicable: Text(en: "does not apply", fr: "ne s'applique pas")
        case .operatorsWord: Text(en: "operator's word", fr: "parole de l'exploitant")
        case .reservation: Text(en: "allowed with a reservation", fr: "permis avec réserve")
        case .unsigned: Text(en: "unsigned", fr: "non signé")
        case .awaitsForecast:
            Text(en: "only a forecast of the finish can tell", fr: "seule une prévision d'achèvement peut le dire")
        }
    }
}
