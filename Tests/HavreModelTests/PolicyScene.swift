import HavreModel
import Testing

/// A plan of one dataset over a small catalogue, with the pieces that rules look at in reach.
struct Scene {
    static let today = Day(number: 20_781)  // 2026-11-24

    var classification = Dataset.Classification()
    var clauses: [String] = []
    var purpose: String?
    var authorisations: [Dataset.Authorisation] = []
    var seal: Dataset.Seal = .age(recipients: ["key"])
    var opening: Dataset.Opening?
    var source = Scene.entry("american", region: "paris")
    var target = Scene.entry("french", region: "paris")
    var workers: Jurisdiction? = Jurisdiction(country: "FR", law: "FR")
    var proxy: Proxy?
    var logs: Jurisdiction?
    var keys: [String: KeyEntry] = ["key": Scene.key("FR", "FR")]
    var assurances = Assurances()
    var pseudonymisation: Dataset.Pseudonymisation?
    var retainUntil: Day?
    var hold: String?
    var decommission: Day?
    var parts: [Dataset] = []
    var documents: [SignedDocument] = []
    var forecast: ClosedRange<Day>?
    var step: DatasetMachine.Step?
    var catalogue = Scene.catalogue

    /// A scene of health data that every rule lets pass.
    static var health: Scene {
        var scene = Scene()
        scene.classification.personal = true
        scene.classification.health = true
        scene.assurances = stated
        scene.forecast = day(1)...day(2)
        return scene
    }

    /// What an operator states who leaves nothing out.
    static var stated: Assurances {
        var stated = Assurances()
        stated.remoteAccess = []
        stated.confidentialUntil = day(1_000)
        stated.contract = HostingContract(notice: day(-10), end: day(300), egressBudget: Money(0, "EUR"))
        stated.incident = IncidentPlan(
            contact: "desk", earlyWarningHours: 24, notificationHours: 72, finalReportDays: 31)
        return stated
    }

    /// A day so many days after today.
    static func day(_ number: Int) -> Day { Day(number: today.number + number) }

    /// SNDS data with all that they ask for.
    static var authorised: Scene {
        var scene = Scene.health
        scene.classification.snds = true
        scene.purpose = "research"
        scene.assurances.evidence["R16"] = Evidence(reference: "approval 7", until: day(90))
        scene.documents = [document()]
        return scene
    }

    static func document(
        _ kind: SignedDocument.Kind = .authorisation, reference: String = "0000-000", dataset: String = "base",
        rule: String? = nil, purpose: String? = "research", destination: String = "french", from: Int = -30,
        until: Int = 30, standing: SignedDocument.Standing = .valid
    ) -> SignedDocument {
        SignedDocument(
            kind: kind, by: "CNIL", reference: reference, reason: "reason", dataset: dataset, rule: rule,
            purpose: kind == .authorisation ? purpose : nil, destination: destination, from: day(from),
            until: day(until), signer: standing == .unsigned ? "" : "cnil", standing: standing,
            file: "\(reference).yaml")
    }

    static func entry(_ id: String, region: String) -> ProviderEntry {
        ProviderEntry(catalogueID: id, service: "object-storage", region: region, storageProtocol: .s3)
    }

    /// A provider that the operator describes himself.
    static func own(country: String?, law: String?, certifications: [Certification] = []) -> ProviderEntry {
        ProviderEntry(
            catalogueID: "local", service: "file", storageProtocol: .file,
            stated: Jurisdiction(country: country, law: law), certifications: certifications)
    }

    static func key(_ country: String?, _ law: String?, custodian: String = "Trustee", pq: Bool = false) -> KeyEntry {
        KeyEntry(
            recipient: pq ? "age1pq1" : "age1",
            custodian: .init(name: custodian, jurisdiction: Jurisdiction(country: country, law: law)))
    }

    static func authorisation(
        _ purpose: String = "research", _ destination: String? = "french", until: Int = 30
    ) -> Dataset.Authorisation {
        Dataset.Authorisation(
            by: "CNIL", reference: "0000-000", purpose: purpose, destination: destination,
            until: Day(number: today.number + until))
    }

    var dataset: Dataset {
        var dataset = Dataset(
            name: "base", classification: classification, clauses: clauses,
            source: Location(provider: "source", bucket: "a"), target: Location(provider: "target", bucket: "b"),
            seal: seal, opening: opening, purpose: purpose, authorisations: authorisations, retainUntil: retainUntil)
        dataset.pseudonymisation = pseudonymisation
        dataset.hold = hold
        dataset.decommission = decommission
        dataset.unionOf = parts.map(\.name)
        return dataset
    }

    var plan: Plan {
        var plan = Plan(
            name: "scene", providers: ["source": source, "target": target], keys: keys,
            workers: workers.map { [$0] } ?? [], logs: logs, proxy: proxy, datasets: ["base": dataset],
            order: parts.map(\.name) + ["base"])
        for part in parts { plan.datasets[part.name] = part }
        plan.assurances = assurances
        return plan
    }

