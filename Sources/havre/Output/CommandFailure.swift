import HavreModel

/// Why a command ends with something else than 0. Commands throw it; the root command prints it and exits.
struct CommandFailure: Error, Sendable {
    /// The exit status.
    var status: ExitStatus
    /// What happened and what to do, for a person. Nothing is printed where it is empty (the result said it already).
    var message: String
    /// The message of the JSON document, where the other one spells out what `issues` or `verdicts` hold.
    var brief: String?
    /// The issues of a plan, where there are any.
    var issues: [PlanIssue] = []
    /// The verdicts that block, where there are any.
    var verdicts: [Verdict] = []

    init(
        _ status: ExitStatus, _ message: String, brief: String? = nil, issues: [PlanIssue] = [],
        verdicts: [Verdict] = []
    ) {
        self.status = status
        self.message = message
        self.brief = brief
        self.issues = issues
        self.verdicts = verdicts
    }

    /// A plan that is invalid.
    init(_ error: PlanFileError) {
        let count = Counted.of(error.issues.count, "error") + "; nothing was done"
        self.init(
            .invalid, error.description + "\n" + count,
            brief: (error.issues.first.map { "the file \($0.file) is invalid: " } ?? "") + count,
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
    /// The verdicts that block.
    let verdicts: [Verdict]?
    /// Version of the program and of its JSON.
    let havre = Version.program
    let schema = Version.json

    init(_ failure: CommandFailure) {
        code = failure.status.code
        exit = failure.status.rawValue
        message = failure.brief ?? failure.message
        issues = failure.issues.isEmpty ? nil : failure.issues
        verdicts = failure.verdicts.isEmpty ? nil : failure.verdicts
    }
}
