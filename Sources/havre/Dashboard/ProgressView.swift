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
        var words = Text(en: "starting", fr: "démarrage")
        var flow: Flow?
        var pacer: Pacer?
        var moving = false
        var lastRead: UInt64 = 0
        var lastAt: Int64 = 0
        var rate: Double = 0
    }

    private let journal: any Journal
    private let form: Output
    private let language: Text.Language
    private let onTerminal: Bool
    private let stage = Mutex(Stage())
    private let ticker: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// Shows the progress of a run in `language`; programs get English.
    init(journal: any Journal, form: Output, language: Text.Language = .english) {
        self.journal = journal
        self.form = form
        self.language = form.json ? .english : language
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
            form.note(Self.words(blocked)[language])
        }
        if case .unjudged(let reason) = notice {
            if onTerminal { Stderr.write("\r\u{1b}[K") }
            form.note(
                Text(
                    en: "nobody can judge again, so the run stops: \(reason)",
                    fr: "personne ne peut juger de nouveau, l'exécution s'arrête : \(reason)")[language])
        }
        stage.withLock { stage in
            switch notice {
            case .scanning(let dataset, let entries):
                stage.dataset = dataset
                stage.words = Self.scanning(entries)
                stage.moving = false
            case .planned(let dataset, let toMove):
                stage.dataset = dataset
                let count = QuantityText.count(toMove)
                stage.words = Text(en: "\(count) to move", fr: "\(count) à transférer")
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
                let (count, bytes) = (QuantityText.count(report.checked), QuantityText.bytes(report.bytes))
                stage.words = Text(en: "reading back \(count) (\(bytes))", fr: "relecture : \(count) (\(bytes))")
            case .pruning:
                stage.moving = false
                stage.words = Text(
                    en: "deleting what is no longer at the source", fr: "suppression de ce qui n'est plus à la source")
            case .manifest:
                stage.moving = false
                stage.words = Text(en: "writing the manifest", fr: "écriture du manifeste")
            case .ended:
                stage.moving = false
                stage.words = Text(en: "ended", fr: "terminé")
            case .verdictsChanged, .unjudged: break
            }
        }
    }

    /// `scanning 1,204 entries`
    static func scanning(_ entries: Int) -> Text {
        let count = QuantityText.count(entries)
        return entries == 1
            ? Text(en: "scanning \(count) entry", fr: "listage : \(count) entrée")
            : Text(en: "scanning \(count) entries", fr: "listage : \(count) entrées")
    }

    private static func words(_ blocked: [String: [String]]) -> Text {
        let names = blocked.keys.sorted().map { "\($0) (\(blocked[$0, default: []].joined(separator: ", ")))" }
        let list = names.joined(separator: ", ")
        let what =
            names.isEmpty
            ? Text(en: "nothing is blocked by it", fr: "cela ne bloque rien")
            : Text(en: "blocked from now on: \(list)", fr: "bloqué désormais : \(list)")
        return Text(en: "the verdicts changed: \(what)", fr: "les verdicts ont changé : \(what)")
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
            line(ProgressLine(dataset: dataset, words: words[language]))
            return
        }
        line(
            ProgressLine(
                dataset: dataset, counts: counts, rate: rate, reused: reused, running: running, language: language))
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

    init(
        dataset: String, counts: DatasetCounts, rate: Double, reused: UInt64, running: Int,
        language: Text.Language = .english
    ) {
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
        func size(_ bytes: UInt64) -> String { QuantityText.bytes(bytes)[language] }
        let bytes = "\(size(done))/\(size(counts.plannedBytes)) (\(min(100, share)) %)"
        let objects = "\(QuantityText.count(moved)[language])/\(QuantityText.objects(planned)[language])"
        var fields = [
            Field(rank: 2, text: objects), Field(rank: 0, text: bytes),
            Field(rank: 3, text: size(UInt64(max(0, rate))) + "/s"),
        ]
        if let secondsLeft, left > 0 {
            let span = QuantityText.duration(secondsLeft)
            let words = Text(en: "about \(span) left", fr: "encore environ \(span)")
            fields.append(Field(rank: 1, text: words[language]))
        }
        if counts.failed > 0 {
            let count = QuantityText.count(counts.failed)
            let words = Text(en: "\(count) FAILED", fr: "\(count) EN ÉCHEC")
            fields.append(Field(rank: 0, text: words[language]))
        }
        if reused > 0 {
            let words = Text(en: "reused \(size(reused))", fr: "repris \(size(reused))")
            fields.append(Field(rank: 4, text: words[language]))
        }
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
