import HavreEngine
import HavreModel
import Testing

@Suite struct GlobTests {
    @Test(arguments: [
        ("*.csv", "a/b/c.csv", true), ("*.csv", "a/b/c.csv.gz", false), ("*.csv", ".csv", true),
        ("/*.csv", "a/c.csv", false), ("/*.csv", "c.csv", true), ("a/*/c", "a/b/c", true), ("a/*/c", "a/b/b/c", false),
        ("a/**/c", "a/c", true), ("a/**/c", "a/b/b/c", true), ("**/c", "c", true), ("**", "anything/at/all", true),
        ("?", "é", true), ("??", "é", false), ("?", "/", false), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false),
        ("[]]", "]", true), ("\\*", "*", true), ("\\*", "x", false), ("a+b%2F", "a+b%2F", true),
        ("****************b", String(repeating: "a", count: 2000), false),
    ])
    func matches(pattern: String, key: String, expected: Bool) throws {
        #expect(try Glob(pattern).matches(ObjectKey(key)) == expected, "\(pattern) on \(key)")
    }

    @Test(arguments: ["", "[a", "a\\", "[z-a]"])
    func whatIsMalformedIsSaidSo(pattern: String) {
        #expect(throws: Glob.Malformed.self) { try Glob(pattern) }
    }

    @Test func aFilterSaysWhyAnObjectStaysOut() throws {
        var filter = Dataset.Filter()
        filter.include = ["*.csv"]
        filter.exclude = ["tmp/**"]
        filter.minSize = 10
        filter.maxSize = 100
        filter.modifiedSince = 5
        let ready = try ObjectFilter(filter)
        func reason(_ key: String, _ size: UInt64, _ modified: Int64 = 9) -> String? {
            ready.reason(ObjectKey(key), SourceVersion(entityTag: "t", size: size, modified: modified))
        }
        #expect(reason("a.csv", 50) == nil)
        #expect(reason("a.txt", 50) == "not included")
        #expect(reason("tmp/a.csv", 50) == "excluded")
        #expect(reason("a.csv", 9) == "smaller than minSize")
        #expect(reason("a.csv", 101) == "larger than maxSize")
        #expect(reason("a.csv", 50, 4) == "not modified since")
    }
}
