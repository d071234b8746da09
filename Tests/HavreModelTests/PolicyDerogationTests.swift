import HavreModel
import Testing

/// What the plan may change of the rulebook: it raises effects, and signed derogations accept verdicts.
struct PolicyDerogationTests {
    /// State-sensitive data at a host whose SecNumCloud is disputed, under the real rulebook.
    private func verdicts(_ documents: [SignedDocument], raised: [String: Verdict.Effect] = [:]) throws -> [Verdict] {
        var scene = Scene()
        scene.classification.stateSensitive = true
        scene.assurances = Scene.stated
        scene.target = Scene.entry("obscure", region: "paris")
        scene.forecast = Scene.day(1)...Scene.day(2)
        scene.documents = documents
        var estate = scene.estate()
        estate.severities = raised
        return try PolicySeeds.rulebook.judge(estate, on: Scene.today)
    }

    private func derogation(
        _ rule: String = "R10", dataset: String = "base", destination: String = "obscure", from: Int = -1,
        until: Int = 10, standing: SignedDocument.Standing = .valid
    ) -> SignedDocument {
        Scene.document(
            .derogation, reference: "D-1", dataset: dataset, rule: rule, destination: destination, from: from,
            until: until, standing: standing)
    }

    @Test func aSignedDerogationUnblocksAndTheOutcomeStays() throws {
        #expect(VerdictTally(try verdicts([])).blocking == ["R10"])
        let judged = try verdicts([derogation()])
        #expect(VerdictTally(judged).blocking == [])
        let accepted = try #require(judged.first { $0.rule == "R10" && !$0.isToday })
        #expect(accepted.outcome == .unknown)
        #expect(accepted.isDerogated && accepted.warns)
        #expect(accepted.derogations.map(\.reference) == ["D-1"])
        #expect(VerdictTally(judged).unknown.contains("R10"))
        #expect(judged.filter { $0.rule != "R10" || $0.isToday }.allSatisfy { $0.derogations.isEmpty })
    }

    @Test(arguments: [
        ("ended", SignedDocument.Standing.valid, "base", "obscure", -9, -1, "it ended on 2026-11-23"),
        ("not yet", .valid, "base", "obscure", 1, 9, "it begins on 2026-11-25"),
        ("unsigned", .unsigned, "base", "obscure", -1, 9, "it is not signed"),
        ("wrong", .wrong, "base", "obscure", -1, 9, "its signature is not that of cnil"),
        ("stranger", .stranger, "base", "obscure", -1, 9, "the plan names no signer cnil"),
        ("elsewhere", .valid, "base", "american", -1, 9, "it is for american, not for obscure"),
        ("another region", .valid, "base", "obscure/oslo", -1, 9, "it is for obscure/oslo, not for obscure"),
        ("any place", .valid, "base", "*", -1, 9, "a wildcard covers nothing"),
        ("any dataset", .valid, "*", "obscure", -1, 9, "a wildcard covers nothing"),
    ])
    func oneThatDoesNotHoldIsNamedAndIgnored(
        _ name: String, _ standing: SignedDocument.Standing, _ dataset: String, _ destination: String, _ from: Int,
        _ until: Int, _ why: String
    ) throws {
        let document = derogation(
            dataset: dataset, destination: destination, from: from, until: until, standing: standing)
        let judged = try verdicts([document])
        #expect(VerdictTally(judged).blocking == ["R10"])
        let recorded = try #require(judged.first { $0.rule == "R10" && !$0.isToday }?.derogations.first)
        let ignored = try #require(recorded.ignored)
        #expect(ignored.english.hasPrefix(why), "\(ignored.english)")
        #expect(ignored.french != ignored.english)
    }

    @Test func oneForAnotherDatasetOrRuleIsNotItsBusiness() throws {
        for document in [derogation(dataset: "other"), derogation("R25")] {
            let judged = try verdicts([document])
            #expect(VerdictTally(judged).blocking == ["R10"])
            #expect(judged.first { $0.rule == "R10" && !$0.isToday }?.derogations == [])
        }
    }

