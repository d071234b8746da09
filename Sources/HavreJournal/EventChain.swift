import GRDB
import HavreModel

/// The events of a journal, each bound to all before it: hash = SHA-256(previous hash ‖ body).
///
/// An edited, removed, inserted or moved event is found, because those behind it no longer follow.
/// A chain that was cut at its end, or written anew from some event on, follows as well as before:
/// only a head that was exported before (printed, and kept elsewhere) tells. Compare `head()` with it.
enum EventChain {
    /// What the first event follows.
    static let origin = [UInt8](repeating: 0, count: 32)

    static func head(_ db: Database) throws -> ChainHead {
        try Prepared(db, "SELECT sequence, hash FROM event ORDER BY sequence DESC LIMIT 1")
            .one { ChainHead(size: $0.integer(0), hash: $0.blob(1)) } ?? ChainHead(size: 0, hash: origin)
    }

    static func events(_ db: Database, after: Int64, limit: Int) throws -> [EventRow] {
        let query = try Prepared(
            db, "SELECT sequence, body, hash FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?")
        query.bind(1, after)
        query.bind(2, Int64(limit))
        var rows: [EventRow] = []
        while try query.step() {
            let body = query.blob(1)
            let (at, kind) = EventBody.summary(body)
            rows.append(
                EventRow(sequence: query.integer(0), at: at, kind: kind, body: body, hash: query.blob(2)))
        }
        return rows
    }

    /// Recomputes the chain; memory does not grow with it.
    static func check(_ db: Database, path: String, hash: ([UInt8]) -> [UInt8]) throws -> ChainHead {
        var head = ChainHead(size: 0, hash: origin)
        let query = try Prepared(db, "SELECT sequence, body, hash FROM event ORDER BY sequence")
        defer { query.reset() }
        while try query.step() {
            let sequence = query.integer(0)
            guard sequence == head.size + 1 else {
                throw JournalError(
                    .damaged,
                    "\(path): event \(head.size + 1) is missing, \(sequence) comes in its place; the record was "
                        + "edited. Compare it with a head that was kept elsewhere")
            }
            let next = hash(head.hash + query.blob(1))
            guard query.blob(2) == next else {
                throw JournalError(
                    .damaged,
                    "\(path): event \(sequence) does not follow from those before it; it or one before it was "
                        + "edited. Compare it with a head that was kept elsewhere")
            }
            head = ChainHead(size: sequence, hash: next)
        }
        return head
    }
}

/// Reads instant and kind out of an event's body, where they stand among the first members.
enum EventBody {
    /// Zero and the empty string where the body is not ours; the chain's check finds that.
    static func summary(_ body: [UInt8]) -> (at: Int64, kind: String) {
        guard let members = try? JSONValue.members(of: body, through: "kind") else { return (0, "") }
        return (members["at"]?.text.flatMap(Timestamp.nanoseconds) ?? 0, members["kind"]?.text ?? "")
    }
}
