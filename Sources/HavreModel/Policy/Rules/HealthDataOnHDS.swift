/// R12: health data lie on a service that holds the HDS certification on the day.
///
/// The catalogue states HDS for the storage service itself, so the activity is that of the service.
struct HealthDataOnHDS: Rule {
    /// The certification's name in the catalogue.
    static let certification = "HDS"

    let id = "R12"
    let sight = Sight.route
    let predicate = Text(
        en: "Health data lie on a service that holds HDS for its activity.",
        fr: "Les données de santé se trouvent sur un service certifié HDS pour son activité.")
    let explanation = Text(
        en: "Article L.1111-8 of the code de la santé publique: whoever hosts health data collected in care for others "
            + "must be certified. HDS says nothing of foreign law and is never used as proof of immunity from it. A "
            + "certificate that is expired, pending, out of scope or disputed is not held.",
        fr:
            "Article L.1111-8 du code de la santé publique : qui héberge pour autrui des données de santé recueillies à "
            + "l'occasion de soins doit être certifié. HDS ne dit rien du droit étranger et ne vaut jamais preuve "
            + "d'immunité. Un certificat expiré, en cours, hors périmètre ou contesté n'est pas détenu.")

    private static let reason = Text(en: "the data are health data", fr: "ce sont des données de santé")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isHealth else { return [] }
        return itinerary.hops(.source, .target).map {
            court.finding(of: Self.certification, at: $0, because: Self.reason)
        }
    }
}
