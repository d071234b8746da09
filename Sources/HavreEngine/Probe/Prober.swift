import HavreCrypto
public import HavreModel
public import HavreStores
import Synchronization

/// Finds out what a store really does, by writing, reading and deleting a few objects under
/// `<prefix>.havre/probe-…/`: it does not read documentation (protocols §3).
public struct Prober: Sendable {
    /// One thing found out.
    public struct Finding: Sendable, Hashable, Codable {
        /// How it stands.
        public enum Grade: String, Sendable, Hashable, Codable {
            /// As one would wish.
            case good
            /// Havre does without.
            case note
            /// A run cannot go well.
            case bad
        }
        /// What was tried.
        public var subject: String
        /// How it stands.
        public var grade: Grade
        /// What was found, in words.
        public var words: String

        /// Makes a finding.
        public init(_ subject: String, _ grade: Grade, _ words: String) {
            self.subject = subject
            self.grade = grade
            self.words = words
        }
    }

    /// Everything found out.
    public struct Result: Sendable, Hashable {
        /// What the engine goes by from now on.
        public var traits: StoreTraits
        /// For a person.
        public var findings: [Finding]
        /// How fast the target takes data; nil where that was not measured.
        public var writing: SourceProbe.Result?
    }

    private let declared: StoreTraits
    private let store: @Sendable (StoreTraits) throws -> any ObjectStore
    private let prefix: ObjectKey
    private let reactor: Reactor
    private let token: String
    private let writing: [Reactor]

    /// Prepares a probe of a target. `store` makes a store that goes by the traits it is given; `token` names the
    /// probe's folder, and what an earlier probe of the same token left there is removed first. Over the reactors
    /// `writing`, where any are given, it also measures how fast the target takes data.
    public init(
        declared: StoreTraits, prefix: ObjectKey, token: String, reactor: Reactor,
        writing: [Reactor] = [],
        store: @escaping @Sendable (StoreTraits) throws -> any ObjectStore
    ) {
        self.declared = declared
        self.store = store
        self.prefix = prefix
        self.token = token
        self.writing = writing
        self.reactor = reactor
    }

    /// A token that no other probe has.
    public static func newToken() throws -> String { try SecretBytes.random(8).withBytes { Hex.encode($0) } }

    /// Probes and cleans up. Throws where not even a plain write, read and delete succeed.
    public func execute() async throws -> Result {
        let root = ObjectKey(prefix.bytes + Array(".havre/probe-\(token)/".utf8))
        var result = Result(traits: declared, findings: [])
        result.traits.probed = true
        let reactor = reactor
        let probe = try ProbeRun(root: root, declared: declared, reactor: reactor, store: store)
        _ = try await probe.sweep()
        try await probe.plain(&result)
        try await probe.checksums(&result)
        try await probe.conditions(&result)
        try await probe.parts(&result)
        try await probe.metadata(&result)
        try await probe.keys(&result)
        if !writing.isEmpty {
            result.writing = try await TargetProbe(run: probe, store: store(result.traits), reactors: writing).execute()
        }
        try await probe.cleanUp(&result)
        return result
    }
}

/// The steps of one probe, in order.
final class ProbeRun: Sendable {
    let root: ObjectKey
    /// Goes by nothing that was not found out.
    let plainStore: any ObjectStore
    private let make: @Sendable (StoreTraits) throws -> any ObjectStore
    private let declared: StoreTraits
    private let reactor: Reactor
    /// What cleaning up must delete.
    let written = Mutex<Set<ObjectKey>>([])

    init(
        root: ObjectKey, declared: StoreTraits, reactor: Reactor,
        store: @escaping @Sendable (StoreTraits) throws -> any ObjectStore
    ) throws {
        self.root = root
        self.declared = declared
        self.reactor = reactor
        make = store
        var cautious = declared
        cautious.checksum = .none
        cautious.partChecksum = .none
        cautious.conditionalCreate = false
        cautious.conditionalUpdate = false
        cautious.conditionalComplete = false
        plainStore = try store(cautious)
    }

    func key(_ name: String) -> ObjectKey { ObjectKey(root.bytes + Array(name.utf8)) }

    private func bold(_ change: (inout StoreTraits) -> Void) throws -> any ObjectStore {
        var traits = declared
        traits.checksum = .none
        traits.partChecksum = .none
        change(&traits)
        return try make(traits)
    }

