import Foundation
import GRDB
import HavreModel
import TestServers
import Testing

@testable import HavreJournal

@Suite struct DamageTests {
    private let scratch = Scratch()

    private func events(_ count: Int) async throws -> ChainHead {
        let journal = try openJournal(scratch)
        for index in 1..<count {
            try await journal.note("probe", dataset: "a", JournalNote(json: Array("{\"n\":\(index)}".utf8)))
        }
        let head = try await journal.checkChain()
        try journal.close()
        return head
    }

    private func edit(_ sql: String) throws {
        let queue = try DatabaseQueue(path: scratch.file("journal.sqlite"))
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test(arguments: [
        (
            "UPDATE event SET body = CAST(replace(CAST(body AS TEXT), '\"n\":4', '\"n\":5') AS BLOB) WHERE sequence = 5",
            "event 5"
        ),
        ("UPDATE event SET hash = zeroblob(32) WHERE sequence = 3", "event 3"),
        ("DELETE FROM event WHERE sequence = 4", "event 4 is missing"),
        ("DELETE FROM event WHERE sequence = 1", "event 1 is missing"),
        (
            "UPDATE event SET sequence = -1 WHERE sequence = 6; UPDATE event SET sequence = 6 WHERE sequence = 7; UPDATE event SET sequence = 7 WHERE sequence = -1",
            "event 6"
        ),
        (
            "DELETE FROM event WHERE sequence = 4; UPDATE event SET sequence = sequence - 1 WHERE sequence > 4",
            "event 4"
        ),
        ("UPDATE event SET sequence = sequence + 100 WHERE sequence > 5", "event 6 is missing"),
        ("INSERT INTO event (sequence, body, hash) SELECT 11, body, hash FROM event WHERE sequence = 10", "event 11"),
    ])
    func editedEventsAreNamed(sql: String, words: String) async throws {
        #expect(try await events(10).size == 10)
        try edit(sql)
        let journal = try openJournal(scratch)
        do {
            _ = try await journal.checkChain()
            Issue.record("the edit went unseen")
        } catch let error as JournalError {
            #expect(error.code == .damaged && error.message.contains(words), "\(error)")
        }
    }

    /// What the chain alone cannot tell: a checkpoint kept elsewhere does.
    @Test func aCutTailShowsAgainstACheckpointOnly() async throws {
        let kept = try await events(10)
        try edit("DELETE FROM event WHERE sequence > 7")
        let journal = try openJournal(scratch)
        let head = try await journal.checkChain()
        #expect(head.size == 7 && head != kept)
    }

    private func open() throws(JournalError) {
        do { _ = try openJournal(scratch) } catch let error as JournalError { throw error } catch {
            Issue.record("\(error)")
        }
    }

    private func expect(_ code: JournalError.Code, _ words: String) {
        do throws(JournalError) {
            try open()
            Issue.record("expected \(code)")
        } catch {
            #expect(error.code == code && error.message.contains(words), "\(error)")
        }
    }

    @Test func aNewerSchemaIsRefused() async throws {
        _ = try await events(2)
        try edit("PRAGMA user_version = 99")
        expect(.tooNew, "newer Havre (schema 99")
    }

    @Test func anOlderSchemaIsBroughtUpToDate() async throws {
        let head = try await events(2)
        try edit("DELETE FROM word WHERE number BETWEEN 9 AND 13; DROP TABLE applied; DROP TABLE deletion")
        try edit("ALTER TABLE landing DROP COLUMN place; DROP TABLE application; DROP TABLE saved; DROP TABLE identity")
        for column in ["place", "site", "placed"] { try edit("ALTER TABLE dataset DROP COLUMN \(column)") }
        try edit("ALTER TABLE part DROP COLUMN share; PRAGMA user_version = 1")
        let journal = try openJournal(scratch)
        #expect(try await journal.checkChain() == head, "no step touches an event")
        try journal.close()
        // Fails where the words did not come back: their numbers are taken once.
        #expect(throws: (any Error).self) { try edit("INSERT INTO word (number, text) VALUES (9, 'another')") }
        #expect(throws: (any Error).self) { try edit("INSERT INTO word (number, text) VALUES (10, 'another')") }
        #expect(throws: (any Error).self) { try edit("CREATE TABLE deletion (x)") }
        #expect(throws: (any Error).self) { try edit("CREATE TABLE applied (x)") }
    }

    @Test func otherFilesAreRefused() throws {
        let path = URL(fileURLWithPath: scratch.file("journal.sqlite"))
        try Data("this is no database, it only looks like a file of some length".utf8).write(to: path)
        expect(.damaged, "havre adopt")
        try FileManager.default.removeItem(at: path)
        try edit("CREATE TABLE other (x)")
        expect(.damaged, "no journal of Havre's")
    }

    @Test func aMissingDirectoryIsNamed() {
        #expect(throws: JournalError.self) {
            try SQLiteJournal(path: scratch.file("no/such/journal"), hash: { SHA256.hash($0) }, clock: now)
        }
    }

