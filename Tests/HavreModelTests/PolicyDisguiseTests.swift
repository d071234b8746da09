import Testing

@testable import HavreModel

/// Ways to make a host, a custodian, a certificate or a word pass for what it is not.
@Suite struct PolicyDisguiseTests {
    private func outcome(_ rule: String, _ scene: Scene) throws -> Outcome { try scene.outcome(rule) }

    @Test(arguments: [
        "https://s3.us-west-2.amazonaws.com", "https://S3.US-WEST-2.AMAZONAWS.COM.:443",
        "https://s3-us-west-2.amazonaws.com",
        "https://s3.dualstack.us-west-2.amazonaws.com", "https://s3-fips.dualstack.us-east-1.amazonaws.com",
        "https://bucket.s3.us-west-2.amazonaws.com", "https://hub.dfs.core.windows.net",
        "https://bucket.storage.googleapis.com", "https://bucket.s3.fr-par.scw.cloud",
    ])
    func aHostOfTheCatalogueIsNobodysOwn(_ endpoint: String) throws {
        var scene = Scene.health
        scene.catalogue = try PolicySeeds.catalogue
        scene.source = Scene.own(country: "FR", law: "FR")
        scene.target = Scene.own(country: "FR", law: "FR")
        scene.target.endpoint = endpoint
        scene.seal = .none
        #expect(try outcome("R4", scene) == .unknown)
        #expect(try outcome("R13", scene) == .unknown)
        scene.target.endpoint = "https://s3.hospital.example"
        #expect(try outcome("R4", scene) == .satisfied)
    }

    @Test func aHostOfOnesOwnCatalogueIsNotOneOfOurs() throws {
        var scene = Scene.health
        var own = Scene.provider("own", seat: "FR", parents: [], certifications: [])
        own.services[0].endpoint = "https://s3-{region}.american.example"
        own.services[0].origin = "own.yaml"
        scene.catalogue.providers.append(own)
        scene.target = Scene.entry("own", region: "paris")
        scene.seal = .none
        #expect(try outcome("R4", scene) == .unknown)
        scene.catalogue.providers[scene.catalogue.providers.count - 1].services[0].endpoint = "https://s3.own.example"
        #expect(try outcome("R4", scene) == .satisfied)
    }

    @Test(arguments: [
        ("Microsoft", Outcome.unknown), ("Microsoft Ireland Operations Ltd", .unknown), ("Azure Key Vault", .unknown),
        ("AWS KMS", .unknown), ("Microsoft Azure", .violated), ("microsoft-azure", .violated),
        ("Microsoft Corporation", .violated), ("Notaire", .satisfied), ("Health Data Hub", .satisfied),
    ])
    func aCustodianIsKnownByAWordOfItsName(_ custodian: String, _ expected: Outcome) throws {
        var scene = Scene.health
        scene.catalogue = try PolicySeeds.catalogue
        scene.source = Scene.own(country: "FR", law: "FR")
        scene.target = Scene.entry("scaleway", region: "fr-par")
        scene.keys = ["key": Scene.key("FR", "FR", custodian: custodian)]
        #expect(try outcome("R4", scene) == expected)
        #expect(try outcome("R20", scene) == expected)
        scene.keys["key"]?.custodian?.catalogueID = "custom"
        #expect(try outcome("R4", scene) == (expected == .violated ? .violated : .satisfied))
        scene.keys["key"]?.custodian?.catalogueID = "microsoft-azure"
        #expect(try outcome("R4", scene) == .violated)
    }

    @Test func theHostUnderALikeNameMayHoldTheKeyAndTheSecret() throws {
        var scene = Scene.health
        scene.catalogue = try PolicySeeds.catalogue
        scene.classification.pseudonymised = true
        scene.source = Scene.entry("microsoft-azure", region: "westeurope")
        scene.source.service = "blob-storage"
        scene.target = Scene.entry("scaleway", region: "fr-par")
        scene.pseudonymisation = .init(custodian: "Scaleway SAS")
        #expect(try outcome("R17", scene) == .unknown)
        scene.pseudonymisation?.custodianID = "scaleway"
        #expect(try outcome("R17", scene) == .violated)
        scene.pseudonymisation = .init(custodian: "target")
        #expect(try outcome("R17", scene) == .violated, "the plan's own name of the host")
        scene.pseudonymisation = .init(custodian: "Microsoft")
        #expect(try outcome("R17", scene) == .satisfied)
        let today = try scene.verdicts().filter { $0.rule == "R17" && $0.isToday }
        #expect(today.map(\.outcome) == [.unknown], "the host that is left may hold it")
        scene.target = Scene.entry("microsoft-azure", region: "westeurope")
        scene.target.service = "blob-storage"
        scene.keys = ["key": Scene.key("FR", "FR", custodian: "Microsoft")]
        #expect(try outcome("R5", scene) == .unknown)
    }

