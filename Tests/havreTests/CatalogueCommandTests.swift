import ArgumentParser
import Foundation
import HavreModel
import Testing

@testable import havre

/// The verbs `catalogue` and `rules`.
@Suite struct CatalogueCommandTests {
    private static let harbour = "fixtures/catalogues/good/harbour.yaml"

    private func run(_ arguments: String..., day: String = "2026-11-24") throws -> (
        status: Int32, out: String, err: String
    ) {
        let outcome = try RunningHavre.run(arguments, environment: ["HAVRE_TODAY": day])
        return (outcome.status, outcome.stdout, outcome.stderr)
    }

    @Test func showNamesOriginAndDoubt() throws {
        let shown = try run("catalogue", "show", "scaleway/object-storage/fr-par", "--catalogue", Self.harbour)
        #expect(shown.status == 0)
        #expect(
            shown.out.contains(
                "SecNumCloud 3.2: held (fr-par) from 2026-11-20; letter of ANSSI of 2026-11-20, from \(Self.harbour), verified on 2026-11-20"
            ))
        let release = try run("catalogue", "show", "scaleway/object-storage/fr-par", "--lang", "fr")
        #expect(
            release.out.contains("SecNumCloud : contestée (fr-par) (contesté)")
                || release.out.contains("SecNumCloud: contestée (fr-par) (contesté)"))
        #expect(release.out.contains("pays"))
        let scoped = try run("catalogue", "show", "ovhcloud/object-storage", "--lang", "fr")
        #expect(
            scoped.out.contains(
                "SecNumCloud 3.2 : détenue, pour VMware private cloud, Bare Metal Pod (hors périmètre)"),
            "\(scoped.out)")
        let countries = try run("catalogue", "show", "jurisdictions", "--catalogue", Self.harbour)
        #expect(countries.out.contains("adequacy of United States: (EU) 2023/1795 (expired)"))
        for (name, nearest) in [
            ("scalway", "scaleway"), ("scaleway/object", "object-storage"),
            ("scaleway/object-storage/fr-pa", "fr-par"),
        ] {
            let wrong = try run("catalogue", "show", name)
            #expect(wrong.status == 64 && wrong.err.contains("did you mean `\(nearest)`?"), "\(wrong)")
        }
    }

    @Test func listIsShortAndTakesOverlays() throws {
        let text = try run("catalogue", "list", "--catalogue", Self.harbour)
        #expect(text.status == 0)
        #expect(text.out.contains("harbour  Harbour Storage"))
        #expect(text.out.contains("exoscale  Exoscale\n  law  CH; above unknown"))
        let json = try run("catalogue", "list", "--json")
        let document = try #require(JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [String: Any])
        #expect((document["providers"] as? [[String: Any]])?.count == 16)
        #expect(document["schema"] as? String == "1.0")
    }

    @Test func checkNamesWhatSomebodyShouldLookAt() throws {
        let found = try run("catalogue", "check", "--catalogue", Self.harbour)
        #expect(found.status == 0)
        #expect(found.out.contains("\(Self.harbour):19:13: harbour/object-storage/mole, country (FR): disputed"))
        #expect(found.out.contains("seeds/providers/exoscale.yaml:8:1: exoscale, companies above"))
        #expect(!found.out.contains("scaleway/object-storage, SecNumCloud"), "the operator knows better")
        let strict = try run("catalogue", "check", "--strict")
        #expect(strict.status == 1)
        #expect(strict.out.contains("scaleway/object-storage, SecNumCloud (disputed (fr-par)): disputed"))
        let later = try run("catalogue", "check", "--on", "2029-06-30", "--catalogue", Self.harbour)
        #expect(later.out.contains("HDS v2 (held (quay) from 2026-01-15 until 2029-01-14): expired"))
        let stale = try run("catalogue", "check", "--older-than", "0d", "--on", "2026-11-24")
        #expect(stale.out.contains("scaleway, seat (FR): stale"))
        let future = try run("catalogue", "check", "--on", "2026-11-22")
        #expect(future.out.contains("scaleway, seat (FR): verified in the future"))
        for arguments in [["--older-than", "365"], ["--on", "2026-02-30"]] {
            #expect(try RunningHavre.run(["catalogue", "check"] + arguments).status == 64)
        }
    }

    /// Held and none in the same region, both looked at; all shares less than the greatest.
    @Test func contradictionsAreFound() throws {
        let text = """
            providers:
              - id: scaleway
                nonEUShareMax: {value: 20, source: s, verifiedOn: 2026-11-20}
                nonEUShareSum: {value: 10, source: s, verifiedOn: 2026-11-20}
                services:
                  - id: object-storage
                    certifications:
                      - {name: HDS, status: none, regions: [fr-par, nl-ams], source: s, verifiedOn: 2026-11-20}
                      - {name: SecNumCloud, status: none, regions: [nl-ams], source: s, verifiedOn: 2026-11-20}
            """
        let facts = CatalogueFacts(
            try CatalogueFile.load(
                files: EmbeddedSeeds.files,
                overlays: [CatalogueFile.Overlay(name: "x.yaml", bytes: Array("catalogue: 1\n\(text)\n".utf8))]),
            on: Day(number: 20_781))
        let found = CatalogueFindings(facts, olderThan: 3650, .english).findings.filter { $0.kind == .contradictory }
        #expect(found.map(\.row.fact).sorted() == ["HDS", "HDS", "nonEUShareMax", "nonEUShareSum"])
        #expect(found.allSatisfy { $0.row.subject.hasPrefix("scaleway") })
    }

    @Test func anInvalidFileEndsWith65() throws {
        let path = "fixtures/catalogues/bad/no-law.yaml"
        let outcome = try RunningHavre.run(["catalogue", "list", "--catalogue", path])
        #expect(outcome.status == 65)
        #expect(outcome.stderr.hasPrefix(path + ":"))
        #expect(outcome.stdout.isEmpty)
        let json = try RunningHavre.run(["catalogue", "list", "--catalogue", path, "--json"])
        #expect(json.stdout.contains("the catalogue \(path) is invalid: 2 errors"))
    }

    @Test func rulesSpeakBothLanguages() throws {
        let english = try run("rules", "explain", "R10")
        #expect(english.out.contains("R10: State-sensitive data") && english.out.contains("if not: blocks"))
        let french = try run("rules", "explain", "r10", "--lang", "fr")
        #expect(french.out.contains("R10 : Les données sensibles") && french.out.contains("sinon : bloque"))
        let fromEnvironment = try RunningHavre.run(["rules", "list"], environment: ["HAVRE_LANG": "fr"])
        #expect(fromEnvironment.stdout.contains("bloque"))
        #expect(try RunningHavre.run(["rules", "list"], environment: ["HAVRE_LANG": "de"]).status == 64)
        let wrong = try run("rules", "explain", "R100")
        #expect(wrong.status == 64 && wrong.err.contains("did you mean `R10`?"))
        let json = try run("rules", "list", "--json")
        let document = try #require(JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [String: Any])
        #expect((document["rules"] as? [[String: Any]])?.count == Rulebook.known.count)
        // By version and hash an auditor knows which rules judged.
        let version = try #require(document["rulebook"] as? String)
        let hash = try #require(document["rulebookHash"] as? String)
        #expect(hash == (try CatalogueFile.load().rulebook.hash) && hash.count == 64)
        let list = try run("rules", "list").out
        #expect(list.hasSuffix("rulebook: \(version), SHA-256 \(hash)\n"), "\(list.suffix(120))")
        #expect(english.out.contains("rulebook: \(version), SHA-256 \(hash)"))
        #expect(french.out.contains("recueil : \(version), SHA-256 \(hash)"))
        let sheet = try run("rules", "explain", "R10", "--json").out
        #expect(sheet.contains("\"rulebookHash\" : \"\(hash)\""), "\(sheet)")
    }

    private static let nested = Havre.verbs.flatMap { verb in
        verb.configuration.subcommands.map { "\(verb._commandName) \($0._commandName)" }
    }

    @Test(arguments: nested) func helpOfVerbsInVerbsIsAsRecorded(_ words: String) throws {
        let found = try RunningHavre.run(["help"] + words.split(separator: " ").map(String.init)).stdout
        let path = "fixtures/help/\(words.replacing(" ", with: "-")).txt"
        if PackageFiles.recording { try PackageFiles.write(found, to: path) }
        #expect(try PackageFiles.text(path) == found, "HAVRE_RECORD=1 records help texts anew")
        #expect(found.contains("Example") && found.contains("havre \(words)") && found.contains("--json"))
        #expect(
            found.split(separator: "\n", omittingEmptySubsequences: false).count <= 25,
            "a screen of 24 lines and the newline at its end")
    }
}
