/// Writes JSON of which there is one spelling only, so that it can be hashed and compared byte for byte:
/// no white space, integers only, escapes as in RFC 8785 section 3.2.2.2.
///
/// The caller writes the members of an object in ascending order of their names; names are plain ASCII.
/// Commas come by themselves.
public struct CanonicalJSON: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// Starts empty.
    public init() {}

    /// Starts empty, with room for `capacity` bytes.
    public init(capacity: Int) { bytes.reserveCapacity(capacity) }

    /// Empties what was written and keeps the room.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    private mutating func separate() {
        // The last byte of a whole value is never one of these.
        switch bytes.last {
        case nil, 0x7b, 0x5b, 0x3a, 0x0a: break
        default: bytes.append(0x2c)
        }
    }

    /// `{`
    public mutating func beginObject() {
        separate()
        bytes.append(0x7b)
    }

    /// `}`
    public mutating func endObject() { bytes.append(0x7d) }

    /// `[`
    public mutating func beginArray() {
        separate()
        bytes.append(0x5b)
    }

    /// `]`
    public mutating func endArray() { bytes.append(0x5d) }

    /// A line feed behind a whole value: NDJSON.
    public mutating func endLine() { bytes.append(0x0a) }

    /// The name of the member whose value comes next; plain ASCII without quotes or backslashes.
    public mutating func name(_ name: StaticString) {
        separate()
        bytes.append(0x22)
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3a)
    }

    /// The name of the member whose value comes next, escaped like any string.
    public mutating func name(escaping name: String) {
        string(name)
        bytes.append(0x3a)
    }

    /// A string.
    public mutating func string(_ text: String) {
        separate()
        bytes.append(0x22)
        var text = text
        text.withUTF8 { append(escaping: $0) }
        bytes.append(0x22)
    }

    private mutating func append(escaping utf8: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for (index, byte) in utf8.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5c {
            bytes.append(contentsOf: utf8[start..<index])
            start = index + 1
            bytes.append(0x5c)
            switch byte {
            case 0x08: bytes.append(0x62)
            case 0x09: bytes.append(0x74)
            case 0x0a: bytes.append(0x6e)
            case 0x0c: bytes.append(0x66)
            case 0x0d: bytes.append(0x72)
            case 0x22, 0x5c: bytes.append(byte)
            default:
                bytes.append(contentsOf: [0x75, 0x30, 0x30])
                append(hexDigitsOf: byte)
            }
        }
        bytes.append(contentsOf: utf8[start...])
    }

    private mutating func append(hexDigitsOf byte: UInt8) {
        let high = byte >> 4
        let low = byte & 15
        bytes.append(high < 10 ? 0x30 + high : 0x57 + high)
        bytes.append(low < 10 ? 0x30 + low : 0x57 + low)
    }

    /// Bytes as a string of lower-case hex digits.
    public mutating func hex(_ value: [UInt8]) {
        separate()
        let digits = [UInt8](unsafeUninitializedCapacity: value.count * 2 + 2) { buffer, count in
            buffer[0] = 0x22
            for (index, byte) in value.enumerated() {
                let high = byte >> 4
                let low = byte & 15
                buffer[2 * index + 1] = high < 10 ? 0x30 + high : 0x57 + high
                buffer[2 * index + 2] = low < 10 ? 0x30 + low : 0x57 + low
            }
            buffer[2 * value.count + 1] = 0x22
            count = value.count * 2 + 2
        }
        bytes.append(contentsOf: digits)
    }

    /// A whole number.
    @inlinable
    public mutating func integer(_ value: some FixedWidthInteger) {
        integer(magnitude: UInt64(value.magnitude), isNegative: value < 0)
    }

    /// The same, in one shape for all widths: events hold many.
    @usableFromInline
    mutating func integer(magnitude: UInt64, isNegative: Bool) {
        separate()
        if isNegative { bytes.append(0x2d) }
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { buffer in
            var start = buffer.count
            var rest = magnitude
            repeat {
                start -= 1
                buffer[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest != 0
            bytes.append(contentsOf: buffer[start...])
        }
    }

    /// `true` or `false`
    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: Array((value ? "true" : "false").utf8))
    }

    /// A value that is canonical JSON already.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// An object's key as the member `key`, or as `keyHex` where its bytes are not UTF-8: one spelling for each key.
    public mutating func member(_ key: ObjectKey) {
        if let text = key.text {
            name("key")
            string(text)
        } else {
            name("keyHex")
            hex(key.bytes)
        }
    }

    /// An instant, nanoseconds since 1970 UTC, as `Timestamp` spells it.
    public mutating func instant(_ nanoseconds: Int64) {
        separate()
        bytes.append(0x22)
        bytes.append(contentsOf: Timestamp.utf8(nanoseconds))
        bytes.append(0x22)
    }
}