    @Test func silenceAboutAccessIsNoAnswer() throws {
        var scene = Scene.health
        scene.clauses = ["EU_ONLY"]
        scene.seal = .none
        scene.assurances.remoteAccess = nil
        for rule in ["R1", "R2", "R3", "R4"] { #expect(try outcome(rule, scene) == .unknown, "\(rule)") }
        scene.assurances.remoteAccess = []
        for rule in ["R1", "R2", "R3", "R4"] { #expect(try outcome(rule, scene) == .satisfied, "\(rule)") }
    }

    @Test func onlyAToolOfArticle46SafeguardsAnAccess() throws {
        var scene = Scene.health
        func access(_ kind: Safeguard.Kind, _ reference: String = "2026-7") {
            scene.assurances.remoteAccess = [
                RemoteAccess(
                    country: "US", by: "Support", description: "note",
                    safeguard: Safeguard(kind: kind, reference: reference))
            ]
        }
        access(.dataPrivacyFramework)
        #expect(try outcome("R1", scene) == .violated)
        #expect(try outcome("R2", scene) == .violated)
        #expect(try outcome("R14", scene) == .violated)
        access(.contract, "VPN")
        #expect(try outcome("R1", scene) == .violated)
        access(.standardClauses, "à compléter")
        #expect(try outcome("R1", scene) == .unknown)
        access(.standardClauses)
        #expect(try outcome("R1", scene) == .satisfied)
        #expect(try outcome("R2", scene) == .satisfied)
        #expect(try outcome("R4", scene) == .satisfied, "the target is sealed")
        scene.seal = .none
        #expect(try outcome("R4", scene) == .violated)
        scene.assurances.remoteAccess = [RemoteAccess(country: "FR", by: "american")]
        #expect(try outcome("R4", scene) == .violated, "the catalogue knows whose law it is under")
        scene.assurances.remoteAccess = [RemoteAccess(country: "FR", by: "Desk")]
        #expect(try outcome("R4", scene) == .unknown)
        scene.assurances.remoteAccess?[0].law = "FR"
        #expect(try outcome("R4", scene) == .satisfied)
    }

    @Test func aCertificateWithoutAnEndEndsAllTheSame() throws {
        func hds(_ change: (inout Certification) -> Void) throws -> [Outcome] {
            var certification = Scene.certification("HDS", from: -30, until: nil, regions: nil)
            change(&certification)
            var scene = Scene.health
            scene.target = Scene.own(country: "FR", law: "FR", certifications: [certification])
            return try ["R12", "R19"].map { try scene.outcome($0) }
        }
        #expect(try hds { _ in } == [.satisfied, .satisfied])
        #expect(try hds { $0.from = Day("2023-11-23") } == [.unknown, .unknown], "three years have passed")
        #expect(try hds { $0.from = Day("2023-11-24") } == [.satisfied, .satisfied])
        #expect(
            try hds { ($0.from, $0.verifiedOn) = (nil, Day("2026-05-15")) } == [.unknown, .unknown], "version 1, maybe")
        #expect(
            try hds { ($0.from, $0.verifiedOn, $0.version) = (nil, Day("2026-05-15"), "v2") } == [
                .satisfied, .satisfied,
            ])
        #expect(try hds { $0.verifiedOn = Scene.day(1) } == [.unknown, .unknown], "nobody has looked yet")
        #expect(try hds { $0.version = "v1" } == [.unknown, .unknown], "R19 says what R12 says")
    }

    @Test func anEndThatFollowsIsNamedAsTheLatest() throws {
        var scene = Scene.health
        scene.target = Scene.own(
            country: "FR", law: "FR", certifications: [Scene.certification("HDS", until: nil, regions: nil)])
        let deadlines = Deadlines.of(
            scene.estate().itineraries[0], in: Court(jurisdictions: scene.catalogue.jurisdictions, day: Scene.today))
        let certificate = try #require(deadlines.first { $0.kind == .certificate })
        #expect(certificate.day == Day("2029-10-25"))
        #expect(certificate.what.english.contains("at the latest"))
    }

