import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// One run at a time: who comes second is told so by exit status 11.
@Suite(.ownThreads) struct LockTests {
    /// The error as `--json` gives it.
    private struct Document: Decodable {
        let type: String
        let code: String
        let exit: Int
        let message: String
    }

    @Test func whoComesSecondEndsWith11() throws {
        let yard = try LocalYard(files: 200, bytes: 20_000, more: "bandwidth: 100000B/s")
        let first = try yard.start("apply", ["--yes"])
        defer {
            kill(first, SIGKILL)
            _ = try? TestProcess.wait(first)
        }
        try LocalYard.wait("the first object") { !LocalYard.names(yard.target).isEmpty }
        for (verb, arguments) in [
            ("plan", []), ("verify", []), ("apply", ["--yes"]), ("adopt", ["--identity", yard.yard.identity]),
            ("plan", ["--force"]),
        ] {
            let run = try yard.run(verb, arguments)
            #expect(run.exit == 11, "\(verb): \(run.words)")
            #expect(run.err.contains("held by `apply` of ") && run.err.contains("process \(first), since 20"))
            let json = try yard.run(verb, arguments + ["--json"])
            let document = try JSONDecoder().decode(Document.self, from: Data(json.out.utf8))
            #expect(json.exit == 11 && document.exit == 11 && document.code == "locked" && document.type == "error")
            #expect(document.message.contains("held by `apply` of "))
        }
    }

    @Test func everyVerbThatLocksCanTakeADeadHostsLock() throws {
        let yard = try LocalYard()
        try yard.apply()
        let lock =
            #"{"command":"apply","host":"elsewhere.example","process":7,"#
            + #""since":"2026-11-24T06:10:00.000000000Z","user":"somebody"}"# + "\n"
        for (verb, arguments) in [
            ("plan", []), ("verify", []), ("adopt", ["--identity", yard.yard.identity]), ("apply", ["--yes"]),
        ] {
            try Data(lock.utf8).write(to: URL(filePath: yard.yard.state + "/lock"))
            let refused = try yard.run(verb, arguments)
            #expect(refused.exit == 11, "\(verb): \(refused.words)")
            #expect(refused.err.contains("elsewhere.example") && refused.err.contains("use --force"))
            let taken = try yard.run(verb, arguments + ["--force"])
            #expect(taken.exit == 0, "\(verb): \(taken.words)")
        }
    }

    @Test func missingCredentialsAreNoReasonToRunAgain() throws {
        let yard = try LocalYard()
        let good = TestProcess.contents(of: yard.yard.plan) ?? ""
        func plan(_ credentials: String) -> String {
            good.replacing(
                "  here: {",
                with: "  there: {is: custom, protocol: s3, endpoint: \"http://127.0.0.1:9\", region: r, "
                    + "country: FR, law: FR, credentials: {\(credentials)}}\n  here: {"
            ).replacing("from: {provider: here, bucket: \(yard.source)}", with: "from: {provider: there, bucket: b}")
        }
        for (credentials, word) in [
            ("accessKey: {env: HAVRE_NO_SUCH}, secretKey: {env: HAVRE_NO_SUCH}", "HAVRE_NO_SUCH is not set"),
            ("accessKey: {file: /nonexistent/id}, secretKey: {file: /nonexistent/key}", "/nonexistent/id"),
            ("profile: nobody", "no profile nobody"), ("command: [/nonexistent/tool]", "/nonexistent/tool"),
        ] {
            try yard.yard.write(plan(credentials))
            for (verb, arguments) in [("plan", []), ("apply", ["--yes"])] {
                let run = try yard.run(verb, arguments)
                #expect(run.exit == 12, "\(verb) \(credentials): \(run.words)")
                #expect(run.err.contains(word), "\(run.err)")
            }
        }
    }

    @Test func aSavedPlanIsCalledByItsName() throws {
        let yard = try LocalYard()
        let saved = yard.yard.directory + "/saved.havreplan"
        let planned = try yard.run("plan", ["-o", saved])
        #expect(planned.exit == 0, "\(planned.words)")
        for verb in ["status", "journal", "verify", "plan", "adopt"] {
            let run = try yard.yard.havre(verb, file: saved)
            #expect(run.exit == 64, "\(verb): \(run.words)")
            #expect(run.err.contains("is a saved plan, which only `apply`, `show` and `diff` take"), "\(run.words)")
            #expect(run.err.contains(yard.yard.plan))
        }
    }
}
