import CPosix
import Glibc

/// A program whose standard output is a secret: no shell, no standard input, a time limit.
enum ChildProcess {
    /// Runs `words` and gives back what it printed. Its standard error goes to ours.
    ///
    /// The program leads a process group of its own, which is killed when time is up.
    static func output(
        of words: [String], timeLimit: Double, limit: Int, _ failure: (String) -> StoreError
    ) throws(StoreError) -> WipedBuffer {
        guard let program = words.first, !program.isEmpty else { throw failure("the command names no program") }
        // A socket pair, because it is closed on exec from its first moment on.
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw failure("no pipe for the command \(program)")
        }
        let source = ends[0]
        defer { close(source) }
        let child: pid_t
        do throws(StoreError) {
            child = try spawn(words, output: ends[1], failure)
        } catch {
            close(ends[1])
            throw error
        }
        close(ends[1])
        var buffer = WipedBuffer(capacity: limit + 1)
        let deadline = Reactor.now() + UInt64(timeLimit * 1e9)
        var problem: String?
        reading: while true {
            let now = Reactor.now()
            guard now < deadline else {
                problem = "the command \(program) did not end within \(timeLimit) s and was stopped"
                break
            }
            var poller = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
            let ready = poll(&poller, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1))
            if ready <= 0 { continue }
            let got = read(source, buffer.free.baseAddress, buffer.free.count)
            if got < 0 && errno == EINTR { continue }
            if got <= 0 { break reading }
            buffer.count += got
            if buffer.count > limit {
                problem = "the command \(program) prints more than \(limit) bytes"
                break
            }
        }
        let status = reap(child, kill: problem != nil, deadline: deadline)
        if let problem { throw failure(problem) }
        guard let status else {
            throw failure("the command \(program) did not end within \(timeLimit) s and was stopped")
        }
        let signal = status & 0x7f
        if signal != 0 { throw failure("the command \(program) was ended by signal \(signal)") }
        let code = (status >> 8) & 0xff
        guard code == 0 else { throw failure("the command \(program) failed with exit code \(code)") }
        return buffer
    }

    private static func spawn(_ words: [String], output: Int32, _ failure: (String) -> StoreError)
        throws(StoreError) -> pid_t
    {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let code = posix_spawnp(&child, words[0], &actions, &attributes, arguments, environ)
        guard code == 0 else {
            throw failure("the command \(words[0]) cannot be run: \(String(cString: strerror(code)))")
        }
        return child
    }

    /// Waits for the end, at most until `deadline`; nil where it had to be killed for that.
    private static func reap(_ child: pid_t, kill now: Bool, deadline: UInt64) -> Int32? {
        var status: Int32 = 0
        if !now {
            // Its output is closed; the end follows at once, or it is stuck.
            while true {
                let ended = waitpid(child, &status, WNOHANG)
                if ended == child { return status }
                if ended < 0 && errno != EINTR { return nil }
                if Reactor.now() >= deadline { break }
                usleep(2_000)
            }
        }
        kill(-child, SIGKILL)
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return nil
    }
}
