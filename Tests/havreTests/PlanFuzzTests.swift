import HavreModel
import Testing

@testable import havre

/// Decoding is total: whatever a file holds, it gives a plan or issues.
@Suite struct PlanFuzzTests {
    /// A small generator with a seed (SplitMix64), so that a failure can be run again.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }

    private static let splinters = [
        "*a", "&a ", "[", "]", "{", "}", ": ", "- ", "? ", "\"", "'", "!!str ", "!x ", "|", ">", "#", "\t", "\n",
        "\r\n",
        "\u{0}", "\u{FEFF}", "\u{85}", "\u{2028}", "---\n", "...\n", "%YAML 1.1\n", "<<: *a", "~", "null", "true",
        "0x1f",
        "99999999999999999999999", "-1", ".inf", "havre: 1\n", "age1", "AGE-SECRET-KEY-1", "datasets:\n", "  ", "é",
        "\u{1F409}", "\\", "\"\\ud800\"", "\\x00", ",", "...", "&a [*a]", "[[[[[[[[", "{{{{{{{{", "- - - - -",
        "? ? ? ?",
        "22:00-06:00", "2026-02-29", "a: ", "'''", "\"\\\"", "%", "@", "`",
    ].map { Array($0.utf8) }

    /// Damages bytes in one to `most` places.
    private static func damage(_ original: [UInt8], most: Int, _ dice: inout Dice) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...most, using: &dice) {
            let at = Int.random(in: 0...bytes.count, using: &dice)
            let length = min(Int.random(in: 0...40, using: &dice), bytes.count - at)
            switch Int.random(in: 0..<7, using: &dice) {
            case 0: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &dice) }
            case 1: bytes.removeSubrange(at..<at + length)
            case 2: bytes.insert(contentsOf: bytes[at..<at + length], at: Int.random(in: 0...bytes.count, using: &dice))
            case 3, 4: bytes.insert(contentsOf: splinters.randomElement(using: &dice) ?? [], at: at)
            case 5:
                let splinter = splinters.randomElement(using: &dice) ?? []
                let times = Int.random(in: 1...300, using: &dice)
                bytes.insert(contentsOf: Array(repeating: splinter, count: times).joined(), at: at)
            default: bytes.removeSubrange(at...)
            }
        }
        return bytes
    }

    private static let good = GoodPlanTests.files.compactMap { try? PackageFiles.bytes($0) }
    private static let bad = ((try? PackageFiles.list("fixtures/plans/bad", suffix: ".yaml")) ?? [])
        .compactMap { try? PackageFiles.bytes($0) }

    @Test(.timeLimit(.minutes(30))) func damagedPlansGiveIssuesOrPlans() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the damaged plans: \(seed)")
        var dice = Dice(state: seed)
        var plans = 0
        var refused = 0
        for round in 0..<4000 {
            // Every other round one small damage to a good plan, which often stays a plan.
            let mild = round.isMultiple(of: 2)
            let original = (mild ? Self.good : Self.good + Self.bad).randomElement(using: &dice) ?? []
            let bytes = Self.damage(original, most: mild ? 1 : 8, &dice)
            do throws(PlanFileError) {
                let plan = try PlanFile.decode(bytes: bytes, file: "x", directory: "/", catalogue: .sample)
                // Every reference of a plan resolves.
                for dataset in plan.datasets.values {
                    #expect(plan.providers[dataset.source.provider] != nil, "seed \(seed), round \(round)")
                    #expect(plan.providers[dataset.target.provider] != nil, "seed \(seed), round \(round)")
                    if case .age(let recipients) = dataset.seal {
                        #expect(
                            recipients.allSatisfy { plan.keys[$0]?.recipient != nil }, "seed \(seed), round \(round)")
                        #expect(!recipients.isEmpty, "seed \(seed), round \(round)")
                    }
                }
                #expect(Set(plan.order) == Set(plan.datasets.keys), "seed \(seed), round \(round)")
                plans += 1
            } catch {
                #expect(!error.issues.isEmpty)
                #expect(error.issues.allSatisfy { $0.mark.line >= 1 && $0.mark.column >= 1 && !$0.problem.isEmpty })
                #expect(error.issues.count <= 200)
                refused += 1
            }
        }
        #expect(refused > 1000, "the damage is real")
        #expect(plans > 10, "and not always deadly")
    }

    /// Large files of one kind of structure each: bounded, and told so.
    @Test(
        .timeLimit(.minutes(30)),
        arguments: [
            Bulk("[", 4_000_000), Bulk("{", 100_000), Bulk("- ", 500_000), Bulk("? ", 500_000),
            Bulk("[a,", 60_000, head: "a: "), Bulk("a: 1\n", 150_000), Bulk("\n", 4_000_000), Bulk("#", 4_000_000),
            Bulk("x", 4_000_000, head: "a: \"", tail: "\""), Bulk("&a ", 100_000), Bulk("!x ", 100_000),
            Bulk("'", 1_000_001), Bulk("a", 5_000_000),
            Bulk("[a, ", 300, head: "? ", tail: "x" + String(repeating: "]", count: 300) + "\n: b\n"),
        ]) func largeFilesEnd(_ bulk: Bulk)
    {
        #expect(throws: PlanFileError.self) { try PlanFile.decode(bytes: Array(bulk.text.utf8), file: "x") }
    }

    /// A structure many times over; shown by its kind, since the runner prints arguments whole.
    struct Bulk: CustomTestStringConvertible {
        let text: String
        let testDescription: String

        init(_ unit: String, _ count: Int, head: String = "", tail: String = "") {
            text = head + String(repeating: unit, count: count) + tail
            testDescription = "\(count) times \(unit.debugDescription)"
        }
    }

    @Test func manyKeysAreBounded() {
        let text = (0..<90_000).map { "k\($0): 1\n" }.joined()
        #expect(throws: PlanFileError.self) { try PlanFile.decode(bytes: Array(text.utf8), file: "x") }
    }

    /// Many datasets may share one classification.
    @Test func manyAliasesAreFine() throws {
        var text = """
            havre: 1
            name: many
            providers: {disk: {is: local, service: file}}
            datasets:
              d: {class: &c {personal: true}, from: {provider: disk, bucket: /s/d}, to: {provider: disk, bucket: /t/d}, seal: &s {format: none}}

            """
        for number in 0..<500 {
            text += "  d\(number): {class: *c, from: {provider: disk, bucket: /s/\(number)}, "
            text += "to: {provider: disk, bucket: /t/\(number)}, seal: *s}\n"
        }
        #expect(try PlanFile.decode(bytes: Array(text.utf8), file: "x").datasets.count == 501)
    }

    /// Aliases in keys: comparing keys would walk all that they stand for.
    @Test(.timeLimit(.minutes(30))) func aliasesInKeysAreBounded() {
        var text = "a0: &a0 [x, x, x]\n"
        for level in 1...4 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n" }
        text += "? *a4\n: 1\n? [*a4]\n: 2\n"
        #expect(throws: PlanFileError.self) { try PlanFile.decode(bytes: Array(text.utf8), file: "x") }
        for key in ["? *a19\n: 1\n", "*a19 : 1\n", "? [*a19]\n: 1\n", "[*a19]: 1\n", "{*a19 : 1}: 1\n", "- ? *a19\n"] {
            var text = "a0: &a0 [x, x, x]\n"
            for level in 1...19 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n" }
            let bytes = Array((text + key).utf8)
            #expect {
                try PlanFile.decode(bytes: bytes, file: "x")
            } throws: { error in
                (error as? PlanFileError)?.description.contains("more aliases than can be followed") == true
            }
        }
    }
}
