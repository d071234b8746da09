/// R23: the switching clock of the Data Act is kept when a provider is left.
///
/// It applies to hosts of the catalogue, and to others where the plan states a contract. A contract whose end lies
/// beyond the clock breaks nothing: notice ends it, not its last day.
struct SwitchingClockKept: Rule {
    let id = "R23"
    let sight = Sight.dataset
    let predicate = Text(
        en: "The switch keeps the clock of the Data Act: notice, 30 days of transition, 30 days to fetch the data.",
        fr:
            "Le changement respecte les délais du règlement sur les données : préavis, 30 jours de transition, 30 jours "
            + "de récupération.")
    let explanation = Text(
        en:
            "Article 25 of regulation 2023/2854: a customer leaves with at most two months of notice; then come at most "
            + "30 days of transition, in which the provider helps and keeps the service going, and at least 30 days to "
            + "fetch the data; after that they are erased. State `contract: {notice: …, end: …}`. Finish before the last "
            + "day: with the shortest notice it is 60 days after it, with the longest two months more. A provider may "
            + "ask for a longer transition with reasons, and a customer may extend it once; Havre counts neither.",
        fr:
            "Article 25 du règlement 2023/2854 : un client part avec un préavis de deux mois au plus ; viennent ensuite "
            + "30 jours de transition au plus, pendant lesquels le prestataire aide et maintient le service, puis 30 "
            + "jours au moins pour récupérer les données ; elles sont alors effacées. Indiquez `contract: {notice: …, "
            + "end: …}`. Achevez avant le dernier jour : avec le préavis le plus court, 60 jours après celui-ci ; avec "
            + "le plus long, deux mois de plus. Un prestataire peut motiver une transition plus longue, et un client la "
            + "prolonger une fois ; Havre ne compte ni l'une ni l'autre.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let contract = itinerary.assurances.contract
        return itinerary.hops(.source).filter { $0.providerID != nil || contract != nil }.map { hop in
            judge(contract ?? HostingContract(), at: hop, itinerary, court)
        }
    }

    private func judge(_ contract: HostingContract, at hop: Hop, _ itinerary: Itinerary, _ court: Court) -> Finding {
        // What has been moved needs no more days than it took.
        let done = itinerary.isMoved ? itinerary.forecast?.upperBound : nil
        let need = done ?? max(itinerary.forecast?.upperBound ?? court.day, court.day)
        var outcome = Outcome.satisfied
        var failing: [Text] = []
        func fail(_ found: Outcome, _ why: Text) {
            outcome = outcome.and(found)
            failing.append(why)
        }
        var facts = [
            court.stated(Text(en: "notice of the switch", fr: "préavis du changement"), contract.notice),
            court.stated(Text(en: "last day of the contract", fr: "dernier jour du contrat"), contract.end),
        ]
        if let forecast = itinerary.forecast {
            facts.append(
                UsedFact(
                    name: Text(en: "forecast finish", fr: "achèvement prévu"),
                    value: "\(forecast.lowerBound)/\(forecast.upperBound)", source: UsedFact.forecast,
                    verifiedOn: court.day,
                    doubt: nil))
        }
        if let notice = contract.notice {
            let clock = SwitchingClock(notice: notice)
            if clock.retrievalEnds < need {
                fail(
                    .violated,
                    Text(
                        en: "notice of \(notice) lets the data be fetched until \(clock.retrievalEnds) at the latest, "
                            + "and the move needs \(need)",
                        fr:
                            "le préavis du \(notice) permet de récupérer les données jusqu'au \(clock.retrievalEnds) au "
                            + "plus tard, or le transfert va jusqu'au \(need)"))
            } else if clock.retrievalIsSureUntil < need {
                fail(
                    .unknown,
                    Text(
                        en:
                            "fetching is sure until \(clock.retrievalIsSureUntil) only; until \(clock.retrievalEnds) it "
                            + "depends on the notice that the contract asks for",
                        fr: "la récupération n'est sûre que jusqu'au \(clock.retrievalIsSureUntil) ; jusqu'au "
                            + "\(clock.retrievalEnds), elle dépend du préavis que prévoit le contrat"))
            }
        } else {
            fail(.unknown, Text(en: "no notice is stated", fr: "aucun préavis n'est indiqué"))
        }
        if let end = contract.end {
            if end < need {
                fail(
                    .violated,
                    Text(
                        en: "the contract ends on \(end), and the move needs \(need)",
                        fr: "le contrat prend fin le \(end), or le transfert va jusqu'au \(need)"))
            }
        } else {
            fail(
                .unknown, Text(en: "the end of the contract is not stated", fr: "la fin du contrat n'est pas indiquée"))
        }
        let awaitsForecast = itinerary.forecast == nil && outcome == .satisfied
        if itinerary.forecast == nil {
            fail(.unknown, Text(en: "no finish is forecast", fr: "aucun achèvement n'est prévu"))
        }
        let name = hop.name
        let why = failing.joined(separator: .semicolon)
        let message: Text =
            switch outcome {
            case .satisfied:
                Text(
                    en: "leaving \(name): the data can be fetched long enough",
                    fr: "départ de \(name) : les données restent récupérables assez longtemps")
            case .violated: Text(en: "leaving \(name): \(why)", fr: "départ de \(name) : \(why)")
            case .unknown:
                Text(
                    en: "leaving \(name): whether the clock is kept is unknown: \(why)",
                    fr: "départ de \(name) : on ignore si les délais sont tenus, \(why)")
            }
        return Finding(
            outcome, subject: Text(en: "contract with \(name)", fr: "contrat avec \(name)"), facts: facts,
            message: message, remedy: outcome == .satisfied ? .empty : Self.remedy,
            planPath: itinerary.planPath + ".contract", notes: awaitsForecast ? [.awaitsForecast] : [])
    }

    private static let remedy = Text(
        en: "`contract: {notice: …, end: …}` with a notice so late that the move is done within 60 days of it, or the "
            + "longer days agreed in writing",
        fr: "`contract: {notice: …, end: …}` avec un préavis assez tardif pour que le transfert s'achève dans les 60 "
            + "jours, ou des délais plus longs convenus par écrit")
}
