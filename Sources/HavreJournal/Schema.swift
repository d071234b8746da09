import GRDB

/// The tables of a journal, and how older ones become today's.
///
/// `user_version` counts the steps; a step is never changed once it was released, only followed by another.
/// The hash of an event covers its stored bytes, which no step touches (invariant 5).
enum Schema {
    /// `HVRE`, in the file's header: tells a journal from any other SQLite file.
    static let application: Int64 = 0x4856_5245

    /// Each brings the journal one version further.
    static let steps: [String] = [first, second, third, fourth, identity, share]

    /// The version that this Havre writes.
    static var current: Int64 { Int64(steps.count) }

    /// Reasons and other words that recur are held once, by number; those of the diff have fixed ones.
    ///
    /// In `transfer`, `state` and `claim` never take 0 or 1, which SQLite stores in no byte at all:
    /// a row then keeps its length when it moves, and pages need not be split.
    /// `seen` is twice the number of the diff that last took the row up, plus 1 where that diff found it unchanged.
    /// `landing` names its transfer without a foreign key, which would cost every landing a search; rows of `transfer`
    /// are never deleted. What is held has no index either: it is looked for once, when a lease is taken.
    /// `claim`: -1 nobody's and not due, -2 due and free, else the generation that holds it.
    private static let first = """
        CREATE TABLE lease (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            generation INTEGER NOT NULL, holder TEXT NOT NULL, taken INTEGER NOT NULL);
        CREATE TABLE run (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, planHash TEXT NOT NULL,
            began INTEGER NOT NULL, ended INTEGER, outcome TEXT);
        CREATE TABLE dataset (
            number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, step TEXT NOT NULL DEFAULT 'drafted',
            halt TEXT, diff INTEGER NOT NULL DEFAULT 0, adopted INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE word (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
        CREATE TABLE source (
            dataset INTEGER NOT NULL, key BLOB NOT NULL, tag TEXT NOT NULL, size INTEGER NOT NULL,
            version TEXT, modified INTEGER, exclusion INTEGER NOT NULL,
            PRIMARY KEY (dataset, key)) WITHOUT ROWID;
        CREATE TABLE target (
            dataset INTEGER NOT NULL, key BLOB NOT NULL, tag TEXT NOT NULL, size INTEGER NOT NULL,
            version TEXT, modified INTEGER,
            PRIMARY KEY (dataset, key)) WITHOUT ROWID;
        CREATE TABLE diff (
            dataset INTEGER NOT NULL, key BLOB NOT NULL, verdict INTEGER NOT NULL, bytes INTEGER NOT NULL,
            PRIMARY KEY (dataset, key)) WITHOUT ROWID;
        CREATE TABLE tally (
            dataset INTEGER NOT NULL, verdict INTEGER NOT NULL, objects INTEGER NOT NULL, bytes INTEGER NOT NULL,
            PRIMARY KEY (dataset, verdict)) WITHOUT ROWID;
        CREATE TABLE transfer (
            row INTEGER PRIMARY KEY, dataset INTEGER NOT NULL, state INTEGER NOT NULL, claim INTEGER NOT NULL,
            seen INTEGER NOT NULL, run INTEGER NOT NULL, attempts INTEGER NOT NULL, size INTEGER NOT NULL,
            key BLOB NOT NULL, tag TEXT NOT NULL, version TEXT, modified INTEGER, replaces TEXT);
        CREATE UNIQUE INDEX transfer_key ON transfer (dataset, key);
        CREATE INDEX transfer_free ON transfer (dataset) WHERE claim = -2;
        CREATE INDEX transfer_failed ON transfer (dataset) WHERE state >= 8;
        CREATE TABLE pin (
            row INTEGER PRIMARY KEY REFERENCES transfer (row), tag TEXT NOT NULL, size INTEGER NOT NULL,
            version TEXT, modified INTEGER, plain INTEGER NOT NULL, part INTEGER NOT NULL,
            intended INTEGER, upload TEXT, header BLOB NOT NULL, fileKey BLOB NOT NULL, metadata BLOB NOT NULL);
        CREATE TABLE part (
            row INTEGER NOT NULL REFERENCES pin (row), number INTEGER NOT NULL, keyedLeaves BLOB NOT NULL,
            sealedLeaves BLOB NOT NULL, crc64 INTEGER, crc32c INTEGER, md5 BLOB, tag BLOB NOT NULL,
            size INTEGER NOT NULL, receipt TEXT, checksumKind TEXT, checksum TEXT,
            PRIMARY KEY (row, number)) WITHOUT ROWID;
        CREATE TABLE ending (
            row INTEGER PRIMARY KEY REFERENCES transfer (row), reason TEXT NOT NULL, retryable INTEGER NOT NULL,
            mismatch INTEGER NOT NULL, upload TEXT);
        CREATE TABLE landing (
            row INTEGER PRIMARY KEY, run INTEGER NOT NULL, tag TEXT NOT NULL,
            size INTEGER NOT NULL, version TEXT, modified INTEGER, plain INTEGER NOT NULL, stored INTEGER NOT NULL,
            digestKind INTEGER NOT NULL, keyedRoot BLOB NOT NULL, keyedLeaves BLOB NOT NULL,
            storedPart INTEGER NOT NULL, tags BLOB NOT NULL, crc64 INTEGER, crc32c INTEGER, md5 BLOB,
            targetTag TEXT NOT NULL, targetVersion TEXT, enforced TEXT NOT NULL, envelope INTEGER NOT NULL,
            metadata BLOB NOT NULL, unmapped TEXT NOT NULL, provenance TEXT NOT NULL);
        CREATE TABLE event (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL);
        """

