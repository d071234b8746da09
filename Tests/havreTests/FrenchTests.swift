import FoundationEssentials
import Glibc
import HavreEngine
import HavreModel
import TestServers
import Testing

@testable import havre

/// What `apply` and `doctor` say to those who read French: flag, or environment.
@Suite(.ownThreads) struct FrenchTests {
    @Test func applyEndsInFrench() throws {
        let yard = try LocalYard(files: 3)
        let done = try yard.run("apply", ["--yes", "--lang", "fr"])
        #expect(done.exit == 0 && done.out.contains("letters : arrivés : 3 ("), "\(done.words)")
        #expect(done.out.hasSuffix("Terminé.\n") && done.out.contains("  manifeste : "), "\(done.words)")
        let again = try yard.run("apply", ["--yes", "--lang", "en"])
        #expect(again.out.contains("everything was there already") && again.out.hasSuffix("Done.\n"), "\(again.words)")
    }

    /// What holds deletions up, and what refuses them.
    @Test func pruningSpeaksFrench() throws {
        var yard = try LocalYard(files: 5, more: "maxDelete: 5")
        yard.yard.environment["HAVRE_LANG"] = "fr"
        try yard.apply()
        unlink(yard.source + "/letter-0")
        try yard.put("taken", "ours")
        try Data("another's".utf8).write(to: URL(filePath: yard.cargo + "/taken"))
        let held = try yard.run("apply", ["--yes", "--prune"])
        #expect(held.exit == 3, "\(held.words)")
        #expect(
            held.out.contains("  rien n'a été supprimé à la cible : des objets sont bloqués\n"), "\(held.words)")
        #expect(held.out.contains("Des objets sont bloqués et n'ont pas été transférés"), "\(held.words)")
        unlink(yard.source + "/taken")
        for number in 1..<4 { unlink(yard.source + "/letter-\(number)") }
        for verb in [["apply", "--yes"], ["plan"]] {
            let doubted = try yard.run(verb[0], Array(verb.dropFirst()) + ["--prune"])
            #expect(doubted.exit == 1, "\(doubted.words)")
            #expect(doubted.err.contains("letters : 4 objets à supprimer, plus de la moitié des 5 arrivés"))
            #expect(doubted.err.contains("Rien n'a été transféré ni supprimé"), "\(doubted.words)")
        }
        try yard.draw(more: "maxDelete: 3")
        let excess = try yard.run("apply", ["--yes", "--prune", "--prune-most"])
        #expect(excess.exit == 1 && excess.err.contains("maxDelete en permet 3"), "\(excess.words)")
        try yard.draw(more: "maxDelete: 5")
        let gone = try yard.run("apply", ["--yes", "--prune", "--prune-most"])
        #expect(gone.exit == 0 && gone.out.contains("objets supprimés à la cible : 4 ("), "\(gone.words)")
    }

    /// Verdicts that refuse are in the reader's language, in front of `apply` and of `doctor`.
    @Test func whatBlocksIsSaidInFrench() throws {
        let yard = try LocalYard(files: 1)
        let text = try #require(TestProcess.contents(of: yard.yard.plan))
        try yard.yard.write(
            text.replacing("country: FR, law: FR}\nkeys", with: "country: FR, law: US}\nkeys")
                .replacing("personal: false", with: "personal: true")
                .replacing("{format: age, recipients: [ours]}", with: "{format: none}"))
        for (verb, more) in [("apply", ["--yes"]), ("doctor", [])] {
            let refused = try yard.run(verb, more + ["--lang", "fr"])
            #expect(refused.exit == 20, "\(refused.words)")
            #expect(refused.err.contains("bloqué par les règles : letters"), "\(refused.words)")
            #expect(refused.err.contains("R4 bloque (violée) : ") && refused.err.contains("Rien n'a été transféré."))
            #expect(!refused.err.contains("blocks"), "\(refused.words)")
        }
    }

    @Test func doctorEndsInFrench() throws {
        let yard = try LocalYard(files: 1)
        let found = try yard.run("doctor", ["--lang", "fr"])
        #expect(found.exit == 0 && found.out.contains("letters  cible  here (FR)"), "\(found.words)")
        #expect(found.out.hasSuffix("Prêt.\n"), "\(found.words)")
    }

    /// Why something was kept is the engine's English in the record, and the reader's in the report.
    @Test func keptObjectsAreExplained() {
        let line = "a: b: it is at the source again"
        #expect(CauseText.kept(line) == Text(en: "\(line)", fr: "a: b : il est de nouveau à la source"))
        #expect(CauseText.kept("another: reason") == Text("another: reason"))
        #expect(
            CauseText.kept("k: " + Pruner.changed).french != "k: " + Pruner.changed
                && CauseText.kept("k: " + Pruner.stranger).french != "k: " + Pruner.stranger
                && CauseText.kept("k: " + Pruner.back).french != "k: " + Pruner.back)
    }

    /// Programs read English words in the progress, whoever looks.
    @Test func theMidRunTurnIsSaidInBothLanguages() throws {
        let turn = VerdictTurn(
            dataset: "letters", rule: "R10", subject: "target", from: .satisfied, to: .unknown, blocks: true,
            message: Text(en: "nobody knows", fr: "personne ne sait"), language: .french)
        #expect(turn.description == "~ letters  R10 : satisfaite → inconnue, bloque : personne ne sait")
        let json = try Output.encode(turn, pretty: false)
        #expect(json.contains(#""message":{"en":"nobody knows","fr":"personne ne sait"}"#), "\(json)")
    }
}
