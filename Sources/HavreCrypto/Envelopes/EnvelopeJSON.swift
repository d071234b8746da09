/// JSON as foreign clients write it into metadata: members in any order, with spaces, within narrow limits (RFC 8259).
///
/// Numbers are whole and positive or are not looked at; a member that stands twice is refused, since readers differ in
/// which one they believe.
indirect enum EnvelopeJSON: Hashable {
    case null
    case bool
    /// nil for a number that is no whole number below 2^64.
    case number(UInt64?)
    case string(String)
    case array([EnvelopeJSON])
    case object([String: EnvelopeJSON])

    /// No metadata of any store is longer.
    static let longest = 64 << 10
    private static let deepest = 8

    /// Reads `text`. Throws `.envelopeFailure`, saying where.
    init(_ text: [UInt8], of what: String) throws(CryptoError) {
        guard text.count <= Self.longest else {
            throw CryptoError(
                .envelopeFailure, "\(what) has \(text.count) bytes of JSON; more than \(Self.longest) are not read")
        }
        var scanner = Scanner(bytes: text, what: what)
        self = try scanner.value(depth: 0)
        scanner.skipSpace()
        guard scanner.isAtEnd else { throw scanner.malformed("nothing more") }
    }

    subscript(name: String) -> EnvelopeJSON? {
        guard case .object(let members) = self, let member = members[name], member != .null else { return nil }
        return member
    }

    var text: String? { if case .string(let text) = self { text } else { nil } }
    var number: UInt64? { if case .number(let number) = self { number } else { nil } }

    /// Members whose values are all strings; nil where one is not, or this is no object.
    var texts: [String: String]? {
        guard case .object(let members) = self else { return nil }
        var texts: [String: String] = [:]
        for (name, value) in members {
            guard let text = value.text else { return nil }
            texts[name] = text
        }
        return texts
    }

    private struct Scanner {
        let bytes: [UInt8]
        let what: String
        var at = 0

        var isAtEnd: Bool { at == bytes.count }
        private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        func malformed(_ expected: String) -> CryptoError {
            CryptoError(.envelopeFailure, "\(what) is no JSON that can be read: at byte \(at) \(expected) is expected")
        }

        mutating func skipSpace() {
            while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { at += 1 }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            at += 1
            return true
        }

        mutating func value(depth: Int) throws(CryptoError) -> EnvelopeJSON {
            guard depth < EnvelopeJSON.deepest else { throw malformed("no deeper nesting") }
            skipSpace()
            switch next {
            case UInt8(ascii: "{"): return .object(try members(depth))
            case UInt8(ascii: "["): return .array(try elements(depth))
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool)
            case UInt8(ascii: "f"): return try word("false", .bool)
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return try number()
            }
        }

        private mutating func word(_ word: String, _ value: EnvelopeJSON) throws(CryptoError) -> EnvelopeJSON {
            for byte in word.utf8 where !take(byte) { throw malformed("`\(word)`") }
            return value
        }

        private mutating func members(_ depth: Int) throws(CryptoError) -> [String: EnvelopeJSON] {
            at += 1
            var members: [String: EnvelopeJSON] = [:]
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            while true {
                skipSpace()
                let name = try string()
                skipSpace()
                guard take(UInt8(ascii: ":")) else { throw malformed("`:`") }
                guard members[name] == nil else { throw malformed("no second member of the same name") }
                members[name] = try value(depth: depth + 1)
                skipSpace()
                if take(UInt8(ascii: "}")) { return members }
                guard take(UInt8(ascii: ",")) else { throw malformed("`,` or `}`") }
            }
        }

        private mutating func elements(_ depth: Int) throws(CryptoError) -> [EnvelopeJSON] {
            at += 1
            var elements: [EnvelopeJSON] = []
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            while true {
                elements.append(try value(depth: depth + 1))
                skipSpace()
                if take(UInt8(ascii: "]")) { return elements }
                guard take(UInt8(ascii: ",")) else { throw malformed("`,` or `]`") }
            }
        }

        private mutating func number() throws(CryptoError) -> EnvelopeJSON {
            let start = at
            while let byte = next, byte.isDigit || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains(byte) { at += 1 }
            let digits = bytes[start..<at]
            guard let first = digits.first, first != 0x2b else { throw malformed("a value") }
            guard digits.allSatisfy(\.isDigit), first != 0x30 || digits.count == 1 else { return .number(nil) }
            return .number(UInt64(String(decoding: digits, as: UTF8.self)))
        }

        private mutating func string() throws(CryptoError) -> String {
            guard take(UInt8(ascii: "\"")) else { throw malformed("`\"`") }
            var text: [UInt8] = []
            while let byte = next {
                at += 1
                switch byte {
                case UInt8(ascii: "\""):
                    guard let result = String(validating: text, as: UTF8.self) else { throw malformed("UTF-8 before") }
                    return result
                case UInt8(ascii: "\\"): text += try escape()
                case 0..<0x20: throw malformed("no control character before")
                default: text.append(byte)
                }
            }
            throw malformed("the end of a string")
        }

        private mutating func escape() throws(CryptoError) -> [UInt8] {
            guard let byte = next else { throw malformed("an escape") }
            at += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0c]
            case UInt8(ascii: "n"): return [0x0a]
            case UInt8(ascii: "r"): return [0x0d]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "u"): break
            default: throw malformed("a known escape before")
            }
            var code = try hex()
            if (0xD800..<0xDC00).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw malformed("a second surrogate") }
                let second = try hex()
                guard (0xDC00..<0xE000).contains(second) else { throw malformed("a second surrogate before") }
                code = 0x10000 + (code - 0xD800) << 10 + (second - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw malformed("no lone surrogate before") }
            return Array(String(Character(scalar)).utf8)
        }

        private mutating func hex() throws(CryptoError) -> UInt32 {
            var code: UInt32 = 0
            for _ in 0..<4 {
                guard let byte = next, let digit = byte.hexValue else { throw malformed("four hex digits") }
                code = code << 4 | UInt32(digit)
                at += 1
            }
            return code
        }
    }
}

extension UInt8 {
    /// Whether it is an ASCII digit.
    var isDigit: Bool { (0x30...0x39).contains(self) }

    /// The value of an ASCII hex digit.
    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}

/// A foreign text inside a message: short, printable, quoted.
func quoted(_ text: String) -> String {
    let plain = text.unicodeScalars.prefix(60).map { scalar in
        scalar.isASCII && scalar.value >= 0x20 && scalar.value < 0x7f ? String(scalar) : "?"
    }.joined()
    return "`\(plain)\(text.unicodeScalars.count > 60 ? "…" : "")`"
}

/// Base64 of a member of an envelope, of `count` bytes where that is given. Throws `.envelopeFailure`.
func envelopeBytes(_ text: String, _ name: String, count: ClosedRange<Int>) throws(CryptoError) -> [UInt8] {
    guard let bytes = Base64.decode(text.utf8, padding: .required), count.contains(bytes.count) else {
        let sizes = count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
        throw CryptoError(.envelopeFailure, "`\(name)` of the envelope is no base64 of \(sizes) bytes")
    }
    return bytes
}
