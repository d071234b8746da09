public import HavreCrypto
public import HavreModel
import HavreStores

/// How a dataset's objects lie encrypted at their source, and what opens them.
public struct SourceOpening: Sendable {
    /// The envelope that they bear.
    public let format: any EnvelopeFormat
    /// What happens to objects that lie in clear among them.
    public let unencrypted: Dataset.Opening.Unencrypted
    /// Whether an envelope that proves nothing is taken all the same.
    public let acceptsUnauthenticated: Bool

    /// Names an envelope.
    public init(
        format: any EnvelopeFormat, unencrypted: Dataset.Opening.Unencrypted = .block,
        acceptsUnauthenticated: Bool = false
    ) {
        self.acceptsUnauthenticated = acceptsUnauthenticated
        self.format = format
        self.unencrypted = unencrypted
    }

    /// age files; nil where there is nothing to open them with, which is: they lie in clear.
    public static func age(_ identities: [AgeIdentity]) -> SourceOpening? {
        identities.isEmpty ? nil : SourceOpening(format: AgeFormat(unlock: AgeUnlock(identities: identities)))
    }

    /// Opens an object in one pass from its first byte, without a request beforehand; nil where the envelope must be read
    /// first, be it only to tell what lies in clear.
    func stream() throws -> (any EnvelopeOpener)? {
        switch unencrypted {
        case .block: try format.stream()
        case .move: nil
        }
    }

    /// As many as tell an envelope that begins an object.
    private static let firstBytes: UInt64 = 64
    /// The largest object beside another that is read for its envelope, bytes.
    private static let largestCompanion: UInt64 = 64 << 10

    /// Reads an object's envelope; nil where it lies in clear, which is then to be moved as it is.
    /// Throws `Mover.Blocked` where it lies in clear and must not be moved.
    func open(
        _ key: ObjectKey, _ head: ObjectHead, in store: any ObjectStore, on reactor: Reactor
    ) async throws -> (any OpenedEnvelope)? {
        let version = head.version
        let object = StoredObject(
            size: version.size,
            metadata: Dictionary(
                head.metadata.user.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first }),
            read: { range in try await Self.read(key, version, range, in: store, on: reactor) },
            companion: { suffix in
                let other = ObjectKey(key.bytes + Array(suffix.utf8))
                let beside: SourceVersion
                do throws(StoreError) {
                    beside = try await store.head(other, versionID: nil, withTags: false).version
                } catch {
                    guard error.code == .notFound else { throw error }
                    return nil
                }
                guard beside.size <= Self.largestCompanion else {
                    throw CryptoError(
                        .headerFailure, "\(other) is larger than an envelope's: it has \(beside.size) bytes")
                }
                return try await Self.read(other, beside, 0..<beside.size, in: store, on: reactor)
            })
        if let opened = try await format.open(object) {
            guard opened.proof != .none || acceptsUnauthenticated else {
                throw Mover.Blocked(
                    reason: "its envelope is unauthenticated, though the dataset's is not; "
                        + "`open: {acceptUnauthenticated: true}` takes it all the same")
            }
            return opened
        }
        // What bears another envelope does not lie in clear: moved as it is, nobody could open it afterwards.
        let first = try await object.read(0..<min(version.size, Self.firstBytes))
        let seen = EnvelopeKind.seen(metadata: object.metadata, firstBytes: first)
        guard seen == .none else {
            throw Mover.Blocked(reason: "bears the envelope \(seen.rawValue), not \(format.name)")
        }
        switch unencrypted {
        case .move: return nil
        case .block:
            throw Mover.Blocked(
                reason: "lies in clear: it bears no envelope \(format.name); `open: {clear: move}` takes it as it is")
        }
    }

    private static func read(
        _ key: ObjectKey, _ version: SourceVersion, _ range: Range<UInt64>, in store: any ObjectStore,
        on reactor: Reactor
    ) async throws -> [UInt8] {
        let sink = MemorySink()
        _ = try await store.read(
            ReadRequest(key: key, version: version, range: range.isEmpty ? nil : range), on: reactor, into: sink)
        return sink.bytes
    }
}

/// What the evidence says of the way in which an object was opened at its source.
enum SourceProvenance {
    /// Nothing at the source vouches for the bytes.
    static let asserted = "asserted"

    /// Of an object that was opened, or lay in clear where others are encrypted.
    static func words(_ opening: SourceOpening?, _ envelope: (any OpenedEnvelope)?, streamed: Bool) -> String {
        guard let opening else { return asserted }
        if streamed { return "opened \(opening.format.name)" }
        guard let envelope else { return "asserted, in clear among \(opening.format.name)" }
        switch envelope.proof {
        case .piecewise, .whole: return "opened \(opening.format.name)"
        case .none: return "opened \(opening.format.name), unauthenticated"
        }
    }
}
