import GRDB
import HavreModel

/// How much of a dataset has landed.
public struct LandingCount: Hashable, Sendable {
    /// Objects that landed and were not deleted since, wherever from.
    public var all: Int
    /// Of these, the ones that came from the source and went to the target that the dataset names today.
    public var here: Int

    /// Counts.
    public init(all: Int, here: Int) {
        self.all = all
        self.here = here
    }
}

/// Where a dataset comes from and goes to, as numbers of words; 0 where nobody said.
struct Places {
    /// Both sides.
    var place: Int64
    /// The target alone.
    var site: Int64
    /// Both sides as they were when all that was unchanged was last placed.
    var placed: Int64

    static func of(_ db: Database, _ dataset: Int64) throws -> Places {
        let find = try Prepared(db, "SELECT place, site, placed FROM dataset WHERE number = ?")
        find.bind(1, dataset)
        return try find.one { Places(place: $0.integer(0), site: $0.integer(1), placed: $0.integer(2)) }
            ?? Places(place: 0, site: 0, placed: 0)
    }
}

extension SQLiteJournal {
    public func locate(dataset: String, source: String, target: String) async throws {
        try await queue.write { writer in
            let number = try writer.dataset(dataset)
            func mark(_ text: String) -> String {
                writer.hash(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
            let (from, to) = (mark(source), mark(target))
            let place = try writer.word("place \(from) \(to)")
            let site = try writer.word("place \(to)")
            let known = try Places.of(writer.db, number)
            guard known.place != place || known.site != site else { return }
            let update = try writer.prepare("UPDATE dataset SET place = ?, site = ? WHERE number = ?")
            update.bind(1, place)
            update.bind(2, site)
            update.bind(3, number)
            try update.run()
            try writer.event("dataset.located", before: { $0.member("dataset", dataset) }) { body in
                body.member("source", from)
                body.member("target", to)
            }
        }
    }

    public func landingCount(dataset: String) async throws -> LandingCount {
        try await read { db in
            guard let number = try JournalReader.dataset(db, dataset) else { return LandingCount(all: 0, here: 0) }
            let count = try Prepared(
                db,
                """
                SELECT count(*), count(*) FILTER (WHERE landing.place = ?2 AND ?2 <> 0)
                FROM landing CROSS JOIN transfer USING (row) WHERE transfer.dataset = ?1
                """)
            count.bind(1, number)
            count.bind(2, try Places.of(db, number).place)
            return try count.one { LandingCount(all: Int($0.integer(0)), here: Int($0.integer(1))) }
                ?? LandingCount(all: 0, here: 0)
        }
    }

    public func deletedInOpenRun() async throws -> Int {
        try await read { db in
            try Prepared(
                db,
                """
                SELECT count(*) FROM deletion WHERE state = \(DeletionCode.deleted.rawValue)
                    AND run = (SELECT max(number) FROM run WHERE ended IS NULL)
                """
            ).one { Int($0.integer(0)) } ?? 0
        }
    }
}
