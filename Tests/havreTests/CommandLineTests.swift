import ArgumentParser
import Foundation
import TestServers
import Testing

@testable import havre

/// What scripts rely on: exit statuses, streams, JSON, help.
@Suite(.ownThreads) struct CommandLineTests {
    @Test func exitStatusesAreFrozen() {
        let frozen: [(havre.ExitStatus, Int32)] = [
            (.done, 0), (.failed, 1), (.pending, 2), (.someFailed, 3), (.locked, 11), (.key, 12), (.blocked, 20),
            (.stale, 21), (.mismatch, 22), (.usage, 64), (.invalid, 65), (.temporary, 75), (.interrupted, 130),
        ]
        #expect(havre.ExitStatus.allCases.count == frozen.count)
        for (status, number) in frozen { #expect(status.rawValue == number) }
        #expect(Set(havre.ExitStatus.allCases.map(\.code)).count == frozen.count)
    }

    @Test func theStreamBeginsWithItsVersions() {
        #expect(ResultStream.versionLine == #"{"type":"version","havre":"0.1.0","schema":"1.0"}"#)
    }

    @Test(arguments: Havre.verbs.map { $0._commandName }) func helpIsAsRecorded(_ verb: String) throws {
        let found = try helpText(verb)
        let path = "fixtures/help/\(verb).txt"
        if PackageFiles.recording { try PackageFiles.write(found, to: path) }
        #expect(try PackageFiles.text(path) == found, "HAVRE_RECORD=1 records help texts anew")
        #expect(found.contains("Example"), "every help shows an example")
        #expect(found.contains("havre \(verb)"))
        #expect(found.contains("--json"), "every command takes --json")
    }

    private func helpText(_ verb: String) throws -> String {
        let command = try #require(Havre.verbs.first { $0._commandName == verb })
        return Havre.helpMessage(for: command, columns: 80) + "\n"
    }

    @Test func rootHelpIsAsRecorded() throws {
        let found = Havre.helpMessage(columns: 80) + "\n"
        if PackageFiles.recording { try PackageFiles.write(found, to: "fixtures/help/havre.txt") }
        #expect(try PackageFiles.text("fixtures/help/havre.txt") == found)
    }

    @Test(arguments: try PackageFiles.list("fixtures/help", suffix: ".txt"))
    func helpFitsATerminalOf80Columns(_ path: String) throws {
        let lines = try PackageFiles.text(path).split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines where !line.hasPrefix("USAGE: ") {
            #expect(line.count <= 80, "\(path): \(line)")
        }
        // Broken by hand and then again by the terminal: that leaves lines of one word.
        for (line, next) in zip(lines, lines.dropFirst()) where !next.isEmpty && !next.contains(" ") {
            #expect(line.count < 70, "\(path): \(next) stands alone")
        }
    }

    @Test(arguments: [
        (["valdate", "x"], "`validate`"), (["validate", "--jsn", "x"], "--json"), (["validate"], "plan"),
        (["keygen", "--json"], "-o FILE"), (["decrypt", "x"], "-i FILE"), (["digest", "--bad"], "--bad"),
    ]) func usageErrorsEndWith64(_ arguments: [String], _ word: String) throws {
        if !arguments.contains("--json") {
            let outcome = try RunningHavre.run(arguments)
            #expect(outcome.status == 64)
            #expect(outcome.stdout.isEmpty)
            #expect(outcome.stderr.contains(word))
        }
        let json = try RunningHavre.run(arguments.filter { $0 != "--json" } + ["--json"])
        #expect(json.status == 64)
        #expect(json.stderr.isEmpty)
        let document = try #require(JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: Any])
        #expect(document["type"] as? String == "error")
        #expect(document["code"] as? String == "usage")
        #expect(document["exit"] as? Int == 64)
        #expect((document["message"] as? String)?.contains(word) == true)
    }

    @Test func helpAndVersionAreNoErrors() throws {
        for arguments in [["--help"], ["help"], ["validate", "--help"], ["help", "validate"], ["--version"], []] {
            let outcome = try RunningHavre.run(arguments)
            #expect(outcome.status == 0)
            #expect(outcome.stderr.isEmpty)
            #expect(!outcome.stdout.isEmpty)
        }
    }

    @Test(arguments: try PackageFiles.list("fixtures/plans/bad", suffix: ".yaml"))
    func badPlansEndWith65(_ path: String) throws {
        let outcome = try RunningHavre.run(["validate", path])
        #expect(outcome.status == 65)
        #expect(outcome.stdout.isEmpty)
        #expect(outcome.stderr.hasPrefix(path + ":"))
        #expect(!outcome.all.contains("CANARY"))
    }

    @Test func issuesComeAsJSONToo() throws {
        let path = "fixtures/plans/bad/literal-secret.yaml"
        let outcome = try RunningHavre.run(["validate", path, "--json"])
        #expect(outcome.status == 65)
        #expect(outcome.stderr.isEmpty)
        #expect(!outcome.all.contains("CANARY"), "nothing of a secret, in no form")
        let document = try #require(JSONSerialization.jsonObject(with: Data(outcome.stdout.utf8)) as? [String: Any])
        #expect(document["code"] as? String == "invalid-plan")
        #expect(document["havre"] as? String == "0.1.0")
        #expect(document["schema"] as? String == "1.0")
        let issues = try #require(document["issues"] as? [[String: Any]])
        #expect(issues.count == 11)
        #expect(document["message"] as? String == "the file \(path) is invalid: 11 errors; nothing was done")
        #expect(issues.first?["line"] as? Int == 9)
        #expect(issues.first?["column"] as? Int == 30)
        #expect(issues.first?["file"] as? String == path)
    }

    @Test func coreDumpsAreForbidden() throws {
        let process = Process()
        process.executableURL = URL(filePath: RunningHavre.program)
        process.arguments = ["digest"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // It waits for its input: time to look at it from outside.
        var core: [Substring] = []
        for _ in 0..<500 where core.last(where: { $0 != "bytes" }) != "0" {
            let limits =
                (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/limits", encoding: .utf8)) ?? ""
            let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
            core = Array((line ?? "").split(separator: " ").dropFirst(4))
            usleep(10_000)
        }
        #expect(core.prefix(2) == ["0", "0"], "soft and hard limit")
        if getuid() != 0 {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "/proc/\(process.processIdentifier)/environ")
            #expect(attributes[.ownerAccountID] as? Int == 0, "what is not dumpable belongs to root")
        }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func aClosedPipeIsNoCrash() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "{ \"$0\" schema; echo $? >&2; } | true", RunningHavre.program]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        let status = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(["0\n", "1\n"].contains(status), "not 141, which is SIGPIPE")
    }
}
