import HavreCrypto
public import HavreModel
import Synchronization

/// A store in memory: the reference that others are held against, and the ground of the engine's tests.
///
/// It keeps every rule that its traits declare and ignores the conditions that they do not, as real servers do.
/// A write without the checksum of its trait is refused: forgetting it is a mistake that no real server tells.
public final class MemoryStore: ObjectStore {
    /// One object as it lies here.
    public struct Object: Sendable {
        /// All bytes.
        public var bytes: [UInt8]
        /// Tag, size, time.
        public var version: SourceVersion
        /// Metadata with tags, the marker among `user`.
        public var metadata: ObjectMetadata
    }

    private struct Part {
        var bytes: [UInt8]
        var receipt: PartReceipt
    }

    private struct Upload {
        var key: ObjectKey
        var metadata: ObjectMetadata
        var modified: Int64?
        var initiated: Int64
        var parts: [Int: Part] = [:]
    }

    private struct State {
        var objects: [ObjectKey: Object] = [:]
        var uploads: [String: Upload] = [:]
        var clock: Int64 = 1_600_000_000_000_000_000
        var lastUpload = 0

        mutating func tick() -> Int64 {
            clock += 1_000_000
            return clock
        }
    }

    public let traits: StoreTraits
    private let state = Mutex(State())

    /// An empty store with these traits.
    public init(traits: StoreTraits = MemoryStore.strictest) { self.traits = traits }

    /// Everything that a store can do, nothing that it may leave out.
    public static var strictest: StoreTraits {
        StoreTraits(
            maxParts: 10_000, minPartSize: 5 << 20, maxSingleWrite: 5 << 30, checksum: .crc64nvme,
            partChecksum: .crc64nvme, conditionalCreate: true, conditionalUpdate: true, conditionalComplete: true,
            conditionalRead: true, listsParts: true, listsUploads: true, entityTagIsMD5: false,
            keeps: Set(KeyHazard.allCases).subtracting([.empty, .overlongKey]), breaks: [.empty, .overlongKey])
    }

    // MARK: Beside the protocol

    /// Puts an object there as if another program had; returns its version.
    @discardableResult
    public func put(
        _ key: ObjectKey, _ bytes: [UInt8], metadata: ObjectMetadata = ObjectMetadata(), modified: Int64? = nil
    ) -> SourceVersion {
        let tag = tag(of: bytes)
        return state.withLock { state in
            let now = state.tick()
            let version = SourceVersion(entityTag: tag, size: UInt64(bytes.count), modified: modified ?? now)
            state.objects[key] = Object(bytes: bytes, version: version, metadata: metadata)
            return version
        }
    }

    /// The object as it lies here.
    public func object(_ key: ObjectKey) -> Object? { state.withLock { $0.objects[key] } }

    /// All keys in order.
    public var keys: [ObjectKey] { state.withLock { $0.objects.keys.sorted() } }

    private static func check(_ bytes: [UInt8]) -> UInt64 {
        var check = FileCheck()
        bytes.withUnsafeBytes { check.update($0) }
        return check.value
    }

    /// Checksums of some bytes; MD5 and CRC-32C cost more and are computed where asked for.
    private static func sums(of bytes: [UInt8], crc32c: Bool, md5: Bool) -> CiphertextChecksums {
        // Digests fail for want of memory only; a sum that is missing then differs from the stated one.
        guard let digester = try? CiphertextDigester(crc64: true, crc32c: crc32c, md5: md5, tag: nil) else {
            return CiphertextChecksums()
        }
        try? digester.begin()
        try? bytes.withUnsafeBytes { try digester.update($0) }
        return (try? digester.finish())?.0 ?? CiphertextChecksums()
    }

