import Foundation
import GRDB
import Glibc
import HavreModel

/// A plan as `plan -o` saved it: one SQLite file with the plan's own bytes, what was judged, and every row of the
/// diff with the versions seen on both sides, and a digest over all of it. It holds no secret. `apply` executes it as it
/// stands or refuses it.
public struct SavedPlan: Sendable {
    /// What is kept beside the rows.
    public struct Heading: Sendable, Hashable {
        /// The plan file's bytes.
        public var plan: [UInt8]
        /// The plan file, as the operator named it.
        public var file: String
        /// The datasets that were planned, in order.
        public var datasets: [String]
        /// SHA-256 of the rulebook's canonical text, hex.
        public var rulebook: String
        /// Rule, outcome and subject of every verdict, one line each, sorted.
        public var verdicts: String
        /// When, nanoseconds since 1970 UTC.
        public var savedAt: Int64

        /// Puts a heading together.
        public init(
            plan: [UInt8], file: String, datasets: [String], rulebook: String, verdicts: String, savedAt: Int64
        ) {
            self.plan = plan
            self.file = file
            self.datasets = datasets
            self.rulebook = rulebook
            self.verdicts = verdicts
            self.savedAt = savedAt
        }
    }

    /// A hash of bytes: SHA-256.
    public typealias Hash = @Sendable ([UInt8]) -> [UInt8]

    /// The form of the file.
    private static let form: Int64 = 2

    /// `HVRP`, in the file's header.
    static let application: Int64 = 0x4856_5250

    /// The file.
    public let path: String
    /// What is kept beside the rows.
    public let heading: Heading

