/// Status line and headers of an answer, as they came.
struct ResponseHead: Sendable {
    enum Progress {
        case more, complete, tooLarge
    }

    private struct Field {
        var start: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32
    }

    /// The status; 0 before it is known.
    private(set) var status = 0
    private var raw: [UInt8] = []
    private var fields: [Field] = []
    private static let limit = 256 << 10

    init() {}

    /// Takes one line with its line end. Interim answers (1xx) are forgotten when the next one begins.
    mutating func append(_ line: UnsafeRawBufferPointer) -> Progress {
        var end = line.count
        while end > 0, line[end - 1] == 0x0a || line[end - 1] == 0x0d { end -= 1 }
        if end == 0 { return status >= 200 ? .complete : .more }
        if end >= 12, line[0] == 0x48, line[1] == 0x54, line[2] == 0x54, line[3] == 0x50, line[4] == 0x2f {
            raw.removeAll(keepingCapacity: true)
            fields.removeAll(keepingCapacity: true)
            raw.reserveCapacity(1024)
            fields.reserveCapacity(24)
            status = Self.status(line)
            return .more
        }
        guard raw.count + end <= Self.limit else { return .tooLarge }
        guard let colon = line[..<end].firstIndex(of: 0x3a) else { return .more }
        var first = colon + 1
        while first < end, line[first] == 0x20 || line[first] == 0x09 { first += 1 }
        var last = end
        while last > first, line[last - 1] == 0x20 || line[last - 1] == 0x09 { last -= 1 }
        let base = raw.count
        raw.append(contentsOf: line[..<last])
        fields.append(
            Field(
                start: UInt32(base), nameEnd: UInt32(base + colon), valueStart: UInt32(base + first),
                valueEnd: UInt32(base + last)))
        return .more
    }

    private static func status(_ line: UnsafeRawBufferPointer) -> Int {
        guard let space = line.firstIndex(of: 0x20) else { return 0 }
        var value = 0
        for byte in line[(space + 1)...].prefix(3) {
            guard (0x30...0x39).contains(byte) else { return 0 }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    /// The bytes of the first header of that name (in lower case).
    func bytes(_ name: StaticString) -> ArraySlice<UInt8>? {
        let length = name.utf8CodeUnitCount
        search: for field in fields where Int(field.nameEnd - field.start) == length {
            for index in 0..<length where Self.lowered(raw[Int(field.start) + index]) != name.utf8Start[index] {
                continue search
            }
            return raw[Int(field.valueStart)..<Int(field.valueEnd)]
        }
        return nil
    }

    /// The first header of that name (in lower case) as text; what is not UTF-8 in it is replaced.
    subscript(_ name: StaticString) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }

    /// The first header of that name as a number; nil where it is none.
    func number(_ name: StaticString) -> UInt64? { bytes(name).flatMap { UInt64(String(decoding: $0, as: UTF8.self)) } }

    /// Headers whose names begin with `prefix` (in lower case): the rest of the name in lower case, and the value.
    func all(prefix: StaticString) -> [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        let length = prefix.utf8CodeUnitCount
        search: for field in fields where Int(field.nameEnd - field.start) > length {
            for index in 0..<length where Self.lowered(raw[Int(field.start) + index]) != prefix.utf8Start[index] {
                continue search
            }
            let name = raw[Int(field.start) + length..<Int(field.nameEnd)].map(Self.lowered)
            let value = raw[Int(field.valueStart)..<Int(field.valueEnd)]
            found.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return found
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }
}
