import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// Secrets that are easy to find, given to every verb: afterwards they are nowhere.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct CanaryTests {
    static let secretKey = "CanaryOfTheSecretAccessKey0123456789abcd"
    static let wrongKey = "CanaryOfAWrongSecretAccessKey98765432109"
    static let token = "CanaryOfTheSessionToken/with+characters=that/are+escaped=="
    static let literal = "CanaryOfALiteralSecretInThePlan1234567890"

    /// The ways in which text could have been written down.
    static func forms(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        let hex = bytes.map { byte in
            let digits = Array("0123456789abcdef")
            return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        }.joined()
        // Base64 by thirds: wherever it begins, the middle of it shows.
        let base64 = (0..<3).map { start in
            Data(bytes.dropFirst(start).prefix((bytes.count - start) / 3 * 3)).base64EncodedString()
        }
        let escaped = text.replacing("/", with: "%2F").replacing("+", with: "%2B").replacing("=", with: "%3D")
        return [text, hex, hex.uppercased(), escaped] + base64
    }

    /// Everything that `secrets` were found in.
    static func finds(_ secrets: [String], runs: [Shipyard.Run], directories: [String], files: [String]) throws
        -> [String]
    {
        let needles = secrets.flatMap(forms).map { Data($0.utf8) }
        var found: [String] = []
        func look(_ data: Data, _ place: String) {
            for needle in needles where data.firstRange(of: needle) != nil { found.append(place) }
        }
        for run in runs {
            look(Data(run.out.utf8), "stdout of \(run.commandLine)")
            look(Data(run.err.utf8), "stderr of \(run.commandLine)")
            look(Data(run.commandLine.utf8), "the command line \(run.commandLine)")
        }
        var paths = files
        for directory in directories {
            let names = try FileManager.default.subpathsOfDirectory(atPath: directory)
            paths += names.map { directory + "/" + $0 }
        }
        for path in paths {
            if let data = FileManager.default.contents(atPath: path) { look(data, path) }
        }
        return found
    }

    @Test func theSearchFindsWhatIsThere() throws {
        let run = Shipyard.Run(exit: 0, out: "x \(Self.token) y", err: "", commandLine: "a b")
        #expect(try Self.finds([Self.token], runs: [run], directories: [], files: []) == ["stdout of a b"])
        let directory = try TestDirectory.make()
        try Data(Data("..\(Self.secretKey)..".utf8).base64EncodedString().utf8).write(
            to: URL(filePath: directory + "/f"))
        #expect(try !Self.finds([Self.secretKey], runs: [], directories: [directory], files: []).isEmpty)
    }

    @Test func noVerbGivesASecretAway() throws {
        // moto takes any credentials; SeaweedFS refuses wrong ones.
        let server = try TestServer.shared(.moto)
        let strict = try TestServer.shared(.seaweedfs)
        var yard = try Shipyard()
        let source = try Shipyard.Berth(server)
        let middle = try Shipyard.Berth(server, prefix: "sealed/")
        let items = [Shipyard.Item("a", size: 5000, seed: 1), Shipyard.Item("b", size: 9 << 20, seed: 2)]
        try yard.put(items, source)
        try yard.draw(from: source, to: middle)
        let text = TestProcess.contents(of: yard.plan) ?? ""
        func secrets(_ side: String) -> String { "secretKey: {env: \(side)_HOST_SECRET_KEY}" }
        let withToken =
            text
            .replacing(secrets("OLD"), with: secrets("OLD") + ", sessionToken: {env: CANARY_TOKEN}")
            .replacing(secrets("NEW"), with: secrets("NEW") + ", sessionToken: {env: CANARY_TOKEN}")
        #expect(withToken != text)
        try yard.write(withToken)
        yard.environment["OLD_HOST_SECRET_KEY"] = Self.secretKey
        yard.environment["NEW_HOST_SECRET_KEY"] = Self.secretKey
        yard.environment["CANARY_TOKEN"] = Self.token
        let saved = yard.directory + "/saved.havreplan"

        var runs: [Shipyard.Run] = []
        for (verb, arguments) in [
            ("validate", []), ("doctor", []), ("plan", ["-o", saved]), ("apply", ["--yes"]), ("status", []),
            ("journal", ["--json"]), ("verify", []), ("verify", ["--identity", yard.identity]),
        ] {
            let run = try Shipyard.spawn(
                [Shipyard.binary, verb, yard.plan] + arguments + (verb == "validate" ? [] : ["--state", yard.state]),
                directory: yard.directory, environment: yard.environment)
            #expect(run.exit == 0, "\(verb): \(run.words)")
            runs.append(run)
        }

        // Opened with an identity and sealed anew.
        var second = try Shipyard()
        try second.draw(
            from: middle, to: try Shipyard.Berth(server, prefix: "anew/"), dataset: "open: {format: age, with: old}")
        let plain = TestProcess.contents(of: second.plan) ?? ""
        try second.write(
            plain.replacing(
                "keys:\n",
                with:
                    "keys:\n  old:\n    identity: {file: \(yard.identity)}\n    custodian: {name: Exemple, country: FR, law: FR}\n"
            ))
        second.environment["OLD_HOST_SECRET_KEY"] = Self.secretKey
        second.environment["NEW_HOST_SECRET_KEY"] = Self.secretKey
        let anew = try second.havre("apply", "--yes")
        #expect(anew.exit == 0, "\(anew.words)")
        runs.append(anew)
        runs.append(try second.havre("journal", "--json"))

        // A run that fails: wrong credentials.
        var third = try Shipyard()
        try third.draw(from: try Shipyard.Berth(strict), to: try Shipyard.Berth(strict))
        third.environment["OLD_HOST_SECRET_KEY"] = Self.wrongKey
        third.environment["NEW_HOST_SECRET_KEY"] = Self.wrongKey
        for verb in ["doctor", "plan"] {
            for form in [[], ["--json"]] {
                let run = try Shipyard.spawn(
                    [Shipyard.binary, verb, third.plan, "--state", third.state] + form, directory: third.directory,
                    environment: third.environment)
                #expect(run.exit != 0, "\(run.words)")
                runs.append(run)
            }
        }
        let failing = try third.havre("apply", "--yes")
        #expect(failing.exit != 0)
        runs.append(failing)

        let identity = (TestProcess.contents(of: yard.identity) ?? "").split(separator: "\n")
            .first { $0.hasPrefix("AGE-SECRET-KEY-") }.map(String.init)
        let own = try #require(identity)
        let places = try Self.finds(
            [Self.secretKey, Self.wrongKey, Self.token, own, own.lowercased()], runs: runs,
            directories: [yard.state, second.state, third.state], files: [saved, yard.plan, second.plan])
        #expect(places.isEmpty)
    }

    @Test func aLiteralSecretInThePlanIsRefusedAndNeverRepeated() throws {
        let server = try TestServer.shared(.moto)
        var yard = try Shipyard()
        try yard.draw(from: try Shipyard.Berth(server), to: try Shipyard.Berth(server))
        let good = TestProcess.contents(of: yard.plan) ?? ""
        var runs: [Shipyard.Run] = []
        for bad in [
            good.replacing("secretKey: {env: OLD_HOST_SECRET_KEY}", with: "secretKey: \(Self.literal)"),
            good.replacing("secretKey: {env: OLD_HOST_SECRET_KEY}", with: "secretKey: {env: \"\(Self.literal)=\"}"),
            good.replacing("secretKey: {env: OLD_HOST_SECRET_KEY}", with: "secretKey: {\(Self.literal): x}"),
            good.replacing("{env: OLD_HOST_ACCESS_KEY}", with: "{value: \(Self.literal)}"),
        ] {
            #expect(bad != good)
            try yard.write(bad)
            for verb in ["validate", "doctor", "plan", "apply"] {
                for form in [[], ["--json"]] {
                    let run = try Shipyard.spawn(
                        [Shipyard.binary, verb, yard.plan] + form, directory: yard.directory,
                        environment: yard.environment)
                    #expect(run.exit == 65, "\(verb): \(run.words)")
                    runs.append(run)
                }
            }
        }
        // A secret that stands where the name of a variable, a file or an identity belongs.
        try yard.write(good)
        let key = yard.directory + "/bad.key"
        try Data("AGE-SECRET-KEY-1\(Self.literal.uppercased())\n".utf8).write(to: URL(filePath: key))
        let run = try yard.havre("adopt", "--identity", key)
        #expect(run.exit == 12, "\(run.words)")
        runs.append(run)
        #expect(
            try Self.finds([Self.literal, Self.literal.uppercased()], runs: runs, directories: [], files: []).isEmpty)
    }
}