    private func body<Result: Sendable>(
        _ text: String, checksums: CiphertextChecksums = CiphertextChecksums(),
        _ use: @Sendable (WriteBody) async throws -> Result
    ) async throws -> Result {
        let bytes = Array(text.utf8)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        return try await use(
            WriteBody(
                storage: .memory(UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])), count: bytes.count,
                checksums: checksums))
    }

    @discardableResult
    func put(
        _ store: any ObjectStore, _ key: ObjectKey, _ text: String, _ condition: WriteCondition = .any,
        metadata: ObjectMetadata = ObjectMetadata(), checksums: CiphertextChecksums = CiphertextChecksums()
    ) async throws -> WriteReceipt {
        written.withLock { _ = $0.insert(key) }
        let reactor = reactor
        return try await body(text, checksums: checksums) {
            try await store.write(
                WriteRequest(key: key, condition: condition, metadata: metadata), body: $0, on: reactor)
        }
    }

    func text(_ key: ObjectKey) async throws -> String {
        let head = try await plainStore.head(key, versionID: nil, withTags: false)
        let sink = MemorySink()
        _ = try await plainStore.read(ReadRequest(key: key, version: head.version), on: reactor, into: sink)
        return String(decoding: sink.bytes, as: UTF8.self)
    }

    // MARK: Steps

    func plain(_ result: inout Prober.Result) async throws {
        let receipt = try await put(plainStore, key("plain"), "havre")
        guard try await text(key("plain")) == "havre" else {
            throw StoreError(.protocolViolation, "the store returned other bytes than it was given", key: key("plain"))
        }
        let md5 = try Array("havre".utf8).withUnsafeBytes { try CiphertextDigester.checksums(of: $0).md5 }
        result.traits.entityTagIsMD5 = md5.map { receipt.entityTag == Hex.encode($0) } ?? false
        result.findings.append(.init("write, read", .good, "an object arrives as it left"))
        result.findings.append(
            result.traits.entityTagIsMD5
                ? .init("ETag", .good, "is the MD5 of what was sent")
                : .init("ETag", .note, "is not the MD5 of what was sent"))
    }

    func checksums(_ result: inout Prober.Result) async throws {
        var enforced: [Checksum.Kind] = []
        for kind in [Checksum.Kind.crc64nvme, .crc32c, .contentMD5] {
            let store = try bold { $0.checksum = kind }
            let wrong = CiphertextChecksums(crc64nvme: 1, crc32c: 1, md5: [UInt8](repeating: 1, count: 16))
            do {
                try await put(store, key("wrong-\(kind.rawValue)"), "havre", checksums: wrong)
            } catch let error as StoreError {
                // Accepted, and found out by our own comparison with the answer: the server refuses nothing.
                if Self.isOurOwnFinding(error) { continue }
                // Refused wrong; a right one must pass, or it is refused as such.
                guard error.code == .checksumRefused || error.code == .refused else { throw error }
                let bytes = Array("havre".utf8)
                let right = try bytes.withUnsafeBytes { try CiphertextDigester.checksums(of: $0) }
                do {
                    try await put(store, key("right-\(kind.rawValue)"), "havre", checksums: right)
                    enforced.append(kind)
                } catch let error as StoreError where !error.isRetryable {
                    continue
                }
            }
        }
        result.traits.checksum = enforced.first ?? .none
        let names = enforced.map(\.rawValue).joined(separator: ", ")
        result.findings.append(
            enforced.isEmpty
                ? .init("wrong checksum", .note, "accepted: what is written is compared by ETag or read back")
                : .init("wrong checksum", .good, "refused: \(names); \(result.traits.checksum.rawValue) is used"))
    }

    /// Whether the server took the bytes (a status below 400) and only our comparison refused them.
    private static func isOurOwnFinding(_ error: StoreError) -> Bool {
        error.code == .checksumRefused && (error.status ?? 400) < 400
    }

    func conditions(_ result: inout Prober.Result) async throws {
        let bold = try bold {
            $0.conditionalCreate = true
            $0.conditionalUpdate = true
        }
        let name = key("condition")
        let first = try await put(plainStore, name, "one")
        result.traits.conditionalCreate = try await refuses { try await put(bold, name, "two", .absent) }
        let now = try await plainStore.head(name, versionID: nil, withTags: false).version.entityTag
        result.traits.conditionalUpdate = try await refuses {
            try await put(bold, name, "three", .entityTag("0123456789abcdef0123456789abcdef"))
        }
        if result.traits.conditionalUpdate {
            // A store that refuses the right tag as well cannot be updated under a condition.
            result.traits.conditionalUpdate = try await !refuses { try await put(bold, name, "four", .entityTag(now)) }
        }
        do {
            var stale = SourceVersion(entityTag: "0123456789abcdef0123456789abcdef", size: 3)
            stale.versionID = nil
            _ = first
            let reading = try self.bold { $0.conditionalRead = true }
            _ = try await reading.read(ReadRequest(key: name, version: stale), on: reactor, into: MemorySink())
            result.traits.conditionalRead = false
        } catch let error as StoreError {
            result.traits.conditionalRead = error.status == 412
        }
        func finding(_ subject: String, _ works: Bool, _ without: String) -> Prober.Finding {
            works ? .init(subject, .good, "refused") : .init(subject, .note, "without effect: \(without)")
        }
        result.findings += [
            finding(
                "a second create (If-None-Match: *)", result.traits.conditionalCreate,
                "HEAD comes before each write; exclusive prefix assumed"),
            finding(
                "a stale update (If-Match)", result.traits.conditionalUpdate,
                "HEAD comes before each write; exclusive prefix assumed"),
            finding(
                "a stale read (If-Match)", result.traits.conditionalRead,
                "ETag and size of every answer are compared, as always"),
        ]
    }

    private func refuses(_ body: () async throws -> Void) async throws -> Bool {
        do {
            try await body()
            return false
        } catch let error as StoreError where error.code == .conditionFailed {
            return true
        } catch let error as StoreError where !error.isRetryable && !error.isOfCredentials {
            // 501 and the like: a server that does not know the condition.
            return false
        }
    }

    func parts(_ result: inout Prober.Result) async throws {
        let name = key("parts")
        let reactor = reactor
        let upload: String
        do throws(StoreError) {
            upload = try await plainStore.createUpload(name, metadata: ObjectMetadata())
        } catch {
            if error.isRetryable { throw error }
            result.traits.maxParts = 1
            result.findings.append(.init("uploads in parts", .bad, "refused: \(error.message)"))
            return
        }
        written.withLock { _ = $0.insert(name) }
        let store = plainStore
        let receipt = try await body("part") {
            try await store.writePart(0, of: upload, key: name, body: $0, on: reactor)
        }
        let listed = try? await plainStore.listParts(of: upload, key: name)
        result.traits.listsParts = listed?.contains { $0.index == 0 && $0.size == 4 } ?? false
        let uploads = try? await plainStore.listUploads(prefix: name)
        result.traits.listsUploads = uploads?.contains { $0.upload == upload } ?? false
        _ = try await plainStore.completeUpload(
            upload, key: name, parts: [receipt], checksum: nil, condition: .any)
        result.traits.conditionalComplete = try await refusesCompletion(name)
        result.traits.partChecksum = try await partChecksum(name)
        result.findings += [
            result.traits.listsParts
                ? .init("ListParts", .good, "lists")
                : .init("ListParts", .note, "does not list: parts without a receipt are sent again"),
            result.traits.listsUploads
                ? .init("ListMultipartUploads", .good, "lists")
                : .init(
                    "ListMultipartUploads", .note,
                    "does not list: an upload orphaned between intent and id cannot be found"),
            result.traits.conditionalComplete
                ? .init("joining over something", .good, "refused")
                : .init("joining over something", .note, "without effect: HEAD comes first"),
        ]
    }

    private func refusesCompletion(_ name: ObjectKey) async throws -> Bool {
        let store = try bold { $0.conditionalComplete = true }
        let reactor = reactor
        let upload = try await store.createUpload(name, metadata: ObjectMetadata())
        let receipt = try await body("other") {
            try await store.writePart(0, of: upload, key: name, body: $0, on: reactor)
        }
        let refused = try await refuses {
            _ = try await store.completeUpload(
                upload, key: name, parts: [receipt], checksum: nil, condition: .absent)
        }
        if refused { try? await store.abortUpload(upload, key: name) }
        // Refusal alone is not enough: what is there must still be the first.
        let kept = try await text(name)
        return refused && kept == "part"
    }

    private func partChecksum(_ name: ObjectKey) async throws -> Checksum.Kind {
        let reactor = reactor
        for kind in [Checksum.Kind.crc64nvme, .crc32c, .contentMD5] {
            let store = try bold { $0.partChecksum = kind }
            guard let upload = try? await store.createUpload(name, metadata: ObjectMetadata()) else { continue }
            let wrong = CiphertextChecksums(crc64nvme: 1, crc32c: 1, md5: [UInt8](repeating: 1, count: 16))
            var refused = false
            do {
                _ = try await body("part", checksums: wrong) {
                    try await store.writePart(0, of: upload, key: name, body: $0, on: reactor)
                }
            } catch let error as StoreError where error.code == .checksumRefused || error.code == .refused {
                refused = !Self.isOurOwnFinding(error)
            }
            var works = false
            if refused {
                let right = try Array("part".utf8).withUnsafeBytes { try CiphertextDigester.checksums(of: $0) }
                if let receipt = try? await body(
                    "part", checksums: right,
                    {
                        try await store.writePart(0, of: upload, key: name, body: $0, on: reactor)
                    })
                {
                    let whole = right.wire(kind).map { Checksum(kind: kind, value: $0) }
                    works =
                        (try? await store.completeUpload(
                            upload, key: name, parts: [receipt], checksum: whole, condition: .any)) != nil
                }
            }
            if !works { try? await store.abortUpload(upload, key: name) }
            if works { return kind }
        }
        return .none
    }

    func metadata(_ result: inout Prober.Result) async throws {
        let name = key("metadata")
        var sent = ObjectMetadata(
            contentType: "text/csv", contentLanguage: "fr", contentDisposition: "attachment", cacheControl: "no-store",
            user: ["havre-probe": "1"])
        try await put(plainStore, name, "metadata", metadata: sent)
        let found = try await plainStore.head(name, versionID: nil, withTags: false).metadata
        result.traits.keepsHeaders =
            found.contentType == sent.contentType && found.contentLanguage == sent.contentLanguage
            && found.contentDisposition == sent.contentDisposition && found.cacheControl == sent.cacheControl
        result.traits.keepsUserMetadata = found.user["havre-probe"] == "1"
        sent.tags = ["havre": "probe"]
        do {
            try await put(plainStore, key("tags"), "tags", metadata: sent)
            let tagged = try await plainStore.head(key("tags"), versionID: nil, withTags: true).metadata
            result.traits.keepsTags = tagged.tags == sent.tags
        } catch is StoreError {
            // A server that knows no tags may answer anything: with a fault for ever, or with the object itself.
            result.traits.keepsTags = false
        }
        let lost = [
            result.traits.keepsHeaders ? nil : "content headers",
            result.traits.keepsUserMetadata ? nil : "user metadata",
            result.traits.keepsTags ? nil : "tags",
        ].compactMap { $0 }
        result.findings.append(
            lost.isEmpty
                ? .init("metadata", .good, "headers, user metadata and tags are kept")
                : .init("metadata", .note, "not kept in clear: \(lost.joined(separator: ", "))"))
    }

    func cleanUp(_ result: inout Prober.Result) async throws {
        await withTaskGroup(of: Void.self) { group in
            for key in written.withLock({ $0 }) { group.addTask { try? await self.plainStore.delete(key) } }
        }
        let left = try await sweep()
        if left > 0 {
            result.findings.append(
                .init("cleaning up", .note, "\(Counted.of(left, "probe object")) could not be deleted under \(root)"))
        }
    }

    /// Ends uploads and deletes objects under the probe's folder, those of a probe that was killed too.
    /// Returns how many objects could not be deleted.
    func sweep() async throws -> Int {
        for upload in try await plainStore.listUploads(prefix: root) {
            try? await plainStore.abortUpload(upload.upload, key: upload.key)
        }
        var left = 0
        // The key with a leading slash lies outside the folder; only a location without prefix has one.
        let isOutside = root.bytes.starts(with: Array(".havre/".utf8))
        for prefix in [root] + (isOutside ? [ObjectKey(Array("/".utf8) + root.bytes)] : []) {
            let listing = plainStore.listing(prefix: prefix)
            var found = 0
            while let page = try await listing.next() {
                for entry in page {
                    try? await plainStore.delete(entry.key)
                    found += 1
                }
            }
            if found > 0 {
                let rest = plainStore.listing(prefix: prefix)
                while let page = try await rest.next() { left += page.count }
            }
        }
        return left
    }
}
