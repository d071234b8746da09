import HavreModel
import Synchronization
import Testing

@testable import HavreStores

/// A clock that tests set: sleeping moves it on.
final class TestClock: Sendable {
    private let state = Mutex<(now: Double, pauses: [Double])>((0, []))

    var timer: RetryTimer { timer(random: 0.999_999) }

    func timer(random: Double) -> RetryTimer {
        RetryTimer(
            now: { self.now },
            pause: { seconds in
                try Task.checkCancellation()
                self.state.withLock { state in
                    state.now += seconds
                    state.pauses.append(seconds)
                }
            }, random: { random })
    }

    var now: Double { state.withLock { $0.now } }
    var pauses: [Double] { state.withLock { $0.pauses } }
}

@Suite("Retrying")
struct RetryTests {
    private let clock = TestClock()
    private let memory = MemoryStore()
    private let key = ObjectKey("key")

    private func retrying(
        _ schedule: FaultSchedule, policy: RetryPolicy = RetryPolicy(), budget: RetryBudget? = nil
    ) -> Retrying {
        Retrying(
            Faulty(memory, schedule: schedule), policy: policy,
            budget: budget ?? RetryBudget(capacity: 1000, timer: clock.timer), timer: clock.timer)
    }

    private static func failing(
        _ kind: FaultSchedule.Call.Kind, _ times: Int, _ error: StoreError, after: Bool = false
    ) -> FaultSchedule {
        FaultSchedule { call in
            guard call.kind == kind, call.ordinal < times else { return nil }
            return after ? .after(error) : .before(error)
        }
    }

    private static let slowDown = StoreError(.throttled, "slow down", status: 503, retryAfter: 7)
    private static let broken = StoreError(.temporary, "internal error", status: 500)
    private static let lost = StoreError(.ambiguous, "no answer")

    @Test func `what passes is tried again, with pauses that double up to a cap`() async throws {
        memory.put(key, [1, 2, 3])
        let schedule = Self.failing(.head, 7, Self.broken)
        let policy = RetryPolicy(attempts: 8, base: 1, cap: 8, patience: 1000)
        _ = try await retrying(schedule, policy: policy).head(key, versionID: nil, withTags: false)
        #expect(schedule.count(.head) == 8)
        #expect(clock.pauses.map { $0.rounded() } == [1, 2, 4, 8, 8, 8, 8])
        #expect(policy.pause(before: 5, random: 0) == 0, "full jitter goes down to nothing")
        #expect(policy.pause(before: 3, random: 0.5) == 1)
    }

    @Test func `after the last attempt the error comes out as it is`() async {
        let schedule = Self.failing(.head, 100, Self.broken)
        await expectError(.temporary) {
            try await retrying(schedule, policy: RetryPolicy(attempts: 3)).head(key, versionID: nil, withTags: false)
        }
        #expect(schedule.count(.head) == 3)
    }

    @Test func `what does not pass is not tried again`() async {
        let codes: [StoreError.Code] = [
            .notFound, .conditionFailed, .drifted, .denied, .credentials, .checksumRefused, .refused, .redirected,
            .policy,
            .untrusted,
            .protocolViolation, .disk, .noSuchUpload, .cancelled, .sink,
        ]
        for code in codes {
            let schedule = Self.failing(.head, 100, StoreError(code, "no"))
            await expectError(code) { try await retrying(schedule).head(key, versionID: nil, withTags: false) }
            #expect(schedule.count(.head) == 1, "\(code.rawValue)")
        }
    }

    @Test func `the server's Retry-After is the least that is waited`() async throws {
        memory.put(key, [1])
        _ = try await retrying(Self.failing(.head, 2, Self.slowDown)).head(key, versionID: nil, withTags: false)
        #expect(clock.pauses.count == 2)
        #expect(clock.pauses.allSatisfy { $0 >= 7 && $0 < 8 })
        var hour = Self.slowDown
        hour.retryAfter = 3600
        let schedule = Self.failing(.head, 1, hour)
        await expectError(.throttled, "an hour is for the operator to decide") {
            try await retrying(schedule).head(key, versionID: nil, withTags: false)
        }
    }

