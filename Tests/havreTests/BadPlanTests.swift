import HavreModel
import Testing

@testable import havre

/// Every plan in `fixtures/plans/bad` gives exactly what its `.expected` file says.
///
/// `HAVRE_RECORD=1 swift test --filter BadPlanTests` writes the expectations anew; read the difference before you
/// believe it.
@Suite struct BadPlanTests {
    private static let directory = "fixtures/plans/bad"

    @Test func thereAreEnough() throws {
        let plans = try PackageFiles.list(Self.directory, suffix: ".yaml")
        let expectations = try PackageFiles.list(Self.directory, suffix: ".expected")
        #expect(plans.count >= 40)
        #expect(plans.map { $0.dropLast(5) } == expectations.map { $0.dropLast(9) })
    }

    @Test(arguments: try PackageFiles.list(directory, suffix: ".yaml"))
    func everyBadPlanSaysWhy(_ path: String) throws {
        let name = String(path.split(separator: "/").last ?? "")
        let expectation = String(path.dropLast(5)) + ".expected"
        let found: String
        do throws(PlanFileError) {
            let bytes = (try? PackageFiles.bytes(path)) ?? []
            _ = try PlanFile.decode(bytes: bytes, file: name, directory: "/plans", catalogue: .sample)
            found = "no issue"
        } catch {
            found = error.description
            #expect(!error.issues.isEmpty)
            let marks = error.issues.map { ($0.mark.line, $0.mark.column) }
            #expect(zip(marks, marks.dropFirst()).allSatisfy { $0 <= $1 }, "issues come in the order of the file")
        }
        if PackageFiles.recording { try PackageFiles.write(found + "\n", to: expectation) }
        #expect(try PackageFiles.text(expectation) == found + "\n")
        #expect(!found.contains("CANARY"), "a literal secret is never repeated")
        #expect(found != "no issue")
    }
}

extension CatalogueView {
    /// A small catalogue for tests of the plan file.
    static let sample = CatalogueView(
        providers: [
            "scaleway": [
                "object-storage": Service(storageProtocol: .s3, regions: ["fr-par", "nl-ams", "pl-waw", "it-mil"])
            ],
            "microsoft-azure": [
                "blob-storage": Service(
                    storageProtocol: ProviderEntry.StorageProtocol(rawValue: "azure-blob"),
                    regions: ["westeurope", "francecentral"])
            ],
            "amazon-web-services": [
                "object-storage": Service(storageProtocol: .s3, regions: ["eu-west-3", "eu-west-1"])
            ],
            "ovhcloud": ["object-storage": Service(storageProtocol: .s3, regions: ["gra", "rbx", "uk"])],
        ], severities: ["R4": .block, "R25": .warn])
}
