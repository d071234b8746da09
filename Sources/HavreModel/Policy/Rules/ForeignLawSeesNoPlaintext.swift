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
            let exposure = court.exposure(of: hop)
            let title = hop.title
            let what =
                hop.kind == .kms
                ? Text(en: "a key that it can use", fr: "clé utilisable")
                : Text(en: "plaintext", fr: "données en clair")
            let message: Text
            switch (exposure.outcome, exposure.european) {
            case (.satisfied, .satisfied):
                message = Text(
                    en: "\(title) is under EU or EEA law alone", fr: "\(title) : sous le seul droit de l'UE ou de l'EEE"
                )
            case (.satisfied, _):
                message = Text(en: "\(title) has ciphertext only", fr: "\(title) : du chiffré seulement")
            case (.violated, _):
                let laws = court.foreignLaws(of: hop)
                message = Text(
                    en: "\(title) has \(what) and answers to foreign law: \(laws)",
                    fr: "\(title) : \(what) sous un droit étranger, \(laws)")
            case (.unknown, .violated):
                message = Text(
                    en: "\(title) answers to foreign law, and whether it has \(what) is unknown",
                    fr: "\(title) : sous un droit étranger ; on ignore ce qui s'y trouve (\(what))")
            case (.unknown, _):
                message = Text(
                    en: "\(title) has \(what), and whether it is under EU or EEA law alone is unknown",
                    fr: "\(title) : \(what) ; on ignore si seul le droit de l'UE ou de l'EEE s'y applique")
            }
            return Finding(
                exposure.outcome, subject: title, facts: exposure.facts, message: message,
                remedy: exposure.outcome == .satisfied ? .empty : Self.remedy(hop), planPath: path(hop, itinerary),
                isToday: hop.isToday)
        } + accesses(itinerary, court)
    }

    /// Whoever has access sees what the target shows: nothing in clear where the data are sealed.
    private func accesses(_ itinerary: Itinerary, _ court: Court) -> [Finding] {
        guard itinerary.hops(.target).contains(where: { $0.plaintext != false }) else { return [] }
        return court.accesses(of: itinerary) { access, subject in
            let (outcome, facts) = court.isExclusivelyEuropean(court.laws(of: access))
            let message: Text =
                switch outcome {
                case .satisfied:
                    Text(
                        en: "\(subject): under EU or EEA law alone",
                        fr: "\(subject) : sous le seul droit de l'UE ou de l'EEE")
                case .violated:
                    Text(
                        en: "\(subject): reaches plaintext and answers to foreign law",
                        fr: "\(subject) : atteint des données en clair sous un droit étranger")
                case .unknown:
                    Text(
                        en: "\(subject): reaches plaintext, and whether it is under EU or EEA law alone is unknown",
                        fr:
                            "\(subject) : atteint des données en clair ; on ignore si seul le droit de l'UE ou de l'EEE "
                            + "s'y applique")
                }
            return Court.AccessReading(outcome: outcome, facts: facts, message: message, remedy: Self.access)
        }
    }

    private static func remedy(_ hop: Hop) -> Text {
        switch hop.kind {
        case .kms: custodian
        case .target: target
        case .source: source
        case .worker, .proxy, .log:
            Text(
                en: "\(hop.another) whose stated law is that of the EU or of an EEA country",
                fr: "\(hop.another) dont le droit indiqué est celui de l'UE ou d'un pays de l'EEE")
        }
    }

    private static let access = Text(
        en:
            "seal: {format: age, …} with keys held in the EEA, or nobody with access whose stated law is not that of the EU "
            + "or of an EEA country (`remoteAccess: [{country: …, law: …, by: …}]`)",
        fr:
            "seal: {format: age, …} avec des clés détenues dans l'EEE, ou nul accès de qui ne relève pas, d'après le plan, du "
            + "droit de l'UE ou d'un pays de l'EEE (`remoteAccess: [{country: …, law: …, by: …}]`)")
    private static let custodian = Text(
        en: "a custodian in the EEA whose stated law is that of the EU or of an EEA country",
        fr: "un dépositaire dans l'EEE dont le droit indiqué est celui de l'UE ou d'un pays de l'EEE")
    private static let target = Text(
        en: "seal: {format: age, …} with keys held in the EEA, or a provider whose seat and parents are all under EU "
            + "or EEA law; another region of the same provider does not help",
        fr: "seal: {format: age, …} avec des clés détenues dans l'EEE, ou un prestataire dont le siège et toutes les "
            + "maisons mères relèvent du droit de l'UE ou de l'EEE ; une autre région du même prestataire n'y change "
            + "rien")
    private static let source = Text(
        en: "move the data, or re-encrypt them in place under keys held in the EEA",
        fr: "déplacer les données, ou les rechiffrer sur place sous des clés détenues dans l'EEE")

    private func path(_ hop: Hop, _ itinerary: Itinerary) -> String {
        switch hop.kind {
        case .target where hop.plaintext != false: itinerary.planPath + ".seal"
        case .source, .target: hop.planPath + ".is"
        case .worker, .proxy, .kms, .log: hop.planPath + ".law"
        }
    }
}

extension Court {
    /// What foreign law finds at a place.
    struct Exposure {
        /// Whether it finds neither plaintext nor a key that can be used.
        var outcome: Outcome
        /// Whether the place is under EU or EEA law alone.
        var european: Outcome
        /// The facts used.
        var facts: [UsedFact]
    }

    /// What foreign law finds at `hop`: R4 states it, R6 builds on it.
    func exposure(of hop: Hop) -> Exposure {
        let (european, laws) = isExclusivelyEuropean(hop)
        let sees: Bool? = hop.kind == .kms ? true : hop.plaintext
        let outcome: Outcome =
            switch (european, sees) {
            case (.satisfied, _), (_, false): .satisfied
            case (.violated, true): .violated
            case (_, _): .unknown
            }
        guard european != .satisfied, sees == false else {
            return Exposure(outcome: outcome, european: european, facts: laws)
        }
        // What carries the verdict is that no plaintext comes there, which is Havre's own doing.
        let ciphertext = UsedFact(
            name: Text(en: "plaintext at \(hop.name)", fr: "clair chez \(hop.name)"), value: "0",
            source: UsedFact.wayOfTheData, verifiedOn: day, doubt: nil)
        return Exposure(outcome: outcome, european: european, facts: laws + [ciphertext])
    }

    /// `US (law of Parent Inc., above Host)`: the laws of `hop` that are known to be foreign.
    func foreignLaws(of hop: Hop) -> Text {
        hop.laws.compactMap { law in
            guard let known = law.law.known(on: day), jurisdictions.isEEALaw(known, on: day).0 == .violated else {
                return nil
            }
            return Text(en: "\(known) (\(law.name))", fr: "\(known) (\(law.name))")
        }.joined(separator: ", ")
    }
}
