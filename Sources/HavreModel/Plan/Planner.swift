/// Joins a plan with the catalogue: an estate for the rules, an endpoint for the stores.
public enum Planner {
    /// The plan as the rules see it on `day`. Total: whatever the catalogue does not know becomes an unknown fact.
    ///
    /// `documents` are those that the plan names, their signatures checked; `forecasts` says by dataset between which
    /// days its move is expected to be done, `steps` how far it has come. What is not given is not known.
    public static func estate(
        plan: Plan, catalogue: Catalogue, on day: Day, documents: [SignedDocument] = [],
        forecasts: [String: ClosedRange<Day>] = [:], steps: [String: DatasetMachine.Step] = [:]
    ) -> Estate {
        var plan = plan
        bindParts(&plan)
        let disguised = disguised(plan, catalogue)
        // Asked once for each key: a plan has few, and thousands of datasets that they seal.
        let hosts = HostNames(catalogue)
        let laws = plan.keys.compactMapValues(\.custodian).mapValues {
            hosts.laws(of: $0.name, who: $0.catalogueID)
        }
        return Estate(
            itineraries: plan.datasets.values.sorted { $0.name < $1.name }.map { dataset in
                var itinerary = itinerary(
                    of: dataset, plan: plan, catalogue: catalogue, disguised: disguised, laws: laws, on: day)
                itinerary.forecast = forecasts[dataset.name]
                itinerary.step = steps[dataset.name]
                return itinerary
            },
            jurisdictions: catalogue.jurisdictions, documents: documents, severities: plan.severities,
            laws: Dictionary(
                ([plan.assurances] + plan.datasets.values.map(\.assurances)).flatMap { $0.remoteAccess ?? [] }
                    .map { ($0.by, hosts.laws(of: $0.by, who: $0.catalogueID)) }
            ) { known, new in known + new.filter { !known.contains($0) } })
    }

    /// The datasets that a union is made of, those of unions among them too, in order of name.
    public static func parts(of dataset: Dataset, in plan: Plan) -> [Dataset] {
        var seen: Set<String> = [dataset.name]
        var open = dataset.unionOf
        var parts: [Dataset] = []
        while let name = open.popLast() {
            guard seen.insert(name).inserted, let part = plan.datasets[name] else { continue }
            parts.append(part)
            open += part.unionOf
        }
        return parts.sorted { $0.name < $1.name }
    }

    /// A hold and a retention of a union bind its parts: whoever destroys a part destroys the union.
    private static func bindParts(_ plan: inout Plan) {
        for union in plan.datasets.values where !union.unionOf.isEmpty {
            for part in parts(of: union, in: plan) {
                guard var bound = plan.datasets[part.name] else { continue }
                bound.retainUntil = [bound.retainUntil, union.retainUntil].compactMap(\.self).max()
                bound.hold = [bound.hold, union.hold].compactMap(\.self).min()
                plan.datasets[part.name] = bound
            }
        }
    }

    /// Providers whose endpoint lies in the domain of another host of the catalogue, by name in the plan: what is said of
    /// them is contradicted. One of the operator's own catalogue counts as another only of what this release knows.
    private static func disguised(_ plan: Plan, _ catalogue: Catalogue) -> [String: Provider] {
        var owners: [String: [(provider: Provider, isOurs: Bool)]] = [:]
        for provider in catalogue.providers {
            for service in provider.services {
                for domain in service.domains { owners[domain, default: []].append((provider, service.origin == nil)) }
            }
        }
        var found: [String: Provider] = [:]
        for (name, entry) in plan.providers {
            let isOwn = Catalogue.operatorsOwn.contains(entry.catalogueID)
            guard let endpoint = isOwn ? entry.endpoint : catalogue.endpoint(of: entry),
                let domain = Service.domain(of: endpoint), let hosts = owners[domain]
            else { continue }
            guard !hosts.contains(where: { $0.provider.id == entry.catalogueID && $0.isOurs }) else { continue }
            found[name] = hosts.first { $0.provider.id != entry.catalogueID && (isOwn || $0.isOurs) }?.provider
        }
        return found
    }

    /// The dataset with the strictest class, every clause, the longest retention and every hold of its parts.
    private static func strictest(_ dataset: Dataset, _ parts: [Dataset]) -> Dataset {
        var dataset = dataset
        for part in parts {
            dataset.classification = dataset.classification.strictest(part.classification)
            dataset.clauses = Set(dataset.clauses + part.clauses).sorted()
            dataset.retainUntil = [dataset.retainUntil, part.retainUntil].compactMap(\.self).max()
            dataset.hold = dataset.hold ?? part.hold
        }
        return dataset
    }

