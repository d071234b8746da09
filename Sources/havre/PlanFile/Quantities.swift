import HavreModel

extension PlanForms {
    /// Bytes of `10MiB`, `1.5GB`, `4096`; nil where it is no whole number of bytes below 2^63.
    static func bytes(_ text: String) -> UInt64? {
        let units: [(String, UInt64)] = [
            ("PiB", 1 << 50), ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
            ("PB", 1_000_000_000_000_000), ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000),
            ("kB", 1000), ("KB", 1000), ("B", 1),
        ]
        for (unit, factor) in units where text.hasSuffix(unit) {
            return scaled(text.dropLast(unit.count), by: factor, dividedBy: 1)
        }
        return scaled(Substring(text), by: 1, dividedBy: 1)
    }

    /// Bytes a second of `1Gbps` (bits), `10MiB/s`; `UInt64.max` for `unlimited`.
    static func bytesPerSecond(_ text: String) -> UInt64? {
        if text == "unlimited" { return UInt64.max }
        let bits: [(String, UInt64)] = [
            ("Tbps", 1_000_000_000_000), ("Gbps", 1_000_000_000), ("Mbps", 1_000_000), ("kbps", 1000), ("bps", 1),
        ]
        for (unit, factor) in bits where text.hasSuffix(unit) {
            return scaled(text.dropLast(unit.count), by: factor, dividedBy: 8)
        }
        guard text.hasSuffix("/s") else { return nil }
        return bytes(String(text.dropLast(2)))
    }

    /// A decimal number times `factor`, whole after the division (rounded down by it only).
    private static func scaled(_ number: Substring, by factor: UInt64, dividedBy divisor: UInt64) -> UInt64? {
        let digits = number.last == " " ? number.dropLast() : number
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let whole = UInt64(first) else { return nil }
        let product = whole.multipliedReportingOverflow(by: factor)
        guard !product.overflow else { return nil }
        var total = product.partialValue
        if parts.count == 2 {
            guard parts[1].count <= 6, let fraction = UInt64(parts[1]) else { return nil }
            var divisor: UInt64 = 1
            for _ in 0..<parts[1].count { divisor *= 10 }
            let scaled = fraction.multipliedReportingOverflow(by: factor)
            guard !scaled.overflow, scaled.partialValue % divisor == 0 else { return nil }
            let sum = total.addingReportingOverflow(scaled.partialValue / divisor)
            guard !sum.overflow else { return nil }
            total = sum.partialValue
        }
        total /= divisor
        return total < 1 << 63 ? total : nil
    }

    /// Percent of `5%`.
    static func share(_ text: String) -> Double? {
        guard text.hasSuffix("%") else { return nil }
        return Double(text.dropLast())
    }

    /// First and last minute of `22:00-06:00`; nil where both are the same.
    static func timeSlot(_ text: String) -> (from: Int, until: Int)? {
        let sides = text.split(separator: "-")
        guard sides.count == 2 else { return nil }
        func minute(_ side: Substring) -> Int? {
            let parts = side.split(separator: ":")
            guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]) else { return nil }
            return hour * 60 + minute
        }
        guard let from = minute(sides[0]), let until = minute(sides[1]), from != until else { return nil }
        return (from, until)
    }

    /// Nanoseconds since 1970 UTC of a day (its beginning, UTC) or an instant of RFC 3339.
    static func nanoseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, let day = Day(String(text.prefix(10))) else { return nil }
        var seconds = Int64(day.number) * 86_400
        if bytes.count == 10 { return nanoseconds(seconds, 0) }
        func two(_ at: Int) -> Int64? {
            guard at + 1 < bytes.count, (0x30...0x39).contains(bytes[at]), (0x30...0x39).contains(bytes[at + 1]) else {
                return nil
            }
            return Int64(bytes[at] - 0x30) * 10 + Int64(bytes[at + 1] - 0x30)
        }
        // A leap second (60) counts as the second after it.
        guard let hour = two(11), hour < 24, let minute = two(14), minute < 60, let second = two(17), second <= 60
        else {
            return nil
        }
        seconds += hour * 3600 + minute * 60 + second
        var at = 19
        var fraction: Int64 = 0
        if at < bytes.count, bytes[at] == 0x2e {
            at += 1
            var digits = 0
            while at < bytes.count, (0x30...0x39).contains(bytes[at]), digits < 9 {
                fraction = fraction * 10 + Int64(bytes[at] - 0x30)
                digits += 1
                at += 1
            }
            for _ in digits..<9 { fraction *= 10 }
        }
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case 0x5a, 0x7a: break
        case 0x2b, 0x2d:
            guard let hours = two(at + 1), hours < 24, let minutes = two(at + 4), minutes < 60 else { return nil }
            let offset = hours * 3600 + minutes * 60
            seconds += bytes[at] == 0x2b ? -offset : offset
        default: return nil
        }
        return nanoseconds(seconds, fraction)
    }

    private static func nanoseconds(_ seconds: Int64, _ fraction: Int64) -> Int64? {
        let product = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let sum = product.partialValue.addingReportingOverflow(fraction)
        return product.overflow || sum.overflow ? nil : sum.partialValue
    }
}
