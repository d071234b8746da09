import ArgumentParser
import Glibc
import HavreCrypto
import HavreModel

/// Signs and checks derogations, authorisations and opinions.
struct DerogationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "derogation",
        abstract: "Sign and check derogations, authorisations and opinions.",
        discussion: """
            A derogation accepts a rule's verdict until a day; an authorisation permits a
            release (R18); an opinion is logged and gates nothing. Each is a small YAML
            file that names one dataset and one destination:

              havre: 1
              kind: derogation
              by: PDS
              reference: DER-2026-01
              reason: the certificate is expected by May
              rule: R10
              accepts: unknown
              dataset: hub
              destination: scaleway/fr-par
              from: 2026-11-24
              until: 2027-05-24
              signer: rssi

            The plan names the file under `documents:` and the signer's public key under
            `signers:`. A derogation stands beside the verdict and never changes it;
            `accepts:` says the worst outcome that it covers: a rule that does not know
            (`unknown`), or one that is violated as well (`violated`).

            Examples:

              havre derogation key -o rssi.key
              havre derogation sign draft.yaml --key rssi.key -o der-2026-01.yaml
              havre derogation check plan.yaml --json
            """,
        subcommands: [KeyOfSigner.self, Sign.self, Check.self])
}

extension DerogationCommand {
    /// Makes a signing key.
    struct KeyOfSigner: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "key",
            abstract: "Make a signing key, or print the public half of one.",
            discussion: """
                The key file is PEM (PKCS #8), of mode 0600, and never overwritten; the plan
                names the public half under `signers:`.

                Examples:

                  havre derogation key -o rssi.key
                  havre derogation key rssi.key
                """)

        @Argument(help: "A key file to print the public half of.")
        var key: String?

        @Option(name: .shortAndLong, help: "The key file to make.")
        var output: String?

        @OptionGroup var form: Output

        func validate() throws {
            if (key == nil) == (output == nil) {
                throw ValidationError("Name a key file to read, or one to make with `-o FILE`.")
            }
        }

        func run() throws {
            let made: SigningKey
            if let output {
                made = try SigningKey.generate()
                try SecretFile.create(output, made.pem())
            } else {
                made = try DerogationCommand.signingKey(key ?? "")
            }
            try form.emit(SignerKey(publicKey: PlanForms.ed25519(made.verifyingKey.point), file: output ?? key ?? ""))
        }
    }

    /// Signs a document.
    struct Sign: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sign",
            abstract: "Sign a document: the same file with a signature at its end.",
            discussion: """
                What is signed is the meaning of the file, not its spelling: comments and
                order may change afterwards, no word that counts may.

                Examples:

                  havre derogation sign draft.yaml --key rssi.key -o der-2026-01.yaml
                  havre derogation sign draft.yaml --key rssi.key > der-2026-01.yaml
                """)

        @Argument(help: "The document, without a signature.")
        var draft: String

        @Option(name: .long, help: "The signer's private key, a PEM file.")
        var key: String

        @Option(name: .shortAndLong, help: "The file to make. Default: stdout.")
        var output: String?

        @OptionGroup var form: Output

        func validate() throws {
            if form.json, output == nil {
                throw ValidationError("`--json` needs `-o FILE`: stdout takes the document.")
            }
        }

        func run() throws {
            let file = try DocumentFile.load(draft, name: draft, signers: [:])
            guard file.document.standing == .unsigned else {
                throw CommandFailure(.usage, "\(draft) bears a signature already; take it out to sign anew")
            }
            if let rule = file.document.rule,
                try CatalogueFile.load().rulebook.article(rule)?.entry.derogable != true
            {
                throw CommandFailure(
                    .usage,
                    "\(draft): \(rule) admits no derogation; `havre rules list` says which do. Nothing was signed")
            }
            let signingKey = try DerogationCommand.signingKey(key)
            let signature = try signingKey.signature(of: file.document.signedBytes)
            var bytes = file.bytes
            if bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
            bytes += Array("signature: \(PlanForms.ed25519(signature))\n".utf8)
            // What was written must read back as signed by this key, whatever form the draft had.
            let name = file.document.signer
            let read = try DocumentFile.decode(
                bytes: bytes, file: draft, signers: [name: signingKey.verifyingKey.point])
            guard read.document.standing == .valid else {
                throw CommandFailure(
                    .failed, "\(draft): the signature does not hold after writing; nothing was written")
            }
            guard let output else { return Stdout.write(bytes) }
            let made = try NewFile(path: output)
            if let failure = Descriptor.write(bytes, to: made.descriptor) {
                throw CommandFailure(.failed, "\(output): \(String(cString: strerror(failure)))")
            }
            fchmod(made.descriptor, 0o644)
            try made.keep()
            try form.emit(
                SignedFile(
                    file: output, signer: name, publicKey: PlanForms.ed25519(signingKey.verifyingKey.point)))
        }
    }

    /// Checks the documents of a plan.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check every document that a plan names: signature, scope, dates.",
            discussion: """
                Exits 0 when each holds today, 1 when one is ignored, 65 when one
                is no document.

                Examples:

                  havre derogation check plan.yaml
                  havre derogation check plan.yaml --json
                """)

        @Argument(help: "The plan.")
        var plan: String

        @OptionGroup var language: LanguageOption
        @OptionGroup var form: Output

        func run() throws {
            let session = try PlanSession.load(plan, StateDirectory.parse([]))
            let result = DocumentsReport(session: session, language: language.language)
            try form.emit(result)
            if result.documents.contains(where: { $0.ignored != nil }) { throw CommandFailure(.failed, "") }
        }
    }

    /// Reads a private key; its content is never repeated.
    static func signingKey(_ path: String) throws -> SigningKey {
        do throws(CryptoError) {
            return try SigningKey(pem: try SecretFile.contents(path))
        } catch {
            throw CommandFailure(.key, "\(path): \(error.message)")
        }
    }
}

