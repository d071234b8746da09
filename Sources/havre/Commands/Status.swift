import ArgumentParser
import Glibc
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel

/// A snapshot of where a plan stands, from its journal alone.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where a plan stands, from its journal: objects, bytes, failures.",
        discussion: """
            May be asked while `apply` runs, from any terminal.

            Examples:

              havre status plan.yaml
              havre status plan.yaml --json
              havre status --state .havre/projects
            """)

    @Argument(help: "The plan; may be left out where --state or HAVRE_STATE says where the state is.")
    var plan: String?

    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func run() async throws {
        let place = try StatePlace.find(plan, directory)
        let journal = try place.journal()
        var parts: [StatusReport.Part] = []
        for name in try await place.datasets(journal) {
            let failed = try await journal.failed(dataset: name, after: 0, limit: 20)
            parts.append(
                StatusReport.Part(
                    dataset: name, state: try await journal.datasetState(name),
                    counts: try await journal.counts(dataset: name),
                    failed: failed.map {
                        StatusReport.Failure(key: $0.key.description, reason: $0.machine.failureWords)
                    }, blocked: try await blocked(name, journal)))
        }
        let run = try await journal.latestRun()
        try form.emit(
            StatusReport(
                state: place.state, run: run?.id, runOutcome: run.map { $0.outcome ?? "open" }, datasets: parts))
    }
}

extension Status {
    /// The first twenty objects that stayed behind: of the diff, then those that were found in the way later.
    private func blocked(_ dataset: String, _ journal: any Journal) async throws -> [StatusReport.Failure] {
        let planned = try await journal.diff(dataset: dataset, actions: [.blocked], after: nil, limit: 20)
        let met = try await journal.blocked(dataset: dataset, after: 0, limit: 20 - planned.count)
        return planned.map { StatusReport.Failure(key: $0.key.description, reason: $0.cause) }
            + met.map { StatusReport.Failure(key: $0.key.description, reason: $0.machine.failureWords) }
    }
}

extension TransferMachine {
    /// Why it failed, in words; empty where it did not.
    var failureWords: String {
        switch state {
        case .failed(let failure, _): failure.reason
        case .drifted: "the source changed"
        case .pending, .pinned, .moving, .completing, .landed, .verified: ""
        }
    }
}

/// Where a state lies, found from a plan or from flag and environment.
struct StatePlace {
    /// The directory.
    let state: String
    /// The plan's datasets; empty where no plan was named.
    let names: [String]

    /// Finds it: of the plan, or the directory chosen, or the only one under `.havre`.
    static func find(_ plan: String?, _ directory: StateDirectory) throws -> StatePlace {
        if let plan {
            let session = try PlanSession.load(plan, directory)
            return StatePlace(state: session.state, names: session.plan.order)
        }
        if let chosen = directory.chosen { return StatePlace(state: chosen, names: []) }
        let root = FilePaths.resolve(".havre", in: FilePaths.workingDirectory)
        let states = FolderNames.of(root).filter { access(root + "/" + $0 + "/journal.sqlite", F_OK) == 0 }
        guard let only = states.first, states.count == 1 else {
            throw CommandFailure(
                .usage,
                states.isEmpty
                    ? "no plan was named, and \(root) holds no state; name the plan, or --state DIR"
                    : "no plan was named, and \(root) holds several states (\(states.sorted().joined(separator: ", ")))"
            )
        }
        return StatePlace(state: root + "/" + only, names: [])
    }

    /// Opens the journal that must be there.
    func journal() throws -> SQLiteJournal {
        guard access(state + "/journal.sqlite", F_OK) == 0 else {
            throw CommandFailure(.failed, "\(state) holds no journal: nothing has been planned or moved from here yet")
        }
        return try SQLiteJournal(path: state + "/journal.sqlite", hash: HashFunction.sha256, clock: Clock.now)
    }

    /// The datasets: of the plan, else those that the journal knows.
    func datasets(_ journal: SQLiteJournal) async throws -> [String] {
        names.isEmpty ? try await journal.datasetNames() : names
    }
}

/// Names in a folder.
enum FolderNames {
    /// All but `.` and `..`; none where the folder cannot be read.
    static func of(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Bytes of the files in a folder.
    static func bytes(_ path: String) -> UInt64 {
        of(path).reduce(0) { sum, name in
            var status = stat()
            return stat(path + "/" + name, &status) == 0 ? sum + UInt64(max(0, status.st_size)) : sum
        }
    }

    /// Removes a folder that holds nothing.
    static func removeEmpty(_ path: String) -> Bool { rmdir(path) == 0 }
}

/// What `status` shows.
struct StatusReport: CommandResult {
    /// One object that failed or is blocked.
    struct Failure: Encodable, Sendable {
        let key: String
        let reason: String

        /// The key is not said twice where the reason begins with it.
        init(key: String, reason: String) {
            self.key = key
            let prefix = key + ": "
            self.reason = reason.hasPrefix(prefix) ? String(reason.dropFirst(prefix.count)) : reason
        }
    }

    /// One dataset.
    struct Part: Encodable, Sendable {
        let dataset: String
        let state: String
        let counts: DatasetCounts
        let failed: [Failure]
        let blocked: [Failure]
    }

    let state: String
    let run: String?
    let runOutcome: String?
    let datasets: [Part]

    var description: String {
        var lines = ["state  \(state)"]
        if let run, let runOutcome { lines.append("run    \(run)  \(runOutcome)") }
        for part in datasets {
            let counts = part.counts
            lines.append("\(part.dataset)  \(part.state)")
            func row(_ word: String, _ count: Int, _ note: String = "") {
                lines.append("  " + Quantity.left(word, 10) + Quantity.right(Quantity.count(count), 14) + note)
            }
            row("total", counts.total)
            row("unchanged", counts.unchanged)
            row(
                "landed", counts.landed,
                "   \(Quantity.bytes(counts.landedBytes)), \(Quantity.count(counts.verified)) read back and right")
            row("failed", counts.failed)
            row("skipped", counts.skipped)
            row("blocked", counts.blocked)
            row("open", counts.open, counts.open > 0 ? "   \(Quantity.bytes(counts.partBytes)) of them received" : "")
            if counts.deleted > 0 {
                row(
                    "deleted", counts.deleted,
                    "   \(Quantity.bytes(counts.deletedBytes)) at the target, no longer at the source")
            }
            func list(_ word: String, _ failures: [Failure], of count: Int) {
                for failure in failures { lines.append("  ! \(word)  \(failure.key): \(failure.reason)") }
                if count > failures.count { lines.append("  ! \(word)  and \(count - failures.count) more") }
            }
            list("failed", part.failed, of: counts.failed)
            list("blocked", part.blocked, of: counts.blocked)
        }
        return lines.joined(separator: "\n")
    }
}
