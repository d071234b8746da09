/// R11: the file shows the sovereignty criteria for State-sensitive data.
struct StateDataCriteria: Rule {
    let id = "R11"
    let predicate = Text(
        en: "The file shows the sovereignty criteria for State-sensitive data.",
        fr: "Le dossier établit les critères de souveraineté pour les données sensibles de l'État.")
    let explanation = Text(
        en:
            "Circular 6519/SG of 5 February 2026 asks administrations to show in the file how digital services meet the "
            + "criteria of sovereignty. Name the document under `evidence: {R11: …}` with its last day. Havre does not "
            + "read it; that it is there is your word.",
        fr:
            "La circulaire 6519/SG du 5 février 2026 demande aux administrations d'établir dans le dossier comment leurs "
            + "services numériques satisfont aux critères de souveraineté. Nommez la pièce sous `evidence: {R11: …}` "
            + "avec son dernier jour. Havre ne la lit pas ; qu'elle existe est votre parole.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.stateSensitive else { return [] }
        return [court.finding(ofEvidenceFor: id, of: Self.what, on: itinerary)]
    }

    private static let what = Text(
        en: "the analysis of the criteria of sovereignty (circular 6519/SG)",
        fr: "l'analyse des critères de souveraineté (circulaire 6519/SG)")
}

extension Court {
    /// A finding on whether the plan names the document that `rule` asks for, the same words for all such rules.
    func finding(ofEvidenceFor rule: String, of what: Text, on itinerary: Itinerary) -> Finding {
        let (outcome, fact) = evidence(for: rule, in: itinerary.assurances)
        let reference = fact.value ?? ""
        let message: Text =
            switch outcome {
            case .satisfied: Text(en: "\(reference) shows \(what)", fr: "\(reference) établit \(what)")
            case .violated:
                Text(en: "\(reference), which shows \(what), has ended", fr: "\(reference) a pris fin : \(what)")
            case .unknown: Text(en: "no evidence shows \(what)", fr: "aucune pièce n'établit \(what)")
            }
        return Finding(
            outcome, subject: Text(en: "evidence for \(rule)", fr: "preuve pour \(rule)"), facts: [fact],
            message: message,
            remedy: outcome == .satisfied
                ? .empty
                : Text(
                    en: "`evidence: {\(rule): {reference: …, until: …}}` with the document that shows \(what)",
                    fr: "`evidence: {\(rule): {reference: …, until: …}}` avec la pièce qui établit \(what)"),
            planPath: itinerary.planPath + ".evidence")
    }
}
