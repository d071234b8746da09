import Foundation
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import Synchronization
import Testing

/// Verdicts that change while a run moves.
@Suite struct VigilTests {
    private let convoy: Convoy
    private static let note = JournalNote(json: Array(#"{"cause":"DPF=invalid"}"#.utf8))

    init() throws { convoy = try Convoy() }

    private func expectEverythingThere(_ leg: Convoy.Leg) throws {
        #expect(leg.results.count == 2 && leg.states == ["verified", "verified"])
        for (index, result) in leg.results.enumerated() {
            let source = convoy.sources[index]
            #expect(result.outcome.stopped == nil && (result.manifest == nil) == source.keys.isEmpty)
            #expect(result.counts.open == 0 && result.counts.failed == 0)
            for key in source.keys {
                let name = String(String(decoding: key.bytes, as: UTF8.self).dropFirst(3))
                #expect(try convoy.opened(index, name) == source.object(key)?.bytes, "\(name)")
            }
        }
    }

    @Test func aChangeThatBlocksNothingIsWrittenDownAndTheRunGoesOn() async throws {
        convoy.fill(0, 40)
        convoy.fill(1, 40)
        let asked = Atomic<Int>(0)
        let leg = try await convoy.sail(
            Vigil(every: .seconds(3600)) {
                asked.add(1, ordering: .relaxed).newValue == 2
                    ? .changed(note: Self.note, blocked: ["another": ["R4"]]) : .unchanged
            })
        try expectEverythingThere(leg)
        #expect(asked.load(ordering: .relaxed) == 2, "once before each dataset")
        let bodies = leg.bodies("verdicts.changed")
        #expect(bodies.count == 1 && bodies.first?.contains(#""cause":"DPF=invalid""#) == true)
        #expect(leg.notices == [["another": ["R4"]]])
    }

    /// The first part of an object is on its way when a rule turns: no part more leaves, the dataset is halted, the
    /// other one moves; once the rule holds again nothing is lost and nothing is sent twice.
    @Test func aDatasetThatIsBlockedInMidObjectDrainsAndTheOtherGoesOn() async throws {
        let size = 80_000_000
        convoy.sources[0].put(ObjectKey("in/large"), noise(size, seed: 1))
        convoy.fill(1, 30)
        let (turned, taken) = (Signal(), Signal())
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(5)) {
                turned.wasRaised && !taken.wasRaised
                    ? .changed(note: Self.note, blocked: ["first": ["R10", "R4"]]) : .unchanged
            },
            notice: { _ in taken.raise() },
            rule: { call in
                if call.kind == .writePart {
                    turned.raise()
                    taken.await()
                }
                return nil
            })
        let first = try #require(leg.results.first)
        #expect(first.outcome.stopped == .blockedByPolicy(["R10", "R4"]) && first.manifest == nil)
        #expect(first.counts.open == 1 && first.counts.landed == 0 && first.counts.failed == 0)
        #expect(leg.states == ["blocked", "verified"])
        #expect(leg.results.last?.counts.landed == 30 && leg.results.last?.outcome.stopped == nil)
        let sent = leg.writes[0].count(.writePart)
        #expect(sent >= 1 && sent < 10, "parts under way ended, the others stayed")
        #expect(leg.writes[0].count(.completeUpload) == 0)
        #expect(leg.bodies("dataset.moved").contains { $0.contains("R10") })
        #expect(leg.bodies("verdicts.changed").count == 1)
        let after = try await convoy.sail(Vigil { .unchanged })
        try expectEverythingThere(after)
        #expect(after.writes[0].count(.createUpload) == 0, "the upload goes on")
        #expect(sent + after.writes[0].count(.writePart) == 10, "nothing was sent twice")
        #expect(after.writes[1].count(.write) == 1, "the manifest alone")
    }

