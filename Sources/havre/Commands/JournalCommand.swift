import ArgumentParser
import HavreJournal
import HavreModel

/// Prints the record, or checks its chain.
struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Print the record of every step, or check its hash chain.",
        discussion: """
            Examples:

              havre journal plan.yaml
              havre journal plan.yaml --json | jq .kind
              havre journal plan.yaml --check
            """)

    @Argument(help: "The plan; may be left out where --state or HAVRE_STATE says where the state is.")
    var plan: String?

    @Flag(name: .long, help: "Recompute the hash chain; exits 22 where an event does not follow from the one before.")
    var check = false

    @OptionGroup var directory: StateDirectory
    @OptionGroup var form: Output

    func run() async throws {
        let journal = try StatePlace.find(plan, directory).journal()
        if check {
            do {
                let head = try await journal.checkChain()
                try form.emit(ChainReport(events: head.size, hash: HexText.of(head.hash)))
            } catch let error as JournalError where error.code == .damaged {
                throw CommandFailure(.mismatch, error.message)
            }
            return
        }
        let stream = form.stream()
        var after: Int64 = 0
        while true {
            let events = try await journal.events(after: after, limit: 500)
            guard let last = events.last else { break }
            after = last.sequence
            for event in events { try stream.emit(EventLine(event)) }
        }
        stream.end()
    }
}

/// What `journal --check` found.
struct ChainReport: CommandResult {
    let events: Int64
    let hash: String

    var description: String { "\(Counted.of(Int(events), "event")), the chain holds. Head \(hash)" }
}

/// One event.
struct EventLine: CommandResult {
    let type = "event"
    let sequence: Int64
    let at: String
    let kind: String
    let body: String
    let hash: String

    init(_ event: EventRow) {
        sequence = event.sequence
        at = TimeText.utc(event.at)
        kind = event.kind
        body = String(decoding: event.body, as: UTF8.self)
        hash = HexText.of(event.hash)
    }

    var description: String { "\(sequence)  \(at)  \(kind)  \(body.prefix(400))" }
}

/// Bytes as lower-case hex.
enum HexText {
    /// Two digits a byte.
    static func of(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return bytes.reduce(into: "") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }
}

/// Moments as text.
enum TimeText {
    /// `2026-11-24T06:10:13Z` from nanoseconds since 1970 UTC.
    static func utc(_ nanoseconds: Int64) -> String {
        let seconds = Int(nanoseconds / 1_000_000_000)
        let day = Day(number: seconds / 86_400)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let rest = seconds % 86_400
        return "\(day)T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }
}
