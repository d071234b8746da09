import HavreModel
import Testing

@testable import havre

/// Every document in `fixtures/documents/bad` gives exactly what its `.expected` file says. `HAVRE_RECORD=1` records.
@Suite struct BadDocumentTests {
    private static let directory = "fixtures/documents/bad"

    @Test(arguments: try PackageFiles.list(directory, suffix: ".yaml"))
    func everyBadDocumentSaysWhy(_ path: String) throws {
        let name = String(path.split(separator: "/").last ?? "")
        let expectation = String(path.dropLast(5)) + ".expected"
        let found: String
        do throws(PlanFileError) {
            let file = try DocumentFile.decode(bytes: try bytes(path), file: name, signers: [:])
            found = "no issue: \(file.document.standing)"
        } catch {
            found = error.description
        }
        if PackageFiles.recording { try PackageFiles.write(found + "\n", to: expectation) }
        #expect(try PackageFiles.text(expectation) == found + "\n")
        #expect(!found.hasPrefix("no issue"))
        #expect(found.contains("\(name):"))
    }

    private func bytes(_ path: String) throws(PlanFileError) -> [UInt8] { (try? PackageFiles.bytes(path)) ?? [] }
}