    @Test func whatIsDisputedNobodySettles() {
        let ours = Jurisdictions.Adequacy(
            country: "CH", name: Text("CH"), decision: "a", source: "a", verifiedOn: Scene.today)
        var theirs = ours
        (theirs.decision, theirs.status) = ("b", .disputed)
        for list in [[ours, theirs], [theirs, ours]] {
            #expect(Jurisdictions(members: [], adequacy: list).isAdequate("CH", on: Scene.today).0 == .unknown)
        }
        let member = Jurisdictions.Member(
            country: "FR", name: Text("FR"), circle: .eu, source: "a", verifiedOn: Scene.today)
        var other = member
        (other.circle, other.status) = (.eea, .disputed)
        let lists = Jurisdictions(members: [member, other], adequacy: [])
        #expect(lists.membership(of: "FR", in: .eea, on: Scene.today).0 == .unknown)
        #expect(lists.membership(of: "FR", in: .eu, on: Scene.today).0 == .satisfied)
    }

    @Test func aDerogationCoversNothingWorseThanItAccepts() throws {
        var scene = Scene.health
        scene.classification.stateSensitive = true
        func derogated(_ accepts: Outcome?, _ status: Certification.Status) throws -> Bool {
            scene.target = Scene.own(
                country: "FR", law: "FR",
                certifications: [
                    Scene.certification("HDS", regions: nil), Scene.certification("SecNumCloud", status, regions: nil),
                ])
            scene.documents = [Scene.document(.derogation, rule: "R10", accepts: accepts, destination: "target")]
            let verdict = try #require(
                try scene.verdicts().first { $0.rule == "R10" && !$0.isToday && $0.outcome != .satisfied })
            #expect(verdict.derogations.count == 1, "one that does not cover is named all the same")
            return verdict.isDerogated
        }
        #expect(try derogated(.unknown, .disputed))
        #expect(try !derogated(.unknown, .none))
        #expect(try derogated(.violated, .none))
        #expect(try derogated(.violated, .disputed))
        #expect(try !derogated(nil, .disputed))
    }

    @Test(arguments: [
        "n'importe quelle étude", "quelconque", "Diverses recherches", "various", "50 %", "tous usages", "général",
        "N/A", "-",
        "TODO", "tbd", "à compléter", "a\u{300} compléter",
    ])
    func wordsForAnythingCoverNothing(_ purpose: String) {
        #expect(purpose.isWildcard)
    }

    @Test(arguments: [
        "recherche en médecine générale", "research", "EMC2", "hub/fr-par",
        "anything-but".replacing("anything", with: "none"),
    ])
    func wordsThatMeanOneThingPass(_ purpose: String) {
        #expect(!purpose.isWildcard)
    }

    @Test(arguments: ["TODO", "TBD", "-", "?", "x", "à compléter", "n/a", "…"])
    func aPlaceholderStatesNothing(_ reference: String) throws {
        var scene = Scene.authorised
        scene.assurances.evidence["R16"] = Evidence(reference: reference, until: Scene.day(30))
        #expect(try outcome("R16", scene) == .unknown)
        scene.workers = Jurisdiction(country: "US", law: "FR")
        scene.assurances.safeguards = [Safeguard(kind: .standardClauses, reference: reference, covers: ["workers"])]
        #expect(try outcome("R1", scene) == .unknown)
    }

    @Test func aMoveThatEndedIsJudgedByItsDay() throws {
        var scene = Scene.health
        scene.assurances.contract = HostingContract(
            notice: Scene.day(-80), end: Scene.day(-1), egressBudget: Money(0, "EUR"))
        scene.forecast = Scene.day(-40)...Scene.day(-40)
        #expect(try outcome("R23", scene) == .violated)
        scene.step = .accepted
        #expect(try outcome("R23", scene) == .satisfied)
        scene.assurances.contract?.egressBudget = Money(7, "EUR")
        let after = try #require(Day("2027-02-01"))
        let verdicts = try scene.verdicts(on: after).filter { $0.rule == "R24" && !$0.isToday }
        #expect(verdicts.allSatisfy { $0.outcome == .satisfied })
    }
}
