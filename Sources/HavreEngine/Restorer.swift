import Glibc
public import HavreCrypto
public import HavreJournal
public import HavreModel
public import HavreStores
import Synchronization

/// Brings objects back in clear, from the target into a directory. Needs the identity and no journal; where there
/// is a journal, each object is compared with it, since age alone does not see two objects swapped.
public struct Restorer: Sendable {
    /// What was done.
    public struct Report: Sendable, Hashable {
        /// Objects restored.
        public var restored = 0
        /// Bytes of plaintext.
        public var bytes: UInt64 = 0
        /// Objects that stood at the destination already, with the right content.
        public var present = 0
        /// Of both, compared with the journal's digest.
        public var compared = 0
        /// Objects that are not at the destination in the end, however that came about.
        public var failed = 0
        /// Of these, damaged or not what the journal says.
        public var mismatched = 0
        /// Of these, sealed to other keys than those given.
        public var closed = 0
        /// Why objects failed, at most the first hundred; those that are sealed to other keys have one line together.
        public var failures: [String] = []
        /// Whether a signal ended it early.
        public var drained = false
    }

    private let source: any ObjectStore
    private let prefix: ObjectKey
    private let destination: any ObjectStore
    private let identities: [AgeIdentity]
    private let spool: String
    private let reactors: [Reactor]
    private let drain: Drain
    private let expected: @Sendable (ObjectKey) async throws -> (Landing, DigestKey)?

    /// Prepares a restore of everything under `prefix` at `source` into `destination`. Plaintext waits in nameless
    /// files in the directory `spool` until it is known to be right. `expected` gives what the journal says of a key
    /// behind the prefix, and the digest key.
    public init(
        source: any ObjectStore, prefix: ObjectKey, destination: any ObjectStore, identities: [AgeIdentity],
        spool: String, reactors: [Reactor], drain: Drain,
        expected: @escaping @Sendable (ObjectKey) async throws -> (Landing, DigestKey)?
    ) {
        self.source = source
        self.prefix = prefix
        self.destination = destination
        self.identities = identities
        self.spool = spool
        self.reactors = reactors
        self.drain = drain
        self.expected = expected
    }

    private struct Count {
        var report = Report()
        /// Whether the identities opened anything at all.
        var hasOpened = false
        /// The first object that they did not open, in words.
        var firstClosed: String?
    }

    private final class Tally: Sendable {
        let count = Mutex(Count())

        /// Where none of the first objects opens, no other will: whoever gave the wrong key hears it soon.
        var isPointless: Bool { count.withLock { $0.report.closed >= 24 && !$0.hasOpened } }
    }

    /// An object that is not what it should be.
    private struct Mismatch: Error {
        let words: String
    }

    /// Restores every object; one that fails does not stop the others. Ends early where the drain is requested, in
    /// the middle of an object too, and where the identities open nothing.
    public func execute(progress: @escaping @Sendable (Report) -> Void = { _ in }) async throws -> Report {
        let tally = Tally()
        let gate = Pacer(start: 4, ceiling: 16)
        try await withThrowingDiscardingTaskGroup { group in
            let listing = source.listing(prefix: prefix)
            var next = 0
            listing: while let page = try await listing.next() {
                for entry in page {
                    guard let key = entry.key.dropping(prefix: prefix), !key.bytes.starts(with: Scanner.ownPrefix.bytes)
                    else { continue }
                    await gate.acquire()
                    if drain.isRequested || tally.isPointless {
                        gate.release(bytes: 0)
                        if drain.isRequested { tally.count.withLock { $0.report.drained = true } }
                        break listing
                    }
                    let reactor = reactors[next % reactors.count]
                    next += 1
                    group.addTask(executorPreference: reactor) {
                        defer { gate.release(bytes: entry.version.size) }
                        do {
                            try await restore(entry, key, on: reactor, tally)
                        } catch {
                            count(error, key, tally)
                        }
                        progress(tally.count.withLock { $0.report })
                    }
                }
            }
        }
        return tally.count.withLock { count in
            if let first = count.firstClosed {
                let others = count.report.closed > 1 ? " and \(count.report.closed - 1) more" : ""
                count.report.failures.insert("\(first)\(others)", at: 0)
            }
            return count.report
        }
    }

    private func restore(_ entry: ObjectEntry, _ key: ObjectKey, on reactor: Reactor, _ tally: Tally) async throws {
        let record = try await expected(key)
        let single = record.map { $0.0.digestKind == "sha256" } ?? false
        let standing = try await occupant(key)
        if let standing, let record {
            guard try await digest(of: standing, key, single, on: reactor).is(record) else { throw Self.occupied }
            note(tally) { report in
                report.present += 1
                report.compared += 1
            }
            return
        }
        let sink = try SpoolSink(
            identities: record?.0.envelope == "none" ? [] : identities, directory: spool, single: single, drain: drain)
        let found = try await open(entry, into: sink, record?.0, on: reactor)
        if sink.isOpened { tally.count.withLock { $0.hasOpened = true } }
        if let record, !found.is(record) {
            throw Mismatch(words: "opens, but is not the object that was moved under this key")
        }
        if let standing {
            guard try await digest(of: standing, key, single, on: reactor) == found else { throw Self.occupied }
            note(tally) { $0.present += 1 }
            return
        }
        var metadata = ObjectMetadata()
        metadata.user = [:]
        _ = try await destination.write(
            WriteRequest(key: key, condition: .absent, metadata: metadata, modified: entry.version.modified),
            body: WriteBody(
                storage: .file(descriptor: sink.file.descriptor, offset: 0), count: Int(sink.size),
                checksums: CiphertextChecksums()),
            on: reactor)
        note(tally) { report in
            report.restored += 1
            report.bytes += found.size
            if record != nil { report.compared += 1 }
        }
    }

