import HavreModel
import Testing

/// The scenarios for which Havre exists, judged with the real seeds.
struct PolicyScenarioTests {
    private func scene(target: ProviderEntry, _ change: (inout Scene) -> Void = { _ in }) throws -> Scene {
        var scene = Scene.health
        scene.catalogue = try PolicySeeds.catalogue
        scene.source = Scene.entry("microsoft-azure", region: "westeurope")
        scene.source.service = "blob-storage"
        scene.target = target
        change(&scene)
        return scene
    }

    private func verdicts(_ scene: Scene, on day: Day = Scene.today) throws -> [Verdict] {
        try PolicySeeds.rulebook.judge(scene.estate(on: day), on: day)
    }

    private func azure(_ region: String) -> ProviderEntry {
        ProviderEntry(
            catalogueID: "microsoft-azure", service: "blob-storage", region: region,
            storageProtocol: .init(rawValue: "azure-blob"))
    }

    @Test func microsoftIrelandInFranceCentral() throws {
        let plain = try scene(target: azure("francecentral")) { $0.seal = .none }
        let tally = VerdictTally(try verdicts(plain))
        #expect(tally.blocking == ["R4", "R5"])
        #expect(tally.satisfied.contains("R1"))
        #expect(tally.satisfied.contains("R13"))
        #expect(tally.satisfied.contains("R12"))
        #expect(tally.violated.contains("R7"))
        let blocked = try #require(try verdicts(plain).first { $0.rule == "R4" && $0.blocks })
        #expect(blocked.message.english.contains("US (law of Microsoft Corporation, above Microsoft Azure)"))
        #expect(blocked.facts.contains { $0.value == "US" && $0.verifiedOn == Day("2026-11-23") && !$0.source.isEmpty })
        #expect(blocked.planPath == "datasets.base.seal")

        let sealed = VerdictTally(try verdicts(try scene(target: azure("francecentral"))))
        #expect(sealed.blocking == [])
        #expect(sealed.warning.contains("R5"))
    }

    @Test func fromTheNetherlandsToFranceOnAzureIsABetterPlaceUnderTheSameLaw() throws {
        let moved = try verdicts(try scene(target: azure("francecentral")) { $0.seal = .none })
        let before = moved.filter { $0.isToday && $0.rule == "R4" }.map(\.outcome)
        let after = moved.filter { !$0.isToday && $0.rule == "R4" && $0.subject.english.hasPrefix("target") }.map(
            \.outcome)
        #expect(before == [.violated])
        #expect(after == [.violated])
        #expect(VerdictTally(moved).today.contains("R4"))
        // HDS is shown for the centres in France: here the move helps.
        let certified = moved.filter { $0.rule == "R12" }
        #expect(certified.first { $0.isToday }?.outcome == .unknown)
        #expect(certified.first { !$0.isToday }?.outcome == .satisfied)
    }

    @Test func londonAtOVHUnderEUOnly() throws {
        let london = try scene(target: Scene.entry("ovhcloud", region: "uk")) { $0.clauses = ["EU_ONLY"] }
        let tally = VerdictTally(try verdicts(london))
        #expect(tally.violated.contains("R3"))
        #expect(tally.blocking.contains("R3"))
        #expect(tally.blocking.contains("R13"))
        // The United Kingdom is adequate, and that is enough for R1 only.
        #expect(tally.satisfied.contains("R1"))
        let gravelines = try scene(target: Scene.entry("ovhcloud", region: "gra")) { $0.clauses = ["EU_ONLY"] }
        #expect(VerdictTally(try verdicts(gravelines)).satisfied.contains("R3"))
    }

    @Test func aWorkerInZurich() throws {
        let zurich = try scene(target: Scene.entry("scaleway", region: "fr-par")) {
            $0.workers = Jurisdiction(country: "CH", law: "CH")
        }
        let tally = VerdictTally(try verdicts(zurich))
        // Adequate for R1, but Swiss law sees plaintext.
        #expect(tally.satisfied.contains("R1"))
        #expect(tally.blocking == ["R4"])
        var bound = zurich
        bound.clauses = ["EU_ONLY"]
        #expect(VerdictTally(try verdicts(bound)).blocking == ["R3", "R4"])
    }

