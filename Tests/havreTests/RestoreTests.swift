import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// `restore`: never into what is moved, told apart by exit status, and as often as one likes.
@Suite(.ownThreads) struct RestoreTests {
    private struct Report: Decodable {
        struct Part: Decodable {
            let restored: Int
            let present: Int
            let compared: Int
            let failed: Int
            let failures: [String]
        }
        let datasets: [Part]
        let drained: Bool
    }

    private func restore(_ yard: LocalYard, to: String, identity: String? = nil) throws -> (Shipyard.Run, Report.Part) {
        let run = try yard.run("restore", ["--identity", identity ?? yard.yard.identity, "--to", to, "--json"])
        let report = try JSONDecoder().decode(Report.self, from: Data(run.out.utf8))
        return (run, try #require(report.datasets.first))
    }

    @Test func clearTextNeverGoesWhereThePlanMoves() throws {
        let yard = try LocalYard(prefix: "2021/")
        try yard.apply()
        let base = yard.yard.directory
        symlink(yard.target, base + "/link")
        try FileManager.default.createDirectory(atPath: base + "/apart", withIntermediateDirectories: true)
        symlink(yard.target + "/2021", base + "/apart/letters")
        let before = try FileManager.default.subpathsOfDirectory(atPath: yard.target).sorted()
        for (place, word) in [
            (yard.target, "is"), (yard.target + "/", "is"), (yard.target + "/2021/back", "lies in"),
            (yard.source, "is"), (yard.source + "/back", "lies in"), (base, "contains"), ("/", "contains"),
            (base + "/link", "is"), (base + "/link/back", "lies in"), (base + "/apart", "lies in"),
            (base + "/x/../target/back", "lies in"),
        ] {
            let run = try yard.run("restore", ["--identity", yard.yard.identity, "--to", place])
            #expect(run.exit == 64, "\(place): \(run.words)")
            #expect(run.err.contains(" \(word) ") && run.err.contains("clear text does not belong there"), "\(run.err)")
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: yard.target).sorted() == before)
        #expect(LocalYard.names(yard.source).count == 5)
        let neighbour = try yard.run("restore", ["--identity", yard.yard.identity, "--to", yard.target + "-back"])
        #expect(neighbour.exit == 0, "\(neighbour.words)")
    }

    @Test func aWrongKeyIsSaidOnce() throws {
        let yard = try LocalYard(files: 60)
        try yard.apply()
        let back = yard.yard.directory + "/back"
        let run = try yard.run("restore", ["--identity", try yard.strangersIdentity(), "--to", back])
        #expect(run.exit == 12, "\(run.words)")
        #expect(run.out.split(separator: "\n").filter { $0.contains("  ! ") }.count == 1, "\(run.out)")
        #expect(LocalYard.names(back + "/letters").isEmpty)
    }

