import Dispatch
import Glibc
import HavreEngine
import HavreJournal
import HavreModel
import Synchronization

/// Live progress of an `apply`: one line that is redrawn on a terminal, one line an interval in a pipe,
/// one JSON line an interval with `--json`, the versions first. Every counter comes from the journal.
final class ProgressView: Sendable {
    private struct Stage {
        var dataset = ""
        var words = "starting"
        var flow: Flow?
        var pacer: Pacer?
        var moving = false
        var lastRead: UInt64 = 0
        var lastAt: Int64 = 0
        var rate: Double = 0
    }

    private let journal: any Journal
    private let form: Output
    private let onTerminal: Bool
    private let stage = Mutex(Stage())
    private let ticker: Mutex<Task<Void, Never>?> = Mutex(nil)

    init(journal: any Journal, form: Output) {
        self.journal = journal
        self.form = form
        onTerminal = Stderr.isTerminal && !form.json
        if form.json { Stderr.write(ResultStream.versionLine + "\n") }
        let interval: UInt64 = onTerminal ? 500_000_000 : 5_000_000_000
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(nanoseconds: interval)
                guard !Task.isCancelled, let self else { return }
                await self.show()
            }
        }
        ticker.withLock { $0 = task }
    }

    /// Something happened.
    func take(_ notice: Migration.Notice) {
        if case .verdictsChanged(let blocked) = notice {
            if onTerminal { Stderr.write("\r\u{1b}[K") }
            form.note(Self.words(blocked))
        }
        if case .unjudged(let reason) = notice {
            if onTerminal { Stderr.write("\r\u{1b}[K") }
            form.note("nobody can judge again, so the run stops: \(reason)")
        }
        stage.withLock { stage in
            switch notice {
            case .scanning(let dataset, let entries):
                stage.dataset = dataset
                stage.words = "scanning " + Counted.of(entries, "entry", plural: "entries")
                stage.moving = false
            case .planned(let dataset, let toMove):
                stage.dataset = dataset
                stage.words = "\(Quantity.count(toMove)) to move"
            case .moving(let dataset, let flow, let pacer):
                stage.dataset = dataset
                stage.flow = flow
                stage.pacer = pacer
                stage.moving = true
                stage.lastAt = Pacer.monotonic()
                stage.lastRead = 0
                stage.rate = 0
            case .verifying(_, let report):
                stage.moving = false
                stage.words = "reading back \(Quantity.count(report.checked)) (\(Quantity.bytes(report.bytes)))"
            case .pruning:
                stage.moving = false
                stage.words = "deleting what is no longer at the source"
            case .manifest:
                stage.moving = false
                stage.words = "writing the manifest"
            case .ended:
                stage.moving = false
                stage.words = "ended"
            case .verdictsChanged, .unjudged: break
            }
        }
    }

    private static func words(_ blocked: [String: [String]]) -> String {
        let names = blocked.keys.sorted().map { "\($0) (\(blocked[$0, default: []].joined(separator: ", ")))" }
        return "the verdicts changed: "
            + (names.isEmpty ? "nothing is blocked by it" : "blocked from now on: " + names.joined(separator: ", "))
    }

    /// Takes the view away.
    func end() {
        ticker.withLock { $0?.cancel() }
        if onTerminal { Stderr.write("\r\u{1b}[K") }
    }

    private func show() async {
        let (dataset, words, moving, rate, reused, running) = stage.withLock { stage in
            let now = Pacer.monotonic()
            if let flow = stage.flow, stage.moving, now > stage.lastAt {
                let read = flow.read
                let current = Double(read - min(read, stage.lastRead)) / (Double(now - stage.lastAt) / 1e9)
                stage.rate = stage.rate == 0 ? current : stage.rate * 0.7 + current * 0.3
                stage.lastRead = read
                stage.lastAt = now
            }
            return (
                stage.dataset, stage.words, stage.moving, stage.rate, stage.flow?.reused ?? 0, stage.pacer?.limit ?? 0
            )
        }
        guard !dataset.isEmpty else { return }
        guard moving, let counts = try? await journal.counts(dataset: dataset) else {
            line(ProgressLine(dataset: dataset, words: words))
            return
        }
        line(ProgressLine(dataset: dataset, counts: counts, rate: rate, reused: reused, running: running))
    }

    private func line(_ line: ProgressLine) {
        if form.json {
            if let text = try? Output.encode(line, pretty: false) { Stderr.write(text + "\n") }
        } else if onTerminal {
            Stderr.redraw(line)
        } else {
            Stderr.write(line.description + "\n")
        }
    }
}