    @Test func `patience ends before attempts do`() async {
        let schedule = Self.failing(.head, 100, Self.slowDown)
        let policy = RetryPolicy(attempts: 100, patience: 30)
        await expectError(.throttled) {
            try await retrying(schedule, policy: policy).head(key, versionID: nil, withTags: false)
        }
        #expect(clock.now <= 30)
        #expect(schedule.count(.head) == 5)
    }

    @Test func `a storm of failures does not multiply the load`() async {
        let schedule = Self.failing(.head, .max, Self.broken)
        let budget = RetryBudget(capacity: 10, perSuccess: 0.2, perSecond: 0.1, timer: clock.timer)
        let store = retrying(schedule, policy: RetryPolicy(attempts: 8, base: 0.001, patience: 50), budget: budget)
        for _ in 0..<100 { _ = try? await store.head(key, versionID: nil, withTags: false) }
        // 100 first attempts, 10 tokens, and what the time brought.
        let most = 100 + 10 + Int(clock.now * 0.1) + 1
        #expect(schedule.count(.head) <= most, "\(schedule.count(.head)) calls in \(clock.now) s")
    }

    @Test func `successes give back, a fraction each, and one waits for its turn`() async throws {
        memory.put(key, [1])
        let budget = RetryBudget(capacity: 1, perSuccess: 0.5, perSecond: 0.5, timer: clock.timer)
        #expect(budget.take(within: 0) == 0)
        #expect(budget.take(within: 1) == nil, "later than the limit: nothing is taken")
        #expect(budget.take(within: 3) == 2)
        #expect(budget.take(within: 9) == 4, "behind the one before")
        for _ in 0..<6 { budget.succeeded() }
        #expect(budget.take(within: 0) == 0)
    }

    @Test func `a read begins anew in the sink`() async throws {
        let bytes = noise(700_000)
        let version = memory.put(key, bytes)
        let schedule = FaultSchedule { call in
            call.kind == .read && call.ordinal < 2 ? .cut(after: 300_000 + call.ordinal, Self.broken) : nil
        }
        let sink = Collector()
        let reactor = try TestReactor.get()
        _ = try await retrying(schedule).read(ReadRequest(key: key, version: version), on: reactor, into: sink)
        #expect(same(sink.bytes, bytes))
        #expect(schedule.count(.read) == 3)
    }

    @Test func `an ambiguous write is tried again only where twice is as good as once`() async throws {
        var schedule = Self.failing(.write, 1, Self.lost, after: true)
        try await retrying(schedule).save(key, [1], condition: .any)
        #expect(schedule.count(.write) == 2)
        schedule = Self.failing(.write, 1, Self.lost, after: true)
        await expectError(.ambiguous, "the engine looks for its marker") {
            try await retrying(schedule).save(ObjectKey("new"), [1], condition: .absent)
        }
        #expect(schedule.count(.write) == 1)
        #expect(memory.object(ObjectKey("new"))?.bytes == [1])
        // Not carried out, as far as anybody knows: again, and a 412 then comes out as it is.
        schedule = Self.failing(.write, 1, Self.broken, after: true)
        await expectError(.conditionFailed) {
            try await retrying(schedule).save(ObjectKey("other"), [1], condition: .absent)
        }
        #expect(schedule.count(.write) == 2)
    }

    @Test func `uploads are not opened twice, nor joined twice, for an answer that was lost`() async throws {
        var schedule = Self.failing(.createUpload, 1, Self.lost, after: true)
        await expectError(.ambiguous) { try await retrying(schedule).createUpload(key, metadata: ObjectMetadata()) }
        #expect(try await memory.listUploads(prefix: key).count == 1)
        schedule = Self.failing(.writePart, 2, Self.lost, after: true)
        var store = retrying(schedule)
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        let part = try await store.putPart(0, of: upload, key, [1, 2])
        #expect(schedule.count(.writePart) == 3)
        schedule = Self.failing(.completeUpload, 1, Self.lost, after: true)
        store = retrying(schedule)
        await expectError(.ambiguous) {
            try await store.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .absent)
        }
        #expect(schedule.count(.completeUpload) == 1)
        #expect(memory.object(key)?.bytes == [1, 2])
    }

    @Test func `a page of a listing is asked for again`() async throws {
        for index in 0..<2500 { memory.put(ObjectKey("k/\(index)"), []) }
        let schedule = FaultSchedule { $0.kind == .list && $0.ordinal % 2 == 0 ? .before(Self.broken) : nil }
        #expect(try await retrying(schedule).list(ObjectKey("k/")).count == 2500)
        #expect(Set(try await retrying(schedule).list(ObjectKey("k/")).map(\.key)).count == 2500)
    }

    @Test func `a run that ends does not wait`() async throws {
        let schedule = Self.failing(.head, .max, Self.broken)
        let store = Retrying(
            Faulty(memory, schedule: schedule), policy: RetryPolicy(base: 3600, cap: 3600, patience: 1e9),
            budget: RetryBudget())
        let task = Task { try await store.head(key, versionID: nil, withTags: false) }
        task.cancel()
        await expectError(.cancelled) { try await task.value }
    }
}

