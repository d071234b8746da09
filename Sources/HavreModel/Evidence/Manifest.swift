/// What lies where and by what it is proven: one header, one line an object, one end (NDJSON, canonical).
///
/// It lies sealed beside the data, so that the target explains itself when the journal is lost (design §4).
public enum Manifest {
    /// The format that this Havre writes; a reader refuses what is newer.
    public static let format: Int64 = 1

    /// The first line.
    public struct Header: Hashable, Sendable {
        /// The run that wrote it, 32 hex digits.
        public var run: String
        /// The plan's name.
        public var plan: String
        /// SHA-256 of the plan file, hex.
        public var planHash: String
        /// The dataset's name.
        public var dataset: String
        /// Where the objects came from.
        public var source: Location
        /// Where they are.
        public var target: Location
        /// Recipients of the seal (`age1…`); empty where nothing is sealed.
        public var recipients: [String]
        /// The run's digest key, sealed to the recipients; empty where nothing is sealed.
        public var sealedDigestKey: [UInt8]
        /// When the run began, nanoseconds since 1970 UTC.
        public var began: Int64
        /// When this was written, nanoseconds since 1970 UTC.
        public var written: Int64

        /// Describes a manifest.
        public init(
            run: String, plan: String, planHash: String, dataset: String, source: Location, target: Location,
            recipients: [String], sealedDigestKey: [UInt8], began: Int64, written: Int64
        ) {
            self.run = run
            self.plan = plan
            self.planHash = planHash
            self.dataset = dataset
            self.source = source
            self.target = target
            self.recipients = recipients
            self.sealedDigestKey = sealedDigestKey
            self.began = began
            self.written = written
        }
    }

    /// One object.
    public struct Object: Hashable, Sendable {
        /// The transfer's row in the journal; with `run` it is the target object's mark.
        public var row: Int64
        /// The run in which it landed.
        public var run: String
        /// The key behind the prefix.
        public var key: ObjectKey
        /// The source version that was moved.
        public var source: SourceVersion
        /// Bytes of plaintext.
        public var plainSize: UInt64
        /// Bytes at the target.
        public var storedSize: UInt64
        /// Bytes on the wire of every part but the last.
        public var storedPartSize: UInt64
        /// `sha256` or `merkle8m`.
        public var digestKind: String
        /// HMAC of the plaintext digest, 32 bytes.
        public var keyedRoot: [UInt8]
        /// HMACs of its leaves, 32 bytes each, joined; empty for one leaf.
        public var keyedLeaves: [UInt8]
        /// Nonce ‖ GMAC tag of every part, 28 bytes each, joined.
        public var tags: [UInt8]
        /// Checksums of the whole ciphertext.
        public var checksums: CiphertextChecksums
        /// What the target said.
        public var receipt: WriteReceipt
        /// `none` or `age:` and the recipients.
        public var envelope: String
        /// Metadata that travel sealed; nil where there are none.
        public var metadata: ObjectMetadata?
        /// What could not be carried over, in words.
        public var unmapped: String
        /// `asserted`, or the source's own digest that was checked.
        public var provenance: String
        /// Whether a read-back agreed.
        public var verified: Bool

        /// Describes an object.
        public init(
            row: Int64, run: String, key: ObjectKey, source: SourceVersion, plainSize: UInt64, storedSize: UInt64,
            storedPartSize: UInt64, digestKind: String, keyedRoot: [UInt8], keyedLeaves: [UInt8], tags: [UInt8],
            checksums: CiphertextChecksums, receipt: WriteReceipt, envelope: String, metadata: ObjectMetadata?,
            unmapped: String, provenance: String, verified: Bool
        ) {
            self.row = row
            self.run = run
            self.key = key
            self.source = source
            self.plainSize = plainSize
            self.storedSize = storedSize
            self.storedPartSize = storedPartSize
            self.digestKind = digestKind
            self.keyedRoot = keyedRoot
            self.keyedLeaves = keyedLeaves
            self.tags = tags
            self.checksums = checksums
            self.receipt = receipt
            self.envelope = envelope
            self.metadata = metadata
            self.unmapped = unmapped
            self.provenance = provenance
            self.verified = verified
        }
    }

    /// The last line: a manifest without it was cut off.
    public struct End: Hashable, Sendable {
        /// Objects.
        public var objects: UInt64
        /// RFC 6962 root over the lines before this one, each without its line feed.
        public var root: [UInt8]

        /// Ends a manifest.
        public init(objects: UInt64, root: [UInt8]) {
            self.objects = objects
            self.root = root
        }
    }

    /// One line.
    public enum Line: Hashable, Sendable {
        case header(Header)
        case object(Object)
        case end(End)
    }
}

/// A manifest that cannot be read.
public struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// What was found or expected.
    public let reason: String

    /// Names a fault.
    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }
    public var description: String { "manifest, line \(line): \(reason)" }
}
