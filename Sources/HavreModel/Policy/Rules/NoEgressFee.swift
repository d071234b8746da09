/// R24: no egress fee is budgeted from 12 January 2027 on.
///
/// It applies to hosts of the catalogue, and to others where the plan states a contract.
struct NoEgressFee: Rule {
    /// From here on a switch costs nothing (art. 29(1)).
    static let ban = Day(number: 20_830)  // 2027-01-12

    let id = "R24"
    let sight = Sight.dataset
    let predicate = Text(
        en: "No fee for taking the data out is budgeted for a switch that is done on or after 12 January 2027.",
        fr: "Aucuns frais de sortie ne sont budgétés pour un changement achevé le 12 janvier 2027 ou après.")
    let explanation = Text(
        en: "Article 29 of regulation 2023/2854: from 12 January 2027 a provider charges nothing for a switch, egress "
            + "included; until then no more than what it costs him. That holds for leaving. Who keeps the old host beside "
            + "the new one uses both in parallel, and may still be charged egress at cost; so may early termination be. "
            + "State `contract: {egressBudget: …}`, 0 where nothing is set aside, and claim a fee back.",
        fr: "Article 29 du règlement 2023/2854 : à partir du 12 janvier 2027, un prestataire ne facture rien pour un "
            + "changement, sortie des données comprise ; jusque-là, pas plus que ce qu'il lui coûte. Cela vaut pour un "
            + "départ. Qui garde l'ancien hébergeur à côté du nouveau utilise les deux en parallèle, et peut encore se "
            + "voir facturer la sortie à prix coûtant ; de même une résiliation anticipée. Indiquez `contract: "
            + "{egressBudget: …}`, 0 si rien n'est prévu, et réclamez les frais perçus.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let contract = itinerary.assurances.contract
        return itinerary.hops(.source).filter { $0.providerID != nil || contract != nil }.map { hop in
            judge(contract?.egressBudget, at: hop, itinerary, court)
        }
    }

    private func judge(_ budget: Money?, at hop: Hop, _ itinerary: Itinerary, _ court: Court) -> Finding {
        let name = hop.name
        let finish = itinerary.forecast?.upperBound
        let amount = budget.map { "\($0.amount) \($0.currency)" }
        var facts = [court.stated(Text(en: "budget for egress", fr: "budget de sortie"), amount)]
        if budget.map({ $0.amount > 0 }) == true {
            facts.append(
                UsedFact(
                    name: Text(en: "forecast finish", fr: "achèvement prévu"), value: finish?.description,
                    source: UsedFact.forecast, verifiedOn: finish == nil ? nil : court.day,
                    doubt: finish == nil ? .missing : nil))
        }
        let outcome: Outcome
        if let budget, budget.amount >= 0 {
            // What has been moved is judged by the day on which it was.
            let last = itinerary.isMoved ? finish ?? court.day : max(finish ?? court.day, court.day)
            let isAfter = last >= Self.ban
            outcome = budget.amount == 0 ? .satisfied : isAfter ? .violated : finish == nil ? .unknown : .satisfied
        } else {
            outcome = .unknown
        }
        let said = amount ?? ""
        let message: Text =
            switch outcome {
            case .satisfied:
                Text(
                    en: "leaving \(name): no fee is budgeted that is not owed",
                    fr: "départ de \(name) : aucuns frais indus ne sont budgétés")
            case .violated:
                Text(
                    en:
                        "leaving \(name): \(said) is budgeted for egress, and from \(Self.ban) on a switch costs nothing; "
                        + "claim it back",
                    fr:
                        "départ de \(name) : \(said) prévus pour la sortie, or à partir du \(Self.ban) un changement ne "
                        + "coûte rien ; à réclamer")
            case .unknown:
                amount == nil
                    ? Text(
                        en: "leaving \(name): what is budgeted for egress is not stated",
                        fr: "départ de \(name) : on ignore ce qui est budgété pour la sortie")
                    : Text(
                        en: "leaving \(name): \(said) is budgeted for egress, and whether the move is done before "
                            + "\(Self.ban) is unknown",
                        fr: "départ de \(name) : \(said) prévus pour la sortie, et on ignore si le transfert s'achève "
                            + "avant le \(Self.ban)")
            }
        return Finding(
            outcome, subject: Text(en: "egress from \(name)", fr: "sortie de \(name)"), facts: facts, message: message,
            remedy: outcome == .satisfied ? .empty : Self.remedy, planPath: itinerary.planPath + ".contract",
            notes: outcome == .unknown && amount != nil && finish == nil ? [.awaitsForecast] : [])
    }

    private static let remedy = Text(
        en: "`contract: {egressBudget: {amount: 0, …}}` for a switch; only parallel use of both hosts may cost egress",
        fr: "`contract: {egressBudget: {amount: 0, …}}` pour un changement ; seul l'usage en parallèle des deux "
            + "hébergeurs peut coûter la sortie")
}
