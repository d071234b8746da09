import HavreJournal
import HavreModel
import TestServers
import Testing

/// A saved diff beside the diff of another moment: what moved is named; what its own run did is no difference.
@Suite struct SavedDiffTests {
    private let scratch = Scratch()
    private let before = [row("a", "1"), row("b", "1"), row("c", "1")]
    private let there = [row("x", "t"), row("y", "t")]

    private func heading() -> SavedPlan.Heading {
        SavedPlan.Heading(
            plan: Array("plan".utf8), file: "/plan.yaml", datasets: ["a"], prune: false, rulebook: ["R1": "00"],
            catalogue: ["host": "00"], documents: [.init(file: "/d", hash: nil)], verdicts: Array("[]".utf8),
            endpoints: Array("[]".utf8), report: Array("{}".utf8), serial: "ab", journal: "cd", savedAt: 7)
    }

    private func save(_ journal: SQLiteJournal) async throws -> SavedPlan {
        let path = scratch.file("saved")
        try await SavedPlan.write(to: path, heading: heading(), journal: journal, hash: { SHA256.hash($0) })
        return try SavedPlan(path: path, hash: { SHA256.hash($0) })
    }

    @Test func itHoldsBothSides() async throws {
        let journal = try openJournal(scratch)
        try await journal.plan(source: before, target: there)
        let saved = try await save(journal)
        #expect(saved.heading == heading() && saved.signature == nil)
        let rows = try await saved.objects(dataset: "a", actions: [], after: nil, limit: 10)
        let now = try await journal.diff(dataset: "a", actions: [], after: nil, limit: 10)
        #expect(rows == now && rows.count == 5)
        let some = try await saved.objects(dataset: "a", actions: [.extraneous], after: ObjectKey("x"), limit: 10)
        #expect(some.map(\.key) == [ObjectKey("y")])
        #expect(try await saved.firstDifference(from: journal, datasets: ["a"]) == nil)
    }

