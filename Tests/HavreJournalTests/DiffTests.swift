import HavreJournal
import HavreModel
import Testing

@Suite struct DiffTests {
    private let scratch = Scratch()

    /// Lands `keys` in a run, each from version `v` to target tag `t-key`.
    private func land(_ journal: SQLiteJournal, _ keys: [String]) async throws {
        try await journal.plan(source: keys.map { row($0, "v") })
        try await journal.beginRun(run(), notes: .empty)
        _ = try await journal.adoptDiff(dataset: "a", run: runID)
        let rows = try await journal.claim(dataset: "a", limit: 100)
        #expect(rows.count == keys.count)
        try await journal.record(
            rows.map { TransferChange(row: $0.row, step: .land(landing($0.listed, target: "t-\($0.key)"))) })
        try await journal.endRun(runID, outcome: "complete", notes: .empty)
    }

    @Test func everyCause() async throws {
        let journal = try openJournal(scratch)
        try await land(journal, ["same", "source", "size", "target", "targetSize", "missing", "gone"])
        var source = [
            row("same", "v"), row("source", "w"), row("size", "v", 11), row("target", "v"), row("targetSize", "v"),
            row("missing", "v"), row("new", "v"), row("foreign", "v"),
        ]
        source.append(InventoryRow(key: ObjectKey("skip"), version: version("v"), exclusion: .skipped("*.tmp")))
        source.append(InventoryRow(key: ObjectKey("bad\n"), version: version("v"), exclusion: .blocked("newline")))
        let target = [
            row("same", "t-same", 210), row("source", "t-source", 210), row("size", "t-size", 210),
            row("target", "other", 210), row("targetSize", "t-targetSize", 209), row("gone", "t-gone", 210),
            row("foreign", "x"), row("alien", "y", 33), row("skip", "z"),
        ]
        try await journal.plan(source: source, target: target)
        let expected = [
            "same": "unchanged", "source": "update: source changed since it landed",
            "size": "update: source changed since it landed", "target": "blocked: target changed",
            "targetSize": "blocked: target changed", "missing": "update: missing at the target", "new": "create",
            "foreign": "blocked: occupied", "skip": "skipped: *.tmp", "bad\\x0a": "blocked: newline",
            "gone": "extraneous", "alien": "extraneous",
        ]
        #expect(try await journal.verdicts() == expected)
        let summary = try await journal.diffSummary(dataset: "a")
        #expect(
            summary == [
                DiffCount(action: .create, cause: "", objects: 1, bytes: 10),
                DiffCount(action: .update, cause: "missing at the target", objects: 1, bytes: 10),
                DiffCount(action: .update, cause: "source changed since it landed", objects: 2, bytes: 21),
                DiffCount(action: .unchanged, cause: "", objects: 1, bytes: 10),
                DiffCount(action: .extraneous, cause: "", objects: 2, bytes: 243),
                DiffCount(action: .blocked, cause: "newline", objects: 1, bytes: 10),
                DiffCount(action: .blocked, cause: "occupied", objects: 1, bytes: 10),
                DiffCount(action: .blocked, cause: "target changed", objects: 2, bytes: 20),
                DiffCount(action: .skipped, cause: "*.tmp", objects: 1, bytes: 10),
            ])
        let counts = try await journal.counts(dataset: "a")
        #expect(counts.total == 10 && counts.unchanged == 1 && counts.blocked == 4 && counts.skipped == 1)
        #expect(counts.open == 4)

        try await journal.computeDiff(dataset: "a", envelope: "age:one", onConflict: .overwrite)
        var overwritten = expected
        for key in ["target", "targetSize"] { overwritten[key] = "update: target changed" }
        overwritten["foreign"] = "update: occupied"
        #expect(try await journal.verdicts() == overwritten)

