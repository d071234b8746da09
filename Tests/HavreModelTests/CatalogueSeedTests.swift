import HavreModel
import Testing
import Yams

/// The seeds themselves: complete, in shape, and saying what is known.
struct CatalogueSeedTests {
    static let identifiers = [
        "amazon-web-services", "bleu", "clever-cloud", "cloud-temple", "exoscale", "google-cloud", "hetzner", "ionos",
        "microsoft-azure", "numspot", "open-telekom-cloud", "outscale", "ovhcloud", "s3ns", "scaleway", "stackit",
    ]

    @Test func everyProviderIsThere() throws {
        let catalogue = try PolicySeeds.catalogue
        #expect(catalogue.providerIDs == Self.identifiers)
        #expect(try PolicySeeds.providerFiles == Self.identifiers.map { $0 + ".yaml" })
        for provider in catalogue.providers {
            #expect(provider.seat.value != nil)
            #expect(!provider.services.isEmpty)
            for service in provider.services {
                #expect(!service.regions.isEmpty)
                #expect(["object-storage", "blob-storage"].contains(service.id))
                for region in service.regions {
                    #expect(region.country.value?.count == 2, "\(provider.id)/\(region.id)")
                    #expect(!region.country.source.isEmpty)
                }
                for certification in service.certifications {
                    #expect(!certification.source.isEmpty)
                    for region in certification.regions ?? [] {
                        #expect(service.region(region) != nil, "\(provider.id): \(region)")
                    }
                }
            }
        }
    }

    @Test func everyFileHasTheShapeThatReadersCheck() throws {
        for file in try PolicySeeds.providerFiles {
            try check(PolicySeeds.text("providers/" + file), .provider, file)
        }
        try check(PolicySeeds.text("jurisdictions.yaml"), .jurisdictions, "jurisdictions.yaml")
        try check(PolicySeeds.text("rulebook.yaml"), .rulebook, "rulebook.yaml")
    }

    private func check(_ text: String, _ shape: SeedShape, _ file: String) throws {
        let node = try #require(try Yams.compose(yaml: text))
        check(node, shape, file)
    }

    private func check(_ node: Node, _ shape: SeedShape, _ path: String, missing: Bool = false) {
        switch shape {
        case .optional(let inner): if node.scalar?.string != "null" { check(node, inner, path, missing: missing) }
        case .either(let key, let first, let second):
            check(node, node.mapping?[Node(key)] == nil ? second : first, path, missing: missing)
        case .scalar(let form):
            let text = node.scalar?.string
            // What a type writes of a number is a number, in whatever notation.
            #expect(text.map { form.accepts($0) || missing && !form.isText } == true, "\(path) is no \(form.noun)")
        case .list(let entry, _):
            #expect(node.sequence != nil, "\(path) is no list")
            for (index, child) in (node.sequence.map(Array.init) ?? []).enumerated() {
                check(child, entry, "\(path)[\(index)]", missing: missing)
            }
        case .mapping(let keys, let required, _):
            let pairs = node.mapping.map(Array.init) ?? []
            let found = Set(pairs.compactMap { $0.key.string })
            #expect(found.isSubset(of: keys.keys), "\(path) has \(found.subtracting(keys.keys))")
            #expect(missing || required.isSubset(of: found), "\(path) lacks \(required.subtracting(found))")
            for (key, value) in pairs {
                if let name = key.string, let child = keys[name] {
                    check(value, child, "\(path).\(name)", missing: missing)
                }
            }
        }
    }

