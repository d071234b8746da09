/// R1: personal data touch no hop outside the EEA or an adequate country.
///
/// Ciphertext of personal data are personal data too (GDPR recital 26), so seals do not matter here.
/// A third country needs a tool of article 46 that the plan names and that covers the place.
struct PersonalDataStayInAdequateCountries: Rule {
    let id = "R1"
    let predicate = Text(
        en: "Personal data touch no place outside the EEA or an adequate country without an Article 46 tool.",
        fr: "Les données personnelles ne passent par aucun lieu hors de l'EEE ou d'un pays adéquat sans outil de "
            + "l'article 46.")
    let explanation = Text(
        en: "Chapter V of the GDPR covers every place that the data touch on the way: the worker that opens and seals "
            + "them, proxies, logs, support and whoever else has access from elsewhere (`remoteAccess`), and the target. Copies "
            + "that the host makes elsewhere count only where the plan states them as targets of their own: keep "
            + "replication to other countries off. Sealed personal data remain personal data. A country that is not "
            + "stated counts as unknown, and blocks, and so does silence about access. Choose a place in the EEA or in a country "
            + "under an adequacy decision, or name the tool of article 46 that covers the place under `safeguards`; whether "
            + "it is effective against the law of that country is for your transfer impact assessment, and R4 still "
            + "speaks.",
        fr: "Le chapitre V du RGPD vise chaque lieu par lequel passent les données : la machine qui les ouvre et les "
            + "scelle, les mandataires, les journaux, le support et quiconque a accès depuis un autre lieu "
            + "(`remoteAccess`), la destination. Les copies que l'hébergeur fait ailleurs ne comptent que si le plan les "
            + "énonce comme destinations : désactivez la réplication vers d'autres pays. Des données personnelles "
            + "scellées restent des données personnelles. Un pays non indiqué est inconnu, et bloque, comme le silence "
            + "sur les accès. Choisissez un lieu dans "
            + "l'EEE ou dans un pays couvert par une décision d'adéquation, ou nommez sous `safeguards` l'outil de "
            + "l'article 46 qui couvre ce lieu ; son efficacité face au droit de ce pays relève de votre analyse "
            + "d'impact du transfert, et R4 s'applique toujours.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isPersonal else { return [] }
        return court.transfers(of: itinerary) { hop in
            footing(of: hop, itinerary.assurances, court)
        } saying: { outcome, title in
            switch outcome {
            case .satisfied:
                Text(
                    en: "\(title): inside the EEA, in an adequate country or under a tool of article 46",
                    fr: "\(title) : dans l'EEE, dans un pays adéquat ou sous un outil de l'article 46")
            case .violated:
                Text(
                    en: "\(title): outside the EEA, no adequacy decision covers it, and the plan names no Article "
                        + "46 tool that does",
                    fr: "\(title) : hors de l'EEE, sans décision d'adéquation, et le plan ne nomme aucun outil de "
                        + "l'article 46 qui le couvre")
            case .unknown:
                Text(
                    en: "\(title): not known to be inside the EEA or in an adequate country",
                    fr: "\(title) : on ignore si c'est dans l'EEE ou dans un pays adéquat")
            }
        } remedy: { another in
            Text(
                en: "\(another) whose stated country is in the EEA or fully covered by an adequacy "
                    + "decision; where the country is known, a tool of article 46 under `safeguards`",
                fr: "\(another) dont le pays indiqué est dans l'EEE ou pleinement couvert par une décision "
                    + "d'adéquation ; si le pays est connu, un outil de l'article 46 sous `safeguards`")
        }
            + court.accesses(of: itinerary, in: .eea) { access in
                let (adequate, decisions) = court.jurisdictions.isAdequate(access.country, on: court.day)
                let (isTooled, tool) = court.article46(for: access)
                return (adequate.or(isTooled), decisions + [tool])
            }
    }

    /// On what a transfer to `hop` rests. A tool of article 46 is written for a country: none helps where it is unknown.
    private func footing(of hop: Hop, _ assurances: Assurances, _ court: Court) -> (Outcome, [UsedFact]) {
        var (outcome, facts) = court.lies(hop, in: .eea)
        guard outcome != .satisfied, let country = hop.country.known(on: court.day) else { return (outcome, facts) }
        let (adequate, decisions) = court.jurisdictions.isAdequate(country, on: court.day)
        let (isTooled, tools) = court.article46(for: hop, in: assurances)
        outcome = outcome.or(adequate).or(isTooled)
        return (outcome, facts + decisions + tools)
    }
}
