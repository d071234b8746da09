import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// A saved plan is applied as it stands, or refused as stale; a damaged one is refused and moves nothing.
@Suite(.ownThreads) struct SavedPlanTests {
    private let yard: LocalYard
    private var saved: String { yard.yard.directory + "/saved.havreplan" }

    init() throws {
        yard = try LocalYard()
        let planned = try yard.run("plan", ["-o", saved])
        try #require(planned.exit == 0, "\(planned.words)")
    }

    private func apply(_ file: String) throws -> Shipyard.Run {
        try Shipyard.spawn(
            [Shipyard.binary, "apply", file, "--yes", "--state", yard.yard.state], directory: yard.yard.directory,
            environment: yard.yard.environment)
    }

    private var moved: [String] { LocalYard.names(yard.cargo).filter { !$0.hasPrefix(".") } }

    /// A slip of the hand must not cost a key or a plan; an older saved plan may be replaced.
    @Test func nothingButASavedPlanIsOverwritten() throws {
        let yard = try LocalYard()
        for file in [yard.yard.identity, yard.yard.plan, yard.source] {
            let before = TestProcess.contents(of: file)
            let run = try yard.run("plan", ["-o", file])
            #expect(run.exit == 64, "\(run.words)")
            #expect(TestProcess.contents(of: file) == before)
        }
        let saved = yard.yard.directory + "/twice.havreplan"
        #expect(try yard.run("plan", ["-o", saved]).exit == 0)
        #expect(try yard.run("plan", ["-o", saved]).exit == 0)
    }

    @Test func itIsAppliedAsItStands() throws {
        let applied = try apply(saved)
        #expect(applied.exit == 0, "\(applied.words)")
        #expect(moved.count == 5)
        #expect(try yard.run("verify", ["--identity", yard.yard.identity]).exit == 0)
        // Applied once, its objects are there: what it planned is no longer what would be done.
        let again = try apply(saved)
        #expect(again.exit == 21, "\(again.words)")
    }

    @Test(arguments: ["changed", "gone", "new"]) func aWorldThatMovedOnIsSaidAndNothingMoves(_ how: String) throws {
        switch how {
        case "changed": try yard.put("letter-1", "other content")
        case "gone": try FileManager.default.removeItem(atPath: yard.source + "/letter-1")
        default: try yard.put("letter-9", "one more")
        }
        let applied = try apply(saved)
        #expect(applied.exit == 21, "\(applied.words)")
        #expect(applied.err.contains("letter-"), "it names what moved on: \(applied.words)")
        #expect(moved.isEmpty)
    }

    @Test func aPlanFileThatWasEditedMeanwhileDoesNotCount() throws {
        // The saved plan holds the plan itself; the file beside it may be edited or gone.
        try yard.yard.write("havre: 1\nname: other\n")
        #expect(try apply(saved).exit != 0, "a state of another plan, or another plan")
        try yard.draw()
        #expect(try apply(saved).exit == 0)
    }

    @Test func damagedFilesAreRefusedAndMoveNothing() throws {
        let given = getenv("HAVRE_FUZZ_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("damaged saved plans: HAVRE_FUZZ_SEED=\(seed)")
        var random = SplitMix(seed: seed)
        let whole = Array(try Data(contentsOf: URL(filePath: saved)))
        let damaged = yard.yard.directory + "/damaged.havreplan"
        var refused = 0
        for round in 0..<24 {
            var bytes = whole
            if round.isMultiple(of: 2) {
                bytes = Array(bytes.prefix(Int.random(in: 0..<whole.count, using: &random)))
            } else {
                let place = Int.random(in: 0..<whole.count, using: &random)
                bytes[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
            }
            try Data(bytes).write(to: URL(filePath: damaged))
            let applied = try apply(damaged)
            // A bit in a page's unused space changes nothing of what was saved: then it is applied as it stands.
            if applied.exit == 0 {
                #expect(round % 2 == 1 && moved.count == 5, "seed \(seed), round \(round): \(applied.words)")
                return
            }
            refused += 1
            #expect(
                applied.exit > 0 && !applied.err.isEmpty && moved.isEmpty,
                "seed \(seed), round \(round): \(applied.words)")
        }
        #expect(refused == 24)
    }

    /// Every bit of what the plan says counts: it holds the plan file, which may be gone by then.
    @Test func anEditedPlanInsideIsNotApplied() throws {
        var bytes = Array(try Data(contentsOf: URL(filePath: saved)))
        let old = Array("/target,".utf8)
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: old) })
        bytes.replaceSubrange(start..<start + old.count, with: Array("/tarGet,".utf8))
        try Data(bytes).write(to: URL(filePath: saved))
        try FileManager.default.removeItem(atPath: yard.yard.plan)
        let applied = try apply(saved)
        #expect(applied.exit == 1 && applied.err.contains("not as it was saved"), "\(applied.words)")
        #expect(moved.isEmpty)
    }
}