    @Test func theEuropeanSovereignCloudOfAnAmericanCompany() throws {
        let trap = try scene(target: Scene.entry("amazon-web-services", region: "eusc-de-east-1")) { $0.seal = .none }
        let tally = VerdictTally(try verdicts(trap))
        #expect(tally.satisfied.contains("R1"))
        #expect(tally.satisfied.contains("R13"))
        #expect(tally.violated.contains("R4"))
        #expect(tally.violated.contains("R7"))
        #expect(tally.blocking.contains("R4"))
        let endpoint = try Planner.endpoint(for: trap.target, bucket: "b", catalogue: trap.catalogue)
        #expect(endpoint.url == "https://s3.eusc-de-east-1.amazonaws.eu")
    }

    @Test func scalewaysSecNumCloudIsDisputed() throws {
        let hub = try scene(target: Scene.entry("scaleway", region: "fr-par")) {
            $0.classification.stateSensitive = true
        }
        let judged = try verdicts(hub)
        let tally = VerdictTally(judged)
        #expect(tally.unknown.filter { $0 != "R9" } == ["R8", "R10", "R11", "R19"])
        #expect(tally.blocking == ["R10"])
        let named = try #require(judged.first { $0.rule == "R19" && !$0.isToday })
        #expect(named.message.english.contains("SecNumCloud of scaleway/fr-par (disputed"))
        let blocked = try #require(judged.first { $0.rule == "R10" && $0.blocks })
        #expect(blocked.message.english.contains("unknown (disputed)"))
        #expect(blocked.planPath == "providers.target.region")
        // Health data that are not State-sensitive pass: HDS is held in Paris, and only there.
        let health = try scene(target: Scene.entry("scaleway", region: "fr-par"))
        #expect(VerdictTally(try verdicts(health)).blocking == [])
        let amsterdam = try scene(target: Scene.entry("scaleway", region: "nl-ams"))
        #expect(VerdictTally(try verdicts(amsterdam)).blocking == ["R12"])
    }

    @Test func theOneQualifiedStore() throws {
        let s3ns = try scene(target: Scene.entry("s3ns", region: "u-france-east1")) {
            $0.classification.health = false
            $0.classification.stateSensitive = true
        }
        #expect(VerdictTally(try verdicts(s3ns)).blocking == [])
        let before = try #require(Day("2025-12-16"))
        #expect(VerdictTally(try verdicts(s3ns, on: before)).blocking == ["R10"])
    }

    @Test func anAuthorisationThatExpiresInMidRun() throws {
        let last = try #require(Day("2026-12-21"))
        let cnam = try scene(target: Scene.entry("scaleway", region: "fr-par")) {
            $0.classification.snds = true
            $0.purpose = "research"
            $0.assurances.evidence["R16"] = Evidence(reference: "approval 7", until: Scene.day(400))
            var signed = Scene.document(destination: "scaleway")
            signed.until = last
            $0.documents = [signed]
            $0.forecast = last...Day(number: last.number + 1)
        }
        let running = VerdictTally(try verdicts(cnam))
        #expect(running.blocking == [])
        #expect(running.violated.contains("R22"))
        #expect(VerdictTally(try verdicts(cnam, on: last)).blocking == [])
        let after = try verdicts(cnam, on: Day(number: last.number + 1))
        #expect(VerdictTally(after).blocking == ["R18", "R22"])
        #expect(after.first { $0.rule == "R18" }?.message.english.contains("0000-000: it ended on 2026-12-21") == true)
    }

