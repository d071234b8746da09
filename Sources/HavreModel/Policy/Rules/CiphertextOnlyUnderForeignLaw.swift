/// R5: at a provider that is not exclusively under EU or EEA law lies ciphertext only, sealed before upload,
/// its key held in the EEA by the controller or a trustee. Then it is allowed, with a reservation that warns.
///
/// Where the conditions fail, the use case that would allow it is not given, and the rule blocks like R4.
/// The custodian must not be the provider itself.
struct CiphertextOnlyUnderForeignLaw: Rule {
    let id = "R5"
    let sight = Sight.route
    let predicate = Text(
        en: "At a provider under foreign law lies ciphertext only, sealed before upload, its key held in the EEA.",
        fr: "Chez un prestataire soumis à un droit étranger ne se trouve que du chiffré, scellé avant l'envoi, dont la "
            + "clé est détenue dans l'EEE.")
    let explanation = Text(
        en: "Use case 1 of the EDPB's recommendations: storage that needs no access to data in clear, strong "
            + "encryption before transmission, keys held by the controller or by somebody it trusts, in the EEA. Then "
            + "the place is allowed, and Havre warns: names, sizes and times of objects stay visible, and the host can "
            + "still withhold the data.",
        fr: "Cas d'usage 1 des recommandations du CEPD : un stockage qui n'exige aucun accès au clair, un chiffrement "
            + "fort avant la transmission, des clés détenues par le responsable de traitement ou par un tiers de "
            + "confiance, dans l'EEE. Le lieu est alors permis, et Havre avertit : noms, tailles et dates des objets "
            + "restent visibles, et l'hébergeur peut toujours retenir les données.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isProtected else { return [] }
        return itinerary.hops(.target).compactMap { target in
            let (european, laws) = court.isExclusivelyEuropean(target)
            guard european != .satisfied else { return nil }
            let keys = itinerary.hops(.kms).filter { !$0.isToday }
            let (conditions, facts, failing) = self.conditions(target, keys, court)
            // Whether the provider is foreign may be unknown; the conditions then decide only if they hold.
            let outcome = conditions == .violated && european == .unknown ? .unknown : conditions
            let title = target.title
            let why = failing.joined(separator: .semicolon)
            let message: Text =
                switch outcome {
                case .satisfied:
                    Text(
                        en: "\(title) is not exclusively under EU or EEA law and gets ciphertext only; the key is held "
                            + "in the EEA",
                        fr:
                            "\(title) : pas sous le seul droit de l'UE ou de l'EEE, mais ne reçoit que du chiffré, dont "
                            + "la clé est détenue dans l'EEE")
                case .violated, .unknown:
                    Text(
                        en: "\(title) is not known to be under EU or EEA law alone, and \(why)",
                        fr: "\(title) : pas reconnu comme relevant du seul droit de l'UE ou de l'EEE, et \(why)")
                }
            return Finding(
                outcome, subject: title, facts: laws + facts, message: message,
                remedy: outcome == .satisfied ? Self.better : Self.remedy,
                planPath: itinerary.planPath + ".seal", notes: outcome == .satisfied ? [.reservation] : [])
        }
    }

    private static let better = Text(
        en: "a provider whose seat and parents are all under EU or EEA law would need no reservation",
        fr: "un prestataire dont le siège et toutes les maisons mères relèvent du droit de l'UE ou de l'EEE "
            + "n'appellerait aucune réserve")
    private static let remedy = Text(
        en: "seal: {format: age, …} whose recipients have custodians with country and law in the EEA, none of them the "
            + "provider",
        fr: "seal: {format: age, …} dont les destinataires ont des dépositaires dont le pays et le droit sont dans "
            + "l'EEE, le prestataire exclu")

    private func conditions(
        _ target: Hop, _ keys: [Hop], _ court: Court
    ) -> (outcome: Outcome, facts: [UsedFact], failing: [Text]) {
        guard target.plaintext == false, !keys.isEmpty else {
            let known = target.plaintext == true
            let failing =
                known
                ? Text(en: "the data lie there in clear", fr: "les données s'y trouvent en clair")
                : Text(en: "whether the data are sealed is unknown", fr: "on ignore si les données sont scellées")
            return (known ? .violated : .unknown, [], [failing])
        }
        var outcome = Outcome.satisfied
        var facts: [UsedFact] = []
        var failing: [Text] = []
        for key in keys {
            let (place, placeFacts) = court.lies(key, in: .eea)
            let (law, lawFacts) = court.isExclusivelyEuropean(key)
            let isProvider = key.key?.custodian.map { target.isHeld(by: $0, who: key.key?.custodianID) } ?? .violated
            outcome = outcome.and(place.and(law)).and(isProvider.not)
            facts += placeFacts + lawFacts
            if isProvider == .unknown { failing.append(target.mayBe(key.key?.custodian ?? "")) }
            if isProvider == .satisfied {
                failing.append(
                    Text(
                        en: "the provider itself holds the key \(key.name)",
                        fr: "le prestataire détient lui-même la clé \(key.name)"))
            }
            switch place.and(law) {
            case .satisfied: break
            case .violated:
                failing.append(
                    Text(
                        en: "\(key.title) is not held in the EEA under its law",
                        fr: "\(key.title) : clé non détenue dans l'EEE sous son droit"))
            case .unknown:
                failing.append(
                    Text(
                        en: "whether \(key.title) is held in the EEA is unknown",
                        fr: "\(key.title) : on ignore si la clé est détenue dans l'EEE"))
            }
        }
        return (outcome, facts, failing)
    }
}
