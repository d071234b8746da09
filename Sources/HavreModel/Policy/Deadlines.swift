/// A last day by which a move must be done.
public struct Deadline: Hashable, Sendable {
    /// What ends.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// The authorisation of the release.
        case authorisation
        /// The contract with the host that is left.
        case contract
        /// A certificate that the data need at the target.
        case certificate
        /// A tool of article 46 that a transfer rests on.
        case safeguard
        /// A document of the file.
        case evidence
    }

    /// The last day.
    public var day: Day
    /// What ends.
    public var kind: Kind
    /// What ends, in words.
    public var what: Text
    /// Where the plan names it, as a dotted path.
    public var planPath: String
    /// The end as a used fact.
    var fact: UsedFact
}

/// Until when a move must be done.
public enum Deadlines {
    /// The ends that a dataset's way names, the nearest first: of its authorisation, of the contract that is left, of
    /// certificates that it needs, of tools of article 46 that it rests on, and of documents of the file.
    ///
    /// What follows without a gap counts together; what has no end sets no deadline. An end that has passed is there
    /// where nothing has followed. Parts of a union have deadlines of their own (`Itinerary.way(of:)`).
    public static func of(_ itinerary: Itinerary, in court: Court) -> [Deadline] {
        var deadlines = certificates(itinerary, court)
        deadlines += tools(itinerary, court)
        if let authorisation = authorisation(itinerary, court) { deadlines.append(authorisation) }
        if let end = itinerary.assurances.contract?.end {
            let what = Text(en: "contract with the host that is left", fr: "contrat avec l'hébergeur quitté")
            deadlines.append(
                Deadline(
                    day: end, kind: .contract, what: what, planPath: itinerary.planPath + ".contract",
                    fact: court.stated(what, end)))
        }
        let classification = itinerary.dataset.classification
        for (rule, evidence) in itinerary.assurances.evidence {
            guard let until = evidence.until, rule != "R11" || classification.stateSensitive,
                rule != "R16" || classification.snds
            else { continue }
            let what = Text(
                en: "evidence for \(rule) (\(evidence.reference))", fr: "preuve pour \(rule) (\(evidence.reference))")
            deadlines.append(
                Deadline(
                    day: until, kind: .evidence, what: what, planPath: itinerary.planPath + ".evidence",
                    fact: court.stated(what, until)))
        }
        return deadlines.sorted { ($0.day, $0.what.english, $0.planPath) < ($1.day, $1.what.english, $1.planPath) }
    }

    /// The nearest end of a dataset's way and of its parts' ways; nil where none is stated. Planners order by it.
    public static func nearest(_ itinerary: Itinerary, in court: Court) -> Deadline? {
        ([itinerary] + itinerary.parts.map(itinerary.way)).flatMap { of($0, in: court) }
            .min { ($0.day, $0.what.english) < ($1.day, $1.what.english) }
    }

    /// From when to when something holds; nil is open.
    struct Span {
        var from: Day?
        var until: Day?
    }

    /// The last day through which `spans` hold without a gap from `day` on, nil where that has no end; where none holds
    /// on that day, the last day that has passed.
    static func end(of spans: [Span], on day: Day) -> Day? {
        var current = spans.filter { span in
            span.from.map { $0 <= day } != false && span.until.map { day <= $0 } != false
        }
        guard !current.isEmpty else { return spans.compactMap(\.until).filter { $0 < day }.max() }
        var end = day
        while true {
            guard !current.contains(where: { $0.until == nil }) else { return nil }
            end = current.compactMap(\.until).max() ?? end
            current = spans.filter { span in
                span.from.map { $0 <= end.adding(days: 1) } != false && span.until.map { end < $0 } != false
            }
            if current.isEmpty { return end }
        }
    }

