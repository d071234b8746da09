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
    var keys: [String: KeyEntry] = ["key": Scene.key("FR", "FR")]
    var catalogue = Scene.catalogue

    /// A scene of health data that every rule lets pass.
    static var health: Scene {
        var scene = Scene()
        scene.classification.personal = true
        scene.classification.health = true
        return scene
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

    static func key(_ country: String?, _ law: String?, custodian: String = "Trustee") -> KeyEntry {
        KeyEntry(
            recipient: "age1",
            custodian: .init(name: custodian, jurisdiction: Jurisdiction(country: country, law: law)))
    }

    static func authorisation(
        _ purpose: String = "research", _ destination: String? = "target", until: Int = 30
    ) -> Dataset.Authorisation {
        Dataset.Authorisation(
            by: "CNIL", reference: "0000-000", purpose: purpose, destination: destination,
            until: Day(number: today.number + until))
    }

    var plan: Plan {
        let dataset = Dataset(
            name: "base", classification: classification, clauses: clauses,
            source: Location(provider: "source", bucket: "a"), target: Location(provider: "target", bucket: "b"),
            seal: seal, opening: opening, purpose: purpose, authorisations: authorisations)
        return Plan(
            name: "scene", providers: ["source": source, "target": target], keys: keys,
            workers: workers.map { [$0] } ?? [],
            proxy: proxy, datasets: ["base": dataset], order: ["base"])
    }

    func verdicts(on day: Day = today) throws -> [Verdict] {
        try Scene.rulebook.judge(Planner.estate(plan: plan, catalogue: catalogue, on: day), on: day)
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

    /// The rulebook with the severities of the seed.
    static var rulebook: Rulebook {
        get throws {
            try Rulebook(
                seed: RulebookSeed(
                    version: "test",
                    rules: Rulebook.known.map {
                        RulebookSeed.Entry(
                            id: $0.id, severity: ["R7", "R19"].contains($0.id) ? .fact : .block, basis: Text("basis"),
                            source: "source", since: nil)
                    }))
        }
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
        _ id: String, seat: String, parents: [Provider.Parent]?, certifications: [Certification]
    ) -> Provider {
        let regions = [
            ("paris", "FR"), ("oslo", "NO"), ("zurich", "CH"), ("toronto", "CA"), ("ohio", "US"), ("nowhere", nil),
        ].map { Region(id: $0.0, country: fact($0.1)) }
        return Provider(
            id: id, displayName: id.prefix(1).uppercased() + id.dropFirst(), seat: fact(seat),
            parentChain: fact(parents),
            services: [
                Service(
                    id: "object-storage", storageProtocol: .s3, endpoint: "https://s3.{region}.\(id).example",
                    source: "test", verifiedOn: today, regions: regions, certifications: certifications)
            ])
    }

    static let catalogue = Catalogue(
        providers: [
            provider(
                "french", seat: "FR", parents: [], certifications: [certification("HDS"), certification("SecNumCloud")]),
            provider(
                "american", seat: "IE", parents: [.init(name: "Parent Inc.", law: "US")],
                certifications: [certification("HDS"), certification("SecNumCloud", .none)]),
            provider("swiss", seat: "CH", parents: [], certifications: []),
            provider("obscure", seat: "FR", parents: nil, certifications: [certification("SecNumCloud", .disputed)]),
        ],
        jurisdictions: Jurisdictions(
            members: [
                member("FR", .eu), member("IE", .eu), member("NO", .eea),
                Jurisdictions.Member(
                    country: "GB", name: "GB", circle: .eu, until: Day(number: today.number - 1), source: "test",
                    verifiedOn: today),
                Jurisdictions.Member(country: "XX", name: "XX", circle: .eu, source: "test", verifiedOn: nil),
            ],
            adequacy: [
                Jurisdictions.Adequacy(
                    country: "CH", name: "CH", decision: "2000/518/EC", until: Day(number: today.number + 30),
                    source: "test", verifiedOn: today),
                Jurisdictions.Adequacy(
                    country: "CA", name: "CA", decision: "2002/2/EC", scope: "commercial organisations", source: "test",
                    verifiedOn: today),
            ]))

    private static func member(_ country: String, _ circle: Jurisdictions.Circle) -> Jurisdictions.Member {
        Jurisdictions.Member(country: country, name: country, circle: circle, source: "test", verifiedOn: today)
    }
}