/// One line of progress.
struct ProgressLine: CommandResult {
    /// A piece of the line; the higher its rank the sooner it is left out where the line is too long, 0 never.
    private struct Field: Sendable {
        let rank: Int
        let text: String
    }

    let type = "progress"
    let dataset: String
    let words: String
    let counts: DatasetCounts?
    let bytesPerSecond: Double?
    let reusedBytes: UInt64?
    let atOneTime: Int?
    let secondsLeft: Double?
    private let fields: [Field]

    private enum CodingKeys: String, CodingKey {
        case type, dataset, words, counts, bytesPerSecond, reusedBytes, atOneTime, secondsLeft
    }

    init(dataset: String, words: String) {
        self.dataset = dataset
        self.words = words
        fields = [Field(rank: 0, text: words)]
        counts = nil
        bytesPerSecond = nil
        reusedBytes = nil
        atOneTime = nil
        secondsLeft = nil
    }

    init(dataset: String, counts: DatasetCounts, rate: Double, reused: UInt64, running: Int) {
        self.dataset = dataset
        self.counts = counts
        bytesPerSecond = rate
        reusedBytes = reused
        atOneTime = running
        let done = counts.landedBytes + counts.partBytes
        let left = counts.plannedBytes > done ? counts.plannedBytes - done : 0
        secondsLeft = rate > 1 ? Double(left) / rate : nil
        let moved = counts.landed + counts.failed
        let planned = moved + counts.open
        let share = counts.plannedBytes == 0 ? 100 : Int(Double(done) / Double(counts.plannedBytes) * 100)
        let bytes = "\(Quantity.bytes(done))/\(Quantity.bytes(counts.plannedBytes)) (\(min(100, share)) %)"
        var fields = [
            Field(rank: 2, text: "\(Quantity.count(moved))/\(Counted.of(planned, "object"))"),
            Field(rank: 0, text: bytes),
            Field(rank: 3, text: Quantity.bytes(UInt64(max(0, rate))) + "/s"),
        ]
        if let secondsLeft, left > 0 {
            fields.append(Field(rank: 1, text: "about \(Quantity.duration(seconds: secondsLeft)) left"))
        }
        if counts.failed > 0 { fields.append(Field(rank: 0, text: "\(Quantity.count(counts.failed)) FAILED")) }
        if reused > 0 { fields.append(Field(rank: 4, text: "reused \(Quantity.bytes(reused))")) }
        self.fields = fields
        words = fields.map(\.text).joined(separator: "  ")
    }

    var description: String { "  \(dataset)  \(words)" }

    /// The line in at most `columns`: the dataset's name is shortened first, then fields are left out, the least
    /// important first.
    func fitted(_ columns: Int) -> String {
        let shortest = min(dataset.count, 8)
        var shown = fields
        while true {
            let words = shown.map(\.text).joined(separator: "  ")
            let room = columns - words.count - 4
            if room >= dataset.count { return "  \(dataset)  \(words)" }
            if room >= shortest { return "  \(dataset.prefix(room - 1))…  \(words)" }
            guard let least = shown.map(\.rank).max(), least > 0 else { return String("  \(words)".prefix(columns)) }
            shown.removeAll { $0.rank == least }
        }
    }
}

extension Stderr {
    /// Draws `line` over the line that stands on the terminal.
    static func redraw(_ line: ProgressLine) {
        write("\r\u{1b}[K" + line.fitted(TerminalSize.columns(of: STDERR_FILENO) - 1))
    }
}
