import HavreModel
import Testing

/// Ways around a rule that a plan, an overlay or a document might try, and that must not lead anywhere.
struct PolicyEvasionTests {
    private func outcome(_ rule: String, _ scene: Scene) throws -> Outcome { try scene.outcome(rule) }

    /// A signed permission for one host is none for another that the plan calls by its name.
    @Test func anAliasIsNotTheHostForWhichSomebodySigned() throws {
        var scene = Scene.authorised
        scene.documents = [Scene.document(destination: "target")]
        #expect(try outcome("R18", scene) == .violated, "`target` is only what the plan calls the host")
        scene.documents = [Scene.document(destination: "french/paris")]
        #expect(try outcome("R18", scene) == .satisfied)
        scene.target = Scene.own(country: "FR", law: "FR", certifications: [Scene.certification("HDS", regions: nil)])
        scene.documents = [Scene.document(destination: "target")]
        #expect(try outcome("R18", scene) == .satisfied, "a host of the operator's own has no other name")
    }

    /// A parent company, named as custodian with a law of the plan's choice, answers to its own.
    @Test func aParentIsNoTrustee() throws {
        var scene = Scene.health
        scene.target = Scene.entry("american", region: "paris")
        let parents = scene.catalogue.provider("american")?.parentChain.value ?? []
        let parent = try #require(parents.first?.name)
        #expect(try outcome("R5", scene) == .satisfied)
        scene.keys["key"] = Scene.key("FR", "FR", custodian: parent.uppercased())
        #expect(try outcome("R5", scene) == .violated)
        #expect(try outcome("R20", scene) == .violated)
        #expect(try outcome("R4", scene) == .violated)
    }

    /// What the plan says of a host of its own is contradicted where the endpoint is that of one in the catalogue.
    @Test func anEndpointGivesItsHostAway() throws {
        var scene = Scene.health
        scene.seal = .none
        var own = Scene.own(country: "FR", law: "FR", certifications: [Scene.certification("HDS", regions: nil)])
        own.catalogueID = "custom"
        own.endpoint = "https://s3.ours.example"
        scene.target = own
        #expect(try outcome("R4", scene) == .satisfied)
        scene.target.endpoint = "https://s3.paris.american.example"
        #expect(try outcome("R4", scene) == .unknown)
        #expect(try outcome("R13", scene) == .unknown)
    }

    @Test func whatIsUnderWayContradictsWhatIsHeld() throws {
        var scene = Scene()
        scene.classification.stateSensitive = true
        let index = try #require(scene.catalogue.providers.firstIndex { $0.id == "french" })
        scene.catalogue.providers[index].services[0].certifications = [Scene.certification("SecNumCloud")]
        #expect(try outcome("R10", scene) == .satisfied)
        scene.catalogue.providers[index].services[0].certifications.append(
            Scene.certification("SecNumCloud", .pending))
        #expect(try outcome("R10", scene) == .unknown)
    }

    @Test func anOldVersionOfTheFrameworkIsNotHeld() throws {
        var scene = Scene.health
        for (version, expected) in [("2", Outcome.satisfied), ("v2", .satisfied), ("1.1", .unknown), ("v1", .unknown)] {
            var certification = Scene.certification("HDS", regions: nil)
            certification.version = version
            scene.target = Scene.own(country: "FR", law: "FR", certifications: [certification])
            #expect(try outcome("R12", scene) == expected, "\(version)")
        }
    }

