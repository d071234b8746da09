/// R18: a signed, unexpired authorisation covers the dataset, its purpose and its destination; no wildcard.
///
/// It applies to datasets that carry `snds` (the CNAM decides case by case), to those under a `CASE_BY_CASE`
/// clause, and to those for which an authorisation is named: whoever names one says that one is needed.
/// What only the plan states is unsigned, and at best unknown. An opinion is logged and gates nothing.
struct AuthorisationCovers: Rule {
    /// The clause as plans write it.
    static let clause = "CASE_BY_CASE"

    let id = "R18"
    let sight = Sight.dataset
    let predicate = Text(
        en:
            "A signed, unexpired authorisation covers the dataset, its purpose and its destination, without wildcards; asked "
            + "of SNDS data, of those under CASE_BY_CASE, and where an authorisation is named.",
        fr: "Une autorisation signée et en cours couvre le jeu de données, sa finalité et sa destination, sans joker ; "
            + "exigée des données du SNDS, de celles sous CASE_BY_CASE, et là où une autorisation est nommée.")
    let explanation = Text(
        en: "In February 2021 the CNAM refused to hand over the whole base and allowed data case by case; EMC2 was "
            + "authorised for three years only. So an authorisation names what it is for and where the data go, and it "
            + "ends. One that says “any” covers nothing. State `purpose:` on the dataset, and `purpose:`, "
            + "`destination:` and `until:` on the authorisation, and have it signed with `havre derogation sign`.",
        fr:
            "En février 2021, la CNAM a refusé de remettre la base entière et n'a admis les données qu'au cas par cas ; "
            + "EMC2 n'a été autorisé que pour trois ans. Une autorisation nomme donc sa finalité et sa destination, et "
            + "elle prend fin. Celle qui dit « toutes » ne couvre rien. Indiquez `purpose:` sur le jeu de données, et "
            + "`purpose:`, `destination:` et `until:` sur l'autorisation, et faites-la signer avec `havre derogation "
            + "sign`.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        let dataset = itinerary.dataset
        let documents = court.documents.filter { $0.kind != .derogation && $0.dataset == dataset.name }
        let named = documents.contains { $0.kind == .authorisation } || !dataset.authorisations.isEmpty
        guard named || dataset.classification.snds || dataset.clauses.contains(Self.clause) else { return [] }
        let wild = court.documents.filter { $0.kind == .authorisation && $0.dataset.isWildcard }
        var readings = (documents + wild).filter { $0.kind == .authorisation }.map { read($0, itinerary, court) }
        let repeated = Set(readings.filter { $0.isSigned }.map { [$0.by, $0.reference] })
        readings += dataset.authorisations.filter { !repeated.contains([$0.by, $0.reference]) }
            .map { read($0, itinerary, court) }
        readings.sort {
            ($0.by, $0.reference, $0.fact.source, $0.fact.value ?? "")
                < ($1.by, $1.reference, $1.fact.source, $1.fact.value ?? "")
        }
        let outcome = readings.map(\.outcome).reduce(Outcome.violated) { $0.or($1) }
        var facts = readings.map(\.fact)
        facts += documents.filter { $0.kind == .opinion }.map { opinion($0, court) }.sortedByName
        let path = itinerary.planPath + ".authorisations"
        if readings.isEmpty { facts.append(court.stated(Text(en: "authorisation", fr: "autorisation"), String?.none)) }
        return [
            Finding(
                outcome,
                subject: Text(en: "authorisations of \(dataset.name)", fr: "autorisations de \(dataset.name)"),
                facts: facts, message: message(outcome, readings, documents, dataset),
                remedy: outcome == .satisfied ? .empty : remedy(itinerary, court), planPath: path,
                notes: outcome != .satisfied && readings.contains { $0.isUnsigned } ? [.unsigned] : [])
        ]
    }