    /// Cut anywhere, or overwritten with noise anywhere: an error or a chain that does not hold, never a crash.
    @Test func truncatedAndScribbledFiles() async throws {
        _ = try await events(300)
        let path = URL(fileURLWithPath: scratch.file("journal.sqlite"))
        let whole = try Data(contentsOf: path)
        try #require(whole.count > 40_000)
        let given = ProcessInfo.processInfo.environment["HAVRE_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("damaged journals: HAVRE_SEED=\(seed)")
        var random = SplitMix(seed: seed)
        for round in 0..<24 {
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path.path + suffix) }
            var bytes = whole
            if round % 2 == 0 {
                bytes = bytes.prefix(Int.random(in: 100..<whole.count - 4096, using: &random))
            } else {
                let start = Int.random(in: 0..<whole.count - 2000, using: &random)
                for index in start..<start + 2000 { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            }
            try bytes.write(to: path)
            do {
                let journal = try openJournal(scratch)
                let events = try await journal.events(after: 0, limit: 1000)
                let head = try await journal.checkChain()
                // Scribbled where nothing lies: then all of it is there.
                #expect(round % 2 == 1 && head.size == 300 && events.count == 300, "round \(round)")
            } catch let error as JournalError {
                #expect(error.code == .damaged || error.code == .tooNew || error.code == .disk, "\(error)")
            }
        }
    }

    @Test func theFileIsForItsOwnerOnly() async throws {
        _ = try await events(2)
        let attributes = try FileManager.default.attributesOfItem(atPath: scratch.file("journal.sqlite"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func pragmasHold() async throws {
        let journal = try openJournal(scratch)
        let values = try await journal.pool.writeWithoutTransaction { db in
            try ["journal_mode", "synchronous", "secure_delete", "foreign_keys", "mmap_size"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)") ?? ""
            }
        }
        #expect(values == ["wal", "2", "1", "1", "0"])
    }
}

@Suite struct RunLockTests {
    private let scratch = Scratch()

    private func expectLocked(_ words: [String], host: String = "here", force: Bool = false) {
        do {
            _ = try RunLock.take(directory: scratch.path, command: "apply", force: force, now: 5, host: host)
            Issue.record("the lock was taken")
        } catch let error as JournalError {
            #expect(error.code == .locked)
            for word in words { #expect(error.message.contains(word), "\(error)") }
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func oneHolderAtATime() throws {
        #expect(RunLock.holder(directory: scratch.path) == nil)
        do {
            let lock = try RunLock.take(
                directory: scratch.path, command: "havre apply x", now: 1_700_000_000_000_000_000)
            #expect(lock.holder.process == getpid() && !lock.holder.host.isEmpty && !lock.holder.user.isEmpty)
            #expect(RunLock.holder(directory: scratch.path) == lock.holder)
            // Force does not take a lock from a living process.
            for force in [false, true] {
                expectLocked(["`havre apply x`", lock.holder.user, "2023-11-14T22:13:20", "another run"], force: force)
            }
        }
        #expect(RunLock.holder(directory: scratch.path) == nil)
        _ = try RunLock.take(directory: scratch.path, command: "again", now: 1)
    }

    private func leave(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch.file("lock")))
    }

    @Test func whatACrashLeftIsTakenOnItsOwnHostOnly() throws {
        let left =
            #"{"command":"apply","host":"there","process":1,"since":"2026-11-24T06:10:00.000000000Z","user":"u"}"#
        try leave(left + "\n")
        expectLocked(["names `apply` of u on there", "This host is here", "--force"])
        _ = try RunLock.take(directory: scratch.path, command: "apply", force: false, now: 5, host: "there")
        try leave(left + "\n")
        _ = try RunLock.take(directory: scratch.path, command: "apply", force: true, now: 5, host: "here")
        try leave("something else")
        expectLocked(["did not write"])
        try leave("\0\0\0\0")
        _ = try RunLock.take(directory: scratch.path, command: "apply", force: false, now: 5, host: "here")
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/flock")))
    func anotherProcessHolds() async throws {
        try leave("")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        process.arguments = ["-x", "--no-fork", scratch.file("lock"), "sleep", "600"]
        try process.run()
        var isHeld = false
        for _ in 0..<500 where !isHeld {
            try await Task.sleep(nanoseconds: 10_000_000)
            do { _ = try RunLock.take(directory: scratch.path, command: "x", now: 1) } catch { isHeld = true }
        }
        #expect(isHeld)
        expectLocked(["does not say by whom"])
        // The holder ends, however it ends: the lock is free.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        _ = try RunLock.take(directory: scratch.path, command: "x", now: 1)
    }
}
