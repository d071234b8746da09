/// What the operator states, read on the day of the court.
extension Court {
    /// What the plan states, as a used fact; nil, blank and a word that holds a place (`TODO`) are missing.
    func stated(_ name: Text, _ value: String?) -> UsedFact {
        let said = value.flatMap { $0.isPlaceholder ? nil : $0 }
        return UsedFact(name, Fact.operators(said, on: day), on: day)
    }

    /// A day that the plan states.
    func stated(_ name: Text, _ value: Day?) -> UsedFact { stated(name, value?.description) }

    /// A safeguard of the plan: expired after its last day, missing without a reference.
    func used(_ safeguard: Safeguard) -> UsedFact {
        var fact = stated(
            Text(en: "safeguard, \(safeguard.kind.words)", fr: "garantie, \(safeguard.kind.words)"),
            safeguard.reference)
        if fact.doubt == nil, let until = safeguard.until, until < day { fact.doubt = .expired }
        return fact
    }

    /// Whether a tool of article 46 covers `hop` today, with every one that is said to.
    func article46(for hop: Hop, in assurances: Assurances) -> (outcome: Outcome, facts: [UsedFact]) {
        let readings = assurances.safeguards.filter { $0.kind.isArticle46 && hop.isCovered(by: $0) }.map(article46)
        return (readings.map(\.outcome).reduce(.violated) { $0.or($1) }, readings.map(\.fact).sortedByName)
    }

    /// Whether `safeguard` is a tool of article 46 that holds today; unknown where nothing says which one it is.
    ///
    /// A certificate of a host of health data is none of them, whatever the plan calls it.
    func article46(_ safeguard: Safeguard) -> (outcome: Outcome, fact: UsedFact) {
        var fact = used(safeguard)
        guard safeguard.kind.isArticle46, !safeguard.reference.namesHDS else {
            if fact.doubt == nil { fact.doubt = .outOfScope }
            return (.violated, fact)
        }
        return (fact.doubt == nil ? .satisfied : fact.doubt == .missing ? .unknown : .violated, fact)
    }

    /// Whether the plan names a document for `rule` that holds today: violated where it has ended, unknown where it is
    /// not stated.
    func evidence(for rule: String, in assurances: Assurances) -> (outcome: Outcome, fact: UsedFact) {
        let evidence = assurances.evidence[rule]
        var fact = stated(Text(en: "evidence for \(rule)", fr: "preuve pour \(rule)"), evidence?.reference)
        guard fact.doubt == nil else { return (.unknown, fact) }
        guard let until = evidence?.until else {
            // A paper without an end would hold for ever.
            fact.doubt = .unverified
            return (.unknown, fact)
        }
        guard until < day else { return (.satisfied, fact) }
        fact.doubt = .expired
        return (.violated, fact)
    }
}

extension Court {
    /// What a rule about transfers (GDPR chapter V) finds at every place that the data touch: on what each rests, what is
    /// said of it, and what other place would do.
    func transfers(
        of itinerary: Itinerary, resting footing: (Hop) -> (Outcome, [UsedFact]),
        saying message: (Outcome, Text) -> Text,
        remedy: (_ another: Text) -> Text
    ) -> [Finding] {
        itinerary.hops(.source, .worker, .proxy, .target, .log).map { hop in
            let (outcome, facts) = footing(hop)
            let title = hop.title
            return Finding(
                outcome, subject: title, facts: facts, message: message(outcome, title),
                remedy: outcome == .satisfied ? .empty : remedy(hop.another), planPath: hop.planPath + ".country",
                isToday: hop.isToday)
        }
    }
}

extension Hop {
    /// Under which names the plan's `covers` may mean it.
    var coverNames: [String] {
        switch kind {
        case .source, .target:
            [providerID, planPath.hasPrefix("providers.") ? String(planPath.dropFirst(10)) : nil].compactMap(\.self)
        case .worker: ["workers"]
        case .proxy: ["proxy"]
        case .log: ["logs"]
        case .kms: holders + [key?.name].compactMap(\.self)
        }
    }

    /// Whether `safeguard` names it.
    func isCovered(by safeguard: Safeguard) -> Bool {
        let names = coverNames
        return safeguard.covers.contains(where: names.contains)
    }

    /// Whether `custodian` is its holder: satisfied where that is one of the names of the host, of a company above it or
    /// of the plan for it; unknown where a word of the name is one of theirs. `id` is the host that the plan says the
    /// custodian is; it settles what a mere likeness leaves open.
    func isHeld(by custodian: String, who id: String? = nil) -> Outcome {
        let names = holders + aliases
        if names.contains(where: { custodian.isName($0) }) { return .satisfied }
        if let id { return names.contains(id) ? .satisfied : .violated }
        return holders.contains(where: custodian.resembles) ? .unknown : .violated
    }

    /// That `custodian` may be its holder, for a verdict that does not know.
    func mayBe(_ custodian: String) -> Text {
        let host = holders.first(where: custodian.resembles) ?? name
        return Text(
            en: "\(custodian) may be \(host), who holds \(name); state `is:` of the custodian, or `is: custom`",
            fr:
                "\(custodian) est peut-être \(host), qui détient \(name) ; indiquer `is:` du dépositaire, ou `is: custom`"
        )
    }

    /// Another place of its kind, for a remedy: `a worker`.
    var another: Text {
        switch kind {
        case .source: Text(en: "a source", fr: "une source")
        case .worker: Text(en: "a worker", fr: "un exécutant")
        case .proxy: Text(en: "a proxy", fr: "un mandataire")
        case .target: Text(en: "a target", fr: "une destination")
        case .kms: Text(en: "a custodian", fr: "un dépositaire")
        case .log: Text(en: "a place for the logs", fr: "un lieu pour les journaux")
        }
    }
}

extension Safeguard.Kind {
    /// As a verdict writes it.
    var words: Text {
        switch self {
        case .standardClauses: Text(en: "standard contractual clauses", fr: "clauses contractuelles types")
        case .corporateRules: Text(en: "binding corporate rules", fr: "règles d'entreprise contraignantes")
        case .codeOfConduct: Text(en: "code of conduct", fr: "code de conduite")
        case .certification: Text(en: "certification mechanism", fr: "mécanisme de certification")
        case .publicInstrument:
            Text(en: "instrument between public authorities", fr: "instrument entre autorités publiques")
        case .dataPrivacyFramework:
            Text(en: "EU-US Data Privacy Framework", fr: "cadre de protection des données UE-États-Unis")
        case .contract: Text(en: "clause of a contract", fr: "clause d'un contrat")
        case .providerEncryption:
            Text(en: "encryption under keys of the provider", fr: "chiffrement sous clés du prestataire")
        }
    }
}
