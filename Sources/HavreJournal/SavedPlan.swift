import Foundation
import GRDB
import Glibc
public import HavreModel

/// A plan as `plan -o` saved it: one SQLite file with the plan's own bytes, what was judged and reported, and every row
/// of the diff with the versions seen on both sides, and a digest over all of it. It holds no secret. `apply` executes
/// it as it stands or refuses it.
public struct SavedPlan: Sendable {
    /// What is kept beside the rows.
    public struct Heading: Sendable, Hashable {
        /// A file that the verdicts rest on: a signed document, an operator's own catalogue.
        public struct Document: Sendable, Hashable, Codable {
            /// Its path.
            public var file: String
            /// SHA-256, hex; nil where it could not be read.
            public var hash: String?

            /// Names a file.
            public init(file: String, hash: String?) {
                self.file = file
                self.hash = hash
            }
        }

        /// The plan file's bytes.
        public var plan: [UInt8]
        /// The plan file, as the operator named it.
        public var file: String
        /// The datasets that were planned, in order.
        public var datasets: [String]
        /// Whether what is extraneous and ours was planned to be deleted.
        public var prune: Bool
        /// SHA-256 of what the rulebook says of each rule, hex, by its id, and of its version by `version`.
        public var rulebook: [String: String]
        /// SHA-256 of each chapter of the catalogue, hex, by name: a provider's id, or `jurisdictions`.
        public var catalogue: [String: String]
        /// Files that the verdicts rest on.
        public var documents: [Document]
        /// The verdicts that the plan alone gives, as JSON.
        public var verdicts: [UInt8]
        /// What was known of each target, as JSON.
        public var endpoints: [UInt8]
        /// What `plan` reported, estimate included, as JSON.
        public var report: [UInt8]
        /// Tells this saved plan from every other: 16 random bytes, hex.
        public var serial: String
        /// The identity of the journal that it was planned with.
        public var journal: String
        /// When, nanoseconds since 1970 UTC.
        public var savedAt: Int64

        /// Puts a heading together.
        public init(
            plan: [UInt8], file: String, datasets: [String], prune: Bool, rulebook: [String: String],
            catalogue: [String: String], documents: [Document], verdicts: [UInt8], endpoints: [UInt8],
            report: [UInt8], serial: String, journal: String, savedAt: Int64
        ) {
            self.plan = plan
            self.file = file
            self.datasets = datasets
            self.prune = prune
            self.rulebook = rulebook
            self.catalogue = catalogue
            self.documents = documents
            self.verdicts = verdicts
            self.endpoints = endpoints
            self.report = report
            self.serial = serial
            self.journal = journal
            self.savedAt = savedAt
        }
    }

    /// Who vouches for the digest.
    public struct Signature: Sendable, Hashable {
        /// The signer's Ed25519 public key, 32 bytes.
        public var key: [UInt8]
        /// Over `signedBytes(digest)`, 64 bytes.
        public var bytes: [UInt8]

        /// Names a signature.
        public init(key: [UInt8], bytes: [UInt8]) {
            self.key = key
            self.bytes = bytes
        }
    }

    /// A hash of bytes: SHA-256.
    public typealias Hash = @Sendable ([UInt8]) -> [UInt8]

    /// The form of the file.
    private static let form: Int64 = 4

    /// `HVRP`, in the file's header.
    static let application: Int64 = 0x4856_5250

    /// The file.
    public let path: String
    /// What is kept beside the rows.
    public let heading: Heading
    /// Over heading and rows.
    public let digest: [UInt8]
    /// Who vouches for the digest; nil where nobody does.
    public let signature: Signature?

