import HavreModel
import Testing

/// The plan joined with the catalogue.
struct EstatePlannerTests {
    private func endpoint(_ entry: ProviderEntry, bucket: String = "b") throws -> ResolvedEndpoint {
        try Planner.endpoint(for: entry, bucket: bucket, catalogue: PolicySeeds.catalogue)
    }

    private func problem(_ entry: ProviderEntry) throws -> String? {
        do {
            _ = try endpoint(entry)
            return nil
        } catch let error as EndpointError {
            return error.description
        }
    }

    @Test func theEndpointFollowsFromTheCatalogue() throws {
        let scaleway = try endpoint(Scene.entry("scaleway", region: "fr-par"))
        #expect(
            scaleway
                == ResolvedEndpoint(
                    storageProtocol: .s3, url: "https://s3.fr-par.scw.cloud", region: "fr-par", addressing: .path,
                    maxParts: 1_000, checksum: .contentMD5))
        let aws = try endpoint(Scene.entry("amazon-web-services", region: "eu-west-3"))
        #expect(aws.url == "https://s3.eu-west-3.amazonaws.com")
        #expect(aws.addressing == .virtualHosted)
        #expect(aws.checksum == .crc64nvme)
        #expect(try endpoint(Scene.entry("ovhcloud", region: "gra")).url == "https://s3.gra.io.cloud.ovh.net")
        #expect(try endpoint(Scene.entry("ionos", region: "de")).url == "https://s3-eu-central-1.ionoscloud.com")
    }

    @Test func thePlanMaySayOtherwiseWithinTheLimits() throws {
        var entry = Scene.entry("scaleway", region: "fr-par")
        entry.maxParts = 5_000
        #expect(try endpoint(entry).maxParts == 1_000)
        entry.maxParts = 100
        entry.addressing = .virtualHosted
        entry.endpoint = "https://example.test"
        #expect(try endpoint(entry).maxParts == 100)
        #expect(try endpoint(entry).addressing == .virtualHosted)
        #expect(try endpoint(entry).url == "https://example.test")
    }

    @Test func openPartsAreFilledOrAskedFor() throws {
        var azure = ProviderEntry(
            catalogueID: "microsoft-azure", service: "blob-storage", region: "westeurope", storageProtocol: .s3)
        #expect(try problem(azure)?.contains("has an open part") == true)
        azure.credentials.account = "example"
        #expect(try endpoint(azure).url == "https://example.blob.core.windows.net")
        #expect(try problem(Scene.entry("cloud-temple", region: "fr1"))?.hasPrefix("endpoint:") == true)
        #expect(try problem(Scene.entry("numspot", region: "eu-west-2"))?.contains("knows no endpoint") == true)
    }

    @Test func whatTheCatalogueDoesNotKnowIsNamed() throws {
        #expect(try problem(Scene.entry("scalway", region: "fr-par"))?.hasPrefix("is: scalway is no provider") == true)
        #expect(
            try problem(Scene.entry("scaleway", region: "fr-pa"))?.contains("fr-par, it-mil, nl-ams, pl-waw") == true)
        var entry = Scene.entry("scaleway", region: "fr-par")
        entry.service = "block-storage"
        #expect(try problem(entry)?.hasPrefix("service: block-storage is none of scaleway") == true)
    }

    @Test func providersOfTheOperatorsOwn() throws {
        let custom = ProviderEntry(
            catalogueID: "custom", storageProtocol: .s3, endpoint: "http://127.0.0.1:8333", maxParts: 20_000)
        let resolved = try endpoint(custom)
        #expect(resolved.url == "http://127.0.0.1:8333")
        #expect(resolved.maxParts == 10_000)
        #expect(resolved.addressing == .path)
        #expect(try endpoint(Scene.own(country: "FR", law: "FR"), bucket: "/data").url == "/data")
        #expect(
            try problem(ProviderEntry(catalogueID: "custom", storageProtocol: .s3))?.contains("needs an endpoint")
                == true)
    }

    @Test func hopsOfADataset() throws {
        var scene = Scene.health
        scene.opening = .age(key: "old")
        scene.keys["old"] = Scene.key("IE", "US")
        scene.proxy = Proxy(url: "http://p:1", jurisdiction: Jurisdiction(country: "FR", law: "FR"))
        let estate = Planner.estate(plan: scene.plan, catalogue: scene.catalogue, on: Scene.today)
        let itinerary = try #require(estate.itineraries.first)
        #expect(itinerary.hops.map(\.kind) == [.source, .target, .worker, .proxy, .kms, .kms])
        #expect(itinerary.hops.map(\.plaintext) == [false, false, true, false, nil, nil])
        #expect(itinerary.hops.map(\.isToday) == [true, false, false, false, false, true])
        #expect(
            itinerary.hops.map(\.planPath) == [
                "providers.source", "providers.target", "workers", "proxy", "keys.key.custodian",
                "keys.old.custodian",
            ])
        scene.opening = nil
        scene.seal = .none
        let clear = Planner.estate(plan: scene.plan, catalogue: scene.catalogue, on: Scene.today).itineraries[0]
        #expect(clear.hops.map(\.plaintext) == [true, true, true, false])
    }

    @Test func aProviderThatNobodyKnowsIsUnknownThroughout() throws {
        var scene = Scene.health
        scene.target = Scene.entry("nobody", region: "paris")
        for rule in ["R1", "R7", "R12", "R13"] { #expect(try scene.outcome(rule) == .unknown, "\(rule)") }
        scene.seal = .none
        #expect(try scene.outcome("R4") == .unknown)
        scene = Scene.health
        scene.target = Scene.entry("french", region: "atlantis")
        #expect(try scene.outcome("R1") == .unknown)
        scene.target = Scene.entry("french", region: "paris")
        scene.target.region = nil
        #expect(try scene.outcome("R12") == .unknown)
    }
}
