import ArgumentParser
import FoundationEssentials
import Glibc
import Synchronization

/// What a command found: text and JSON of one value, so that they cannot drift.
///
/// `description` is for a person and ends without a newline; encoding must give a JSON object.
typealias CommandResult = CustomStringConvertible & Encodable & Sendable

/// How results leave: text for a person, or JSON. Results go to stdout, all else to stderr.
struct Output: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON: one document for a result, one line each in a stream.")
    var json = false

    /// Prints the one result of a command.
    func emit(_ result: some CommandResult) throws {
        json ? Stdout.write(try Self.document(result) + "\n") : Stdout.say(result.description)
    }

    /// Begins a stream of results.
    func stream() -> ResultStream { ResultStream(json: json) }

    /// A message to a person, on stderr; nothing where `--json` asks for machines only.
    func note(_ message: String) {
        if !json { Stderr.say(message) }
    }

    /// Results in the midst of a run, on stderr: lines for a person above the progress, or a JSON line each.
    func progress(_ results: [some CommandResult]) {
        for result in results {
            if json {
                guard let line = try? Self.encode(result, pretty: false) else { continue }
                Stderr.write(line + "\n")
            } else {
                if Stderr.isTerminal { Stderr.write("\r\u{1b}[K") }
                Stderr.say(result.description)
            }
        }
    }

    /// One JSON document with the versions beside the result's own fields.
    static func document(_ result: some Encodable) throws -> String {
        try encode(Versioned(result: result), pretty: true)
    }

    /// JSON with sorted keys.
    static func encode(_ value: some Encodable, pretty: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// A result with `havre` and `schema` beside its fields.
    private struct Versioned<Result: Encodable>: Encodable {
        let result: Result

        private enum Field: String, CodingKey {
            case havre, schema
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: Field.self)
            try fields.encode(Version.program, forKey: .havre)
            try fields.encode(Version.json, forKey: .schema)
            try result.encode(to: encoder)
        }
    }
}

/// Results that come one by one: a line each. In JSON the first line states the versions.
final class ResultStream: Sendable {
    private let json: Bool
    private let begun = Mutex(false)

    init(json: Bool) { self.json = json }

    /// The first line of every stream.
    static let versionLine = #"{"type":"version","havre":"\#(Version.program)","schema":"\#(Version.json)"}"#

    /// Prints one result.
    func emit(_ result: some CommandResult) throws {
        let line = json ? try Output.encode(result, pretty: false) : result.description
        begun.withLock { begun in
            if json, !begun { Stdout.write(Self.versionLine + "\n") }
            begun = true
            Stdout.write(line + "\n")
        }
    }

    /// Ends the stream; an empty one still states the versions.
    func end() {
        begun.withLock { begun in
            if json, !begun { Stdout.write(Self.versionLine + "\n") }
            begun = true
        }
    }
}

/// Standard output, unbuffered.
enum Stdout {
    /// Writes all of `text`. A reader that has gone away ends the process quietly, as SIGPIPE would.
    static func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes lines for a person: broken at words to the terminal's width, and as they are where none looks.
    static func say(_ text: String) {
        let columns = TerminalSize.columns(of: STDOUT_FILENO)
        write((isTerminal ? TerminalText.wrap(text, columns: columns) : text) + "\n")
    }

    /// Writes all of `bytes`.
    static func write(_ bytes: [UInt8]) {
        if let failure = Descriptor.write(bytes, to: STDOUT_FILENO) {
            if failure == EPIPE { exit(ExitStatus.failed.rawValue) }
            Stderr.write("havre: stdout cannot be written: \(String(cString: strerror(failure)))\n")
            exit(ExitStatus.failed.rawValue)
        }
    }

    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// Standard error, unbuffered: logs, questions, errors.
enum Stderr {
    /// Writes `text`; what cannot be written is lost.
    static func write(_ text: String) { _ = Descriptor.write(Array(text.utf8), to: STDERR_FILENO) }

    /// Writes lines for a person: broken at words to the terminal's width, and as they are where none looks.
    static func say(_ text: String) {
        let columns = TerminalSize.columns(of: STDERR_FILENO)
        write((isTerminal ? TerminalText.wrap(text, columns: columns) : text) + "\n")
    }

    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// A file descriptor that is written to the end.
enum Descriptor {
    /// Writes all of `bytes`; the error number where that fails.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { write($0, to: descriptor) }
    }

    /// Writes all of `bytes`; the error number where that fails.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return errno
            }
            sent += count
        }
        return nil
    }
}

/// Colours, where a person looks and `NO_COLOR` (no-color.org) does not forbid them.
enum Colour {
    /// Whether stdout takes colours.
    static var allowed: Bool {
        if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
        if let value = getenv("TERM"), String(cString: value) == "dumb" { return false }
        return Stdout.isTerminal
    }
}
