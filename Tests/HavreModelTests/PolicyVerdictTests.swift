import HavreModel
import Testing

/// What a verdict says beside its outcome.
struct PolicyVerdictTests {
    @Test func theSourceIsJudgedAsTodayAndNeverBlocks() throws {
        let scene = Scene.health
        let verdicts = try scene.verdicts()
        let today = verdicts.filter { $0.isToday && $0.rule == "R4" }
        #expect(today.map(\.outcome) == [.violated])
        #expect(today.allSatisfy { !$0.blocks && !$0.warns })
        let tally = VerdictTally(verdicts)
        #expect(tally.blocking == [])
        #expect(tally.today.contains("R4"))
        #expect(tally.today.contains("R7"))
        #expect(tally.satisfied.count == Rulebook.known.count)
        let silent = Set(verdicts.filter { !$0.applies && !$0.isToday }.map(\.rule))
        #expect(!tally.inapplicable.isEmpty && Set(tally.inapplicable).isSubset(of: silent))
        #expect(!tally.inapplicable.contains("R4"))
    }

    @Test func aForeignCustodianOfTheOldKeyIsToday() throws {
        var scene = Scene.health
        scene.opening = .age(key: "old")
        scene.keys["old"] = Scene.key("US", "US", custodian: "American")
        let tally = VerdictTally(try scene.verdicts())
        #expect(tally.blocking == [])
        #expect(tally.today.contains("R4"))
    }

    @Test func ciphertextUnderForeignLawIsAllowedAndWarns() throws {
        var scene = Scene.health
        scene.target = Scene.entry("american", region: "paris")
        let verdicts = try scene.verdicts()
        let reserved = try #require(verdicts.first { $0.rule == "R5" })
        #expect(reserved.outcome == .satisfied)
        #expect(reserved.warns)
        #expect(!reserved.blocks)
        #expect(reserved.notes.contains(.reservation))
        #expect(VerdictTally(verdicts).blocking == ["R8"])
        #expect(VerdictTally(verdicts).warning == ["R5"])
    }

