import HavreJournal
import HavreModel
import TestServers
import Testing

/// The journal in thirty lines of memory: what each object's transfer and landing are, and what the diff must say.
private struct Reference {
    struct Known {
        var row: Int64
        var machine = TransferMachine()
        var listed: SourceVersion
        var attempts = 0
        var landing: Landing?
        var isBlocked = false
        var isHeld = false
        var isDue = true
        var landedIn = 0
    }
    var known: [String: Known] = [:]
    var source: [String: InventoryRow] = [:]
    var target: [String: SourceVersion] = [:]
    var envelope = "age:one"
    var overwrite = false

    func verdict(_ key: String) -> String? {
        guard let row = source[key] else { return target[key] == nil ? nil : "extraneous" }
        switch row.exclusion {
        case .skipped(let reason): return "skipped: \(reason)"
        case .blocked(let reason): return "blocked: \(reason)"
        case nil: break
        }
        let there = target[key]
        guard let known = known[key] else {
            return there == nil ? "create" : overwrite ? "update: occupied" : "blocked: occupied"
        }
        let isLanded: Bool
        let isUnderWay: Bool
        var hasEnded = false
        switch known.machine.state {
        case .landed, .verified: (isLanded, isUnderWay) = (true, false)
        case .pinned, .moving, .completing: (isLanded, isUnderWay) = (false, true)
        case .failed, .drifted: (isLanded, isUnderWay, hasEnded) = (false, false, true)
        case .pending: (isLanded, isUnderWay) = (false, false)
        }
        let goesOn = isUnderWay && known.listed.matches(row.version)
        let mayBeOurs = known.attempts > 0 && !isLanded && !known.isBlocked
        guard let landing = known.landing else {
            guard there != nil else { return goesOn ? "create: interrupted" : "create" }
            if overwrite { return "update: occupied" }
            return mayBeOurs ? "create: interrupted, the target decides" : "blocked: occupied"
        }
        guard let there else { return goesOn ? "update: interrupted" : "update: missing at the target" }
        if there.entityTag != landing.receipt.entityTag || there.size != landing.storedSize {
            if overwrite { return "update: target changed" }
            return mayBeOurs ? "update: interrupted, the target decides" : "blocked: target changed"
        }
        if goesOn { return "update: interrupted" }
        if !landing.version.matches(row.version) { return "update: source changed since it landed" }
        if landing.envelope != envelope { return "update: envelope changed" }
        if isLanded { return "unchanged" }
        return hasEnded ? "update: failed since it landed" : "update: interrupted"
    }
}

