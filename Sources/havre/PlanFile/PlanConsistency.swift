import HavreModel

/// What no single place of a plan shows: references that do not fit, orders that run in circles, times that overlap.
struct PlanConsistency {
    private let plan: Plan
    private let root: PlanCursor
    private let catalogue: CatalogueView
    private var issues: [PlanIssue] = []

    private init(_ plan: Plan, _ root: PlanCursor, _ catalogue: CatalogueView) {
        self.plan = plan
        self.root = root
        self.catalogue = catalogue
    }

    /// Everything that does not fit together, and the order in which datasets run.
    static func check(
        _ plan: Plan, _ root: PlanCursor, catalogue: CatalogueView
    ) -> (issues: [PlanIssue], order: [String]) {
        var consistency = PlanConsistency(plan, root, catalogue)
        consistency.services()
        consistency.names()
        consistency.credentials()
        consistency.keys()
        consistency.directories()
        consistency.filters()
        consistency.certificationDates()
        consistency.timetable()
        consistency.severities()
        consistency.unions()
        consistency.safeguards()
        let order = consistency.order()
        return (consistency.issues + LocationOverlap.issues(plan), order)
    }

    private mutating func report(
        _ problem: String, _ path: String, found: String? = nil, expected: String? = nil, nearest: String? = nil
    ) {
        issues.append(
            PlanIssue(
                file: plan.file, mark: plan.mark(path) ?? Mark(line: 1, column: 1), path: path, problem: problem,
                found: found, expected: expected, nearest: nearest))
    }

    /// Providers in the order of the file.
    private var providers: [(name: String, entry: ProviderEntry)] {
        root["providers"].entries.compactMap { name, _, _ in plan.providers[name].map { (name, $0) } }
    }

    /// Datasets in the order of the file.
    private var datasets: [Dataset] { plan.order.compactMap { plan.datasets[$0] } }

    // MARK: Providers

    private mutating func services() {
        for (name, entry) in providers {
            guard let services = catalogue.providers?[entry.catalogueID], let word = entry.service else { continue }
            let path = "providers.\(name)"
            guard let service = services[word] else {
                report(
                    "\(Quotation.of(word)) is no service of \(entry.catalogueID)", path + ".service", found: word,
                    expected: Quotation.list(services.keys.sorted()),
                    nearest: NearestWord.to(word, among: services.keys.sorted()))
                continue
            }
            guard let region = entry.region, !service.regions.isEmpty, !service.regions.contains(region) else {
                continue
            }
            report(
                "\(Quotation.of(region)) is no region of \(entry.catalogueID)/\(word)", path + ".region", found: region,
                expected: Quotation.list(service.regions), nearest: NearestWord.to(region, among: service.regions))
        }
    }

    /// No host goes by the name of another in the catalogue, and no key under two names.
    private mutating func names() {
        for (name, entry) in providers {
            guard catalogue.providers?[name] != nil, entry.catalogueID != name else { continue }
            report(
                "the name of the catalogue's \(Quotation.of(name)) stands for another host (\(entry.catalogueID))",
                "providers.\(name)", found: name, expected: "another name")
        }
        var owners: [String: String] = [:]
        for (name, _, _) in root["keys"].entries {
            guard let recipient = plan.keys[name]?.recipient else { continue }
            if let other = owners[recipient] {
                report(
                    "the keys \(Quotation.of(other)) and \(Quotation.of(name)) have the same recipient",
                    "keys.\(name).recipient", expected: "one name for one key")
            }
            owners[recipient] = owners[recipient] ?? name
        }
    }

