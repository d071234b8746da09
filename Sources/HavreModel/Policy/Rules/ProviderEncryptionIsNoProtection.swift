/// R21: encryption at rest under keys of the provider is not presented as protection from the provider.
///
/// It applies where the plan offers it as a safeguard, and then it is violated: what is not offered is not judged.
struct ProviderEncryptionIsNoProtection: Rule {
    let id = "R21"
    let predicate = Text(
        en: "Encryption at rest under keys of the provider is not presented as protection from the provider.",
        fr: "Le chiffrement au repos sous les clés du prestataire n'est pas présenté comme une protection contre lui.")
    let explanation = Text(
        en:
            "The CNIL's sheets of 22 January 2024: encryption at rest protects against a stolen disk. Whoever holds the "
            + "keys reads the data, and so does whoever can order him to. It is worth having, and is no safeguard in "
            + "the sense of this plan: take it out of `safeguards`, and seal before upload.",
        fr: "Les fiches de la CNIL du 22 janvier 2024 : le chiffrement au repos protège d'un disque volé. Qui détient "
            + "les clés lit les données, et de même qui peut le lui ordonner. Il est utile, et n'est pas une garantie "
            + "au sens de ce plan : retirez-le de `safeguards`, et scellez avant l'envoi.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        itinerary.assurances.safeguards.filter { $0.kind == .providerEncryption }.map { safeguard in
            let covered = Set(safeguard.covers).sorted().joined(separator: ", ")
            return Finding(
                .violated,
                subject: Text(en: "safeguard \(safeguard.reference)", fr: "garantie \(safeguard.reference)"),
                facts: [court.used(safeguard)],
                message: Text(
                    en: "\(safeguard.reference) is encryption under keys of the provider, offered as a safeguard for "
                        + "\(covered); it does not protect from the provider",
                    fr:
                        "\(safeguard.reference) est un chiffrement sous les clés du prestataire, présenté comme garantie "
                        + "pour \(covered) ; il ne protège pas du prestataire"),
                remedy: Self.remedy, planPath: itinerary.planPath + ".safeguards")
        }
    }

    private static let remedy = Text(
        en: "seal: {format: age, …} under keys that the provider does not hold, and no such safeguard",
        fr: "seal: {format: age, …} sous des clés que le prestataire ne détient pas, et pas de telle garantie")
}
