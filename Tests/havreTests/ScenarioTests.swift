import Foundation
import HavreModel
import TestServers
import Testing

@testable import havre

/// Every plan in `plans/scenarios` ends as its first comment says, without credentials and without any network; the
/// whole output in both languages is in `fixtures/scenarios`. `HAVRE_RECORD=1` records; read what changed.
@Suite(.ownThreads) struct ScenarioTests {
    static let day = "2026-11-24"
    static let plans = (try? PackageFiles.list("plans/scenarios", suffix: ".yaml")) ?? []

    private func plan(_ file: String, _ more: String...) throws -> RunningHavre.Outcome {
        let state = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: state) }
        return try RunningHavre.run(
            ["plan", file, "--offline"] + more, environment: ["HAVRE_TODAY": Self.day, "HAVRE_STATE": state])
    }

    /// `# Outcome: exit 20; blocks R4 R5; warns R8; today R4 R7`
    private struct Outcome: Equatable {
        var exit: Int32
        var rules: [String: [String]] = [:]

        init(_ file: String) throws {
            let line = try #require(
                PackageFiles.text(file).split(separator: "\n").first { $0.hasPrefix("# Outcome: ") })
            exit = -1
            for part in line.dropFirst("# Outcome: ".count).split(separator: ";") {
                let words = part.split(separator: " ").map(String.init)
                if words[0] == "exit" {
                    exit = Int32(words[1]) ?? -1
                } else {
                    rules[words[0]] = Array(words.dropFirst())
                }
            }
        }

        init(exit: Int32, _ verdicts: [Verdict]) {
            self.exit = exit
            let tally = VerdictTally(verdicts)
            let today = Set(verdicts.filter { $0.isToday && $0.outcome == .violated }.map(\.rule))
                .sorted(by: Rulebook.precedes)
            let warning = tally.warning.filter { !tally.blocking.contains($0) }
            for (word, list) in [("blocks", tally.blocking), ("warns", warning), ("today", today)]
            where !list.isEmpty {
                rules[word] = list
            }
        }
    }

    private struct Report: Decodable {
        struct Part: Decodable { let verdicts: [Verdict] }
        let datasets: [Part]
    }

    @Test(arguments: plans) func aScenarioEndsAsItSays(_ file: String) throws {
        let outcome = try plan(file, "--json")
        // Where the plan is blocked, a second document may follow; the first is the report.
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.stdout.utf8))
        let found = Outcome(exit: outcome.status, report.datasets.flatMap(\.verdicts))
        #expect(try Outcome(file) == found, "\(file)")
    }

    @Test(arguments: plans) func theWholeOutputIsASnapshot(_ file: String) throws {
        let name = String(file.split(separator: "/").last?.dropLast(5) ?? "")
        for language in ["en", "fr"] {
            let outcome = try plan(file, "--lang", language)
            let path = "fixtures/scenarios/\(name).\(language).txt"
            if PackageFiles.recording { try PackageFiles.write(outcome.stdout, to: path) }
            #expect(try PackageFiles.text(path) == outcome.stdout, "\(path)")
            #expect(outcome.stderr.isEmpty || outcome.status != 0, "\(outcome.stderr)")
        }
    }

    @Test func allOfThemAreThere() throws {
        #expect(Self.plans.count >= 18)
    }

    /// 450 TB: 4.2 days at 10 Gb/s, 42 at 1 Gb/s (sovereignty.md), and a sample is read back; one keeps the contract.
    @Test func manyTerabytesTakeDaysOrWeeks() throws {
        let fast = try plan("plans/scenarios/many-terabytes.yaml")
        #expect(fast.stdout.contains("4 d 4 h"), "\(fast.all)")
        let slow = try plan("plans/scenarios/many-terabytes.yaml", "--bandwidth", "1Gbps")
        #expect(slow.stdout.contains("41 d 16 h"), "\(slow.all)")
        #expect(slow.stdout.contains("2026-12-31"), "the end that cannot be kept is named")
        #expect(slow.stdout.contains("R22"))
    }

    /// Each plan alone passes; three together carry nine tenths of the base.
    @Test func extractsThatAddUpRaiseAnAlert() throws {
        func judge(_ files: String...) throws -> RunningHavre.Outcome {
            try RunningHavre.run(["judge"] + files, environment: ["HAVRE_TODAY": Self.day])
        }
        let names = ["a", "b", "c"].map { "plans/scenarios/extract-\($0).yaml" }
        let one = try judge(names[0])
        #expect(one.status == 0 && !one.stdout.contains("ALERT"), "\(one.all)")
        let all = try judge(names[0], names[1], names[2])
        #expect(all.stdout.contains("ALERT: extracts of SNDS together are 90 % of it"), "\(all.all)")
        let two = try judge(names[1], names[2])
        #expect(!two.stdout.contains("ALERT"))
    }

    /// A dataset that states no `expected:` is named and counted nowhere; "0 to move" would be a lie.
    @Test func whatNobodyStatesIsNotCounted() throws {
        let state = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: state) }
        let silent = state + "/silent.yaml"
        let text = try PackageFiles.text("plans/scenarios/redirect-to-virginia.yaml")
        let mute = text.replacing("    expected: {objects: 50000, bytes: 800GB}\n", with: "")
        try mute.write(toFile: silent, atomically: true, encoding: .utf8)
        let english = try plan(silent)
        #expect(english.stdout.contains("Plan: how much there is to move, nobody says"), "\(english.all)")
        #expect(!english.stdout.contains("0 to move"))
        let french = try plan(silent, "--lang", "fr")
        #expect(french.stdout.contains("Plan : volume à transférer inconnu"), "\(french.all)")
        struct Totals: Decodable {
            struct Sum: Decodable { let unknown: [String]? }
            struct Part: Decodable { let estimate: Estimate? }
            let totals: Sum
            let datasets: [Part]
        }
        let json = try JSONDecoder().decode(Totals.self, from: Data(try plan(silent, "--json").stdout.utf8))
        #expect(json.totals.unknown == ["dossiers"] && json.datasets.map { $0.estimate == nil } == [true])
        // Beside one that states it, the sum is of that one alone.
        let dataset = try #require(text.range(of: "  dossiers:\n")).lowerBound
        let mixed = text + mute[dataset...].replacing("dossiers", with: "autres")
        try mixed.write(toFile: silent, atomically: true, encoding: .utf8)
        let both = try plan(silent, "--lang", "fr")
        #expect(both.stdout.contains("Plan : 50 000 à transférer"), "\(both.all)")
        #expect(both.stdout.contains("Non compté, faute de volume indiqué : autres."))
    }

    /// Words of ours are French in a French report; names and codes stay.
    @Test func factsSpeakTheReadersLanguage() throws {
        let virginia = try plan("plans/scenarios/logs-in-virginia.yaml", "--lang", "fr").stdout
        #expect(virginia.contains("adéquation (États-Unis) : (UE) 2023/1795 pour : organisations certifiées"))
        #expect(virginia.contains("pays des journaux : US"))
        #expect(!virginia.contains("United States"))
        let disputed = try plan("plans/scenarios/secnumcloud-disputed.yaml", "--lang", "fr").stdout
        #expect(disputed.contains("SecNumCloud de scaleway/fr-par : contestée"))
        let british = try plan("plans/scenarios/ovh-uk-eu-only.yaml", "--lang", "fr").stdout
        #expect(british.contains("région à Singapour (SG)"))
    }
}
