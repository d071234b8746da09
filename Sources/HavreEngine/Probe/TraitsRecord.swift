import FoundationEssentials
import Glibc
public import HavreModel
public import HavreStores

/// What the last probes found out, kept in the state directory beside the journal: one entry a location.
public struct TraitsRecord: Sendable, Codable {
    /// One probe.
    public struct Entry: Sendable, Codable, Hashable {
        /// What the engine goes by.
        public var traits: StoreTraits
        /// For a person.
        public var findings: [Prober.Finding]
        /// When, nanoseconds since 1970 UTC.
        public var probedAt: Int64
        /// How fast the location takes data; nil where that was never measured.
        public var writing: Writing?

        /// Makes an entry.
        public init(traits: StoreTraits, findings: [Prober.Finding], probedAt: Int64, writing: Writing? = nil) {
            self.traits = traits
            self.findings = findings
            self.probedAt = probedAt
            self.writing = writing
        }
    }

    /// How fast a location was seen to take data.
    public struct Writing: Sendable, Codable, Hashable {
        /// Bytes a second of the slowest round.
        public var slowest: Double
        /// Bytes a second of the fastest round.
        public var fastest: Double
        /// When, nanoseconds since 1970 UTC.
        public var measuredAt: Int64

        /// States what was measured.
        public init(slowest: Double, fastest: Double, measuredAt: Int64) {
            self.slowest = slowest
            self.fastest = fastest
            self.measuredAt = measuredAt
        }
    }

    /// Entries by endpoint, bucket and prefix.
    public private(set) var entries: [String: Entry] = [:]
    /// Tokens of probes that began and did not end, by the same names: a crash must not leave objects behind.
    private var underWay: [String: String]?

    /// Nothing known.
    public init() {}

    /// Reads `<state>/traits.json`; nothing known where it is absent. Throws where it is damaged.
    public static func load(state: String) throws -> TraitsRecord {
        let path = state + "/traits.json"
        guard access(path, F_OK) == 0 else { return TraitsRecord() }
        do {
            return try JSONDecoder().decode(TraitsRecord.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw EngineError(
                .state, "\(path): cannot be read (\(error)); remove it and run `havre doctor` again")
        }
    }

    /// The name under which a location is kept. The endpoint belongs to it: another server is another store.
    public static func name(endpoint: String, location: Location) -> String {
        "\(endpoint) \(location.bucket) \(location.prefix)"
    }

    /// The token of the probe of `name` that begins now: of the one that did not end, else `token`.
    public mutating func begin(_ name: String, token: String) -> String {
        let token = underWay?[name] ?? token
        underWay = (underWay ?? [:]).merging([name: token]) { $1 }
        return token
    }

    /// Takes a probe in that has ended.
    public mutating func set(_ name: String, _ entry: Entry) {
        entries[name] = entry
        underWay?[name] = nil
    }

    /// Writes the file whole or not at all.
    public func save(state: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(filePath: state + "/traits.json"), options: .atomic)
    }
}
