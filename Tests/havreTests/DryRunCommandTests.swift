import FoundationEssentials
import Glibc
import HavreModel
import TestServers
import Testing

@testable import havre

/// `plan` writes nothing, `show` says what it said, `diff` what differs, and `apply --prune` deletes what `plan` named.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct ZeroWriteTests {
    /// A recorder before each side; every option of `plan` at once.
    @Test func aPlanWritesNothingAtEitherSide() throws {
        let server = try TestServer.shared(.seaweedfs)
        var yard = try Shipyard()
        let (front, back) = (try FaultProxy(before: server.port), try FaultProxy(before: server.port))
        let source = try Shipyard.Berth(server, prefix: "in/", through: front)
        let target = try Shipyard.Berth(server, prefix: "out/", through: back)
        var items = (0..<12).map { Shipyard.Item("object-\($0)", size: 5000 * $0, seed: $0) }
        items.append(Shipyard.Item("large", size: (17 << 20) + 5, seed: 99))
        try yard.put(items, source)
        try yard.draw(from: source, to: target, more: "maxDelete: 5")
        func writes() throws -> [String] {
            try (front.log() + back.log()).filter { !["GET", "HEAD"].contains($0.method) }
                .map { "\($0.method) \($0.path)" }
        }
        func plan(_ words: [String]) throws -> Shipyard.Run {
            try Shipyard.spawn(
                [Shipyard.binary, "plan", yard.plan] + words + ["--state", yard.state], directory: yard.directory,
                environment: yard.environment)
        }
        let saved = yard.directory + "/saved"
        let all = ["--heads", "--probe", "--prune", "--detailed-exitcode", "-o", saved]
        let fresh = try plan(all)
        #expect(fresh.exit == 2 && fresh.out.contains("measured: "), "\(fresh.words)")
        #expect(try plan(["--objects", "--json", "--bandwidth", "10Gbps"]).exit == 0)
        #expect(try writes() == [])
        #expect(try front.log().contains { $0.method == "GET" && $0.path.hasSuffix("/large") }, "the source was read")
        #expect(try back.log().contains { $0.method == "GET" }, "the target was listed")
        // And once there is something to compare, to delete, and to be in the way.
        #expect(try yard.havre("apply", "--yes", file: saved).exit == 0)
        let moved = try writes()
        #expect(moved.count > 13, "the recorder records: \(moved)")
        let other = try plan(all)
        #expect(other.exit == 0, "\(other.words)")
        #expect(try writes() == moved)
        // An update and a deletion are pending, then an object in the way too: named, and left as they are.
        func expect(_ pairs: [(key: String, action: String)]) throws {
            let pending = try plan(all)
            #expect(pending.exit == 2, "\(pending.words)")
            let listed = try plan(["--prune", "--objects", "--json"])
            for (key, action) in pairs {
                let line = listed.out.split(separator: "\n").first { $0.contains(#""key":"\#(key)""#) }
                #expect(line?.contains(#""action":"\#(action)""#) == true, "\(key): \(listed.words)")
            }
        }
        try yard.put([Shipyard.Item("object-1", size: 7, seed: 5)], source)
        try yard.remove([Shipyard.Item("object-2", size: 0, seed: 0)], source)
        try expect([("object-1", "update"), ("object-2", "delete")])
        try yard.put([Shipyard.Item("foreign", size: 8, seed: 6)], source)
        try yard.put([Shipyard.Item("foreign", size: 9, seed: 7)], target)
        // While anything is blocked nothing is deleted.
        try expect([("object-1", "update"), ("object-2", "extraneous"), ("foreign", "blocked")])
        #expect(try writes() == moved)
    }

    /// What the first probe of a target finds out is no part of what was planned: such a plan is stale.
    @Test func whatTheFirstProbeFindsOutIsComparedToo() throws {
        let server = try TestServer.shared(.seaweedfs)
        var yard = try Shipyard()
        let source = try Shipyard.Berth(server, prefix: "in/")
        let target = try Shipyard.Berth(server, prefix: "out/")
        try yard.put(
            [Shipyard.Item("plain", size: 9, seed: 1), Shipyard.Item("tab\tbed", size: 9, seed: 2)], source)
        try yard.draw(from: source, to: target)
        let saved = yard.directory + "/saved"
        let planned = try yard.havre("plan", "-o", saved)
        #expect(planned.out.contains("not known whether the target keeps"), "\(planned.words)")
        let stale = try yard.havre("apply", "--yes", file: saved)
        #expect(
            stale.exit == 21 && stale.err.contains("was planned as blocked, and would be create now"),
            "\(stale.words)")
        #expect(try yard.havre("plan", "-o", saved).exit == 0)
        #expect(try yard.havre("apply", "--yes", file: saved).exit == 0)
        #expect(try yard.counts().landed == 2)
    }

    /// The same requests at the server as the plan counted, deletions included.
    @Test func theRunDoesAtTheServerWhatThePlanNamed() throws {
        let server = try TestServer.shared(.seaweedfs)
        var yard = try Shipyard()
        let back = try FaultProxy(before: server.port)
        let source = try Shipyard.Berth(server, prefix: "in/")
        let target = try Shipyard.Berth(server, prefix: "out/", through: back)
        try yard.put((0..<9).map { Shipyard.Item("object-\($0)", size: 900 * $0, seed: $0) }, source)
        try yard.draw(from: source, to: target, more: "maxDelete: 9")
        #expect(try yard.havre("apply", "--yes").exit == 0)
        // Another source under the same names, some of which it does not hold: what landed from the old one is there still.
        let next = try Shipyard.Berth(server, prefix: "in/")
        try yard.put((3..<9).map { Shipyard.Item("object-\($0)", size: 900 * $0, seed: $0) }, next)
        try yard.draw(from: next, to: target, more: "maxDelete: 9")
        let elsewhere = try yard.havre("plan", "--prune", "--action", "extraneous,delete")
        #expect(elsewhere.out.split(separator: "\n").count == 3 && elsewhere.out.contains("landed from elsewhere"))
        // The source itself: some are gone, one is new, one has changed.
        try yard.draw(from: source, to: target, more: "maxDelete: 9")
        try yard.remove((0..<3).map { Shipyard.Item("object-\($0)", size: 0, seed: 0) }, source)
        try yard.put(
            [Shipyard.Item("object-5", size: 4500, seed: 77), Shipyard.Item("fresh", size: 12, seed: 5)], source)

        struct Line: Decodable {
            let type: String
            let key: String?
            let action: Diff.Action?
        }
        let listed = try yard.havre("plan", "--prune", "--action", "create,update", "--action", "delete", "--json")
        #expect(listed.exit == 0, "\(listed.words)")
        let named = try listed.out.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        .compactMap { line in line.action.map { "\($0 == .delete ? "DELETE" : "PUT") out/\(line.key ?? "")" } }
        #expect(named.count { $0.hasPrefix("DELETE") } == 3 && named.contains("PUT out/fresh"), "\(named)")
        let before = try back.log().count
        let applied = try yard.havre("apply", "--yes", "--prune")
        #expect(applied.exit == 0 && applied.out.contains("3 objects"), "\(applied.words)")
        let done = try back.log().dropFirst(before).filter { ["PUT", "POST", "DELETE"].contains($0.method) }
            .compactMap { passed -> String? in
                let parts = passed.path.split(separator: "/", maxSplits: 2)
                guard parts.count == 3, parts[1] == "out", !passed.path.contains("/.havre/") else { return nil }
                return "\(passed.method) out/\(parts[2])"
            }
        #expect(done.sorted() == named.sorted())
    }
}