    @Test func supportFromOutsideIsAPlaceToo() throws {
        var scene = Scene.health
        scene.clauses = ["EU_ONLY"]
        scene.assurances.remoteAccess = [RemoteAccess(country: "US", by: "Support Inc.")]
        #expect(try outcome("R1", scene) == .violated)
        #expect(try outcome("R3", scene) == .violated)
        scene.assurances.remoteAccess = [
            RemoteAccess(
                country: "US", by: "Support Inc.", description: "note 4",
                safeguard: Safeguard(kind: .certification, reference: "HDSv2"))
        ]
        #expect(try outcome("R1", scene) == .violated, "HDS safeguards no transfer")
        #expect(try outcome("R14", scene) == .violated)
        scene.assurances.remoteAccess?[0].safeguard = Safeguard(kind: .standardClauses, reference: "SCC 2021/914")
        #expect(try outcome("R1", scene) == .satisfied)
        #expect(try outcome("R3", scene) == .violated, "EU_ONLY knows no tool")
        scene.assurances.remoteAccess = [RemoteAccess(country: "NO", by: "us")]
        #expect(try outcome("R1", scene) == .satisfied)
        #expect(try outcome("R3", scene) == .violated, "Norway is not in the EU")
    }

    @Test(arguments: [
        "HDS", "hds v2", "HDSv2", "H.D.S.", "hds2024", "health data hosting", "hébergeur de données de santé",
    ])
    func anySpellingOfHDSIsHDS(_ reference: String) throws {
        var scene = Scene.health
        scene.assurances.evidence["R4"] = Evidence(reference: "certificate \(reference)", until: Scene.day(9))
        #expect(try outcome("R15", scene) == .violated)
        scene.workers = Jurisdiction(country: "US", law: "FR")
        scene.assurances.safeguards = [Safeguard(kind: .certification, reference: reference, covers: ["workers"])]
        #expect(try outcome("R1", scene) != .satisfied)
    }

    @Test func aPaperWithoutAnEndHoldsNotForEver() throws {
        var scene = Scene.authorised
        scene.assurances.evidence["R16"] = Evidence(reference: "homologation 2010")
        #expect(try outcome("R16", scene) == .unknown)
        scene.assurances.evidence["R16"] = Evidence(reference: "homologation 2025", until: Scene.day(30))
        #expect(try outcome("R16", scene) == .satisfied)
    }

    @Test(arguments: ["any purpose", "\u{200b}any", "＊", "toutes les finalités", "all", "re*", "ALL, of it"])
    func aWildcardInAnyDressCoversNothing(_ purpose: String) throws {
        var scene = Scene.authorised
        scene.purpose = purpose
        scene.documents = [Scene.document(purpose: purpose)]
        #expect(try outcome("R18", scene) == .violated)
    }

    /// Whoever destroys a part destroys the union, and what a union states of itself is not said of its parts.
    @Test func aUnionBindsItsPartsAndLendsThemNothing() throws {
        func dataset(_ name: String) -> Dataset {
            Dataset(
                name: name, source: Location(provider: "source", bucket: name),
                target: Location(provider: "target", bucket: name), seal: .none)
        }
        var (part, union) = (dataset("part"), dataset("union"))
        part.classification.snds = true
        part.retainUntil = Scene.day(-30)
        part.decommission = Scene.day(30)
        union.unionOf = ["part"]
        union.hold = "CNIL 2026-9"
        union.retainUntil = Scene.day(900)
        union.assurances.evidence["R16"] = Evidence(reference: "of the union", until: Scene.day(90))
        let plan = Plan(
            name: "union",
            providers: [
                "source": Scene.entry("american", region: "paris"), "target": Scene.entry("french", region: "paris"),
            ], workers: [Jurisdiction(country: "FR", law: "FR")], datasets: ["part": part, "union": union],
            order: ["part", "union"])
        let estate = Planner.estate(plan: plan, catalogue: Scene.catalogue, on: Scene.today)
        let verdicts = try Scene.rulebook.judge(estate, on: Scene.today)
        func worst(_ rule: String, _ name: String) -> Outcome {
            verdicts.filter { $0.rule == rule && $0.dataset == name && !$0.isToday }.map(\.outcome)
                .reduce(.satisfied) { $0.and($1) }
        }
        #expect(worst("R26", "part") == .violated)
        #expect(worst("R16", "part") == .unknown)
        #expect(worst("R16", "union") == .unknown)
    }
}
