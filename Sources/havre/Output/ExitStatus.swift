/// How a command ends (design §6). Scripts rely on the numbers: a test freezes them.
enum ExitStatus: Int32, Sendable, CaseIterable {
    /// Done.
    case done = 0
    /// Failed.
    case failed = 1
    /// Changes are pending; `plan --detailed-exitcode` only.
    case pending = 2
    /// Ran, but some objects failed, or are blocked and stayed behind.
    case someFailed = 3
    /// The state is locked by another run.
    case locked = 11
    /// A key is missing or refuses.
    case key = 12
    /// Blocked by policy.
    case blocked = 20
    /// The saved plan is stale.
    case stale = 21
    /// Verification found a mismatch.
    case mismatch = 22
    /// The command line is wrong.
    case usage = 64
    /// The plan is invalid.
    case invalid = 65
    /// Temporary; run again.
    case temporary = 75
    /// Interrupted; run again to go on.
    case interrupted = 130

    /// Its word in JSON.
    var code: String {
        switch self {
        case .done: "done"
        case .failed: "failed"
        case .pending: "changes-pending"
        case .someFailed: "objects-failed"
        case .locked: "locked"
        case .key: "key"
        case .blocked: "blocked"
        case .stale: "stale"
        case .mismatch: "mismatch"
        case .usage: "usage"
        case .invalid: "invalid-plan"
        case .temporary: "temporary"
        case .interrupted: "interrupted"
        }
    }
}
