/// R19: certificates that are expired, pending, out of scope, disputed or unverified are not held.
///
/// The rule names them, for the certifications that the dataset's class asks for; R10 and R12 read the
/// same facts as unknown and block. A certificate that is known not to be there is no doubt.
struct CertificatesInDoubtAreNotHeld: Rule {
    let id = "R19"
    let sight = Sight.route
    let predicate = Text(
        en: "No certificate that the data need is expired, pending, out of scope or disputed.",
        fr: "Aucun certificat dont les données ont besoin n'est expiré, en cours, hors périmètre ou contesté.")
    let explanation = Text(
        en: "Between “in preparation” and “qualified” lie ANSSI's milestones J0 to J3, and press releases. Only the "
            + "last one counts, for the service and region named, between its dates. Where sources contradict each "
            + "other the certificate is unknown, and the rules that ask for it block.",
        fr: "Entre « en préparation » et « qualifié » se trouvent les jalons J0 à J3 de l'ANSSI, et des communiqués. "
            + "Seul le dernier compte, pour le service et la région nommés, entre ses dates. Si les sources se "
            + "contredisent, le certificat est inconnu, et les règles qui l'exigent bloquent.")

    private static let remedy = Text(
        en: "the certificate itself, with scope and dates, entered in the catalogue with its source",
        fr: "le certificat lui-même, avec périmètre et dates, inscrit au catalogue avec sa source")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        var needed: [String] = []
        if itinerary.dataset.classification.isHealth { needed.append(HealthDataOnHDS.certification) }
        if itinerary.dataset.classification.stateSensitive { needed.append(StateDataOnSecNumCloud.certification) }
        guard !needed.isEmpty else { return [] }
        return itinerary.hops(.source, .target).map { hop in
            let readings = needed.map { court.holds($0, at: hop) }
            let outcome: Outcome = readings.contains { $0.outcome == .unknown } ? .unknown : .satisfied
            let doubtful = readings.filter { $0.outcome == .unknown }.flatMap(\.facts)
            let title = hop.title
            let message: Text
            switch outcome {
            case .satisfied, .violated:
                message = Text(
                    en: "no certificate at \(title) is in doubt", fr: "\(title) : aucun certificat en doute")
            case .unknown:
                let contradicted = Text(en: "contradicted", fr: "contredit")
                let which = doubtful.map { fact in
                    let doubt = fact.doubt?.words ?? contradicted
                    return Text(
                        en: "\(fact.name) (\(doubt), \(fact.source))", fr: "\(fact.name) (\(doubt), \(fact.source))")
                }
                message = Text(
                    en: "not held: \(which.joined(separator: .semicolon))",
                    fr: "non détenu : \(which.joined(separator: .semicolon))")
            }
            return Finding(
                outcome, subject: title, facts: readings.flatMap(\.facts), message: message,
                remedy: outcome == .satisfied ? .empty : Self.remedy,
                planPath: hop.planPath + ".region", isToday: hop.isToday)
        }
    }
}
