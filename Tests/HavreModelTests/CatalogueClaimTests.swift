import HavreModel
import Testing
import Yams

/// Several sources about one fact.
struct CatalogueClaimTests {
    private static let old = Day("2026-01-02")
    private static let new = Day("2026-10-03")

    private func fact(_ claims: Claim<String>...) throws -> Fact<String> { try #require(Fact(claims: claims)) }

    @Test func sourcesThatAgreeStateItAsOfTheOldestLook() throws {
        let fact = try fact(
            Claim("FR", source: "A", verifiedOn: Self.new), Claim("FR", source: "B", verifiedOn: Self.old))
        #expect(fact.known(on: Scene.today) == "FR")
        #expect(fact.verifiedOn == Self.old)
        #expect(fact.source == "A; B")
    }

    @Test func sourcesThatDifferAreDisputedAndNamed() throws {
        let fact = try fact(
            Claim("FR", source: "A", verifiedOn: Self.old), Claim("FR", source: "B", verifiedOn: Self.old),
            Claim("US", source: "C", verifiedOn: Self.old))
        #expect(fact.doubt(on: Scene.today) == .disputed)
        #expect(fact.known(on: Scene.today) == nil)
        #expect(fact.source == "A says FR; B says FR; C says US")
    }

    @Test func whatNobodyVerifiedDoesNotCountAgainstWhatSomebodyDid() throws {
        let fact = try fact(
            Claim("US", source: "rumour", verifiedOn: nil), Claim("FR", source: "A", verifiedOn: Self.old))
        #expect(fact.known(on: Scene.today) == "FR")
        #expect(fact.verifiedOn == Self.old)
        #expect(fact.source == "A; not verified: rumour says US")
        let agreeing = try self.fact(
            Claim("FR", source: "A", verifiedOn: Self.old), Claim("FR", source: "B", verifiedOn: nil))
        #expect(agreeing.source == "A; not verified: B")
    }

    @Test func claimsThatNobodyVerifiedStayUnknown() throws {
        let agreeing = try fact(Claim("FR", source: "A", verifiedOn: nil), Claim("FR", source: "B", verifiedOn: nil))
        #expect(agreeing.doubt(on: Scene.today) == .unverified)
        let differing = try fact(Claim("FR", source: "A", verifiedOn: nil), Claim("US", source: "B", verifiedOn: nil))
        #expect(differing.doubt(on: Scene.today) == .disputed)
        #expect(Fact<String>(claims: []) == nil)
    }

    @Test func filesMayHoldClaims() throws {
        let parents = try YAMLDecoder().decode(
            Fact<[Provider.Parent]>.self,
            from: """
                claims:
                  - {value: [{name: M, law: FR}], source: A, verifiedOn: 2026-01-02}
                  - {value: [{name: M, law: US}], source: B, verifiedOn: 2026-01-03}
                """)
        #expect(parents.status == .disputed)
        #expect(parents.source == "A says [M (FR)]; B says [M (US)]")
        let region = try YAMLDecoder().decode(
            Region.self,
            from: """
                id: x
                claims:
                  - {country: AT, source: A, verifiedOn: 2026-01-02}
                  - {country: DE, source: B, verifiedOn: 2026-01-02}
                """)
        #expect(region.country.doubt(on: Scene.today) == .disputed)
        #expect(throws: DecodingError.self) {
            try YAMLDecoder().decode(Fact<String>.self, from: "claims: []")
        }
        #expect(throws: DecodingError.self) { try YAMLDecoder().decode(Region.self, from: "{id: x, country: FR}") }
    }

    @Test func formsRefuseWhatTheyDoNotMean() {
        let right: [(SeedForm, [String])] = [
            (.text, ["x", "é à"]), (.name, ["fr-par", "a.b_c", String(repeating: "a", count: 64)]),
            (.country, ["FR", "NO"]), (.law, ["EU", "US"]), (.currency, ["EUR"]), (.day, ["2024-02-29"]),
            (.share, ["0", "100", "56.55"]), (.amount, ["0", "0.0146"]), (.count, ["1", "1000000"]),
            (.boolean, ["true", "false"]), (.word(["a", "b"]), ["b"]),
            (.endpoint, ["https://s3.{region}.scw.cloud", "https://{account}.x.net:8443", "https://{namespace}.s3.y"]),
        ]
        let wrong: [(SeedForm, [String])] = [
            (.text, ["", "  ", "a\nb"]), (.name, ["", "a/b", "a:b", "-a", "é", String(repeating: "a", count: 65)]),
            (.country, ["EU", "fr", "XX", "FRA", "UK"]), (.law, ["", "EEA", "us"]), (.currency, ["€", "eur", "EURO"]),
            (.day, ["2026-02-29", "2026-2-1", ""]), (.share, ["100.01", "-1", "1e1", ".5", "", "+5", "5%"]),
            (.amount, ["-0.1", "1e9999", "NaN", "1.2.3"]), (.count, ["0", "1.5", "1000001"]), (.boolean, ["yes"]),
            (.word(["a", "b"]), ["c", "A"]),
            (
                .endpoint,
                [
                    "http://s3.x", "https://", "https://s3.{zone}.x", "https://a/b", "https://a b", "https://a:0",
                    "https://a:", "https://user@a", "https://.a", "s3.x",
                ]
            ),
        ]
        for (form, texts) in right { for text in texts { #expect(form.accepts(text), "\(form): \(text)") } }
        for (form, texts) in wrong { for text in texts { #expect(!form.accepts(text), "\(form): \(text)") } }
    }
}
