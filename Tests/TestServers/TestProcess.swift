public import Glibc
import Synchronization

/// What a test needs from outside and did not get.
public struct TestServerError: Error, CustomStringConvertible {
    /// What is missing or went wrong.
    public let description: String

    /// Says what.
    public init(description: String) { self.description = description }
}

/// A process that lives no longer than the test process, however that one ends.
///
/// `fixtures/servers/guard.py` stands between: it holds one end of a pipe whose other end is ours.
public final class TestProcess: Sendable {
    /// The root of the package.
    public static var packageRoot: String {
        // <root>/Tests/TestServers/TestProcess.swift
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    }

    /// A tool of `.venv`, or nil where it is not installed.
    public static func tool(_ name: String) -> String? {
        let path = "\(packageRoot)/.venv/bin/\(name)"
        return access(path, X_OK) == 0 ? path : nil
    }

    /// Whether this runs in CI, where a tool that is missing is a failure.
    public static var isCI: Bool { getenv("CI").map { String(cString: $0) } == "true" }

    /// What the process writes, for a message when something went wrong.
    public let log: String
    private let pid: pid_t
    private let pipe: Int32
    private let isEnded = Mutex(false)

    /// Starts `command`, its output into the file `log`.
    public init(_ command: [String], log: String, environment: [String: String] = [:]) throws {
        guard let python = Self.tool("python3") else {
            throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
        }
        var ends: [Int32] = [0, 0]
        // A socket pair, not a pipe: this one is closed to other children from the start.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw TestServerError(description: "no pipe") }
        let guarding = [python, "\(Self.packageRoot)/fixtures/servers/guard.py", log] + command
        defer { close(ends[0]) }
        do {
            pid = try Self.spawn(guarding, environment: environment, input: ends[0])
        } catch {
            close(ends[1])
            throw error
        }
        pipe = ends[1]
        self.log = log
    }

    deinit { stop() }

    /// Ends the process and waits for it.
    public func stop() {
        let wasEnded = isEnded.withLock { ended in
            defer { ended = true }
            return ended
        }
        if wasEnded { return }
        close(pipe)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Whether it still runs.
    public var isRunning: Bool { isEnded.withLock { !$0 } && kill(pid, 0) == 0 && !hasExited }

    private var hasExited: Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0
            && information.si_signo == SIGCHLD
    }

    /// The end of what it wrote.
    public var tail: String { Self.contents(of: log).map { String($0.suffix(2000)) } ?? "" }

    /// Runs a command to its end; throws with its output where it fails.
    public static func run(_ command: [String], environment: [String: String] = [:], log: String) throws {
        let status = try wait(try spawn(command, environment: environment, output: log))
        if status != 0 {
            let name = command.first ?? ""
            throw TestServerError(description: "\(name) failed: \(contents(of: log)?.suffix(2000) ?? "")")
        }
    }

    /// Starts a command and does not wait for it. Both outputs go to the file `output`, standard error to `errors`
    /// where one is named; its standard input is `input`, else empty.
    public static func spawn(
        _ command: [String], environment: [String: String] = [:], input: Int32? = nil, output: String? = nil,
        errors: String? = nil
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        let creating = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
        if let output {
            posix_spawn_file_actions_addopen(&actions, 1, output, creating, 0o600)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        if let errors { posix_spawn_file_actions_addopen(&actions, 2, errors, creating, 0o600) }
        // Threads of Swift's pool block signals, and children would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var variables = environment
        for name in ["PATH", "HOME", "TMPDIR", "LANG"] where variables[name] == nil {
            variables[name] = getenv(name).map { String(cString: $0) }
        }
        // Servers of a test are on loopback: a proxy of the surroundings has no part in it.
        variables["NO_PROXY"] = "*"
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var pid: pid_t = 0
        guard let program = command.first, posix_spawn(&pid, program, &actions, &attributes, &arguments, &settings) == 0
        else {
            throw TestServerError(description: "\(command.first ?? "nothing") does not start")
        }
        return pid
    }

    /// Waits for the end of a child; its exit status, below zero the signal that ended it. One that takes more than
    /// ten minutes is killed: nothing may hang.
    public static func wait(_ pid: pid_t) throws -> Int32 {
        var status: Int32 = 0
        for _ in 0..<60_000 {
            let ended = waitpid(pid, &status, WNOHANG)
            if ended == pid { return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f) }
            guard ended == 0 || errno == EINTR else { throw TestServerError(description: "no child \(pid)") }
            usleep(5_000)
        }
        kill(pid, SIGKILL)
        waitpid(pid, &status, 0)
        throw TestServerError(description: "a process did not end within ten minutes")
    }

    /// The text of a small file.
    public static func contents(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer.prefix(count)
        }
    }

    /// Ports of loopback that nobody listens on.
    public static func freePorts(_ count: Int) throws -> [Int] {
        var open: [Int32] = []
        defer { for descriptor in open { close(descriptor) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw TestServerError(description: "no socket") }
            open.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                    bind(descriptor, raw, length) == 0 && getsockname(descriptor, raw, &length) == 0
                }
            }
            guard isBound else { throw TestServerError(description: "no port") }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }
}
