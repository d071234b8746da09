/// R4: whoever is not under EU or EEA law alone never has plaintext, nor a key that it can use.
///
/// Applies to personal data and to those of the State. A worker and a proxy count like a provider;
/// a custodian of a private key has a key that it can use.
struct ForeignLawSeesNoPlaintext: Rule {
    let id = "R4"
    let predicate = Text(
        en: "A holder that is not exclusively under EU or EEA law never has plaintext, nor a key that it can use.",
        fr: "Un détenteur qui n'est pas soumis exclusivement au droit de l'UE ou de l'EEE n'a jamais ni le clair, ni "
            + "une clé qu'il puisse utiliser.")
    let explanation = Text(
        en: "The law that reaches into a company decides, not the address of its data centre: a subsidiary in Dublin "
            + "of a parent in Redmond answers to both. The EDPB found no measure that protects data which such a "
            + "provider processes in clear (use case 6). Seal the data before upload under keys held in the EEA, or "
            + "choose a provider with no parent outside it. Moving to another region of the same provider changes "
            + "nothing, and neither does a contract.",
        fr: "C'est le droit applicable à l'entreprise qui décide, non l'adresse de son centre de données : une filiale "
            + "à Dublin d'une maison mère à Redmond répond des deux. Le CEPD n'a trouvé aucune mesure qui protège des "
            + "données qu'un tel prestataire traite en clair (cas d'usage 6). Scellez les données avant l'envoi avec "
            + "des clés détenues dans l'EEE, ou choisissez un prestataire sans maison mère au-dehors. Changer de "
            + "région chez le même prestataire n'y change rien, un contrat non plus.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isProtected else { return [] }
        return itinerary.hops.map { hop in
            let (european, laws) = court.isExclusivelyEuropean(hop)
            let sees: Bool? = hop.kind == .kms ? true : hop.plaintext
            let outcome: Outcome =
                switch (european, sees) {
                case (.satisfied, _), (_, false): .satisfied
                case (.violated, true): .violated
                case (_, _): .unknown
                }
            let what = hop.kind == .kms ? "a key that it can use" : "plaintext"
            let foreign = laws.filter { law in
                law.doubt == nil && law.name.english.contains("law")
                    && law.value.map { court.jurisdictions.isEEALaw($0, on: court.day).0 == .violated } == true
            }.map { "\($0.value ?? "?") (\($0.name.english))" }
            let message: String
            switch (outcome, european) {
            case (.satisfied, .satisfied): message = "\(hop.description) is under EU or EEA law alone"
            case (.satisfied, _): message = "\(hop.description) has ciphertext only"
            case (.violated, _):
                message =
                    "\(hop.description) has \(what) and answers to foreign law: "
                    + foreign.joined(separator: ", ")
            case (.unknown, .violated):
                message = "\(hop.description) answers to foreign law, and whether it has \(what) is unknown"
            case (.unknown, _):
                message = "\(hop.description) has \(what), and whether it is under EU or EEA law alone is unknown"
            }
            return Finding(
                outcome, subject: hop.description, facts: laws, message: message,
                remedy: outcome == .satisfied ? "" : remedy(hop),
                planPath: path(hop, itinerary), isToday: hop.isToday)
        }
    }

    private func remedy(_ hop: Hop) -> String {
        switch hop.kind {
        case .kms: "a custodian in the EEA whose stated law is that of the EU or of an EEA country"
        case .target:
            "seal: {format: age, …} with keys held in the EEA, or a provider whose seat and parents are all under EU "
                + "or EEA law; another region of the same provider does not help"
        case .source: "move the data, or re-encrypt them in place under keys held in the EEA"
        case .worker, .proxy, .log: "a \(hop.kind.rawValue) whose stated law is that of the EU or of an EEA country"
        }
    }

    private func path(_ hop: Hop, _ itinerary: Itinerary) -> String {
        switch hop.kind {
        case .target where hop.plaintext != false: itinerary.planPath + ".seal"
        case .source, .target: hop.planPath + ".is"
        case .worker, .proxy, .kms, .log: hop.planPath + ".law"
        }
    }
}
