public import HavreCrypto
public import HavreJournal
public import HavreModel
public import HavreStores

/// One dataset of one run with everything that its transfers need: stores, keys, journal.
public struct DatasetRun: Sendable {
    /// The dataset as the plan describes it.
    public let dataset: Dataset
    /// The run, 32 hex digits.
    public let run: String
    /// Where the objects are.
    public let source: any ObjectStore
    /// Where they go.
    public let target: any ObjectStore
    /// The record of every step.
    public let journal: any Journal
    /// Whom objects are sealed to; empty leaves them in clear.
    public let recipients: [AgeRecipient]
    /// What opens them at the source; nil where they lie in clear.
    public let opening: SourceOpening?
    /// Resume key and digest key.
    public let secrets: RunSecrets
    /// A directory for sealed parts above 16 MiB and sealed manifests.
    public let spool: String
    /// Asked to stop: no new object and no new part begins.
    public let drain: Drain
    /// Whether the verdicts still stand; nil where nobody watches.
    var watch: VigilWatch?

    /// Puts a dataset's run together.
    public init(
        dataset: Dataset, run: String, source: any ObjectStore, target: any ObjectStore, journal: any Journal,
        recipients: [AgeRecipient], opening: SourceOpening?, secrets: RunSecrets, spool: String,
        drain: Drain
    ) {
        self.dataset = dataset
        self.run = run
        self.source = source
        self.target = target
        self.journal = journal
        self.recipients = recipients
        self.opening = opening
        self.secrets = secrets
        self.spool = spool
        self.drain = drain
    }

    /// How objects are encrypted at the target, in one comparable line.
    public var envelope: String { Self.envelope(recipients) }

    /// The same for recipients alone: `none`, or `age:` with the recipients in order.
    public static func envelope(_ recipients: [AgeRecipient]) -> String {
        recipients.isEmpty ? "none" : "age:" + recipients.map(\.text).sorted().joined(separator: ",")
    }

    /// The whole key at the source.
    func sourceKey(_ key: ObjectKey) -> ObjectKey { key.prefixed(by: dataset.source.prefix) }

    /// The whole key at the target.
    func targetKey(_ key: ObjectKey) -> ObjectKey { key.prefixed(by: dataset.target.prefix) }

    /// Ends what a crash between intent and id may have left: uploads of exactly our key begun since the intent.
    /// Does nothing where the target does not list what is open.
    func abortOrphans(_ row: TransferRow) async throws(StoreError) {
        guard target.traits.listsUploads else { return }
        let key = targetKey(row.key)
        // A server's clock may differ from ours by what its signatures allow (S3: 15 minutes).
        let since = (row.uploadIntendedAt ?? 0) - 900_000_000_000
        for upload in try await target.listUploads(prefix: key)
        where upload.key == key && (upload.initiated ?? .max) >= since {
            try await target.abortUpload(upload.upload, key: key)
        }
    }

    /// Havre's mark for a transfer of `version`.
    func marker(row: Int64, version: SourceVersion) -> Marker {
        let digest = HashFunction.sha256(version.canonicalBytes)
        return Marker(run: run, row: row, pin: Hex.encode(digest.prefix(16)))
    }

    /// What a sealed secret of a transfer is bound to (invariant 2): run, row, pin.
    func binding(_ what: String, row: Int64, version: SourceVersion) -> [UInt8] {
        Array("havre/\(what)/\(run)/\(row)/".utf8) + version.canonicalBytes
    }

    /// Which checksums of sealed bytes the target and the evidence need.
    var checks: PartPipeline.Checks {
        let kinds: Set<Checksum.Kind> = [target.traits.checksum, target.traits.partChecksum]
        return PartPipeline.Checks(
            crc64nvme: true, crc32c: kinds.contains(.crc32c),
            md5: kinds.contains(.contentMD5) || (kinds.contains(.none) && target.traits.entityTagIsMD5))
    }
}

/// Lower-case hexadecimal.
enum Hex {
    /// Two digits a byte.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
