import GRDB
import HavreModel

/// Questions to a journal that change nothing; each within one snapshot.
enum JournalReader {
    /// The number of a dataset, or nil where the journal has not met it.
    static func dataset(_ db: Database, _ name: String) throws -> Int64? {
        let query = try Prepared(db, "SELECT number FROM dataset WHERE name = ?")
        query.bind(1, name)
        return try query.one { $0.integer(0) }
    }

    /// The newest run that `condition` takes.
    static func run(_ db: Database, _ condition: String) throws -> RunRecord? {
        try Prepared(
            db, "SELECT id, planHash, began, ended, outcome FROM run \(condition) ORDER BY number DESC LIMIT 1"
        ).one {
            RunRecord(
                id: $0.text(0), planHash: $0.text(1), began: $0.integer(2), ended: $0.integerIfAny(3),
                outcome: $0.textIfAny(4))
        }
    }

    /// Where a dataset stands, and the numbers of its last diff and of the last one that was adopted.
    static func standing(_ db: Database, _ number: Int64) throws -> (
        machine: DatasetMachine, diff: Int64, adopted: Int64
    ) {
        let query = try Prepared(db, "SELECT step, halt, diff, adopted FROM dataset WHERE number = ?")
        query.bind(1, number)
        let found = try query.one { ($0.text(0), $0.textIfAny(1), $0.integer(2), $0.integer(3)) }
        guard let (word, halt, diff, adopted) = found, let step = DatasetMachine.Step(rawValue: word) else {
            throw JournalError(.damaged, "the journal holds a dataset in a state that this Havre does not know")
        }
        return (DatasetMachine(state: try state(step, halt)), diff, adopted)
    }

    /// `paused`, or `blocked:` and the verdicts.
    private static func state(_ step: DatasetMachine.Step, _ halt: String?) throws -> DatasetMachine.State {
        guard let halt else { return .at(step) }
        if halt == "paused" { return .paused(step) }
        let verdicts = halt.dropFirst("blocked:".count).split(separator: ",").map(String.init)
        return .blocked(step, verdicts: verdicts)
    }

    // MARK: Counters

    /// All from the diff's tally and the transfers as they stand (invariant 8).
    static func counts(_ db: Database, _ number: Int64) throws -> DatasetCounts {
        var counts = DatasetCounts()
        let (_, diff, adopted) = try standing(db, number)
        var planned: (objects: Int, bytes: UInt64) = (0, 0)
        let tally = try Prepared(db, "SELECT verdict, objects, bytes FROM tally WHERE dataset = ?")
        tally.bind(1, number)
        while try tally.step() {
            let objects = Int(tally.integer(1))
            switch try DiffVerdict.action(tally.integer(0)) {
            case .create, .update: planned = (planned.objects + objects, planned.bytes + tally.size(2))
            case .unchanged: counts.unchanged += objects
            case .blocked: counts.blocked += objects
            case .skipped: counts.skipped += objects
            case .extraneous, .delete: continue
            }
            counts.total += objects
        }
        let run = try Prepared(db, "SELECT number FROM run ORDER BY number DESC LIMIT 1").one { $0.integer(0) } ?? 0
        if adopted != diff {
            // Seen, but not taken up yet: all of it is still to be done.
            counts.open += planned.objects
            counts.plannedBytes += planned.bytes
        }
        let rows = try Prepared(
            db, "SELECT state, claim, seen, run, size FROM transfer NOT INDEXED WHERE dataset = ? AND seen >= ?")
        rows.bind(1, number)
        rows.bind(2, diff * 2)
        while try rows.step() {
            let wasUnchanged = rows.integer(2) & 1 == 1
            let size = rows.size(4)
            if wasUnchanged { counts.unchanged -= 1 }
            switch TransferCode(rawValue: rows.integer(0)) {
            case .landed, .verified:
                if rows.integer(3) == run {
                    counts.landed += 1
                    counts.landedBytes += size
                    counts.plannedBytes += size
                    if rows.integer(0) == TransferCode.verified.rawValue { counts.verified += 1 }
                } else {
                    counts.unchanged += 1
                }
            case .pending, .pinned, .moving, .completing:
                counts.open += 1
                counts.plannedBytes += size
            case .failed, .drifted:
                // Due or held: it is being tried again.
                if rows.integer(1) == -1 { counts.failed += 1 } else { counts.open += 1 }
                counts.plannedBytes += size
            case .blocked:
                if rows.integer(1) == -1 { counts.blocked += 1 } else { counts.open += 1 }
            case nil:
                throw JournalError(.damaged, "the journal holds a transfer in an unknown state")
            }
        }
        let parts = try Prepared(
            db,
            """
            SELECT sum(part.size) FROM pin JOIN transfer USING (row) JOIN part USING (row)
            WHERE transfer.dataset = ? AND part.receipt IS NOT NULL
            """)
        parts.bind(1, number)
        counts.partBytes = try parts.one { $0.size(0) } ?? 0
        let deletions = try Prepared(
            db,
            """
            SELECT count(*), sum(size) FROM deletion
            WHERE dataset = ? AND run = ? AND state = \(DeletionCode.deleted.rawValue)
            """)
        deletions.bind(1, number)
        deletions.bind(2, run)
        (counts.deleted, counts.deletedBytes) = try deletions.one { (Int($0.integer(0)), $0.size(1)) } ?? (0, 0)
        return counts
    }
}

/// Numbers of a transfer's states in the journal.
enum TransferCode: Int64 {
    case pending = 2
    case pinned = 3
    case moving = 4
    case completing = 5
    case landed = 6
    case verified = 7
    case failed = 8
    case drifted = 9
    /// A failure in the machine: the target held something that is not ours at the moment of writing.
    case blocked = 10
}
