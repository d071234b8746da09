/// Percent-encoding of arbitrary bytes, as SigV4 wants it: all but RFC 3986's unreserved characters, in upper-case hex.
enum PercentEncoding {
    // 1: stands for itself; 2: the slash, which stands for itself in paths.
    private static let table: [UInt8] = (0...255).map { byte in
        switch UInt8(byte) {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: 1
        case 0x2f: 2
        default: 0
        }
    }
    private static let digits: [UInt8] = Array("0123456789ABCDEF".utf8)

    /// Appends `bytes` to `out`; the slash stays where `keepsSlash`.
    static func append(_ bytes: some Collection<UInt8>, keepsSlash: Bool, to out: inout [UInt8]) {
        for byte in bytes {
            let class_ = table[Int(byte)]
            if class_ == 1 || class_ == 2 && keepsSlash {
                out.append(byte)
            } else {
                out.append(0x25)
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            }
        }
    }

    /// Undoes percent-encoding; `+` becomes a space where `plusIsSpace`. Nil where `%` is not followed by two digits.
    static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            if byte == 0x2b && plusIsSpace {
                out.append(0x20)
            } else if byte == 0x25 {
                guard let high = iterator.next().flatMap(hex), let low = iterator.next().flatMap(hex) else {
                    return nil
                }
                out.append(high << 4 | low)
            } else {
                out.append(byte)
            }
        }
        return out
    }

    private static func hex(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}

/// A query: names and values as raw bytes, encoded and sorted as SigV4 wants them, which is also how they go out.
struct URLQuery {
    private var items: [(name: [UInt8], value: [UInt8])] = []

    init() {}

    /// Adds a parameter.
    mutating func add(_ name: String, _ value: some Collection<UInt8>) {
        add(Array(name.utf8), value)
    }

    /// Adds a parameter without a value.
    mutating func add(_ name: String) { add(name, []) }

    /// Adds a parameter with a number.
    mutating func add(_ name: String, _ value: Int) { add(name, String(value).utf8) }

    mutating func add(_ name: [UInt8], _ value: some Collection<UInt8>) {
        var encodedName: [UInt8] = []
        var encodedValue: [UInt8] = []
        PercentEncoding.append(name, keepsSlash: false, to: &encodedName)
        PercentEncoding.append(value, keepsSlash: false, to: &encodedValue)
        items.append((encodedName, encodedValue))
    }

    /// Names and values as they were given, by name as they sort in lower case.
    func plain() -> [(name: [UInt8], value: [UInt8])] {
        items.map { item in
            (
                (PercentEncoding.decode(item.name, plusIsSpace: false) ?? item.name).map {
                    (0x41...0x5a).contains($0) ? $0 | 0x20 : $0
                },
                PercentEncoding.decode(item.value, plusIsSpace: false) ?? item.value
            )
        }.sorted {
            $0.name == $1.name
                ? $0.value.lexicographicallyPrecedes($1.value) : $0.name.lexicographicallyPrecedes($1.name)
        }
    }

    /// The query in its canonical form: sorted by encoded name, then value; `name=value` joined by `&`.
    func canonical() -> [UInt8] {
        guard !items.isEmpty else { return [] }
        var out: [UInt8] = []
        let sorted =
            items.count == 1
            ? items
            : items.sorted {
                $0.name == $1.name
                    ? $0.value.lexicographicallyPrecedes($1.value) : $0.name.lexicographicallyPrecedes($1.name)
            }
        for item in sorted {
            if !out.isEmpty { out.append(0x26) }
            out += item.name
            out.append(0x3d)
            out += item.value
        }
        return out
    }
}
