/// R7: a parent under the law of the United States never counts as exclusive EU law, whatever the region. A fact.
struct UnitedStatesParent: Rule {
    let id = "R7"
    let sight = Sight.route
    let predicate = Text(
        en: "Neither the provider nor a company above it is under the law of the United States.",
        fr: "Ni le prestataire ni une société au-dessus de lui n'est soumis au droit des États-Unis.")
    let explanation = Text(
        en: "The CLOUD Act and section 702 of FISA reach data that a company under US law controls, wherever they lie. "
            + "Heard by the French Senate on 10 June 2025, Microsoft France could not guarantee that it would never "
            + "hand over French data without French consent. A European address or subsidiary does not change that. "
            + "The rule states the fact; R4 and R5 draw the conclusions.",
        fr: "Le CLOUD Act et la section 702 du FISA atteignent les données que contrôle une société soumise au droit "
            + "américain, où qu'elles se trouvent. Entendue par le Sénat le 10 juin 2025, Microsoft France n'a pas pu "
            + "garantir qu'elle ne remettrait jamais de données françaises sans l'accord de la France. Une adresse ou "
            + "une filiale européenne n'y change rien. La règle énonce le fait ; R4 et R5 en tirent les conséquences.")

    private static let remedy = Text(
        en: "a provider with no seat and no parent under US law",
        fr: "un prestataire dont ni le siège ni une maison mère ne relève du droit des États-Unis")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        itinerary.hops(.source, .target).map { hop in
            let facts = hop.laws.map { UsedFact($0.name, $0.law, on: court.day) }
            let american = facts.filter { $0.doubt == nil && $0.value == "US" }
            let outcome: Outcome =
                !american.isEmpty
                ? .violated
                : facts.isEmpty || facts.contains { $0.doubt != nil } ? .unknown : .satisfied
            let title = hop.title
            let message: Text
            switch outcome {
            case .satisfied:
                message = Text(
                    en: "no US law reaches \(title)", fr: "\(title) : hors d'atteinte du droit des États-Unis")
            case .violated:
                let which = american.map(\.name).joined(separator: ", ")
                message = Text(
                    en: "US law reaches \(title), whatever the region: \(which)",
                    fr: "\(title) : le droit des États-Unis s'y applique, quelle que soit la région (\(which))")
            case .unknown:
                message = Text(
                    en: "whether US law reaches \(title) is unknown",
                    fr: "\(title) : on ignore si le droit des États-Unis s'y applique")
            }
            return Finding(
                outcome, subject: title, facts: facts, message: message,
                remedy: outcome == .satisfied ? .empty : Self.remedy,
                planPath: hop.planPath + ".is", isToday: hop.isToday)
        }
    }
}
