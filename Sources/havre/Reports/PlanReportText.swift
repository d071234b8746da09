import HavreEngine
import HavreModel

/// The report for a person, in the reader's language; a terminal breaks its lines, a pipe gets them whole.
extension PlanReport {
    var description: String {
        var text = ""
        for part in datasets {
            text += "\(part.dataset)   \(part.from[language])  →  \(part.to[language])\n"
            for action in Diff.Action.listed {
                let sum = part.sum(action)
                let always = action == .create || action == .unchanged || action == .blocked
                guard always && !offline || sum.objects > 0 else { continue }
                text += row(action, sum, causes(part, action))
            }
            text += "  " + Quantity.left(Text(en: "rules", fr: "règles")[language], 8)
            text += VerdictLines.tally(part.verdicts, language) + "\n"
            if offline {
                text += line(Text(en: "volume", fr: "volume"), Self.expected(part))
            } else {
                text += line(Text(en: "target", fr: "cible"), Self.probed(part))
            }
            text += work(part)
            for loss in part.unmapped { text += line(Text(en: "lost", fr: "perdu"), Text(loss)) }
            for note in verdictLines.paragraphs(part.verdicts) { text += note + "\n" }
            text += "\n"
        }
        return text + summary
    }

    private func line(_ label: Text, _ words: Text) -> String {
        "  " + Quantity.left(label[language], 8) + words[language] + "\n"
    }

    private func row(_ action: Diff.Action, _ sum: (objects: Int, bytes: UInt64), _ note: Text) -> String {
        let noun = (sum.objects == 1 ? Text(en: " object ", fr: " objet  ") : Text(en: " objects", fr: " objets "))
        var line = "  \(action.sign) " + Quantity.left(action.words[language], 11)
        line += Quantity.right(QuantityText.count(sum.objects)[language], 13) + noun[language]
        line += Quantity.right(QuantityText.bytes(sum.bytes)[language], 12)
        return line + (note.isEmpty ? "" : "    " + note[language]) + "\n"
    }

    private func causes(_ part: DatasetPart, _ action: Diff.Action) -> Text {
        if action == .extraneous, !prune { return Text(en: "left alone", fr: "laissé en place") }
        let causes = part.lines.filter { $0.action == action && !$0.cause.isEmpty }
        if causes.count == 1, let cause = causes.first { return CauseText.of(cause.cause) }
        return causes.map { line in
            QuantityText.count(line.objects) + Text(" ") + CauseText.of(line.cause)
        }.joined(separator: .semicolon)
    }

    private static func expected(_ part: DatasetPart) -> Text {
        part.estimate != nil
            ? Text(en: "as the plan expects; nothing was listed", fr: "tel que le plan l'attend ; rien n'a été listé")
            : Text(
                en: "unknown: the dataset states no `expected:`, and nothing was listed",
                fr: "inconnu : le jeu de données n'indique pas `expected:`, et rien n'a été listé")
    }

    private static func probed(_ part: DatasetPart) -> Text {
        if let day = part.probedOn {
            return Text(en: "probed on \(day)", fr: "sondée le \(day)")
        }
        if part.targetProbed { return Text(en: "known as it is", fr: "connue telle quelle") }
        return Text(
            en: "not probed: `havre doctor` finds out what it really does; `apply` will do so first",
            fr: "non sondée : `havre doctor` établit ce qu'elle fait vraiment ; `apply` le fera d'abord")
    }

    // MARK: Work, time, money

    private func work(_ part: DatasetPart) -> String {
        guard let estimate = part.estimate, let seconds = estimate.seconds else { return "" }
        let volume = estimate.volume
        let parts = QuantityText.count(volume.parts)
        let stored = QuantityText.bytes(estimate.storedBytes)
        var sum =
            volume.parts == 1
            ? Text(en: "1 part; \(stored) at the target", fr: "1 partie ; \(stored) à la cible")
            : Text(en: "\(parts) parts; \(stored) at the target", fr: "\(parts) parties ; \(stored) à la cible")
        if estimate.readBackBytes > 0 {
            let back = QuantityText.bytes(estimate.readBackBytes)
            sum = sum + Text(en: ", \(back) read back", fr: ", \(back) à relire")
        }
        var text = line(Text(en: "work", fr: "charge"), sum)
        let (source, target) = (Self.requests(estimate.source), Self.requests(estimate.target))
        text += line(.empty, Text(en: "source: \(source)", fr: "source : \(source)"))
        text += line(.empty, Text(en: "target: \(target)", fr: "cible : \(target)"))
        guard volume.objects > 0 else { return text }
        text += line(Text(en: "time", fr: "durée"), Self.span(seconds) + Text(" ") + Self.words(part))
        if let finish = part.finish {
            let words =
                finish.from == finish.until
                ? Text(en: "done on \(finish.from)", fr: "terminé le \(finish.from)")
                : Text(
                    en: "done between \(finish.from) and \(finish.until)",
                    fr: "terminé entre le \(finish.from) et le \(finish.until)")
            text += line(.empty, words)
        }
        return text + costs(estimate.costs)
    }

