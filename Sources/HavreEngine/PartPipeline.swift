import Glibc
import HavreCrypto
import HavreModel
import HavreStores

/// What became of one part: where its sealed bytes lie and what was found out about them in the one pass.
struct SealedPart: @unchecked Sendable {
    /// The bytes to send.
    var body: WriteBody
    /// Bytes of plaintext.
    var plainSize: UInt64
    /// RFC 6962 leaf hashes, 32 bytes each, joined; empty where `single` serves.
    var leaves: [UInt8]
    /// Plain SHA-256, for an object of one leaf.
    var single: [UInt8]?
    /// Nonce ‖ GMAC tag over the bytes to send.
    var tag: [UInt8]
    /// Its share in the proof of the source's envelope; secret, empty where that needs none.
    var share: [UInt8]
}

/// Receive → open → digest → seal, the cipher being the copy (design §5). A sink for one part at a time;
/// reused from part to part. Touched on one reactor's thread only.
final class PartPipeline: ByteSink {
    /// Which checksums of the sealed bytes are computed on the way.
    struct Checks: Sendable, Hashable {
        var crc64nvme = true
        var crc32c = false
        var md5 = false
    }

    /// How the source's bytes become plaintext.
    enum Opening {
        /// They are plaintext.
        case clear
        /// They lie in an envelope; gives a new opener for each try.
        case envelope(() throws -> any EnvelopeOpener)
    }

    /// Where sealed bytes go.
    enum Output {
        /// Into a buffer, all of them.
        case buffer(PartBuffer)
        /// Through a buffer into a file, for parts above 16 MiB.
        case spool(PartBuffer, descriptor: Int32)
    }

    /// One part's task.
    struct Job {
        /// How to open.
        var opening: Opening
        /// What seals; nil leaves in clear.
        var sealing: AgeSealing?
        /// The first chunk's number in the object.
        var firstChunk: UInt64
        /// Whether the object ends here.
        var endsFile: Bool
        /// Whether the object has one leaf, so that its plain SHA-256 is wanted.
        var single: Bool
        /// Bytes of plaintext in the part; nil where the source is sealed and only its end tells. A spool needs them.
        var plainSize: UInt64?
        /// Where sealed bytes go.
        var output: Output
    }

    /// Plaintext sealed between two writes to a spool file: whole chunks, so that each run ends on one.
    private static let spoolRun = 1 << 20
    private static let chunk = 65_536

    private let sealer: ChunkSealer
    private let digester: LeafDigester
    private let ciphertext: CiphertextDigester
    private var opener: (any EnvelopeOpener)?
    private var job: Job?
    private var written = 0
    private var plain: UInt64 = 0
    private var runPlain = 0
    private var runWritten = 0
    private var runs: UInt64 = 0
    private var fault: (any Error)?

    /// Makes the contexts; they live as long as the pipeline.
    init(checks: Checks, digestKey: DigestKey) throws {
        sealer = try ChunkSealer()
        digester = try LeafDigester()
        ciphertext = try CiphertextDigester(
            crc64: checks.crc64nvme, crc32c: checks.crc32c, md5: checks.md5, tag: digestKey)
        sealer.onChunk = { [unowned self] in digest($0) }
    }

    /// Takes up a part. `restart` follows from the read.
    func begin(_ job: Job) { self.job = job }

    /// Lets go of keys and buffers.
    func end() {
        job = nil
        opener = nil
    }

