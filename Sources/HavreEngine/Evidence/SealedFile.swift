import Glibc
import HavreCrypto
import HavreStores

/// A file in the spool that is sealed while it is written: plaintext lies in memory only, a MiB at a time.
final class SealedFile {
    /// The open file; nameless.
    let file: SpoolFile
    /// Bytes written so far.
    private(set) var size = 0
    private let sealing: AgeSealing?
    private let sealer: ChunkSealer
    private let digester: CiphertextDigester
    private let hash: SHA256Stream
    private let buffer: UnsafeMutableRawBufferPointer
    private var pending: [UInt8] = []
    private var runs: UInt64 = 0

    private static let run = 1 << 20

    /// Seals to `recipients`; without any it writes in clear.
    init(directory: String, recipients: [AgeRecipient], checks: PartPipeline.Checks) throws {
        file = try SpoolFile(directory: directory)
        sealing = recipients.isEmpty ? nil : try AgeSealing.create(to: recipients)
        sealer = try ChunkSealer()
        digester = try CiphertextDigester(crc64: checks.crc64nvme, crc32c: checks.crc32c, md5: checks.md5, tag: nil)
        hash = try SHA256Stream()
        try digester.begin()
        buffer = .allocate(
            byteCount: PartPipeline.spoolCapacity(prefix: sealing?.prefix.count ?? 0), alignment: 4096)
    }

    deinit { buffer.deallocate() }

    /// Appends plaintext.
    func append(_ bytes: [UInt8]) throws {
        pending += bytes
        // One run is held back, since the last must know that it is last.
        while pending.count > Self.run {
            try flush(Array(pending.prefix(Self.run)), isLast: false)
            pending.removeFirst(Self.run)
        }
    }

    /// Ends the file; returns the body to send and the SHA-256 of its bytes.
    func finish() throws -> (body: WriteBody, sha256: [UInt8]) {
        try flush(pending, isLast: true)
        pending = []
        let checksums = try digester.finish().0
        return (
            WriteBody(storage: .file(descriptor: file.descriptor, offset: 0), count: size, checksums: checksums),
            hash.finish()
        )
    }

    private func flush(_ plain: [UInt8], isLast: Bool) throws {
        var count = plain.count
        if let sealing {
            let first = runs * UInt64(Self.run / 65_536)
            sealer.begin(
                sealing, firstChunk: first, endsFile: isLast, plainCount: plain.count, into: buffer,
                at: first == 0 ? sealing.prefix.count : 0)
            try plain.withUnsafeBytes { try sealer.update($0) }
            count = try sealer.finish()
        } else {
            buffer.copyBytes(from: plain)
        }
        runs += 1
        let out = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        try digester.update(out)
        hash.update(out)
        var sent = 0
        while sent < count {
            let wrote = write(file.descriptor, out.baseAddress.map { $0 + sent }, count - sent)
            if wrote < 0 && errno == EINTR { continue }
            guard wrote > 0 else {
                throw EngineError(.disk, "the manifest cannot be written: \(String(cString: strerror(errno)))")
            }
            sent += wrote
        }
        size += count
    }
}