    private static func requests(_ counts: RequestCounts) -> Text {
        let kinds = [
            (counts.list, "LIST"), (counts.head, "HEAD"), (counts.get, "GET"), (counts.put, "PUT"),
            (counts.create, "CREATE"), (counts.part, "PART"), (counts.complete, "COMPLETE"), (counts.delete, "DELETE"),
        ]
        return kinds.filter { $0.0 > 0 }.map { QuantityText.count($0.0) + Text(" \($0.1)") }.joined(separator: ", ")
    }

    private static func span(_ seconds: Estimate.Duration) -> Text {
        let (low, high) = (QuantityText.duration(seconds.low), QuantityText.duration(seconds.high))
        if low == high { return low }
        return Text(en: "\(low) to \(high)", fr: "de \(low) à \(high)")
    }

    private static func words(_ part: DatasetPart) -> Text {
        guard let day = part.targetMeasuredOn else { return words(part.pace, part.probe) }
        let pace = part.pace
        let (low, high) = (QuantityText.rate(bytesPerSecond: pace.low), QuantityText.rate(bytesPerSecond: pace.high))
        // What the target takes may lie below both bounds: "half of it at worst" would not be true.
        let basis: Text =
            switch pace.basis {
            case .measured: Text(en: "source measured", fr: "source mesurée")
            case .given: Text(en: "source: --bandwidth", fr: "source : --bandwidth")
            case .plan: Text(en: "source: the plan's limit", fr: "source : limite du plan")
            case .assumed: Text(en: "source assumed; --probe measures", fr: "source supposée ; --probe mesure")
            }
        return Text(
            en: "at \(low) to \(high) (\(basis)), target measured on \(day)",
            fr: "entre \(low) et \(high) (\(basis)), cible mesurée le \(day)")
    }

    private static func words(_ pace: Estimate.Pace, _ probe: SourceProbe.Result?) -> Text {
        let (low, high) = (QuantityText.rate(bytesPerSecond: pace.low), QuantityText.rate(bytesPerSecond: pace.high))
        switch pace.basis {
        case .measured:
            guard let probe else { return Text(en: "at \(low) to \(high)", fr: "à \(low) à \(high)") }
            let bytes = QuantityText.bytes(probe.bytes)
            let (quick, slow) = (
                QuantityText.milliseconds(probe.quickestAnswer), QuantityText.milliseconds(probe.slowestAnswer)
            )
            return Text(
                en: "at \(low) to \(high), measured: \(bytes) in \(probe.requests) requests, first byte after "
                    + "\(quick) to \(slow)",
                fr: "entre \(low) et \(high), mesuré : \(bytes) en \(probe.requests) requêtes, premier octet après "
                    + "\(quick) à \(slow)")
        case .given:
            return Text(
                en: "at \(high) (--bandwidth), half of it at worst", fr: "à \(high) (--bandwidth), la moitié au pire")
        case .plan:
            return Text(
                en: "at \(high) (the plan's limit), half of it at worst",
                fr: "à \(high) (limite du plan), la moitié au pire")
        case .assumed:
            return Text(
                en: "at \(high) (assumed; --probe measures), half of it at worst",
                fr: "à \(high) (supposé ; --probe mesure), la moitié au pire")
        }
    }

    private func costs(_ costs: [Cost]) -> String {
        var text = ""
        let label = Text(en: "cost", fr: "coût")
        func next() -> Text { text.isEmpty ? label : .empty }
        for cost in costs {
            guard let amount = cost.amount, let day = cost.verifiedOn else { continue }
            let money = QuantityText.money(amount)
            let sources = cost.sources.joined(separator: ", ")
            text += line(
                next(),
                Text(
                    en: "\(cost.kind.words) \(cost.place): \(money) (price of \(day), \(sources))",
                    fr: "\(cost.kind.words) \(cost.place) : \(money) (prix du \(day), \(sources))"))
        }
        // What is unknown for one reason is said once.
        var told: Set<Text> = []
        for cost in costs {
            guard let why = cost.unknown, told.insert(why).inserted else { continue }
            var kinds: [Text] = []
            for other in costs where other.unknown == why {
                let kind = other.kind.words + Text(" \(other.place)")
                if !kinds.contains(kind) { kinds.append(kind) }
            }
            let list = kinds.joined(separator: ", ")
            text += line(next(), Text(en: "\(list): unknown, \(why)", fr: "\(list) : inconnu, \(why)"))
        }
        return text
    }

    // MARK: Summary

