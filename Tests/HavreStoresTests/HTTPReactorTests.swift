import Foundation
import Synchronization
import Testing

@testable import HavreStores

/// What tasks share.
private final class Tally: Sendable {
    let count = Atomic<Int>(0)
    let elsewhere = Atomic<Int>(0)
    let order = Mutex<[Int]>([])
}

@Suite("Reactor", .serialized)
struct HTTPReactorTests {
    static func threadNames() -> [String] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return tasks.compactMap {
            try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
                .trimmingCharacters(in: .newlines)
        }
    }

    @Test("Tasks that prefer it run on its thread, before and after they suspended")
    func runsTasks() async throws {
        let reactor = try Reactor(name: "reactor-runs")
        defer { reactor.shutdown() }
        #expect(!reactor.isCurrent)
        let seen = await Task(executorPreference: reactor) {
            var seen = [reactor.isCurrent]
            await Task.yield()
            seen.append(reactor.isCurrent)
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { reactor.isCurrent } }
                for await each in group { seen.append(each) }
            }
            try? await Task.sleep(nanoseconds: 1_000_000)
            seen.append(reactor.isCurrent)
            return seen
        }.value
        #expect(seen == Array(repeating: true, count: 11))
        let preferred = await withTaskExecutorPreference(reactor) { await Self.isCurrent(reactor) }
        #expect(preferred)
        #expect(!reactor.isCurrent)
    }

    private static func isCurrent(_ reactor: Reactor) async -> Bool { reactor.isCurrent }

    @Test("What many threads queue all runs, on one thread")
    func queues() async throws {
        let reactor = try Reactor(name: "reactor-queue")
        defer { reactor.shutdown() }
        let tally = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<2_000 {
                        reactor.run {
                            if !reactor.isCurrent { tally.elsewhere.add(1, ordering: .relaxed) }
                            tally.count.add(1, ordering: .relaxed)
                        }
                    }
                }
            }
        }
        await Task(executorPreference: reactor) {}.value
        #expect(tally.count.load(ordering: .relaxed) == 16_000)
        #expect(tally.elsewhere.load(ordering: .relaxed) == 0)
    }

    @Test("Sleeps end in the order of their deadlines, not before them")
    func sleeps() async throws {
        let reactor = try Reactor(name: "reactor-sleeps")
        defer { reactor.shutdown() }
        let tally = Tally()
        let start = Reactor.now()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in [4, 1, 3, 0, 2] {
                group.addTask(executorPreference: reactor) {
                    try await reactor.sleep(seconds: 0.05 + 0.1 * Double(index))
                    #expect(reactor.isCurrent)
                    #expect(Double(Reactor.now() - start) / 1e9 >= 0.05 + 0.1 * Double(index))
                    tally.order.withLock { $0.append(index) }
                }
            }
            try await group.waitForAll()
        }
        #expect(tally.order.withLock { $0 } == [0, 1, 2, 3, 4])
    }

    @Test("A cancelled sleep ends at once")
    func cancelsSleep() async throws {
        let reactor = try Reactor(name: "reactor-cancel")
        defer { reactor.shutdown() }
        for preferring in [true, false] {
            let task = Task<StoreError.Code?, Never>(executorPreference: preferring ? reactor : nil) {
                do {
                    try await reactor.sleep(seconds: 3_600)
                    return nil
                } catch { return (error as? StoreError)?.code }
            }
            try await reactor.sleep(seconds: 0.01)
            task.cancel()
            #expect(await task.value == .cancelled)
        }
        let early = Task {
            try? await reactor.sleep(seconds: 0.01)
            do {
                try await reactor.sleep(seconds: 3_600)
                return nil as StoreError.Code?
            } catch { return (error as? StoreError)?.code }
        }
        early.cancel()
        #expect(await early.value == .cancelled)
    }

    @Test("The end cancels sleeps, lets queued work finish, and leaves no thread")
    func shutsDown() async throws {
        let reactor = try Reactor(name: "reactor-ending")
        // Its first act is to name itself.
        await Task(executorPreference: reactor) {}.value
        #expect(Self.threadNames().contains("reactor-ending"))
        let sleeper = Task(executorPreference: reactor) {
            do {
                try await reactor.sleep(seconds: 3_600)
                return nil as StoreError.Code?
            } catch {
                // Work behind the end still runs.
                await Task.yield()
                return (error as? StoreError)?.code
            }
        }
        try await reactor.sleep(seconds: 0.02)
        reactor.shutdown()
        reactor.shutdown()
        #expect(await sleeper.value == .cancelled)
        #expect(!Self.threadNames().contains("reactor-ending"))
        // A task that still prefers it ends as well, and sleeping there is refused.
        let late = Task(executorPreference: reactor) {
            do {
                try await reactor.sleep(seconds: 3_600)
                return nil as StoreError.Code?
            } catch { return (error as? StoreError)?.code }
        }
        #expect(await late.value == .cancelled)
    }

    @Test("A reactor can be ended from its own thread")
    func endsItself() async throws {
        let reactor = try Reactor(name: "reactor-self")
        await Task(executorPreference: reactor) { reactor.shutdown() }.value
        for _ in 0..<200 where Self.threadNames().contains("reactor-self") {
            try await Task.sleep(nanoseconds: 5_000_000)
        }
        #expect(!Self.threadNames().contains("reactor-self"))
    }

    @Test("An idle reactor sleeps")
    func idles() async throws {
        let reactor = try Reactor(name: "reactor-idle")
        defer { reactor.shutdown() }
        let (spent, passed) = try await Task(executorPreference: reactor) {
            func now(_ clock: clockid_t) -> Double {
                var time = timespec()
                clock_gettime(clock, &time)
                return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
            }
            let before = (now(CLOCK_THREAD_CPUTIME_ID), now(CLOCK_MONOTONIC))
            try await reactor.sleep(seconds: 0.5)
            return (now(CLOCK_THREAD_CPUTIME_ID) - before.0, now(CLOCK_MONOTONIC) - before.1)
        }.value
        // Not how long, but whether: a loop that spins has spent what has passed.
        #expect(spent < passed / 2)
    }
}
