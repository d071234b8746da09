import Foundation
import HavreModel
import Yams

/// The repository's own seeds, decoded.
enum PolicySeeds {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "seeds")

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static var providerFiles: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "providers").path()).sorted()
        }
    }

    static var catalogue: Catalogue {
        get throws {
            let decoder = YAMLDecoder()
            return Catalogue(
                providers: try providerFiles.map { try decoder.decode(Provider.self, from: text("providers/\($0)")) },
                jurisdictions: try decoder.decode(Jurisdictions.self, from: text("jurisdictions.yaml")))
        }
    }

    static var rulebook: Rulebook {
        get throws { try Rulebook(seed: YAMLDecoder().decode(RulebookSeed.self, from: text("rulebook.yaml"))) }
    }
}
