import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// `kill -9` at random moments of one migration, restarted each time (invariants 1 to 4, 8 and 9).
@Suite(.serialized, .ownThreads) struct KillTests {
    /// One landing of the journal's batch, and the most that may be on its way beside it.
    private static let batch = 128
    private static let concurrency = 192
    /// Bytes a second of the plan, so that runs last long enough to be hit.
    private static let rate = 6_000_000.0

    /// What the target had acknowledged when a run was killed.
    private struct Acknowledged {
        /// Times that each part went through, by upload and number.
        var parts: [String: Int] = [:]
        /// Uploads that got parts, by path.
        var uploads: [String: Set<Substring>] = [:]
        /// Times that each object of one part went through, by path.
        var objects: [String: Int] = [:]

        init(_ writes: [FaultProxy.Passed]) {
            for write in writes where write.method == "PUT" && write.status == 200 && !write.path.contains("/.havre/") {
                let words = write.query.split(separator: "&")
                if let upload = words.first(where: { $0.hasPrefix("uploadId=") }) {
                    uploads[write.path, default: []].insert(upload)
                    parts[write.path + " " + words.sorted().joined(separator: " "), default: 0] += 1
                } else {
                    objects[write.path, default: 0] += 1
                }
            }
        }
    }

    @Test(.enabled(if: TestServer.Kind.seaweedfs.isWanted, "weed is not installed; run the set-up script"))
    func oneMigrationSurvivesEveryKill() throws {
        let isSoak = getenv("HAVRE_SOAK").map { String(cString: $0) } == "1"
        let given = getenv("HAVRE_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("kill test: HAVRE_SEED=\(seed)")
        let kills = isSoak ? 200 : 20
        let (small, large) = isSoak ? (500, 256) : (120, 32)
        let server = try TestServer(.seaweedfs)
        defer { server.stop() }
        let proxy = try FaultProxy(before: server.port)
        defer { proxy.stop() }
        // So that kills come between a request and its answer as well; a small PUT under way then goes through
        // after its sender's death, even beside the next run.
        try proxy.rules(
            """
            [{"method": "PUT", "path": "/(d[0-9]|odd)/", "do": "delay", "seconds": 0.15},
             {"method": "POST", "path": "/large/", "do": "delay", "seconds": 0.3}]
            """)
        let voyage = try KilledVoyage(server: server, target: proxy.endpoint, rate: Self.rate)
        try voyage.put(seed: seed, small: small, large: large)
        let total = small + 2

        var chance = SplitMix(seed: seed)
        var before = Acknowledged([])
        var owed = 0
        var midRun = 0
        var ended = false
        var resentObjects = 0
        /// What the last run sent again, measured against what the target had acknowledged before it.
        func judge(_ now: Acknowledged, life: Int) {
            for (part, times) in before.parts where now.parts[part] != times {
                Issue.record("life \(life): a part was sent again though ListParts showed it: \(part)")
            }
            for (path, uploads) in now.uploads where uploads.count > 1 {
                Issue.record("life \(life): parts of \(path) went to \(uploads.count) uploads")
            }
            let again = before.objects.count { now.objects[$0.key] != $0.value }
            #expect(again <= owed, "life \(life): \(again) objects were sent again, \(owed) had no landing")
            resentObjects += again
        }
        var remaining = Double((large << 21) + (small << 15))
        for life in 1...kills {
            // Long enough for what a run must do first, then a share of what is left: kills spread over the whole.
            let longest = 0.6 + 2 * remaining / Self.rate / Double(kills - life + 1)
            let exit = try voyage.applyKilled(after: 0.02 + longest * chance.unit())
            #expect(exit == -SIGKILL || exit == 0, "life \(life): exit \(exit): \(voyage.words)")
            if exit == -SIGKILL && !ended { midRun += 1 }
            if exit == 0 { ended = true }
            // What was already at the proxy when the process died comes to its end.
            usleep(100_000)
            let now = Acknowledged(try proxy.writes())
            judge(now, life: life)
            before = now
            guard let counts = try voyage.checked(life: life) else { continue }
            #expect(counts.isWhole, "life \(life): \(counts)")
            #expect(counts.failed == 0 && counts.blocked == 0, "life \(life): \(counts)")
            remaining = Double(counts.plannedBytes) - Double(counts.landedBytes + counts.partBytes)
            // Large objects among the landed ones are no objects of one part: at most two.
            owed = max(0, now.objects.count - counts.landed - counts.unchanged + 2)
            #expect(owed <= Self.batch + Self.concurrency, "life \(life): \(owed) objects without a landing")
        }
        let last = try voyage.havre("apply", "--yes")
        try #require(last == 0, "the last apply: exit \(last): \(voyage.words)")
        let now = Acknowledged(try proxy.writes())
        judge(now, life: kills + 1)
        let resentParts = now.parts.values.reduce(0) { $0 + $1 - 1 }
        #expect(now.objects.count == small, "objects of one part at the target")
        #expect(now.uploads.count == 2 && now.parts.count >= 2 * large / 8, "\(now.parts.count) parts at the target")
        #expect(midRun * 2 >= kills, "only \(midRun) of \(kills) kills hit the migration")
        let counts = try #require(try voyage.checked(life: kills + 1))
        #expect(counts.isWhole && counts.total == total && counts.open == 0 && counts.failed == 0, "\(counts)")
        #expect(try voyage.havre("plan", "--detailed-exitcode") == 0, "a second plan: \(voyage.words)")
        #expect(try voyage.havre("verify", "--identity", voyage.identity) == 0, "verify: \(voyage.words)")
        try voyage.compare(expected: total)
        print(
            "kill test: \(kills) kills, \(midRun) in mid-run; sent again: \(resentParts) of \(now.parts.count) parts,",
            "\(resentObjects) of \(small) objects")
    }
}
