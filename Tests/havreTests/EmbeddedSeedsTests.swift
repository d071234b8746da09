import Foundation
import Testing

@testable import havre

/// What is inside the binary is what lies in `seeds/`.
struct EmbeddedSeedsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func embeddedSeedsEqualTheFiles() throws {
        var files: [String: String] = [:]
        for directory in ["seeds", "seeds/providers"] {
            let place = Self.root.appending(path: directory)
            for name in try FileManager.default.contentsOfDirectory(atPath: place.path()) where name.hasSuffix(".yaml")
            {
                files["\(directory)/\(name)"] = try String(contentsOf: place.appending(path: name), encoding: .utf8)
            }
        }
        #expect(files.count == 18)
        #expect(EmbeddedSeeds.files == files, "run scripts/embed-seeds")
    }
}
