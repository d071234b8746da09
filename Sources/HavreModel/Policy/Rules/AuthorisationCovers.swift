/// R18: an unexpired authorisation covers the dataset, its purpose and its destination; no wildcard.
///
/// It applies to datasets that carry `snds` (the CNAM decides case by case), to those under a `CASE_BY_CASE`
/// clause, and to those that list authorisations: whoever lists one says that one is needed.
/// The destination is the target provider's name in the plan or its id in the catalogue.
/// Signatures are not checked yet; a verdict that rests on an authorisation says `unsigned`.
struct AuthorisationCovers: Rule {
    /// The clause as plans write it.
    static let clause = "CASE_BY_CASE"

    let id = "R18"
    let predicate = Text(
        en: "A signed, unexpired authorisation covers the dataset, its purpose and its destination, without wildcards.",
        fr: "Une autorisation signée et en cours couvre le jeu de données, sa finalité et sa destination, sans joker.")
    let explanation = Text(
        en: "In February 2021 the CNAM refused to hand over the whole base and allowed data case by case; EMC2 was "
            + "authorised for three years only. So an authorisation names what it is for and where the data go, and it "
            + "ends. One that says “any” covers nothing. State `purpose:` on the dataset, and `purpose:`, "
            + "`destination:` and `until:` on the authorisation.",
        fr:
            "En février 2021, la CNAM a refusé de remettre la base entière et n'a admis les données qu'au cas par cas ; "
            + "EMC2 n'a été autorisé que pour trois ans. Une autorisation nomme donc sa finalité et sa destination, et "
            + "elle prend fin. Celle qui dit « toutes » ne couvre rien. Indiquez `purpose:` sur le jeu de données, et "
            + "`purpose:`, `destination:` et `until:` sur l'autorisation.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let dataset = itinerary.dataset
        let asked = dataset.classification.snds || dataset.clauses.contains(Self.clause)
        guard asked || !dataset.authorisations.isEmpty else { return [] }
        let path = itinerary.planPath + ".authorisations"
        let subject = "authorisations of \(dataset.name)"
        let remedy =
            "an authorisation with purpose \(dataset.purpose ?? "(state one on the dataset)"), destination "
            + "\(dataset.target.provider) and an end on or after \(court.day)"
        guard !dataset.authorisations.isEmpty else {
            return [
                Finding(
                    .violated, subject: subject, facts: [],
                    message: "no authorisation is stated, and the data are released case by case", remedy: remedy,
                    planPath: path)
            ]
        }
        let ids = Set(itinerary.hops(.target).compactMap(\.providerID) + [dataset.target.provider])
        let readings = dataset.authorisations.map { (authorisation: $0, coverage($0, of: dataset, at: ids, court)) }
            .sorted {
                ($0.authorisation.by, $0.authorisation.reference) < ($1.authorisation.by, $1.authorisation.reference)
            }
        let outcome = readings.map(\.1.outcome).reduce(Outcome.violated) { $0.or($1) }
        let facts = readings.map { authorisation, reading in
            UsedFact(
                name: Text("authorisation \(authorisation.reference) by \(authorisation.by)"),
                value: "\(authorisation.purpose) → \(authorisation.destination ?? "not stated"), until "
                    + "\(authorisation.until)",
                source: OperatorsWord.source, verifiedOn: court.day, doubt: reading.doubt)
        }
        let message: String
        switch outcome {
        case .satisfied:
            let covering = readings.filter { $0.1.outcome == .satisfied }.map {
                "\($0.0.reference) until \($0.0.until)"
            }
            message = "covered by " + covering.joined(separator: ", ") + " (unsigned)"
        case .violated, .unknown:
            message =
                "no authorisation covers \(dataset.name): "
                + readings.map { "\($0.0.reference) \($0.1.problem)" }.joined(separator: "; ")
        }
        return [
            Finding(
                outcome, subject: subject, facts: facts, message: message,
                remedy: outcome == .satisfied ? "" : remedy, planPath: path, notes: [.unsigned])
        ]
    }

    private struct Coverage {
        var outcome: Outcome
        var doubt: Doubt?
        var problem: String
    }

    private func coverage(
        _ authorisation: Dataset.Authorisation, of dataset: Dataset, at destinations: Set<String>, _ court: Court
    ) -> Coverage {
        if Self.isWildcard(authorisation.purpose) || authorisation.destination.map(Self.isWildcard) == true {
            return Coverage(outcome: .violated, doubt: .outOfScope, problem: "is a wildcard and covers nothing")
        }
        if authorisation.until < court.day {
            return Coverage(outcome: .violated, doubt: .expired, problem: "ended on \(authorisation.until)")
        }
        if let purpose = dataset.purpose, purpose != authorisation.purpose {
            return Coverage(
                outcome: .violated, doubt: .outOfScope,
                problem: "is for \(authorisation.purpose), not for \(purpose)")
        }
        if let destination = authorisation.destination, !destinations.contains(destination) {
            return Coverage(
                outcome: .violated, doubt: .outOfScope,
                problem: "is for \(destination), not for \(dataset.target.provider)")
        }
        if dataset.purpose == nil {
            return Coverage(
                outcome: .unknown, doubt: .outOfScope,
                problem: "is for \(authorisation.purpose), and the dataset states no purpose")
        }
        guard authorisation.destination != nil else {
            return Coverage(outcome: .unknown, doubt: .outOfScope, problem: "states no destination")
        }
        return Coverage(outcome: .satisfied, doubt: nil, problem: "")
    }

    private static func isWildcard(_ text: String) -> Bool {
        let words: Set<String> = ["", "any", "all", "every", "everything", "tout", "tous", "toute", "toutes"]
        return text.contains("*") || text.contains("?") || words.contains(text.lowercased())
    }
}
