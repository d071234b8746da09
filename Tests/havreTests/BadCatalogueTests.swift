import HavreModel
import Testing

@testable import havre

/// Every file in `fixtures/catalogues/bad` and `fixtures/rulebooks/bad` gives exactly what its `.expected` file says.
///
/// A name that begins with `seed-` stands in the place of Scaleway's file, `jurisdictions-` in that of the lists of
/// countries; all others are an operator's own catalogue over that of the release.
/// `HAVRE_RECORD=1 swift test --filter BadCatalogueTests` writes the expectations anew; read the difference before you
/// believe it.
@Suite struct BadCatalogueTests {
    private static let catalogues = "fixtures/catalogues/bad"
    private static let rulebooks = "fixtures/rulebooks/bad"

    @Test func thereAreEnough() throws {
        for (directory, least) in [(Self.catalogues, 24), (Self.rulebooks, 6)] {
            let files = try PackageFiles.list(directory, suffix: ".yaml")
            let expectations = try PackageFiles.list(directory, suffix: ".expected")
            #expect(files.count >= least)
            #expect(files.map { $0.dropLast(5) } == expectations.map { $0.dropLast(9) })
        }
    }

    @Test(arguments: try PackageFiles.list(catalogues, suffix: ".yaml"))
    func everyBadCatalogueSaysWhy(_ path: String) throws {
        let name = String(path.split(separator: "/").last ?? "")
        let bytes = try PackageFiles.bytes(path)
        try compare(path) { () throws(PlanFileError) in
            switch name.prefix(while: { $0 != "-" }) {
            case "seed": try Self.load(bytes, inPlaceOf: "seeds/providers/scaleway.yaml")
            case "jurisdictions": try Self.load(bytes, inPlaceOf: "seeds/jurisdictions.yaml")
            default:
                _ = try CatalogueFile.load(
                    files: EmbeddedSeeds.files, overlays: [CatalogueFile.Overlay(name: name, bytes: bytes)])
            }
        }
    }

    @Test(arguments: try PackageFiles.list(rulebooks, suffix: ".yaml"))
    func everyBadRulebookSaysWhy(_ path: String) throws {
        let bytes = try PackageFiles.bytes(path)
        try compare(path) { () throws(PlanFileError) in try Self.load(bytes, inPlaceOf: "seeds/rulebook.yaml") }
    }

    private static func load(_ bytes: [UInt8], inPlaceOf file: String) throws(PlanFileError) {
        var files = EmbeddedSeeds.files
        files[file] = String(decoding: bytes, as: UTF8.self)
        _ = try CatalogueFile.load(files: files)
    }

    private func compare(_ path: String, _ load: () throws(PlanFileError) -> Void) throws {
        let expectation = String(path.dropLast(5)) + ".expected"
        var found = "no issue"
        do throws(PlanFileError) {
            try load()
        } catch {
            found = error.description
            #expect(!error.issues.isEmpty)
            let marks = error.issues.map { ($0.mark.line, $0.mark.column) }
            #expect(zip(marks, marks.dropFirst()).allSatisfy { $0 <= $1 }, "issues come in the order of the file")
        }
        if PackageFiles.recording { try PackageFiles.write(found + "\n", to: expectation) }
        #expect(try PackageFiles.text(expectation) == found + "\n")
        #expect(found != "no issue")
    }

    /// Issues of several files come at once, and nothing is taken of any.
    @Test func allFilesAreReadBeforeOneIsRefused() {
        var files = EmbeddedSeeds.files
        files["seeds/rulebook.yaml"] = "version: 1\nruls: []\n"
        let overlays = ["a.yaml", "b.yaml"].map {
            CatalogueFile.Overlay(name: $0, bytes: Array("catalogue: 2\n".utf8))
        }
        do throws(PlanFileError) {
            _ = try CatalogueFile.load(files: files, overlays: overlays)
            Issue.record("it was taken")
        } catch {
            #expect(Set(error.issues.map(\.file)) == ["seeds/rulebook.yaml", "a.yaml", "b.yaml"])
        }
    }
}