    @Test func aProviderThatHoldsTheKeyIsNamedOnce() throws {
        var scene = Scene.health
        scene.target = Scene.entry("american", region: "paris")
        scene.keys["key"] = Scene.key("FR", "FR", custodian: "american")
        let verdict = try #require(try scene.verdicts().first { $0.rule == "R5" && !$0.isToday })
        #expect(
            verdict.message.english.contains("the provider itself holds the key key"), "\(verdict.message)")
    }

    @Test func whatOnlyThePlanSaysIsTheOperatorsWord() throws {
        var scene = Scene.health
        scene.target = Scene.own(country: "FR", law: "FR", certifications: [Scene.certification("HDS", regions: nil)])
        for verdict in try scene.verdicts() where ["R4", "R12", "R13"].contains(verdict.rule) && !verdict.isToday {
            #expect(verdict.outcome == .satisfied)
            #expect(verdict.notes.contains(.operatorsWord), "\(verdict.rule) \(verdict.subject)")
        }
        let catalogued = try Scene.health.verdicts().first { $0.rule == "R13" && !$0.isToday }
        #expect(catalogued?.notes == [])
    }

    @Test func whatOnlyThePlanAuthorisesIsUnsigned() throws {
        var scene = Scene.authorised
        #expect(try scene.verdicts().first { $0.rule == "R18" }?.notes == [])
        scene.documents = []
        scene.authorisations = [Scene.authorisation()]
        let verdict = try #require(try scene.verdicts().first { $0.rule == "R18" })
        #expect(verdict.outcome == .unknown)
        #expect(verdict.notes.contains(.unsigned))
        #expect(verdict.remedy.english.contains("havre derogation sign"))
        #expect(verdict.remedy.french.contains("havre derogation sign"))
    }

    @Test func anAuthorisationThatIsIgnoredIsNamedAndAnOpinionIsLogged() throws {
        var scene = Scene.authorised
        scene.documents = [
            Scene.document(reference: "A-1"), Scene.document(reference: "A-2", until: -1),
            Scene.document(reference: "A-3", destination: "american"),
            Scene.document(reference: "A-4", standing: .wrong), Scene.document(reference: "A-5", standing: .stranger),
            Scene.document(.opinion, reference: "O-1"),
        ]
        let covered = try #require(try scene.verdicts().first { $0.rule == "R18" })
        #expect(covered.outcome == .satisfied)
        #expect(covered.message.english.contains("A-1 until"))
        #expect(covered.message.french.contains("un avis est consigné et ne permet rien : O-1"))
        #expect(covered.facts.filter { $0.doubt == nil }.map(\.source) == ["A-1.yaml (cnil)"])
        scene.documents.removeFirst()
        let refused = try #require(try scene.verdicts().first { $0.rule == "R18" })
        #expect(refused.outcome == .violated)
        for word in [
            "A-2: it ended on", "A-3: it is for american, not for french", "A-4: its signature is not that of cnil",
            "A-5: the plan names no signer cnil", "O-1",
        ] { #expect(refused.message.english.contains(word), "\(word)") }
        #expect(refused.message.french.contains("A-2 : elle a pris fin le"))
    }

    @Test func aRuleThatDoesNotApplySaysSo() throws {
        let verdicts = try Scene().verdicts()
        // R7 and R9 state facts of any host, R22 to R24 of any contract.
        for rule in Rulebook.known.map(\.id) where !["R7", "R9", "R22", "R23", "R24"].contains(rule) {
            let own = verdicts.filter { $0.rule == rule }
            #expect(own.count == 1, "\(rule)")
            #expect(own.first?.applies == false, "\(rule)")
            #expect(own.first?.outcome == .satisfied, "\(rule)")
        }
    }

    @Test func healthIsPersonalAndSNDSIsHealth() throws {
        var scene = Scene()
        scene.classification.snds = true
        scene.workers = nil
        #expect(try scene.blocking().contains("R1"))
        scene = Scene()
        scene.classification.snds = true
        scene.target.region = "zurich"
        #expect(try scene.blocking().contains("R13"))
        scene = Scene()
        scene.classification.pseudonymised = true
        scene.workers = nil
        #expect(try scene.blocking().contains("R1"))
    }

    @Test func everyVerdictNamesFactLawAndPlaceOfThePlan() throws {
        var scene = Scene.health
        scene.classification.stateSensitive = true
        scene.classification.snds = true
        scene.clauses = ["EU_ONLY"]
        scene.target = Scene.entry("american", region: "ohio")
        scene.seal = .none
        scene.workers = Jurisdiction(country: "US", law: "US")
        for verdict in try scene.verdicts() where verdict.outcome != .satisfied {
            #expect(!verdict.message.isEmpty)
            #expect(!verdict.remedy.isEmpty, "\(verdict.rule)")
            #expect(verdict.basis == Text("basis"))
            #expect(!verdict.facts.isEmpty, "\(verdict.rule)")
            let root = verdict.planPath.split(separator: ".").first.map(String.init)
            #expect(["datasets", "providers", "workers", "keys"].contains(root), "\(verdict.planPath)")
        }
        let sealed = try scene.verdicts().first { $0.rule == "R4" && $0.subject.english.hasPrefix("target") }
        #expect(sealed?.planPath == "datasets.base.seal")
        #expect(sealed?.message.english.contains("US (law of Parent Inc., above American)") == true)
    }

    @Test func aPlainHTTPProxySeesWhatIsNotSealed() throws {
        var scene = Scene.health
        scene.proxy = Proxy(url: "http://p:1", jurisdiction: Jurisdiction(country: "FR", law: "US"))
        #expect(try scene.outcome("R4") == .satisfied)
        scene.source.endpoint = "http://s3.paris.american.example"
        #expect(try scene.outcome("R4") == .violated)
    }

    @Test func outcomesCombine() {
        for one in Outcome.allCases {
            for other in Outcome.allCases {
                #expect(one.and(other) == other.and(one))
                #expect(one.or(other) == other.or(one))
            }
            #expect(one.and(.satisfied) == one)
            #expect(one.or(.violated) == one)
            #expect(one.and(.violated) == .violated)
            #expect(one.or(.satisfied) == .satisfied)
        }
    }

    @Test func aRulebookWantsEachRuleOnce() throws {
        let complete = Rulebook.known.map {
            RulebookSeed.Entry(id: $0.id, severity: .block, basis: Text("b"), source: "s", since: nil)
        }
        func problem(_ rules: [RulebookSeed.Entry]) -> String? {
            do {
                _ = try Rulebook(seed: RulebookSeed(version: "1", rules: rules))
                return nil
            } catch { return error.description }
        }
        #expect(problem(complete) == nil)
        #expect(problem(complete + [complete[0]]) == "rulebook: R1 stands there twice")
        #expect(problem(Array(complete.dropFirst())) == "rulebook: R1 is missing")
        let stranger = RulebookSeed.Entry(id: "R99", severity: .block, basis: Text("b"), source: "s", since: nil)
        #expect(problem(complete + [stranger])?.hasPrefix("rulebook: R99 is no rule that this release judges") == true)
        let book = try Rulebook(seed: RulebookSeed(version: "1", rules: complete.reversed()))
        #expect(book.ruleIDs == (1...27).map { "R\($0)" })
        #expect(book.canonicalText == (try Rulebook(seed: RulebookSeed(version: "1", rules: complete))).canonicalText)
        let other = try Rulebook(seed: RulebookSeed(version: "2", rules: complete))
        #expect(book.canonicalText != other.canonicalText)
    }

    @Test func everyRuleIsExplainedInBothLanguages() {
        for rule in Rulebook.known {
            for language in Text.Language.allCases {
                #expect(rule.predicate[language].hasSuffix("."), "\(rule.id)")
                #expect(rule.explanation[language].count > 150, "\(rule.id)")
            }
            #expect(rule.predicate[.english] != rule.predicate[.french])
        }
    }
}
