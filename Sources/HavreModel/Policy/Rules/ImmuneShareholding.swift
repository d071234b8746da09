/// R9: no single holder from outside the EU over 24 %, together not over 39 %, seat in the EU. A fact.
struct ImmuneShareholding: Rule {
    /// The greatest share of one holder, in percent.
    static let single = 24.0
    /// The greatest share of all together, in percent.
    static let together = 39.0

    let id = "R9"
    let sight = Sight.route
    let predicate = Text(
        en: "The host has its seat in the EU, no holder from outside the EU over 24 %, and all of them not over 39 %.",
        fr:
            "L'hébergeur a son siège dans l'UE, aucun détenteur extérieur à l'UE au-dessus de 24 %, et tous ensemble pas "
            + "au-dessus de 39 %.")
    let explanation = Text(
        en:
            "Section 19.6 of ANSSI's SecNumCloud framework 3.2 asks this of whoever wants to be immune from law outside "
            + "the EU: capital and votes held from outside stay at 24 % for one holder and 39 % for all. A host that "
            + "does not meet it, or whose shares nobody states, is not immune. The rule states the fact; R4, R5 and R10 "
            + "draw conclusions from law and qualification.",
        fr: "Le point 19.6 du référentiel SecNumCloud 3.2 de l'ANSSI l'exige de qui veut être à l'abri du droit "
            + "extérieur à l'UE : capital et droits de vote détenus de l'extérieur ne dépassent pas 24 % pour un "
            + "détenteur et 39 % pour tous. Un hébergeur qui n'y satisfait pas, ou dont nul n'énonce les parts, n'est "
            + "pas immunisé. La règle énonce le fait ; R4, R5 et R10 concluent du droit et de la qualification.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        itinerary.hops(.source, .target).map { hop in
            let (outcome, facts) = reading(hop, court)
            let title = hop.title
            let message: Text =
                switch outcome {
                case .satisfied:
                    Text(
                        en: "\(title) keeps the shares that SecNumCloud asks for",
                        fr: "\(title) : parts conformes à SecNumCloud")
                case .violated:
                    Text(
                        en: "\(title) is not immune from law outside the EU",
                        fr: "\(title) : pas immunisé contre le droit extérieur à l'UE")
                case .unknown:
                    Text(
                        en: "whether \(title) is immune from law outside the EU is unknown",
                        fr: "\(title) : on ignore s'il y a immunité contre le droit extérieur à l'UE")
                }
            return Finding(
                outcome, subject: title, facts: facts, message: message,
                remedy: outcome == .satisfied ? .empty : Self.remedy, planPath: hop.planPath + ".is",
                isToday: hop.isToday)
        }
    }

    private func reading(_ hop: Hop, _ court: Court) -> (Outcome, [UsedFact]) {
        // What nobody states of a host that the operator describes himself, he does not state.
        let missing = hop.isOperatorsWord ? Fact<Double>.operators(nil, on: court.day) : .missing
        let seat = hop.ownership?.seat ?? (hop.isOperatorsWord ? .operators(nil, on: court.day) : .missing)
        let single = hop.ownership?.nonEUShareMax ?? missing
        let together = hop.ownership?.nonEUShareSum ?? missing
        var facts = [
            UsedFact(Text(en: "seat of \(hop.name)", fr: "siège de \(hop.name)"), seat, on: court.day),
            UsedFact(
                Text(
                    en: "greatest share from outside the EU in \(hop.name), %",
                    fr: "plus grande part extérieure à l'UE dans \(hop.name), %"), single, on: court.day),
            UsedFact(
                Text(
                    en: "all shares from outside the EU in \(hop.name), %",
                    fr: "total des parts extérieures à l'UE dans \(hop.name), %"), together, on: court.day),
        ]
        var outcome = Outcome.unknown
        if let country = seat.known(on: court.day) {
            let (inside, membership) = court.jurisdictions.membership(of: country, in: .eu, on: court.day)
            outcome = inside
            facts += membership
        }
        func keeps(_ share: Fact<Double>, _ limit: Double) -> Outcome {
            share.known(on: court.day).map { $0 <= limit ? .satisfied : .violated } ?? .unknown
        }
        return (outcome.and(keeps(single, Self.single)).and(keeps(together, Self.together)), facts)
    }

    private static let remedy = Text(
        en: "a host whose seat and shares are in the catalogue with their source and keep to the limits",
        fr: "un hébergeur dont le siège et les parts figurent au catalogue avec leur source et respectent les limites")
}
