/// R22: the forecast finish is before every authorisation, contract and certificate ends.
///
/// An end that has passed blocks, that of a document of the file excepted: the rule that asks for it decides. The end of
/// a contract with a host of the catalogue that is left must be stated; where nothing else ends the rule does not apply.
struct FinishedBeforeTheEnds: Rule {
    let id = "R22"
    let sight = Sight.dataset
    let predicate = Text(
        en: "The move is forecast to be done before every authorisation, contract and certificate ends.",
        fr: "Le transfert est prévu achevé avant la fin de chaque autorisation, contrat et certificat.")
    let explanation = Text(
        en: "A move of weeks outlives papers: an authorisation lapses, the contract with the old host ends, a "
            + "certificate is not renewed, and the rest of the data is stranded. Havre compares the forecast, an early "
            + "and a late day, with every end that plan, catalogue and signed documents state. Start earlier, raise the "
            + "bandwidth, split the dataset, or have the paper renewed. What has ended blocks.",
        fr: "Un transfert de plusieurs semaines survit aux papiers : une autorisation expire, le contrat avec l'ancien "
            + "hébergeur s'achève, un certificat n'est pas renouvelé, et le reste des données reste bloqué à la source. Havre "
            + "compare la prévision, au plus tôt et au plus tard, à chaque fin qu'énoncent le plan, le catalogue et les "
            + "pièces signées. Commencez plus tôt, augmentez le débit, divisez le jeu de données, ou faites renouveler "
            + "le papier. Ce qui a pris fin bloque.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let deadlines = Deadlines.of(itinerary, in: court)
        // What has been moved is held against the day on which it was; a later end is none to miss.
        if itinerary.isMoved, let forecast = itinerary.forecast {
            return deadlines.map { judge($0, forecast, court) }
        }
        let ahead = deadlines.filter { court.day <= $0.day }
        var findings = deadlines.filter { $0.day < court.day }.map(passed)
        if let forecast = itinerary.forecast {
            findings += ahead.map { judge($0, forecast, court) }
        } else if let nearest = ahead.first {
            findings.append(
                Finding(
                    .unknown, subject: nearest.what, facts: ahead.map(\.fact) + [missing],
                    message: Text(
                        en: "whether the move is done before the nearest end is unknown: \(nearest.what), "
                            + "\(nearest.day)",
                        fr: "on ignore si le transfert s'achève avant la fin la plus proche : \(nearest.what), "
                            + "\(nearest.day)"),
                    remedy: Text(
                        en: "`havre plan`, which counts the objects and forecasts the finish",
                        fr: "`havre plan`, qui compte les objets et prévoit l'achèvement"),
                    planPath: nearest.planPath, notes: [.awaitsForecast]))
        }
        // Whoever leaves a host of the catalogue has a contract with it, and that ends some day.
        let left = itinerary.hops(.source).filter { $0.providerID != nil }
        if !left.isEmpty, itinerary.assurances.contract?.end == nil {
            let what = Text(en: "contract with the host that is left", fr: "contrat avec l'hébergeur quitté")
            findings.append(
                Finding(
                    .unknown, subject: what, facts: [court.stated(what, String?.none)],
                    message: Text(
                        en: "when the contract with the host that is left ends is not stated",
                        fr: "la fin du contrat avec l'hébergeur quitté n'est pas indiquée"),
                    remedy: Text(
                        en: "`contract: {end: …}` in the plan", fr: "`contract: {end: …}` dans le plan"),
                    planPath: itinerary.planPath + ".contract"))
        }
        return findings
    }

    private func passed(_ deadline: Deadline) -> Finding {
        Finding(
            .violated, subject: deadline.what, facts: [deadline.fact],
            message: Text(
                en: "\(deadline.what) ended on \(deadline.day)", fr: "\(deadline.what) : fin le \(deadline.day), passée"
            ),
            remedy: Self.renewal, planPath: deadline.planPath, effect: deadline.kind == .evidence ? nil : .block)
    }

    private func judge(_ deadline: Deadline, _ forecast: ClosedRange<Day>, _ court: Court) -> Finding {
        let (early, late) = (forecast.lowerBound, forecast.upperBound)
        let message: Text
        if late <= deadline.day {
            message = Text(
                en: "done by \(late) at the latest, before \(deadline.what) ends on \(deadline.day)",
                fr: "achevé le \(late) au plus tard, avant la fin le \(deadline.day) de : \(deadline.what)")
        } else if early <= deadline.day {
            message = Text(
                en: "done between \(early) and \(late), which may be after \(deadline.what) ends on \(deadline.day)",
                fr: "achevé entre le \(early) et le \(late), peut-être après la fin le \(deadline.day) de : "
                    + "\(deadline.what)")
        } else {
            message = Text(
                en: "done on \(early) at the earliest, after \(deadline.what) ends on \(deadline.day)",
                fr: "achevé le \(early) au plus tôt, après la fin le \(deadline.day) de : \(deadline.what)")
        }
        let finish = UsedFact(
            name: Self.finish, value: "\(early)/\(late)", source: UsedFact.forecast, verifiedOn: court.day, doubt: nil)
        let keeps = late <= deadline.day
        return Finding(
            keeps ? .satisfied : .violated, subject: deadline.what, facts: [deadline.fact, finish], message: message,
            remedy: keeps ? .empty : Self.remedy, planPath: deadline.planPath)
    }

    private var missing: UsedFact {
        UsedFact(name: Self.finish, value: nil, source: UsedFact.forecast, verifiedOn: nil, doubt: .missing)
    }

    private static let finish = Text(en: "forecast finish", fr: "achèvement prévu")
    private static let renewal = Text(
        en: "renew it, and state its new end", fr: "le faire renouveler, et indiquer la nouvelle fin")
    private static let remedy = Text(
        en: "an earlier start, more bandwidth, a smaller dataset first, or a later end of the paper",
        fr: "un départ plus tôt, plus de débit, un jeu de données plus petit d'abord, ou une fin du papier plus tardive"
    )
}
