import HavreModel
import Yams

/// Catalogue and rulebook as they lie inside the binary.
enum Seeds {
    /// The catalogue. Throws only where a seed does not decode, which a test rules out.
    static func catalogue() throws -> Catalogue {
        let providers = EmbeddedSeeds.files.keys.filter { $0.hasPrefix("seeds/providers/") }.sorted()
        return Catalogue(
            providers: try providers.map { try decode($0) }, jurisdictions: try decode("seeds/jurisdictions.yaml"))
    }

    /// The rulebook. Throws where it does not name each rule of this release once, which a test rules out.
    static func rulebook() throws -> Rulebook {
        try Rulebook(seed: try decode("seeds/rulebook.yaml"))
    }

    private static func decode<Value: Decodable>(_ path: String) throws -> Value {
        try YAMLDecoder().decode(Value.self, from: EmbeddedSeeds.files[path] ?? "")
    }
}