    /// MD5 where the traits say so, else size and CRC: in both cases the same bytes have the same tag.
    private func tag(of bytes: [UInt8]) -> String {
        func hex(_ value: some BinaryInteger) -> String { String(value, radix: 16) }
        guard traits.entityTagIsMD5 else { return "\(hex(Self.check(bytes)))-\(hex(bytes.count))" }
        let md5 = Self.sums(of: bytes, crc32c: false, md5: true).md5 ?? []
        return md5.map { $0 < 16 ? "0" + hex($0) : hex($0) }.joined()
    }

    private func refuse(_ key: ObjectKey) throws(StoreError) {
        let broken = KeyHazard.of(key).intersection(traits.breaks)
        if let hazard = broken.min(by: { $0.rawValue < $1.rawValue }) {
            throw StoreError(.refused, "this store does not take keys with the hazard \(hazard.rawValue)", key: key)
        }
    }

    private static func missing(_ key: ObjectKey) -> StoreError {
        StoreError(.notFound, "there is no object", key: key)
    }

    // MARK: Reading

    public func listing(prefix: ObjectKey) -> any ObjectListing {
        MemoryListing(
            entries: state.withLock { state in
                state.objects.filter { $0.key.dropping(prefix: prefix) != nil }
                    .map { ObjectEntry(key: $0.key, version: $0.value.version) }
                    .sorted { $0.key < $1.key }
            })
    }

