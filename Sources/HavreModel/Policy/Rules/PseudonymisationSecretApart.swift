/// R17: no manifest carries the pseudonymisation secret, and its custodian is not the data's.
///
/// A union that names no secret of its own has those of its pseudonymised parts.
struct PseudonymisationSecretApart: Rule {
    let id = "R17"
    let sight = Sight.route
    let predicate = Text(
        en: "The pseudonymisation secret is in no manifest, and its custodian holds neither the data nor their keys.",
        fr:
            "Le secret de pseudonymisation ne figure dans aucun manifeste, et son dépositaire ne détient ni les données "
            + "ni leurs clés.")
    let explanation = Text(
        en:
            "Section 6.2 of the security referential of the SNDS keeps the secret behind pseudonyms apart from the data: "
            + "whoever holds both holds names. State `pseudonymisation: {custodian: …}` on the dataset, and `key:` "
            + "where the secret is a key of the plan; that key must neither seal nor open the dataset, or the manifest "
            + "would carry it.",
        fr:
            "Le point 6.2 du référentiel de sécurité du SNDS tient le secret des pseudonymes à l'écart des données : qui "
            + "détient les deux détient les noms. Indiquez `pseudonymisation: {custodian: …}` sur le jeu de données, et "
            + "`key:` si le secret est une clé du plan ; cette clé ne doit ni sceller ni ouvrir le jeu, sinon le "
            + "manifeste la porterait.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let dataset = itinerary.dataset
        guard dataset.classification.pseudonymised else { return [] }
        let own = dataset.pseudonymisation.map { [$0] }
        let parts = itinerary.parts.filter(\.classification.pseudonymised).map(\.pseudonymisation)
        let secrets: [Dataset.Pseudonymisation?] = own ?? (parts.isEmpty ? [nil] : parts)
        return secrets.map { judge($0, itinerary, court) } + secrets.flatMap { today($0, itinerary, court) }
    }

    /// How things stand at the source, where its host holds the secret.
    private func today(_ secret: Dataset.Pseudonymisation?, _ itinerary: Itinerary, _ court: Court) -> [Finding] {
        guard let secret, !secret.custodian.isPlaceholder else { return [] }
        return itinerary.hops(.source).compactMap { source in
            let isHeld = source.isHeld(by: secret.custodian, who: secret.custodianID)
            guard isHeld != .violated else { return nil }
            let custodian = secret.custodian
            return Finding(
                isHeld.not, subject: source.title,
                facts: [court.stated(Self.custodian, custodian)],
                message: isHeld == .unknown
                    ? source.mayBe(custodian)
                    : Text(
                        en: "\(custodian) hosts the data that are left and holds the pseudonymisation secret",
                        fr: "\(custodian) héberge les données quittées et détient le secret de pseudonymisation"),
                planPath: itinerary.planPath + ".pseudonymisation", isToday: true)
        }
    }

    private func judge(_ secret: Dataset.Pseudonymisation?, _ itinerary: Itinerary, _ court: Court) -> Finding {
        var facts = [court.stated(Self.custodian, secret?.custodian)]
        var outcome = Outcome.satisfied
        var failing: [Text] = []
        func fail(_ found: Outcome, _ why: Text) {
            outcome = outcome.and(found)
            failing.append(why)
        }
        let keys = itinerary.hops(.kms)
        if let custodian = secret?.custodian, !custodian.isPlaceholder {
            for key in keys where !key.isToday {
                let holder = key.key?.custodian
                facts.append(
                    court.stated(Text(en: "custodian of \(key.name)", fr: "dépositaire de \(key.name)"), holder))
                switch key.isHeld(by: custodian, who: secret?.custodianID) {
                case .satisfied:
                    fail(.violated, Text(en: "\(custodian) holds \(key.name)", fr: "\(custodian) détient \(key.name)"))
                case .unknown: fail(.unknown, key.mayBe(custodian))
                case .violated: break
                }
                if holder?.isPlaceholder != false {
                    fail(
                        .unknown,
                        Text(en: "who holds \(key.name) is unknown", fr: "on ignore qui détient \(key.name)"))
                }
            }
            for target in itinerary.hops(.target) {
                switch target.isHeld(by: custodian, who: secret?.custodianID) {
                case .satisfied:
                    fail(.violated, Text(en: "\(custodian) hosts the data", fr: "\(custodian) héberge les données"))
                case .unknown: fail(.unknown, target.mayBe(custodian))
                case .violated: break
                }
            }
        } else {
            fail(.unknown, Text(en: "who holds it is not stated", fr: "on ignore qui le détient"))
        }
        if let key = secret?.key, carried(by: itinerary).contains(key) {
            facts.append(court.stated(Text(en: "key that is the secret", fr: "clé qui est le secret"), key))
            fail(
                .violated,
                Text(
                    en: "the key \(key) seals or opens the dataset, and the manifest would carry it",
                    fr: "la clé \(key) scelle ou ouvre le jeu, et le manifeste la porterait"))
        }
        let why = failing.joined(separator: .semicolon)
        let message: Text =
            switch outcome {
            case .satisfied:
                Text(
                    en: "the pseudonymisation secret is apart from the data and their keys",
                    fr: "le secret de pseudonymisation est à l'écart des données et de leurs clés")
            case .violated:
                Text(
                    en: "the pseudonymisation secret is not apart: \(why)",
                    fr: "le secret de pseudonymisation n'est pas à l'écart : \(why)")
            case .unknown:
                Text(
                    en: "whether the pseudonymisation secret is apart is unknown: \(why)",
                    fr: "on ignore si le secret de pseudonymisation est à l'écart : \(why)")
            }
        return Finding(
            outcome, subject: Text(en: "pseudonymisation secret", fr: "secret de pseudonymisation"), facts: facts,
            message: message, remedy: outcome == .satisfied ? .empty : Self.remedy,
            planPath: itinerary.planPath + ".pseudonymisation")
    }

    /// Keys that the dataset's seal and opening name: what a manifest knows.
    private func carried(by itinerary: Itinerary) -> [String] {
        var keys: [String] = []
        if case .age(let recipients) = itinerary.dataset.seal { keys = recipients }
        if let opening = itinerary.dataset.opening { keys.append(opening.key) }
        return keys
    }

    private static let custodian = Text(
        en: "custodian of the pseudonymisation secret", fr: "dépositaire du secret de pseudonymisation")
    private static let remedy = Text(
        en: "`pseudonymisation: {custodian: …}` with somebody who holds neither the data nor a key of theirs",
        fr: "`pseudonymisation: {custodian: …}` avec quelqu'un qui ne détient ni les données ni une de leurs clés")
}
