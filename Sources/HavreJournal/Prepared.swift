import GRDB
import GRDBSQLite
import HavreModel

/// A cached statement of one connection, bound and read by position without intermediate values.
///
/// GRDB's own bindings cost more than the statement itself on the hot paths; this is the same statement
/// through SQLite's C interface. Lives and dies within one database access.
struct Prepared {
    private let statement: Statement
    private let raw: OpaquePointer
    private let db: Database

    /// SQLite copies what it is given: Swift's bytes need not outlive the call.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        raw = statement.sqliteStatement
        self.db = db
        reset()
    }

    // MARK: Arguments, counted from 1

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(raw, index, value) }

    func bind(_ index: Int32, _ value: Int64?) {
        if let value { sqlite3_bind_int64(raw, index, value) } else { sqlite3_bind_null(raw, index) }
    }

    /// Sizes above 2^63 do not exist; a listing that claims one is held at the limit.
    func bind(_ index: Int32, size: UInt64) { sqlite3_bind_int64(raw, index, Int64(clamping: size)) }

    func bind(_ index: Int32, _ value: String) {
        var value = value
        _ = value.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { characters in
                if let base = characters.baseAddress {
                    sqlite3_bind_text(raw, index, base, Int32(characters.count), Self.transient)
                } else {
                    sqlite3_bind_text(raw, index, "", 0, Self.transient)
                }
            }
        }
    }

    func bind(_ index: Int32, _ value: String?) {
        if let value { bind(index, value) } else { sqlite3_bind_null(raw, index) }
    }

    func bind(_ index: Int32, _ value: [UInt8]) {
        guard !value.isEmpty else {
            sqlite3_bind_zeroblob(raw, index, 0)
            return
        }
        _ = value.withUnsafeBytes { bytes in
            sqlite3_bind_blob(raw, index, bytes.baseAddress, Int32(bytes.count), Self.transient)
        }
    }

    func bind(_ index: Int32, _ value: [UInt8]?) {
        if let value { bind(index, value) } else { sqlite3_bind_null(raw, index) }
    }

    // MARK: Steps

    /// The next row, or false at the end; at the end the statement is ready for new arguments.
    func step() throws -> Bool {
        switch sqlite3_step(raw) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            reset()
            return false
        default:
            let code = sqlite3_extended_errcode(db.sqliteConnection)
            let message = String(cString: sqlite3_errmsg(db.sqliteConnection))
            reset()
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// Runs a statement that gives no rows.
    func run() throws {
        while try step() {}
    }

    /// Ends reading before the last row.
    func reset() { sqlite3_reset(raw) }

    /// Runs a query for at most one row.
    func one<T>(_ read: (Prepared) throws -> T) throws -> T? {
        defer { reset() }
        return try step() ? try read(self) : nil
    }

    // MARK: Columns, counted from 0

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(raw, column) }

    func size(_ column: Int32) -> UInt64 { UInt64(clamping: sqlite3_column_int64(raw, column)) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(raw, column) == SQLITE_NULL }

    func integerIfAny(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(raw, column) else { return "" }
        let count = Int(sqlite3_column_bytes(raw, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func textIfAny(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func blob(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(raw, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, column))))
    }

    func blobIfAny(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : blob(column) }

    /// A version in four columns: tag, size, version id, time.
    func version(_ column: Int32) -> SourceVersion {
        SourceVersion(
            entityTag: text(column), size: size(column + 1), versionID: textIfAny(column + 2),
            modified: integerIfAny(column + 3))
    }

    func versionIfAny(_ column: Int32) -> SourceVersion? { isNull(column) ? nil : version(column) }

    func bind(_ index: Int32, _ version: SourceVersion) {
        bind(index, version.entityTag)
        bind(index + 1, size: version.size)
        bind(index + 2, version.versionID)
        bind(index + 3, version.modified)
    }
}
