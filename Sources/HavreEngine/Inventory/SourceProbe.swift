public import HavreJournal
import HavreModel
public import HavreStores

/// Measures how fast a source can be read, by reading some of the objects that would move. Writes nothing.
public struct SourceProbe: Sendable {
    /// What was measured.
    public struct Result: Sendable, Hashable, Codable {
        /// Bytes that were read.
        public var bytes: UInt64 = 0
        /// Requests that were sent.
        public var requests = 0
        /// Seconds that all of it took.
        public var seconds = 0.0
        /// Bytes a second of the slowest round.
        public var slowest = 0.0
        /// Bytes a second of the fastest round.
        public var fastest = 0.0
        /// Seconds before the first byte, at best.
        public var quickestAnswer = 0.0
        /// Seconds before the first byte, at worst.
        public var slowestAnswer = 0.0

        /// Nothing yet.
        public init() {}

        /// Takes in a round of requests that took `nanoseconds` together, and `waits` one by one.
        mutating func take(bytes more: UInt64, waits: [Int64], nanoseconds: Int64) {
            guard more > 0 else { return }
            let rate = Double(more) / (Double(max(1, nanoseconds)) / 1e9)
            let isFirst = requests == 0
            slowest = isFirst ? rate : min(slowest, rate)
            fastest = max(fastest, rate)
            for (index, nanoseconds) in waits.enumerated() {
                let wait = Double(nanoseconds) / 1e9
                quickestAnswer = isFirst && index == 0 ? wait : min(quickestAnswer, wait)
                slowestAnswer = max(slowestAnswer, wait)
            }
            bytes += more
            requests += waits.count
        }
    }

    private let berth: Migration.Berth
    private let journal: any Journal
    private let reactors: [Reactor]
    private let clock: @Sendable () -> Int64

    /// Bytes after which it ends.
    private static let ceiling: UInt64 = 64 << 20
    /// Nanoseconds after which no round begins.
    private static let patience: Int64 = 5_000_000_000
    /// Bytes of one request at most.
    private static let reach: UInt64 = 4 << 20
    /// Requests of one round: what is measured is a source under some load, as a run puts it.
    private static let round = 8

    /// Whether another round may begin.
    static func goesOn(_ result: Result, since began: Int64, now: Int64) -> Bool {
        result.bytes < ceiling && now - began < patience
    }

    /// Prepares a probe over the diff that the journal holds. `clock` gives monotonic nanoseconds.
    public init(
        berth: Migration.Berth, journal: any Journal, reactors: [Reactor],
        clock: @escaping @Sendable () -> Int64 = Pacer.monotonic
    ) {
        self.berth = berth
        self.journal = journal
        self.reactors = reactors
        self.clock = clock
    }

    /// Reads up to 64 MiB or for 5 seconds; nil where nothing that would move has any bytes.
    public func execute() async throws -> Result? {
        var result = Result()
        let began = clock()
        var after: ObjectKey?
        probing: while true {
            let rows = try await journal.diff(
                dataset: berth.dataset.name, actions: [.create, .update], after: after, limit: 256)
            guard let last = rows.last else { break }
            after = last.key
            var requests: [ReadRequest] = []
            for row in rows {
                guard let version = row.source, version.size > 0 else { continue }
                let key = row.key.prefixed(by: berth.dataset.source.prefix)
                for start in stride(from: 0, to: min(version.size, Self.ceiling), by: Int(Self.reach)) {
                    let range = start..<min(start + Self.reach, version.size)
                    requests.append(ReadRequest(key: key, version: version, range: range))
                }
            }
            while !requests.isEmpty {
                guard Self.goesOn(result, since: began, now: clock()) else { break probing }
                let batch = Array(requests.prefix(Self.round))
                requests.removeFirst(batch.count)
                try await measure(batch, &result)
            }
        }
        guard result.bytes > 0 else { return nil }
        result.seconds = Double(clock() - began) / 1e9
        return result
    }

    private func measure(_ batch: [ReadRequest], _ result: inout Result) async throws {
        let began = clock()
        let answers = try await withThrowingTaskGroup(of: (bytes: UInt64, wait: Int64)?.self) { group in
            for (index, request) in batch.enumerated() {
                let reactor = reactors[index % reactors.count]
                group.addTask(executorPreference: reactor) {
                    let sink = Stopwatch(clock)
                    do throws(StoreError) {
                        _ = try await berth.source.read(request, on: reactor, into: sink)
                    } catch {
                        // What has changed since it was listed measures nothing.
                        guard error.code == .drifted || error.code == .notFound else { throw error }
                        return nil
                    }
                    return (sink.bytes, (sink.first ?? clock()) - sink.began)
                }
            }
            var answers: [(bytes: UInt64, wait: Int64)] = []
            for try await answer in group { if let answer { answers.append(answer) } }
            return answers
        }
        result.take(
            bytes: answers.reduce(0) { $0 + $1.bytes }, waits: answers.map(\.wait), nanoseconds: clock() - began)
    }
}

/// Counts bytes and keeps none. Touched on its reactor's thread.
private final class Stopwatch: ByteSink {
    private let clock: @Sendable () -> Int64
    let began: Int64
    private(set) var first: Int64?
    private(set) var bytes: UInt64 = 0

    init(_ clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
        began = clock()
    }

    func restart() { bytes = 0 }

    func receive(_ next: UnsafeRawBufferPointer) {
        if first == nil { first = clock() }
        bytes += UInt64(next.count)
    }
}