    /// Whether the file at `path` was written by `plan -o`.
    public static func isOne(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 72)
        guard read(descriptor, &bytes, 72) == 72, bytes.starts(with: "SQLite format 3\0".utf8) else { return false }
        // SQLite file format §1.3: the application id stands big-endian at offset 68.
        return bytes[68..<72].reduce(Int64(0)) { $0 << 8 | Int64($1) } == application
    }

    /// Writes the diff of `heading.datasets` as `journal` holds it. Replaces what is at `path`, whole or not at all.
    public static func write(
        to path: String, heading: Heading, journal: SQLiteJournal, hash: @escaping Hash
    ) async throws {
        let temporary = path + ".new"
        unlink(temporary)
        do {
            let queue = try DatabaseQueue(path: temporary)
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;")
                try db.execute(sql: "PRAGMA application_id = \(application); PRAGMA user_version = \(form);")
                try db.execute(sql: "ATTACH DATABASE ? AS journal", arguments: [journal.path])
                try db.inTransaction(.immediate) {
                    try fill(db, heading)
                    let digest = try digest(db, heading, hash)
                    try db.execute(sql: "INSERT INTO seal VALUES (?)", arguments: [Data(digest)])
                    return .commit
                }
                try db.execute(sql: "DETACH DATABASE journal")
            }
            try queue.close()
        } catch {
            unlink(temporary)
            throw JournalError(wrapping: error, path: path)
        }
        guard chmod(temporary, 0o600) == 0, rename(temporary, path) == 0 else {
            throw JournalError(.disk, "\(path): cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private static func fill(_ db: Database, _ heading: Heading) throws {
        try db.execute(
            sql: """
                CREATE TABLE heading (
                    plan BLOB NOT NULL, file TEXT NOT NULL, datasets TEXT NOT NULL, rulebook TEXT NOT NULL,
                    verdicts TEXT NOT NULL, savedAt INTEGER NOT NULL);
                CREATE TABLE object (
                    dataset TEXT NOT NULL, key BLOB NOT NULL, verdict INTEGER NOT NULL,
                    sourceTag TEXT, sourceSize INTEGER, targetTag TEXT, targetSize INTEGER,
                    PRIMARY KEY (dataset, key)) WITHOUT ROWID;
                CREATE TABLE seal (digest BLOB NOT NULL);
                """)
        try db.execute(
            sql: "INSERT INTO heading VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                Data(heading.plan), heading.file, heading.datasets.joined(separator: "\n"), heading.rulebook,
                heading.verdicts, heading.savedAt,
            ])
        for name in heading.datasets {
            try db.execute(sql: "INSERT INTO object \(rows) ORDER BY diff.key", arguments: [name])
        }
    }

    /// The rows of one dataset in an attached journal.
    private static let rows = """
        SELECT dataset.name, diff.key, diff.verdict, source.tag, source.size, target.tag, target.size
        FROM journal.dataset JOIN journal.diff ON diff.dataset = dataset.number
        LEFT JOIN journal.source ON source.dataset = diff.dataset AND source.key = diff.key
        LEFT JOIN journal.target ON target.dataset = diff.dataset AND target.key = diff.key
        WHERE dataset.name = ?
        """

    /// A chain of hashes over the heading and every row in order, each field with its length before it, so that a plan
    /// in which anything was changed is told from the one that was saved.
    private static func digest(_ db: Database, _ heading: Heading, _ hash: Hash) throws -> [UInt8] {
        func field(_ bytes: [UInt8]) -> [UInt8] { Array("\(bytes.count):".utf8) + bytes }
        var link = hash(
            field(heading.plan) + field(Array(heading.file.utf8))
                + field(Array(heading.datasets.joined(separator: "\n").utf8)) + field(Array(heading.rulebook.utf8))
                + field(Array(heading.verdicts.utf8)) + field(Array("\(heading.savedAt)".utf8)))
        let query = try Prepared(
            db,
            """
            SELECT key, dataset, verdict, quote(sourceTag), quote(sourceSize), quote(targetTag), quote(targetSize)
            FROM object ORDER BY dataset, key
            """)
        while try query.step() {
            let words = (3...6).flatMap { field(Array(query.text($0).utf8)) }
            link = hash(
                link + field(query.blob(0)) + field(Array(query.text(1).utf8))
                    + field(Array("\(query.integer(2))".utf8)) + words)
        }
        return link
    }

    /// Opens a saved plan. Throws `JournalError` where it is damaged, was edited, or is another Havre's.
    public init(path: String, hash: @escaping Hash) throws {
        self.path = path
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            heading = try queue.read { db in
                let version = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                guard version == Self.form else {
                    throw JournalError(.tooNew, "\(path) was saved by another Havre (form \(version)); plan again")
                }
                guard let row = try Row.fetchOne(db, sql: "SELECT * FROM heading"), let plan = row["plan"] as Data?,
                    let file = row["file"] as String?, let datasets = row["datasets"] as String?,
                    let rulebook = row["rulebook"] as String?, let verdicts = row["verdicts"] as String?,
                    let savedAt = row["savedAt"] as Int64?
                else { throw JournalError(.damaged, "\(path) holds no plan; plan again") }
                let heading = Heading(
                    plan: Array(plan), file: file, datasets: datasets.split(separator: "\n").map(String.init),
                    rulebook: rulebook, verdicts: verdicts, savedAt: savedAt)
                let digest = try Data.fetchOne(db, sql: "SELECT digest FROM seal")
                guard try digest.map(Array.init) == Self.digest(db, heading, hash) else {
                    throw JournalError(.damaged, "\(path) is not as it was saved; plan again")
                }
                return heading
            }
        } catch {
            throw JournalError(wrapping: error, path: path)
        }
    }

    /// The first object, in order of dataset and key, on which the saved plan and the journal's diff of this moment
    /// differ, in words; nil where both say the same of every object of `datasets`.
    public func firstDifference(from journal: SQLiteJournal, datasets: [String]) async throws -> String? {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            return try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "ATTACH DATABASE ? AS journal", arguments: [journal.path])
                for name in datasets {
                    if let words = try Self.difference(db, name) { return words }
                }
                return nil
            }
        } catch {
            throw JournalError(wrapping: error, path: path)
        }
    }

    private static func difference(_ db: Database, _ name: String) throws -> String? {
        let saved =
            "SELECT dataset, key, verdict, sourceTag, sourceSize, targetTag, targetSize FROM object WHERE dataset = ?"
        for (left, right, isNew) in [(saved, rows, false), (rows, saved, true)] {
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT key FROM (\(left) EXCEPT \(right)) ORDER BY key LIMIT 1", arguments: [name, name]),
                let bytes = row["key"] as Data?
            else { continue }
            let key = ObjectKey(Array(bytes))
            let before = try Row.fetchOne(
                db, sql: "SELECT verdict, sourceTag FROM object WHERE dataset = ? AND key = ?",
                arguments: [name, bytes])
            if isNew && before == nil { return "\(name): \(key) is new since the plan was saved" }
            let after = try Row.fetchOne(
                db,
                sql: """
                    SELECT diff.verdict, source.tag FROM journal.diff
                    JOIN journal.dataset ON dataset.number = diff.dataset AND dataset.name = ?
                    LEFT JOIN journal.source ON source.dataset = diff.dataset AND source.key = diff.key
                    WHERE diff.key = ?
                    """, arguments: [name, bytes])
            guard let before, let after, let was = before["verdict"] as Int64?, let verdict = after["verdict"] as Int64?
            else { return "\(name): \(key) is gone since the plan was saved" }
            let (one, other) = (try DiffVerdict.action(was), try DiffVerdict.action(verdict))
            if one != other {
                return "\(name): \(key) was planned as \(one.rawValue), and would be \(other.rawValue) now"
            }
            return "\(name): \(key) has changed since the plan was saved"
        }
        return nil
    }
}
