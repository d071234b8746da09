/// R20: the key is not exportable by the provider, and its custodian is not under foreign law.
///
/// A custodian that is not the host keeps the key from it; that the host can use it all the same is an admission. Where
/// the host itself is the custodian, the plan must say that the key neither leaves it nor serves it.
struct KeyBeyondTheHostsReach: Rule {
    let id = "R20"
    let sight = Sight.route
    let predicate = Text(
        en: "No host can export or use the key of health or State data, and its custodian is not under foreign law.",
        fr: "Aucun hébergeur ne peut exporter ni utiliser la clé de données de santé ou de l'État, et son dépositaire "
            + "n'est pas soumis à un droit étranger.")
    let explanation = Text(
        en:
            "The CNIL's sheets of 22 January 2024 on encryption in the cloud: who can take the key out of its vault, or "
            + "have it used there, can read the data. So the custodian is under EU or EEA law alone and is somebody "
            + "else than the host; where it is the host, `exportable: false` and `providerCanUse: false` must be stated "
            + "of the key, as of a hardware module that the customer alone commands.",
        fr:
            "Les fiches de la CNIL du 22 janvier 2024 sur le chiffrement dans l'informatique en nuage : qui peut sortir "
            + "la clé de son coffre, ou l'y faire utiliser, peut lire les données. Le dépositaire relève donc du seul "
            + "droit de l'UE ou de l'EEE et n'est pas l'hébergeur ; s'il l'est, `exportable: false` et "
            + "`providerCanUse: false` doivent être indiqués de la clé, comme pour un module matériel que seul le "
            + "client commande.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let classification = itinerary.dataset.classification
        guard classification.isHealth || classification.stateSensitive else { return [] }
        let hosts = itinerary.hops(.target)
        return itinerary.hops(.kms).filter { !$0.isToday }.map { judge($0, hosts, court) }
    }

    private func judge(_ hop: Hop, _ hosts: [Hop], _ court: Court) -> Finding {
        var (outcome, facts) = court.isExclusivelyEuropean(hop)
        var failing: [Text] = []
        switch outcome {
        case .satisfied: break
        case .violated:
            failing.append(
                Text(en: "its custodian answers to foreign law", fr: "son dépositaire relève d'un droit étranger"))
        case .unknown:
            failing.append(
                Text(en: "the law of its custodian is unknown", fr: "on ignore de quel droit relève son dépositaire"))
        }
        func fail(_ found: Outcome, _ why: Text) {
            outcome = outcome.and(found)
            failing.append(why)
        }
        let custodian = hop.key?.custodian
        func isHeld(_ host: Hop, _ custodian: String) -> Outcome {
            host.isHeld(by: custodian, who: hop.key?.custodianID)
        }
        facts.append(court.stated(Text(en: "custodian of \(hop.name)", fr: "dépositaire de \(hop.name)"), custodian))
        let canUse = hop.key?.providerCanUse ?? .missing
        if canUse.known(on: court.day) == true {
            facts.append(UsedFact(Self.use, canUse, on: court.day))
            fail(.violated, Text(en: "a host of the data can use it", fr: "un hébergeur des données peut l'utiliser"))
        }
        if custodian?.isPlaceholder != false {
            fail(.unknown, Text(en: "who holds it is not stated", fr: "on ignore qui la détient"))
        } else if let custodian, let host = hosts.first(where: { isHeld($0, custodian) == .unknown }) {
            fail(.unknown, host.mayBe(custodian))
        } else if let custodian, hosts.contains(where: { isHeld($0, custodian) == .satisfied }) {
            let export = hop.key?.exportable ?? .missing
            facts += [UsedFact(Self.export, export, on: court.day), UsedFact(Self.use, canUse, on: court.day)]
            switch export.known(on: court.day) {
            case false: break
            case true:
                fail(.violated, Text(en: "the host can export it", fr: "l'hébergeur peut l'exporter"))
            case nil:
                fail(
                    .unknown,
                    Text(
                        en: "whether the host can export it is unknown", fr: "on ignore si l'hébergeur peut l'exporter")
                )
            }
            if canUse.known(on: court.day) == nil {
                fail(
                    .unknown,
                    Text(en: "whether the host can use it is unknown", fr: "on ignore si l'hébergeur peut l'utiliser"))
            }
        }
        let title = hop.title
        let why = failing.joined(separator: .semicolon)
        let message: Text =
            switch outcome {
            case .satisfied:
                Text(
                    en: "\(title): the key is beyond the reach of the host and of foreign law",
                    fr: "\(title) : clé hors d'atteinte de l'hébergeur et du droit étranger")
            case .violated:
                Text(
                    en: "\(title): the key is within reach: \(why)", fr: "\(title) : la clé est à portée, \(why)")
            case .unknown:
                Text(
                    en: "\(title): whether the key is within reach is unknown: \(why)",
                    fr: "\(title) : on ignore si la clé est à portée, \(why)")
            }
        return Finding(
            outcome, subject: title, facts: facts, message: message,
            remedy: outcome == .satisfied ? .empty : Self.remedy, planPath: hop.planPath)
    }

    private static let use = Text(en: "the host can use the key", fr: "l'hébergeur peut utiliser la clé")
    private static let export = Text(en: "the key can leave its custodian", fr: "la clé peut quitter son dépositaire")
    private static let remedy = Text(
        en: "a custodian under EU or EEA law alone who is not the host; where it is the host, `exportable: false` and "
            + "`providerCanUse: false` of the key",
        fr: "un dépositaire sous le seul droit de l'UE ou de l'EEE qui ne soit pas l'hébergeur ; s'il l'est, "
            + "`exportable: false` et `providerCanUse: false` de la clé")
}