/// The commands around a saved plan, and what pruning says.
@Suite(.ownThreads) struct DryRunCommandTests {
    private let yard: LocalYard
    private var directory: String { yard.yard.directory }

    init() throws { yard = try LocalYard(files: 4, more: "maxDelete: 2") }

    private func havre(_ words: String...) throws -> Shipyard.Run {
        try Shipyard.spawn([Shipyard.binary] + words, directory: directory, environment: yard.yard.environment)
    }

    private func plan(_ words: String...) throws -> Shipyard.Run { try yard.run("plan", words) }

    @Test func showSaysWhatPlanSaid() throws {
        let saved = directory + "/saved"
        for language in ["en", "fr"] {
            let planned = try plan("-o", saved, "--lang", language, "--bandwidth", "2Gbps")
            #expect(planned.exit == 0, "\(planned.words)")
            // The file alone: neither plan nor state are needed.
            rename(yard.yard.plan, directory + "/aside")
            rename(yard.yard.state, directory + "/state-aside")
            let shown = try havre("show", saved, "--lang", language)
            #expect(shown.exit == 0 && shown.out.hasSuffix("\n\n" + planned.out), "\(shown.words)\n\(planned.out)")
            #expect(shown.out.contains(language == "en" ? "not signed" : "non signé"))
            let objects = try havre("show", saved, "--objects", "--lang", language)
            rename(directory + "/aside", yard.yard.plan)
            rename(directory + "/state-aside", yard.yard.state)
            let listed = try plan("--objects", "--lang", language)
            #expect(objects.out == listed.out && listed.out.split(separator: "\n").count == 4, "\(objects.words)")
        }
        struct Shown: Decodable {
            struct Report: Decodable {
                struct Part: Decodable { let estimate: Estimate }
                let datasets: [Part]
            }
            let serial: String
            let report: Report
        }
        let json = try havre("show", saved, "--json")
        let shown = try JSONDecoder().decode(Shown.self, from: Data(json.out.utf8))
        #expect(shown.serial.count == 32 && shown.report.datasets.first?.estimate.volume.objects == 4)
        #expect(try havre("show", yard.yard.plan).exit == 64)
        #expect(try havre("show", directory + "/nothing").exit != 0)
    }