    private static func itinerary(
        of dataset: Dataset, plan: Plan, catalogue: Catalogue, disguised: [String: Provider],
        laws: [String: [LawFact]], on day: Day
    ) -> Itinerary {
        func place(_ location: Location, _ kind: Hop.Kind, plaintext: Bool) -> Hop {
            hop(
                kind, at: location.provider, entry: plan.providers[location.provider], plaintext: plaintext,
                catalogue: catalogue, disguise: disguised[location.provider], on: day)
        }
        let parts = parts(of: dataset, in: plan)
        let recipients: [String] =
            switch dataset.seal {
            case .none: []
            case .age(let recipients): recipients
            }
        // No recipient, no seal: a list that is empty must not pass for ciphertext.
        var hops = [
            place(dataset.source, .source, plaintext: !(dataset.opening?.hidesFromHost ?? false)),
            place(dataset.target, .target, plaintext: recipients.isEmpty),
        ]
        hops += workers(plan, on: day)
        if let proxy = plan.proxy { hops.append(self.proxy(proxy, plan: plan, dataset: dataset, on: day)) }
        hops += Set(recipients).sorted().map {
            custodian(of: $0, plan: plan, laws: laws, isToday: false, on: day)
        }
        if let opening = dataset.opening {
            hops.append(custodian(of: opening.key, plan: plan, laws: laws, isToday: true, on: day))
        }
        return Itinerary(
            dataset: strictest(dataset, parts), hops: hops, planPath: "datasets." + dataset.name,
            assurances: dataset.assurances.over(plan.assurances),
            // What a union states of itself is not said of its parts.
            parts: parts.map { part in
                var part = part
                part.assurances = part.assurances.over(plan.assurances)
                return part
            })
    }

    /// A place where objects lie.
    private static func hop(
        _ kind: Hop.Kind, at name: String, entry: ProviderEntry?, plaintext: Bool, catalogue: Catalogue,
        disguise: Provider?, on day: Day
    ) -> Hop {
        let path = "providers." + name
        let isToday = kind == .source
        guard let entry, !Catalogue.operatorsOwn.contains(entry.catalogueID) else {
            let stated = entry?.stated ?? Jurisdiction(country: nil, law: nil)
            var country = Fact<String>.operators(stated.country, on: day)
            var law = Fact<String>.operators(stated.law, on: day)
            if let disguise {
                // The endpoint is that of a host of the catalogue: the plan's word against what is known of it.
                let other = "; contradicted by the endpoint, which is that of \(disguise.id)"
                (country.status, law.status) = (.disputed, .disputed)
                country.source += other
                law.source += other
            }
            return Hop(
                kind: kind, name: name, holders: disguise?.names ?? [], aliases: [name],
                region: entry?.region, country: country,
                laws: [LawFact(name: lawOf(name), law: law)], plaintext: plaintext,
                certifications: (entry?.certifications ?? []).map(Self.operatorsOwn),
                ownership: entry.map { Ownership($0, on: day) }, isOperatorsWord: true,
                isToday: isToday, planPath: path)
        }
        let label = entry.catalogueID + (entry.region.map { "/" + $0 } ?? "")
        guard let provider = catalogue.provider(entry.catalogueID) else {
            return Hop(
                kind: kind, name: label, providerID: entry.catalogueID, holders: [entry.catalogueID], aliases: [name],
                region: entry.region, country: .missing, laws: [LawFact(name: lawOf(label), law: .missing)],
                plaintext: plaintext, isOperatorsWord: false, isToday: isToday, planPath: path)
        }
        let service = provider.service(entry.service)
        let region = entry.region.flatMap { service?.region($0) }
        var country = region?.country ?? .missing
        var laws = provider.laws
        var certifications = service?.certifications ?? []
        /// Takes back what the catalogue says of the host: the data go elsewhere.
        func contradict(_ why: String) {
            country.status = .disputed
            country.source += why
            for index in laws.indices {
                laws[index].law.status = .disputed
                laws[index].law.source += why
            }
            for index in certifications.indices {
                certifications[index].status = .disputed
                certifications[index].source += why
            }
        }
        if let disguise { contradict("; contradicted by the endpoint, which is that of \(disguise.id)") }
        if let endpoint = entry.endpoint, let service {
            // The plan may send the data elsewhere than the catalogue's facts are about.
            switch service.covers(endpoint: endpoint, region: region) {
            case true: break
            case false:
                contradict("; contradicted by the plan's endpoint \(endpoint), which is not that of \(label)")
            case nil:
                // Nobody has verified that this endpoint is the provider's.
                country.verifiedOn = nil
                for index in laws.indices { laws[index].law.verifiedOn = nil }
                for index in certifications.indices { certifications[index].verifiedOn = nil }
            }
        }
        return Hop(
            kind: kind, name: label, providerID: provider.id,
            holders: provider.names + (disguise?.names ?? []), aliases: [name],
            region: entry.region, country: country, laws: laws, plaintext: plaintext, certifications: certifications,
            ownership: Ownership(provider), isOperatorsWord: false, isToday: isToday, planPath: path)
    }

