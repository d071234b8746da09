/// R25: what must stay secret past 2030 is not wrapped with classical keys alone.
///
/// It applies to sealed data that are protected, or of which the plan says until when they stay secret.
struct SecretsPast2030: Rule {
    /// From here on a classical wrap is not enough.
    static let horizon = Day(number: 21_915)  // 2030-01-01

    let id = "R25"
    let predicate = Text(
        en: "What must stay secret past 2030 is not wrapped with classical keys alone.",
        fr: "Ce qui doit rester secret au-delà de 2030 n'est pas enveloppé par des clés classiques seules.")
    let explanation = Text(
        en:
            "Whoever stores ciphertext today can open it once a large quantum computer exists. ANSSI asks for hybrid key "
            + "establishment, classical and post-quantum together, for what needs protection beyond 2030. State "
            + "`confidentialUntil:`, and seal to recipients that `havre keygen` makes with ML-KEM (`age1pq1…`); every "
            + "recipient counts, as one is enough to open. A policy may raise this rule to block.",
        fr:
            "Qui conserve du chiffré aujourd'hui pourra l'ouvrir lorsqu'existera un grand ordinateur quantique. L'ANSSI "
            + "demande l'établissement de clés hybride, classique et post-quantique à la fois, pour ce qui doit être "
            + "protégé au-delà de 2030. Indiquez `confidentialUntil:`, et scellez pour des destinataires que `havre "
            + "keygen` produit avec ML-KEM (`age1pq1…`) ; chaque destinataire compte, car un seul suffit pour ouvrir. "
            + "Une politique peut rendre cette règle bloquante.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let until = itinerary.assurances.confidentialUntil
        guard itinerary.dataset.classification.isProtected || until != nil else { return [] }
        let keys = itinerary.hops(.kms).filter { !$0.isToday }
        guard !keys.isEmpty else { return [] }
        var facts = [court.stated(Text(en: "last day of secrecy", fr: "dernier jour du secret"), until)]
        var outcome = Outcome.unknown
        var weak: [String] = []
        if let until {
            outcome = .satisfied
            if until >= Self.horizon {
                for key in keys {
                    let algorithm = key.key?.algorithm
                    facts.append(
                        court.stated(
                            Text(en: "wrap to \(key.name)", fr: "enveloppe pour \(key.name)"), algorithm?.rawValue))
                    let holds: Outcome = algorithm.map { $0.isPostQuantum ? .satisfied : .violated } ?? .unknown
                    if holds == .violated { weak.append(key.name) }
                    outcome = outcome.and(holds)
                }
            }
        }
        let day = until?.description ?? ""
        let names = weak.sorted().joined(separator: ", ")
        let message: Text =
            switch outcome {
            case .satisfied:
                Text(
                    en: "secret until \(day): the seal is strong enough until then",
                    fr: "secret jusqu'au \(day) : le sceau suffit jusque-là")
            case .violated:
                Text(
                    en: "secret until \(day), and wrapped with classical keys alone: \(names)",
                    fr: "secret jusqu'au \(day), or enveloppé par des clés classiques seules (\(names))")
            case .unknown:
                until == nil
                    ? Text(
                        en: "until when the data must stay secret is not stated",
                        fr: "on ignore jusqu'à quand les données doivent rester secrètes")
                    : Text(
                        en: "secret until \(day), and how a key wraps is unknown",
                        fr: "secret jusqu'au \(day), et on ignore comment une clé enveloppe")
            }
        return [
            Finding(
                outcome, subject: Text(en: "seal", fr: "sceau"), facts: facts, message: message,
                remedy: outcome == .satisfied ? .empty : Self.remedy,
                planPath: itinerary.planPath + (until == nil ? ".confidentialUntil" : ".seal"))
        ]
    }

    private static let remedy = Text(
        en: "`confidentialUntil:` with the last day of secrecy; past 2030, only recipients with ML-KEM (`age1pq1…`)",
        fr: "`confidentialUntil:` avec le dernier jour du secret ; au-delà de 2030, seulement des destinataires avec "
            + "ML-KEM (`age1pq1…`)")
}