    /// What the rules see of it, the union alone where there are parts.
    func estate(on day: Day = today) -> Estate {
        var estate = Planner.estate(
            plan: plan, catalogue: catalogue, on: day, documents: documents,
            forecasts: forecast.map { ["base": $0] } ?? [:], steps: step.map { ["base": $0] } ?? [:])
        estate.itineraries.removeAll { $0.dataset.name != "base" }
        return estate
    }

    func verdicts(on day: Day = today) throws -> [Verdict] {
        try Scene.rulebook.judge(estate(on: day), on: day)
    }

    /// The outcome of a rule over what the plan brings about.
    func outcome(_ rule: String, on day: Day = today) throws -> Outcome {
        let own = try verdicts(on: day).filter { $0.rule == rule && !$0.isToday }
        #expect(!own.isEmpty, "\(rule) says nothing")
        return own.map(\.outcome).reduce(.satisfied) { $0.and($1) }
    }

    func blocking(on day: Day = today) throws -> [String] {
        VerdictTally(try verdicts(on: day)).blocking
    }

    /// A rulebook in which everything blocks that is no fact.
    static var rulebook: Rulebook { get throws { try book.get() } }

    private static let book = Result {
        try Rulebook(
            seed: RulebookSeed(
                version: "test",
                rules: Rulebook.known.map {
                    RulebookSeed.Entry(
                        id: $0.id, severity: ["R7", "R9", "R19"].contains($0.id) ? .fact : .block, basis: Text("basis"),
                        source: "source", since: nil, derogable: ["R10", "R25"].contains($0.id))
                }))
    }

    static func fact<Value>(_ value: Value?, status: FactStatus = .stated) -> Fact<Value> {
        Fact(value, source: "test", verifiedOn: today, status: status)
    }

    static func certification(
        _ name: String, _ status: Certification.Status = .held, from: Int = -30, until: Int? = 30,
        regions: [String]? = ["paris", "oslo", "zurich"], verified: Bool = true
    ) -> Certification {
        Certification(
            name: name, status: status, from: Day(number: today.number + from),
            until: until.map { Day(number: today.number + $0) }, regions: regions, source: "test",
            verifiedOn: verified ? today : nil)
    }

    static func provider(
        _ id: String, seat: String, parents: [Provider.Parent]?, shares: (single: Double, together: Double)? = nil,
        abroad: [String]? = nil, certifications: [Certification]
    ) -> Provider {
        let regions = [
            ("paris", "FR"), ("oslo", "NO"), ("zurich", "CH"), ("toronto", "CA"), ("ohio", "US"), ("nowhere", nil),
        ].map { Region(id: $0.0, country: fact($0.1)) }
        return Provider(
            id: id, displayName: id.prefix(1).uppercased() + id.dropFirst(), seat: fact(seat),
            parentChain: fact(parents), nonEUShareMax: fact(shares?.single), nonEUShareSum: fact(shares?.together),
            thirdCountryEstablishments: fact(abroad.map { $0.map { .init(name: Text("Branch"), country: $0) } }),
            services: [
                Service(
                    id: "object-storage", storageProtocol: .s3, endpoint: "https://s3.{region}.\(id).example",
                    source: "test", verifiedOn: today, regions: regions, certifications: certifications)
            ])
    }

    static let catalogue = Catalogue(
        providers: [
            provider(
                "french", seat: "FR", parents: [], shares: (10, 20), abroad: [],
                certifications: [certification("HDS"), certification("SecNumCloud")]),
            provider(
                "american", seat: "IE", parents: [.init(name: "Parent Inc.", law: "US")], shares: (80, 90),
                abroad: ["US"],
                certifications: [certification("HDS"), certification("SecNumCloud", .none)]),
            provider("swiss", seat: "CH", parents: [], certifications: []),
            provider("obscure", seat: "FR", parents: nil, certifications: [certification("SecNumCloud", .disputed)]),
        ],
        jurisdictions: Jurisdictions(
            members: [
                member("FR", .eu), member("IE", .eu), member("NO", .eea),
                Jurisdictions.Member(
                    country: "GB", name: Text("GB"), circle: .eu, until: Day(number: today.number - 1), source: "test",
                    verifiedOn: today),
                Jurisdictions.Member(country: "XX", name: Text("XX"), circle: .eu, source: "test", verifiedOn: nil),
            ],
            adequacy: [
                Jurisdictions.Adequacy(
                    country: "CH", name: Text("CH"), decision: "2000/518/EC", until: Day(number: today.number + 30),
                    source: "test", verifiedOn: today),
                Jurisdictions.Adequacy(
                    country: "CA", name: Text("CA"), decision: "2002/2/EC", scope: Text("commercial organisations"),
                    source: "test",
                    verifiedOn: today),
            ]))

    private static func member(_ country: String, _ circle: Jurisdictions.Circle) -> Jurisdictions.Member {
        Jurisdictions.Member(country: country, name: Text(country), circle: circle, source: "test", verifiedOn: today)
    }
}
