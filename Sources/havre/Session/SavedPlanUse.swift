import Glibc
import HavreCrypto
import HavreJournal
import HavreModel

/// Saving a plan, and refusing one that is stale (exit 21).
extension PlanSession {
    /// What the rules said, comparable line by line.
    private var verdictLines: String {
        verdicts.map { "\($0.dataset) \($0.rule) \($0.outcome.rawValue) \($0.subject.english)" }.sorted().joined(
            separator: "\n")
    }

    /// Saves the diff of `datasets` with everything that it rests on.
    func save(to path: String, datasets: [String], journal: SQLiteJournal) async throws {
        let heading = SavedPlan.Heading(
            plan: try FileBytes.read(plan.file), file: FilePaths.resolve(plan.file, in: FilePaths.workingDirectory),
            datasets: datasets, rulebook: rulebookHash, verdicts: verdictLines, savedAt: Clock.now())
        try await SavedPlan.write(to: path, heading: heading, journal: journal, hash: HashFunction.sha256)
    }

    /// Ends with exit 21 where plan file, rulebook or verdicts are no longer what `saved` rests on.
    func refuseStale(_ saved: SavedPlan) throws {
        func stale(_ words: String) -> CommandFailure {
            CommandFailure(.stale, "\(saved.path) is stale: \(words). Nothing was moved; plan again")
        }
        if access(saved.heading.file, F_OK) == 0, try FileBytes.read(saved.heading.file) != saved.heading.plan {
            throw stale("the plan file \(saved.heading.file) has changed")
        }
        guard saved.heading.rulebook == rulebookHash else { throw stale("the rulebook has changed") }
        guard saved.heading.verdicts == verdictLines else {
            let before = Set(saved.heading.verdicts.split(separator: "\n"))
            let turned = verdictLines.split(separator: "\n").first { !before.contains($0) }
            throw stale("a verdict has turned: \(turned.map(String.init) ?? "one is gone")")
        }
    }

    /// Ends with exit 21 where an object is no longer as `saved` says; the journal holds a fresh diff.
    func refuseMoved(_ saved: SavedPlan, datasets: [String], journal: SQLiteJournal) async throws {
        if let words = try await saved.firstDifference(from: journal, datasets: datasets) {
            throw CommandFailure(.stale, "\(saved.path) is stale: \(words). Nothing was moved; plan again")
        }
    }
}
