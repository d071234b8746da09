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
        /// Of these, compared with the journal's digest.
        public var compared = 0
        /// Objects that could not be restored, with words; at most the first hundred.
        public var failures: [String] = []
        /// How many in all.
        public var failed = 0
    }

    private let source: any ObjectStore
    private let prefix: ObjectKey
    private let destination: any ObjectStore
    private let identities: [AgeIdentity]
    private let spool: String
    private let reactors: [Reactor]
    private let expected: @Sendable (ObjectKey) async throws -> (Landing, DigestKey)?

    /// Prepares a restore of everything under `prefix` at `source` into `destination`. `expected` gives what the
    /// journal says of a key behind the prefix, and the digest key.
    public init(
        source: any ObjectStore, prefix: ObjectKey, destination: any ObjectStore, identities: [AgeIdentity],
        spool: String, reactors: [Reactor],
        expected: @escaping @Sendable (ObjectKey) async throws -> (Landing, DigestKey)?
    ) {
        self.source = source
        self.prefix = prefix
        self.destination = destination
        self.identities = identities
        self.spool = spool
        self.reactors = reactors
        self.expected = expected
    }

    private final class Tally: Sendable {
        let report = Mutex(Report())
    }

    /// Restores every object; one that fails does not stop the others.
    public func execute(progress: @escaping @Sendable (Report) -> Void = { _ in }) async throws -> Report {
        let tally = Tally()
        let gate = Pacer(start: 4, ceiling: 16)
        try await withThrowingDiscardingTaskGroup { group in
            let listing = source.listing(prefix: prefix)
            var next = 0
            while let page = try await listing.next() {
                for entry in page {
                    guard let key = entry.key.dropping(prefix: prefix), !key.bytes.starts(with: Scanner.ownPrefix.bytes)
                    else { continue }
                    await gate.acquire()
                    let reactor = reactors[next % reactors.count]
                    next += 1
                    group.addTask(executorPreference: reactor) {
                        defer { gate.release(bytes: entry.version.size) }
                        do {
                            try await restore(entry, key, on: reactor, tally)
                        } catch {
                            tally.report.withLock { report in
                                report.failed += 1
                                if report.failures.count < 100 {
                                    report.failures.append("\(key): \(Mover.failure(of: error).reason)")
                                }
                            }
                        }
                        progress(tally.report.withLock { $0 })
                    }
                }
            }
        }
        return tally.report.withLock { $0 }
    }

    private func restore(_ entry: ObjectEntry, _ key: ObjectKey, on reactor: Reactor, _ tally: Tally) async throws {
        let landing = try await expected(key)
        let sink = try SpoolSink(
            identities: landing?.0.envelope == "none" ? [] : identities, directory: spool,
            single: landing.map { $0.0.digestKind == "sha256" } ?? false)
        _ = try await source.read(ReadRequest(key: entry.key, version: entry.version), on: reactor, into: sink)
        let digests = try sink.finish()
        if let (landing, digestKey) = landing {
            let root = digests.single ?? ObjectDigest.root(leaves: digests.leaves)
            guard sink.size == landing.plainSize, digestKey.keyed(root) == landing.keyedRoot else {
                throw EngineError(.state, "opens, but is not the object that was moved under this key")
            }
        }
        var metadata = ObjectMetadata()
        metadata.user = [:]
        _ = try await destination.write(
            WriteRequest(key: key, condition: .absent, metadata: metadata, modified: entry.version.modified),
            body: WriteBody(
                storage: .file(descriptor: sink.file.descriptor, offset: 0), count: Int(sink.size),
                checksums: CiphertextChecksums()),
            on: reactor)
        tally.report.withLock { report in
            report.restored += 1
            report.bytes += sink.size
            if landing != nil { report.compared += 1 }
        }
    }
}

/// Opens what arrives into a nameless file.
private final class SpoolSink: ByteSink {
    let file: SpoolFile
    private let identities: [AgeIdentity]
    private let single: Bool
    private let digester: LeafDigester
    private var fault: (any Error)?
    private var opener: AgeStreamOpener?
    private(set) var size: UInt64 = 0

    init(identities: [AgeIdentity], directory: String, single: Bool) throws {
        self.identities = identities
        self.single = single
        digester = try LeafDigester()
        file = try SpoolFile(directory: directory)
    }

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
