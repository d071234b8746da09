import ArgumentParser
import HavreModel

/// Checks syntax and rules of a plan, without any network.
struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a plan's syntax and what the rules say of it; no network.",
        discussion: """
            Exits 65 when the plan is invalid, 20 when a dataset is blocked, else 0.

            Examples:

              havre validate plan.yaml
              havre validate plan.yaml --json
            """)

    @Argument(help: "The plan.")
    var plan: String

    @OptionGroup var output: Output

    func run() async throws {
        let decoded = try PlanFile.load(path: plan)
        try output.emit(ValidationResult(plan: decoded.name, file: decoded.file, datasets: decoded.order))
    }
}

/// What `validate` found in a plan that is valid.
struct ValidationResult: CommandResult {
    /// The plan's name.
    let plan: String
    /// The file, as it was named.
    let file: String
    /// Its datasets in the order in which they run.
    let datasets: [String]

    var description: String {
        "\(file): the plan \(plan) is valid: \(datasets.count) dataset\(datasets.count == 1 ? "" : "s")"
    }
}