    func restart() {
        guard let job else { return }
        written = 0
        plain = 0
        runPlain = 0
        runWritten = 0
        runs = 0
        fault = nil
        digester.begin(wantsSingle: job.single)
        note { try ciphertext.begin() }
        switch job.opening {
        case .clear: opener = nil
        case .envelope(let make): note { opener = try make() }
        }
        switch job.output {
        case .buffer(let buffer):
            if let sealing = job.sealing {
                sealer.begin(
                    sealing, firstChunk: job.firstChunk, endsFile: job.endsFile,
                    plainCount: job.plainSize.map { Int($0) },
                    into: buffer.bytes, at: job.firstChunk == 0 ? sealing.prefix.count : 0)
            }
        case .spool(_, let descriptor):
            // What an earlier try left in the file is forgotten with it.
            _ = ftruncate(descriptor, 0)
            _ = lseek(descriptor, 0, SEEK_SET)
            beginRun()
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        if let fault { throw fault }
        if let opener { try opener.update(bytes) { try take($0) } } else { try take(bytes) }
    }

    /// Ends the part once the read has returned.
    func finish() throws -> SealedPart {
        guard let job else { throw EngineError(.internalFailure, "a part was ended that never began") }
        if let fault { throw fault }
        let share = try opener?.finish { try take($0) } ?? []
        let storage: WriteBody.Storage
        switch job.output {
        case .buffer(let buffer):
            if job.sealing != nil { written = try sealer.finish() }
            storage = .memory(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<written]))
        case .spool(_, let descriptor):
            try endRun(last: true)
            storage = .file(descriptor: descriptor, offset: 0)
        }
        if let fault { throw fault }
        let digests = digester.finish()
        let (checksums, tag) = try ciphertext.finish()
        return SealedPart(
            body: WriteBody(storage: storage, count: written, checksums: checksums), plainSize: plain,
            leaves: digests.leaves, single: digests.single, tag: tag, share: share)
    }

    /// Checksums a piece of output while it is warm in the cache.
    private func digest(_ bytes: UnsafeRawBufferPointer) { note { try ciphertext.update(bytes) } }

    /// Keeps the first error for the next call that can throw.
    private func note(_ body: () throws -> Void) {
        do { try body() } catch { fault = fault ?? error }
    }

    // MARK: Plaintext

    private func take(_ bytes: UnsafeRawBufferPointer) throws {
        guard let job, !bytes.isEmpty else { return }
        digester.update(bytes)
        plain += UInt64(bytes.count)
        switch job.output {
        case .buffer(let buffer):
            if job.sealing != nil {
                try sealer.update(bytes)
            } else {
                guard written + bytes.count <= buffer.bytes.count else {
                    throw EngineError(.sourceGrew, "the source sent more bytes than the object has")
                }
                UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[written...]).copyMemory(from: bytes)
                digest(bytes)
                written += bytes.count
            }
        case .spool:
            var rest = bytes
            while !rest.isEmpty {
                // A run that is full is written only when more follows: the last one must know that it is last.
                if runPlain == Self.spoolRun { try endRun(last: false) }
                let count = min(rest.count, Self.spoolRun - runPlain)
                try spool(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    // MARK: Spool

    /// Bytes that a spool's buffer must hold: one run of plaintext, its tags and the header.
    static func spoolCapacity(prefix: Int) -> Int { prefix + spoolRun + spoolRun / chunk * 16 }

    private func beginRun() {
        guard let job, case .spool(let buffer, _) = job.output else { return }
        runPlain = 0
        runWritten = 0
        if let sealing = job.sealing {
            let run = UInt64(Self.spoolRun)
            let size = job.plainSize ?? 0
            let left = size - min(size, runs * run)
            let first = job.firstChunk + runs * (run / UInt64(Self.chunk))
            sealer.begin(
                sealing, firstChunk: first, endsFile: left <= run && job.endsFile, plainCount: Int(min(left, run)),
                into: buffer.bytes, at: first == 0 ? sealing.prefix.count : 0)
        }
    }

    private func spool(_ bytes: UnsafeRawBufferPointer) throws {
        guard let job, case .spool(let buffer, _) = job.output else { return }
        if job.sealing != nil {
            try sealer.update(bytes)
        } else {
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[runWritten...]).copyMemory(from: bytes)
            digest(bytes)
            runWritten += bytes.count
        }
        runPlain += bytes.count
    }

    private func endRun(last: Bool) throws {
        guard let job, case .spool(let buffer, let descriptor) = job.output else { return }
        if job.sealing != nil { runWritten = try sealer.finish() }
        var sent = 0
        while sent < runWritten {
            let count = write(descriptor, buffer.bytes.baseAddress.map { $0 + sent }, runWritten - sent)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw EngineError(
                    .disk, "the spool file cannot be written: \(String(cString: strerror(errno)))")
            }
            sent += count
        }
        written += runWritten
        runs += 1
        if !last { beginRun() }
    }
}
