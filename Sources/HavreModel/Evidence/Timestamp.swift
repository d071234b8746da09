/// Instants as journals and evidence spell them: RFC 3339 in UTC with nine digits behind the second,
/// `2026-11-24T06:10:00.000000000Z`. One spelling an instant.
public enum Timestamp {
    private static let second: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400 * 1_000_000_000

    /// The spelling of an instant in nanoseconds since 1970 UTC.
    public static func text(_ nanoseconds: Int64) -> String { String(decoding: utf8(nanoseconds), as: UTF8.self) }

    /// The same as bytes.
    public static func utf8(_ nanoseconds: Int64) -> [UInt8] {
        let days = nanoseconds >= 0 ? nanoseconds / day : (nanoseconds + 1) / day - 1
        let rest = nanoseconds.subtractingReportingOverflow(days.multipliedReportingOverflow(by: day).partialValue)
            .partialValue
        let seconds = rest / second
        let (year, month, date) = Day(number: Int(days)).parts
        var bytes: [UInt8] = []
        bytes.reserveCapacity(30)
        func append(_ value: Int, _ width: Int) {
            var divisor = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                bytes.append(0x30 + UInt8(value / divisor % 10))
                divisor /= 10
            }
        }
        append(year, 4)
        bytes.append(0x2d)
        append(month, 2)
        bytes.append(0x2d)
        append(date, 2)
        bytes.append(0x54)
        append(Int(seconds / 3600), 2)
        bytes.append(0x3a)
        append(Int(seconds / 60 % 60), 2)
        bytes.append(0x3a)
        append(Int(seconds % 60), 2)
        bytes.append(0x2e)
        append(Int(rest % second), 9)
        bytes.append(0x5a)
        return bytes
    }

    /// Nanoseconds since 1970 UTC; nil for anything but the one spelling.
    public static func nanoseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 30, let date = Day(String(decoding: bytes[..<10], as: UTF8.self)) else { return nil }
        func number(_ range: Range<Int>) -> Int64 {
            bytes[range].reduce(0) { $0 * 10 + Int64($1) - 0x30 }
        }
        let seconds = number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
        // In 128 bits: the first instant that fits lies within a day whose start does not.
        let wide = Int128(date.number) * Int128(day) + Int128(seconds * second + number(20..<29))
        guard let value = Int64(exactly: wide), utf8(value) == bytes else { return nil }
        return value
    }
}
