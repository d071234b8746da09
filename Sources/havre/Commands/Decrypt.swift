import ArgumentParser
import Glibc
import HavreCrypto
import HavreModel

/// Opens one age file.
struct Decrypt: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open an age file; what `age --decrypt` does.",
        discussion: """
            Only authentic bytes are written. With `-o` the file appears when all of it
            was authentic, else not at all; on stdout the beginning of a damaged file may
            already have passed when the exit code says so.

            Examples:

              havre decrypt -i key.txt letter.age -o letter.txt
              havre decrypt -i key.txt < letter.age
              havre decrypt --passphrase-file secret.txt letter.age
            """)

    @Argument(help: "The age file, binary or armored. Default: stdin.")
    var input: String?

    @Option(name: [.customShort("i"), .customLong("identity")], help: "An identity file; may be given more than once.")
    var identities: [String] = []

    @Option(help: "A file that holds the passphrase.")
    var passphraseFile: String?

    @Option(help: "The environment variable that holds the passphrase.")
    var passphraseEnv: String?

    @Option(
        name: [.customShort("o"), .customLong("output")], help: "The file to make; never overwritten. Default: stdout.")
    var target: String?

    @OptionGroup var output: Output

    func validate() throws {
        if identities.isEmpty, passphraseFile == nil, passphraseEnv == nil {
            throw ValidationError("A key is missing: give `-i FILE`, `--passphrase-file` or `--passphrase-env`.")
        }
        if passphraseFile != nil, passphraseEnv != nil {
            throw ValidationError("`--passphrase-file` and `--passphrase-env` exclude each other.")
        }
        if output.json, target == nil {
            throw ValidationError("`--json` needs `-o FILE`: stdout would hold both the content and the JSON.")
        }
    }

    func run() throws {
        var keys: [AgeIdentity] = []
        for file in identities { keys += try SecretFile.identities(file) }
        let passphrase = try SecretFile.passphrase(environment: passphraseEnv, file: passphraseFile)
        let unlock = AgeUnlock(identities: keys, passphrases: passphrase.map { [$0] } ?? [])
        let name = input ?? "stdin"
        let source = try ByteSource(path: input)
        let sink = try target.map { try NewFile(path: $0) }
        var written: UInt64 = 0
        do {
            let opener = try AgeStreamOpener(unlock)
            let emit = { (bytes: UnsafeRawBufferPointer) in
                written += UInt64(bytes.count)
                if let failure = Descriptor.write(bytes, to: sink?.descriptor ?? STDOUT_FILENO) {
                    throw CommandFailure(.failed, "the output cannot be written: \(String(cString: strerror(failure)))")
                }
            }
            try source.read { try opener.update($0, emit: emit) }
            try opener.finish(emit: emit)
        } catch let error as CryptoError {
            let isKey = error.code == .noMatch || error.code == .badKey
            throw CommandFailure(isKey ? .key : .failed, "\(name): \(error.message)")
        }
        guard let sink, let target else { return }
        try sink.keep()
        try output.emit(OpenedFile(file: target, size: written))
    }
}

/// A file that was opened.
struct OpenedFile: CommandResult {
    /// The file that was made.
    let file: String
    /// Its size in bytes.
    let size: UInt64

    var description: String { "\(file): \(Counted.of(Int(clamping: size), "byte"))" }
}