    /// What a signature is over: the digest behind a line that says what it is, so that no signature over anything
    /// else can be taken for one.
    public static func signedBytes(_ digest: [UInt8]) -> [UInt8] { Array("havre saved plan 1\n".utf8) + digest }

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
    /// `sign` gives the signature of bytes; nil leaves the plan unsigned.
    public static func write(
        to path: String, heading: Heading, journal: SQLiteJournal, hash: @escaping Hash,
        sign: (@Sendable ([UInt8]) throws -> Signature)? = nil
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
                    let signature = try sign?(signedBytes(digest))
                    try db.execute(
                        sql: "INSERT INTO seal VALUES (?, ?, ?)",
                        arguments: [Data(digest), signature.map { Data($0.key) }, signature.map { Data($0.bytes) }])
                    return .commit
                }
                try db.execute(sql: "DETACH DATABASE journal")
            }
            try queue.close()
        } catch {
            unlink(temporary)
            guard error is DatabaseError else { throw error }
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
                    plan BLOB NOT NULL, file TEXT NOT NULL, datasets TEXT NOT NULL, prune INTEGER NOT NULL,
                    rulebook TEXT NOT NULL, catalogue TEXT NOT NULL, documents TEXT NOT NULL, verdicts BLOB NOT NULL,
                    endpoints BLOB NOT NULL, report BLOB NOT NULL, serial TEXT NOT NULL,
                    journal TEXT NOT NULL, savedAt INTEGER NOT NULL);
                CREATE TABLE object (
                    dataset TEXT NOT NULL, key BLOB NOT NULL, action INTEGER NOT NULL, cause INTEGER NOT NULL,
                    sourceTag TEXT, sourceSize INTEGER, sourceVersion TEXT, sourceModified INTEGER,
                    targetTag TEXT, targetSize INTEGER, targetVersion TEXT, targetModified INTEGER,
                    PRIMARY KEY (dataset, key)) WITHOUT ROWID;
                CREATE TABLE word (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
                CREATE TABLE seal (digest BLOB NOT NULL, signer BLOB, signature BLOB);
                """)
        try db.execute(
            sql: "INSERT INTO heading VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                Data(heading.plan), heading.file, heading.datasets.joined(separator: "\n"), heading.prune,
                try Self.json(heading.rulebook), try Self.json(heading.catalogue), try Self.json(heading.documents),
                Data(heading.verdicts), Data(heading.endpoints), Data(heading.report), heading.serial, heading.journal,
                heading.savedAt,
            ])
        for name in heading.datasets {
            try db.execute(
                sql: """
                    INSERT INTO object
                    SELECT dataset.name, diff.key, diff.verdict & 7, diff.verdict >> 3,
                        source.tag, source.size, source.version, source.modified,
                        target.tag, target.size, target.version, target.modified
                    FROM journal.dataset JOIN journal.diff ON diff.dataset = dataset.number
                    LEFT JOIN journal.source ON source.dataset = diff.dataset AND source.key = diff.key
                    LEFT JOIN journal.target ON target.dataset = diff.dataset AND target.key = diff.key
                    WHERE dataset.name = ? ORDER BY diff.key
                    """, arguments: [name])
        }
        try db.execute(
            sql: """
                INSERT INTO word SELECT number, text FROM journal.word
                WHERE number IN (SELECT DISTINCT cause FROM object) ORDER BY number
                """)
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// A chain of hashes over the heading and every row in order, each field with its length before it, so that a plan
    /// in which anything was changed is told from the one that was saved.
    private static func digest(_ db: Database, _ heading: Heading, _ hash: Hash) throws -> [UInt8] {
        func field(_ bytes: [UInt8]) -> [UInt8] { Array("\(bytes.count):".utf8) + bytes }
        func field(_ text: String) -> [UInt8] { field(Array(text.utf8)) }
        var link = hash(
            field(heading.plan) + field(heading.file) + field(heading.datasets.joined(separator: "\n"))
                + field("\(heading.prune)") + field(try json(heading.rulebook)) + field(try json(heading.catalogue))
                + field(try json(heading.documents)) + field(heading.verdicts) + field(heading.endpoints)
                + field(heading.report) + field(heading.serial) + field(heading.journal)
                + field("\(heading.savedAt)"))
        let words = try Prepared(db, "SELECT number, text FROM word ORDER BY number")
        while try words.step() { link = hash(link + field("\(words.integer(0))") + field(words.text(1))) }
        let query = try Prepared(
            db,
            """
            SELECT key, dataset, action, cause,
                quote(sourceTag), quote(sourceSize), quote(sourceVersion), quote(sourceModified),
                quote(targetTag), quote(targetSize), quote(targetVersion), quote(targetModified)
            FROM object ORDER BY dataset, key
            """)
        while try query.step() {
            var row = link + field(query.blob(0)) + field(query.text(1))
            row += field("\(query.integer(2)) \(query.integer(3))")
            for column: Int32 in 4...11 { row += field(query.text(column)) }
            link = hash(row)
        }
        return link
    }

    /// Opens a saved plan. Throws `JournalError` where it is damaged, was edited, or is another Havre's.
    public init(path: String, hash: @escaping Hash) throws {
        self.path = path
        do {
            (heading, digest, signature) = try Self.queue(path).read { db in
                let version = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                guard version == Self.form else {
                    throw JournalError(.tooNew, "\(path) was saved by another Havre (form \(version)); plan again")
                }
                guard let row = try Row.fetchOne(db, sql: "SELECT * FROM heading"),
                    let heading = try? Self.heading(row), let seal = try Row.fetchOne(db, sql: "SELECT * FROM seal")
                else { throw JournalError(.damaged, "\(path) holds no plan; plan again") }
                let digest = try Self.digest(db, heading, hash)
                guard (seal["digest"] as Data?).map(Array.init) == digest else {
                    throw JournalError(.damaged, "\(path) is not as it was saved; plan again")
                }
                var signature: Signature?
                if let key = seal["signer"] as Data?, let bytes = seal["signature"] as Data? {
                    signature = Signature(key: Array(key), bytes: Array(bytes))
                }
                return (heading, digest, signature)
            }
        } catch {
            throw JournalError(wrapping: error, path: path)
        }
    }

    static func queue(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func heading(_ row: Row) throws -> Heading? {
        guard let plan = row["plan"] as Data?, let file = row["file"] as String?,
            let datasets = row["datasets"] as String?, let prune = row["prune"] as Bool?,
            let rulebook = row["rulebook"] as String?, let catalogue = row["catalogue"] as String?,
            let documents = row["documents"] as String?, let verdicts = row["verdicts"] as Data?,
            let endpoints = row["endpoints"] as Data?, let report = row["report"] as Data?,
            let serial = row["serial"] as String?, let journal = row["journal"] as String?,
            let savedAt = row["savedAt"] as Int64?
        else { return nil }
        let decoder = JSONDecoder()
        return Heading(
            plan: Array(plan), file: file, datasets: datasets.split(separator: "\n").map(String.init), prune: prune,
            rulebook: try decoder.decode([String: String].self, from: Data(rulebook.utf8)),
            catalogue: try decoder.decode([String: String].self, from: Data(catalogue.utf8)),
            documents: try decoder.decode([Heading.Document].self, from: Data(documents.utf8)),
            verdicts: Array(verdicts), endpoints: Array(endpoints), report: Array(report), serial: serial,
            journal: journal, savedAt: savedAt)
    }

    /// Rows of the saved diff in order of key, behind `after`; all actions where `actions` is empty.
    public func objects(
        dataset: String, actions: Set<Diff.Action>, after: ObjectKey?, limit: Int
    ) async throws -> [DiffRow] {
        do {
            return try await Self.queue(path).read { db in
                let wanted = actions.map(DiffVerdict.number).sorted().map(String.init).joined(separator: ", ")
                let query = try Prepared(
                    db,
                    """
                    SELECT key, action, word.text, sourceTag, sourceSize, sourceVersion, sourceModified,
                        targetTag, targetSize, targetVersion, targetModified
                    FROM object LEFT JOIN word ON word.number = object.cause
                    WHERE dataset = ?1 AND (?2 IS NULL OR key > ?2)
                        \(actions.isEmpty ? "" : "AND action IN (\(wanted))")
                    ORDER BY key LIMIT ?3
                    """)
                query.bind(1, dataset)
                query.bind(2, after?.bytes)
                query.bind(3, Int64(limit))
                var rows: [DiffRow] = []
                while try query.step() {
                    rows.append(try DiffRow(reading: query))
                }
                return rows
            }
        } catch {
            throw JournalError(wrapping: error, path: path)
        }
    }
}