    private func note(_ tally: Tally, _ change: (inout Report) -> Void) {
        tally.count.withLock { change(&$0.report) }
    }

    // MARK: What an object holds

    /// Size and digest of a plaintext.
    private struct Content: Equatable {
        let size: UInt64
        let root: [UInt8]

        init(size: UInt64, _ digests: LeafDigests) {
            self.size = size
            root = digests.single ?? ObjectDigest.root(leaves: digests.leaves)
        }

        func `is`(_ record: (landing: Landing, key: DigestKey)) -> Bool {
            size == record.landing.plainSize && record.key.matches(root, keyed: record.landing.keyedRoot)
        }
    }

    private func open(
        _ entry: ObjectEntry, into sink: SpoolSink, _ landing: Landing?, on reactor: Reactor
    ) async throws -> Content {
        do {
            _ = try await source.read(ReadRequest(key: entry.key, version: entry.version), on: reactor, into: sink)
            // What the opener holds back until the end counts as well.
            let digests = try sink.finish()
            return Content(size: sink.size, digests)
        } catch {
            guard let fault = Self.cause(of: error) as? CryptoError else { throw error }
            switch fault.code {
            case .hmacFailure, .payloadFailure: throw Mismatch(words: "is damaged: \(fault)")
            case .headerFailure where landing != nil: throw Mismatch(words: "is damaged: \(fault)")
            default: break
            }
            if let landing, !Self.isThere(landing, entry) {
                // That says nothing of the key: the host put something else there.
                throw Mismatch(words: "is another object than the one that was moved, and does not open: \(fault)")
            }
            throw fault
        }
    }

    private static func isThere(_ landing: Landing, _ entry: ObjectEntry) -> Bool {
        entry.version.size == landing.storedSize && entry.version.entityTag == landing.receipt.entityTag
    }

    /// What stands at the destination under `key`; nil where nothing does.
    private func occupant(_ key: ObjectKey) async throws -> SourceVersion? {
        do throws(StoreError) {
            return try await destination.head(key, versionID: nil, withTags: false).version
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    private func digest(
        of version: SourceVersion, _ key: ObjectKey, _ single: Bool, on reactor: Reactor
    ) async throws -> Content {
        let sink = try PlainSink(nil, single: single)
        _ = try await destination.read(ReadRequest(key: key, version: version), on: reactor, into: sink)
        let digests = try sink.finish()
        return Content(size: sink.size, digests)
    }

    // MARK: Failures

    private static let occupied = EngineError(
        .state, "the directory holds other content under this name; it was left as it is")

    /// What a sink threw, out of the store's error around it.
    private static func cause(of error: any Error) -> any Error {
        guard let store = error as? StoreError, store.code == .sink, let cause = store.underlying else { return error }
        return cause
    }

    private func count(_ error: any Error, _ key: ObjectKey, _ tally: Tally) {
        let cause = Self.cause(of: error)
        tally.count.withLock { count in
            if cause is CancellationError {
                count.report.drained = true
                return
            }
            count.report.failed += 1
            if let fault = cause as? CryptoError, fault.code == .noMatch || fault.code == .badKey {
                count.report.closed += 1
                count.firstClosed = count.firstClosed ?? "\(key): \(fault)"
                return
            }
            let mismatch = cause as? Mismatch
            if mismatch != nil { count.report.mismatched += 1 }
            if count.report.failures.count < 100 {
                count.report.failures.append("\(key): \(mismatch?.words ?? Mover.failure(of: error).reason)")
            }
        }
    }
}

/// Opens what arrives into a nameless file.
private final class SpoolSink: ByteSink {
    let file: SpoolFile
    private let identities: [AgeIdentity]
    private let single: Bool
    private let drain: Drain
    private let digester: LeafDigester
    private var fault: (any Error)?
    private var opener: AgeStreamOpener?
    private(set) var size: UInt64 = 0

    init(identities: [AgeIdentity], directory: String, single: Bool, drain: Drain) throws {
        self.identities = identities
        self.single = single
        self.drain = drain
        digester = try LeafDigester()
        file = try SpoolFile(directory: directory)
    }

    /// Whether an identity was needed to read it.
    var isOpened: Bool { opener != nil }

    func restart() {
        size = 0
        _ = ftruncate(file.descriptor, 0)
        _ = lseek(file.descriptor, 0, SEEK_SET)
        digester.begin(wantsSingle: single)
        fault = nil
        do {
            opener = identities.isEmpty ? nil : try AgeStreamOpener(identities: identities)
        } catch {
            fault = error
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        if let fault { throw fault }
        // A large object takes its time: nothing of it has a name yet, so it may be given up here.
        if drain.isRequested { throw CancellationError() }
        guard let opener else { return try take(bytes) }
        try opener.update(bytes) { try take($0) }
    }

    func finish() throws -> LeafDigests {
        try opener?.finish { try take($0) }
        return digester.finish()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws {
        digester.update(bytes)
        size += UInt64(bytes.count)
        var sent = 0
        while sent < bytes.count {
            let count = write(file.descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw EngineError(.disk, "the destination cannot be written: \(String(cString: strerror(errno)))")
            }
            sent += count
        }
    }
}