@Suite("Throttled")
struct ThrottleTests {
    @Test func `a second's worth goes at once, the rest at the pace, over all stores of an endpoint`() async throws {
        let clock = TestClock()
        let pace = RequestPace(perSecond: 10, timer: clock.timer)
        let stores = (0..<2).map { _ in Throttled(MemoryStore(), pace: pace) }
        for index in 0..<30 {
            try await stores[index % 2].save(ObjectKey("k"), [1])
            if index == 9 { #expect(clock.now == 0) }
        }
        #expect(abs(clock.now - 2.0) < 0.001, "20 requests at 10 a second: \(clock.now)")
    }

    @Test func `less than one a second is a pace too`() async throws {
        let clock = TestClock()
        let store = Throttled(MemoryStore(), pace: RequestPace(perSecond: 0.5, timer: clock.timer))
        for _ in 0..<3 { try await store.delete(ObjectKey("k")) }
        #expect(abs(clock.now - 4) < 0.001, "\(clock.now)")
    }

    @Test func `every call and every page takes its turn`() async throws {
        let clock = TestClock()
        let memory = MemoryStore()
        for index in 0..<2500 { memory.put(ObjectKey("k/\(index)"), []) }
        let store = Throttled(memory, pace: RequestPace(perSecond: 1, timer: clock.timer))
        #expect(try await store.list().count == 2500)
        #expect(abs(clock.now - 3) < 0.001, "four pages, the last of them empty: \(clock.now)")
        #expect(store.traits == memory.traits)
    }
}

@Suite("Faulty")
struct FaultyTests {
    @Test func `the same seed gives the same faults`() async throws {
        func run(_ seed: UInt64) async -> [String] {
            let schedule = FaultSchedule(seed: seed, probability: 0.3)
            let store = Faulty(MemoryStore(), schedule: schedule)
            var outcome: [String] = []
            for index in 0..<200 {
                do {
                    try await store.save(ObjectKey("\(index)"), [1])
                    outcome.append("done")
                } catch {
                    outcome.append((error as? StoreError)?.code.rawValue ?? "\(error)")
                }
            }
            return outcome
        }
        let first = await run(7)
        #expect(await run(7) == first)
        #expect(await run(8) != first)
        let failures = first.filter { $0 != "done" }.count
        #expect((30...90).contains(failures))
        #expect(Set(first) == ["done", "throttled", "temporary", "ambiguous"])
    }

    @Test func `flips and cuts reach the sink`() async throws {
        let memory = MemoryStore()
        let bytes = noise(600_000)
        let version = memory.put(ObjectKey("k"), bytes)
        let reactor = try TestReactor.get()
        let request = ReadRequest(key: ObjectKey("k"), version: version)
        var sink = Collector()
        let flip = Faulty(memory, schedule: FaultSchedule { _ in .flip(offset: 300_000) })
        _ = try await flip.read(request, on: reactor, into: sink)
        #expect(zip(sink.bytes, bytes).enumerated().filter { $1.0 != $1.1 }.map(\.offset) == [300_000])
        sink = Collector()
        let cut = Faulty(memory, schedule: FaultSchedule { _ in .cut(after: 300_001, StoreError(.temporary, "cut")) })
        let taken = sink
        await expectError(.temporary) { try await cut.read(request, on: reactor, into: taken) }
        #expect(same(sink.bytes, Array(bytes.prefix(300_001))))
    }
}
