/// A value of canonical JSON as `CanonicalJSON` writes it; anything else is refused with the byte at fault.
///
/// What it reads may come from anybody: depth is bounded, memory is bounded by the input's length.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// Numbers are whole here, from -2^63 to 2^64 - 1.
    case integer(Int64)
    /// A whole number above 2^63 - 1.
    case large(UInt64)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// What is wrong with the text, and where.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// The byte, from 0.
        public let offset: Int
        /// What was expected there.
        public let expected: String
        public var description: String { "byte \(offset + 1): expected \(expected)" }
    }

    /// Reads one value that fills `bytes`.
    public init(canonical bytes: some Collection<UInt8>) throws(Malformed) {
        let contiguous = ContiguousArray(bytes)
        var scanner = JSONScanner(contiguous)
        self = try scanner.value(depth: 0)
        guard scanner.isAtEnd else { throw scanner.malformed("the end") }
    }

    /// The members of the object at the start of `bytes`, up to and with `name`; what follows is not looked at.
    public static func members(of bytes: [UInt8], through name: String) throws(Malformed) -> [String: JSONValue] {
        var scanner = JSONScanner(ContiguousArray(bytes.prefix(64 << 10)))
        return try scanner.members(depth: 0, through: name)
    }

    /// The member `name` of an object.
    public subscript(name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }
    /// The text of a string.
    public var text: String? { if case .string(let text) = self { text } else { nil } }
    /// A whole number that fits.
    public var int64: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// A whole number that is not negative.
    public var uint64: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .large(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }
    /// The elements of an array.
    public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    /// The bytes of a string of lower-case hex digits.
    public var hex: [UInt8]? {
        guard let text else { return nil }
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let high = JSONScanner.hexDigit(digits[start]), let low = JSONScanner.hexDigit(digits[start + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}

/// Walks over the bytes of canonical JSON.
struct JSONScanner {
    private let bytes: ContiguousArray<UInt8>
    private var offset = 0
    /// Deeper nesting is refused: nothing of ours nests like that.
    private static let deepest = 32

    init(_ bytes: ContiguousArray<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    func malformed(_ expected: String) -> JSONValue.Malformed {
        JSONValue.Malformed(offset: offset, expected: expected)
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    mutating func value(depth: Int) throws(JSONValue.Malformed) -> JSONValue {
        guard depth < Self.deepest else { throw malformed("no deeper nesting than \(Self.deepest)") }
        switch next {
        case 0x22: return .string(try string())
        case 0x7b: return .object(try members(depth: depth, through: nil))
        case 0x5b: return .array(try elements(depth: depth))
        case 0x2d, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39: return try number()
        case 0x74: return try word("true", .bool(true))
        case 0x66: return try word("false", .bool(false))
        case 0x6e: return try word("null", .null)
        default: throw malformed("a value")
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONValue.Malformed) -> JSONValue {
        for byte in word.utf8 where !take(byte) { throw malformed("`\(word)`") }
        return value
    }

    private mutating func elements(depth: Int) throws(JSONValue.Malformed) -> [JSONValue] {
        offset += 1
        var elements: [JSONValue] = []
        if take(0x5d) { return elements }
        while true {
            elements.append(try value(depth: depth + 1))
            if take(0x5d) { return elements }
            guard take(0x2c) else { throw malformed("`,` or `]`") }
        }
    }

    /// Members stand in ascending order of their names' bytes; with `through`, reading ends behind that member.
    mutating func members(
        depth: Int, through last: String?
    ) throws(JSONValue.Malformed) -> [String: JSONValue] {
        guard take(0x7b) else { throw malformed("`{`") }
        var members: [String: JSONValue] = [:]
        if take(0x7d) { return members }
        var former: String?
        while true {
            let name = try string()
            if let former, !former.utf8.lexicographicallyPrecedes(name.utf8) {
                throw malformed("members in ascending order, each once, but `\(name)` stands behind `\(former)`")
            }
            guard take(0x3a) else { throw malformed("`:`") }
            members[name] = try value(depth: depth + 1)
            if name == last { return members }
            former = name
            if take(0x7d) { return members }
            guard take(0x2c) else { throw malformed("`,` or `}`") }
        }
    }

    private mutating func number() throws(JSONValue.Malformed) -> JSONValue {
        let start = offset
        let negative = take(0x2d)
        guard let first = next, (0x30...0x39).contains(first) else { throw malformed("a digit") }
        var magnitude: UInt64 = 0
        while let byte = next, (0x30...0x39).contains(byte) {
            let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, overflowToo) = tens.addingReportingOverflow(UInt64(byte - 0x30))
            guard !overflow, !overflowToo else { throw malformed("a number of at most 64 bits") }
            magnitude = sum
            offset += 1
        }
        let digits = offset - start - (negative ? 1 : 0)
        guard first != 0x30 || (digits == 1 && !negative) else { throw malformed("a number without a leading zero") }
        guard next != 0x2e, next != 0x65, next != 0x45 else { throw malformed("a whole number") }
        if !negative {
            return Int64(exactly: magnitude).map { .integer($0) } ?? .large(magnitude)
        }
        guard magnitude <= UInt64(Int64.max) + 1 else { throw malformed("a number of at most 64 bits") }
        return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
    }

    private mutating func string() throws(JSONValue.Malformed) -> String {
        guard take(0x22) else { throw malformed("`\"`") }
        var text: [UInt8] = []
        var start = offset
        while let byte = next {
            switch byte {
            case 0x22:
                text += bytes[start..<offset]
                offset += 1
                guard let result = String(validating: text, as: UTF8.self) else {
                    throw malformed("valid UTF-8 before it")
                }
                return result
            case 0x5c:
                text += bytes[start..<offset]
                offset += 1
                text.append(try escape())
                start = offset
            case 0..<0x20: throw malformed("an escaped control character")
            default: offset += 1
            }
        }
        throw malformed("the string's end")
    }

    /// The one escape that a byte has; others for the same byte are refused.
    private mutating func escape() throws(JSONValue.Malformed) -> UInt8 {
        guard let byte = next else { throw malformed("an escape") }
        offset += 1
        switch byte {
        case 0x22, 0x5c: return byte
        case 0x62: return 0x08
        case 0x74: return 0x09
        case 0x6e: return 0x0a
        case 0x66: return 0x0c
        case 0x72: return 0x0d
        case 0x75:
            guard take(0x30), take(0x30), let high = next.flatMap(Self.hexDigit), high < 2 else {
                throw malformed("`\\u00` and a control character in lower-case hex")
            }
            offset += 1
            guard let low = next.flatMap(Self.hexDigit) else { throw malformed("a hex digit in lower case") }
            offset += 1
            let value = high << 4 | low
            switch value {
            case 0x08, 0x09, 0x0a, 0x0c, 0x0d: throw malformed("the short escape of that character")
            default: return value
            }
        default: throw malformed("one of the escapes \\\" \\\\ \\b \\t \\n \\f \\r \\u00xx")
        }
    }
}
