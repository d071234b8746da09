import ArgumentParser
import FoundationEssentials
import HavreCrypto
import HavreJournal
import HavreModel

/// Shows a saved plan as `plan` showed it.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a saved plan as `plan` printed it, from the file alone.",
        discussion: """
            Says what the plan's serial is, when it was saved, and whether a signature is
            over what it holds; then what `plan` said. Whether it may still be applied is
            for `apply` to say.

            Examples:

              havre show saved.havreplan
              havre show saved.havreplan --action blocked
              havre show saved.havreplan --json
            """)

    @Argument(help: "A file that `plan -o` wrote.")
    var file: String

    @OptionGroup var listing: ObjectOptions
    @OptionGroup var language: LanguageOption
    @OptionGroup var form: Output

    func run() async throws {
        let saved = try SavedPlan.opened(file)
        guard !listing.isAsked else {
            let actions = listing.actions
            let list = ObjectList(form: form, actions: actions, language: language.language)
            return try await list.emit(saved.heading.datasets) { dataset, after, limit in
                try await saved.objects(dataset: dataset, actions: actions, after: after, limit: limit)
            }
        }
        try form.emit(ShowReport(saved, language.language))
    }
}

extension SavedPlan {
    /// Opens a saved plan; ends with 64 where the file is none.
    static func opened(_ path: String) throws -> SavedPlan {
        guard isOne(path) else {
            _ = try FileBytes.read(path)
            throw CommandFailure(.usage, "\(path) is no saved plan; `havre plan -o FILE` writes one")
        }
        return try SavedPlan(path: path, hash: HashFunction.sha256)
    }

    /// What `plan` reported.
    func report(_ language: Text.Language) throws -> PlanReport {
        var report = try JSONDecoder().decode(PlanReport.self, from: Data(heading.report))
        report.language = language
        return report
    }
}

/// A saved plan, and what it holds.
struct ShowReport: CommandResult {
    /// How a signature stands, by the key that it names.
    struct Seal: Encodable, Sendable {
        let key: String
        let holds: Bool
    }

    let saved: String
    let serial: String
    let savedAt: String
    let digest: String
    let signature: Seal?
    let report: PlanReport

    init(_ plan: SavedPlan, _ language: Text.Language) throws {
        saved = plan.path
        serial = plan.heading.serial
        savedAt = TimeText.utc(plan.heading.savedAt)
        digest = HexText.of(plan.digest)
        signature = plan.signature.map { signature in
            let key = try? VerifyingKey(bytes: signature.key)
            return Seal(
                key: HexText.of(signature.key),
                holds: key?.verifies(signature.bytes, of: SavedPlan.signedBytes(plan.digest)) ?? false)
        }
        report = try plan.report(language)
    }

    var description: String {
        let seal =
            switch signature {
            case nil: Text(en: "not signed", fr: "non signé")
            case let seal? where seal.holds: Text(en: "signed by \(seal.key)", fr: "signé par \(seal.key)")
            case let seal?:
                Text(
                    en: "SIGNATURE WRONG: not one of \(seal.key) over this",
                    fr: "SIGNATURE FAUSSE : ce n'est pas celle de \(seal.key) sur ce contenu")
            }
        let words = Text(
            en: "saved plan \(saved)\n  serial  \(serial)\n  saved   \(savedAt)\n  seal    \(seal)\n\n",
            fr: "plan enregistré \(saved)\n  série   \(serial)\n  date    \(savedAt)\n  sceau   \(seal)\n\n")
        return words[report.language] + report.description
    }
}
