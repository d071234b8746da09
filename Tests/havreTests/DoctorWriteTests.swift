import ArgumentParser
import FoundationEssentials
import Glibc
import HavreEngine
import HavreModel
import HavreStores
import TestServers
import Testing

@testable import havre

/// `doctor --write` measures how fast a target takes data, leaves nothing there, and `plan` reckons with it.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct DoctorWriteTests {
    private static func entry(_ state: String) throws -> TraitsRecord.Entry {
        try #require(try TraitsRecord.load(state: state).entries.values.first)
    }

    private static func rates(_ writes: [FaultProxy.Passed]) -> [FaultProxy.Passed] {
        writes.filter { $0.method == "PUT" && $0.path.contains("/rate-") }
    }

    @Test func aDirectoryIsMeasuredAndThePlanReckonsWithIt() throws {
        let yard = try LocalYard(prefix: "in/")
        #expect(try yard.run("doctor").exit == 0)
        #expect(try Self.entry(yard.yard.state).writing == nil, "only --write measures")
        let plain = try yard.run("plan")
        #expect(plain.out.contains("half of it at worst") && !plain.out.contains("target measured"), "\(plain.words)")

        let doctor = try yard.run("doctor", ["--write"])
        #expect(doctor.exit == 0 && doctor.out.contains("ok  write rate: "), "\(doctor.words)")
        let measured = try #require(try Self.entry(yard.yard.state).writing)
        #expect(measured.slowest > 0 && measured.fastest >= measured.slowest)
        let left = try FileManager.default.subpathsOfDirectory(atPath: yard.target).filter { $0.contains("rate-") }
        #expect(left == [])
        let day = Day(nanoseconds: measured.measuredAt)
        let plan = try yard.run("plan")
        #expect(plan.out.contains("target measured on \(day)"), "\(plan.words)")
        let french = try yard.run("plan", ["--lang", "fr"])
        #expect(french.out.contains("cible mesurée le \(day)"), "\(french.words)")
        // Without --write what was measured stays, with its own day.
        #expect(try yard.run("doctor").exit == 0)
        #expect(try Self.entry(yard.yard.state).writing == measured)
    }

    @Test func theSlowerOfBothIsReckonedWith() throws {
        let yard = try LocalYard()
        let session = try PlanSession.load(yard.yard.plan, try StateDirectory.parse(["--state", yard.yard.state]))
        let slow = TraitsRecord.Writing(slowest: 1000, fastest: 4000, measuredAt: 0)
        let pace = session.pace(given: 1_000_000, probe: nil, target: slow)
        #expect(pace.low == 1000 && pace.high == 4000)
        let between = TraitsRecord.Writing(slowest: 700_000, fastest: 800_000, measuredAt: 0)
        let capped = session.pace(given: 1_000_000, probe: nil, target: between)
        #expect(capped.low == 500_000 && capped.high == 800_000)
    }

    @Test func anOldRecordStillReads() throws {
        let directory = try TestDirectory.make()
        var record = TraitsRecord()
        record.set(
            "a", TraitsRecord.Entry(traits: MemoryStore().traits, findings: [], probedAt: 7))
        try record.save(state: directory)
        let text = try #require(TestProcess.contents(of: directory + "/traits.json"))
        #expect(!text.contains("writing"))
        #expect(try TraitsRecord.load(state: directory).entries["a"]?.probedAt == 7)
    }

    @Test(arguments: [TestServer.Kind.moto, .seaweedfs])
    func aServerIsMeasuredAndNothingIsLeft(_ kind: TestServer.Kind) throws {
        let server = try TestServer.shared(kind)
        let proxy = try FaultProxy(before: server.port)
        defer { proxy.stop() }
        var yard = try Shipyard()
        let target = try Shipyard.Berth(server, prefix: "in/", through: proxy)
        try yard.draw(from: try Shipyard.Berth(server), to: target)
        let plain = try yard.havre("doctor")
        #expect(plain.exit == 0, "\(plain.words)")
        #expect(Self.rates(try proxy.writes()).isEmpty, "only --write writes so much")
        let doctor = try yard.havre("doctor", "--write")
        #expect(doctor.exit == 0 && doctor.out.contains("ok  write rate: "), "\(doctor.words)")
        let sent = Self.rates(try proxy.writes())
        #expect((4...8).contains(sent.count) && sent.allSatisfy { $0.in >= 8 << 20 }, "\(sent.count)")
        #expect(sent.allSatisfy { $0.path.contains("/in/.havre/probe-") })
        #expect(try Self.entry(yard.state).writing != nil)
        #expect(try yard.listed(target) == [])
    }

    /// Half of the objects lie there when it dies.
    @Test func whatAKillLeavesTheNextDoctorRemoves() throws {
        let server = try TestServer.shared(.seaweedfs)
        let proxy = try FaultProxy(before: server.port)
        defer { proxy.stop() }
        var yard = try Shipyard()
        let target = try Shipyard.Berth(server, prefix: "in/", through: proxy)
        try yard.draw(from: try Shipyard.Berth(server), to: target)
        try proxy.rules(#"[{"method":"PUT","path":"/rate-[23]","do":"delay","seconds":3600}]"#)
        let pid = try TestProcess.spawn(
            [Shipyard.binary, "doctor", yard.plan, "--write", "--state", yard.state], environment: yard.environment,
            output: yard.directory + "/killed.out", errors: yard.directory + "/killed.err")
        try LocalYard.wait("two objects at the target") {
            Self.rates(try proxy.writes()).count { $0.status == 200 } == 2
        }
        kill(pid, SIGKILL)
        _ = try TestProcess.wait(pid)
        #expect(try yard.listed(target).contains { $0.contains("/rate-") }, "there is something to remove")
        try proxy.rules("[]")
        let doctor = try yard.havre("doctor")
        #expect(doctor.exit == 0, "\(doctor.words)")
        #expect(try yard.listed(target) == [])
        #expect(try Self.entry(yard.state).writing == nil, "what did not end has measured nothing")
    }
}