    /// A cause of its own for what a read-back found different.
    private static let second =
        "INSERT OR IGNORE INTO word (number, text) VALUES "
        + "(\(DiffCause.foundDifferent.rawValue), '\(DiffCause.foundDifferent.text)')"

    /// Saved plans that were applied, with the run that began from them; what a run deletes at the target, its `state`
    /// as in `DeletionCode`; and why something at the target is left alone where the plan prunes.
    private static let third = """
        CREATE TABLE applied (serial TEXT PRIMARY KEY, run INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE deletion (
            dataset INTEGER NOT NULL, key BLOB NOT NULL, run INTEGER NOT NULL, tag TEXT NOT NULL, size INTEGER NOT NULL,
            state INTEGER NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (dataset, key)) WITHOUT ROWID;
        INSERT OR IGNORE INTO word (number, text) VALUES (\(DiffCause.notOurs.rawValue), '\(DiffCause.notOurs.text)');
        """

    /// Where what landed came from and went to, and where a deletion was meant: numbers of words, 0 where nobody said.
    /// `place` is that of the dataset's two sides as the last inventory named them, `site` that of its target alone,
    /// `placed` the last one of which all that was unchanged is known to be.
    /// `saved` holds the plans that were saved from here. `application` replaces `applied`: of a saved plan each dataset is applied for itself, and again where objects failed.
    private static let fourth = """
        ALTER TABLE landing ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE dataset ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE dataset ADD COLUMN site INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE dataset ADD COLUMN placed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE deletion ADD COLUMN site INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE application (
            serial TEXT NOT NULL, dataset TEXT NOT NULL, run INTEGER NOT NULL,
            PRIMARY KEY (serial, dataset, run)) WITHOUT ROWID;
        INSERT INTO application SELECT serial, '', run FROM applied;
        CREATE TABLE saved (serial TEXT PRIMARY KEY, isSigned INTEGER NOT NULL) WITHOUT ROWID;
        INSERT OR IGNORE INTO word (number, text) VALUES
            (\(DiffCause.elsewhere.rawValue), '\(DiffCause.elsewhere.text)'),
            (\(DiffCause.placeUnknown.rawValue), '\(DiffCause.placeUnknown.text)'),
            (\(DiffCause.waits.rawValue), '\(DiffCause.waits.text)');
        """

    /// What tells a journal from every other: plans that are saved from here are applied from here.
    private static let identity = """
        CREATE TABLE identity (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL);
        INSERT INTO identity VALUES (1, lower(hex(randomblob(16))));
        """

    /// Of a part whose source proves itself only as a whole: its share in the proof, sealed under the resume key.
    private static let share = "ALTER TABLE part ADD COLUMN share BLOB NOT NULL DEFAULT x''"

    /// Refuses what is no journal or too new; brings what is older up to date, in one transaction a step.
    static func migrate(_ db: Database, path: String) throws {
        var version = try check(db, path: path)
        while version < current {
            try db.inTransaction(.immediate) {
                // Another process may have been faster.
                version = try check(db, path: path)
                if version < current {
                    try db.execute(sql: steps[Int(version)])
                    if version == 0 {
                        try DiffCause.write(db)
                        try db.execute(sql: "PRAGMA application_id = \(application)")
                    }
                    version += 1
                    try db.execute(sql: "PRAGMA user_version = \(version)")
                }
                return .commit
            }
        }
    }

    private static func check(_ db: Database, path: String) throws -> Int64 {
        let version = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let application = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table'") ?? 0
        if version == 0 && tables == 0 { return 0 }
        guard application == Self.application else {
            throw JournalError(
                .damaged,
                "\(path) is a SQLite file, but no journal of Havre's; name another state directory or move it away")
        }
        guard version <= current else {
            throw JournalError(
                .tooNew,
                "\(path) was written by a newer Havre (schema \(version); this one knows up to \(current)); "
                    + "install that release to go on")
        }
        guard version > 0 else {
            throw JournalError(.damaged, "\(path) bears no schema version; restore it from a backup or use `adopt`")
        }
        return version
    }
}
