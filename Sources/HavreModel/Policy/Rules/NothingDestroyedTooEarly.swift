/// R26: no source is destroyed before verification, acceptance, retention and hold.
///
/// It applies to datasets that plan a destruction. A hold is an order: where none is stated none stands.
struct NothingDestroyedTooEarly: Rule {
    let id = "R26"
    let sight = Sight.dataset
    let predicate = Text(
        en: "No source is destroyed before it is verified and accepted, nor within its retention, nor under a hold.",
        fr: "Aucune source n'est détruite avant vérification et recette, ni pendant sa conservation, ni sous gel.")
    let explanation = Text(
        en:
            "Article 5(1)(f) of the GDPR protects data against loss as well as against eyes. `decommission:` is the first "
            + "day on which the source may be destroyed: it comes after `retainUntil:`, no `hold:` stands, and by then "
            + "the move is verified, cut over and accepted. Where no retention is stated, or no journal says how far the "
            + "move is on that day, the answer is unknown, and blocks.",
        fr: "L'article 5(1)(f) du RGPD protège les données de la perte autant que des regards. `decommission:` est le "
            + "premier jour où la source peut être détruite : il suit `retainUntil:`, aucun gel (`hold:`) n'est en vigueur, et "
            + "le transfert est alors vérifié, basculé et accepté. Si aucune conservation n'est indiquée, ou si aucun "
            + "journal ne dit où en est le transfert ce jour-là, la réponse est inconnue, et bloque.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let dataset = itinerary.dataset
        guard let destruction = dataset.decommission else { return [] }
        var outcome = Outcome.satisfied
        var failing: [Text] = []
        func fail(_ found: Outcome, _ why: Text) {
            outcome = outcome.and(found)
            failing.append(why)
        }
        var facts = [
            court.stated(Text(en: "day of destruction", fr: "jour de la destruction"), destruction),
            court.stated(Text(en: "last day of retention", fr: "dernier jour de conservation"), dataset.retainUntil),
        ]
        if let retained = dataset.retainUntil {
            if destruction <= retained {
                fail(
                    .violated,
                    Text(en: "it is retained until \(retained)", fr: "elle est conservée jusqu'au \(retained)"))
            }
        } else {
            fail(
                .unknown, Text(en: "how long it is retained is not stated", fr: "on ignore jusqu'à quand la conserver"))
        }
        if let hold = dataset.hold {
            facts.append(court.stated(Text(en: "hold", fr: "gel"), hold.isBlank ? "-" : hold))
            fail(.violated, Text(en: "a hold stands: \(hold)", fr: "un gel est en vigueur : \(hold)"))
        }
        if destruction <= court.day {
            // The day has come: now it matters how far the move is.
            facts.append(
                UsedFact(
                    name: Text(en: "step of the move", fr: "étape du transfert"), value: itinerary.step?.rawValue,
                    source: "journal", verifiedOn: itinerary.step == nil ? nil : court.day,
                    doubt: itinerary.step == nil ? .missing : nil))
            switch itinerary.step {
            case .accepted, .decommissioned: break
            case .drafted, .planned, .approved, .transferring, .transferred, .verified, .cutOver, .rolledBack:
                fail(.violated, Text(en: "the move is not accepted", fr: "le transfert n'est pas accepté"))
            case nil:
                fail(
                    .unknown,
                    Text(en: "whether the move is accepted is unknown", fr: "on ignore si le transfert est accepté"))
            }
        }
        let why = failing.joined(separator: .semicolon)
        let message: Text =
            switch outcome {
            case .satisfied:
                Text(
                    en: "the source may be destroyed from \(destruction) on",
                    fr: "la source peut être détruite à partir du \(destruction)")
            case .violated:
                Text(
                    en: "the source must not be destroyed on \(destruction): \(why)",
                    fr: "la source ne doit pas être détruite le \(destruction) : \(why)")
            case .unknown:
                Text(
                    en: "whether the source may be destroyed on \(destruction) is unknown: \(why)",
                    fr: "on ignore si la source peut être détruite le \(destruction) : \(why)")
            }
        return [
            Finding(
                outcome, subject: Text(en: "destruction of the source", fr: "destruction de la source"), facts: facts,
                message: message, remedy: outcome == .satisfied ? .empty : Self.remedy,
                planPath: itinerary.planPath + ".decommission")
        ]
    }

    private static let remedy = Text(
        en: "`decommission:` after `retainUntil:`, once no hold stands and the move is accepted",
        fr: "`decommission:` après `retainUntil:`, quand aucun gel n'est en vigueur et que le transfert est accepté")
}
