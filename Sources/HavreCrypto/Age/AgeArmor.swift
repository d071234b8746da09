/// Streams the bytes out of ASCII armor (C2SP `age.md`, "ASCII armor"): strict PEM, LF or CRLF.
/// Holds at most one line.
struct AgeArmor {
    static let header = Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)
    static let footer = Array("-----END AGE ENCRYPTED FILE-----".utf8)
    static let columns = 64
    /// White space before and after the armor is skipped up to here, bytes in all.
    static let maxWhitespace = 1 << 10

    private enum Stage { case before, body, mustEnd, after }
    private var stage = Stage.before
    private var line: [UInt8] = []
    private var whitespace = 0
    private var number = 1

    /// Takes armored text and hands out decoded bytes. Throws `.armorFailure`, and what `emit` throws.
    mutating func update(_ text: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        for byte in text {
            if stage == .after {
                try skip(byte)
            } else if byte == UInt8(ascii: "\n") {
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                try takeLine(emit)
                line.removeAll(keepingCapacity: true)
                number += 1
            } else {
                let longest = stage == .before ? Self.maxWhitespace : Self.columns + 1
                guard line.count < longest else { throw fail("the line is too long") }
                line.append(byte)
            }
        }
    }

    /// Ends the text. Throws `.armorFailure` where the armor's end is missing.
    mutating func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        if stage != .after, !line.isEmpty {
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            try takeLine(emit)
        }
        guard stage == .after else { throw fail("the text ends before its END line") }
    }

    private mutating func takeLine(_ emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        switch stage {
        case .before:
            if line.allSatisfy(Self.isWhitespace) {
                for _ in 0...line.count { try skip(UInt8(ascii: " ")) }
            } else if line == Self.header {
                stage = .body
            } else {
                throw fail("the BEGIN line was expected")
            }
        case .body, .mustEnd:
            if line == Self.footer {
                stage = .after
                whitespace = 0
                return
            }
            guard stage == .body else { throw fail("the END line was expected behind a short line") }
            guard !line.isEmpty, let bytes = Base64.decode(line, padding: .required) else {
                throw fail("the line is not canonical, padded base64")
            }
            if line.count < Self.columns || line.last == UInt8(ascii: "=") { stage = .mustEnd }
            guard line.count <= Self.columns else { throw fail("the line has over \(Self.columns) columns") }
            try bytes.withUnsafeBytes { try emit($0) }
        case .after:
            break
        }
    }

    private mutating func skip(_ byte: UInt8) throws(CryptoError) {
        guard Self.isWhitespace(byte) else { throw fail("text follows the END line") }
        whitespace += 1
        guard whitespace <= Self.maxWhitespace else { throw fail("too much white space around the armor") }
    }

    /// Whether a file that begins with `head` is armored.
    static func isArmored(_ head: [UInt8]) -> Bool {
        head.drop(while: isWhitespace).starts(with: header.prefix(10))
    }

    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (9...13).contains(byte)
    }

    private func fail(_ found: String) -> CryptoError {
        CryptoError(.armorFailure, "line \(number) of the armored age file: \(found)")
    }
}