/// A signer's key: its public half, and where the private half lies.
struct SignerKey: CommandResult {
    /// As plans write it under `signers:`.
    let publicKey: String
    /// The key file.
    let file: String

    var description: String { publicKey }
}

/// A document that was signed.
struct SignedFile: CommandResult {
    /// Where it lies.
    let file: String
    /// Who signed, as the document says.
    let signer: String
    /// The signer's public key, as plans write it under `signers:`.
    let publicKey: String

    var description: String { "\(file): signed by \(signer) (\(publicKey))" }
}

/// Every document of a plan and whether it holds.
struct DocumentsReport: CommandResult {
    /// One document.
    struct Part: Encodable, Sendable {
        let file: String
        let kind: SignedDocument.Kind
        let reference: String
        let by: String
        let signer: String
        let rule: String?
        let accepts: Outcome?
        let dataset: String
        let destination: String
        let until: Day
        let ignored: Text?
    }

    /// In the order of the plan.
    let documents: [Part]
    private let text: String

    private enum CodingKeys: String, CodingKey {
        case documents
    }

    init(session: PlanSession, language: Text.Language) {
        let estate = session.judgement.estate(of: session.plan)
        documents = session.judgement.documents.map(\.document).map { document in
            Part(
                file: document.file, kind: document.kind, reference: document.reference, by: document.by,
                signer: document.signer, rule: document.rule, accepts: document.accepts,
                dataset: document.dataset, destination: document.destination,
                until: document.until,
                ignored: session.rulebook.objection(to: document, in: estate, on: session.judgement.day))
        }
        var lines = documents.map { part in
            var what = Text([part.rule, part.dataset].compactMap(\.self).joined(separator: " "))
            if let accepts = part.accepts {
                what = what + Text(en: " (accepts \(accepts.words))", fr: " (accepte : \(accepts.words))")
            }
            let head = Text(
                en: "\(part.file): \(part.kind.words) \(part.reference) by \(part.by) for \(what) at "
                    + "\(part.destination), signed by \(part.signer), until \(part.until)",
                fr: "\(part.file) : \(part.kind.words) \(part.reference) de \(part.by) pour \(what) chez "
                    + "\(part.destination), \(part.kind.isFeminine ? "signée" : "signé") par \(part.signer), "
                    + "jusqu'au \(part.until)")
            let isFeminine = part.kind.isFeminine
            let tail =
                part.ignored.map { Text(en: "IGNORED: \($0)", fr: "\(isFeminine ? "IGNORÉE" : "IGNORÉ") : \($0)") }
                ?? Text(en: "holds", fr: "vaut")
            return head[language] + "\n  " + tail[language]
        }
        if lines.isEmpty {
            lines = [Text(en: "the plan names no documents", fr: "le plan ne nomme aucun document")[language]]
        }
        text = lines.joined(separator: "\n")
    }

    var description: String { text }
}

extension SignedDocument.Kind {
    /// The kind in words.
    var words: Text {
        switch self {
        case .derogation: Text(en: "derogation", fr: "dérogation")
        case .authorisation: Text(en: "authorisation", fr: "autorisation")
        case .opinion: Text(en: "opinion", fr: "avis")
        }
    }
}