    /// `Plan: 1,204,343 to move (38.2 TiB), 40,112 unchanged, 0 blocked.`
    var summary: String {
        let (move, held) = (totals.toMove, totals.blocked.objects)
        let stopped = datasets.filter(\.blockedByPolicy)
        let (objects, bytes) = (QuantityText.count(move.objects), QuantityText.bytes(move.bytes))
        let (same, blocked) = (QuantityText.count(totals.unchanged.objects), QuantityText.count(held))
        let unknown = totals.unknown ?? []
        guard unknown.count < datasets.count || datasets.isEmpty else { return lines(Self.nothingKnown, stopped) }
        var text = Text(
            en: "Plan: \(objects) to move (\(bytes)), \(same) unchanged, \(blocked) blocked",
            fr: "Plan : \(objects) à transférer (\(bytes)), \(same) inchangés, \(blocked) bloqués")
        if totals.toDelete.objects > 0 {
            let gone = QuantityText.count(totals.toDelete.objects)
            text = text + Text(en: ", \(gone) to delete at the target", fr: ", \(gone) à supprimer à la cible")
        }
        text = text + Text(".")
        if move.objects == 0, held > 0 {
            let them = QuantityText.objects(held)
            text =
                text
                + (held == 1
                    ? Text(
                        en: "  Nothing can be moved; \(them) is blocked: `havre plan --objects` names it.",
                        fr: "  Rien ne peut être transféré ; \(them) est bloqué : `havre plan --objects` le nomme.")
                    : Text(
                        en: "  Nothing can be moved; \(them) are blocked: `havre plan --objects` names them.",
                        fr: "  Rien ne peut être transféré ; \(them) sont bloqués : `havre plan --objects` les nomme."))
        } else if !changesPending, stopped.isEmpty, !offline {
            text = text + Text(en: "  Nothing is left to do.", fr: "  Il ne reste rien à faire.")
        }
        if let seconds = totals.seconds, move.bytes > 0 {
            let span = Self.span(seconds)
            text = text + Text(en: "  About \(span).", fr: "  Environ \(span).")
        }
        if !unknown.isEmpty {
            let names = unknown.joined(separator: ", ")
            text =
                text
                + Text(
                    en: "  Not counted, for nobody says how much it is: \(names).",
                    fr: "  Non compté, faute de volume indiqué : \(names).")
        }
        return lines(text, stopped)
    }

    private static let nothingKnown = Text(
        en: "Plan: how much there is to move, nobody says: state `expected:`, or plan without --offline.",
        fr: "Plan : volume à transférer inconnu : indiquez `expected:`, ou planifiez sans --offline.")

    /// The sums, then what stands in the way.
    private func lines(_ sums: Text, _ stopped: [DatasetPart]) -> String {
        var lines = [sums[language]]
        lines += alerts.map { $0.line[language] }
        lines += (ignoredDocuments ?? []).map { $0.line[language] }
        if let guarded { lines.append(guarded[language]) }
        if !stopped.isEmpty { lines.append(policy(stopped)[language]) }
        return lines.joined(separator: "\n")
    }

    /// Why `apply` would refuse to delete; nil where it would not.
    private var guarded: Text? {
        guard prune else { return nil }
        let count = QuantityText.objects(totals.toDelete.objects)
        guard let maxDelete else {
            return Text(
                en: "`apply --prune` refuses: the plan states no maxDelete.",
                fr: "`apply --prune` refuse : le plan n'indique pas maxDelete.")
        }
        guard totals.toDelete.objects > maxDelete else { return nil }
        let most = QuantityText.count(maxDelete)
        return Text(
            en: "`apply` refuses: \(count) would be deleted, and maxDelete is \(most).",
            fr: "`apply` refuse : \(count) à supprimer, et maxDelete est \(most).")
    }

    private func policy(_ stopped: [DatasetPart]) -> Text {
        let names = stopped.map { part in
            guard part.estimate != nil else { return Text(part.dataset) }
            let (objects, bytes) = (QuantityText.objects(part.toMove.objects), QuantityText.bytes(part.toMove.bytes))
            return Text("\(part.dataset) (") + objects + Text(", ") + bytes + Text(")")
        }.joined(separator: ", ")
        return stopped.count < datasets.count
            ? Text(
                en: "Blocked by policy: \(names). `apply` moves nothing unless --dataset names others.",
                fr: "Bloqué par les règles : \(names). `apply` ne transfère rien, sauf si --dataset en nomme d'autres.")
            : Text(
                en: "Blocked by policy: \(names). `apply` moves nothing.",
                fr: "Bloqué par les règles : \(names). `apply` ne transfère rien.")
    }
}

extension Cost.Kind {
    /// What is paid for, before the place that asks for it.
    var words: Text {
        switch self {
        case .egress: Text(en: "egress from", fr: "sortie de")
        case .sourceRequests: Text(en: "requests at", fr: "requêtes chez")
        case .targetRequests: Text(en: "requests at", fr: "requêtes chez")
        case .readBack: Text(en: "egress for the read-back from", fr: "sortie pour la relecture de")
        case .storageMonth: Text(en: "a month of storage at", fr: "un mois de stockage chez")
        }
    }
}