    /// Between question and consequence no object begins.
    @Test func theRunPausesWhileAFindingIsTakenIn() async throws {
        convoy.fill(0, 2000)
        let calls = Atomic<Int>(0)
        let asked = Atomic<Int>(0)
        // However busy the machine is, the vigil gets its turn before all is done.
        let reads = FaultSchedule { _ in
            let isEarly = asked.add(1, ordering: .relaxed).newValue < 200
            for _ in 0..<1000 where !isEarly && calls.load(ordering: .relaxed) < 2 { usleep(10_000) }
            return nil
        }
        let target = convoy.targets[0]
        let before = Atomic<Int>(-1)
        let behind = Atomic<Int>(-1)
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(1)) {
                guard calls.add(1, ordering: .relaxed).newValue > 1, before.load(ordering: .relaxed) < 0,
                    reads.count(.read) > 0
                else { return .unchanged }
                // What is under way ends: as many are there as were begun, and stay as many.
                var (last, still) = (-1, 0)
                for _ in 0..<1000 where still < 20 {
                    try await Task.sleep(for: .milliseconds(10))
                    let begun = reads.count(.read)
                    still = begun == last && target.keys.count >= begun ? still + 1 : 0
                    last = begun
                }
                before.store(reads.count(.read), ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(300))
                behind.store(reads.count(.read), ordering: .relaxed)
                return .changed(note: Self.note, blocked: ["first": ["R4"]])
            }, reads: reads)
        let begun = before.load(ordering: .relaxed)
        #expect(begun > 0 && begun < 2000, "\(begun)")
        #expect(behind.load(ordering: .relaxed) == begun, "nothing began meanwhile")
        #expect(reads.count(.read) == begun, "nor behind the answer")
        #expect(leg.results.first?.outcome.stopped == .blockedByPolicy(["R4"]))
        #expect(leg.results.first?.counts.landed == begun && leg.results.first?.counts.open == 2000 - begun)
        try expectEverythingThere(try await convoy.sail(nil))
    }

    @Test func aDatasetThatIsBlockedBeforeItBeginsIsNotTouched() async throws {
        convoy.fill(0, 20)
        convoy.fill(1, 20)
        let leg = try await convoy.sail(Vigil { .changed(note: Self.note, blocked: ["first": ["R18"]]) })
        #expect(leg.results.map(\.outcome.stopped) == [.blockedByPolicy(["R18"]), nil])
        #expect(leg.states == ["blocked", "verified"])
        #expect(leg.reads[0].calls.isEmpty && leg.writes[0].calls.isEmpty)
        #expect(leg.results[1].counts.landed == 20)
        // The run is not over: what it began is taken up again.
        let after = try await convoy.sail(Vigil { .changed(note: Self.note, blocked: [:]) })
        try expectEverythingThere(after)
        #expect(after.bodies("run.began").count <= 1)
    }

    @Test func whatLandedIsNotReadBackNorListedWhereItIsBlocked() async throws {
        convoy.fill(0, 1)
        let (turned, taken) = (Signal(), Signal())
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(5)) {
                turned.wasRaised && !taken.wasRaised
                    ? .changed(note: Self.note, blocked: ["first": ["R4"]]) : .unchanged
            },
            notice: { _ in taken.raise() },
            rule: { call in
                if call.kind == .write {
                    turned.raise()
                    taken.await()
                }
                return nil
            })
        #expect(leg.results.first?.counts.landed == 1 && leg.results.first?.counts.verified == 0)
        #expect(leg.results.first?.outcome.stopped == .blockedByPolicy(["R4"]))
        #expect(leg.writes[0].count(.write) == 1 && leg.states[0] == "blocked", "no manifest")
        try expectEverythingThere(try await convoy.sail(nil))
    }

    @Test func aRuleThatTurnsDuringTheReadBackHoldsTheManifest() async throws {
        convoy.fill(0, 60)
        convoy.fill(1, 3)
        let (turned, taken) = (Signal(), Signal())
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(5)) {
                turned.wasRaised && !taken.wasRaised
                    ? .changed(note: Self.note, blocked: ["first": ["R4"]]) : .unchanged
            },
            notice: { _ in taken.raise() },
            rule: { call in
                if call.kind == .read {
                    turned.raise()
                    taken.await()
                }
                return nil
            })
        let first = try #require(leg.results.first)
        #expect(first.outcome.stopped == .blockedByPolicy(["R4"]) && first.manifest == nil)
        #expect(first.counts.landed == 60 && first.counts.verified < 60 && leg.writes[0].count(.write) == 60)
        #expect(leg.states == ["blocked", "verified"])
        try expectEverythingThere(try await convoy.sail(nil))
    }

    private struct Unreadable: Error, CustomStringConvertible { let description = "the catalogue is unreadable" }

    @Test func nothingMovesWhereNobodyCanJudge() async throws {
        convoy.fill(0, 20)
        let leg = try await convoy.sail(Vigil { throw Unreadable() })
        #expect(leg.results.map(\.outcome.stopped) == [.unjudged("the catalogue is unreadable")])
        #expect(leg.reads.allSatisfy(\.calls.isEmpty) && leg.writes.allSatisfy(\.calls.isEmpty))
        #expect(!leg.states.contains("blocked"), "no rule said so")
        try expectEverythingThere(try await convoy.sail(Vigil { .unchanged }))
    }

    /// A judge that never answers, and does not care that it is cancelled.
    @Test func aJudgeThatHangsEndsTheRun() async throws {
        convoy.fill(0, 2000)
        let (begun, hangs) = (Signal(), Signal())
        let held = Mutex<CheckedContinuation<Void, Never>?>(nil)
        defer { held.withLock { $0 }?.resume() }
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(5), patience: .milliseconds(100)) {
                guard begun.wasRaised else { return .unchanged }
                await withCheckedContinuation { continuation in
                    held.withLock { $0 = continuation }
                    hangs.raise()
                }
                return .unchanged
            },
            rule: { call in
                if call.kind == .write {
                    begun.raise()
                    hangs.await()
                }
                return nil
            })
        #expect(hangs.wasRaised)
        #expect(leg.results.map(\.outcome.stopped) == [.unjudged("the verdicts could not be judged again in time")])
        let counts = try #require(leg.results.first?.counts)
        #expect(counts.landed > 0 && counts.open > 0 && counts.failed == 0)
        try expectEverythingThere(try await convoy.sail(Vigil { .unchanged }))
    }

    /// A judge that fails in mid-object: parts stop too.
    @Test func aJudgeThatFailsStopsAnObjectUnderWay() async throws {
        convoy.sources[0].put(ObjectKey("in/large"), noise(80_000_000, seed: 2))
        let (begun, failed) = (Signal(), Signal())
        let asked = Atomic<Int>(0)
        let leg = try await convoy.sail(
            Vigil(every: .milliseconds(5)) {
                asked.add(1, ordering: .relaxed)
                guard begun.wasRaised else { return .unchanged }
                throw Unreadable()
            },
            unjudged: { failed.raise() },
            rule: { call in
                if call.kind == .writePart {
                    begun.raise()
                    failed.await()
                }
                return nil
            })
        #expect(leg.results.map(\.outcome.stopped) == [.unjudged("the catalogue is unreadable")])
        #expect(leg.writes[0].count(.writePart) < 10 && leg.writes[0].count(.completeUpload) == 0)
        try expectEverythingThere(try await convoy.sail(nil))
    }

    /// A connection that turns out to be another's in mid-run: nothing fails, nothing more begins.
    @Test(arguments: [StoreError.Code.policy, .redirected])
    func aRefusedConnectionStopsTheRun(_ code: StoreError.Code) async throws {
        convoy.fill(0, 300)
        convoy.fill(1, 5)
        let leg = try await convoy.sail(
            nil,
            rule: { call in
                call.kind == .write && call.ordinal > 20 ? .before(StoreError(code, "elsewhere", key: call.key)) : nil
            })
        #expect(leg.results.count == 1, "what comes behind it is not begun")
        guard case .refusedByPolicy(let reason) = leg.results.first?.outcome.stopped else {
            Issue.record("\(String(describing: leg.results.first?.outcome.stopped))")
            return
        }
        #expect(reason.contains("elsewhere"))
        let counts = try #require(leg.results.first?.counts)
        #expect(counts.failed == 0 && counts.open > 0 && counts.landed >= 20)
        #expect(leg.writes[0].count(.write) < 300)
        try expectEverythingThere(try await convoy.sail(nil))
    }
}
