import HavreJournal

/// Collects landings of one-part objects so that many rows share one transaction (invariant 3).
///
/// At most `size` landings and those in flight are unknown to the journal after a crash; these are sent again.
actor LandingBatch {
    private let journal: any Journal
    private let size: Int
    private var pending: [TransferChange] = []
    private var timer: Task<Void, Never>?
    private var failure: (any Error)?

    init(journal: any Journal, size: Int = 128) {
        self.journal = journal
        self.size = size
    }

    /// Takes a change; it is on the disk a moment later. Throws what an earlier flush met: the run must end then.
    func add(_ change: TransferChange) async throws {
        if let failure { throw failure }
        pending.append(change)
        if pending.count >= size {
            try await flush()
        } else if timer == nil {
            timer = Task { [weak self] in
                try? await Task.sleep(nanoseconds: 50_000_000)
                await self?.flushLater()
            }
        }
    }

    /// Writes down what is pending.
    func flush() async throws {
        timer?.cancel()
        timer = nil
        guard !pending.isEmpty else {
            if let failure { throw failure }
            return
        }
        let batch = pending
        pending.removeAll(keepingCapacity: true)
        do {
            try await journal.record(batch)
        } catch {
            failure = error
            throw error
        }
    }

    private func flushLater() async {
        timer = nil
        // A failure is kept and thrown at the next `add` or `flush`.
        try? await flush()
    }
}
