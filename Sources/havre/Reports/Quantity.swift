import HavreModel

/// Numbers as people read them.
enum Quantity {
    /// `1,204,331`
    static func count(_ value: Int) -> String { Counted.digits(value) }

    /// `38.2 TiB`; exact bytes below 1 KiB.
    static func bytes(_ value: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard value >= 1024 else { return "\(value) B" }
        var amount = Double(value)
        var unit = -1
        while amount >= 1024, unit < units.count - 1 {
            amount /= 1024
            unit += 1
        }
        return tenths(amount) + " " + units[unit]
    }

    /// `9 h 40 min`
    static func duration(seconds: Double) -> String {
        let total = Int(seconds.rounded())
        let (days, hours, minutes, rest) = (total / 86_400, total / 3600 % 24, total / 60 % 60, total % 60)
        if days > 0 { return "\(days) d \(hours) h" }
        if hours > 0 { return "\(hours) h \(minutes) min" }
        if minutes > 0 { return "\(minutes) min \(rest) s" }
        return "\(rest) s"
    }

    /// One digit behind the point.
    static func tenths(_ value: Double) -> String {
        let scaled = Int((value * 10).rounded())
        return "\(count(scaled / 10)).\(scaled % 10)"
    }

    /// `text` moved to the right end of `width` columns.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// `text` filled up to `width` columns.
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
