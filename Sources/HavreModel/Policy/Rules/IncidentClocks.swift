/// R27: the clocks of an incident are set: 24 hours, 72 hours, one month, and somebody to tell.
struct IncidentClocks: Rule {
    /// Hours to the early warning at most, from awareness.
    static let earlyWarningHours = 24
    /// Hours to the notification at most, from awareness.
    static let notificationHours = 72
    /// Days to the final report at most, from the notification.
    static let finalReportDays = 31

    let id = "R27"
    let predicate = Text(
        en: "The clocks of an incident are set: warning in 24 hours, notification in 72 hours, report in a month.",
        fr: "Les délais d'incident sont fixés : alerte en 24 heures, notification en 72 heures, rapport en un mois.")
    let explanation = Text(
        en:
            "Article 23 of NIS2: of a significant incident the authority is warned within 24 hours of becoming aware of "
            + "it and notified within 72; the final report follows at the latest one month after the notification. "
            + "State `incident:` with a contact and the clocks of your house, which may be shorter. The GDPR's own 72 "
            + "hours (article 33) run beside them.",
        fr: "Article 23 de NIS2 : d'un incident important, l'autorité est alertée dans les 24 heures qui suivent sa "
            + "connaissance et notifiée dans les 72 heures ; le rapport final suit au plus tard un mois après la "
            + "notification. Indiquez `incident:` avec un contact et les délais de votre maison, qui peuvent être plus "
            + "courts. Les 72 heures du RGPD (article 33) courent à côté.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.isProtected else { return [] }
        let incident = itinerary.assurances.incident
        var outcome = Outcome.satisfied
        var facts = [
            court.stated(Text(en: "contact for incidents", fr: "contact pour les incidents"), incident?.contact)
        ]
        var long: [Text] = []
        if facts[0].doubt != nil { outcome = .unknown }
        func look(_ name: Text, _ value: Int?, _ limit: Int) {
            facts.append(court.stated(name, value?.description))
            guard let value, value >= 0 else {
                outcome = outcome.and(.unknown)
                return
            }
            guard value > limit else { return }
            outcome = .violated
            long.append(Text(en: "\(name): \(value), at most \(limit)", fr: "\(name) : \(value), au plus \(limit)"))
        }
        look(Self.warning, incident?.earlyWarningHours, Self.earlyWarningHours)
        look(Self.notification, incident?.notificationHours, Self.notificationHours)
        look(Self.report, incident?.finalReportDays, Self.finalReportDays)
        let which = long.joined(separator: .semicolon)
        let message: Text =
            switch outcome {
            case .satisfied: Text(en: "the clocks of an incident are set", fr: "les délais d'incident sont fixés")
            case .violated:
                Text(
                    en: "the clocks of an incident are too long: \(which)",
                    fr: "les délais d'incident sont trop longs : \(which)")
            case .unknown:
                Text(
                    en: "who is told of an incident, and how fast, is not fully stated",
                    fr: "on ignore en partie qui est averti d'un incident, et en combien de temps")
            }
        return [
            Finding(
                outcome, subject: Text(en: "incidents", fr: "incidents"), facts: facts, message: message,
                remedy: outcome == .satisfied ? .empty : Self.remedy, planPath: itinerary.planPath + ".incident")
        ]
    }

    private static let warning = Text(en: "hours to the early warning", fr: "heures jusqu'à l'alerte")
    private static let notification = Text(en: "hours to the notification", fr: "heures jusqu'à la notification")
    private static let report = Text(en: "days to the final report", fr: "jours jusqu'au rapport final")
    private static let remedy = Text(
        en: "`incident:` with contact and clocks of at most 24 h, 72 h and one month",
        fr: "`incident:` avec contact et délais d'au plus 24 h, 72 h et un mois")
}