    private mutating func credentials() {
        for (name, entry) in providers where catalogue.providers != nil || entry.catalogueID == "custom" {
            let (found, place) = (entry.credentials, "providers.\(name).credentials")
            let azure: [(String, Bool)] = [
                ("account", found.account != nil), ("key", found.key != nil), ("sas", found.sas != nil),
                ("tenant", found.tenant != nil), ("managedIdentity", found.managedIdentity != nil),
            ]
            switch entry.storageProtocol {
            case .s3:
                guard let key = azure.first(where: \.1)?.0 else { continue }
                report(
                    "`\(key)` \(key == "account" ? "is an Azure account" : "is for Azure"), and this service speaks s3",
                    "\(place).\(key)", expected: "`accessKey` and `secretKey`, `profile` or `command`")
            case .azureBlob:
                let means =
                    "`account` and `key`, `sas`, `tenant` and `clientId` with what proves the client, or "
                    + "`managedIdentity`"
                let isAmazons = [
                    ("accessKey", found.accessKey != nil), ("profile", found.profile != nil),
                    ("command", found.command != nil),
                ].first(where: \.1)?.0
                if let key = isAmazons {
                    report("`\(key)` is for S3, and this service speaks azure-blob", "\(place).\(key)", expected: means)
                } else if azure.contains(where: \.1), found.key == nil, found.sas == nil,
                    found.managedIdentity == nil, found.clientSecret == nil, found.certificate == nil,
                    found.tokenFile == nil
                {
                    report("the credentials name who asks, and nothing that proves it", place, expected: means)
                }
            default: continue
            }
        }
    }

    private mutating func certificationDates() {
        for (name, entry) in providers {
            for (index, certification) in entry.certifications.enumerated() {
                guard let from = certification.from, let until = certification.until, until < from else { continue }
                report(
                    "the certification ends (\(until)) before it begins (\(from))",
                    "providers.\(name).certifications.\(index).until", found: until.description)
            }
        }
    }

    /// A plan makes rules weigh more, never less.
    private mutating func severities() {
        for (rule, _, value) in root["severity"].entries {
            guard value.stands, let own = plan.severities[rule], let given = catalogue.severities[rule], own < given
            else { continue }
            report(
                "\(rule) cannot weigh less than the rulebook says (\(given.rawValue))", "severity.\(rule)",
                found: own.rawValue, expected: Quotation.of(given.rawValue))
        }
    }

    /// No dataset is part of itself.
    private mutating func unions() {
        for dataset in datasets {
            let direct = Set(dataset.unionOf)
            for (index, name) in dataset.unionOf.enumerated() {
                let place = "datasets.\(dataset.name).unionOf.\(index)"
                if name == dataset.name {
                    report("a dataset is no part of itself", place, found: name)
                } else if let part = plan.datasets[name],
                    Planner.parts(of: part, in: plan).contains(where: { $0.unionOf.contains(dataset.name) })
                        || part.unionOf.contains(dataset.name)
                {
                    report("\(Quotation.of(name)) is itself made of \(Quotation.of(dataset.name))", place, found: name)
                }
            }
            if direct.count < dataset.unionOf.count {
                report("a part stands there twice", "datasets.\(dataset.name).unionOf")
            }
        }
    }

    /// A safeguard covers what has a name here: one that nobody bears would cover nothing, and nobody would see it.
    private mutating func safeguards() {
        guard let hosts = catalogue.providers?.keys else { return }
        let own =
            root["providers"].entries.map(\.key) + ["workers", "proxy", "logs"] + root["keys"].entries.map(\.key)
            + plan.keys.values.flatMap { [$0.custodian?.name, $0.custodian?.catalogueID].compactMap(\.self) }.sorted()
        let names = own.filter { $0 != "custom" } + hosts.sorted()
        let known = Set(names)
        let all = [plan.assurances] + datasets.map(\.assurances)
        let accesses = Set(all.flatMap { $0.remoteAccess ?? [] }.map(\.by))
        for list in [root["safeguards"]] + root["datasets"].entries.map({ $0.value["safeguards"] }) {
            for safeguard in list.list {
                for word in safeguard["covers"].list {
                    guard let text = word.text, !known.contains(text) else { continue }
                    if accesses.contains(text) {
                        report(
                            "\(Quotation.of(text)) is an access from elsewhere, and that is not covered from here",
                            word.path, found: text,
                            expected: "`safeguard:` at the access under `remoteAccess`")
                        continue
                    }
                    report(
                        "\(Quotation.of(text)) names nothing that a safeguard covers",
                        word.path, found: text,
                        expected: "a provider, a key or a custodian of this plan, `workers`, `proxy`, `logs`, or a "
                            + "host of the catalogue: \(Quotation.list(names))",
                        nearest: NearestWord.to(text, among: names))
                }
            }
        }
    }

    // MARK: Keys and filters

