/// R14: remote access to health data from a third country is described and safeguarded.
///
/// An access that is both passes whatever its country; one from inside the EEA needs neither.
struct RemoteAccessIsSafeguarded: Rule {
    let id = "R14"
    let predicate = Text(
        en: "Remote access to health data from outside the EEA is described and safeguarded.",
        fr: "Les accès à distance aux données de santé depuis l'extérieur de l'EEE sont décrits et encadrés.")
    let explanation = Text(
        en:
            "Version 2 of the HDS framework and décret 2026-209 let data be stored in the EEA only, and ask that access "
            + "from elsewhere, a support team for example, is described and safeguarded. List each under `remoteAccess:` "
            + "with country, who, description and safeguard; an empty list says that nobody reaches the data from "
            + "outside. Silence is unknown, and blocks.",
        fr:
            "La version 2 du référentiel HDS et le décret 2026-209 n'admettent le stockage que dans l'EEE, et exigent que "
            + "les accès depuis l'extérieur, par exemple d'une équipe de support, soient décrits et encadrés. Listez-les "
            + "sous `remoteAccess:` avec pays, qui, description et garantie ; une liste vide dit que nul n'accède aux "
            + "données de l'extérieur. Le silence est inconnu, et bloque.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isHealth else { return [] }
        let path = itinerary.planPath + ".remoteAccess"
        let subject = Text(en: "remote access", fr: "accès à distance")
        guard let accesses = itinerary.assurances.remoteAccess else {
            return [
                Finding(
                    .unknown, subject: subject, facts: [court.stated(subject, String?.none)],
                    message: Text(
                        en: "who reaches the data from outside the EEA is not stated",
                        fr: "on ignore qui accède aux données depuis l'extérieur de l'EEE"), remedy: Self.silence,
                    planPath: path)
            ]
        }
        guard !accesses.isEmpty else {
            return [
                Finding(
                    .satisfied, subject: subject, facts: [court.stated(subject, "0")],
                    message: Text(
                        en: "nobody reaches the data from outside the EEA",
                        fr: "nul n'accède aux données depuis l'extérieur de l'EEE"), planPath: path)
            ]
        }
        return accesses.map { judge($0, path, court) }
    }

    private func judge(_ access: RemoteAccess, _ path: String, _ court: Court) -> Finding {
        let who = access.by.isBlank ? Text(en: "somebody", fr: "quelqu'un") : Text(access.by)
        let subject = Text(
            en: "remote access of \(who) from \(access.country)",
            fr: "accès à distance de \(who) depuis \(access.country)")
        let place = court.stated(Text(en: "country of the access", fr: "pays de l'accès"), access.country)
        let description = court.stated(
            Text(en: "description of the access", fr: "description de l'accès"), access.description)
        let (isTooled, safeguard) = court.article46(for: access)
        var facts = [place, description, safeguard]
        var outcome = Outcome.unknown
        if place.doubt == nil {
            let (inside, membership) = court.jurisdictions.membership(of: access.country, in: .eea, on: court.day)
            facts += membership
            outcome = inside.or((description.doubt == nil ? Outcome.satisfied : .violated).and(isTooled))
        }
        let message: Text =
            switch outcome {
            case .satisfied:
                Text(
                    en: "\(subject): inside the EEA, or described and safeguarded",
                    fr: "\(subject) : dans l'EEE, ou décrit et encadré")
            case .violated:
                Text(
                    en: "\(subject): outside the EEA, and \(missing(description, safeguard))",
                    fr: "\(subject) : hors de l'EEE, et \(missing(description, safeguard))")
            case .unknown:
                Text(
                    en: "\(subject): whether that is inside the EEA, or safeguarded, is unknown",
                    fr: "\(subject) : on ignore si c'est dans l'EEE, ou encadré")
            }
        return Finding(
            outcome, subject: subject, facts: facts, message: message,
            remedy: outcome == .satisfied ? .empty : Self.remedy, planPath: path)
    }

    private func missing(_ description: UsedFact, _ safeguard: UsedFact) -> Text {
        switch (description.doubt, safeguard.doubt) {
        case (nil, _): Text(en: "no safeguard is named", fr: "aucune garantie n'est nommée")
        case (_, nil): Text(en: "it is not described", fr: "il n'est pas décrit")
        case (_, _): Text(en: "neither described nor safeguarded", fr: "ni décrit ni encadré")
        }
    }

    private static let silence = Text(
        en: "`remoteAccess: none` where nobody does, else each access with country, by, description and safeguard",
        fr: "`remoteAccess: none` si nul n'accède, sinon chaque accès avec country, by, description et safeguard")
    private static let remedy = Text(
        en: "`description:` and `safeguard:` of the access, or an access from inside the EEA",
        fr: "`description:` et `safeguard:` de l'accès, ou un accès depuis l'EEE")
}
