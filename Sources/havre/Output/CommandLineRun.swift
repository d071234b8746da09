import ArgumentParser
import Glibc

/// One run of the program: parses, runs, prints errors in the asked form and exits with the frozen status.
struct CommandLineRun {
    /// The arguments without the program's name.
    let arguments: [String]

    /// Runs and ends the process.
    func runAndExit() async -> Never {
        exit(await run().rawValue)
    }

    /// Runs, and says how it ended. Errors are printed.
    func run() async -> ExitStatus {
        do {
            if let failure = unknownVerb() { throw failure }
            var command = try Havre.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            guard let failure = CommandFailure(of: error) else { return report(parserOutcome: error) }
            return report(failure)
        }
    }

    /// Whether errors are wanted as JSON. Looked up by hand: it must be known also where parsing fails.
    private var wantsJSON: Bool { arguments.prefix { $0 != "--" }.contains("--json") }

    private func report(_ failure: CommandFailure) -> ExitStatus {
        if wantsJSON {
            if !failure.message.isEmpty, let line = try? Output.encode(ErrorDocument(failure), pretty: false) {
                Stdout.write(line + "\n")
            }
        } else if !failure.issues.isEmpty {
            // One issue a line, nothing before `file:line:column`, as editors and CI read it.
            Stderr.say(failure.message)
        } else if !failure.message.isEmpty {
            Stderr.say("havre: \(failure.message)")
        }
        return failure.status
    }

    /// Help and version are no errors; what remains is usage, or an error that a command let through.
    private func report(parserOutcome error: any Error) -> ExitStatus {
        let code = Havre.exitCode(for: error)
        if code.isSuccess {
            Stdout.write(Havre.fullMessage(for: error) + "\n")
            return .done
        }
        if code == ExitCode.validationFailure {
            guard wantsJSON else {
                Stderr.write(Havre.fullMessage(for: error) + "\n")
                return .usage
            }
            return report(CommandFailure(.usage, Havre.message(for: error)))
        }
        if let status = ExitStatus(rawValue: code.rawValue), error is ExitCode { return status }
        return report(CommandFailure(.failed, "\(error)"))
    }

    /// A first word that is no verb, answered with the nearest one.
    private func unknownVerb() -> CommandFailure? {
        guard let word = arguments.first, !word.hasPrefix("-") else { return nil }
        let verbs = Havre.verbs.map { $0._commandName } + ["help"]
        guard !verbs.contains(word) else { return nil }
        var message = "\(Quotation.of(word)) is no command"
        if let nearest = NearestWord.to(word, among: verbs) { message += "; did you mean `\(nearest)`?" }
        return CommandFailure(.usage, message + "\nCommands: \(verbs.joined(separator: ", "))")
    }
}
