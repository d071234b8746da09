/// R3: a dataset under an `EU_ONLY` clause has no hop outside the EU, key custodians included.
struct EUOnlyClause: Rule {
    /// The clause as plans write it.
    static let clause = "EU_ONLY"

    let id = "R3"
    let predicate = Text(
        en: "A dataset under an EU_ONLY clause touches no place outside the European Union.",
        fr: "Un jeu de données sous clause EU_ONLY ne passe par aucun lieu hors de l'Union européenne.")
    let explanation = Text(
        en: "The order of 9 October 2020 forbade any transfer of the Health Data Hub's data outside the European "
            + "Union. The clause keeps that for other data. It is narrower than chapter V: Norway and Switzerland are "
            + "outside, an adequacy decision does not help, and keys count like data.",
        fr: "L'arrêté du 9 octobre 2020 a interdit tout transfert des données du Health Data Hub hors de l'Union "
            + "européenne. La clause en étend la portée à d'autres données. Elle est plus étroite que le chapitre V : "
            + "la Norvège et la Suisse sont dehors, une décision d'adéquation n'y change rien, et les clés comptent "
            + "comme les données.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.clauses.contains(Self.clause) else { return [] }
        return itinerary.hops.map { hop in
            let (outcome, facts) = court.lies(hop, in: .eu)
            let message: String
            switch outcome {
            case .satisfied: message = "\(hop.description) lies in the EU"
            case .violated: message = "\(hop.description) lies outside the EU, and the dataset carries \(Self.clause)"
            case .unknown:
                message = "whether \(hop.description) lies in the EU is unknown, and the dataset carries \(Self.clause)"
            }
            return Finding(
                outcome, subject: hop.description, facts: facts, message: message,
                remedy: outcome == .satisfied
                    ? "" : "a \(hop.kind.rawValue) whose stated country is a member of the EU",
                planPath: hop.planPath + ".country", isToday: hop.isToday)
        }
    }
}