        try await journal.computeDiff(dataset: "a", envelope: "age:two", onConflict: .block)
        var resealed = expected
        resealed["same"] = "update: envelope changed"
        #expect(try await journal.verdicts() == resealed)
    }

    @Test func versionIdsDecideWhereBothSidesHaveThem() async throws {
        let journal = try openJournal(scratch)
        try await land(journal, ["a"])
        let target = [row("a", "t-a", 210)]
        try await journal.plan(
            source: [InventoryRow(key: ObjectKey("a"), version: version("v", id: "1"))], target: target)
        #expect(try await journal.verdicts() == ["a": "unchanged"])

        // Landed from version 1 of the same tag and size; version 2 is another object's bytes.
        let second = "ffeeddccbbaa99887766554433221100"
        try await journal.plan("b", source: [InventoryRow(key: ObjectKey("k"), version: version("v", id: "1"))])
        try await journal.beginRun(run(second), notes: .empty)
        _ = try await journal.adoptDiff(dataset: "b", run: second)
        let rows = try await journal.claim(dataset: "b", limit: 1)
        try await journal.record(rows.map { TransferChange(row: $0.row, step: .land(landing($0.listed))) })
        for (id, verdict) in [("1", "unchanged"), ("2", "update: source changed since it landed")] {
            try await journal.plan(
                "b", source: [InventoryRow(key: ObjectKey("k"), version: version("v", id: id))],
                target: [row("k", "t", 210)])
            #expect(try await journal.verdicts("b") == ["k": verdict])
        }
    }

    @Test func whatAnInterruptedRunLeft() async throws {
        let journal = try openJournal(scratch)
        try await journal.plan(source: ["put", "none", "parts", "moved"].map { row($0, "v", 20 << 20) })
        try await journal.beginRun(run(), notes: .empty)
        _ = try await journal.adoptDiff(dataset: "a", run: runID)
        let rows = try await journal.claim(dataset: "a", limit: 3)
        #expect(rows.map(\.key.description) == ["moved", "none", "parts"])
        for row in [rows[0], rows[2]] { try await journal.record(pinAndOpen(row, upload: "u-\(row.key)")) }
        try journal.close()

        // `put` was never claimed: what stands there is another's. `none` was: it may be ours.
        let again = try openJournal(scratch)
        var source = ["put", "none", "parts"].map { row($0, "v", 20 << 20) } + [row("moved", "w", 20 << 20)]
        try await again.plan(source: source, target: [row("put", "x"), row("none", "x")])
        #expect(
            try await again.verdicts() == [
                "put": "blocked: occupied", "none": "create: interrupted, the target decides",
                "parts": "create: interrupted", "moved": "create",
            ])
        #expect(try await again.adoptDiff(dataset: "a", run: runID) == 3)
        let taken = try await again.claim(dataset: "a", limit: 9)
        #expect(taken.map(\.key.description) == ["moved", "none", "parts"])
        #expect(taken.allSatisfy { $0.attemptedBefore && $0.replaces == nil && $0.attempts == 2 })
        // The source of `moved` changed: its upload is aborted before anything else.
        #expect(taken[0].machine.owed == .abort("u-moved") && taken[0].listed.entityTag == "w")
        #expect(taken[1].machine.owed == .pin)
        #expect(taken[2].machine.owed == .move([0, 1, 2]))
        try await again.record([TransferChange(row: taken[0].row, step: .reset(listed: nil))])
        #expect(try await again.transfer(taken[0].row)?.machine.state == .pending)
        #expect(try await again.claim(dataset: "a", limit: 9).isEmpty, "a reset row stays in its claimer's hands")

        // Blocked at the moment of writing: another's for good.
        try await again.record([TransferChange(row: taken[1].row, step: .block("occupied by somebody"))])
        var counts = try await again.counts(dataset: "a")
        #expect(counts.blocked == 2 && counts.open == 2 && counts.total == 4 && counts.failed == 0)
        #expect(try await again.failed(dataset: "a", after: 0, limit: 9).isEmpty)
        #expect(try await again.blocked(dataset: "a", after: 0, limit: 9).map(\.row) == [taken[1].row])
        try await again.plan(source: source, target: [row("put", "x"), row("none", "x")])
        #expect(try await again.verdicts()["none"] == "blocked: occupied")

        // `parts` left the source: its upload is still owed an abort, but the object is not to be moved.
        source.removeAll { $0.key == ObjectKey("parts") }
        try await again.plan(source: source)
        _ = try await again.adoptDiff(dataset: "a", run: runID)
        #expect(try await again.claim(dataset: "a", limit: 9).allSatisfy { $0.key != ObjectKey("parts") })
        let abort = try await again.failed(dataset: "a", after: 0, limit: 9).first { $0.key == ObjectKey("parts") }
        #expect(abort?.machine.owed == .abort("u-parts"))
        let adopted = try await again.events(after: 0, limit: 1000).filter { $0.kind == "diff.adopted" }.last
        #expect(
            try JSONValue(canonical: adopted?.body ?? [])["toAbort"]?.array == abort.map { [.integer($0.row)] },
            "the record says whose upload goes")
        counts = try await again.counts(dataset: "a")
        #expect(counts.total == 3 && counts.open == 3)
    }

    @Test func anIntentWithoutAnUploadIsKeptForTheSearch() async throws {
        let journal = try openJournal(scratch)
        try await journal.plan(source: [row("k", "v", 20 << 20)])
        try await journal.beginRun(run(), notes: .empty)
        _ = try await journal.adoptDiff(dataset: "a", run: runID)
        let rows = try await journal.claim(dataset: "a", limit: 1)
        try await journal.record(Array(pinAndOpen(rows[0], upload: "u").prefix(2)))
        try await journal.plan(source: [row("k", "w", 20 << 20)])
        _ = try await journal.adoptDiff(dataset: "a", run: runID)
        let again = try await journal.claim(dataset: "a", limit: 1)
        #expect(again.first?.machine.owed == .openUpload(intended: true))
        #expect(again.first?.uploadIntendedAt != nil)
    }

    @Test func aReadBackThatDiffersMovesTheObjectAgain() async throws {
        let journal = try openJournal(scratch)
        try await land(journal, ["a", "b"])
        let listing = (source: [row("a", "v"), row("b", "v")], target: [row("a", "t-a", 210), row("b", "t-b", 210)])
        try await journal.plan(source: listing.source, target: listing.target)
        #expect(try await journal.counts(dataset: "a").unchanged == 2)
        let rows = try await journal.landed(dataset: "a", includingVerified: true, after: 0, limit: 9)
        try await journal.record([
            TransferChange(
                row: rows[0].row, step: .fail(.init(reason: "differs", retryable: false, mismatch: true)))
        ])
        var counts = try await journal.counts(dataset: "a")
        #expect(counts.unchanged == 1 && counts.failed == 1 && counts.total == 2)
        try await journal.plan(source: listing.source, target: listing.target)
        #expect(try await journal.verdicts() == ["a": "update: found different at read-back", "b": "unchanged"])
        // Nothing was interrupted, whatever stands there now; and the ETag that is replaced stays what we wrote.
        try await journal.plan(source: listing.source, target: [row("a", "other", 210), listing.target[1]])
        #expect(try await journal.verdicts() == ["a": "update: found different at read-back", "b": "unchanged"])
        let second = "ffeeddccbbaa99887766554433221100"
        try await journal.beginRun(run(second), notes: .empty)
        #expect(try await journal.adoptDiff(dataset: "a", run: second) == 1)
        let claimed = try await journal.claim(dataset: "a", limit: 9)
        #expect(claimed.map(\.replaces) == ["t-a"])
        #expect(claimed.map(\.row) == [rows[0].row], "one object, one row, for good")
        try await journal.record([TransferChange(row: claimed[0].row, step: .land(landing(version("v"))))])
        counts = try await journal.counts(dataset: "a")
        #expect(counts.unchanged == 1 && counts.landed == 1 && counts.failed == 0)
    }

    @Test func filesBesideDirectories() async throws {
        let journal = try openJournal(scratch)
        for (side, keys) in [
            (InventorySide.source, ["a", "a/b", "a0", "a!", "c", "d", "d/skipped"]), (.target, ["c/x", "e"]),
        ] {
            try await journal.beginInventory(dataset: "a", side: side)
            try await journal.addInventory(
                dataset: "a", side: side,
                keys.map { key in
                    InventoryRow(
                        key: ObjectKey(key), version: version("v"),
                        exclusion: key.hasSuffix("skipped") ? .skipped("filter") : nil)
                })
        }
        try await journal.blockShadowed(dataset: "a", reason: "shadowed")
        try await journal.computeDiff(dataset: "a", envelope: "none", onConflict: .block)
        #expect(
            try await journal.verdicts() == [
                "a": "blocked: shadowed", "a/b": "create", "a0": "create", "a!": "create", "c": "blocked: shadowed",
                "d": "create", "d/skipped": "skipped: filter", "c/x": "extraneous", "e": "extraneous",
            ])
    }

    @Test func keysAreOpaqueBytes() async throws {
        let journal = try openJournal(scratch)
        let keys: [[UInt8]] = [
            [], [0], [0, 0], [0x61], [0x61, 0], [0x61, 0x20], Array("%2F".utf8), Array("+".utf8), [0xff, 0xfe],
            Array("é".utf8), Array("e\u{301}".utf8), [UInt8](repeating: 0x78, count: 1024),
        ]
        try await journal.plan(source: keys.map { InventoryRow(key: ObjectKey($0), version: version("v")) })
        var found: [[UInt8]] = []
        var after: ObjectKey?
        while let next = try await journal.diff(dataset: "a", actions: [.create], after: after, limit: 1).first {
            found.append(next.key.bytes)
            after = next.key
        }
        #expect(found == keys.map { ObjectKey($0) }.sorted().map(\.bytes))
        #expect(try await journal.diff(dataset: "a", actions: [.update], after: nil, limit: 9).isEmpty)
        // The same keys twice replace each other; another dataset is another world.
        try await journal.addInventory(dataset: "a", side: .source, [row("a", "w", 99)])
        try await journal.plan("b", source: [row("a", "z")])
        #expect(try await journal.verdicts("b") == ["a": "create"])
        #expect(try await journal.counts(dataset: "a").total == keys.count)
    }
}

