import Testing

@testable import HavreModel

/// What somebody supposes of the catalogue.
struct AssumptionTests {
    private let today = Scene.today

    private func assuming(_ texts: String...) throws -> Catalogue {
        var assumptions: [Assumption] = []
        for text in texts { assumptions.append(try Assumption(text)) }
        return try PolicySeeds.catalogue.assuming(assumptions, on: today)
    }

    @Test func anAdequacyDecisionNeverHeld() throws {
        let before = try PolicySeeds.catalogue.jurisdictions
        #expect(before.isAdequate("US", on: today).0 == .unknown)
        let named = try assuming("DPF=invalid").jurisdictions
        for day in [today, Day(number: 0), Day(number: 30_000), Day("2023-07-09"), Day("2023-07-10")].compactMap(\.self)
        {
            #expect(named.isAdequate("US", on: day).0 == .violated, "\(day)")
        }
        let fact = try #require(named.isAdequate("US", on: today).1.first)
        #expect(fact.origin == "assumed")
        #expect(fact.source == "assumption DPF=invalid")
        #expect(fact.verifiedOn == today)
        #expect(before.isAdequate("CH", on: today).0 == .satisfied)
        #expect(named.isAdequate("CH", on: today).0 == .satisfied)
        #expect(try assuming("adequacy:CH=invalid").jurisdictions.isAdequate("CH", on: today).0 == .violated)
    }

    @Test func aCountryIsNoMember() throws {
        let lists = try assuming("member:NO=none", "member:RE=none").jurisdictions
        for (country, expected) in [("NO", Outcome.violated), ("RE", .violated), ("FR", .satisfied)] {
            let (outcome, facts) = lists.membership(of: country, in: .eea, on: today)
            #expect(outcome == expected)
            #expect((facts.first?.origin == "assumed") == (expected == .violated))
        }
    }

    @Test func theLawAboveAProvider() throws {
        let seat = try #require(try assuming("scaleway:seat=US").provider("scaleway"))
        #expect(seat.laws.contains { $0.law.known(on: today) == "US" && $0.law.origin == "assumed" })
        let parent = try #require(try assuming("scaleway:parent=US").provider("scaleway"))
        #expect(parent.parentChain.value?.map(\.law) == ["FR", "US"])
        #expect(parent.laws.contains { $0.law.known(on: today) == "US" && $0.law.origin == "assumed" })
        // A chain that nobody verified is then that one company.
        let unknown = try #require(try assuming("exoscale:parent=EU").provider("exoscale"))
        #expect(unknown.parentChain.known(on: today)?.map(\.law) == ["EU"])
    }

    @Test func aRegionLiesElsewhere() throws {
        let region = try assuming("scaleway/object-storage/fr-par:country=US").provider("scaleway")?
            .service("object-storage")?.region("fr-par")
        #expect(region?.country.known(on: today) == "US")
        #expect(region?.country.origin == "assumed")
    }

    /// Held, not held, or in doubt, in one region, whatever the catalogue says there; elsewhere nothing changes.
    @Test(arguments: [
        ("held", Outcome.satisfied), ("none", .violated), ("disputed", .unknown), ("pending", .unknown),
        ("expired", .unknown),
    ]) func aCertificationStandsAsSupposed(_ word: String, _ expected: Outcome) throws {
        let places = [
            ("scaleway/object-storage/fr-par", "SecNumCloud", "scaleway", "fr-par"),
            ("s3ns/object-storage/u-france-east1", "secnumcloud", "s3ns", "u-france-east1"),
            // An entry that says none, for all regions.
            ("microsoft-azure/blob-storage/francecentral", "SecNumCloud", "microsoft-azure", "francecentral"),
        ]
        for (place, name, provider, region) in places {
            let catalogue = try assuming("\(place):\(name)=\(word)")
            let (outcome, facts) = try holds("SecNumCloud", provider, region, in: catalogue)
            #expect(outcome == expected, "\(place)")
            #expect(facts.contains { $0.origin == "assumed" && $0.source.hasPrefix("assumption ") })
        }
        let azure = try assuming("microsoft-azure/blob-storage/francecentral:SecNumCloud=\(word)")
        #expect(try holds("SecNumCloud", "microsoft-azure", "westeurope", in: azure).0 == .violated)
        #expect(try holds("HDS", "microsoft-azure", "francecentral", in: azure).0 == .satisfied)
    }

