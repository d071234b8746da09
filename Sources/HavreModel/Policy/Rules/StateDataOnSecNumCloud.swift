/// R10: State-sensitive data lie on a service and region that hold SecNumCloud on the day.
struct StateDataOnSecNumCloud: Rule {
    /// The certification's name in the catalogue.
    static let certification = "SecNumCloud"

    let id = "R10"
    let sight = Sight.route
    let predicate = Text(
        en: "State-sensitive data lie on a service and region that hold SecNumCloud today.",
        fr: "Les données sensibles de l'État se trouvent sur un service et dans une région qualifiés SecNumCloud à ce "
            + "jour.")
    let explanation = Text(
        en: "Article 31 of the loi SREN asks this of data of particular sensitivity of the State. The qualification "
            + "belongs to a service in a region between two dates, never to a provider: one that is pending, expired, "
            + "out of scope or disputed is not held. Choose a qualified service, or record a signed derogation with an "
            + "end; it is shown beside the verdict and does not change it.",
        fr: "L'article 31 de la loi SREN l'exige pour les données d'une sensibilité particulière de l'État. La "
            + "qualification appartient à un service dans une région entre deux dates, jamais à un prestataire : en "
            + "cours, expirée, hors périmètre ou contestée, elle n'est pas détenue. Choisissez un service qualifié, ou "
            + "consignez une dérogation signée et bornée ; elle figure à côté du verdict sans le changer.")

    private static let reason = Text(
        en: "the data are State-sensitive", fr: "ce sont des données sensibles de l'État")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.stateSensitive else { return [] }
        return itinerary.hops(.source, .target).map {
            court.finding(of: Self.certification, at: $0, because: Self.reason)
        }
    }
}

extension Court {
    /// A finding on whether `hop` holds `certification`, the same words for all rules that ask for one.
    func finding(of certification: String, at hop: Hop, because reason: Text) -> Finding {
        let (outcome, facts) = holds(certification, at: hop)
        let title = hop.title
        let message: Text
        switch outcome {
        case .satisfied:
            message = Text(en: "\(title) holds \(certification)", fr: "\(title) : \(certification) détenu")
        case .violated:
            message = Text(
                en: "\(title) does not hold \(certification), and \(reason)",
                fr: "\(title) : \(certification) non détenu, or \(reason)")
        case .unknown:
            let doubts = Set(facts.compactMap { $0.doubt?.words }).sorted { $0.english < $1.english }
                .joined(separator: ", ")
            let why =
                doubts.isEmpty
                ? Text(en: "its sources contradict each other", fr: "ses sources se contredisent") : doubts
            message = Text(
                en: "whether \(title) holds \(certification) is unknown (\(why)), and \(reason)",
                fr: "\(title) : on ignore si \(certification) est détenu (\(why)), or \(reason)")
        }
        return Finding(
            outcome, subject: title, facts: facts, message: message,
            remedy: outcome == .satisfied
                ? .empty
                : Text(
                    en: "a service and region with a verified, current \(certification) certificate",
                    fr: "un service et une région dotés d'un certificat \(certification) vérifié et en cours"),
            planPath: hop.planPath + ".region", isToday: hop.isToday)
    }
}
