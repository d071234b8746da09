import FoundationEssentials
import HavreModel
import TestServers
import Testing

@testable import havre

/// Keys and sizes that servers and clients get wrong arrive as they left, or are named as blocked before anything moves.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct OddKeysTests {
    /// Keys that every S3 server should keep.
    static let odd = [
        "trailing space ", "in the middle", "a+b", "percent%2Fslash", "percent%", "semi;colon", "equal=sign", "and&and",
        "quote\"double", "quote'single", "tab\tbyte", "smile-😀", "été-数据", "q?mark", "hash#", "back`tick", "star*",
        "<angle>", "{brace}", "[bracket]", "pipe|", "caret^", "tilde~", "comma,", "at@", "dollar$", "bang!", "(round)",
        "colon:", "deep/er/and/deeper",
    ]

    /// A key of 1,024 bytes in components of 100.
    static let long =
        String(
            (String(repeating: String(repeating: "k", count: 100) + "/", count: 11) + "").prefix(1023)) + "l"

    /// Sizes around the borders of chunks, leaves and parts.
    static let sizes = [0, 1, 65_535, 65_536, 65_537, 8_388_607, 8_388_608, 8_388_609, 16_777_217]

    /// One way over two servers, the odd keys on it, and those that the target cannot keep.
    struct Way: Sendable, CustomTestStringConvertible {
        let source: TestServer.Kind
        let target: TestServer.Kind
        var keys: [String]
        var blocked: [String]
        var testDescription: String { "\(source) to \(target)" }
    }

    static let ways = [
        Way(source: .seaweedfs, target: .seaweedfs, keys: odd + [long, "new\nline"], blocked: []),
        Way(source: .seaweedfs, target: .moto, keys: odd + [long], blocked: []),
        Way(source: .moto, target: .moto, keys: odd + [long, "double//slash", "/leading", "back\\slash"], blocked: []),
        Way(
            source: .moto, target: .seaweedfs, keys: odd + [long, "double//slash", "/leading", "back\\slash"],
            blocked: ["double//slash", "/leading", "back\\slash"]),
        Way(
            source: .moto, target: .rclone, keys: odd + ["double//slash", "/leading"],
            blocked: ["double//slash", "/leading"]),
    ]

    @Test(arguments: ways)
    func oddKeysArriveAsTheyLeftOrAreNamed(_ way: Way) throws {
        var yard = try Shipyard()
        let source = try Shipyard.Berth(TestServer.shared(way.source))
        let target = try Shipyard.Berth(TestServer.shared(way.target))
        let items = way.keys.enumerated().map { Shipyard.Item($1, size: 40 + $0, seed: $0) }
        try yard.put(items, source)
        try yard.draw(from: source, to: target)
        let doctor = try yard.havre("doctor")
        #expect(doctor.exit == 0, "\(doctor.words)")

        // Before anything moves: every key is to be made, or blocked with its cause. None is passed over.
        let planned = try yard.havre("plan", "--objects", "--json")
        struct Line: Decodable {
            let key: String?
            let action: String?
            let cause: String?
        }
        let lines = try planned.out.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        let objects = lines.filter { $0.key != nil }
        #expect(objects.count == items.count, "\(planned.words)")
        let blocked = objects.filter { $0.action == "blocked" }
        #expect(
            blocked.compactMap(\.key).sorted() == way.blocked.map { ObjectKey($0).description }.sorted(), "\(blocked)")
        #expect(blocked.allSatisfy { $0.cause?.isEmpty == false })
        #expect(objects.count { $0.action == "create" } == items.count - blocked.count)

        let applied = try yard.havre("apply", "--yes")
        #expect(applied.exit == (way.blocked.isEmpty ? 0 : 3), "\(applied.words)")
        let status = try yard.havre("status")
        #expect(way.blocked.allSatisfy { status.out.contains("! blocked  \(ObjectKey($0)): ") }, "\(status.words)")
        let counts = try yard.counts()
        #expect(counts.isWhole && counts.total == items.count)
        #expect(counts.landed == items.count - way.blocked.count && counts.blocked == way.blocked.count)
        #expect(try yard.complaints(items.filter { !way.blocked.contains($0.key) }, target) == "")
        let second = try yard.havre("plan", "--detailed-exitcode")
        #expect(second.exit == 0, "\(second.words)")
    }

    @Test(arguments: [TestServer.Kind.seaweedfs, .rclone, .moto])
    func everySizeArrives(_ kind: TestServer.Kind) throws {
        var yard = try Shipyard()
        let source = try Shipyard.Berth(TestServer.shared(.seaweedfs))
        let target = try Shipyard.Berth(TestServer.shared(kind), prefix: "sizes/")
        let items = Self.sizes.map { Shipyard.Item("size-\($0)", size: $0, seed: $0) }
        try yard.put(items, source)
        try yard.draw(from: source, to: target)
        let applied = try yard.havre("apply", "--yes")
        #expect(applied.exit == 0, "\(applied.words)")
        let counts = try yard.counts()
        #expect(counts.landed == items.count && counts.verified == items.count && counts.isWhole)
        #expect(try yard.complaints(items, target) == "")
        let second = try yard.havre("plan", "--detailed-exitcode")
        #expect(second.exit == 0, "\(second.words)")
    }
}