    @Test func whatDiffersFromTheRecordEndsWith22() throws {
        let yard = try LocalYard()
        try yard.apply()
        let one = yard.target + "/letter-1"
        try FileManager.default.moveItem(atPath: one, toPath: one + ".x")
        try FileManager.default.moveItem(atPath: yard.target + "/letter-2", toPath: one)
        try FileManager.default.moveItem(atPath: one + ".x", toPath: yard.target + "/letter-2")
        let (swapped, report) = try restore(yard, to: yard.yard.directory + "/back")
        #expect(swapped.exit == 22, "\(swapped.words)")
        #expect(report.restored == 3 && report.failed == 2, "\(swapped.words)")
        #expect(report.failures.allSatisfy { $0.hasPrefix("letter-") && $0.contains("is not the object") })

        // Without a record, damage is seen as well.
        var bytes = try Data(contentsOf: URL(filePath: yard.target + "/letter-3"))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(filePath: yard.target + "/letter-3"))
        try FileManager.default.removeItem(atPath: yard.yard.state)
        let (damaged, second) = try restore(yard, to: yard.yard.directory + "/again")
        #expect(damaged.exit == 22 && second.restored == 4 && second.failed == 1, "\(damaged.words)")
    }

    @Test func whatIsSealedToOthersIsToldFromAWrongKey() throws {
        let (yard, other) = (try LocalYard(), try LocalYard(files: 1))
        try yard.apply()
        try other.apply()
        let place = yard.target + "/letter-0"
        try FileManager.default.removeItem(atPath: place)
        try FileManager.default.copyItem(atPath: other.target + "/letter-0", toPath: place)
        let (recorded, report) = try restore(yard, to: yard.yard.directory + "/back")
        #expect(recorded.exit == 22 && report.restored == 4 && report.failed == 1, "\(recorded.words)")
        #expect(report.failures.first?.hasPrefix("letter-0: is another object") == true)
        // Nothing tells without the record; the others are restored in any case, or none was tried.
        try FileManager.default.removeItem(atPath: yard.yard.state)
        let (unrecorded, _) = try restore(yard, to: yard.yard.directory + "/again")
        #expect(unrecorded.exit == 12, "\(unrecorded.words)")
    }

    @Test func againIsNoFailure() throws {
        let yard = try LocalYard()
        try yard.put("large", String(repeating: "large ", count: 2 << 20))
        try yard.apply()
        let back = yard.yard.directory + "/back"
        let (first, all) = try restore(yard, to: back)
        #expect(first.exit == 0 && all.restored == 6 && all.present == 0 && all.compared == 6, "\(first.words)")
        #expect(LocalYard.names(back) == ["letters"], "nothing but the dataset's folder")
        try FileManager.default.removeItem(atPath: back + "/letters/letter-4")
        for recorded in [true, false] {
            if !recorded { try FileManager.default.removeItem(atPath: yard.yard.state) }
            let (again, report) = try restore(yard, to: back)
            #expect(again.exit == 0, "\(again.words)")
            #expect(report.present == (recorded ? 5 : 6) && report.restored == (recorded ? 1 : 0), "\(again.words)")
            #expect(report.compared == (recorded ? 6 : 0))
        }
        for recorded in [false, true] {
            if recorded {
                let adopted = try yard.run("adopt", ["--identity", yard.yard.identity])
                #expect(adopted.exit == 0, "\(adopted.words)")
            }
            let other = Data(
                repeating: 65, count: try Data(contentsOf: URL(filePath: back + "/letters/letter-1")).count)
            try other.write(to: URL(filePath: back + "/letters/letter-1"))
            let (occupied, report) = try restore(yard, to: back)
            #expect(occupied.exit == 3 && report.present == 5 && report.failed == 1, "\(occupied.words)")
            #expect(report.failures.first?.hasPrefix("letter-1: the directory holds other content") == true)
            #expect(try Data(contentsOf: URL(filePath: back + "/letters/letter-1")) == other, "left as it was")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM]) func asASignalAsksItEndsWith130AndGoesOnLater(_ signal: Int32) throws {
        let yard = try LocalYard(files: 40)
        try yard.apply()
        try yard.draw(more: "requestsPerSecond: 5")
        let back = yard.yard.directory + "/back"
        let process = try yard.start("restore", ["--identity", yard.yard.identity, "--to", back])
        try LocalYard.wait("the first object") { !LocalYard.names(back + "/letters").isEmpty }
        kill(process, signal)
        #expect(try TestProcess.wait(process) == 130)
        let part = LocalYard.names(back + "/letters")
        #expect(!part.isEmpty && part.count < 40)
        #expect(LocalYard.names(back) == ["letters"], "no spool stays behind")
        try yard.draw()
        let (again, report) = try restore(yard, to: back)
        #expect(again.exit == 0 && report.present == part.count && report.restored == 40 - part.count, "\(again.words)")
        for name in LocalYard.names(yard.source) {
            #expect(
                TestProcess.contents(of: back + "/letters/" + name)
                    == TestProcess.contents(of: yard.source + "/" + name))
        }
    }
}
