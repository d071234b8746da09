/// What the operator states, read on the day of the court.
extension Court {
    /// What the plan states, as a used fact; nil and blank are missing.
    func stated(_ name: Text, _ value: String?) -> UsedFact {
        let said = value.flatMap { $0.isBlank ? nil : $0 }
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
    ///
    /// A certificate of a host of health data is none of them, whatever the plan calls it.
    func article46(for hop: Hop, in assurances: Assurances) -> (holds: Bool, facts: [UsedFact]) {
        guard !assurances.safeguards.isEmpty else { return (false, []) }
        let facts = assurances.safeguards.filter { $0.kind.isArticle46 && hop.isCovered(by: $0) }.map { safeguard in
            var fact = used(safeguard)
            if fact.doubt == nil, safeguard.reference.namesHDS { fact.doubt = .outOfScope }
            return fact
        }
        return (facts.contains { $0.doubt == nil }, facts.sortedByName)
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

    /// What a rule about places finds of those who reach the data from elsewhere, as the plan states them: each counts as
    /// a place. `accepts` adds what may stand in for `circle`.
    func accesses(
        of itinerary: Itinerary, in circle: Jurisdictions.Circle,
        accepts: (RemoteAccess) -> (Outcome, [UsedFact]) = { _ in (.violated, []) }
    ) -> [Finding] {
        (itinerary.assurances.remoteAccess ?? []).map { access in
            let (inside, membership) = jurisdictions.membership(of: access.country, in: circle, on: day)
            let (other, facts) = inside == .satisfied ? (.satisfied, []) : accepts(access)
            let outcome = access.country.isBlank ? .unknown : inside.or(other)
            let subject = Text(
                en: "remote access of \(access.by) from \(access.country)",
                fr: "accès à distance de \(access.by) depuis \(access.country)")
            let place = circle.rawValue
            let message: Text =
                switch outcome {
                case .satisfied: Text(en: "\(subject): allowed", fr: "\(subject) : permis")
                case .violated:
                    Text(en: "\(subject): outside the \(place)", fr: "\(subject) : hors de \(circle.french)")
                case .unknown:
                    Text(
                        en: "\(subject): not known to be inside the \(place)",
                        fr: "\(subject) : on ignore si c'est dans \(circle.french)")
                }
            return Finding(
                outcome, subject: subject,
                facts: [stated(Text(en: "country of the access", fr: "pays de l'accès"), access.country)] + membership
                    + facts, message: message,
                remedy: outcome == .satisfied
                    ? .empty
                    : Text(
                        en: "support from inside the \(place), or none",
                        fr: "une assistance depuis \(circle.french), ou aucune"),
                planPath: itinerary.planPath + ".remoteAccess")
        }
    }
}

extension Jurisdictions.Circle {
    /// In French, with its article.
    fileprivate var french: String {
        switch self {
        case .eu: "l'UE"
        case .eea: "l'EEE"
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

    /// Whether `custodian` is one of the names of its holder.
    func isHeld(by custodian: String) -> Bool {
        let name = custodian.folded
        return holders.contains { $0.folded == name }
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
        case .contract: Text(en: "clause of a contract", fr: "clause d'un contrat")
        case .providerEncryption:
            Text(en: "encryption under keys of the provider", fr: "chiffrement sous clés du prestataire")
        }
    }
}

extension String {
    /// Whether it says nothing.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }

    /// For comparing names: small letters, no blanks around.
    var folded: String {
        var name = Substring(lowercased())
        while name.first?.isWhitespace == true { name.removeFirst() }
        while name.last?.isWhitespace == true { name.removeLast() }
        return String(name)
    }

    /// Whether it names the certification of hosts of health data, as a word (`HDS`, `H.D.S.`, `HDSv2`) or in full.
    var namesHDS: Bool {
        let plain = String(
            lowercased().filter { $0 != "." }.map { character -> Character in
                switch character {
                case "é", "è", "ê": "e"
                default: character.isLetter || character.isNumber ? character : " "
                }
            })
        let words = plain.split(separator: " ")
        let isNamed = words.contains { word in
            guard word.hasPrefix("hds") else { return false }
            return word.dropFirst(3).allSatisfy { $0.isNumber || $0 == "v" }
        }
        if isNamed { return true }
        let text = words.joined(separator: " ")
        return (text.contains("donnees de sante") && text.contains("heberg"))
            || (text.contains("health data") && text.contains("host"))
    }

    /// Whether it means everything, and so covers nothing: a wildcard sign, a word for everything, or signs that do not
    /// show.
    public var isWildcard: Bool {
        let words: Set<Substring> = ["any", "all", "every", "everything", "tout", "tous", "toute", "toutes"]
        let signs: Set<Unicode.Scalar> = ["*", "?", "\u{ff0a}", "\u{ff1f}", "\u{2217}", "\u{204e}"]
        let isHidden = unicodeScalars.contains {
            switch $0.properties.generalCategory {
            case .format, .control, .privateUse, .unassigned, .surrogate: true
            default: signs.contains($0)
            }
        }
        let spoken = folded.split { !$0.isLetter && !$0.isNumber }
        return isBlank || isHidden || spoken.contains(where: words.contains)
    }
}
