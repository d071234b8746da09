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
            let title = hop.title
            let message: Text =
                switch outcome {
                case .satisfied: Text(en: "\(title): inside the EU", fr: "\(title) : dans l'UE")
                case .violated:
                    Text(
                        en: "\(title): outside the EU, and the dataset carries \(Self.clause)",
                        fr: "\(title) : hors de l'UE, or le jeu de données porte \(Self.clause)")
                case .unknown:
                    Text(
                        en: "\(title): not known to be inside the EU, and the dataset carries \(Self.clause)",
                        fr: "\(title) : on ignore si c'est dans l'UE, or le jeu de données porte \(Self.clause)")
                }
            return Finding(
                outcome, subject: title, facts: facts, message: message,
                remedy: outcome == .satisfied
                    ? .empty
                    : Text(
                        en: "\(hop.another) whose stated country is a member of the EU",
                        fr: "\(hop.another) dont le pays indiqué est membre de l'UE"),
                planPath: hop.planPath + ".country", isToday: hop.isToday)
        } + court.accesses(of: itinerary, in: .eu)
    }
}