    /// The signed authorisations that cover dataset, purpose and destination, whatever the day.
    static func covering(_ itinerary: Itinerary, in court: Court) -> [SignedDocument] {
        court.documents.filter { document in
            guard document.kind == .authorisation, document.dataset == itinerary.dataset.name,
                document.standing == .valid, let purpose = document.purpose, purpose == itinerary.dataset.purpose
            else { return false }
            return !purpose.isWildcard && itinerary.destinations.contains(document.destination)
        }
    }

    private func message(
        _ outcome: Outcome, _ readings: [Reading], _ documents: [SignedDocument], _ dataset: Dataset
    ) -> Text {
        let opinions = documents.filter { $0.kind == .opinion }.map(\.reference).sorted().joined(separator: ", ")
        let logged =
            opinions.isEmpty
            ? Text.empty
            : Text(
                en: "; an opinion is logged and permits nothing: \(opinions)",
                fr: " ; un avis est consigné et ne permet rien : \(opinions)")
        switch outcome {
        case .satisfied:
            let covering = readings.filter { $0.outcome == .satisfied }.map(\.problem).joined(separator: ", ")
            return Text(en: "covered by \(covering)", fr: "couvert par \(covering)") + logged
        case .violated where readings.isEmpty:
            return Text(
                en: "no authorisation is stated, and the data are released case by case",
                fr: "aucune autorisation n'est indiquée, or les données ne sont remises qu'au cas par cas") + logged
        case .violated, .unknown:
            let why = readings.map {
                Text(en: "\($0.reference): \($0.problem)", fr: "\($0.reference) : \($0.problem)")
            }.joined(separator: .semicolon)
            return Text(
                en: "no authorisation is known to cover \(dataset.name): \(why)",
                fr: "aucune autorisation reconnue ne couvre \(dataset.name) : \(why)") + logged
        }
    }

    private func remedy(_ itinerary: Itinerary, _ court: Court) -> Text {
        let place = itinerary.destinations.first ?? itinerary.dataset.target.provider
        let purpose =
            itinerary.dataset.purpose.map { Text($0) }
            ?? Text(en: "(state one on the dataset)", fr: "(à indiquer sur le jeu de données)")
        return Text(
            en: "an authorisation, signed with `havre derogation sign`, with purpose \(purpose), destination \(place) "
                + "and an end on or after \(court.day)",
            fr:
                "une autorisation, signée avec `havre derogation sign`, de finalité \(purpose), de destination \(place) "
                + "et qui ne prend pas fin avant le \(court.day)")
    }

    private struct Reading {
        var by: String
        var reference: String
        var outcome: Outcome
        var fact: UsedFact
        /// Why it does not cover; where it does, what covers.
        var problem: Text
        var isSigned = false
        var isUnsigned = false
    }

    private struct Coverage {
        var outcome: Outcome
        var doubt: Doubt?
        var problem: Text
    }

    private func read(_ document: SignedDocument, _ itinerary: Itinerary, _ court: Court) -> Reading {
        let coverage = coverage(document, itinerary, court)
        let fact = UsedFact(
            name: name(document.reference, document.by),
            value: "\(document.purpose ?? "?") → \(document.destination), \(document.from)/\(document.until)",
            source: document.signer.isEmpty ? document.file : "\(document.file) (\(document.signer))",
            verifiedOn: document.standing == .valid ? court.day : nil, doubt: coverage.doubt)
        return Reading(
            by: document.by, reference: document.reference, outcome: coverage.outcome, fact: fact,
            problem: coverage.outcome == .satisfied
                ? Text(
                    en: "\(document.reference) until \(document.until), signed by \(document.signer)",
                    fr: "\(document.reference) jusqu'au \(document.until), signée par \(document.signer)")
                : coverage.problem,
            isSigned: document.standing == .valid, isUnsigned: document.standing == .unsigned)
    }