    @Test(arguments: [
        ("b", "gone from the source"), ("b!", "changed at the source"), ("aa", "new at the source"),
        ("y", "gone from the target"), ("y!", "changed at the target"), ("z", "new at the target"),
    ]) func whatMovedIsNamed(_ what: String, _ words: String) async throws {
        let journal = try openJournal(scratch)
        try await journal.plan(source: before, target: there)
        let saved = try await save(journal)
        var (source, target) = (before, there)
        switch what {
        case "b": source.remove(at: 1)
        case "b!": source[1] = row("b", "2")
        case "aa": source.append(row("aa", "1"))
        case "y": target.remove(at: 1)
        case "y!": target[1] = row("y", "t", 11)
        default: target.append(row("z", "t"))
        }
        try await journal.plan(source: source, target: target)
        let found = try await saved.firstDifference(from: journal, datasets: ["a"])
        #expect(
            found?.description == "a: \(what.prefix { $0 != "!" }) is \(words) since the plan was saved"
                || found?.description == "a: \(what.prefix { $0 != "!" }) has \(words) since the plan was saved")
    }

    @Test func aVersionIdIsPartOfAVersion() async throws {
        let journal = try openJournal(scratch)
        func source(_ id: String) -> [InventoryRow] {
            [InventoryRow(key: ObjectKey("a"), version: version("1", 10, id: id))]
        }
        try await journal.plan(source: source("v1"))
        let saved = try await save(journal)
        try await journal.plan(source: source("v2"))
        #expect(try await saved.firstDifference(from: journal, datasets: ["a"])?.kind == .changedAtSource)
    }

    /// A dataset whose rules of the plan changed its fate alone: both sides are as they were.
    @Test func anotherVerdictIsNamed() async throws {
        let journal = try openJournal(scratch)
        try await journal.plan(source: before, target: [row("a", "t")])
        let saved = try await save(journal)
        try await journal.plan(source: before, target: [row("a", "t")], onConflict: .overwrite)
        #expect(
            try await saved.firstDifference(from: journal, datasets: ["a"])?.description
                == "a: a was planned as blocked, and would be update now")
    }

    /// An interrupted run landed one object, has another under way and deleted a third: of its own plan that is no
    /// difference, of any other it is, and whatever somebody else did beside is one in either.
    @Test func whatItsOwnRunDidIsNoDifference() async throws {
        let journal = try openJournal(scratch)
        try await journal.beginRun(run("0".padded), notes: .empty)
        try await journal.locate(dataset: "a", source: "here", target: "there")
        try await journal.plan(source: before + [row("old", "1")])
        _ = try await journal.adoptDiff(dataset: "a", run: "0".padded)
        let first = try await journal.claim(dataset: "a", limit: 10)
        let old = try #require(first.first { $0.key == ObjectKey("old") })
        try await journal.record([TransferChange(row: old.row, step: .land(landing(version("1"), target: "o")))])
        try await journal.endRun("0".padded, outcome: "failures", notes: .empty)

        let oldThere = row("old", "o", 210)
        func plan(_ source: [InventoryRow], _ target: [InventoryRow]) async throws {
            for (side, rows) in [(InventorySide.source, source), (.target, target)] {
                try await journal.beginInventory(dataset: "a", side: side)
                try await journal.addInventory(dataset: "a", side: side, rows)
                try await journal.endInventory(dataset: "a", side: side)
            }
            try await journal.computeDiff(dataset: "a", envelope: "age:one", onConflict: .block, prune: true)
        }
        try await plan(before, [oldThere])
        #expect(try await journal.verdicts()["old"] == "delete")
        let saved = try await save(journal)
        try await journal.beginRun(run(), notes: .empty)
        try await journal.recordApplication(of: "ab", datasets: ["a"], run: runID)
        #expect(try await journal.applications(of: "ab", dataset: "a").map(\.id) == [runID])
        #expect(try await journal.applications(of: "ab", dataset: "b").isEmpty, "each dataset for itself")
        #expect(try await journal.applications(of: "cd", dataset: "a").isEmpty)
        _ = try await journal.adoptDiff(dataset: "a", run: runID)
        let rows = try await journal.claim(dataset: "a", limit: 10)
        let a = try #require(rows.first { $0.key == ObjectKey("a") })
        try await journal.record([TransferChange(row: a.row, step: .land(landing(version("1"), target: "new")))])
        let gone = DeletionRow(key: ObjectKey("old"), tag: "o", size: 210)
        try await journal.intendDeletions(dataset: "a", [gone])
        try await journal.settleDeletions(dataset: "a", [(gone, .deleted)])

        // `b` was begun, and what it wrote may stand there.
        try await plan(before, [row("a", "new", 210), row("b", "?", 210)])
        #expect(try await saved.firstDifference(from: journal, datasets: ["a"], runs: [runID]) == nil)
        #expect(try await saved.firstDifference(from: journal, datasets: ["a"])?.key == ObjectKey("a"))
        #expect(
            try await saved.firstDifference(from: journal, datasets: ["a"], runs: ["0".padded])?.key == ObjectKey("a"))
        for (source, target, key) in [
            ([row("a", "2")] + before.dropFirst(), [row("a", "new", 210)], "a"),
            (before, [row("a", "foreign", 210)], "a"),
            (before + [row("d", "1")], [row("a", "new", 210)], "d"),
            (before, [row("a", "new", 210), row("z", "1")], "z"),
            (before, [row("a", "new", 210), oldThere], "old"),
        ] {
            try await plan(source, target)
            let found = try await saved.firstDifference(from: journal, datasets: ["a"], runs: [runID])
            #expect(found?.key == ObjectKey(key), "\(key): \(String(describing: found))")
        }
    }

    @Test func volumesAreThoseOfTheLayouts() async throws {
        let seed = UInt64.random(in: 0...UInt64(UInt32.max))
        var chance = SplitMix(seed: seed)
        let journal = try openJournal(scratch)
        for maxParts in [1, 7, 1000, 10_000] {
            var expected = PlannedVolume()
            var source: [InventoryRow] = []
            for number in 0..<60 {
                let leaf = PartLayout.leaf
                let size =
                    [
                        0, 1, 65_536, leaf - 1, leaf, leaf + 1, leaf * 7, leaf * 7 + 1,
                        UInt64.random(in: 0...(1 << 32), using: &chance),
                    ].randomElement(using: &chance) ?? 0
                guard (try? PartLayout(size: size, maxParts: maxParts)) != nil else { continue }
                source.append(row("k\(number)", "1", size))
                try expected.add(size: size, maxParts: maxParts, replaces: number.isMultiple(of: 3))
            }
            let target = source.filter { Int($0.key.description.dropFirst())?.isMultiple(of: 3) == true }
            (expected.sourceEntries, expected.targetEntries) = (source.count, target.count)
            try await journal.plan(source: source, target: target, onConflict: .overwrite)
            #expect(try await journal.volume(dataset: "a", maxParts: maxParts) == expected, "seed \(seed), \(maxParts)")
        }
        #expect(try await journal.volume(dataset: "none", maxParts: 5) == PlannedVolume())
    }
}

extension String {
    /// A run's id.
    fileprivate var padded: String { String(repeating: self, count: 32) }
}