@Suite struct ReferenceTests {
    /// Random operations on the journal and on the model of it; they must agree after every one, across crashes.
    @Test(arguments: [UInt64](1...12)) func randomOperations(seed: UInt64) async throws {
        let scratch = Scratch()
        var random = SplitMix(seed: seed)
        var journal = try openJournal(scratch)
        var model = Reference()
        var runs = 1
        var adopted: [String: String] = [:]
        let keys = (0..<14).map { "k\($0)" }
        func id(_ number: Int) -> String { String(repeating: "0", count: 28) + String(1000 + number) }
        try await journal.beginRun(run(id(runs)), notes: .empty)

        for step in 0..<160 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                // A crash: nothing is closed, another process takes over.
                journal = try openJournal(scratch)
                _ = try await journal.takeLease(holder: "seed \(seed)")
                for key in keys where model.known[key]?.isHeld == true {
                    model.known[key]?.isHeld = false
                    model.known[key]?.isDue = true
                }
            case 1, 2:
                for key in keys {
                    guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
                    let exclusion: InventoryRow.Exclusion? =
                        switch Int.random(in: 0..<12, using: &random) {
                        case 0: .skipped("filter")
                        case 1: .blocked("hazard")
                        default: nil
                        }
                    let tag = "v\(Int.random(in: 0..<3, using: &random))"
                    let row = InventoryRow(
                        key: ObjectKey(key), version: version(tag, 20 << 20), exclusion: exclusion)
                    model.source[key] = Int.random(in: 0..<8, using: &random) == 0 ? nil : row
                    if Int.random(in: 0..<6, using: &random) == 0 {
                        model.target[key] = Bool.random(using: &random) ? nil : version("alien\(step)")
                    }
                }
                model.envelope = Int.random(in: 0..<8, using: &random) == 0 ? "age:two" : "age:one"
                model.overwrite = Int.random(in: 0..<5, using: &random) == 0
                try await journal.plan(
                    source: model.source.values.map { $0 },
                    target: model.target.map { InventoryRow(key: ObjectKey($0.key), version: $0.value) },
                    envelope: model.envelope, onConflict: model.overwrite ? .overwrite : .block)
                let expected = Dictionary(
                    uniqueKeysWithValues: keys.compactMap { key in model.verdict(key).map { (key, $0) } })
                #expect(try await journal.verdicts() == expected, "seed \(seed), step \(step)")
                adopted = expected
                if Int.random(in: 0..<3, using: &random) == 0 {
                    try await journal.endRun(id(runs), outcome: "failures", notes: .empty)
                    runs += 1
                    try await journal.beginRun(run(id(runs)), notes: .empty)
                }
                let due = try await journal.adoptDiff(dataset: "a", run: id(runs))
                try await follow(&model, expected, journal, keys)
                #expect(due == model.known.values.filter(\.isDue).count, "seed \(seed), step \(step)")
            case 3, 4:
                let rows = try await journal.claim(
                    dataset: "a", limit: Int.random(in: 1...6, using: &random))
                for row in rows {
                    let key = row.key.description
                    let known = try #require(model.known[key])
                    #expect(known.isDue && row.machine == known.machine, "seed \(seed), step \(step), \(key)")
                    #expect(row.attemptedBefore == (known.attempts > 0), "seed \(seed), step \(step), \(key)")
                    model.known[key]?.isDue = false
                    model.known[key]?.isHeld = true
                    model.known[key]?.attempts += 1
                }
            default:
                guard
                    let (key, known) = model.known.filter({ $0.value.isHeld || !$0.value.isDue })
                        .sorted(by: { $0.key < $1.key }).randomElement(using: &random)
                else { continue }
                try await advance(key, known, &model, journal, runs, &random)
            }
            try await compare(model, journal, adopted, runs, "seed \(seed), step \(step)")
        }
        _ = try await journal.checkChain()
        for event in try await journal.events(after: 0, limit: 100_000) {
            #expect(throws: Never.self) { try JSONValue(canonical: event.body) }
        }
    }

    /// What adopting does to the model.
    private func follow(
        _ model: inout Reference, _ verdicts: [String: String], _ journal: SQLiteJournal, _ keys: [String]
    ) async throws {
        for key in keys {
            let verdict = verdicts[key] ?? ""
            let moves = verdict.hasPrefix("create") || verdict.hasPrefix("update")
            guard var known = model.known[key] else {
                if moves, let row = model.source[key] {
                    model.known[key] = Reference.Known(row: 0, listed: row.version)
                }
                continue
            }
            known.isHeld = false
            known.isDue = moves
            let upload: String? =
                switch known.machine.state {
                case .moving(let pinned, _), .completing(let pinned), .pinned(let pinned): pinned.upload
                case .failed(_, let upload), .drifted(let upload): upload
                case .pending, .landed, .verified: nil
                }
            let hasIntent = if case .pinned(let pinned) = known.machine.state { pinned.uploadIntended } else { false }
            if moves, let row = model.source[key] {
                let changed = !known.listed.matches(row.version)
                switch known.machine.state {
                case .pending: break
                case .pinned, .moving, .completing:
                    if changed && !hasIntent {
                        if case .completing = known.machine.state {
                            try known.machine.handle(.fail(.init(reason: "", retryable: true)))
                        } else {
                            try known.machine.handle(.drift)
                        }
                        if upload == nil { try known.machine.handle(.reset) }
                    }
                case .landed, .verified:
                    try known.machine.handle(.reset)
                    known.attempts = 0
                case .failed, .drifted:
                    if upload == nil { try known.machine.handle(.reset) }
                }
                known.listed = row.version
                known.isBlocked = known.isBlocked && upload != nil
            } else if upload != nil {
                // Not to be moved any more: it is not due, but its state still says which upload must go.
                switch known.machine.state {
                case .moving, .pinned: try known.machine.handle(.drift)
                case .completing: try known.machine.handle(.fail(.init(reason: "", retryable: true)))
                case .pending, .landed, .verified, .failed, .drifted: break
                }
            }
            model.known[key] = known
        }
        // Rows and reasons are the journal's to choose.
        for (key, row) in try await rows(journal) {
            guard var known = model.known[key] else { continue }
            known.row = row.row
            if case .failed(_, let upload) = known.machine.state, case .failed(let reason, upload) = row.machine.state {
                known.machine = TransferMachine(state: .failed(reason, upload: upload))
            }
            model.known[key] = known
        }
    }

    private func rows(_ journal: SQLiteJournal) async throws -> [String: TransferRow] {
        var found: [String: TransferRow] = [:]
        var row: Int64 = 1
        while let transfer = try await journal.transfer(row) {
            found[transfer.key.description] = transfer
            row += 1
        }
        return found
    }

    /// One random event on one transfer; the journal takes it exactly where the machine does.
    private func advance(
        _ key: String, _ known: Reference.Known, _ model: inout Reference, _ journal: SQLiteJournal, _ runs: Int,
        _ random: inout SplitMix
    ) async throws {
        var known = known
        let steps: [(TransferChange.Step, TransferMachine.Event)] = [
            (
                .pin(
                    known.listed, PartLayout(size: known.listed.size, partSize: 8 << 20),
                    PinnedRecord(header: [], sealedFileKey: [], sealedMetadata: [])),
                .pin(known.listed, PartLayout(size: known.listed.size, partSize: 8 << 20))
            ),
            (.intendUpload, .intendUpload), (.open(upload: "u-\(key)"), .open(upload: "u-\(key)")), (.lose, .lose),
            (.receive(receipt(0)), .receive(part: 0)), (.receive(receipt(1)), .receive(part: 1)),
            (.receive(receipt(2)), .receive(part: 2)), (.complete, .complete),
            (.land(landing(known.listed, target: "t-\(key)-\(runs)", envelope: model.envelope)), .land),
            (.verify(how: "x"), .verify),
            (.fail(.init(reason: "f", retryable: true)), .fail(.init(reason: "f", retryable: true))),
            (.block("b"), .fail(.init(reason: "b", retryable: false))), (.drift("d"), .drift),
            (.reset(listed: nil), .reset),
        ]
        // Mostly what leads on, sometimes anything.
        let index: Int
        if Int.random(in: 0..<5, using: &random) == 0 {
            index = Int.random(in: 0..<steps.count, using: &random)
        } else {
            switch known.machine.owed {
            case .pin: index = Bool.random(using: &random) ? 0 : 8
            case .openUpload(let intended): index = intended ? 2 : 1
            case .move(let parts): index = 4 + (parts.randomElement(using: &random) ?? 0)
            case .complete: index = if case .completing = known.machine.state { 8 } else { 7 }
            case .abort, .reset: index = 13
            case .verify: index = 9
            case .nothing: return
            }
        }
        let (step, event) = steps[index]
        var changes = [TransferChange(row: known.row, step: step)]
        if case .receive(let receipt) = step, case .moving = known.machine.state {
            changes.insert(TransferChange(row: known.row, step: .commit(part(receipt.index))), at: 0)
        }
        do throws(TransferMachine.IllegalTransition) {
            try known.machine.handle(event)
        } catch {
            await #expect(throws: JournalError.self, "\(error)") { try await journal.record(changes) }
            return
        }
        if case .land(let landing) = step, case .some = known.landing, known.machine.state == .landed {
            known.landing = landing
        }
        try await journal.record(changes)
        switch step {
        case .land(let landing):
            known.landing = landing
            known.landedIn = runs
            model.target[key] = SourceVersion(entityTag: landing.receipt.entityTag, size: landing.storedSize)
            (known.isHeld, known.isDue) = (false, false)
        case .fail: (known.isHeld, known.isDue, known.isBlocked) = (false, false, false)
        case .block: (known.isHeld, known.isDue, known.isBlocked) = (false, false, true)
        case .reset:
            known.isDue = !known.isHeld
            known.isBlocked = false
        case .pin, .intendUpload, .open, .lose, .commit, .receive, .complete, .verify, .drift: break
        }
        model.known[key] = known
    }

    private func compare(
        _ model: Reference, _ journal: SQLiteJournal, _ adopted: [String: String], _ runs: Int, _ place: Comment
    ) async throws {
        let rows = try await rows(journal)
        #expect(rows.count == model.known.count, place)
        for (key, known) in model.known {
            #expect(rows[key]?.machine.state.name == known.machine.state.name, "\(place) \(key)")
            #expect(rows[key]?.machine.owed == known.machine.owed, "\(place) \(key)")
        }
        // Invariant 8, and each counter by itself.
        let counts = try await journal.counts(dataset: "a")
        var expected = DatasetCounts()
        for (key, verdict) in adopted where verdict != "extraneous" {
            expected.total += 1
            if verdict.hasPrefix("skipped") { expected.skipped += 1 }
            if verdict.hasPrefix("blocked") { expected.blocked += 1 }
            guard let known = model.known[key], !verdict.hasPrefix("skipped"), !verdict.hasPrefix("blocked") else {
                continue
            }
            let waits = known.isHeld || known.isDue
            switch known.machine.state {
            case .landed, .verified:
                if known.landedIn == runs { expected.landed += 1 } else { expected.unchanged += 1 }
                if known.landedIn == runs, known.machine.state == .verified { expected.verified += 1 }
            case .pending, .pinned, .moving, .completing: expected.open += 1
            case .failed, .drifted:
                if waits {
                    expected.open += 1
                } else if known.isBlocked {
                    expected.blocked += 1
                } else {
                    expected.failed += 1
                }
            }
        }
        let sum =
            counts.unchanged + counts.landed + counts.failed + counts.skipped + counts.blocked + counts.open
        #expect(counts.total == sum, place)
        #expect(
            [
                counts.total, counts.unchanged, counts.landed, counts.verified, counts.failed, counts.skipped,
                counts.blocked, counts.open,
            ]
                == [
                    expected.total, expected.unchanged, expected.landed, expected.verified, expected.failed,
                    expected.skipped, expected.blocked, expected.open,
                ], place)
    }

    /// 200,000 objects on both sides, a third of them landed before: SQL and Swift say the same of each.
    @Test func aLargeDiffAgreesWithTheModel() async throws {
        let scratch = Scratch()
        let journal = try openJournal(scratch)
        let count = 200_000
        var random = SplitMix(seed: 77)
        func key(_ number: Int) -> String { "data/2021/\(number % 97)/object-\(number).parquet" }
        var model = Reference()
        try await journal.beginInventory(dataset: "a", side: .source)
        try await journal.addInventory(
            dataset: "a", side: .source, stride(from: 0, to: count, by: 3).map { row(key($0), "v0") })
        try await journal.computeDiff(dataset: "a", envelope: "age:one", onConflict: .block)
        try await journal.beginRun(run(), notes: .empty)
        #expect(try await journal.adoptDiff(dataset: "a", run: runID) == (count + 2) / 3)
        while case let rows = try await journal.claim(dataset: "a", limit: 10_000), !rows.isEmpty {
            try await journal.record(
                rows.map { TransferChange(row: $0.row, step: .land(landing($0.listed, target: "t0"))) })
            for row in rows {
                var known = Reference.Known(row: row.row, listed: row.listed)
                known.machine = TransferMachine(state: .landed)
                known.landing = landing(row.listed, target: "t0")
                known.attempts = 1
                model.known[row.key.description] = known
            }
        }
        for number in 0..<count {
            if Int.random(in: 0..<10, using: &random) > 0 {
                model.source[key(number)] = row(key(number), Int.random(in: 0..<5, using: &random) == 0 ? "v1" : "v0")
            }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: break
            case 1: model.target[key(number)] = version("t1", 210)
            default:
                if number % 3 == 0 || Bool.random(using: &random) { model.target[key(number)] = version("t0", 210) }
            }
        }
        try await journal.beginInventory(dataset: "a", side: .source)
        try await journal.beginInventory(dataset: "a", side: .target)
        // Unordered, as some listings come.
        try await journal.addInventory(dataset: "a", side: .source, model.source.values.map { $0 })
        try await journal.addInventory(
            dataset: "a", side: .target, model.target.map { InventoryRow(key: ObjectKey($0.key), version: $0.value) })
        try await journal.computeDiff(dataset: "a", envelope: "age:one", onConflict: .block)
        var found = 0
        var wrong = 0
        var after: ObjectKey?
        while case let rows = try await journal.diff(dataset: "a", actions: [], after: after, limit: 20_000),
            let last = rows.last
        {
            for row in rows {
                let words = row.action.rawValue + (row.cause.isEmpty ? "" : ": " + row.cause)
                if model.verdict(row.key.description) != words { wrong += 1 }
            }
            found += rows.count
            after = last.key
        }
        #expect(wrong == 0)
        #expect(found == Set(model.source.keys).union(model.target.keys).count)
        let counts = try await journal.counts(dataset: "a")
        #expect(counts.total == model.source.count)
        #expect(counts.unchanged + counts.blocked + counts.open == counts.total)
    }
}
