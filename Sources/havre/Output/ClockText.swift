import Glibc
import HavreModel

/// The clock in words.
enum ClockText {
    /// This moment in UTC, to the second, after RFC 3339.
    static func now() -> String {
        let seconds = time(nil)
        let (day, rest) = Int(seconds).quotientAndRemainder(dividingBy: 86_400)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(Day(number: day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }
}
