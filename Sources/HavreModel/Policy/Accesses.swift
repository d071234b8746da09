/// Those who reach the data from elsewhere, as the plan states them. Where it states nothing at all, nobody knows.
extension Court {
    /// What a rule finds of each access: what, with which facts, in which words, and what would change it.
    struct AccessReading {
        var outcome: Outcome
        var facts: [UsedFact]
        var message: Text
        var remedy: Text
    }

    /// What `reading` finds of every access that the plan states; one finding that does not know where it states none and
    /// does not say either that there is none.
    func accesses(of itinerary: Itinerary, reading: (RemoteAccess, Text) -> AccessReading) -> [Finding] {
        let path = itinerary.planPath + ".remoteAccess"
        guard let stated = itinerary.assurances.remoteAccess else {
            let subject = Text(en: "remote access", fr: "accès à distance")
            return [
                Finding(
                    .unknown, subject: subject, facts: [self.stated(subject, String?.none)],
                    message: Text(
                        en: "who else reaches the data from elsewhere is not stated",
                        fr: "on ignore qui d'autre accède aux données depuis un autre lieu"),
                    remedy: Text(
                        en: "`remoteAccess: none` where nobody has access, else each access with country, law and by",
                        fr: "`remoteAccess: none` si nul n'a accès, sinon chaque accès avec country, law et by"),
                    planPath: path)
            ]
        }
        return stated.map { access in
            let who = access.by.isPlaceholder ? Text(en: "somebody", fr: "quelqu'un") : Text(access.by)
            let subject = Text(
                en: "remote access of \(who) from \(access.country)",
                fr: "accès à distance de \(who) depuis \(access.country)")
            let read = reading(access, subject)
            return Finding(
                read.outcome, subject: subject, facts: read.facts, message: read.message,
                remedy: read.outcome == .satisfied ? .empty : read.remedy, planPath: path)
        }
    }

    /// What a rule about places finds of those who reach the data from elsewhere: each counts as a place. `accepts` adds
    /// what may stand in for `circle`.
    func accesses(
        of itinerary: Itinerary, in circle: Jurisdictions.Circle,
        accepts: (RemoteAccess) -> (Outcome, [UsedFact]) = { _ in (.violated, []) }
    ) -> [Finding] {
        accesses(of: itinerary) { access, subject in
            let (inside, membership) = jurisdictions.membership(of: access.country, in: circle, on: day)
            let (other, facts) = inside == .satisfied ? (.satisfied, []) : accepts(access)
            let place = circle.rawValue
            let outcome = access.country.isBlank ? .unknown : inside.or(other)
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
            return AccessReading(
                outcome: outcome, facts: [country(of: access)] + membership + facts, message: message,
                remedy: Text(
                    en: "support from inside the \(place), or none",
                    fr: "une assistance depuis \(circle.french), ou aucune"))
        }
    }

    /// From where, as the plan states it.
    func country(of access: RemoteAccess) -> UsedFact {
        stated(Text(en: "country of the access", fr: "pays de l'accès"), access.country)
    }

    /// Whether a tool of article 46 covers `access` today: only one that the list of `safeguards` knows counts, with a
    /// reference that can be looked up. A certificate of a host of health data is none.
    func article46(for access: RemoteAccess) -> (outcome: Outcome, fact: UsedFact) {
        guard let safeguard = access.safeguard else {
            return (.violated, stated(Text(en: "safeguard of the access", fr: "garantie de l'accès"), String?.none))
        }
        return article46(safeguard)
    }

    /// The laws that reach into whoever has `access`: that of the place, the one stated, and those of the host of the
    /// catalogue that he is or may be.
    func laws(of access: RemoteAccess) -> [LawFact] {
        [
            LawFact(
                name: Text(en: "country of the access", fr: "pays de l'accès"),
                law: .operators(access.country.isBlank ? nil : access.country, on: day)),
            LawFact(
                name: Text(en: "law of \(access.by)", fr: "droit de \(access.by)"),
                law: .operators(access.law, on: day)),
        ] + (laws[access.by] ?? [])
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
