import ArgumentParser
import Foundation
import HavreModel
import TestServers
import Testing

@testable import havre

/// validate as a process: syntax before rules, rules with their line of the plan; and where state lies.
@Suite(.ownThreads) struct ValidateTests {
    @Test(arguments: try PackageFiles.list("plans", suffix: ".yaml")) func examplePlansAreValid(_ path: String) throws {
        let outcome = try RunningHavre.run(["validate", path])
        #expect(outcome.status == 0, "\(outcome.all)")
    }

    private func plan(_ change: (String) -> String) throws -> RunningHavre.Outcome {
        let home = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let text = change(try PackageFiles.text("plans/demo.yaml"))
        try Data(text.utf8).write(to: URL(filePath: home + "/plan.yaml"))
        try FileManager.default.copyItem(atPath: PackageFiles.root + "/plans/papers", toPath: home + "/papers")
        return try RunningHavre.run(["validate", "plan.yaml"], in: home)
    }

    @Test func aBlockedDatasetEndsWith20() throws {
        // The target under US law, in clear.
        let outcome = try plan {
            $0.replacing("seal: {format: age, recipients: [pds-demo]}", with: "seal: {format: none}")
                .replacing("    law: FR\n    establishments", with: "    law: US\n    establishments")
        }
        #expect(outcome.status == 20, "\(outcome.all)")
        #expect(outcome.stdout.contains("R4"))
        #expect(outcome.stdout.contains("plan.yaml:"), "the verdict names the line of the plan")
    }

    @Test func anInvalidPlanEndsWith65EvenWhereItWouldBeBlocked() throws {
        let outcome = try plan {
            $0.replacing("seal: {format: age, recipients: [pds-demo]}", with: "seal: {format: none}\n    verfy: full")
        }
        #expect(outcome.status == 65)
        #expect(outcome.stderr.contains("did you mean `verify`?"))
        #expect(outcome.stdout.isEmpty)
    }

    @Test func theVerdictsAreJSONToo() throws {
        let outcome = try RunningHavre.run(["validate", "plans/demo.yaml", "--json"])
        let document = try #require(JSONSerialization.jsonObject(with: Data(outcome.stdout.utf8)) as? [String: Any])
        #expect(document["plan"] as? String == "demo")
        #expect((document["verdicts"] as? [Any])?.isEmpty == false)
    }

    @Test func stateLiesBesideThePlanOrWhereOneSays() throws {
        let plan = Plan(name: "p", file: "/somewhere/plan.yaml")
        #expect(try StateDirectory.parse([]).path(for: plan) == "/somewhere/.havre/p")
        #expect(try StateDirectory.parse(["--state", "/x/../y"]).path(for: plan) == "/y")
    }

    @Test func stateIsOfItsOwnerAlone() throws {
        let home = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        func mode(_ path: String) throws -> Int? {
            try (FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
        }
        try StateDirectory.create(home + "/.havre/p")
        #expect(try mode(home + "/.havre/p") == 0o700)
        #expect(try mode(home + "/.havre") == 0o700)
        // One that others may enter is closed.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: home + "/.havre/p")
        try StateDirectory.create(home + "/.havre/p")
        #expect(try mode(home + "/.havre/p") == 0o700)
        try Data().write(to: URL(filePath: home + "/file"))
        #expect(throws: CommandFailure.self) { try StateDirectory.create(home + "/file") }
        #expect(throws: CommandFailure.self) { try StateDirectory.create(home + "/file/below") }
    }
}