    private func holds(
        _ name: String, _ provider: String, _ region: String, in catalogue: Catalogue
    ) throws -> (Outcome, [UsedFact]) {
        let service = try #require(catalogue.provider(provider)?.services.first)
        let hop = Hop(
            kind: .target, name: provider, region: region, country: .missing, laws: [], plaintext: nil,
            certifications: service.certifications, isOperatorsWord: false, planPath: "")
        return Court(jurisdictions: catalogue.jurisdictions, day: today).holds(name, at: hop)
    }

    @Test func laterOnesAreOverEarlierOnes() throws {
        let place = "scaleway/object-storage/fr-par:SecNumCloud"
        let catalogue = try assuming("\(place)=held", "\(place)=none")
        #expect(try holds("SecNumCloud", "scaleway", "fr-par", in: catalogue).0 == .violated)
    }

    @Test(arguments: [
        ("", nil, "DPF=invalid"), ("DPF", nil, "DPF=invalid"), ("=invalid", nil, "DPF=invalid"),
        ("DPF=", nil, "DPF=invalid"), ("DPF=invald", "invald", "invalid"), ("adequacy:XX=invalid", "XX", "ISO 3166-1"),
        ("adequacy:CH=none", "none", "invalid"), ("member:FR=invalid", "invalid", "none"),
        ("scaleway:seat=USA", "USA", "ISO 3166-1"), ("scaleway:seat=EU", "EU", "ISO 3166-1"),
        ("scaleway:sea=US", "sea", "seat"), ("scaleway:SecNumCloud=held", "SecNumCloud", "PROVIDER/SERVICE/REGION"),
        ("a/b:country=FR", "a/b", "PROVIDER/SERVICE/REGION"), ("a/b/c/d:country=FR", "a/b/c/d", "PROVIDER"),
        ("a/b/c:=held", "a/b/c", "PROVIDER"), ("a/b/c:HDS=yes", "yes", "held"), ("a/b/c:country=FRA", "FRA", "ISO"),
    ]) func whatCannotBeReadIsRefused(_ text: String, _ found: String?, _ expected: String) {
        do throws(AssumptionError) {
            _ = try Assumption(text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.assumption == text)
            #expect(error.found == found)
            #expect(error.expected.contains(expected), "\(error)")
        }
    }

    @Test(arguments: [
        ("DPG=invalid", "DPG", "DPF"), ("adequacy:FR=invalid", "FR", "CH"), ("member:US=none", "US", "FR"),
        ("scalway:seat=US", "scalway", "scaleway"), ("scaleway/objekt/fr-par:country=US", "objekt", "object-storage"),
        ("scaleway/object-storage/fr-pa:HDS=held", "fr-pa", "fr-par"),
        ("scaleway/object-storage/fr-par:SecNumCould=held", "SecNumCould", "SecNumCloud"),
        ("scalway/object-storage/fr-par:HDS=held", "scalway", "scaleway"),
    ]) func whatIsAboutNothingIsRefused(_ text: String, _ found: String, _ candidate: String) throws {
        let assumption = try Assumption(text)
        do throws(AssumptionError) {
            _ = try PolicySeeds.lists.assuming([assumption], on: today)
            Issue.record("\(text) was applied")
        } catch {
            #expect(error.found == found)
            #expect(error.candidates.contains(candidate))
            #expect(error.description.contains("`\(found)`"))
        }
    }
}

extension PolicySeeds {
    /// The catalogue; empty where it cannot be read, which other tests tell.
    static var lists: Catalogue {
        (try? catalogue) ?? Catalogue(providers: [], jurisdictions: Jurisdictions(members: [], adequacy: []))
    }
}
