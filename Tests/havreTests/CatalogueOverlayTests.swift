import HavreModel
import Testing

@testable import havre

/// An operator's own catalogue over that of the release.
@Suite struct CatalogueOverlayTests {
    private static let harbour = "fixtures/catalogues/good/harbour.yaml"
    private static let today = Day(number: 20_781)  // 2026-11-24

    private func load(_ texts: String...) throws -> CatalogueFile {
        let overlays = texts.enumerated().map {
            CatalogueFile.Overlay(name: "\($0).yaml", bytes: Array("catalogue: 1\n\($1)\n".utf8))
        }
        return try CatalogueFile.load(files: EmbeddedSeeds.files, overlays: overlays)
    }

    private func scaleway(_ text: String...) throws -> Provider {
        let overlays = text.enumerated().map {
            CatalogueFile.Overlay(
                name: "\($0).yaml", bytes: Array("catalogue: 1\nproviders:\n  - {id: scaleway, \($1)}\n".utf8))
        }
        let file = try CatalogueFile.load(files: EmbeddedSeeds.files, overlays: overlays)
        return try #require(file.catalogue.provider("scaleway"))
    }

    @Test func nothingStatedIsNothingChanged() throws {
        let release = try CatalogueFile.load().catalogue
        #expect(Self.today.description == "2026-11-24")
        #expect(try load("").catalogue == release)
        #expect(
            try load("providers: [{id: scaleway, services: [{id: object-storage, regions: [{id: fr-par}]}]}]").catalogue
                == release)
        #expect(try load("jurisdictions: {members: [], adequacy: []}", "providers: []").catalogue == release)
    }

    @Test func aFactReplacesOursOfThatNameAndNoOther() throws {
        let release = try #require(try CatalogueFile.load().catalogue.provider("scaleway"))
        let seat = "seat: {value: DE, source: letter, verifiedOn: 2026-11-20}"
        var expected = release
        expected.seat = Fact("DE", source: "letter", verifiedOn: Day("2026-11-20"), origin: "0.yaml")
        #expect(try scaleway(seat) == expected)
        let chain = "parentChain: {value: [{name: Above, law: US}], source: letter, verifiedOn: null}"
        expected.parentChain = Fact(
            [Provider.Parent(name: "Above", law: "US")], source: "letter", verifiedOn: nil, origin: "1.yaml")
        #expect(try scaleway(seat, chain) == expected)
        let shares = """
            nonEUShareMax: {value: 1, source: a, verifiedOn: null}, nonEUShareSum: {value: 2.5, source: b, verifiedOn: null},
            thirdCountryEstablishments: {value: [], source: c, verifiedOn: null}, displayName: Ours
            """
        let changed = try scaleway(shares)
        #expect(changed.nonEUShareMax == Fact(1, source: "a", verifiedOn: nil, origin: "0.yaml"))
        #expect(changed.nonEUShareSum == Fact(2.5, source: "b", verifiedOn: nil, origin: "0.yaml"))
        #expect(changed.thirdCountryEstablishments == Fact([], source: "c", verifiedOn: nil, origin: "0.yaml"))
        #expect(changed.displayName == "Ours")
        #expect(changed.seat == release.seat && changed.services == release.services)
    }

    @Test func laterFilesAreOverEarlierOnes() throws {
        let first = "seat: {value: DE, source: a, verifiedOn: 2026-11-20}"
        let second = "seat: {value: IT, source: b, verifiedOn: 2026-11-20}"
        let provider = try scaleway(first, second)
        #expect(provider.seat.value == "IT")
        #expect(provider.seat.origin == "1.yaml")
    }

    @Test func aServiceKeepsWhatIsNotStatedOfIt() throws {
        let release = try #require(try CatalogueFile.load().catalogue.provider("scaleway")?.service(nil))
        let changed = try #require(
            try scaleway("services: [{id: object-storage, maxParts: 500, source: s, verifiedOn: null}]").service(nil))
        var expected = release
        (expected.maxParts, expected.source, expected.verifiedOn, expected.origin) = (500, "s", nil, "0.yaml")
        #expect(changed == expected)
        let region = try #require(
            try scaleway(
                "services: [{id: object-storage, regions: [{id: fr-par, country: BE, source: s, verifiedOn: 2026-11-20}, {id: fr-mrs, country: FR, source: s, verifiedOn: 2026-11-20}]}]"
            ).service(nil))
        #expect(region.regionIDs == (release.regionIDs + ["fr-mrs"]).sorted())
        #expect(region.region("fr-par")?.country.value == "BE")
        #expect(region.region("fr-par")?.country.origin == "0.yaml")
        #expect(region.region("nl-ams") == release.region("nl-ams"))
        #expect(region.origin == nil, "endpoint and traits are still ours")
    }

    @Test func certificationsAndPricesReplaceThoseOfTheSameRegions() throws {
        func change(_ list: String) throws -> Service {
            try #require(try scaleway("services: [{id: object-storage, \(list)}]").service(nil))
        }
        let release = try #require(try CatalogueFile.load().catalogue.provider("scaleway")?.service(nil))
        let same = try change(
            "certifications: [{name: secnumcloud, status: held, regions: [fr-par], source: s, verifiedOn: 2026-11-20}]")
        #expect(same.certifications.count == release.certifications.count)
        #expect(same.certifications.filter { $0.name.lowercased() == "secnumcloud" }.map(\.status) == [.held])
        #expect(same.certifications.last?.origin == "0.yaml")
        let elsewhere = try change(
            "certifications: [{name: SecNumCloud, status: held, regions: [nl-ams], source: s, verifiedOn: 2026-11-20}]")
        #expect(elsewhere.certifications.count == release.certifications.count + 1)
        let price = try change(
            "prices: [{item: egress, amount: 0, currency: EUR, per: GB, regions: [pl-waw, nl-ams, fr-par], source: s, verifiedOn: 2026-11-20}]"
        )
        #expect(price.prices.count == release.prices.count)
        let egress = try #require(price.price(of: .egress, region: "fr-par", on: Self.today))
        #expect(egress.unit.amount == 0 && egress.price.origin == "0.yaml")
        #expect(price.price(of: .storage, region: "fr-par", on: Self.today)?.price.origin == nil)
    }

    @Test func countriesAndDecisionsAreReplaced() throws {
        let lists = try load(
            """
            jurisdictions:
              members:
                - {country: FR, name: France, circle: EU, until: 2026-11-01, source: s, verifiedOn: 2026-11-20}
                - {country: CH, name: Switzerland, circle: EEA, source: s, verifiedOn: 2026-11-20}
              adequacy:
                - {id: DPF, country: US, name: US, decision: other, until: 2026-11-01, source: s, verifiedOn: 2026-11-20}
                - {country: CH, name: Switzerland, decision: 2000/518/EC, scope: some, source: s, verifiedOn: 2026-11-20}
            """
        ).catalogue.jurisdictions
        let (outcome, facts) = lists.membership(of: "FR", in: .eu, on: Self.today)
        #expect(outcome == .violated && facts.map(\.origin) == ["0.yaml"])
        #expect(lists.membership(of: "CH", in: .eea, on: Self.today).0 == .satisfied)
        #expect(lists.membership(of: "CH", in: .eu, on: Self.today).0 == .violated)
        let (adequate, used) = lists.isAdequate("US", on: Self.today)
        #expect(adequate == .violated && used.map(\.origin) == ["0.yaml"])
        #expect(lists.isAdequate("CH", on: Self.today).0 == .unknown)
        #expect(lists.isAdequate("JP", on: Self.today).0 == .satisfied)
    }

    @Test func theExampleSaysWhatItSays() throws {
        let bytes = try PackageFiles.bytes(Self.harbour)
        let file = try CatalogueFile.load(
            files: EmbeddedSeeds.files, overlays: [.init(name: "harbour.yaml", bytes: bytes)])
        let harbour = try #require(file.catalogue.provider("harbour"))
        let service = try #require(harbour.service(nil))
        #expect(harbour.seat.known(on: Self.today) == "FR")
        #expect(service.region("mole")?.country.doubt(on: Self.today) == .disputed)
        #expect(service.certifications.first?.version == "v2")
        let scaleway = try #require(file.catalogue.provider("scaleway"))
        #expect(scaleway.seat.source == "register extract of 2026-11-02; contract no. 9")
        #expect(scaleway.seat.verifiedOn == Day("2026-10-01"))
        let certification = try #require(scaleway.service(nil)?.certifications.first { $0.name == "SecNumCloud" })
        #expect(certification.version == "3.2", "a version is text, as it is written")
        #expect(
            file.places.place(of: .init("harbour/object-storage/mole", "country"), origin: "harbour.yaml")
                == "harbour.yaml:19:13")
        #expect(
            file.places.place(of: .init("scaleway", "parentChain"), origin: nil) == "seeds/providers/scaleway.yaml:6:1")
    }
}
