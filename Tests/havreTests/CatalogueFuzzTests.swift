import HavreModel
import TestServers
import Testing

@testable import havre

/// Reading an operator's catalogue is total: whatever a file holds, it gives a catalogue or issues.
@Suite struct CatalogueFuzzTests {
    private static let splinters = [
        "*a", "&a ", "[", "]", "{", "}", ": ", "- ", "? ", "\"", "'", "!x ", "|", "#", "\t", "\n", "\u{0}", "\u{85}",
        "---\n", "<<: *a", "~", "null", "true", "0x1f", "99999999999999999999999", "-1", ".inf", ".nan", "1e400",
        "claims: ", "claims: []", "services: ", "regions: [x]", "2026-02-29", "9999-12-31", "0000-01-01",
        "https://{region}", "id: scaleway\n", "  ", "é", "\u{1F409}", "\\",
    ].map { Array($0.utf8) }

    private static let originals: [[UInt8]] =
        ["fixtures/catalogues/bad", "fixtures/catalogues/good"].flatMap {
            (try? PackageFiles.list($0, suffix: ".yaml")) ?? []
        }.compactMap { try? PackageFiles.bytes($0) }

    private static func damage(_ original: [UInt8], _ dice: inout SplitMix) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            let at = Int.random(in: 0...bytes.count, using: &dice)
            let length = min(Int.random(in: 0...40, using: &dice), bytes.count - at)
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &dice) }
            case 1: bytes.removeSubrange(at..<at + length)
            case 2: bytes.insert(contentsOf: bytes[at..<at + length], at: Int.random(in: 0...bytes.count, using: &dice))
            case 3, 4: bytes.insert(contentsOf: splinters.randomElement(using: &dice) ?? [], at: at)
            default: bytes.removeSubrange(at...)
            }
        }
        return bytes
    }

    @Test(.timeLimit(.minutes(30))) func damagedCataloguesGiveIssuesOrCatalogues() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the damaged catalogues: \(seed)")
        var dice = SplitMix(seed: seed)
        let release = try CatalogueFile.load().catalogue
        var (taken, refused) = (0, 0)
        for round in 0..<3000 {
            let bytes = Self.damage(Self.originals.randomElement(using: &dice) ?? [], &dice)
            do throws(PlanFileError) {
                let (overlay, _): (CatalogueOverlay, YAMLNode) = try SeedReader.read(bytes, .overlay, file: "x")
                taken += 1
                guard let over = try? release.overlaid(by: overlay, origin: "x") else { continue }
                // Nothing of the release is lost, and every law and country is one.
                #expect(over.providers.count >= release.providers.count, "seed \(seed), round \(round)")
                for provider in over.providers {
                    let laws = [provider.seat.value].compactMap(\.self) + (provider.parentChain.value ?? []).map(\.law)
                    #expect(laws.allSatisfy(SeedForm.law.accepts), "seed \(seed), round \(round)")
                }
            } catch {
                #expect(!error.issues.isEmpty)
                #expect(error.issues.allSatisfy { $0.mark.line >= 1 && $0.mark.column >= 1 && !$0.problem.isEmpty })
                #expect(error.issues.count <= 200, "seed \(seed), round \(round)")
                refused += 1
            }
        }
        #expect(refused > 1000, "the damage is real")
        #expect(taken > 10, "and not always deadly")
    }

    @Test(.timeLimit(.minutes(30))) func largeCataloguesEnd() throws {
        let providers = (0..<2000).map {
            "  - {id: p\($0), seat: {value: FR, source: s, verifiedOn: null}, services: []}\n"
        }
        let large = "catalogue: 1\nproviders:\n" + providers.joined()
        let loaded = try CatalogueFile.load(
            files: EmbeddedSeeds.files, overlays: [.init(name: "large.yaml", bytes: Array(large.utf8))])
        #expect(loaded.catalogue.provider("p1999")?.seat.origin == "large.yaml")
        #expect(throws: PlanFileError.self) {
            let (_, _): (CatalogueOverlay, YAMLNode) = try SeedReader.read(
                Array(String(repeating: "[", count: 1_000_000).utf8), .overlay, file: "x")
        }
    }
}
