import Foundation
import HavreModel
import TestServers
import Testing

@testable import havre

/// Signing and checking as an operator does it, with pyca/cryptography as the judge of the signature.
@Suite(.ownThreads) struct DerogationTests {
    private static let draft = """
        # A comment is no part of what is signed.
        havre: 1
        kind: derogation
        by: Plateforme « des données »
        reference: DER-1
        reason: "la qualification est annoncée, \\"guillemets\\" et \\\\ barre"
        rule: R10
        accepts: unknown
        dataset: registre
        destination: scaleway/fr-par
        from: 2026-11-01
        until: 2027-05-31
        signer: rssi

        """

    /// A directory with a key, a signed document and a plan that names both.
    private struct Desk {
        let home: String
        let publicKey: String

        init(document: String = DerogationTests.draft, sign: Bool = true) throws {
            home = try RunningHavre.scratch()
            let made = try RunningHavre.run(["derogation", "key", "-o", "rssi.key"], in: home)
            publicKey = made.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
            try write("draft.yaml", document)
            if sign { try self.sign() }
            try plan { $0 }
        }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: home + "/" + name))
        }

        func read(_ name: String) throws -> String { try String(contentsOfFile: home + "/" + name, encoding: .utf8) }

        func sign() throws {
            let signed = try RunningHavre.run(
                ["derogation", "sign", "draft.yaml", "--key", "rssi.key", "-o", "signed.yaml"], in: home)
            #expect(signed.status == 0, "\(signed.all)")
        }

        func plan(_ change: (String) -> String) throws {
            let text = try PackageFiles.text("plans/scenarios/secnumcloud-disputed.yaml")
                .replacing(
                    "datasets:", with: "signers: {rssi: \"\(publicKey)\"}\ndocuments: [./signed.yaml]\ndatasets:")
            try write("plan.yaml", change(text))
        }

        func run(_ arguments: String...) throws -> RunningHavre.Outcome {
            try RunningHavre.run(arguments, in: home, environment: ["HAVRE_TODAY": "2026-11-24"])
        }

        func judge() throws -> String {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(filePath: PackageFiles.root + "/.venv/bin/python")
            process.arguments = [PackageFiles.root + "/fixtures/documents/check.py", home + "/signed.yaml", publicKey]
            process.standardOutput = output
            try process.run()
            process.waitUntilExit()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }

        func end() { try? FileManager.default.removeItem(atPath: home) }
    }

    @Test func aSignedDerogationStandsBesideTheVerdict() throws {
        let desk = try Desk()
        defer { desk.end() }
        #expect(try desk.judge() == "valid", "another's implementation agrees")
        let checked = try desk.run("derogation", "check", "plan.yaml")
        #expect(checked.status == 0, "\(checked.all)")
        #expect(checked.stdout.contains("holds"))
        let verdict = try desk.run("validate", "plan.yaml")
        #expect(verdict.status == 0, "\(verdict.all)")
        #expect(verdict.stdout.contains("R10 derogated (unknown)"), "it stays what it is")
        #expect(verdict.stdout.contains("DER-1"))
        #expect(try desk.run("validate", "plan.yaml", "--lang", "fr").stdout.contains("R10 dérogée (inconnue)"))
    }

    @Test func withoutItTheSamePlanIsBlocked() throws {
        let desk = try Desk()
        defer { desk.end() }
        try desk.plan { $0.replacing("documents: [./signed.yaml]\n", with: "") }
        #expect(try desk.run("validate", "plan.yaml").status == 20)
    }

    @Test(arguments: [
        ("by: Plateforme", "by: Forme"), ("reference: DER-1", "reference: DER-2"), ("annoncée", "obtenue"),
        ("rule: R10", "rule: R11"), ("dataset: registre", "dataset: registres"),
        ("scaleway/fr-par", "scaleway"), ("from: 2026-11-01", "from: 2026-10-01"),
        ("until: 2027-05-31", "until: 2028-05-31"), ("signature: ed25519:", "signature: ed25519:A"),
        ("kind: derogation", "kind: opinion"),
    ])
    func noWordThatCountsMayChange(_ change: (String, String)) throws {
        let desk = try Desk()
        defer { desk.end() }
        var text = try desk.read("signed.yaml").replacing(change.0, with: change.1)
        if change.0.hasPrefix("kind") { text.replace("rule: R10\n", with: "") }
        // One character more needs one less.
        if change.0.hasPrefix("signature") { text.removeLast(2) }
        try desk.write("signed.yaml", text)
        let checked = try desk.run("derogation", "check", "plan.yaml")
        #expect(checked.status == 1 || checked.status == 65, "\(checked.all)")
        #expect(checked.status == 65 || checked.stdout.contains("IGNORED"), "\(checked.all)")
        #expect(try desk.run("validate", "plan.yaml").status != 0)
    }

    @Test func commentsAndOrderMayChange() throws {
        let desk = try Desk()
        defer { desk.end() }
        var lines = try desk.read("signed.yaml").split(separator: "\n").map(String.init)
        lines.removeFirst()
        lines.reverse()
        try desk.write("signed.yaml", lines.joined(separator: "\n") + "\n")
        #expect(try desk.run("derogation", "check", "plan.yaml").status == 0)
    }

    @Test(arguments: [
        ("until: 2027-05-31", "until: 2026-11-23", "it ended on 2026-11-23"),
        ("from: 2026-11-01", "from: 2026-12-01", "it begins on 2026-12-01"),
        ("scaleway/fr-par", "scaleway/nl-ams", "it is for scaleway/nl-ams"),
        ("scaleway/fr-par", "microsoft-azure", "it is for microsoft-azure"),
        ("signer: rssi", "signer: dpo", "the plan names no signer dpo"),
        ("dataset: registre", "dataset: autre", "the plan has no dataset autre"),
    ])
    func whatDoesNotHoldIsNamedAndIgnored(_ change: (String, String, String)) throws {
        let desk = try Desk(document: Self.draft.replacing(change.0, with: change.1))
        defer { desk.end() }
        let checked = try desk.run("derogation", "check", "plan.yaml")
        #expect(checked.status == 1, "\(checked.all)")
        #expect(checked.stdout.contains(change.2), "\(checked.all)")
        #expect(try desk.run("validate", "plan.yaml").status == 20)
    }

    /// A document for another dataset covers nothing here, and every report of the plan says so.
    @Test func aDocumentForNoDatasetOfThePlanIsNamed() throws {
        let desk = try Desk(document: Self.draft.replacing("dataset: registre", with: "dataset: registres"))
        defer { desk.end() }
        let english =
            "IGNORED, signed.yaml: derogation DER-1: the plan has no dataset `registres`; did you mean `registre`?"
        let french =
            "IGNORÉE, signed.yaml : dérogation DER-1 : le plan n'a pas de jeu de données `registres` ; "
            + "vouliez-vous dire `registre` ?"
        for verb in [["validate"], ["plan", "--offline"]] {
            func run(_ more: [String]) throws -> RunningHavre.Outcome {
                try RunningHavre.run(
                    verb + ["plan.yaml"] + more, in: desk.home, environment: ["HAVRE_TODAY": "2026-11-24"])
            }
            let said = try run([])
            #expect(said.status == 20 && said.stdout.contains(english + "\n"), "\(said.all)")
            #expect(try run(["--lang", "fr"]).stdout.contains(french + "\n"))
            #expect(try run(["--json"]).stdout.contains(#""nearest" : "registre""#))
        }
        // One that the plan has is named nowhere but beside its verdict.
        let own = try Desk()
        defer { own.end() }
        #expect(try !own.run("validate", "plan.yaml").stdout.contains("IGNORED"))
    }

    @Test func anUnsignedOpinionIsMasculine() throws {
        let desk = try Desk(sign: false)
        defer { desk.end() }
        try desk.write(
            "signed.yaml",
            Self.draft.replacing("kind: derogation", with: "kind: opinion").replacing("rule: R10\n", with: "")
                .replacing("accepts: unknown\n", with: ""))
        let checked = try desk.run("derogation", "check", "plan.yaml", "--lang", "fr")
        #expect(checked.stdout.contains("IGNORÉ : il n'est pas signé\n"), "\(checked.all)")
    }

    @Test func whatAdmitsNoDerogationIsNotSigned() throws {
        let desk = try Desk(document: Self.draft.replacing("rule: R10", with: "rule: R4"), sign: false)
        defer { desk.end() }
        let refused = try desk.run("derogation", "sign", "draft.yaml", "--key", "rssi.key")
        #expect(refused.status == 64 && refused.stderr.contains("R4 admits no derogation"), "\(refused.all)")
    }

    @Test func anotherKeyOfTheSameNameIsWrong() throws {
        let desk = try Desk()
        defer { desk.end() }
        let other = try Desk()
        defer { other.end() }
        try desk.plan { $0.replacing(desk.publicKey, with: other.publicKey) }
        let checked = try desk.run("derogation", "check", "plan.yaml")
        #expect(checked.stdout.contains("its signature is not that of rssi"), "\(checked.all)")
    }

    @Test func anUnsignedDraftIsIgnored() throws {
        let desk = try Desk(sign: false)
        defer { desk.end() }
        try desk.write("signed.yaml", Self.draft)
        let checked = try desk.run("derogation", "check", "plan.yaml", "--lang", "fr")
        #expect(checked.status == 1)
        #expect(checked.stdout.contains("IGNORÉE : elle n'est pas signée"), "\(checked.all)")
    }

    @Test func aDocumentThatIsNoneEndsWith65AndItsPlace() throws {
        let desk = try Desk()
        defer { desk.end() }
        try desk.write(
            "signed.yaml", try desk.read("signed.yaml").replacing("dataset: registre", with: "dataset: \"*\""))
        let outcome = try desk.run("validate", "plan.yaml")
        #expect(outcome.status == 65)
        #expect(outcome.stderr.contains("signed.yaml:9:10"), "\(outcome.all)")
        let missing = try RunningHavre.run(["validate", "plan.yaml"], in: desk.home)
        #expect(missing.status == 65)
    }

    @Test func theKeyIsNeverOverwrittenNorRepeated() throws {
        let desk = try Desk()
        defer { desk.end() }
        let again = try desk.run("derogation", "key", "-o", "rssi.key")
        #expect(again.status == 1)
        #expect(try desk.run("derogation", "key", "rssi.key").stdout.contains(desk.publicKey))
        let secret = try desk.read("rssi.key").split(separator: "\n")[1]
        let wrong = try desk.run("derogation", "sign", "draft.yaml", "--key", "draft.yaml", "-o", "x.yaml")
        #expect(wrong.status == 12)
        #expect(!wrong.all.contains(secret))
        let twice = try desk.run("derogation", "sign", "signed.yaml", "--key", "rssi.key", "-o", "x.yaml")
        #expect(twice.status == 64, "\(twice.all)")
    }
}
