import Glibc
import HavreModel

/// The lock of a state directory: one run at a time (exit 11).
///
/// It is a `flock` on `<directory>/lock`; the kernel drops it when the process ends, however it ends. The file says
/// who holds it. A file that names this host while nobody holds the flock is left over from a crash and taken.
/// A flock does not reach between hosts everywhere, so a file that names another host is taken by force only.
public final class RunLock: Sendable {
    /// Who holds a lock.
    public struct Holder: Hashable, Sendable, CustomStringConvertible {
        /// The process.
        public var process: Int32
        /// Its user.
        public var user: String
        /// Its host.
        public var host: String
        /// What it runs.
        public var command: String
        /// Since when, nanoseconds since 1970 UTC.
        public var since: Int64

        public var description: String {
            "`\(command)` of \(user) on \(host), process \(process), since \(Timestamp.text(since))"
        }
    }

    /// This process, as written into the lock.
    public let holder: Holder
    private let descriptor: Int32
    private let path: String

    private init(holder: Holder, descriptor: Int32, path: String) {
        self.holder = holder
        self.descriptor = descriptor
        self.path = path
    }

    /// Takes the lock of `directory` for `command`, at `now` nanoseconds since 1970 UTC.
    ///
    /// `force` takes a lock that names another host; one that a living process of this host holds is never taken.
    /// Throws `JournalError`: `.locked` with the holder, `.disk`. Hold on to the result: the lock goes with it.
    public static func take(directory: String, command: String, force: Bool = false, now: Int64) throws -> RunLock {
        try take(directory: directory, command: command, force: force, now: now, host: hostName())
    }

    static func take(directory: String, command: String, force: Bool, now: Int64, host: String) throws -> RunLock {
        let path = directory + "/lock"
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw failure(path, "cannot be opened") }
            do {
                guard try lock(descriptor, path) else {
                    let words = read(descriptor).map { "It is held by \($0)." } ?? "It does not say by whom."
                    throw JournalError(
                        .locked, "\(path): another run is at work. \(words) Wait until it has ended, or end it")
                }
                guard isStillThere(descriptor, path) else {
                    // Somebody removed the file in between: this lock protects nothing.
                    close(descriptor)
                    continue
                }
                if !force { try refuseOthers(descriptor, path, host) }
                let holder = Holder(
                    process: getpid(), user: userName(), host: host, command: command, since: now)
                try write(holder, descriptor, path)
                return RunLock(holder: holder, descriptor: descriptor, path: path)
            } catch {
                close(descriptor)
                throw error
            }
        }
    }

    /// Who holds the lock of `directory` at this moment; nil where it is free or only left over.
    public static func holder(directory: String) -> Holder? {
        let descriptor = open(directory + "/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return read(descriptor)
    }

    deinit {
        // An empty file: ended well. Unlocked outright, since a child that is being started holds the descriptor too.
        ftruncate(descriptor, 0)
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func lock(_ descriptor: Int32, _ path: String) throws -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw failure(path, "cannot be locked") }
        }
        return true
    }

    private static func isStillThere(_ descriptor: Int32, _ path: String) -> Bool {
        var held = stat()
        var named = stat()
        guard fstat(descriptor, &held) == 0, lstat(path, &named) == 0 else { return false }
        return held.st_ino == named.st_ino && held.st_dev == named.st_dev
    }

    private static func refuseOthers(_ descriptor: Int32, _ path: String, _ host: String) throws {
        let bytes = content(descriptor)
        // Empty: ended well. Zeroes: the power went while it was written.
        guard bytes.contains(where: { $0 != 0 }) else { return }
        guard let former = parse(bytes) else {
            throw JournalError(
                .locked,
                "\(path) holds something that this Havre did not write. If you know that no run is at work on any "
                    + "host, use --force")
        }
        guard former.host == host else {
            throw JournalError(
                .locked,
                "\(path) names \(former). This host is \(host) and cannot tell whether that run has ended. "
                    + "If you know that it has, use --force")
        }
    }

    // MARK: The file

    private static func write(_ holder: Holder, _ descriptor: Int32, _ path: String) throws {
        var json = CanonicalJSON(capacity: 256)
        json.beginObject()
        json.member("command", holder.command)
        json.member("host", holder.host)
        json.name("process")
        json.integer(holder.process)
        json.name("since")
        json.instant(holder.since)
        json.member("user", holder.user)
        json.endObject()
        json.endLine()
        let bytes = json.bytes
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count,
            fsync(descriptor) == 0
        else { throw failure(path, "cannot be written") }
    }

    private static func content(_ descriptor: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }

    private static func read(_ descriptor: Int32) -> Holder? { parse(content(descriptor)) }

    private static func parse(_ bytes: [UInt8]) -> Holder? {
        guard bytes.last == 0x0a, let value = try? JSONValue(canonical: bytes.dropLast()),
            let process = value["process"]?.int64.flatMap({ Int32(exactly: $0) }), let user = value["user"]?.text,
            let host = value["host"]?.text, let command = value["command"]?.text,
            let since = value["since"]?.text.flatMap(Timestamp.nanoseconds)
        else { return nil }
        return Holder(process: process, user: user, host: host, command: command, since: since)
    }

    // MARK: Names

    private static func failure(_ path: String, _ words: String) -> JournalError {
        JournalError(.disk, "\(path) \(words): \(String(cString: strerror(errno)))")
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func userName() -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, let name = found?.pointee.pw_name
        else { return String(geteuid()) }
        return String(cString: name)
    }
}
