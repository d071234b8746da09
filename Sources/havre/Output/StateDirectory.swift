import ArgumentParser
import Glibc
import HavreModel

/// Where a run keeps its state: journal, saved keys, spool.
struct StateDirectory: ParsableArguments {
    @Option(
        name: .customLong("state"),
        help: "Directory of the state. Default: HAVRE_STATE, else .havre/<plan name>/ beside the plan.")
    var state: String?

    /// The directory of `plan`, absolute: flag, then environment, then beside the plan.
    func path(for plan: Plan) -> String {
        chosen ?? Self.beside(plan)
    }

    /// The directory of `plan` where nobody says another.
    static func beside(_ plan: Plan) -> String {
        FilePaths.resolve(".havre/\(plan.name)", in: FilePaths.directory(of: plan.file))
    }

    /// What flag or environment say; nil where they say nothing.
    var chosen: String? {
        if let state, !state.isEmpty { return FilePaths.resolve(state, in: FilePaths.workingDirectory) }
        if let value = getenv("HAVRE_STATE"), value.pointee != 0 {
            return FilePaths.resolve(String(cString: value), in: FilePaths.workingDirectory)
        }
        return nil
    }

    /// Creates the directory with mode 0700 where it is missing, and returns it.
    ///
    /// - Throws: `CommandFailure` where it cannot be made, or others may enter it.
    func create(for plan: Plan) throws -> String {
        let path = path(for: plan)
        try Self.create(path)
        return path
    }

    /// Creates `path` and its parents with mode 0700.
    static func create(_ path: String) throws {
        var made = ""
        for component in path.split(separator: "/") {
            made += "/" + component
            if mkdir(made, 0o700) != 0, errno != EEXIST {
                let reason = String(cString: strerror(errno))
                throw CommandFailure(.failed, "the state directory \(made) cannot be made: \(reason)")
            }
        }
        var info = stat()
        guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure(.failed, "the state directory \(path) is no directory")
        }
        if info.st_mode & 0o077 != 0 {
            guard info.st_uid == geteuid(), chmod(path, 0o700) == 0 else {
                throw CommandFailure(
                    .failed, "others may enter the state directory \(path); make it yours alone: chmod 700 \(path)")
            }
        }
    }
}
