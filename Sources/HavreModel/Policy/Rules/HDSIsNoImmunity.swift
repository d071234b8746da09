/// R15: HDS is not used as proof of immunity from foreign law.
///
/// It applies where the plan offers evidence for a rule about foreign law or immunity, or a safeguard that names HDS.
/// It is never unknown: what is offered stands in the plan.
struct HDSIsNoImmunity: Rule {
    /// Rules about foreign law and immunity, for which HDS proves nothing.
    static let rules = ["R4", "R5", "R7", "R9", "R20"]

    let id = "R15"
    let predicate = Text(
        en: "HDS is not offered as proof of immunity from foreign law.",
        fr: "La certification HDS n'est pas invoquée comme preuve d'immunité face au droit étranger.")
    let explanation = Text(
        en:
            "Version 2 of the HDS framework asks for storage in the EEA and for openness about access from elsewhere. It "
            + "has no criterion of immunity: American hosts hold it. So it answers R12 and no rule about foreign law "
            + "(R4, R5, R7, R9, R20), nor is it a tool of article 46. Take it out of that evidence, and offer what "
            + "speaks of the law itself.",
        fr: "La version 2 du référentiel HDS exige le stockage dans l'EEE et la transparence sur les accès extérieurs. "
            + "Elle n'a aucun critère d'immunité : des hébergeurs américains la détiennent. Elle répond donc à R12 et à "
            + "aucune règle sur le droit étranger (R4, R5, R7, R9, R20), et n'est pas un outil de l'article 46. Retirez-"
            + "la de ces preuves, et produisez ce qui traite du droit lui-même.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let proofs = Self.rules.compactMap { rule in
            itinerary.assurances.evidence[rule].flatMap { evidence in
                evidence.reference.isBlank
                    ? nil : (Text(en: "evidence for \(rule)", fr: "preuve pour \(rule)"), evidence.reference)
            }
        }
        var findings = proofs.map { what, reference in
            finding(what, reference, court, planPath: itinerary.planPath + ".evidence")
        }
        for safeguard in itinerary.assurances.safeguards where safeguard.reference.namesHDS {
            let what = Text(en: "safeguard, \(safeguard.kind.words)", fr: "garantie, \(safeguard.kind.words)")
            findings.append(finding(what, safeguard.reference, court, planPath: itinerary.planPath + ".safeguards"))
        }
        return findings
    }

    private func finding(_ what: Text, _ reference: String, _ court: Court, planPath: String) -> Finding {
        let isHDS = reference.namesHDS
        return Finding(
            isHDS ? .violated : .satisfied, subject: what, facts: [court.stated(what, reference)],
            message: isHDS
                ? Text(
                    en: "\(reference) is offered as \(what), and HDS says nothing of foreign law",
                    fr: "\(reference) est invoqué comme \(what), or HDS ne dit rien du droit étranger")
                : Text(
                    en: "\(what) does not rest on HDS", fr: "\(what) : ne repose pas sur HDS"),
            remedy: isHDS ? Self.remedy : .empty, planPath: planPath)
    }

    private static let remedy = Text(
        en: "a document about the law that reaches the host or the key, or none",
        fr: "une pièce qui traite du droit applicable à l'hébergeur ou à la clé, ou aucune")
}
