/// Numbers with what they count, as people read them: every report and every message takes them from here.
public enum Counted {
    /// `1 object`, `1,204 objects`. `plural` where it is more than the noun and an s.
    public static func of(_ number: Int, _ noun: String, plural: String? = nil) -> String {
        digits(number) + " " + (number == 1 ? noun : plural ?? noun + "s")
    }

    /// `1,204,331`
    public static func digits(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }
}
