/// Why a command ends with something else than 0. Commands throw it; the root command prints it and exits.
struct CommandFailure: Error, Sendable {
    /// The exit status.
    var status: ExitStatus
    /// What happened and what to do, for a person. Nothing is printed where it is empty (the result said it already).
    var message: String
    /// The issues of a plan, where there are any.
    var issues: [PlanIssue] = []

    init(_ status: ExitStatus, _ message: String, issues: [PlanIssue] = []) {
        self.status = status
        self.message = message
        self.issues = issues
    }

    /// A plan that is invalid.
    init(_ error: PlanFileError) {
        let count = error.issues.count
        self.init(
            .invalid, error.description + "\n" + (count == 1 ? "1 error" : "\(count) errors") + "; nothing was done",
            issues: error.issues)
    }
}

/// An error as a JSON document; the same in a stream.
struct ErrorDocument: Encodable {
    /// Always `error`.
    let type = "error"
    /// The word of the exit status.
    let code: String
    /// The exit status.
    let exit: Int32
    /// What happened, for a person.
    let message: String
    /// The issues of a plan.
    let issues: [PlanIssue]?
    /// Version of the program and of its JSON.
    let havre = Version.program
    let schema = Version.json

    init(_ failure: CommandFailure) {
        code = failure.status.code
        exit = failure.status.rawValue
        message = failure.message
        issues = failure.issues.isEmpty ? nil : failure.issues
    }
}
