import ArgumentParser
import Glibc
import HavreCrypto

/// Makes an age key pair.
struct Keygen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make an age key pair: an identity file, a recipient for the plan.",
        discussion: """
            The identity file is of mode 0600 and never overwritten. Whoever has it can
            open what is sealed to its recipient; nobody else can. Keep it away from the
            new host, and keep a copy: there is no other way back.

            Examples:

              havre keygen -o key.txt       writes key.txt, prints the public key
              havre keygen | age -p > key.age
            """)

    @Option(name: [.customShort("o"), .customLong("output")], help: "The identity file to make. Default: stdout.")
    var file: String?

    @OptionGroup var output: Output

    func validate() throws {
        if output.json, file == nil {
            throw ValidationError("`--json` needs `-o FILE`: an identity is not put into JSON.")
        }
    }

    func run() throws {
        let identity = try AgeIdentity.generate()
        let contents = KeyFile.contents(identity, created: ClockText.now())
        guard let file else {
            let failure = contents.withBytes { Descriptor.write($0, to: STDOUT_FILENO) }
            if let failure { throw CommandFailure(.failed, "stdout: \(String(cString: strerror(failure)))") }
            if !Stdout.isTerminal { Stderr.write("Public key: \(identity.recipient.text)\n") }
            return
        }
        try SecretFile.create(file, contents)
        try output.emit(KeyPair(recipient: identity.recipient.text, file: file))
    }
}

/// A key pair that was made: its public half, and where the private half lies.
struct KeyPair: CommandResult {
    /// The public half.
    let recipient: String
    /// The identity file.
    let file: String

    var description: String { "Public key: \(recipient)" }
}
