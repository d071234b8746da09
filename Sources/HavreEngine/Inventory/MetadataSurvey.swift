public import HavreJournal
import HavreModel
import HavreStores
import Synchronization

/// Asks every object that would move for its metadata, and sums up what cannot be carried over.
public struct MetadataSurvey: Sendable {
    private let berth: Migration.Berth
    private let journal: any Journal

    /// Prepares a survey over the diff that the journal holds.
    public init(berth: Migration.Berth, journal: any Journal) {
        self.berth = berth
        self.journal = journal
    }

    private final class Losses: Sendable {
        let counts = Mutex<[String: Int]>([:])
    }

    /// One HEAD an object, 32 at one time. Lines such as `12 objects: tags (project)`; at most a thousand kinds.
    public func execute() async throws -> [String] {
        let losses = Losses()
        let gate = Pacer(start: 32, ceiling: 32)
        try await withThrowingDiscardingTaskGroup { group in
            var after: ObjectKey?
            while true {
                let rows = try await journal.diff(
                    dataset: berth.dataset.name, actions: [.create, .update], after: after, limit: 500)
                guard let last = rows.last else { break }
                after = last.key
                for row in rows {
                    await gate.acquire()
                    group.addTask {
                        defer { gate.release(bytes: 0) }
                        let head: ObjectHead
                        do {
                            head = try await berth.source.head(
                                row.key.prefixed(by: berth.dataset.source.prefix), versionID: nil, withTags: true)
                        } catch let error as StoreError where error.code == .notFound {
                            return
                        }
                        let mapping = MetadataMapping(
                            head.metadata, policy: berth.dataset.metadata, target: berth.target.traits,
                            sealing: !berth.recipients.isEmpty)
                        losses.counts.withLock { counts in
                            for loss in mapping.unmapped where counts.count < 1000 || counts[loss] != nil {
                                counts[loss, default: 0] += 1
                            }
                        }
                    }
                }
            }
        }
        return losses.counts.withLock { counts in
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
                "\($0.value) object\($0.value == 1 ? "" : "s"): \($0.key)"
            }
        }
    }
}
