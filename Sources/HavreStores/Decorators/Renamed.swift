public import HavreCrypto
public import HavreModel

/// A source whose objects bear encrypted names: keys go in and come out in plain.
///
/// A prefix must be empty or end with `/`, since names are encrypted segment by segment. A name that is none of the
/// remote's is listed all the same, as it is behind the prefix, with the tier `undecipherable`. Nothing is written.
public struct Renamed: ObjectStore {
    private let base: any ObjectStore
    private let names: RcloneNames

    /// Wraps a store.
    public init(_ base: any ObjectStore, names: RcloneNames) {
        self.base = base
        self.names = names
    }

    /// What marks an entry whose name cannot be read.
    public static let undecipherable = "undecipherable"

    public var traits: StoreTraits { base.traits }

    public func listing(prefix: ObjectKey) -> any ObjectListing {
        RenamedListing(base, names: names, prefix: prefix)
    }

    public func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        try await base.head(try stored(key), versionID: versionID, withTags: withTags)
    }

    public func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        var request = request
        request.key = try stored(request.key)
        return try await base.read(request, on: reactor, into: sink)
    }

    public func clockSkew() async throws(StoreError) -> Double? { try await base.clockSkew() }

    public func hasPlace(of prefix: ObjectKey) async throws(StoreError) -> Bool {
        try await base.hasPlace(of: try Self.stored(prefix: prefix, names))
    }

    public func observed() async throws(StoreError) -> Connection? { try await base.observed() }

    private func stored(_ key: ObjectKey) throws(StoreError) -> ObjectKey {
        do throws(CryptoError) { return try names.stored(key) } catch {
            throw StoreError(.refused, error.message, key: key)
        }
    }

    fileprivate static func stored(prefix: ObjectKey, _ names: RcloneNames) throws(StoreError) -> ObjectKey {
        if prefix.bytes.isEmpty { return prefix }
        guard prefix.bytes.last == UInt8(ascii: "/") else {
            throw StoreError(
                .refused,
                "the prefix \(prefix) of a source with encrypted names must end with `/`: names are encrypted whole")
        }
        do throws(CryptoError) { return try names.storedDirectory(prefix) } catch {
            throw StoreError(.refused, error.message, key: prefix)
        }
    }

    // MARK: Nothing is written

    private var sourceOnly: StoreError { StoreError(.refused, "objects with encrypted names are a source only") }

    public func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    { throw sourceOnly }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        throw sourceOnly
    }

    public func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt { throw sourceOnly }

    public func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt { throw sourceOnly }

    public func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) { throw sourceOnly }

    public func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        throw sourceOnly
    }

    public func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] { throw sourceOnly }

    public func delete(_ key: ObjectKey) async throws(StoreError) { throw sourceOnly }
}

/// Entries with their names in plain.
private final class RenamedListing: ObjectListing, @unchecked Sendable {
    // Unchecked: a listing is not shared between tasks.
    private let base: any ObjectStore
    private let names: RcloneNames
    private let prefix: ObjectKey
    private var under: (listing: any ObjectListing, stored: ObjectKey)?

    init(_ base: any ObjectStore, names: RcloneNames, prefix: ObjectKey) {
        self.base = base
        self.names = names
        self.prefix = prefix
    }

    func next() async throws(StoreError) -> [ObjectEntry]? {
        let (listing, stored) = try begin()
        guard let page = try await listing.next() else { return nil }
        return page.map { entry in
            var entry = entry
            do throws(CryptoError) {
                entry.key = try names.plain(entry.key)
            } catch {
                entry.key = (entry.key.dropping(prefix: stored) ?? entry.key).prefixed(by: prefix)
                entry.tier = Renamed.undecipherable
            }
            return entry
        }
    }

    private func begin() throws(StoreError) -> (listing: any ObjectListing, stored: ObjectKey) {
        if let under { return under }
        let stored = try Renamed.stored(prefix: prefix, names)
        let begun = (base.listing(prefix: stored), stored)
        under = begun
        return begun
    }
}
