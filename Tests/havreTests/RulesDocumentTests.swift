import HavreModel
import Testing

@testable import havre

/// The table of rules in the documents is the one that the code gives. `HAVRE_RECORD=1` writes it.
@Suite struct RulesDocumentTests {
    private static let file = "Sources/havre/Documentation.docc/Rules.md"
    private static let end = "<!-- end -->"

    @Test func theTableIsThatOfTheCode() throws {
        let table = try CatalogueFile.load(files: EmbeddedSeeds.files).rulebook.table(.english)
        let text = try PackageFiles.text(Self.file)
        let start = try #require(text.firstRange(of: "swift test --filter RulesDocumentTests -->\n")).upperBound
        let end = try #require(text.firstRange(of: Self.end)).lowerBound
        let expected = "\n" + table + "\n"
        if PackageFiles.recording {
            try PackageFiles.write(text[..<start] + expected + text[end...], to: Self.file)
        } else {
            #expect(text[start..<end] == expected)
        }
        #expect(table.split(separator: "\n").count == 2 + 27, "a line for each rule")
    }
}
