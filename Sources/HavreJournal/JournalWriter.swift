import GRDB
import HavreModel

/// One transaction on a journal: fenced by the lease's generation, it appends events to the chain.
///
/// Not to be kept beyond the transaction.
final class JournalWriter {
    let db: Database
    /// When the transaction began, nanoseconds since 1970 UTC.
    let now: Int64
    /// The generation under which this process writes.
    private(set) var generation: Int64
    /// SHA-256.
    let hash: @Sendable ([UInt8]) -> [UInt8]
    private var head: ChainHead
    private var runNumber: Int64?
    private var words: [String: Int64] = [:]

    private var hasEntered = false

    init(
        _ db: Database, generation: Int64, now: Int64, hash: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) throws {
        self.db = db
        self.now = now
        self.generation = generation
        self.hash = hash
        head = try EventChain.head(db)
    }

    /// Checks that nobody took the lease over; takes one where this process has none yet.
    func enter() throws {
        guard !hasEntered else { return }
        hasEntered = true
        guard generation > 0 else {
            _ = try takeLease(holder: "a process without a name")
            return
        }
        let current = try prepare("SELECT generation, holder FROM lease").one { ($0.integer(0), $0.text(1)) }
        guard current?.0 == generation else {
            throw JournalError(
                .fenced,
                "another process (\(current?.1 ?? "unknown")) took over the journal; this one must end. "
                    + "Nothing is lost: run again when the other has ended")
        }
    }

    /// Prepares a cached statement.
    func prepare(_ sql: String) throws -> Prepared { try Prepared(db, sql) }

    // MARK: Lease

    /// Takes the lease: older holders are fenced off, and what they held is free again.
    func takeLease(holder: String) throws -> Lease {
        hasEntered = true
        let former = try prepare("SELECT generation FROM lease").one { $0.integer(0) } ?? 0
        generation = former + 1
        let write = try prepare("INSERT OR REPLACE INTO lease (only, generation, holder, taken) VALUES (1, ?, ?, ?)")
        write.bind(1, generation)
        write.bind(2, holder)
        write.bind(3, now)
        try write.run()
        try prepare("UPDATE transfer SET claim = -2 WHERE claim >= 0").run()
        let freed = db.changesCount
        try event(
            "lease.taken",
            before: { body in
                body.name("freed")
                body.integer(freed)
                body.name("generation")
                body.integer(generation)
                body.member("holder", holder)
            })
        return Lease(generation: generation, holder: holder, taken: now)
    }

    // MARK: Events

    /// Appends an event. Members stand in ascending order: those of `before` precede `kind`, those of `after` follow.
    func event(
        _ kind: String, before: (inout CanonicalJSON) throws -> Void = { _ in },
        after: (inout CanonicalJSON) throws -> Void = { _ in }
    ) throws {
        var body = CanonicalJSON(capacity: 512)
        body.beginObject()
        body.name("at")
        body.instant(now)
        try before(&body)
        body.name("kind")
        body.string(kind)
        try after(&body)
        body.endObject()
        let bytes = body.bytes
        let next = hash(head.hash + bytes)
        let insert = try prepare("INSERT INTO event (sequence, body, hash) VALUES (?, ?, ?)")
        insert.bind(1, head.size + 1)
        insert.bind(2, bytes)
        insert.bind(3, next)
        try insert.run()
        head = ChainHead(size: head.size + 1, hash: next)
    }

    // MARK: Names and words

    /// The number of a dataset; it is made where there is none.
    func dataset(_ name: String) throws -> Int64 {
        if let number = try JournalReader.dataset(db, name) { return number }
        let insert = try prepare("INSERT INTO dataset (name) VALUES (?)")
        insert.bind(1, name)
        try insert.run()
        return db.lastInsertedRowID
    }

    /// The number of a word; it is made where there is none.
    func word(_ text: String) throws -> Int64 {
        if let number = words[text] { return number }
        let find = try prepare("SELECT number FROM word WHERE text = ?")
        find.bind(1, text)
        var number = try find.one { $0.integer(0) }
        if number == nil {
            let insert = try prepare("INSERT INTO word (text) VALUES (?)")
            insert.bind(1, text)
            try insert.run()
            number = db.lastInsertedRowID
        }
        // Reasons may name keys: the memory of them is bounded.
        if words.count >= 256 { words.removeAll() }
        words[text] = number
        return number ?? 0
    }

    /// The number of the open run, or nil.
    func openRun() throws -> Int64? {
        if let runNumber { return runNumber }
        runNumber = try prepare("SELECT number FROM run WHERE ended IS NULL ORDER BY number DESC LIMIT 1")
            .one { $0.integer(0) }
        return runNumber
    }

    /// Forgets what is remembered of the open run: it changed.
    func runChanged() { runNumber = nil }
}