    @Test func diffNamesWhatDiffers() throws {
        let (before, after) = (directory + "/before", directory + "/after")
        #expect(try plan("-o", before).exit == 0)
        #expect(try havre("diff", before, before, "--detailed-exitcode").out == "Both say the same.\n")
        #expect(try yard.run("apply", ["--yes"]).exit == 0)
        unlink(yard.source + "/letter-1")
        try yard.put("letter-2", "changed")
        try yard.put("letter-7", "new")
        try Data("another's".utf8).write(to: URL(filePath: yard.target + "/foreign"))
        #expect(try plan("-o", after, "--prune").exit == 0)
        let told = try havre("diff", before, after)
        #expect(told.exit == 0, "\(told.words)")
        for line in [
            "letters  letter-0  create → unchanged", "letters  letter-1  create → delete",
            "letters  letter-2  create → update", "letters  letter-7  not there → create",
            "letters  foreign  not there → extraneous", "Objects: 2 added, 0 removed, 4 changed. Judgement: 0 turned.",
        ] { #expect(told.out.split(separator: "\n").contains(Substring(line)), "\(line): \(told.out)") }
        #expect(try havre("diff", before, after, "--detailed-exitcode").exit == 2)
        let back = try havre("diff", after, before, "--json")
        #expect(back.out.contains(#""removed":2"#) && back.out.contains(#""equal":false"#), "\(back.words)")
        // What would be done differs, though neither side does.
        let unpruned = directory + "/unpruned"
        #expect(try plan("-o", unpruned).exit == 0)
        let other = try havre("diff", after, unpruned)
        #expect(other.out.hasPrefix("letters  letter-1  delete → extraneous\n"), "\(other.words)")
        // A verdict and the plan itself.
        let plain = try #require(TestProcess.contents(of: yard.yard.plan))
        try yard.yard.write(plain.replacing("personal: false", with: "personal: true, stateSensitive: true"))
        #expect(try plan("-o", before).exit == 20)
        let turned = try havre("diff", after, before, "--lang", "fr")
        #expect(
            turned.out.contains("R10 de letters") && turned.out.contains("Le fichier du plan diffère."),
            "\(turned.words)")
        #expect(try havre("diff", before, yard.yard.plan).exit == 64)
    }

    @Test func actionsAreFilteredAndMisspeltOnesNamed() throws {
        #expect(try yard.run("apply", ["--yes"]).exit == 0)
        try yard.put("letter-0", "changed")
        try yard.put("letter-8", "new")
        let some = try plan("--action", "create,update")
        #expect(some.out.split(separator: "\n").map { $0.prefix(1) } == ["~", "+"], "\(some.words)")
        #expect(some.out.contains("source changed since it landed") && some.out.contains("not at the target"))
        let french = try plan("--action", "unchanged", "--lang", "fr")
        #expect(french.out.contains("letter-1") && french.out.contains("arrivé et toujours là"), "\(french.words)")
        let wrong = try plan("--action", "updat")
        #expect(wrong.exit == 64 && wrong.err.contains("expected `update`"), "\(wrong.words)")
    }