    public func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        guard versionID == nil, let object = object(key) else { throw Self.missing(key) }
        return Self.head(of: object, withTags: withTags)
    }

    private static func head(of object: Object, withTags: Bool) -> ObjectHead {
        var metadata = object.metadata
        let tagCount = metadata.tags.count
        if !withTags { metadata.tags = [:] }
        return ObjectHead(
            version: object.version, metadata: metadata, tagCount: tagCount,
            marker: metadata.user["havre"].flatMap { Marker(token: $0) })
    }

    public func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        try await withTaskExecutorPreference(reactor) { () async throws(StoreError) -> ObjectHead in
            let key = request.key
            guard let object = object(key) else { throw Self.missing(key) }
            let drifted = StoreError(.drifted, "the object is no longer the one that was pinned", key: key)
            guard request.version.matches(object.version) else { throw drifted }
            let range = request.range ?? 0..<object.version.size
            guard range.upperBound <= object.version.size else {
                throw StoreError(.refused, "the range goes beyond the object's end", key: key)
            }
            sink.restart()
            var offset = Int(range.lowerBound)
            while offset < Int(range.upperBound) {
                if Task.isCancelled { throw StoreError(.cancelled, "the read was cancelled", key: key) }
                let end = min(offset + FileStore.slice, Int(range.upperBound))
                do {
                    try object.bytes.withUnsafeBytes {
                        try sink.receive(UnsafeRawBufferPointer(rebasing: $0[offset..<end]))
                    }
                } catch {
                    throw StoreError(.sink, "what was read could not be taken on", key: key, underlying: error)
                }
                offset = end
                if offset < Int(range.upperBound) { await Task.yield() }
            }
            // Overwritten in the middle: a server that streams from a file would have mixed both.
            guard let after = self.object(key), request.version.matches(after.version) else { throw drifted }
            var head = Self.head(of: object, withTags: false)
            if range == 0..<object.version.size {
                head.stated = [FileCheck.checksum(Self.check(object.bytes))]
            }
            return head
        }
    }

    // MARK: Writing

    public func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    {
        let key = request.key
        try refuse(key)
        guard UInt64(body.count) <= traits.maxSingleWrite else {
            throw StoreError(.refused, "one write takes at most \(traits.maxSingleWrite) bytes", key: key)
        }
        let bytes = try await take(body, kind: traits.checksum, key: key, on: reactor)
        let tag = tag(of: bytes)
        return try state.withLock { state throws(StoreError) in
            let create = traits.conditionalCreate, update = traits.conditionalUpdate
            try Self.hold(request.condition, create: create, update: update, on: state.objects[key], key: key)
            return Self.store(
                bytes, tag: tag, key: key, metadata: kept(request.metadata),
                modified: request.modified, enforced: traits.checksum, in: &state)
        }
    }

    /// Copies a body on the reactor, and compares every checksum that comes along and can be computed.
    private func take(_ body: WriteBody, kind: Checksum.Kind, key: ObjectKey, on reactor: Reactor)
        async throws(StoreError) -> [UInt8]
    {
        let bytes = try await withTaskExecutorPreference(reactor) { () async throws(StoreError) -> [UInt8] in
            switch body.storage {
            case .memory(let source): return Array(source.prefix(body.count))
            case .file(let descriptor, let offset):
                var bytes = [UInt8](repeating: 0, count: body.count)
                do throws(SystemFault) {
                    try bytes.withUnsafeMutableBufferPointer { room throws(SystemFault) in
                        try FileWriter.get(UnsafeMutableRawBufferPointer(room), from: descriptor, at: offset)
                    }
                } catch {
                    throw error.error("read the spool file", key, in: "the state directory")
                }
                return bytes
            }
        }
        guard bytes.count == body.count else {
            throw StoreError(.refused, "the body has \(bytes.count) bytes, \(body.count) were announced", key: key)
        }
        let stated = body.checksums
        let isMissing =
            switch kind {
            case .crc64nvme: stated.crc64nvme == nil
            case .crc32c: stated.crc32c == nil
            case .contentMD5: stated.md5 == nil
            case .none: false
            }
        if isMissing {
            throw StoreError(
                .refused, "the write lacks the checksum \(kind.rawValue) that the traits ask for", key: key)
        }
        let sums = Self.sums(of: bytes, crc32c: stated.crc32c != nil, md5: stated.md5 != nil)
        let isWrong =
            stated.crc64nvme.map { $0 != sums.crc64nvme } ?? false || stated.crc32c.map { $0 != sums.crc32c } ?? false
            || stated.md5.map { $0 != sums.md5 } ?? false
        // A store that enforces nothing takes what comes.
        if kind != .none && isWrong {
            throw StoreError(.checksumRefused, "the bytes that arrived are not those of the checksum", key: key)
        }
        return bytes
    }

    private static func hold(
        _ condition: WriteCondition, create: Bool, update: Bool, on object: Object?, key: ObjectKey
    ) throws(StoreError) {
        switch condition {
        case .absent where create && object != nil:
            throw StoreError(.conditionFailed, "something is there already", key: key)
        case .entityTag(let tag) where update && object?.version.entityTag != tag:
            throw StoreError(.conditionFailed, "what was to be replaced is another object by now", key: key)
        case .absent, .entityTag, .any: return
        }
    }

    private func kept(_ metadata: ObjectMetadata) -> ObjectMetadata {
        var kept = traits.keepsHeaders ? metadata : ObjectMetadata()
        kept.user = traits.keepsUserMetadata ? metadata.user : [:]
        kept.tags = traits.keepsTags ? metadata.tags : [:]
        return kept
    }

    private static func store(
        _ bytes: [UInt8], tag: String, key: ObjectKey, metadata: ObjectMetadata, modified: Int64?,
        enforced: Checksum.Kind, in state: inout State
    ) -> WriteReceipt {
        let now = state.tick()
        let version = SourceVersion(entityTag: tag, size: UInt64(bytes.count), modified: modified ?? now)
        state.objects[key] = Object(bytes: bytes, version: version, metadata: metadata)
        return WriteReceipt(entityTag: tag, enforced: enforced)
    }

    public func delete(_ key: ObjectKey) async throws(StoreError) {
        state.withLock { _ = $0.objects.removeValue(forKey: key) }
    }

    // MARK: Parts

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        try await createUpload(key, metadata: metadata, modified: nil)
    }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) async throws(StoreError)
        -> String
    {
        try refuse(key)
        return state.withLock { state in
            state.lastUpload += 1
            let id = "upload-\(state.lastUpload)"
            state.uploads[id] = Upload(
                key: key, metadata: kept(metadata), modified: modified, initiated: Timestamp.now() * 1_000_000_000)
            return id
        }
    }

    private static func find(_ id: String, key: ObjectKey, in state: borrowing State) throws(StoreError) -> Upload {
        guard let upload = state.uploads[id], upload.key == key else {
            throw StoreError(.noSuchUpload, "there is no upload \(id)", key: key)
        }
        return upload
    }

    public func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt {
        guard (0..<traits.maxParts).contains(index) else {
            throw StoreError(.refused, "part \(index) is beyond the \(traits.maxParts) parts of an upload", key: key)
        }
        try state.withLock { state throws(StoreError) in _ = try Self.find(upload, key: key, in: state) }
        let bytes = try await take(body, kind: traits.partChecksum, key: key, on: reactor)
        let receipt = PartReceipt(
            index: index, entityTag: tag(of: bytes), size: UInt64(bytes.count),
            checksum: traits.partChecksum == .crc64nvme ? FileCheck.checksum(Self.check(bytes)) : nil)
        try state.withLock { state throws(StoreError) in
            _ = try Self.find(upload, key: key, in: state)
            state.uploads[upload]?.parts[index] = Part(bytes: bytes, receipt: receipt)
        }
        return receipt
    }

    public func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try state.withLock { state throws(StoreError) in
            let found = try Self.find(upload, key: key, in: state)
            guard !parts.isEmpty, parts.map(\.index) == Array(0..<parts.count), found.parts.count == parts.count else {
                throw StoreError(.refused, "the parts to join are not all of them in order", key: key)
            }
            var bytes: [UInt8] = []
            for part in parts {
                guard let held = found.parts[part.index], held.receipt.entityTag == part.entityTag else {
                    throw StoreError(.refused, "part \(part.index) is not the one that was sent", key: key)
                }
                if part.index < parts.count - 1, UInt64(held.bytes.count) < traits.minPartSize {
                    throw StoreError(.refused, "part \(part.index) is too small to be followed by others", key: key)
                }
                bytes += held.bytes
            }
            if let checksum, checksum.kind == .crc64nvme, checksum != FileCheck.checksum(Self.check(bytes)) {
                throw StoreError(.checksumRefused, "the joined bytes are not those of the CRC-64/NVME", key: key)
            }
            let conditional = traits.conditionalComplete
            try Self.hold(condition, create: conditional, update: conditional, on: state.objects[key], key: key)
            state.uploads[upload] = nil
            // No MD5 of the whole, as everywhere.
            let tag = "\(tag(of: bytes))-\(parts.count)"
            return Self.store(
                bytes, tag: tag, key: key, metadata: found.metadata, modified: found.modified,
                enforced: traits.partChecksum, in: &state)
        }
    }

    public func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) {
        state.withLock { state in
            if state.uploads[upload]?.key == key { state.uploads[upload] = nil }
        }
    }

    public func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        try state.withLock { state throws(StoreError) in
            let parts = try Self.find(upload, key: key, in: state).parts
            return traits.listsParts ? parts.values.map(\.receipt).sorted { $0.index < $1.index } : []
        }
    }

    public func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] {
        guard traits.listsUploads else { return [] }
        return state.withLock { state in
            state.uploads.filter { $0.value.key.dropping(prefix: prefix) != nil }
                .map { PendingUpload(key: $0.value.key, upload: $0.key, initiated: $0.value.initiated) }
                .sorted { $0.upload < $1.upload }
        }
    }
}

/// Pages of 1,000 entries of what was there when it began.
private final class MemoryListing: ObjectListing, @unchecked Sendable {
    private var rest: ArraySlice<ObjectEntry>

    init(entries: [ObjectEntry]) { rest = entries[...] }

    func next() async throws(StoreError) -> [ObjectEntry]? {
        if rest.isEmpty { return nil }
        defer { rest = rest.dropFirst(1000) }
        return Array(rest.prefix(1000))
    }
}
