import HavreModel
import Testing

@Suite struct DayTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-11-24", 20_781), ("2100-03-01", 47_541),
        ("0001-01-01", -719_162), ("9999-12-31", 2_932_896), ("0000-03-01", -719_468), ("0000-01-01", -719_528),
    ])
    func days(text: String, number: Int) throws {
        let day = try #require(Day(text))
        #expect(day.number == number)
        #expect(day.description == text)
        #expect(Day(number: number) == day)
    }

    @Test(arguments: [
        "", "2026-1-1", "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-04-31",
        "2026-11-24 ", "26-11-2024", "2026/11/24", "٢٠٢٦-11-24", "-026-11-24", "2026-11-2４",
    ])
    func noDays(text: String) { #expect(Day(text) == nil) }

    @Test func everyDayOfEightCenturies() {
        var expected = (year: 1600, month: 1, day: 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let first = Day(number: -135_140)
        for number in first.number..<(first.number + 292_194) {
            let parts = Day(number: number).parts
            guard parts == expected else {
                Issue.record("\(parts) where \(expected) is due")
                return
            }
            let leap = expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0)
            let length = lengths[expected.month - 1] + (expected.month == 2 && leap ? 1 : 0)
            expected.day += 1
            if expected.day > length { (expected.day, expected.month) = (1, expected.month + 1) }
            if expected.month > 12 { (expected.month, expected.year) = (1, expected.year + 1) }
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (1_795_500_600_000_000_007, "2026-11-24T06:10:00.000000007Z"),
            (Int64.max, "2262-04-11T23:47:16.854775807Z"),
            (Int64.min, "1677-09-21T00:12:43.145224192Z"), (-86_400_000_000_000, "1969-12-31T00:00:00.000000000Z"),
        ] as [(Int64, String)])
    func instants(nanoseconds: Int64, text: String) {
        #expect(Timestamp.text(nanoseconds) == text)
        #expect(Timestamp.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: [
        "2026-11-24T06:10:00Z", "2026-11-24T24:00:00.000000000Z", "2026-11-24T06:60:00.000000000Z",
        "2026-11-24T06:10:60.000000000Z", "2026-11-24t06:10:00.000000000Z", "2026-11-24T06:10:00.00000000-Z",
        "9999-11-24T06:10:00.000000000Z", "2026-11-24T06:10:00.000000000+", "",
    ])
    func noInstants(text: String) { #expect(Timestamp.nanoseconds(text) == nil) }

    @Test(arguments: [
        ("2026-11-24", 2, "2027-01-24"), ("2026-12-31", 2, "2027-02-28"), ("2027-12-31", 2, "2028-02-29"),
        ("2026-01-15", 0, "2026-01-15"), ("2026-01-31", -2, "2025-11-30"), ("2026-10-31", 14, "2027-12-31"),
    ])
    func monthsLater(_ from: String, _ months: Int, _ expected: String) throws {
        let day = try #require(Day(from))
        #expect(day.adding(months: months).description == expected)
        #expect(day.adding(days: months).number == day.number + months)
    }
}
