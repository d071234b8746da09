/// R1: personal data touch no hop outside the EEA or an adequate country.
///
/// Ciphertext of personal data are personal data too (GDPR recital 26), so seals do not matter here.
/// Art. 46 safeguards of the plan enter with the planner's issue; without them a third country is a violation.
struct PersonalDataStayInAdequateCountries: Rule {
    let id = "R1"
    let predicate = Text(
        en: "Personal data touch no place outside the EEA or an adequate country without an Article 46 tool.",
        fr: "Les données personnelles ne passent par aucun lieu hors de l'EEE ou d'un pays adéquat sans outil de "
            + "l'article 46.")
    let explanation = Text(
        en: "Chapter V of the GDPR covers every place that the data touch on the way: the worker that opens and seals "
            + "them, proxies, logs, and the target with its copies. Sealed personal data remain personal data. A "
            + "country that is not stated counts as unknown, and blocks. Choose a place in the EEA or in a country "
            + "under an adequacy decision.",
        fr: "Le chapitre V du RGPD vise chaque lieu par lequel passent les données : la machine qui les ouvre et les "
            + "scelle, les mandataires, les journaux, la destination et ses copies. Des données personnelles scellées "
            + "restent des données personnelles. Un pays non indiqué est inconnu, et bloque. Choisissez un lieu dans "
            + "l'EEE ou dans un pays couvert par une décision d'adéquation.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isPersonal else { return [] }
        return itinerary.hops(.source, .worker, .proxy, .target, .log).map { hop in
            var (outcome, facts) = court.lies(hop, in: .eea)
            if outcome != .satisfied, let country = hop.country.known(on: court.day) {
                let (adequate, decisions) = court.jurisdictions.isAdequate(country, on: court.day)
                outcome = outcome.or(adequate)
                facts += decisions
            }
            let message: String
            switch outcome {
            case .satisfied: message = "\(hop.description) lies in the EEA or in an adequate country"
            case .violated:
                message =
                    "\(hop.description) lies outside the EEA, no adequacy decision covers it, and the plan names no "
                    + "Article 46 tool"
            case .unknown: message = "whether \(hop.description) lies in the EEA or an adequate country is unknown"
            }
            return Finding(
                outcome, subject: hop.description, facts: facts, message: message,
                remedy: outcome == .satisfied
                    ? ""
                    : "a \(hop.kind.rawValue) whose stated country is in the EEA or fully covered by an adequacy decision",
                planPath: hop.planPath + ".country", isToday: hop.isToday)
        }
    }
}
