import FoundationEssentials
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import Testing

@Suite struct MigrationTests {
    static let sizes = [0, 1, 65_535, 65_536, 65_537, 8_388_607, 8_388_608, 8_388_609, 16_777_217]

    @Test(arguments: [true, false])
    func everySizeArrivesAndASecondPlanIsEmpty(sealed: Bool) async throws {
        let source = MemoryStore()
        let voyage = try Voyage(source: source, target: MemoryStore(), sealed: sealed)
        for (index, size) in Self.sizes.enumerated() {
            source.put(ObjectKey("in/size-\(size)"), noise(size, seed: UInt64(index)))
        }
        let result = try await voyage.sail()
        #expect(result.counts.landed == Self.sizes.count)
        #expect(result.counts.verified == Self.sizes.count)
        #expect(result.counts.failed == 0 && result.counts.open == 0 && result.counts.total == Self.sizes.count)
        for (index, size) in Self.sizes.enumerated() {
            let plain = try await voyage.opened(ObjectKey("size-\(size)"))
            #expect(plain == noise(size, seed: UInt64(index)), "size \(size)")
        }
        let diff = try await voyage.diff()
        #expect(diff.filter { $0.action != .unchanged }.isEmpty)
        #expect(diff.first?.objects == Self.sizes.count)
    }

    @Test func aChangedSourceObjectComesAgain() async throws {
        let source = MemoryStore()
        let voyage = try Voyage(source: source, target: MemoryStore())
        source.put(ObjectKey("in/a"), Array("first".utf8))
        source.put(ObjectKey("in/b"), Array("stays".utf8))
        try await voyage.sail()
        source.put(ObjectKey("in/a"), Array("second".utf8))
        let diff = try await voyage.diff()
        #expect(
            diff.contains { $0.action == .update && $0.objects == 1 && $0.cause == "source changed since it landed" })
        let result = try await voyage.sail()
        #expect(result.counts.landed == 1 && result.counts.unchanged == 1)
        #expect(try await voyage.opened(ObjectKey("a")) == Array("second".utf8))
    }

    @Test func anothersObjectIsNeverOverwritten() async throws {
        let source = MemoryStore()
        let target = MemoryStore()
        let voyage = try Voyage(source: source, target: target)
        source.put(ObjectKey("in/a"), Array("ours".utf8))
        source.put(ObjectKey("in/b"), Array("free".utf8))
        target.put(ObjectKey("out/a"), Array("theirs".utf8))
        let result = try await voyage.sail()
        #expect(result.counts.blocked == 1 && result.counts.landed == 1)
        #expect(target.object(ObjectKey("out/a"))?.bytes == Array("theirs".utf8))
    }

    @Test func reEncryptionOpensUnderTheOldKeyAndSealsUnderTheNew() async throws {
        let old = try AgeIdentity.generate()
        let source = MemoryStore()
        // A first voyage makes sealed objects; its target is the second's source.
        let middle = MemoryStore()
        let first = try Voyage(source: source, target: middle)
        for (index, size) in Self.sizes.enumerated() {
            source.put(ObjectKey("in/size-\(size)"), noise(size, seed: UInt64(index)))
        }
        try await first.sail()
        let second = try Voyage(source: middle, target: MemoryStore())
        second.dataset.source.prefix = ObjectKey("out/")
        second.dataset.opening = .age(key: "old")
        second.openings = [first.identity]
        let result = try await second.sail()
        #expect(result.counts.landed == Self.sizes.count && result.counts.failed == 0)
        for (index, size) in Self.sizes.enumerated() {
            #expect(
                try await second.opened(ObjectKey("size-\(size)")) == noise(size, seed: UInt64(index)), "size \(size)")
        }
        // The wrong key opens nothing, and nothing lands.
        let third = try Voyage(source: middle, target: MemoryStore())
        third.dataset.source.prefix = ObjectKey("out/")
        third.openings = [old]
        let refused = try await third.sail()
        #expect(refused.counts.failed == Self.sizes.count && refused.counts.landed == 0)
    }

    /// Parts above 16 MiB go through a spool file; a target that takes three parts makes them so.
    @Test(arguments: [true, false])
    func partsTooLargeForMemoryArrive(sealed: Bool) async throws {
        var few = MemoryStore.strictest
        few.maxParts = 3
        let source = MemoryStore()
        let middle = MemoryStore(traits: few)
        let sizes = [3 << 24, (3 << 24) + 1, 60_000_017]
        let voyage = try Voyage(source: source, target: middle, sealed: sealed)
        for (index, size) in sizes.enumerated() {
            source.put(ObjectKey("in/size-\(size)"), noise(size, seed: UInt64(index)))
        }
        let result = try await voyage.sail()
        #expect(result.counts.landed == sizes.count && result.counts.verified == sizes.count)
        for (index, size) in sizes.enumerated() {
            let plain = try await voyage.opened(ObjectKey("size-\(size)"))
            #expect(plain == noise(size, seed: UInt64(index)), "size \(size)")
        }
        let spool = try FileManager.default.contentsOfDirectory(atPath: voyage.scratch + "/spool")
        #expect(spool.isEmpty, "spool files go with their parts")
        guard sealed else { return }
        // And once more through it, opened and sealed anew.
        let second = try Voyage(source: middle, target: MemoryStore(traits: few))
        second.dataset.source.prefix = ObjectKey("out/")
        second.openings = [voyage.identity]
        #expect(try await second.sail().counts.verified == sizes.count)
        let plain = try await second.opened(ObjectKey("size-\(sizes[2])"))
        #expect(plain == noise(sizes[2], seed: 2))
    }

    @Test func metadataTravelAsThePlanSays() async throws {
        let source = MemoryStore()
        let target = MemoryStore()
        let voyage = try Voyage(source: source, target: target)
        source.put(
            ObjectKey("in/a"), Array("x".utf8),
            metadata: ObjectMetadata(contentType: "text/csv", user: ["patient": "secret"], tags: ["t": "secret"]))
        try await voyage.sail()
        let there = try #require(target.object(ObjectKey("out/a")))
        #expect(there.metadata.contentType == "text/csv")
        #expect(there.metadata.user.keys.sorted() == ["havre"])
        #expect(there.metadata.tags.isEmpty)
    }
}
