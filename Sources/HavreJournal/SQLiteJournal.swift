import GRDB
import Glibc
public import HavreModel

/// The journal in one SQLite file, the embedded default.
///
/// One process writes at a time: whoever took the lease last; `RunLock` keeps two from trying. Any number of
/// processes may open the same file and read while it writes. The first write of a process takes the lease
/// where `takeLease` did not; processes that only read never write.
public final class SQLiteJournal: Journal {
    let pool: DatabasePool
    let queue: CommitQueue
    let path: String
    private let hash: @Sendable ([UInt8]) -> [UInt8]

    /// Opens the journal at `path`, makes it where there is none (mode 0600) and brings an older one up to date.
    ///
    /// `hash` is SHA-256; `clock` gives nanoseconds since 1970 UTC. Memory for pages is bounded by 14 MiB.
    /// Throws `JournalError`: `.damaged`, `.tooNew`, `.disk`.
    public init(
        path: String, hash: @escaping @Sendable ([UInt8]) -> [UInt8], clock: @escaping @Sendable () -> Int64
    ) throws {
        self.path = path
        self.hash = hash
        do {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw JournalError(.disk, "\(path): cannot be opened: \(String(cString: strerror(errno)))")
            }
            Glibc.close(descriptor)
            pool = try DatabasePool(path: path, configuration: Self.configuration())
            try pool.writeWithoutTransaction { db in
                // The pool sets NORMAL when it turns WAL on: a commit could then be lost with the power.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(sql: "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000")
                try Schema.migrate(db, path: path)
            }
        } catch {
            throw JournalError(wrapping: error, path: path)
        }
        queue = CommitQueue(pool: pool, path: path, hash: hash, clock: clock)
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "havre.journal"
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 3
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA mmap_size = 0;
                    PRAGMA cache_size = -2048;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    """)
            if !db.configuration.readonly {
                // What is erased must not lie on in free pages (sealed file keys, leaf digests).
                try db.execute(sql: "PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864;")
            }
        }
        return configuration
    }

    /// Takes the lease; call it right after the run lock. Other processes that still write are refused from now on
    /// (`.fenced`), and what they had claimed is free again.
    public func takeLease(holder: String) async throws -> Lease {
        try await queue.write(takingLease: true) { try $0.takeLease(holder: holder) }
    }

    /// Ends all use of the file; what lies in the write-ahead log goes into the file itself, as far as others who
    /// read it allow. Calls that come later throw.
    public func close() throws {
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
        do { try pool.close() } catch { throw JournalError(wrapping: error, path: path) }
    }

    /// Reads in a snapshot of its own, off the cooperative pool.
    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        do { return try await pool.read(body) } catch { throw JournalError(wrapping: error, path: path) }
    }

    // MARK: Runs

    public func openRun() async throws -> RunRecord? {
        try await read { try JournalReader.run($0, "WHERE ended IS NULL") }
    }

    public func latestRun() async throws -> RunRecord? {
        try await read { try JournalReader.run($0, "") }
    }

    public func beginRun(_ run: RunRecord, notes: JournalNote) async throws {
        let notes = try Self.checked(notes)
        try await queue.write { writer in
            guard try writer.openRun() == nil else {
                throw JournalError(.illegal, "a run is open already; it must end before another begins")
            }
            let insert = try writer.prepare("INSERT INTO run (id, planHash, began) VALUES (?, ?, ?)")
            insert.bind(1, run.id)
            insert.bind(2, run.planHash)
            insert.bind(3, run.began)
            try insert.run()
            writer.runChanged()
            try writer.event(
                "run.began",
                after: { body in
                    body.name("notes")
                    body.raw(notes)
                    body.name("plan")
                    body.string(run.planHash)
                    body.name("run")
                    body.string(run.id)
                })
        }
    }

    public func endRun(_ run: String, outcome: String, notes: JournalNote) async throws {
        let notes = try Self.checked(notes)
        try await queue.write { writer in
            let update = try writer.prepare("UPDATE run SET ended = ?, outcome = ? WHERE id = ? AND ended IS NULL")
            update.bind(1, writer.now)
            update.bind(2, outcome)
            update.bind(3, run)
            try update.run()
            guard writer.db.changesCount == 1 else {
                throw JournalError(.illegal, "the run \(run) is not open")
            }
            writer.runChanged()
            try writer.event(
                "run.ended",
                after: { body in
                    body.name("notes")
                    body.raw(notes)
                    body.name("outcome")
                    body.string(outcome)
                    body.name("run")
                    body.string(run)
                })
        }
    }

    public func note(_ kind: String, dataset: String?, _ note: JournalNote) async throws {
        let json = try Self.checked(note)
        try await queue.write { writer in
            try writer.event(
                kind,
                before: { body in
                    if let dataset {
                        body.name("dataset")
                        body.string(dataset)
                    }
                },
                after: { body in
                    body.name("notes")
                    body.raw(json)
                })
        }
    }

    /// A note must be one canonical JSON object, or the event around it would not be one.
    static func checked(_ note: JournalNote) throws -> [UInt8] {
        do {
            guard case .object = try JSONValue(canonical: note.json) else {
                throw JournalError(.illegal, "a note must be a JSON object")
            }
        } catch let error as JSONValue.Malformed {
            throw JournalError(.illegal, "a note must be canonical JSON: \(error)")
        }
        return note.json
    }

    // MARK: Record

    public func events(after: Int64, limit: Int) async throws -> [EventRow] {
        try await read { try EventChain.events($0, after: after, limit: limit) }
    }

    /// Also has SQLite look through its own structures. What the chain cannot tell: see `head()`.
    public func checkChain() async throws -> ChainHead {
        let path = path
        let hash = hash
        return try await read { db in
            let found = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "nothing"
            guard found == "ok" else {
                throw JournalError(
                    .damaged, "\(path) is damaged (\(found)); restore it from a backup or use `adopt`")
            }
            return try EventChain.check(db, path: path, hash: hash)
        }
    }

    /// The head of the chain. The chain alone cannot tell that events were cut off at its end, nor that all of it
    /// was written anew: keep heads elsewhere and compare.
    public func head() async throws -> ChainHead {
        try await read { try EventChain.head($0) }
    }
}

extension JournalError {
    /// Any error of the database as one that says what to do.
    init(wrapping error: any Error, path: String) {
        if let known = error as? JournalError {
            self = known
            return
        }
        guard let database = error as? DatabaseError else {
            self.init(.disk, "\(path): \(error)")
            return
        }
        let words = database.message ?? "no words"
        switch database.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH:
            self.init(
                .damaged,
                "\(path) is damaged (\(words)). Leave it as it is, restore a backup of the whole state directory, "
                    + "or rebuild it with `havre adopt`")
        case .SQLITE_FULL:
            self.init(.disk, "\(path): the disk is full (\(words)); nothing is lost: make room and run again")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.locked, "\(path): another process holds the journal's write lock (\(words)); run again later")
        default:
            self.init(
                .disk,
                "\(path): the disk gives errors (\(words), code \(database.extendedResultCode.rawValue)); "
                    + "nothing that was acknowledged is lost: look at the disk and run again")
        }
    }
}
