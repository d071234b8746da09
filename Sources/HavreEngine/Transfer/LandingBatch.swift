import HavreJournal

/// Collects landings of one-part objects so that many rows share one transaction (invariant 3).
///
/// At most `size` landings and those in flight are unknown to the journal after a crash; these are sent again.
actor LandingBatch {
    private let record: @Sendable ([TransferChange]) async throws -> Void
    private let size: Int
    private var pending: [TransferChange] = []
    private var timer: Task<Void, Never>?
    /// The latest write, which waits for those before it.
    private var writing: Task<Void, any Error>?

    /// A batch that writes by `record`, one call after the other.
    init(size: Int = 128, record: @escaping @Sendable ([TransferChange]) async throws -> Void) {
        self.size = size
        self.record = record
    }

    /// A batch that writes into `journal`.
    init(journal: any Journal) { self.init { try await journal.record($0) } }

    /// Takes a change; it is on the disk a moment later. Throws what an earlier flush met: the run must end then.
    func add(_ change: TransferChange) async throws {
        pending.append(change)
        if pending.count >= size {
            try await flush()
        } else if timer == nil {
            timer = Task { [weak self] in
                try? await Task.sleep(nanoseconds: 50_000_000)
                // A failure stays with `writing` and is thrown by the next flush.
                try? await self?.flush()
            }
        }
    }

    /// Writes down what is pending; returns once it is on the disk, with all that was taken before.
    func flush() async throws {
        timer?.cancel()
        timer = nil
        let batch = pending
        pending.removeAll(keepingCapacity: true)
        let before = writing
        guard !batch.isEmpty else {
            try await before?.value
            return
        }
        let next = Task { [record] in
            try await before?.value
            try await record(batch)
        }
        writing = next
        try await next.value
    }
}
