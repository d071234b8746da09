import ArgumentParser

/// The root command. Each verb is one file in `Commands/` and one line here.
@main struct Havre: AsyncParsableCommand {
    /// All verbs, in the order in which an operator meets them.
    static let verbs: [any ParsableCommand.Type] = [
        Init.self,
        Doctor.self,
        Validate.self,
        PlanCommand.self,
        Show.self,
        DiffCommand.self,
        Apply.self,
        Status.self,
        JournalCommand.self,
        Verify.self,
        Adopt.self,
        Restore.self,
        Keygen.self,
        Decrypt.self,
        Digest.self,
        WhereCommand.self,
        JudgeCommand.self,
        DerogationCommand.self,
        CatalogueCommand.self,
        RulesCommand.self,
        Schema.self,
    ]

    static let configuration = CommandConfiguration(
        commandName: "havre",
        abstract: "Brings datasets home: judged by rules, sealed under your keys, proven at the end.",
        discussion: """
            A first migration:

              havre init voyage             a starter plan and a key pair
              havre validate voyage/plan.yaml
              havre plan voyage/plan.yaml   what would change, and what the rules say
              havre apply voyage/plan.yaml  does it; run again after any interruption

            Results go to stdout, logs to stderr. Every command takes --json.
            Exit: 0 done, 1 failed, 3 objects failed or blocked, 11 locked, 12 key,
            20 blocked by policy, 21 stale plan, 22 mismatch, 64 usage,
            65 invalid plan, 75 temporary, 130 interrupted.
            """,
        version: "havre \(Version.program)",
        subcommands: verbs)

    static func main() async {
        Hardening.apply()
        let arguments = Array(CommandLine.arguments.dropFirst())
        await CommandLineRun(arguments: arguments).runAndExit()
    }
}
