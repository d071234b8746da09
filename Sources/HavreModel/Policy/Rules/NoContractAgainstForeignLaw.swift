/// R6: no contract is offered as the only answer to R4.
///
/// It applies where R4 does not hold and a contractual safeguard of the plan covers the place: then it says that the
/// block stands, whatever the contract says. It is never unknown: what is offered stands in the plan.
struct NoContractAgainstForeignLaw: Rule {
    let id = "R6"
    let predicate = Text(
        en: "No contract clause is offered as the only answer to foreign law that reaches plaintext or keys.",
        fr: "Aucune clause contractuelle n'est opposée seule à un droit étranger qui atteint le clair ou les clés.")
    let explanation = Text(
        en: "In February 2021 the council of the CNAM asked for a host subject exclusively to European law "
            + "“independently of contractual guarantees”. A contract binds the two who signed it and no authority of a "
            + "third country. Standard clauses may be the tool that chapter V asks for (R1); they answer neither R4 nor "
            + "R5. Seal the data under keys held in the EEA, or choose another host.",
        fr: "En février 2021, le conseil de la CNAM a demandé un hébergeur soumis exclusivement au droit européen, "
            + "« indépendamment de garanties contractuelles ». Un contrat lie ses deux signataires et aucune autorité "
            + "d'un pays tiers. Des clauses types peuvent être l'outil qu'exige le chapitre V (R1) ; elles ne répondent "
            + "ni à R4 ni à R5. Scellez les données avec des clés détenues dans l'EEE, ou changez d'hébergeur.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isProtected else { return [] }
        let contracts = itinerary.assurances.safeguards.filter { $0.kind.isArticle46 || $0.kind == .contract }
        guard !contracts.isEmpty else { return [] }
        return itinerary.hops.filter { !$0.isToday }.compactMap { hop in
            let offered = contracts.filter(hop.isCovered)
            guard !offered.isEmpty else { return nil }
            let exposure = court.exposure(of: hop)
            guard exposure.outcome != .satisfied else { return nil }
            let title = hop.title
            let names = Set(offered.map(\.reference)).sorted().joined(separator: ", ")
            return Finding(
                .violated, subject: title, facts: offered.map(court.used).sortedByName + exposure.facts,
                message: Text(
                    en: "the block of R4 stands: for \(title) the plan offers \(names), and no contract binds the "
                        + "authorities of a third country",
                    fr:
                        "le blocage de R4 demeure : pour \(title), le plan invoque \(names), et aucun contrat ne lie les "
                        + "autorités d'un pays tiers"),
                remedy: Self.remedy, planPath: itinerary.planPath + ".safeguards")
        }
    }

    private static let remedy = Text(
        en:
            "what answers R4 at this place: ciphertext under keys held in the EEA, or a holder under EU or EEA law alone",
        fr:
            "ce qui répond à R4 en ce lieu : du chiffré sous des clés détenues dans l'EEE, ou un détenteur sous le seul "
            + "droit de l'UE ou de l'EEE")
}
