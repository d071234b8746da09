import Glibc
import HavreCrypto
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// A store under test, empty each time it is opened.
struct Conformer: Sendable, CustomTestStringConvertible {
    let name: String
    let open: @Sendable () async throws -> any ObjectStore

    var testDescription: String { name }

    /// What a server was seen to do beside the protocol (November 2026), which no trait speaks of.
    enum Quirk {
        /// The entity tag of joined parts is another one in HEAD than in the answer to the joining.
        case retagsJoined
        /// An upload that ended is a fault of the server (500), not an upload that is gone.
        case faultsOnEndedUpload
        /// Writing a whole object ends the uploads of its key.
        case writeEndsUploads
        /// Keys of open uploads are not listed as they are, where they hold what XML or a URL must escape.
        case garblesUploadKeys
    }

    var quirks: Set<Quirk> {
        switch name {
        case "s3, seaweedfs": [.garblesUploadKeys]
        case "s3, rclone": [.retagsJoined, .garblesUploadKeys]
        case "s3, moto": [.faultsOnEndedUpload, .garblesUploadKeys]
        case "azure-blob": [.writeEndsUploads]
        default: []
        }
    }

    /// Every conformer gets every test of the suite by standing here.
    /// `HAVRE_CONFORMERS` names the only ones that run, with commas between; all do where it is not set.
    static let all: [Conformer] = {
        guard let chosen = getenv("HAVRE_CONFORMERS").map({ String(cString: $0) }) else { return every }
        let names = Set(chosen.split(separator: ",").map(String.init))
        return every.filter { names.contains($0.name) }
    }()

    private static var every: [Conformer] {
        [
            Conformer(name: "memory") { MemoryStore(traits: smallParts(MemoryStore.strictest)) },
            Conformer(name: "memory, lax") { MemoryStore(traits: smallParts(lax)) },
            Conformer(name: "file") { try FileStore(root: try TestDirectory.make()) },
            Conformer(name: "file, walking") {
                try FileStore(tree: FileTree(path: try TestDirectory.make(), kernelResolves: false))
            },
        ] + S3Ground.conformers + AzureGround.conformers
    }

    /// What a server does that keeps to nothing it may leave out.
    static var lax: StoreTraits {
        StoreTraits(
            checksum: .none, partChecksum: .none, listsParts: false, listsUploads: false, entityTagIsMD5: false,
            keeps: Set(KeyHazard.allCases).subtracting([.empty, .overlongKey]), breaks: [.empty, .overlongKey],
            keepsHeaders: false, keepsUserMetadata: false, keepsTags: false)
    }

    private static func smallParts(_ traits: StoreTraits) -> StoreTraits {
        var traits = traits
        traits.minPartSize = 1
        return traits
    }
}

/// The reactor of all conformance tests.
enum TestReactor {
    private static let shared = Result { try Reactor(name: "test") }

    static func get() throws -> Reactor { try shared.get() }
}

/// Keeps what it receives.
final class Collector: ByteSink {
    struct Full: Error {}
    private(set) var bytes: [UInt8] = []
    private(set) var restarts = 0
    /// Throws when asked to hold more.
    let limit: Int
    /// Runs once, at the first bytes.
    var atFirstBytes: (() -> Void)?

    init(limit: Int = .max) { self.limit = limit }

    func restart() {
        bytes = []
        restarts += 1
    }

    func receive(_ slice: UnsafeRawBufferPointer) throws {
        if bytes.isEmpty, !slice.isEmpty {
            atFirstBytes?()
            atFirstBytes = nil
        }
        if bytes.count + slice.count > limit { throw Full() }
        bytes += slice
    }
}

/// `count` bytes that look like nothing, the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    var words = [UInt64](repeating: 0, count: count / 8 + 1)
    for index in words.indices {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        words[index] = state
    }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
}

/// All checksums of some bytes.
func checksums(of bytes: [UInt8]) throws -> CiphertextChecksums {
    let digester = try CiphertextDigester(crc64: true, crc32c: true, md5: true, tag: nil)
    try digester.begin()
    try bytes.withUnsafeBytes { try digester.update($0) }
    return try digester.finish().0
}

extension ObjectStore {
    /// Writes bytes from memory, with their checksums unless others are given.
    @discardableResult
    func save(
        _ key: ObjectKey, _ bytes: [UInt8], condition: WriteCondition = .any,
        metadata: ObjectMetadata = ObjectMetadata(), modified: Int64? = nil, checks: CiphertextChecksums? = nil
    ) async throws -> WriteReceipt {
        let request = WriteRequest(key: key, condition: condition, metadata: metadata, modified: modified)
        return try await withBody(bytes, checks: checks) { try await write(request, body: $0, on: $1) }
    }

    /// Writes a part from memory.
    @discardableResult
    func putPart(
        _ index: Int, of upload: String, _ key: ObjectKey, _ bytes: [UInt8], checks: CiphertextChecksums? = nil
    ) async throws -> PartReceipt {
        try await withBody(bytes, checks: checks) {
            try await writePart(index, of: upload, key: key, body: $0, on: $1)
        }
    }

    private func withBody<Value>(
        _ bytes: [UInt8], checks: CiphertextChecksums?, _ body: (WriteBody, Reactor) async throws -> Value
    ) async throws -> Value {
        let reactor = try TestReactor.get()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        let slice = UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count])
        let checks = try checks ?? checksums(of: bytes)
        return try await body(
            WriteBody(storage: .memory(slice), count: bytes.count, checksums: checks), reactor)
    }

    /// Reads an object, or a range of it, as it is now.
    func get(_ key: ObjectKey, _ range: Range<UInt64>? = nil) async throws -> [UInt8] {
        let version = try await head(key, versionID: nil, withTags: false).version
        return try await get(key, version, range)
    }

    /// Reads a pinned version.
    func get(_ key: ObjectKey, _ version: SourceVersion, _ range: Range<UInt64>? = nil) async throws -> [UInt8] {
        let sink = Collector()
        let head = try await read(
            ReadRequest(key: key, version: version, range: range), on: try TestReactor.get(), into: sink)
        #expect(head.version.matches(version))
        return sink.bytes
    }

    /// Everything that a listing tells.
    func list(_ prefix: ObjectKey = ObjectKey("")) async throws -> [ObjectEntry] {
        let listing = listing(prefix: prefix)
        var found: [ObjectEntry] = []
        while let page = try await listing.next() { found += page }
        return found
    }
}

/// Compares bytes without printing them all.
func same(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool { left.elementsEqual(right) }

/// Runs `body` and wants a store's error with this code, or another of `or`.
func expectError(
    _ code: StoreError.Code, or others: Set<StoreError.Code> = [], _ what: Comment? = nil,
    at location: SourceLocation = #_sourceLocation,
    _ body: () async throws -> some Any
) async {
    do {
        _ = try await body()
        Issue.record("\(code.rawValue) was expected, nothing thrown. \(what?.rawValue ?? "")", sourceLocation: location)
    } catch let error as StoreError {
        let isWanted = error.code == code || others.contains(error.code)
        #expect(isWanted, "\(error.code) \(error). \(what?.rawValue ?? "")", sourceLocation: location)
    } catch {
        Issue.record("\(code.rawValue) was expected, not \(error)", sourceLocation: location)
    }
}