    /// A certification that the plan states is the operator's word, whatever evidence he names.
    private static func operatorsOwn(_ certification: Certification) -> Certification {
        var certification = certification
        certification.source =
            certification.source.isEmpty || certification.source == OperatorsWord.source
            ? OperatorsWord.source : OperatorsWord.source + ": " + certification.source
        return certification
    }

    private static func workers(_ plan: Plan, on day: Day) -> [Hop] {
        // What lies in clear is read in clear, and what is sealed is opened there: a worker always sees plaintext.
        func hop(_ kind: Hop.Kind, _ place: Jurisdiction?, _ path: String, _ name: String, plaintext: Bool) -> Hop {
            let law = kind == .log ? Text(en: "law of the logs", fr: "droit des journaux") : lawOfWorker
            return Hop(
                kind: kind, name: name, country: .operators(place?.country, on: day),
                laws: [LawFact(name: law, law: .operators(place?.law, on: day))], plaintext: plaintext,
                isOperatorsWord: true, planPath: path)
        }
        let places: [Jurisdiction?] = plan.workers.isEmpty ? [nil] : plan.workers
        var hops = places.enumerated().map { index, place in
            hop(
                .worker, place, places.count > 1 ? "workers.\(index)" : "workers",
                places.count > 1 ? "worker \(index + 1)" : "worker", plaintext: true)
        }
        // Journal and logs hold names and sizes, never plaintext; those that are not placed lie beside the workers.
        if let logs = plan.logs { hops.append(hop(.log, logs, "logs", "logs", plaintext: false)) }
        return hops
    }

    private static let lawOfWorker = Text(en: "law of the worker", fr: "droit de l'exécutant")

    private static func proxy(_ proxy: Proxy, plan: Plan, dataset: Dataset, on day: Day) -> Hop {
        // TLS runs through it end to end; an endpoint in plain http shows it whatever is not sealed.
        let plain = [
            (dataset.source, dataset.opening?.hidesFromHost ?? false), (dataset.target, dataset.seal != .none),
        ].contains {
            location, isSealed in
            !isSealed && plan.providers[location.provider]?.endpoint?.lowercased().hasPrefix("http:") == true
        }
        return Hop(
            kind: .proxy, name: proxy.url, country: .operators(proxy.jurisdiction.country, on: day),
            laws: [
                LawFact(
                    name: Text(en: "law of the proxy", fr: "droit du mandataire"),
                    law: .operators(proxy.jurisdiction.law, on: day))
            ],
            plaintext: plain, isOperatorsWord: true, planPath: "proxy")
    }

    private static func custodian(
        of name: String, plan: Plan, laws known: [String: [LawFact]], isToday: Bool, on day: Day
    ) -> Hop {
        let key = Key(name: name, entry: plan.keys[name], on: day)
        var laws = [
            LawFact(
                name: Text(en: "law of the custodian of \(name)", fr: "droit du dépositaire de \(name)"),
                law: key.law)
        ]
        // A host of the catalogue, or a company above one, answers to what the catalogue says, whatever the plan states.
        laws += known[name] ?? []
        return Hop(
            kind: .kms, name: name, holders: [key.custodian, key.custodianID].compactMap(\.self), country: key.country,
            laws: laws,
            plaintext: nil, key: key, isOperatorsWord: true, isToday: isToday, planPath: "keys.\(name).custodian")
    }

    private static func lawOf(_ name: String) -> Text { Text(en: "law of \(name)", fr: "droit de \(name)") }
}
