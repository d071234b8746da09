import CPosix
import Glibc

/// Points in time as the protocols write them. UTC, proleptic Gregorian; no locale, no time zone.
public enum Timestamp {
    /// Seconds since 1970 UTC, now.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }

    /// Days since 1970.
    static func day(_ seconds: Int64) -> Int64 { (seconds >= 0 ? seconds : seconds - 86_399) / 86_400 }

    /// `YYYYMMDDTHHMMSSZ`, as SigV4 wants it.
    static func compact(_ seconds: Int64) -> [UInt8] {
        let day = day(seconds)
        let rest = Int(seconds - day * 86_400)
        let (year, month, date) = civil(day)
        var out: [UInt8] = []
        out.reserveCapacity(16)
        func two(_ value: Int) {
            out.append(UInt8(0x30 + value / 10 % 10))
            out.append(UInt8(0x30 + value % 10))
        }
        two(year / 100)
        two(year % 100)
        two(month)
        two(date)
        out.append(UInt8(ascii: "T"))
        two(rest / 3600)
        two(rest / 60 % 60)
        two(rest % 60)
        out.append(UInt8(ascii: "Z"))
        return out
    }

    /// `Tue, 24 Nov 2026 06:30:00 GMT` (RFC 9110, section 5.6.7).
    static func http(_ seconds: Int64) -> String {
        let day = day(seconds)
        let rest = Int(seconds - day * 86_400)
        let (year, month, date) = civil(day)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        // 1970 began on a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((day % 7 + 7) % 7)]
        return "\(weekday), \(two(date)) \(months[month - 1]) \(year) "
            + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) GMT"
    }

    /// Nanoseconds since 1970 of an ISO 8601 time as S3 and AWS write it: `2026-11-24T06:30:00[.fraction](Z|±hh:mm)`.
    static func nanoseconds(iso8601 text: some Collection<UInt8>) -> Int64? {
        let bytes = Array(text)
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            guard range.upperBound <= bytes.count else { return nil }
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54 || bytes[10] == 0x20,
            bytes[13] == 0x3a, bytes[16] == 0x3a, let year = number(0..<4), let month = number(5..<7),
            let date = number(8..<10), let hour = number(11..<13), let minute = number(14..<16),
            let second = number(17..<19), (1...12).contains(month), (1...31).contains(date), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var at = 19
        var fraction: Int64 = 0
        if bytes[at] == 0x2e {
            at += 1
            var unit: Int64 = 100_000_000
            while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
                fraction += Int64(bytes[at] - 0x30) * unit
                unit /= 10
                at += 1
            }
        }
        var offset = 0
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case 0x5a where at + 1 == bytes.count: break
        case 0x2b, 0x2d:
            guard at + 6 == bytes.count, bytes[at + 3] == 0x3a, let hours = number(at + 1..<at + 3),
                let minutes = number(at + 4..<at + 6)
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[at] == 0x2b ? 60 : -60)
        default: return nil
        }
        let seconds = days(year, month, date) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? nil : value + fraction
    }

    /// Seconds since 1970 of an HTTP date (RFC 9110, section 5.6.7, IMF-fixdate): `Tue, 24 Nov 2026 06:30:00 GMT`.
    static func seconds(http text: String) -> Int64? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == ":" || $0 == "," })
        guard words.count == 8, words[7] == "GMT", let date = Int(words[1]), let year = Int(words[3]),
            let month = months.firstIndex(of: String(words[2])), let hour = Int(words[4]),
            let minute = Int(words[5]), let second = Int(words[6]), (1...31).contains(date),
            (1970...9999).contains(year), (0..<24).contains(hour), (0..<60).contains(minute),
            (0...60).contains(second)
        else { return nil }
        return days(year, month + 1, date) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Days since 1970 of a date; years begin in March for the reckoning, so that the leap day is the last.
    private static func days(_ year: Int, _ month: Int, _ date: Int) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + date - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }

    /// The date of a day since 1970.
    private static func civil(_ day: Int64) -> (year: Int, month: Int, date: Int) {
        let shifted = Int(day) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
