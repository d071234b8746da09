import HavreCrypto
import HavreModel
import HavreStores
import Synchronization

/// Measures how fast a target takes data, by writing some objects into the probe's folder. The probe's cleaning up
/// removes them; what a kill leaves, the next probe of the target does.
struct TargetProbe {
    /// Names the objects and cleans up.
    let run: ProbeRun
    /// Goes by what was found out, as a run will.
    let store: any ObjectStore
    let reactors: [Reactor]
    var clock: @Sendable () -> Int64 = Pacer.monotonic

    /// Bytes of one object.
    static let reach = 8 << 20
    /// Objects of one round: what is measured is a target under some load, as a run puts it.
    private static let round = 4

    /// Writes up to 64 MiB; no round begins after 5 seconds.
    func execute() async throws -> SourceProbe.Result {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.reach, alignment: 4096)
        defer { memory.deallocate() }
        // Sealed data do not shrink; what is measured must not either.
        var chance = SystemRandomNumberGenerator()
        for word in memory.bindMemory(to: UInt64.self).indices {
            memory.storeBytes(of: chance.next(), toByteOffset: word * 8, as: UInt64.self)
        }
        let bytes = UnsafeRawBufferPointer(memory)
        let body = WriteBody(
            storage: .memory(bytes), count: bytes.count, checksums: try CiphertextDigester.checksums(of: bytes))
        do {
            return try await measure(body)
        } catch {
            // So much is not left lying until the next probe.
            _ = try? await run.sweep()
            throw error
        }
    }

    private func measure(_ body: WriteBody) async throws -> SourceProbe.Result {
        var result = SourceProbe.Result()
        let began = clock()
        while SourceProbe.goesOn(result, since: began, now: clock()) {
            let keys = (0..<Self.round).map { run.key("rate-\(result.requests + $0)") }
            run.written.withLock { $0.formUnion(keys) }
            let start = clock()
            let waits = try await withThrowingTaskGroup(of: Int64.self) { group in
                for (index, key) in keys.enumerated() {
                    let reactor = reactors[index % reactors.count]
                    group.addTask(executorPreference: reactor) { [store, clock] in
                        let sent = clock()
                        _ = try await store.write(
                            WriteRequest(key: key, condition: .any, metadata: ObjectMetadata()), body: body,
                            on: reactor)
                        return clock() - sent
                    }
                }
                var waits: [Int64] = []
                for try await wait in group { waits.append(wait) }
                return waits
            }
            result.take(bytes: UInt64(body.count * keys.count), waits: waits, nanoseconds: clock() - start)
        }
        result.seconds = Double(clock() - began) / 1e9
        return result
    }
}
