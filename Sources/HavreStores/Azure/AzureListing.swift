import HavreModel

/// List Blobs, page by page, parsed while it arrives. Short and even empty pages are legal: it goes on until no marker
/// is left.
final class AzureListing: ObjectListing, @unchecked Sendable {
    /// What is listed.
    enum Scope {
        /// What is there now.
        case present
        /// Every version and snapshot, and what is deleted softly.
        case history
        /// What is there now, and blobs of which there are blocks only.
        case uncommitted

        var include: String? {
            switch self {
            case .present: nil
            case .history: "deleted,snapshots,versions"
            case .uncommitted: "uncommittedblobs"
            }
        }
    }

    private static let pageSize = 5000

    private let channel: AzureChannel
    private let prefix: ObjectKey
    private let scope: Scope
    // Not to be shared between tasks: one call at a time.
    private var marker: [UInt8] = []
    private var idle = 0
    private var isOver = false

    init(_ channel: AzureChannel, prefix: ObjectKey, scope: Scope) {
        self.channel = channel
        self.prefix = prefix
        self.scope = scope
    }

    func next() async throws(StoreError) -> [ObjectEntry]? {
        if isOver { return nil }
        var call = AzureChannel.Call(.get)
        call.query.add("comp", "list".utf8)
        call.query.add("maxresults", Self.pageSize)
        if !prefix.bytes.isEmpty { call.query.add("prefix", prefix.bytes) }
        if let include = scope.include { call.query.add("include", include.utf8) }
        if !marker.isEmpty { call.query.add("marker", marker) }
        let page = AzurePage(allowsUncommitted: scope == .uncommitted)
        try await channel.read(call, into: page)
        guard page.root == "EnumerationResults" else { throw violation("is no listing but a \(page.root)") }
        if let problem = page.problem { throw violation(problem) }
        if page.marker.isEmpty {
            isOver = true
        } else {
            // An empty page may have got no further; one with entries, or a thousand empty ones, go round.
            let isStuck = page.marker == marker
            idle = isStuck && page.entries.isEmpty ? idle + 1 : 0
            guard !isStuck || (page.entries.isEmpty && idle < 1000) else { throw violation("goes round in a circle") }
            marker = page.marker
        }
        if let strange = page.entries.first(where: { !$0.key.bytes.starts(with: prefix.bytes) }) {
            var error = violation("holds a key outside the prefix asked for")
            error.key = strange.key
            throw error
        }
        return page.entries
    }

    private func violation(_ what: String) -> StoreError {
        StoreError(
            .protocolViolation,
            "the listing of container \(channel.configuration.container) at \(channel.name) \(what)")
    }
}

/// Reads pages of List Blobs straight into entries.
final class AzurePage: XMLHandler {
    private(set) var entries: [ObjectEntry] = []
    private(set) var marker: [UInt8] = []
    private(set) var problem: String?
    private(set) var root = ""
    private let allowsUncommitted: Bool
    private var blob: Blob?
    private var isName = false
    private var inProperties = false

    private struct Blob {
        var key: [UInt8] = []
        var isEncoded = false
        var entityTag = ""
        var size: UInt64?
        var modified: Int64?
        var tier: String?
        var archiveStatus: String?
        var kind: String?
        var versionID: String?
        var snapshot: String?
        var isCurrent: Bool?
        var isDeleted = false
    }

    init(allowsUncommitted: Bool) {
        self.allowsUncommitted = allowsUncommitted
        entries.reserveCapacity(1000)
    }

    func open(_ name: XMLName, depth: Int) {
        if depth == 1 {
            root = name.text
            entries.removeAll(keepingCapacity: true)
            (marker, problem, blob) = ([], nil, nil)
        }
        if depth == 3 { blob = name == "Blob" ? Blob() : nil }
        if depth == 4 {
            isName = name == "Name"
            inProperties = name == "Properties"
        }
    }

    func attribute(_ name: XMLName, _ value: String) {
        if isName, name == "Encoded" { blob?.isEncoded = value == "true" }
    }

    func close(_ name: XMLName, text: UnsafeBufferPointer<UInt8>, depth: Int) {
        switch depth {
        case 5: property(name, text)
        case 4: field(name, text)
        case 3: closeBlob()
        case 2 where name == "NextMarker": marker = Array(text)
        default: break
        }
    }

    private func field(_ name: XMLName, _ text: UnsafeBufferPointer<UInt8>) {
        switch name {
        case "Name": blob?.key = Array(text)
        case "VersionId": blob?.versionID = text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
        case "Snapshot": blob?.snapshot = text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
        case "IsCurrentVersion": blob?.isCurrent = text.elementsEqual("true".utf8)
        case "Deleted": blob?.isDeleted = text.elementsEqual("true".utf8)
        default: break
        }
    }

    /// Metadata lie as deep and bear the user's names: what a user calls `Etag` does not count.
    private func property(_ name: XMLName, _ text: UnsafeBufferPointer<UInt8>) {
        guard inProperties else { return }
        switch name {
        case "Last-Modified": blob?.modified = time(text)
        case "Etag": blob?.entityTag = S3Text.unquoted(text)
        case "Content-Length": blob?.size = S3Text.number(text)
        case "AccessTier": blob?.tier = String(decoding: text, as: UTF8.self)
        case "ArchiveStatus": blob?.archiveStatus = String(decoding: text, as: UTF8.self)
        case "BlobType": blob?.kind = String(decoding: text, as: UTF8.self)
        default: break
        }
    }

    private func time(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        Timestamp.seconds(http: String(decoding: text, as: UTF8.self)).map { $0 * 1_000_000_000 }
    }

    private func closeBlob() {
        guard let blob else { return }
        self.blob = nil
        var key = blob.key
        if blob.isEncoded {
            guard let decoded = PercentEncoding.decode(key, plusIsSpace: false) else {
                problem = problem ?? "lists a key with a broken percent sequence"
                return
            }
            key = decoded
        }
        guard !key.isEmpty, let size = blob.size ?? (allowsUncommitted ? 0 : nil) else {
            problem = problem ?? "lists an object without \(key.isEmpty ? "a key" : "a size")"
            return
        }
        let state: ObjectEntry.State =
            blob.isDeleted
            ? .deleted
            : blob.snapshot != nil ? .snapshot : blob.versionID != nil && blob.isCurrent != true ? .former : .current
        let version = SourceVersion(
            entityTag: blob.entityTag, size: size,
            versionID: blob.snapshot.map { AzureBlobStore.snapshotPrefix + $0 } ?? blob.versionID,
            modified: blob.modified)
        entries.append(
            ObjectEntry(
                key: ObjectKey(key), version: version, tier: blob.tier,
                rehydration: AzureMetadata.rehydration(tier: blob.tier, status: blob.archiveStatus), state: state,
                kind: blob.kind))
    }
}
