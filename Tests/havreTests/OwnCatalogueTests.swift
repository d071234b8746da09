import Foundation
import TestServers
import Testing

@testable import havre

/// A plan that names the operator's own catalogue.
@Suite(.ownThreads) struct OwnCatalogueTests {
    private let home: String

    init() throws { home = try RunningHavre.scratch() }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: home + "/" + name))
    }

    private func plan(_ change: (String) -> String = { $0 }) throws {
        let text = try PackageFiles.text("plans/scenarios/secnumcloud-disputed.yaml")
        try write("plan.yaml", change(text.replacing("datasets:", with: "catalogues: [./ours.yaml]\ndatasets:")))
    }

    private func validate(_ more: String...) throws -> RunningHavre.Outcome {
        try RunningHavre.run(["validate", "plan.yaml"] + more, in: home, environment: ["HAVRE_TODAY": "2026-11-24"])
    }

    @Test func whatItStatesCountsAndSaysWhereItIsFrom() throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        try write("ours.yaml", try PackageFiles.text("fixtures/catalogues/good/harbour.yaml"))
        try plan()
        let outcome = try validate("--json")
        #expect(outcome.status == 0, "\(outcome.all)")
        #expect(outcome.stdout.contains(#""origin" : "ours.yaml""#))
        #expect(outcome.stdout.contains("letter of ANSSI of 2026-11-20"))
    }

    /// A host that only that catalogue knows is one like any other, misspelt ones included.
    @Test func aHostOfItsOwnMayBeNamed() throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        try write("ours.yaml", try PackageFiles.text("fixtures/catalogues/good/harbour.yaml"))
        try plan { $0.replacing("scaleway", with: "harbour").replacing("region: fr-par", with: "region: quay") }
        #expect(try validate().status == 20, "it holds no SecNumCloud")
        try plan { $0.replacing("scaleway", with: "harbur").replacing("region: fr-par", with: "region: quay") }
        let misspelt = try validate()
        #expect(misspelt.status == 65)
        #expect(misspelt.stderr.contains("did you mean `harbour`?"), "\(misspelt.all)")
    }

    @Test func aBrokenOneIsNamedWithItsPlace() throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        try write("ours.yaml", "catalogue: 1\nproviders:\n  - {id: scaleway, seet: {value: FR}}\n")
        try plan()
        let broken = try validate()
        #expect(broken.status == 65)
        #expect(broken.stderr.hasPrefix("ours.yaml:3:20:") && broken.stderr.contains("`seat`"), "\(broken.all)")
        try FileManager.default.removeItem(atPath: home + "/ours.yaml")
        let missing = try validate()
        #expect(missing.status == 65)
        #expect(missing.stderr.contains("ours.yaml"), "\(missing.all)")
    }
}
