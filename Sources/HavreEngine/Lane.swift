import HavreCrypto
import HavreModel
import HavreStores

/// One reactor with its own buffers and cipher contexts. A part lives and dies on one lane (design §5).
///
/// Everything but `reactor` is touched on the reactor's thread only.
final class Lane: @unchecked Sendable {
    /// The thread and its event loop.
    let reactor: Reactor
    /// Part memory.
    let pool: BufferPool
    private var idle: [PartPipeline] = []
    private let digestKey: DigestKey
    private let checks: PartPipeline.Checks

    init(reactor: Reactor, budget: Int, digestKey: DigestKey, checks: PartPipeline.Checks) {
        self.reactor = reactor
        self.pool = BufferPool(budget: budget)
        self.digestKey = digestKey
        self.checks = checks
    }

    /// Lends a pipeline with its contexts for the time of `body`.
    func withPipeline<Result: Sendable>(
        _ body: (PartPipeline) async throws -> Result
    ) async throws -> Result {
        let pipeline = try idle.popLast() ?? PartPipeline(checks: checks, digestKey: digestKey)
        defer { idle.append(pipeline) }
        return try await body(pipeline)
    }

    /// Lends a buffer for the time of `body`.
    func withBuffer<Result: Sendable>(
        _ capacity: Int, _ body: (PartBuffer) async throws -> Result
    ) async throws -> Result {
        let buffer = await pool.acquire(capacity)
        defer { pool.release(buffer) }
        return try await body(buffer)
    }
}