    @Test func aRuleThatAdmitsNoneSaysSo() throws {
        var scene = Scene.health
        scene.workers = Jurisdiction(country: "FR", law: "US")
        scene.documents = [derogation("R4")]
        let judged = try PolicySeeds.rulebook.judge(scene.estate(), on: Scene.today)
        #expect(VerdictTally(judged).blocking == ["R4"])
        let recorded = judged.first { $0.rule == "R4" && $0.outcome == .violated && !$0.isToday }?.derogations
        #expect(recorded?.map(\.ignored) == [Text(en: "R4 admits no derogation", fr: "R4 n'admet pas de dérogation")])
    }

    @Test func thePlanRaisesAnEffectAndNeverLowersOne() throws {
        let warned = try verdicts([derogation()])
        #expect(VerdictTally(warned).warning.contains("R11"))
        let raised = try verdicts([derogation()], raised: ["R11": .block])
        #expect(VerdictTally(raised).blocking == ["R11"])
        let lowered = try verdicts([], raised: ["R10": .fact, "R11": .fact])
        #expect(VerdictTally(lowered).blocking == ["R10"])
        #expect(VerdictTally(lowered).warning.contains("R11"))
    }

    @Test func whatHasEndedBlocksThoughTheRuleWarns() throws {
        var scene = Scene.health
        scene.assurances.contract?.end = Scene.day(-1)
        let judged = try PolicySeeds.rulebook.judge(scene.estate(), on: Scene.today)
        #expect(VerdictTally(judged).blocking == ["R22"])
        scene.assurances.contract?.end = Scene.day(1)
        let near = try PolicySeeds.rulebook.judge(scene.estate(), on: Scene.today)
        #expect(VerdictTally(near).blocking == [])
        #expect(VerdictTally(near).warning.contains("R22"))
    }

    @Test func theDocumentOfTheFileWarnsOnly() throws {
        var scene = Scene()
        scene.classification.stateSensitive = true
        scene.assurances = Scene.stated
        scene.assurances.evidence["R11"] = Evidence(reference: "note 3", until: Scene.day(-1))
        let judged = try PolicySeeds.rulebook.judge(scene.estate(), on: Scene.today)
        #expect(VerdictTally(judged).blocking == [])
        #expect(VerdictTally(judged).warning.contains("R22"))
    }

    @Test func deadlinesAreOrderedAndTheNearestCountsItsParts() throws {
        var scene = Scene.authorised
        scene.documents = [Scene.document(until: 20), Scene.document(reference: "P", dataset: "part", until: 4)]
        let itinerary = try #require(scene.estate().itineraries.first)
        let court = Court(
            jurisdictions: scene.catalogue.jurisdictions, day: Scene.today, documents: scene.documents)
        let deadlines = Deadlines.of(itinerary, in: court)
        #expect(deadlines.map(\.kind) == [.authorisation, .certificate, .evidence, .contract])
        #expect(deadlines.map(\.day) == [20, 30, 90, 300].map(Scene.day))
        #expect(Deadlines.nearest(itinerary, in: court)?.day == Scene.day(20))
        var part = scene.dataset
        part.name = "part"
        scene.parts = [part]
        let union = try #require(scene.estate().itineraries.first)
        #expect(Deadlines.nearest(union, in: court)?.day == Scene.day(4))
    }

    @Test func aTableOfAllRules() throws {
        let book = try PolicySeeds.rulebook
        let (english, french) = (book.table(.english), book.table(.french))
        for table in [english, french] {
            let lines = table.split(separator: "\n")
            #expect(lines.count == 29)
            #expect(lines.allSatisfy { $0.hasPrefix("|") && $0.hasSuffix("|") })
            #expect(lines.allSatisfy { $0.split(separator: "|").count == 5 })
        }
        #expect(english.contains("| R10 | State-sensitive data lie on"))
        #expect(english.contains("| block, or a signed derogation |"))
        #expect(french.contains("| bloque, ou une dérogation signée |"))
    }
}