    private mutating func keys() {
        for dataset in datasets {
            let path = "datasets.\(dataset.name)"
            if case .age(let recipients) = dataset.seal {
                var seen: Set<String> = []
                for (index, name) in recipients.enumerated() {
                    let place = path + ".seal.recipients.\(index)"
                    if !seen.insert(name).inserted {
                        report("\(Quotation.of(name)) stands twice among the recipients", place, found: name)
                    }
                    guard plan.keys[name] != nil, !root["keys"][name]["recipient"].written else { continue }
                    report(
                        "the key \(Quotation.of(name)) has no `recipient`, so nothing can be sealed to it", place,
                        found: name, expected: "a key with a recipient")
                }
            }
            if let name = dataset.opening?.key, plan.keys[name] != nil,
                !root["keys"][name]["identity"].written
            {
                report(
                    "the key \(Quotation.of(name)) has no `identity`, so it opens nothing", path + ".open.with",
                    found: name, expected: "a key with an identity")
            }
            if let opening = dataset.opening, !opening.format.isAuthenticated, !opening.acceptsUnauthenticated {
                let format = opening.format.rawValue
                report(
                    "\(format) cannot tell a changed object from a sound one", path + ".open.format", found: format,
                    expected: "an authenticated envelope, or `acceptUnauthenticated: true` beside it")
            }
        }
    }

    /// Directories are absolute, or start visibly at the plan's directory.
    private mutating func directories() {
        for dataset in datasets {
            for (side, location) in [("from", dataset.source), ("to", dataset.target)]
            where plan.providers[location.provider]?.storageProtocol == .file {
                let cursor = root["datasets"][dataset.name][side]["bucket"]
                guard let written = cursor.text, !["/", "./", "../"].contains(where: written.hasPrefix) else {
                    continue
                }
                report(
                    "\(Quotation.of(written)) is no absolute directory", cursor.path, found: written,
                    expected: "an absolute path, or one from the plan's directory that begins with `./` or `../`",
                    nearest: written.hasPrefix("~") ? nil : "./" + written)
            }
        }
    }

    private mutating func filters() {
        for dataset in datasets {
            guard let least = dataset.filter.minSize, let most = dataset.filter.maxSize, least > most else { continue }
            report(
                "`minSize` (\(least) bytes) is above `maxSize` (\(most) bytes), so nothing is left",
                "datasets.\(dataset.name).minSize")
        }
    }

    // MARK: Times and order

    private mutating func timetable() {
        guard root["bandwidth"].isMap else { return }
        var taken: [(key: String, slot: BandwidthTimetable.Slot)] = []
        for (key, _, value) in root["bandwidth"].entries {
            guard value.stands, let (from, until) = PlanForms.timeSlot(key) else { continue }
            let slot = BandwidthTimetable.Slot(from: from, until: until, bytesPerSecond: nil)
            if let rival = taken.first(where: { $0.slot.contains(from) || slot.contains($0.slot.from) }) {
                report(
                    "the times \(Quotation.of(rival.key)) and \(Quotation.of(key)) overlap", "bandwidth.\(key)",
                    found: key)
            }
            taken.append((key, slot))
        }
    }

    /// The order in which datasets run: as written, each behind those that it comes after. A circle is an issue.
    private mutating func order() -> [String] {
        var done: Set<String> = []
        var order: [String] = []
        var circles: Set<Set<String>> = []
        let position = Dictionary(plan.order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for start in plan.order where !done.contains(start) {
            // Depth first without recursion: a chain of any length fits.
            var trail = [(name: start, next: 0)]
            var within: Set<String> = [start]
            while let here = trail.last {
                let before = (plan.datasets[here.name]?.after ?? []).filter { position[$0] != nil }
                guard here.next < before.count else {
                    trail.removeLast()
                    within.remove(here.name)
                    if done.insert(here.name).inserted { order.append(here.name) }
                    continue
                }
                trail[trail.count - 1].next += 1
                let next = before[here.next]
                if within.contains(next) {
                    let circle = trail.map(\.name).drop { $0 != next }
                    if circles.insert(Set(circle)).inserted {
                        let path = (circle + [next]).joined(separator: " → ")
                        report("`after` runs in a circle: \(path)", "datasets.\(here.name).after", found: path)
                    }
                } else if !done.contains(next) {
                    trail.append((next, 0))
                    within.insert(next)
                }
            }
        }
        return order
    }
}
