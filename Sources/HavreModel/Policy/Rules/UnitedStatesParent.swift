/// R7: a parent under the law of the United States never counts as exclusive EU law, whatever the region. A fact.
struct UnitedStatesParent: Rule {
    let id = "R7"
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

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        itinerary.hops(.source, .target).map { hop in
            let facts = hop.laws.map { UsedFact($0.name, $0.law, on: court.day) }
            let american = facts.filter { $0.doubt == nil && $0.value == "US" }
            let outcome: Outcome =
                !american.isEmpty
                ? .violated
                : facts.isEmpty || facts.contains { $0.doubt != nil } ? .unknown : .satisfied
            let message: String
            switch outcome {
            case .satisfied: message = "no US law reaches \(hop.description)"
            case .violated:
                message =
                    "US law reaches \(hop.description), whatever the region: "
                    + american.map(\.name.english).joined(separator: ", ")
            case .unknown: message = "whether US law reaches \(hop.description) is unknown"
            }
            return Finding(
                outcome, subject: hop.description, facts: facts, message: message,
                remedy: outcome == .satisfied ? "" : "a provider with no seat and no parent under US law",
                planPath: hop.planPath + ".is", isToday: hop.isToday)
        }
    }
}