    @Test func longListsEndAtAThousandForAPerson() throws {
        for number in 0..<1001 { try yard.put("more-\(number)", "") }
        let listed = try plan("--objects")
        #expect(listed.exit == 0 && listed.out.split(separator: "\n").count == 1000, "\(listed.words.suffix(300))")
        #expect(listed.err.contains("--json lists all"), "\(listed.err)")
        let all = try plan("--objects", "--json")
        #expect(all.out.split(separator: "\n").count == 1006, "the versions' line, and one an object")
    }

    @Test func pruningNeedsALimitAndKeepsIt() throws {
        #expect(try yard.run("apply", ["--yes"]).exit == 0)
        for name in ["letter-0", "letter-1", "letter-2"] { unlink(yard.source + "/" + name) }
        let doubted = try plan("--prune", "-o", directory + "/doubted")
        #expect(doubted.exit == 1 && doubted.out.contains("3 to delete at the target"), "\(doubted.words)")
        #expect(doubted.err.contains("more than half of the 4 that landed"), "\(doubted.words)")
        #expect(access(directory + "/doubted", F_OK) != 0, "such a plan is not saved")
        let unasked = try yard.run("apply", ["--prune", "--yes"])
        #expect(unasked.exit == 1 && unasked.err.contains("say --prune-most"), "\(unasked.words)")
        let named = try plan("--prune", "--prune-most")
        #expect(named.exit == 0, "\(named.words)")
        #expect(named.out.contains("3 to delete at the target"), "\(named.words)")
        #expect(
            named.out.contains("`apply` refuses: 3 objects would be deleted, and maxDelete is 2."), "\(named.words)")
        let refused = try yard.run("apply", ["--prune", "--prune-most", "--yes"])
        #expect(refused.exit == 1 && refused.err.contains("3 objects would be deleted"), "\(refused.words)")
        #expect(LocalYard.names(yard.cargo).count == 4)
        try yard.draw()
        let unlimited = try yard.run("apply", ["--prune", "--yes"])
        #expect(unlimited.exit == 64 && unlimited.err.contains("state maxDelete"), "\(unlimited.words)")
        try yard.draw(more: "maxDelete: 3")
        let saved = directory + "/saved"
        #expect(try plan("-o", saved).exit == 0)
        let other = try Shipyard.spawn(
            [Shipyard.binary, "apply", saved, "--prune", "--yes", "--state", yard.yard.state], directory: directory,
            environment: yard.yard.environment)
        #expect(other.exit == 64 && other.err.contains("planned without --prune"), "\(other.words)")
        #expect(LocalYard.names(yard.cargo).count == 4)
        // A saved plan prunes as it was planned.
        #expect(try plan("-o", saved, "--prune", "--prune-most").exit == 0)
        let applied = try Shipyard.spawn(
            [Shipyard.binary, "apply", saved, "--yes", "--prune-most", "--state", yard.yard.state],
            directory: directory,
            environment: yard.yard.environment)
        #expect(applied.exit == 0 && applied.out.contains("3 objects"), "\(applied.words)")
        #expect(LocalYard.names(yard.cargo) == ["letter-3"])
        let status = try yard.run("status")
        #expect(status.out.contains("deleted "), "\(status.words)")
        let journal = try yard.run("journal")
        #expect(
            journal.out.contains("deletion.intended") && journal.out.contains("deletion.settled"), "\(journal.words)")
    }

    /// A directory that is not mounted lists nothing, and that is not believed.
    @Test func anUnmountedSourceDeletesNothing() throws {
        #expect(try yard.run("apply", ["--yes"]).exit == 0)
        try yard.draw(more: "maxDelete: 9")
        rename(yard.source, directory + "/aside")
        mkdir(yard.source, 0o755)
        for verb in [["plan", "--prune"], ["apply", "--prune", "--yes"]] {
            let run = try yard.run(verb[0], Array(verb.dropFirst()))
            #expect(
                run.exit == 1 && run.err.contains("the source lists no object, and 4 objects landed"), "\(run.words)")
        }
        #expect(LocalYard.names(yard.cargo).count == 4)
    }

    /// A saved plan is applied dataset by dataset, each of them once.
    @Test func aSavedPlanIsAppliedInParts() throws {
        let text = try #require(TestProcess.contents(of: yard.yard.plan))
        let start = try #require(text.firstRange(of: "  letters:\n")).lowerBound
        let (head, body) = (String(text[..<start]), String(text[start...]))
        let second = body.replacing("letters:", with: "others:").replacing(yard.target, with: yard.target + "2")
        mkdir(yard.target + "2", 0o755)
        try yard.yard.write(head + body + second)
        let saved = directory + "/saved"
        #expect(try plan("-o", saved).exit == 0)
        func apply(_ words: String...) throws -> Shipyard.Run {
            try Shipyard.spawn(
                [Shipyard.binary, "apply", saved, "--yes", "--state", yard.yard.state] + words, directory: directory,
                environment: yard.yard.environment)
        }
        let first = try apply("--dataset", "letters")
        #expect(first.exit == 0, "\(first.words)")
        #expect(LocalYard.names(yard.target + "2").isEmpty)
        let replayed = try apply("--dataset", "letters")
        #expect(replayed.exit == 21 && replayed.err.contains("to the dataset letters"), "\(replayed.words)")
        let other = try apply("--dataset", "others")
        #expect(other.exit == 0 && LocalYard.names(yard.target + "2").count == 4, "\(other.words)")
    }

    /// The finish is forecast, and held against the end of what the target is certified for (R22).
    @Test func anEndThatCannotBeKeptIsNamed() throws {
        try yard.put("large", String(repeating: "x", count: 4_000_000))
        try yard.yard.write(
            """
            havre: 1
            name: letters
            controller: Exemple
            providers:
              old: {is: local, service: file, country: FR, law: FR}
              here:
                is: local
                service: file
                country: FR
                law: FR
                certifications:
                  - {name: HDS, status: held, from: 2025-01-01, until: 2026-12-31, verifiedOn: 2026-11-01}
            keys:
              ours: {recipient: \(yard.yard.recipient), custodian: {name: Exemple, country: FR, law: FR}}
            workers: {country: FR, law: FR}
            remoteAccess: none
            datasets:
              letters:
                class: {personal: false, health: true}
                from: {provider: old, bucket: \(yard.source)}
                to: {provider: here, bucket: \(yard.target)}
                seal: {format: age, recipients: [ours]}

            """)
        func planned(_ rate: String) throws -> Shipyard.Run {
            var environment = yard.yard.environment
            environment["HAVRE_TODAY"] = "2026-11-24"
            return try Shipyard.spawn(
                [Shipyard.binary, "plan", yard.yard.plan, "--bandwidth", rate, "--state", yard.yard.state],
                directory: directory, environment: environment)
        }
        // Four megabytes at a byte a second: 46 days, and what is read back; 37 are left.
        let late = try planned("8bps")
        #expect(late.out.contains("  R22 warns (violated): done on 2027-01-18 at the earliest"), "\(late.words)")
        #expect(late.out.contains("done between 2027-01-18 and 2027-03-15"), "\(late.words)")
        let early = try planned("10Gbps")
        #expect(!early.out.contains("  R22 ") && early.out.contains("done on 2026-11-24"), "\(early.words)")
    }

    /// Said once for each, with why; nothing is invented where no price is known.
    @Test func theEstimateSaysWhatItRestsOn() throws {
        let assumed = try plan()
        #expect(assumed.out.contains("1.0 Gb/s (assumed"), "\(assumed.out)")
        #expect(assumed.out.contains("unknown, the catalogue holds no price list of here"), "\(assumed.out)")
        #expect(assumed.out.contains("  target  not probed"))
        #expect(assumed.out.contains("target: 1 LIST") && assumed.out.contains("4 PUT"), "\(assumed.out)")
        #expect(try plan("--bandwidth", "10Gbps").out.contains("at 10.0 Gb/s (--bandwidth)"))
        let probed = try plan("--probe")
        #expect(probed.out.contains(" requests, first byte after "), "\(probed.words)")
        let wrong = try plan("--bandwidth", "fast")
        #expect(wrong.exit == 64 && wrong.err.contains("10Gbps"), "\(wrong.words)")
        #expect(try plan("--bandwidth", "1Gbps", "--probe").exit == 64)
        try yard.draw(more: "bandwidth: 100Mbps")
        #expect(try plan().out.contains("at 100.0 Mb/s (the plan's limit)"))
        let limited = try plan("--bandwidth", "10Gbps")
        #expect(limited.out.contains("at 100.0 Mb/s (--bandwidth)"), "the plan's limit holds: \(limited.out)")
        #expect(try yard.run("doctor").exit == 0)
        #expect(try plan().out.contains("  target  probed on 20"))
    }
}