    @Test func aContractAsTheOnlySafeguard() throws {
        let clauses = Safeguard(kind: .standardClauses, reference: "SCC 2021/914", covers: ["target"])
        let plain = try scene(target: azure("francecentral")) {
            $0.seal = .none
            $0.assurances.safeguards = [clauses]
        }
        let judged = try verdicts(plain)
        #expect(VerdictTally(judged).blocking == ["R4", "R5", "R6"])
        #expect(judged.first { $0.rule == "R6" }?.message.english.contains("the block of R4 stands") == true)
        let sealed = try scene(target: azure("francecentral")) { $0.assurances.safeguards = [clauses] }
        #expect(VerdictTally(try verdicts(sealed)).blocking == [])
    }

    @Test func hdsOfferedAsImmunity() throws {
        let offered = try scene(target: azure("francecentral")) {
            $0.assurances.evidence["R7"] = Evidence(reference: "certificat HDS v2 de Microsoft")
        }
        let tally = VerdictTally(try verdicts(offered))
        #expect(tally.satisfied.contains("R12"))
        #expect(tally.blocking == ["R15"])
    }

    @Test func aFrameworkThatIsAssumedToFall() throws {
        var american = try scene(target: Scene.entry("amazon-web-services", region: "us-east-1"))
        let before = VerdictTally(try verdicts(american))
        #expect(before.unknown.contains("R1") && before.violated.contains("R2"))
        american.catalogue.jurisdictions.adequacy.removeAll { $0.country == "US" }
        let after = VerdictTally(try verdicts(american))
        #expect(after.violated.contains("R1") && after.violated.contains("R2"))
    }

    @Test func aLocalDirectoryWithoutACountry() throws {
        let silent = try scene(target: Scene.own(country: nil, law: nil))
        let tally = VerdictTally(try verdicts(silent))
        #expect(tally.blocking.contains("R1"))
        #expect(tally.blocking.contains("R13"))
        let harmless = try scene(target: Scene.own(country: nil, law: nil)) {
            $0.classification = Dataset.Classification()
        }
        #expect(VerdictTally(try verdicts(harmless)).blocking == [])
        let personal = try scene(target: Scene.own(country: "FR", law: "FR")) {
            $0.classification = Dataset.Classification()
            $0.classification.personal = true
        }
        let judged = try verdicts(personal)
        #expect(VerdictTally(judged).blocking == [])
        #expect(
            judged.filter { $0.subject.english.hasPrefix("target") && $0.applies }.allSatisfy {
                $0.notes.contains(.operatorsWord)
            })
    }

    @Test func anEndpointThatIsNotTheRegionsMakesItsFactsUnknown() throws {
        let borrowed = try scene(target: Scene.entry("scaleway", region: "fr-par")) {
            $0.target.endpoint = "https://s3.us-east-1.amazonaws.com"
        }
        let tally = VerdictTally(try verdicts(borrowed))
        #expect(tally.unknown.contains("R1"))
        #expect(tally.unknown.contains("R7"))
        #expect(tally.blocking.contains("R13"))
        for own in ["https://s3.fr-par.scw.cloud", "https://S3.fr-par.SCW.cloud:443/path"] {
            let stated = try scene(target: Scene.entry("scaleway", region: "fr-par")) { $0.target.endpoint = own }
            #expect(VerdictTally(try verdicts(stated)).blocking == [], "\(own)")
        }
        for other in [
            "https://s3.nl-ams.scw.cloud", "https://s3.fr-par.scw.cloud.example", "s3.fr-par.scw.cloud",
            "https://s3.fr-par.scw.cloud@elsewhere.example",
        ] {
            let stated = try scene(target: Scene.entry("scaleway", region: "fr-par")) { $0.target.endpoint = other }
            #expect(VerdictTally(try verdicts(stated)).blocking.contains("R13"), "\(other)")
        }
        var account = azure("francecentral")
        account.endpoint = "https://example.blob.core.windows.net"
        #expect(VerdictTally(try verdicts(try scene(target: account))).satisfied.contains("R13"))
    }
}