/// The steps of a transfer of several parts up to the opened upload.
func pinAndOpen(_ row: TransferRow, upload: String) -> [TransferChange] {
    [
        TransferChange(
            row: row.row,
            step: .pin(
                row.listed, PartLayout(size: row.listed.size, partSize: 8 << 20),
                PinnedRecord(header: [1], sealedFileKey: Array("CANARY-FILE-KEY".utf8), sealedMetadata: [3]))),
        TransferChange(row: row.row, step: .intendUpload),
        TransferChange(row: row.row, step: .open(upload: upload)),
    ]
}

func part(_ index: Int, digest: UInt8 = 1) -> PartRow {
    PartRow(
        index: index, keyedLeaves: [UInt8](repeating: digest, count: 32), sealedLeaves: Array("CANARY-LEAVES".utf8),
        checksums: CiphertextChecksums(
            crc64nvme: UInt64(bitPattern: Int64(index)), crc32c: nil, md5: [UInt8](repeating: 2, count: 16)),
        tag: [UInt8](repeating: 5, count: 28), size: 100)
}

func receipt(_ index: Int, size: UInt64 = 100) -> PartReceipt {
    PartReceipt(
        index: index, entityTag: "p\(index)", size: size, checksum: Checksum(kind: .crc64nvme, value: "AAAAAAAAAAA="))
}
