import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import TestServers
import Testing

@testable import havre

/// Whatever servers and networks do, an object is right or it failed with words: none is called landed that is not.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct FaultTests {
    /// Where the fault strikes.
    enum Side: Sendable {
        case source
        case target
    }

    /// A fault, and the exit statuses with which a run under it may end.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let side: Side
        let rules: String
        let exits: Set<Int32>
        var server = TestServer.Kind.seaweedfs
        var testDescription: String { name }
    }

    static let faults = [
        Fault(
            name: "a byte flipped towards the target", side: .target,
            rules: #"[{"method":"PUT","path":"one","times":1,"do":"flip-request","offset":700},"#
                + #"{"method":"PUT","query":"partNumber=1&","times":1,"do":"flip-request","offset":70000}]"#,
            exits: [0]),
        Fault(
            name: "bytes flipped towards a target without checks", side: .target,
            rules: #"[{"method":"PUT","path":"one","do":"flip-request","offset":700},"#
                + #"{"method":"PUT","query":"partNumber=1&","do":"flip-request","offset":70000}]"#,
            exits: [3], server: .moto),
        Fault(
            name: "a byte flipped at read-back", side: .target,
            rules: #"[{"method":"GET","path":"one","times":1,"do":"flip-response","offset":700}]"#, exits: [22]),
        Fault(
            name: "answers cut short", side: .source,
            rules: #"[{"method":"GET","path":"one","times":1,"do":"truncate","after":1000},"#
                + #"{"method":"GET","path":"large","times":1,"do":"truncate","after":100000}]"#,
            exits: [0, 3, 75]),
        Fault(
            name: "answers that are short and do not look it", side: .source,
            rules: #"[{"method":"GET","path":"one","times":1,"do":"shorten","after":1000},"#
                + #"{"method":"GET","path":"large","times":1,"do":"shorten","after":100000}]"#,
            exits: [0, 3, 75]),
        Fault(
            name: "another ETag at the source", side: .source,
            rules: ##"[{"method":"GET","path":"one|large","times":2,"do":"header","name":"etag","value":"\"0123\""}]"##,
            exits: [0, 3, 75]),
        Fault(
            name: "another ETag at the target", side: .target,
            rules: ##"[{"method":"PUT","path":"one","times":1,"do":"header","name":"etag","value":"\"0123\""}]"##,
            exits: [0, 3, 22, 75]),
        Fault(
            name: "another ETag at a target without checks", side: .target,
            rules: ##"[{"method":"PUT","path":"one","times":1,"do":"header","name":"etag","value":"\"0123\""}]"##,
            exits: [0], server: .moto),
        Fault(
            name: "200 with an error in its body on Complete", side: .target,
            rules:
                #"[{"method":"POST","query":"uploadId","times":1,"do":"answer","status":200,"body":"<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>no</Message></Error>"}]"#,
            exits: [0, 3, 75]),
        Fault(
            name: "the same for ever", side: .target,
            rules:
                #"[{"method":"POST","query":"uploadId","do":"answer","status":200,"body":"<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>no</Message></Error>"}]"#,
            exits: [3, 75]),
        Fault(
            name: "the same, and the object was joined", side: .target,
            rules:
                #"[{"method":"POST","query":"uploadId","times":1,"do":"answer","status":200,"forward":true,"body":"<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>no</Message></Error>"}]"#,
            exits: [0, 3, 75]),
        Fault(
            name: "a storm of 503 with Retry-After at the target", side: .target,
            rules:
                #"[{"every":2,"times":12,"do":"answer","status":503,"headers":{"retry-after":"1"},"body":"<Error><Code>SlowDown</Code></Error>"}]"#,
            exits: [0]),
        Fault(
            name: "a storm of 503 with Retry-After at the source", side: .source,
            rules:
                #"[{"every":2,"times":12,"do":"answer","status":503,"headers":{"retry-after":"1"},"body":"<Error><Code>SlowDown</Code></Error>"}]"#,
            exits: [0]),
        Fault(
            name: "connections cut after PUT and Complete arrived", side: .target,
            rules: #"[{"method":"PUT","path":"one","times":1,"do":"cut","when":"after"},"#
                + #"{"method":"PUT","query":"partNumber=1&","times":1,"do":"cut","when":"after"},"#
                + #"{"method":"POST","query":"uploadId","times":1,"do":"cut","when":"after"}]"#,
            exits: [0]),
        Fault(
            name: "connections cut in the middle of bodies", side: .target,
            rules: #"[{"method":"PUT","path":"one","times":2,"do":"cut","when":"body"},"#
                + #"{"method":"PUT","query":"partNumber","times":2,"do":"cut","when":"body"}]"#,
            exits: [0]),
        Fault(
            name: "the source's credentials expire", side: .source,
            rules:
                #"[{"method":"GET","path":"one|large|more","do":"answer","status":403,"body":"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"}]"#,
            exits: [75]),
        Fault(
            name: "the target's credentials expire", side: .target,
            rules:
                #"[{"do":"answer","status":403,"body":"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"}]"#,
            exits: [75]),
    ]

    @Test(arguments: faults)
    func aFaultEndsInARightObjectOrInWords(_ fault: Fault) throws {
        var yard = try Shipyard()
        let from = try TestServer.shared(.seaweedfs)
        let server = try TestServer.shared(fault.server)
        let proxy = try FaultProxy(before: fault.side == .source ? from.port : server.port)
        defer { proxy.stop() }
        let source = try Shipyard.Berth(from, through: fault.side == .source ? proxy : nil)
        let target = try Shipyard.Berth(server, through: fault.side == .target ? proxy : nil)
        let items =
            [Shipyard.Item("one", size: 200_000, seed: 1), Shipyard.Item("large", size: 20 << 20, seed: 2)]
            + (0..<6).map { Shipyard.Item("more-\($0)", size: 1000, seed: 10 + $0) }
        try yard.put(items, source)
        try yard.draw(from: source, to: target)
        let doctor = try yard.havre("doctor")
        #expect(doctor.exit == 0, "\(doctor.words)")
        try proxy.rules(fault.rules)
        let run = try yard.havre("apply", "--yes", "--json")
        #expect(fault.exits.contains(run.exit), "\(run.words)")
        try proxy.rules("[]")

        // What is called landed is right; what failed says why.
        let counts = try yard.counts()
        #expect(counts.isWhole)
        let failed = try failures(yard)
        #expect(failed.count == counts.failed && failed.values.allSatisfy { !$0.isEmpty })
        if run.exit == 0 { #expect(counts.landed == items.count && counts.failed == 0) }
        if run.exit != 0 { #expect(run.out.contains("\"reason\"") || run.out.contains("\"message\""), "\(run.words)") }
        if counts.open == 0, counts.total > 0 {
            let complaints = try yard.complaints(
                items.filter { failed[$0.key] == nil }
                    + failed.keys.map { .init($0, size: 0, seed: 0, optional: true) },
                target)
            let wrong = complaints.split(separator: "\n").filter { line in
                line.contains("'") && !failed.keys.contains { line.hasPrefix("'\($0)'") }
            }
            #expect(wrong.isEmpty)
        }

        // Without the fault the next run ends it.
        let again = try yard.havre("apply", "--yes")
        #expect(again.exit == 0, "\(again.words)")
        #expect(try yard.complaints(items, target) == "")
        let plan = try yard.havre("plan", "--detailed-exitcode")
        #expect(plan.exit == 0, "\(plan.words)")
    }

    /// Below TLS, where only its own authentication can tell.
    @Test func bitsThatChangeOnATLSLegFromTheSourceAreNoticed() throws {
        var yard = try Shipyard()
        let server = try TestServer.shared(.seaweedfs)
        let front = try FaultProxy(before: server.port, front: .tls)
        defer { front.stop() }
        let wire = try WireFlip(before: front.port, first: 1_500_000, every: 3_000_000, times: 4)
        defer { wire.stop() }
        var source = try Shipyard.Berth(server, through: front)
        source.endpoint = "https://127.0.0.1:\(wire.port)"
        let target = try Shipyard.Berth(server)
        let items =
            [Shipyard.Item("large", size: 20 << 20, seed: 2)]
            + (0..<6).map { Shipyard.Item("more-\($0)", size: 100_000, seed: 10 + $0) }
        try yard.put(items, source)
        try yard.draw(from: source, to: target)
        let applied = try yard.havre("apply", "--yes")
        #expect(applied.exit == 0, "\(applied.words)")
        #expect(wire.flips == 4)
        let counts = try yard.counts()
        #expect(counts.landed == items.count && counts.verified == items.count && counts.isWhole)
        #expect(try yard.complaints(items, target) == "")
    }

    private func failures(_ yard: Shipyard) throws -> [String: String] {
        struct Report: Decodable {
            struct Failure: Decodable {
                let key: String
                let reason: String
            }
            struct Part: Decodable { let failed: [Failure] }
            let datasets: [Part]
        }
        let run = try yard.havre("status", "--json")
        let report = try JSONDecoder().decode(Report.self, from: Data(run.out.utf8))
        return Dictionary(
            report.datasets.flatMap(\.failed).map { ($0.key, $0.reason) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(arguments: [TestServer.Kind.seaweedfs, .rclone])
    func aSourceOverwrittenInMidTransferNeverMixes(_ kind: TestServer.Kind) throws {
        var yard = try Shipyard()
        let from = try TestServer.shared(kind)
        let proxy = try FaultProxy(before: from.port)
        defer { proxy.stop() }
        let source = try Shipyard.Berth(from, through: proxy)
        let target = try Shipyard.Berth(TestServer.shared(.seaweedfs))
        try yard.put([Shipyard.Item("large", size: 40 << 20, seed: 1)], source)
        try yard.draw(from: source, to: target)
        let doctor = try yard.havre("doctor")
        #expect(doctor.exit == 0, "\(doctor.words)")
        try proxy.forget()
        // The first part passes, the others wait until the object is another.
        try proxy.rules(#"[{"method":"GET","path":"large","skip":1,"times":4,"do":"delay","seconds":6}]"#)
        let overwriter = Overwriter(yard, source, proxy)
        overwriter.start()
        let run = try yard.havre("apply", "--yes")
        #expect(overwriter.wait() == "")
        try proxy.rules("[]")
        #expect([0, 3, 75].contains(run.exit), "\(run.words)")
        let either = Shipyard.Item("large", size: 40 << 20, seed: 1, or: [2], optional: run.exit != 0)
        #expect(try yard.complaints([either], target) == "", "\(run.words)")
        let again = try yard.havre("apply", "--yes")
        #expect(again.exit == 0, "\(again.words)")
        #expect(try yard.complaints([Shipyard.Item("large", size: 40 << 20, seed: 2)], target) == "")
    }

    /// Overwrites `large` in a thread of its own once its first part was asked for.
    private final class Overwriter: Sendable {
        private let yard: Shipyard
        private let berth: Shipyard.Berth
        private let proxy: FaultProxy
        private let outcome = Mutex<String?>(nil)

        init(_ yard: Shipyard, _ berth: Shipyard.Berth, _ proxy: FaultProxy) {
            self.yard = yard
            self.berth = berth
            self.proxy = proxy
        }

        func start() {
            DispatchQueue.global().async { [self] in
                let words: String
                do {
                    var turns = 0
                    while try !proxy.log().contains(where: { $0.method == "GET" && $0.path.hasSuffix("large") }),
                        turns < 600
                    {
                        usleep(50_000)
                        turns += 1
                    }
                    try yard.put([Shipyard.Item("large", size: 40 << 20, seed: 2)], berth)
                    words = turns < 600 ? "" : "the object was never asked for"
                } catch {
                    words = "\(error)"
                }
                outcome.withLock { $0 = words }
            }
        }

        func wait() -> String {
            for _ in 0..<1200 {
                if let words = outcome.withLock({ $0 }) { return words }
                usleep(50_000)
            }
            return "the overwriting does not end"
        }
    }

    @Test func aFullDiskUnderTheJournalIsSaidAndPasses() throws {
        var yard = try Shipyard()
        guard mkdir(yard.state, 0o700) == 0, mount("none", yard.state, "tmpfs", 0, "size=700k,mode=0700") == 0 else {
            // Only root may mount; where it may not, there is nothing to see.
            print("no file system can be mounted here: the test of a full disk is skipped")
            return
        }
        defer { umount2(yard.state, Int32(MNT_DETACH)) }
        let server = try TestServer.shared(.seaweedfs)
        let source = try Shipyard.Berth(server)
        let target = try Shipyard.Berth(server)
        let items = (0..<500).map { Shipyard.Item("object-with-a-name-\($0)", size: 100, seed: $0) }
        try yard.put(items, source)
        try yard.draw(from: source, to: target)
        let run = try yard.havre("apply", "--yes")
        #expect([1, 75].contains(run.exit), "\(run.words)")
        #expect(run.err.contains("full") || run.err.contains("No space"), "\(run.words)")
        #expect(mount("none", yard.state, "tmpfs", UInt(MS_REMOUNT), "size=64m,mode=0700") == 0)
        let again = try yard.havre("apply", "--yes")
        #expect(again.exit == 0, "\(again.words)")
        #expect(try yard.complaints(items, target) == "")
        #expect(try yard.havre("plan", "--detailed-exitcode").exit == 0)
    }
}
