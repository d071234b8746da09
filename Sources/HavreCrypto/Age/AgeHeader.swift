/// The textual header of an age file (C2SP `age.md`, "Header"), read strictly.
struct AgeHeader {
    struct Stanza {
        let type: String
        let arguments: [[UInt8]]
        let body: [UInt8]
    }

    /// A header above this is refused: thousands of recipients fit.
    static let limit = 1 << 20
    static let version = Array("age-encryption.org/v1".utf8)
    static let macSize = 32
    static let columns = 64

    let stanzas: [Stanza]
    /// What the MAC covers: from the first byte up to and including `---`.
    let covered: [UInt8]
    let mac: [UInt8]
    /// Bytes of the header, its last line end included.
    let count: Int

    /// Reads the header at the start of `bytes`; more may follow.
    /// Throws `.headerFailure`, with `needsMore` where `bytes` end too early.
    init(parsing bytes: [UInt8]) throws(CryptoError) {
        var reader = LineReader(bytes: bytes)
        try Self.checkVersion(bytes)
        _ = try reader.line()
        var stanzas: [Stanza] = []
        while true {
            let start = reader.at
            let line = try reader.line()
            if line.starts(with: Array("->".utf8)) {
                stanzas.append(try Self.stanza(line, &reader))
                continue
            }
            guard line.starts(with: Array("---".utf8)) else {
                throw CryptoError(
                    .headerFailure,
                    "line \(reader.number) of the age header begins neither a stanza (\"->\") nor its end (\"---\")")
            }
            guard line.dropFirst(3).first == UInt8(ascii: " "),
                let mac = Base64.decode(line.dropFirst(4), padding: .none), mac.count == Self.macSize
            else {
                throw CryptoError(
                    .headerFailure, "the last line of the age header is not \"--- \" with 43 characters of base64")
            }
            guard !stanzas.isEmpty else {
                throw CryptoError(.headerFailure, "the age header names no recipient at all")
            }
            self.stanzas = stanzas
            self.covered = Array(bytes[..<(start + 3)])
            self.mac = mac
            self.count = reader.at
            return
        }
    }

    /// Whether `bytes`, as far as they go, begin an age file.
    static func checkVersion(_ bytes: [UInt8]) throws(CryptoError) {
        let wanted = version + [UInt8(ascii: "\n")]
        guard bytes.prefix(wanted.count).elementsEqual(wanted.prefix(bytes.count)) else {
            let family = Array("age-encryption.org/".utf8)
            if bytes.starts(with: family) {
                throw CryptoError(
                    .headerFailure, "this is an age file of another version than v1, or with CRLF line ends")
            }
            if bytes.starts(with: AgeArmor.header) {
                throw CryptoError(.headerFailure, "this age file is armored (ASCII); a binary one was expected")
            }
            throw CryptoError(.headerFailure, "this is not an age file: it does not begin with age-encryption.org/v1")
        }
    }

    /// Writes a header without its MAC: up to and including `---`.
    static func compose(_ stanzas: [Stanza]) -> [UInt8] {
        var text = version + [UInt8(ascii: "\n")]
        for stanza in stanzas {
            text += Array("-> \(stanza.type)".utf8)
            for argument in stanza.arguments { text += [UInt8(ascii: " ")] + argument }
            text.append(UInt8(ascii: "\n"))
            let body = Base64.encode(stanza.body, padding: .none)
            // The last line is always shorter than 64 columns, empty if need be.
            for start in stride(from: 0, through: body.count, by: columns) {
                text += body[start..<min(start + columns, body.count)]
                text.append(UInt8(ascii: "\n"))
            }
        }
        return text + Array("---".utf8)
    }

    private static func stanza(_ line: ArraySlice<UInt8>, _ reader: inout LineReader) throws(CryptoError) -> Stanza {
        let number = reader.number
        func fail(_ found: String) -> CryptoError {
            CryptoError(.headerFailure, "line \(number) of the age header: \(found)")
        }
        guard line.starts(with: Array("-> ".utf8)) else { throw fail("no space after \"->\"") }
        let words = line.dropFirst(3).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        for word in words {
            guard !word.isEmpty else { throw fail("an argument of the stanza is empty") }
            guard word.allSatisfy({ (33...126).contains($0) }) else {
                throw fail("a character that no stanza may hold")
            }
        }
        guard let type = words.first else { throw fail("the stanza names no type") }
        var text: [UInt8] = []
        while true {
            let line = try reader.line()
            guard line.count <= columns else { throw fail("the stanza's body has a line of over \(columns) columns") }
            guard line.first != UInt8(ascii: "-") else {
                throw fail("the stanza's body lacks its last, short line")
            }
            text += line
            if line.count < columns { break }
        }
        guard let body = Base64.decode(text, padding: .none) else {
            throw fail("the stanza's body is not canonical base64")
        }
        return Stanza(
            type: String(decoding: type, as: UTF8.self), arguments: words.dropFirst().map(Array.init), body: body)
    }

    /// Lines that end with a line feed.
    private struct LineReader {
        let bytes: [UInt8]
        var at = 0
        var number = 0

        mutating func line() throws(CryptoError) -> ArraySlice<UInt8> {
            guard let end = bytes[at...].firstIndex(of: UInt8(ascii: "\n")), end < AgeHeader.limit else {
                guard bytes.count < AgeHeader.limit else {
                    throw CryptoError(.headerFailure, "the age header is longer than \(AgeHeader.limit >> 20) MiB")
                }
                throw CryptoError(.headerFailure, "the age file ends within its header", needsMore: true)
            }
            defer { at = end + 1 }
            number += 1
            return bytes[at..<end]
        }
    }
}