    @Test func shapesAllowWhatTheTypesRead() throws {
        // What the types write, they read again, and the shape knows each key of it (nil is left out).
        for provider in try PolicySeeds.catalogue.providers {
            let text = try YAMLEncoder().encode(provider)
            #expect(try YAMLDecoder().decode(Provider.self, from: text) == provider)
            let node = try #require(try Yams.compose(yaml: text))
            check(node, .provider, provider.id, missing: true)
        }
        let jurisdictions = try PolicySeeds.catalogue.jurisdictions
        #expect(
            try YAMLDecoder().decode(Jurisdictions.self, from: YAMLEncoder().encode(jurisdictions)) == jurisdictions)
    }

    @Test func whatIsNotVerifiedIsUnknown() throws {
        let catalogue = try PolicySeeds.catalogue
        func certification(_ provider: String, _ name: String) throws -> Certification {
            try #require(catalogue.provider(provider)?.services.first?.certifications.first { $0.name == name })
        }
        #expect(try certification("outscale", "SecNumCloud").verifiedOn == nil)
        #expect(try certification("scaleway", "SecNumCloud").status == .disputed)
        #expect(try certification("bleu", "SecNumCloud").status == .pending)
        #expect(
            try certification("ovhcloud", "SecNumCloud").doubt(region: "gra", isOperatorsWord: false, on: Scene.today)
                == .outOfScope)
        #expect(
            try certification("s3ns", "SecNumCloud").doubt(
                region: "u-france-east1", isOperatorsWord: false, on: Scene.today) == nil)
        #expect(
            try certification("scaleway", "HDS").doubt(region: "fr-par", isOperatorsWord: false, on: Scene.today) == nil
        )
        #expect(
            try certification("scaleway", "HDS").doubt(region: "nl-ams", isOperatorsWord: false, on: Scene.today)
                == .outOfScope)
        #expect(catalogue.provider("exoscale")?.parentChain.known(on: Scene.today) == nil)
    }

    @Test func memberStatesAndDecisions() throws {
        let lists = try PolicySeeds.catalogue.jurisdictions
        let outermost = 6
        #expect(lists.members.count { $0.circle == .eu } == 27 + outermost)
        #expect(lists.members.filter { $0.circle == .eea }.map(\.country).sorted() == ["IS", "LI", "NO"])
        #expect(lists.membership(of: "NO", in: .eea, on: Scene.today).0 == .satisfied)
        #expect(lists.membership(of: "NO", in: .eu, on: Scene.today).0 == .violated)
        #expect(lists.membership(of: "RE", in: .eu, on: Scene.today).0 == .satisfied)
        #expect(lists.isAdequate("CH", on: Scene.today).0 == .satisfied)
        #expect(lists.isAdequate("US", on: Scene.today).0 == .unknown)
        #expect(lists.isAdequate("CA", on: Scene.today).0 == .unknown)
        #expect(lists.isAdequate("IN", on: Scene.today).0 == .violated)
        let last = try #require(Day("2031-12-27"))
        #expect(lists.isAdequate("GB", on: last).0 == .satisfied)
        #expect(lists.isAdequate("GB", on: Day(number: last.number + 1)).0 == .violated)
        let brazil = try #require(Day("2026-01-25"))
        #expect(lists.isAdequate("BR", on: brazil).0 == .violated)
        #expect(lists.isAdequate("BR", on: Scene.today).0 == .satisfied)
    }

    @Test func theRulebookIsThatOfTheProgram() throws {
        let rulebook = try PolicySeeds.rulebook
        let facts = rulebook.articles.filter { $0.entry.severity == .fact }.map(\.rule.id)
        #expect(facts == ["R7", "R9", "R19"])
        #expect(rulebook.articles.allSatisfy { !$0.entry.basis.isEmpty && !$0.entry.source.isEmpty })
        #expect(rulebook.articles.count == Rulebook.known.count)
        let warnings = rulebook.articles.filter { $0.entry.severity == .warn }.map(\.rule.id)
        #expect(warnings == ["R2", "R8", "R11", "R21", "R22", "R23", "R24", "R25", "R27"])
        let derogable = rulebook.articles.filter { $0.entry.derogable == true }.map(\.rule.id)
        #expect(derogable == ["R2", "R8", "R10", "R11", "R23", "R24", "R25", "R27"])
    }

    @Test func badEntriesAreRefusedByName() throws {
        let twice = """
            id: x
            displayName: X
            services:
              - {id: s, protocol: s3, endpoint: e, source: s, regions: []}
              - {id: s, protocol: s3, endpoint: e, source: s, regions: []}
            """
        #expect(throws: DecodingError.self) { try YAMLDecoder().decode(Provider.self, from: twice) }
        for bad in [
            "value: FR", "{value: FR, source: s, verifiedOn: 2026-02-30}", "{value: FR, source: s, status: sure}",
        ] {
            #expect(throws: DecodingError.self) { try YAMLDecoder().decode(Fact<String>.self, from: bad) }
        }
        let silent = try YAMLDecoder().decode(Provider.self, from: "{id: x, displayName: X}")
        #expect(silent.seat.doubt(on: Scene.today) == .missing)
        #expect(silent.parentChain.doubt(on: Scene.today) == .missing)
    }
}
