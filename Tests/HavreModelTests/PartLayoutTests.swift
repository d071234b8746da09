import HavreModel
import TestServers
import Testing

@Suite struct PartLayoutTests {
    private static let leaf: UInt64 = 8 << 20

    @Test(
        arguments: [
            (0, 1, 1), (1, 1, 1), (8 << 20, 1, 1), ((8 << 20) - 1, 1, 1), ((8 << 20) + 1, 2, 2), (16 << 20, 2, 2),
            ((16 << 20) + 1, 3, 3), (80 << 30, 9_310, 10_240),
        ] as [(UInt64, Int, Int)])
    func counts(size: UInt64, parts: Int, leaves: Int) throws {
        let layout = try PartLayout(size: size, maxParts: 10_000)
        if size < 80 << 30 { #expect(layout.partCount == parts) }
        #expect(layout.leafCount == leaves)
        #expect(layout.partCount <= 10_000)
    }

    @Test func partsCoverTheObjectOnceAndFit() throws {
        var random = SplitMix(seed: 11)
        for _ in 0..<2000 {
            let maxParts = [1, 2, 3, 1000, 10_000].randomElement(using: &random) ?? 1
            let size = UInt64.random(in: 0...(UInt64(1) << UInt64.random(in: 0...44, using: &random)), using: &random)
            let layout: PartLayout
            do throws(LayoutError) {
                layout = try PartLayout(size: size, maxParts: maxParts)
            } catch {
                #expect(size > UInt64(maxParts) * PartLayout.largestPart, "\(error)")
                continue
            }
            #expect(layout.partCount <= maxParts && layout.partCount >= 1)
            #expect(layout.partSize % Self.leaf == 0 && layout.partSize <= PartLayout.largestPart)
            #expect(layout.range(of: 0).lowerBound == 0)
            #expect(layout.range(of: layout.partCount - 1).upperBound == size)
            #expect(layout.isLast(layout.partCount - 1) && (layout.partCount == 1 || !layout.isLast(0)))
            let index = Int.random(in: 0..<layout.partCount, using: &random)
            if index > 0 { #expect(layout.range(of: index).lowerBound == layout.range(of: index - 1).upperBound) }
            if !layout.isLast(index) { #expect(layout.range(of: index).count == Int(layout.partSize)) }
            // The least part size that fits.
            if layout.partSize > Self.leaf {
                let smaller = PartLayout(size: size, partSize: layout.partSize - Self.leaf)
                #expect(smaller.partCount > maxParts)
            }
        }
    }

    @Test func scalewaysThousandParts() throws {
        let layout = try PartLayout(size: 1 << 40, maxParts: 1000)
        #expect(layout.partSize == 132 * Self.leaf)
        #expect(layout.partCount == 993)
    }

    @Test func whatDoesNotFitIsRefused() {
        #expect(throws: LayoutError.self) { try PartLayout(size: PartLayout.largestPart + 1, maxParts: 1) }
        #expect(throws: LayoutError.self) { try PartLayout(size: 1, maxParts: 0) }
        #expect(throws: LayoutError.self) { try PartLayout(size: .max, maxParts: 10_000) }
        #expect(throws: LayoutError.self) { try PartLayout(size: 1, maxParts: -1) }
        do throws(LayoutError) {
            _ = try PartLayout(size: 1 << 60, maxParts: 10)
            Issue.record("it cannot fit")
        } catch {
            #expect(error.description.contains("1152921504606846976 bytes does not fit 10 parts"))
        }
    }

    @Test func hugePartLimitsDoNotOverflow() throws {
        #expect(try PartLayout(size: 1 << 50, maxParts: .max).partSize == Self.leaf)
    }

    @Test func versionsMatch() {
        let one = SourceVersion(entityTag: "a", size: 1, versionID: "v", modified: 5)
        #expect(one.matches(SourceVersion(entityTag: "a", size: 1, versionID: "v", modified: 9)))
        #expect(one.matches(SourceVersion(entityTag: "a", size: 1)))
        #expect(!one.matches(SourceVersion(entityTag: "a", size: 1, versionID: "w")))
        #expect(!one.matches(SourceVersion(entityTag: "a", size: 2, versionID: "v")))
        #expect(!one.matches(SourceVersion(entityTag: "b", size: 1, versionID: "v")))
    }

    @Test func canonicalBytesTellVersionsApart() {
        let versions = [
            SourceVersion(entityTag: "ab", size: 1), SourceVersion(entityTag: "a", size: 1, versionID: "b"),
            SourceVersion(entityTag: "", size: 1, versionID: "ab"), SourceVersion(entityTag: "ab", size: 256),
            SourceVersion(entityTag: "é", size: 1), SourceVersion(entityTag: "e\u{301}", size: 1),
        ]
        #expect(Set(versions.map(\.canonicalBytes)).count == versions.count)
        #expect(
            SourceVersion(entityTag: "ab", size: 258, versionID: "c", modified: 7).canonicalBytes
                == [0, 0, 0, 2, 0x61, 0x62, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 0x63])
    }
}
