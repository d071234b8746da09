/// R13: health data are stored inside the EEA; an adequacy decision does not help.
struct HealthDataInTheEEA: Rule {
    let id = "R13"
    let sight = Sight.route
    let predicate = Text(
        en: "Health data are stored inside the European Economic Area.",
        fr: "Les données de santé sont stockées dans l'Espace économique européen.")
    let explanation = Text(
        en: "Version 2 of the HDS framework and décret 2026-209 ask for storage inside the EEA. An adequacy decision, "
            + "which is enough for R1, is not enough here. A country that is not stated counts as unknown, and blocks.",
        fr: "La version 2 du référentiel HDS et le décret 2026-209 exigent un stockage dans l'EEE. Une décision "
            + "d'adéquation, qui suffit à R1, ne suffit pas ici. Un pays non indiqué est inconnu, et bloque.")

    private static let remedy = Text(
        en: "a region whose stated country is in the EEA", fr: "une région dont le pays indiqué est dans l'EEE")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isHealth else { return [] }
        return itinerary.hops(.source, .target).map { hop in
            let (outcome, facts) = court.lies(hop, in: .eea)
            let title = hop.title
            let message: Text =
                switch outcome {
                case .satisfied: Text(en: "\(title) stores inside the EEA", fr: "\(title) : stockage dans l'EEE")
                case .violated:
                    Text(
                        en: "\(title) stores health data outside the EEA",
                        fr: "\(title) : données de santé stockées hors de l'EEE")
                case .unknown:
                    Text(
                        en: "whether \(title) stores health data inside the EEA is unknown",
                        fr: "\(title) : on ignore si les données de santé sont stockées dans l'EEE")
                }
            return Finding(
                outcome, subject: title, facts: facts, message: message,
                remedy: outcome == .satisfied ? .empty : Self.remedy,
                planPath: hop.planPath + (hop.region == nil ? ".country" : ".region"), isToday: hop.isToday)
        }
    }
}