    private func coverage(_ document: SignedDocument, _ itinerary: Itinerary, _ court: Court) -> Coverage {
        if document.dataset.isWildcard || document.destination.isWildcard || document.purpose?.isWildcard == true {
            return Coverage(outcome: .violated, doubt: .outOfScope, problem: Self.wildcard)
        }
        // What is not signed is read on, so that its other faults are named.
        var signed = document
        if signed.standing == .unsigned { signed.standing = .valid }
        if let objection = court.objection(to: signed, at: itinerary) {
            let doubt: Doubt =
                signed.standing != .valid
                ? .disputed : signed.until < court.day ? .expired : court.day < signed.from ? .notYet : .outOfScope
            return Coverage(outcome: .violated, doubt: doubt, problem: objection)
        }
        guard let purpose = document.purpose else {
            return Coverage(
                outcome: .violated, doubt: .outOfScope,
                problem: Text(en: "it states no purpose", fr: "elle n'indique pas de finalité"))
        }
        if let mismatch = mismatch(purpose, itinerary.dataset) { return mismatch }
        guard document.standing == .valid else { return Self.unsigned }
        return Coverage(outcome: .satisfied, doubt: nil, problem: .empty)
    }

    private func read(
        _ authorisation: Dataset.Authorisation, _ itinerary: Itinerary, _ court: Court
    ) -> Reading {
        let coverage = coverage(authorisation, itinerary, court)
        let fact = UsedFact(
            name: name(authorisation.reference, authorisation.by),
            value: "\(authorisation.purpose) → \(authorisation.destination ?? "?"), /\(authorisation.until)",
            source: OperatorsWord.source, verifiedOn: court.day, doubt: coverage.doubt)
        return Reading(
            by: authorisation.by, reference: authorisation.reference, outcome: coverage.outcome, fact: fact,
            problem: coverage.problem, isUnsigned: true)
    }

    private func coverage(
        _ authorisation: Dataset.Authorisation, _ itinerary: Itinerary, _ court: Court
    ) -> Coverage {
        if authorisation.purpose.isWildcard || authorisation.destination?.isWildcard == true {
            return Coverage(outcome: .violated, doubt: .outOfScope, problem: Self.wildcard)
        }
        if authorisation.until < court.day {
            let until = authorisation.until
            return Coverage(
                outcome: .violated, doubt: .expired,
                problem: Text(en: "it ended on \(until)", fr: "elle a pris fin le \(until)"))
        }
        let places = itinerary.destinations
        if let destination = authorisation.destination, !places.contains(destination) {
            let here = places.first ?? itinerary.dataset.target.provider
            return Coverage(
                outcome: .violated, doubt: .outOfScope,
                problem: Text(
                    en: "it is for \(destination), not for \(here)",
                    fr: "elle vaut pour \(destination), non pour \(here)"))
        }
        return mismatch(authorisation.purpose, itinerary.dataset) ?? Self.unsigned
    }

    private func mismatch(_ purpose: String, _ dataset: Dataset) -> Coverage? {
        guard let asked = dataset.purpose else {
            return Coverage(
                outcome: .unknown, doubt: .outOfScope,
                problem: Text(
                    en: "it is for \(purpose), and the dataset states no purpose",
                    fr: "elle vaut pour \(purpose), et le jeu de données n'indique pas de finalité"))
        }
        guard asked != purpose else { return nil }
        return Coverage(
            outcome: .violated, doubt: .outOfScope,
            problem: Text(
                en: "it is for \(purpose), not for \(asked)", fr: "elle vaut pour \(purpose), non pour \(asked)"))
    }

    /// An opinion as it is logged: out of scope, whatever it says.
    private func opinion(_ document: SignedDocument, _ court: Court) -> UsedFact {
        UsedFact(
            name: Text(
                en: "opinion \(document.reference) of \(document.by)",
                fr: "avis \(document.reference) de \(document.by)"),
            value: document.reason, source: document.file,
            verifiedOn: document.standing == .valid ? court.day : nil, doubt: .outOfScope)
    }

    private func name(_ reference: String, _ by: String) -> Text {
        Text(en: "authorisation \(reference) by \(by)", fr: "autorisation \(reference) de \(by)")
    }

    private static let wildcard = Text(
        en: "it is a wildcard and covers nothing", fr: "elle emploie un joker et ne couvre rien")
    private static let unsigned = Coverage(
        outcome: .unknown, doubt: .unverified, problem: Text(en: "it is not signed", fr: "elle n'est pas signée"))
}
