/// R8: a host with seat or establishment outside the EEA is known as such.
///
/// A host seated outside is one all the more. Who describes a host of his own states nothing of its establishments,
/// and they stay unknown.
struct EstablishmentsInThirdCountries: Rule {
    let id = "R8"
    let sight = Sight.route
    let predicate = Text(
        en: "The host of protected data has no seat and no establishment outside the EEA.",
        fr: "L'hébergeur de données protégées n'a ni siège ni établissement hors de l'EEE.")
    let explanation = Text(
        en: "In *R. v. OVH* a court of Ontario ordered a French company in 2024, and again in 2025, to hand over data "
            + "that lie in Europe, because its group does business in Canada. So an establishment abroad opens a door "
            + "even where seat and parents are European. The rule warns: weigh it in the transfer impact assessment, "
            + "and seal what must not be reached. The catalogue states establishments; a host of your own is described "
            + "in a catalogue of your own.",
        fr: "Dans l'affaire *R. c. OVH*, un tribunal de l'Ontario a enjoint en 2024, puis en 2025, à une société "
            + "française de remettre des données situées en Europe, parce que son groupe exerce au Canada. Un "
            + "établissement à l'étranger ouvre donc une porte même si siège et maisons mères sont européens. La règle "
            + "avertit : pesez-le dans l'analyse d'impact du transfert, et scellez ce qui ne doit pas être atteint. Le "
            + "catalogue énonce les établissements ; un hébergeur à vous se décrit dans un catalogue à vous.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isProtected else { return [] }
        return itinerary.hops(.source, .target).map { hop in
            let (outcome, facts, abroad) = reading(hop, court)
            let title = hop.title
            let message: Text =
                switch outcome {
                case .satisfied:
                    Text(
                        en: "\(title) has no seat and no establishment outside the EEA",
                        fr: "\(title) : ni siège ni établissement hors de l'EEE")
                case .violated:
                    Text(
                        en: "\(title) is established outside the EEA: \(abroad)",
                        fr: "\(title) : établi hors de l'EEE (\(abroad))")
                case .unknown:
                    Text(
                        en: "whether \(title) is established outside the EEA is unknown",
                        fr: "\(title) : on ignore si l'hébergeur est établi hors de l'EEE")
                }
            return Finding(
                outcome, subject: title, facts: facts, message: message,
                remedy: outcome == .satisfied ? .empty : Self.remedy, planPath: hop.planPath + ".is",
                isToday: hop.isToday)
        }
    }

    private func reading(_ hop: Hop, _ court: Court) -> (Outcome, [UsedFact], Text) {
        let name = Text(en: "establishments of \(hop.name)", fr: "établissements de \(hop.name)")
        guard let ownership = hop.ownership else {
            let source = hop.isOperatorsWord ? OperatorsWord.source : Fact<String>.missing.source
            return (
                .unknown, [UsedFact(name: name, value: nil, source: source, verifiedOn: nil, doubt: .missing)], .empty
            )
        }
        let stated = ownership.thirdCountryEstablishments
        let listed = stated.value.map { places in
            places.map(\.words).sorted { $0.english < $1.english }.joined(separator: ", ")
        }
        var facts = [
            UsedFact(Text(en: "seat of \(hop.name)", fr: "siège de \(hop.name)"), ownership.seat, on: court.day),
            UsedFact(
                name: name, value: listed.map { $0.isEmpty ? "0" : $0.english }, source: stated.source,
                verifiedOn: stated.verifiedOn, doubt: stated.doubt(on: court.day), origin: stated.origin,
                saying: listed.flatMap { $0.isEmpty ? nil : $0 }),
        ]
        var outcome = Outcome.satisfied
        var abroad: Set<Text> = []
        func look(_ country: String, _ what: Text) {
            let (inside, membership) = court.jurisdictions.membership(of: country, in: .eea, on: court.day)
            outcome = outcome.and(inside)
            if inside == .violated { abroad.insert(what) }
            facts += membership
        }
        if let seat = ownership.seat.known(on: court.day) {
            look(seat, Text(seat))
        } else {
            outcome = .unknown
        }
        if let places = stated.known(on: court.day) {
            for place in places { look(place.country, place.words) }
        } else {
            outcome = outcome.and(.unknown)
        }
        return (outcome, facts, abroad.sorted { $0.english < $1.english }.joined(separator: ", "))
    }

    private static let remedy = Text(
        en:
            "a host that is established in the EEA alone, its establishments in the catalogue with their source, or "
            + "`establishments: none` of a host of your own; seal what must not be reached",
        fr:
            "un hébergeur établi dans le seul EEE, ses établissements au catalogue avec leur source, ou "
            + "`establishments: none` d'un hébergeur à vous ; sceller ce qui ne doit pas être atteint")
}
