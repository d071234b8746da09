import CPosix
import Glibc

/// What the process does first, so that a crash leaves no secret behind and a closed pipe is no crash.
enum Hardening {
    /// No core dump, no debugger of the same user, no SIGPIPE.
    static func apply() {
        _ = havre_forbid_core_and_ptrace()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
