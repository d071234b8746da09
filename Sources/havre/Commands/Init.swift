import ArgumentParser
import Glibc
import HavreCrypto

/// Lays out a new migration: a starter plan and a key pair.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a migration: a plan to fill in, a key pair; overwrites nothing.",
        discussion: """
            Examples:

              havre init                    plan.yaml and key.txt, here
              havre init voyage             the same in the directory voyage
            """)

    @Argument(help: "The directory; made where it is missing.")
    var directory = "."

    @OptionGroup var output: Output

    func run() throws {
        let home = FilePaths.resolve(directory, in: FilePaths.workingDirectory)
        let shown = directory == "." ? "" : (directory.hasSuffix("/") ? directory : directory + "/")
        try makeDirectory(home)
        let (plan, key) = (home + "/plan.yaml", home + "/key.txt")
        // Both are looked at before either is made.
        for path in [plan, key] {
            var info = stat()
            if lstat(path, &info) == 0 {
                throw CommandFailure(
                    .failed, "the file \(path) is there already and is not overwritten; nothing was done")
            }
        }
        let identity = try AgeIdentity.generate()
        try SecretFile.create(key, KeyFile.contents(identity, created: ClockText.now()))
        let text = StarterPlan.text(name: Self.name(of: home), recipient: identity.recipient.text)
        let file: NewFile
        do {
            file = try NewFile(path: plan)
            if let failure = Descriptor.write(Array(text.utf8), to: file.descriptor) {
                throw CommandFailure(
                    .failed, "the file \(plan) cannot be written: \(String(cString: strerror(failure)))")
            }
            fchmod(file.descriptor, 0o644)
            try file.keep()
        } catch {
            unlink(key)
            throw error
        }
        try output.emit(
            StartedMigration(plan: shown + "plan.yaml", key: shown + "key.txt", recipient: identity.recipient.text))
    }

    private func makeDirectory(_ path: String) throws {
        var made = ""
        for component in path.split(separator: "/") {
            made += "/" + component
            if mkdir(made, 0o777) != 0, errno != EEXIST {
                throw CommandFailure(
                    .failed, "the directory \(made) cannot be made: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// The directory's name as a plan's name: what a name must not hold becomes `-`.
    static func name(of directory: String) -> String {
        let last = directory.split(separator: "/").last.map(String.init) ?? ""
        var name = ""
        for scalar in last.unicodeScalars.prefix(64) {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": name.unicodeScalars.append(scalar)
            default: name += "-"
            }
        }
        let begin = name.drop { !($0.isLetter || $0.isNumber) }
        return begin.isEmpty ? "migration" : String(begin)
    }
}

/// What `init` made.
struct StartedMigration: CommandResult {
    /// The plan to fill in.
    let plan: String
    /// The identity file.
    let key: String
    /// The public half, which stands in the plan.
    let recipient: String

    var description: String {
        """
        \(plan)  the plan; fill in what is marked with TODO: providers, buckets, class, custodian, workers
        \(key)   the private key (mode 0600); keep a copy elsewhere, and keep it from the new host
        Public key: \(recipient)
        Next: havre validate \(plan)
        """
    }
}