    private static func authorisation(_ itinerary: Itinerary, _ court: Court) -> Deadline? {
        let covering = AuthorisationCovers.covering(itinerary, in: court)
        guard let end = end(of: covering.map { Span(from: $0.from, until: $0.until) }, on: court.day) else {
            return nil
        }
        let last = covering.filter { $0.until == end }.min { ($0.reference, $0.file) < ($1.reference, $1.file) }
        let reference = last?.reference ?? ""
        let what = Text(en: "authorisation \(reference)", fr: "autorisation \(reference)")
        return Deadline(
            day: end, kind: .authorisation, what: what, planPath: itinerary.planPath + ".authorisations",
            fact: UsedFact(
                name: what, value: end.description, source: last?.file ?? "", verifiedOn: court.day,
                doubt: end < court.day ? .expired : nil))
    }

    private static func certificates(_ itinerary: Itinerary, _ court: Court) -> [Deadline] {
        var needed: [String] = []
        if itinerary.dataset.classification.isHealth { needed.append(HealthDataOnHDS.certification) }
        if itinerary.dataset.classification.stateSensitive { needed.append(StateDataOnSecNumCloud.certification) }
        guard !needed.isEmpty else { return [] }
        return itinerary.hops(.target).flatMap { hop in
            needed.compactMap { name in
                let held = hop.certifications.filter { certification in
                    guard certification.name.folded == name.folded, certification.status == .held else { return false }
                    switch certification.doubt(region: hop.region, isOperatorsWord: hop.isOperatorsWord, on: court.day)
                    {
                    case nil, .expired, .notYet: return true
                    case .missing, .unverified, .pending, .disputed, .outOfScope: return false
                    }
                }
                guard let end = end(of: held.map { Span(from: $0.from, until: $0.end?.day) }, on: court.day) else {
                    return nil
                }
                // A stated end is better known than one that follows from how long such a certificate lasts.
                let last = held.filter { $0.end?.day == end }
                    .min { ($0.until == nil ? 1 : 0, $0.source) < ($1.until == nil ? 1 : 0, $1.source) }
                let what =
                    last?.end?.isImplied == true
                    ? Text(
                        en: "\(name) of \(hop.name), at the latest (no end is stated)",
                        fr: "\(name) de \(hop.name), au plus tard (aucune fin n'est indiquée)")
                    : Text(en: "\(name) of \(hop.name)", fr: "\(name) de \(hop.name)")
                return Deadline(
                    day: end, kind: .certificate, what: what, planPath: hop.planPath + ".region",
                    fact: UsedFact(
                        name: what, value: end.description, source: last?.source ?? "", verifiedOn: last?.verifiedOn,
                        doubt: end < court.day ? .expired : nil, origin: last?.origin))
            }
        }
    }

    /// Only where a transfer rests on them: outside the EEA and without an adequacy decision.
    private static func tools(_ itinerary: Itinerary, _ court: Court) -> [Deadline] {
        let tools = itinerary.assurances.safeguards.filter { $0.kind.isArticle46 && !$0.reference.namesHDS }
        guard itinerary.dataset.classification.isPersonal, !tools.isEmpty else { return [] }
        return itinerary.hops(.worker, .proxy, .target, .log).compactMap { hop in
            let covering = tools.filter(hop.isCovered)
            guard !covering.isEmpty, court.lies(hop, in: .eea).outcome != .satisfied,
                let country = hop.country.known(on: court.day),
                court.jurisdictions.isAdequate(country, on: court.day).0 != .satisfied,
                let end = end(of: covering.map { Span(from: nil, until: $0.until) }, on: court.day)
            else { return nil }
            let references = Set(covering.filter { $0.until == end }.map(\.reference)).sorted().joined(separator: ", ")
            let what = Text(
                en: "safeguard \(references) of \(hop.title)", fr: "garantie \(references) pour \(hop.title)")
            return Deadline(
                day: end, kind: .safeguard, what: what, planPath: itinerary.planPath + ".safeguards",
                fact: court.stated(what, end))
        }
    }
}
