/// R2: no destination rests on the EU-US Data Privacy Framework alone.
///
/// It looks at places in the United States and wherever a decision called `DPF` is listed. What is not in the EEA, under
/// another decision or under a tool of article 46 rests on the framework at best, and that is not enough; so the rule
/// does not turn when the decision falls.
struct NothingRestsOnTheDPFAlone: Rule {
    /// What `--assume` and the catalogue call the decision.
    static let decision = "DPF"

    let id = "R2"
    let predicate = Text(
        en: "No destination of personal data rests on the EU-US Data Privacy Framework alone.",
        fr: "Aucune destination de données personnelles ne repose sur le seul cadre de protection des données UE-États-"
            + "Unis.")
    let explanation = Text(
        en: "Decision (EU) 2023/1795 covers only organisations that are certified under the framework, and two "
            + "decisions before it fell. The General Court upheld it on 3 September 2025 (T-553/23); the appeal "
            + "C-703/25 P is pending. Name a tool of article 46 beside it under `safeguards`, or choose a place in the "
            + "EEA. `--assume DPF=invalid` judges every plan as if it had fallen.",
        fr:
            "La décision (UE) 2023/1795 ne couvre que les organisations certifiées au titre du cadre, et deux décisions "
            + "avant elle sont tombées. Le Tribunal l'a confirmée le 3 septembre 2025 (T-553/23) ; le pourvoi "
            + "C-703/25 P est pendant. Nommez à côté d'elle un outil de l'article 46 sous `safeguards`, ou choisissez un "
            + "lieu dans l'EEE. `--assume DPF=invalid` juge chaque plan comme si elle était tombée.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isPersonal else { return [] }
        return court.transfers(of: itinerary) { hop in
            let (outcome, facts) = footing(of: hop.country.known(on: court.day), court) {
                court.article46(for: hop, in: itinerary.assurances)
            }
            return (outcome, [UsedFact(hop.countryTitle, hop.country, on: court.day)] + facts)
        } saying: { outcome, title in
            Self.message(outcome, title)
        } remedy: { another in
            Self.remedy(another)
        }
            + court.accesses(of: itinerary) { access, subject in
                let (outcome, facts) = footing(of: access.country.isBlank ? nil : access.country, court) {
                    let (outcome, tool) = court.article46(for: access)
                    return (outcome, [tool])
                }
                return Court.AccessReading(
                    outcome: outcome, facts: [court.country(of: access)] + facts,
                    message: Self.message(outcome, subject),
                    remedy: Self.remedy(Text(en: "an access", fr: "un accès")))
            }
    }

    private static func message(_ outcome: Outcome, _ title: Text) -> Text {
        switch outcome {
        case .satisfied:
            Text(
                en: "\(title): does not rest on the EU-US Data Privacy Framework",
                fr: "\(title) : ne repose pas sur le cadre de protection des données UE-États-Unis")
        case .violated:
            Text(
                en: "\(title): rests on the EU-US Data Privacy Framework at best, which covers certified "
                    + "organisations only; appeal C-703/25 P is pending",
                fr: "\(title) : repose au mieux sur le cadre de protection des données UE-États-Unis, qui ne "
                    + "couvre que les organisations certifiées ; le pourvoi C-703/25 P est pendant")
        case .unknown:
            Text(
                en: "\(title): whether it rests on the EU-US Data Privacy Framework is unknown",
                fr: "\(title) : on ignore si ce lieu repose sur le cadre de protection des données UE-États-Unis")
        }
    }

    private static func remedy(_ another: Text) -> Text {
        Text(
            en: "\(another) in the EEA, or a tool of article 46 that covers it; review the plan when "
                + "the Court decides C-703/25 P",
            fr: "\(another) dans l'EEE, ou un outil de l'article 46 qui le couvre ; revoir le plan à "
                + "l'arrêt dans l'affaire C-703/25 P")
    }

    /// On what a transfer to `country` rests; nil is not known. `tools` are asked only where the framework may matter.
    private func footing(
        of country: String?, _ court: Court, tools: () -> (Outcome, [UsedFact])
    ) -> (Outcome, [UsedFact]) {
        guard let country else { return (.unknown, []) }
        let own = court.jurisdictions.adequacy.filter { $0.country == country }
        guard country == "US" || own.contains(where: Self.isFramework) else { return (.satisfied, []) }
        let (inside, membership) = court.jurisdictions.membership(of: country, in: .eea, on: court.day)
        let others = Jurisdictions(members: [], adequacy: own.filter { !Self.isFramework($0) })
        let (adequate, _) = others.isAdequate(country, on: court.day)
        let (_, decisions) = court.jurisdictions.isAdequate(country, on: court.day)
        let (isTooled, named) = tools()
        return (inside.or(adequate).or(isTooled), membership + decisions + named)
    }

    private static func isFramework(_ decision: Jurisdictions.Adequacy) -> Bool {
        decision.id == Self.decision || decision.decision.contains("2023/1795")
    }
}
