import HavreModel
import Testing

/// Each rule satisfied, violated and unknown.
struct RuleTripleTests {
    static let cases = early + later

    @Test(arguments: cases)
    func outcome(_ one: Case) throws {
        #expect(try one.scene.outcome(one.rule) == one.outcome)
    }

    /// Outcomes that a rule cannot have, and why.
    static let impossible: [String: (outcome: Outcome, why: String)] = [
        "R6": (.unknown, "what is offered stands in the plan"),
        "R15": (.unknown, "what is offered stands in the plan"),
        "R19": (.violated, "it names doubts; what is known not to be held is none"),
        "R21": (.unknown, "what is offered stands in the plan"),
    ]

    @Test func everyRuleHasItsTripleExceptWhereOneCannotBe() {
        for rule in Rulebook.known {
            let outcomes = Set(Self.cases.filter { $0.rule == rule.id }.map(\.outcome))
            var expected = Set(Outcome.allCases)
            if let never = Self.impossible[rule.id] { expected.remove(never.outcome) }
            #expect(outcomes == expected, "\(rule.id)")
        }
    }

    @Test func theRulebookIsComplete() throws {
        #expect(Rulebook.known.map(\.id) == (1...27).map { "R\($0)" })
        let book = try PolicySeeds.rulebook
        for rule in Rulebook.known {
            for text in [rule.predicate, rule.explanation] {
                #expect(text.english != text.french, "\(rule.id)")
                #expect(text.english.count > 40 && text.french.count > 40, "\(rule.id)")
            }
            let entry = try #require(book.article(rule.id)?.entry)
            #expect(entry.basis.english != entry.basis.french, "\(rule.id)")
            #expect(!entry.source.isEmpty, "\(rule.id)")
        }
        let never = ["R1", "R3", "R4", "R5", "R6", "R12", "R13", "R14", "R15", "R16", "R17", "R18", "R20", "R26"]
        for id in never { #expect(book.article(id)?.entry.derogable != true, "\(id)") }
    }

    /// Every message that a case brings about is there in both languages.
    @Test func everyFindingSpeaksBothLanguages() throws {
        for one in Self.cases {
            for verdict in try one.scene.verdicts() where verdict.applies {
                #expect(verdict.message.english != verdict.message.french, "\(one): \(verdict.message.english)")
                #expect(!verdict.message.english.isEmpty && !verdict.message.french.isEmpty, "\(one)")
                #expect(verdict.outcome == .satisfied || !verdict.remedy.isEmpty, "\(one): \(verdict.rule)")
                #expect(verdict.remedy.isEmpty || verdict.remedy.english != verdict.remedy.french, "\(one)")
                #expect(!verdict.facts.isEmpty, "\(one): \(verdict.rule) names no fact")
                // French puts a space before a semicolon.
                for text in [verdict.message.french, verdict.remedy.french] {
                    #expect(!text.replacing(" ;", with: "").contains(";"), "\(one): \(verdict.rule) \(text)")
                }
            }
        }
    }

    /// Certificates: each doubt is read as not held, and R10 blocks on it.
    @Test(arguments: [
        ("expired", Scene.certification("SecNumCloud", until: -1), Outcome.unknown),
        ("on its last day", Scene.certification("SecNumCloud", until: 0), .satisfied),
        ("without an end", Scene.certification("SecNumCloud", until: nil), .satisfied),
        ("not yet", Scene.certification("SecNumCloud", from: 1), .unknown),
        ("pending", Scene.certification("SecNumCloud", .pending), .unknown),
        ("disputed", Scene.certification("SecNumCloud", .disputed), .unknown),
        ("unverified", Scene.certification("SecNumCloud", verified: false), .unknown),
        ("without regions", Scene.certification("SecNumCloud", regions: nil), .unknown),
        ("elsewhere", Scene.certification("SecNumCloud", regions: ["oslo"]), .unknown),
        ("none at all", Scene.certification("SecNumCloud", .none, regions: nil), .violated),
    ])
    func certificate(_ name: String, _ certification: Certification, _ expected: Outcome) throws {
        var scene = Self.state
        scene.catalogue.providers[0].services[0].certifications = [certification]
        #expect(try scene.outcome("R10") == expected, "\(name)")
        #expect(try scene.blocking().contains("R10") == (expected != .satisfied))
        #expect(try scene.outcome("R19") == (expected == .unknown ? .unknown : .satisfied))
    }

    /// What it is held for stands among the facts, in both languages.
    @Test func aCertificateSaysWhatItIsHeldFor() throws {
        var scene = Self.state
        var certification = Scene.certification("SecNumCloud")
        certification.scope = "IaaS"
        scene.catalogue.providers[0].services[0].certifications = [certification]
        let verdict = try #require(try scene.verdicts().first { $0.rule == "R10" && !$0.isToday })
        let facts = verdict.facts.map(\.words)
        #expect(facts.contains { $0.english.contains("SecNumCloud of french/paris: held, for IaaS; test") }, "\(facts)")
        #expect(facts.contains { $0.french.contains(" : détenue, pour IaaS ; test") }, "\(facts)")
    }

    @Test func twoSourcesThatContradictEachOtherAreUnknown() throws {
        var scene = Self.state
        scene.catalogue.providers[0].services[0].certifications = [
            Scene.certification("SecNumCloud"), Scene.certification("SecNumCloud", .none),
        ]
        #expect(try scene.outcome("R10") == .unknown)
    }

    @Test func aDisputeIsNotSettledByOneSourceThatSaysYes() throws {
        var scene = Self.state
        scene.catalogue.providers[0].services[0].certifications = [
            Scene.certification("SecNumCloud"), Scene.certification("SecNumCloud", .disputed, verified: false),
        ]
        #expect(try scene.outcome("R10") == .unknown)
    }

    @Test func aRenewalCountsBesideTheExpiredCertificate() throws {
        var scene = Self.state
        scene.catalogue.providers[0].services[0].certifications = [
            Scene.certification("SecNumCloud", until: -1), Scene.certification("SecNumCloud"),
        ]
        #expect(try scene.outcome("R10") == .satisfied)
    }
}
