import ArgumentParser

/// Prints the JSON Schema of plans.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the JSON Schema of plans, for editors and checks.",
        discussion: """
            Example:

              havre schema > havre-plan.schema.json
              # then the first line of a plan:
              # yaml-language-server: $schema=havre-plan.schema.json
            """)

    @OptionGroup var output: Output

    func run() throws {
        // The schema is JSON with and without `--json`.
        Stdout.write(try Output.encode(JSONSchema.plan, pretty: true) + "\n")
    }
}
