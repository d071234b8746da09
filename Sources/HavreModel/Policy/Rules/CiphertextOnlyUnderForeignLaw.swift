/// R5: at a provider that is not exclusively under EU or EEA law lies ciphertext only, sealed before upload,
/// its key held in the EEA by the controller or a trustee. Then it is allowed, with a reservation that warns.
///
/// Where the conditions fail, the use case that would allow it is not given, and the rule blocks like R4.
/// The custodian must not be the provider itself.
struct CiphertextOnlyUnderForeignLaw: Rule {
    let id = "R5"
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
            let message: String
            switch outcome {
            case .satisfied:
                message =
                    "\(target.description) is not exclusively under EU or EEA law and gets ciphertext only; the key "
                    + "is held in the EEA"
            case .violated, .unknown:
                message =
                    "\(target.description) is not known to be under EU or EEA law alone, and "
                    + failing.joined(separator: "; ")
            }
            return Finding(
                outcome, subject: target.description, facts: laws + facts, message: message,
                remedy: outcome == .satisfied
                    ? "a provider whose seat and parents are all under EU or EEA law would need no reservation"
                    : "seal: {format: age, …} whose recipients have custodians with country and law in the EEA, none "
                        + "of them the provider",
                planPath: itinerary.planPath + ".seal", notes: outcome == .satisfied ? [.reservation] : [])
        }
    }

    private func conditions(
        _ target: Hop, _ keys: [Hop], _ court: Court
    ) -> (outcome: Outcome, facts: [UsedFact], failing: [String]) {
        guard target.plaintext == false, !keys.isEmpty else {
            let known = target.plaintext == true
            return (
                known ? .violated : .unknown, [],
                [known ? "the data lie there in clear" : "whether the data are sealed is unknown"]
            )
        }
        var outcome = Outcome.satisfied
        var facts: [UsedFact] = []
        var failing: [String] = []
        for key in keys {
            let (place, placeFacts) = court.lies(key, in: .eea)
            let (law, lawFacts) = court.isExclusivelyEuropean(key)
            let isProvider = key.holders.contains { holder in
                target.holders.contains { $0.lowercased() == holder.lowercased() }
            }
            let held = place.and(law).and(isProvider ? .violated : .satisfied)
            outcome = outcome.and(held)
            facts += placeFacts + lawFacts
            if isProvider { failing.append("the provider itself holds the \(key.name)") }
            if place.and(law) == .violated { failing.append("\(key.description) is not held in the EEA under its law") }
            if place.and(law) == .unknown { failing.append("whether \(key.description) is held in the EEA is unknown") }
        }
        return (outcome, facts, failing)
    }
}
