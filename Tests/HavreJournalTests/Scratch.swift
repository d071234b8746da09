import Glibc
import HavreJournal
import HavreModel

/// A directory that goes when its owner goes.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/havre-journal-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp"
        }
    }

    deinit {
        guard path != "/tmp", let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink(path + "/" + name)
        }
        closedir(directory)
        rmdir(path)
    }

    func file(_ name: String) -> String { path + "/" + name }
}

/// A clock that steps a microsecond at each look.
@Sendable func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

func openJournal(_ scratch: Scratch, _ name: String = "journal.sqlite") throws -> SQLiteJournal {
    try SQLiteJournal(path: scratch.file(name), hash: { SHA256.hash($0) }, clock: now)
}

let runID = "00112233445566778899aabbccddeeff"

func run(_ id: String = runID) -> RunRecord { RunRecord(id: id, planHash: "cafe", began: 1_700_000_000_000_000_000) }

func version(_ tag: String, _ size: UInt64 = 10, id: String? = nil) -> SourceVersion {
    SourceVersion(entityTag: tag, size: size, versionID: id, modified: 1_600_000_000_000_000_001)
}

func row(_ key: String, _ tag: String, _ size: UInt64 = 10) -> InventoryRow {
    InventoryRow(key: ObjectKey(key), version: version(tag, size))
}

/// A landing of `version` whose target shows `target` and 200 bytes more.
func landing(
    _ version: SourceVersion, target: String = "t", envelope: String = "age:one", root: UInt8 = 7
) -> Landing {
    Landing(
        version: version, plainSize: version.size, storedSize: version.size + 200, digestKind: "sha256",
        keyedRoot: [UInt8](repeating: root, count: 32), keyedLeaves: [], storedPartSize: version.size + 200,
        tags: [UInt8](repeating: 1, count: 28), checksums: CiphertextChecksums(crc64nvme: .max, crc32c: 5, md5: nil),
        receipt: WriteReceipt(entityTag: target, versionID: nil, enforced: .crc64nvme), envelope: envelope,
        sealedMetadata: [9, 9], unmapped: "", provenance: "asserted")
}

extension SQLiteJournal {
    /// Lists both sides, computes the diff and returns its summary by action.
    func plan(
        _ dataset: String = "a", source: [InventoryRow], target: [InventoryRow] = [], envelope: String = "age:one",
        onConflict: Dataset.Conflict = .block
    ) async throws {
        for (side, rows) in [(InventorySide.source, source), (.target, target)] {
            try await beginInventory(dataset: dataset, side: side)
            try await addInventory(dataset: dataset, side: side, rows)
            try await endInventory(dataset: dataset, side: side)
        }
        try await computeDiff(dataset: dataset, envelope: envelope, onConflict: onConflict)
    }

    /// Key → action and cause of the whole diff.
    func verdicts(_ dataset: String = "a") async throws -> [String: String] {
        var found: [String: String] = [:]
        for row in try await diff(dataset: dataset, actions: [], after: nil, limit: 1_000_000) {
            found[row.key.description] = row.action.rawValue + (row.cause.isEmpty ? "" : ": " + row.cause)
        }
        return found
    }
}

/// FIPS 180-4, for tests only: the journal's hash is injected.
enum SHA256 {
    private static let constants: [UInt32] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
            if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            // The first 32 bits of the fractional part of the cube root, exactly: integer cube root of p · 2^96.
            var low: UInt64 = 0
            var high: UInt64 = 1 << 36
            while low < high {
                let middle = (low + high + 1) / 2
                let square = middle.multipliedFullWidth(by: middle)
                // middle³ ≤ p · 2^96, compared in 192 bits cut to three words.
                let first = square.low.multipliedFullWidth(by: middle)
                let second = square.high.multipliedFullWidth(by: middle)
                let (word1, carry) = first.high.addingReportingOverflow(second.low)
                let word2 = second.high + (carry ? 1 : 0)
                let limit1 = prime << 32
                let isAtMost = word2 == 0 && (word1 < limit1 || (word1 == limit1 && first.low == 0))
                if isAtMost { low = middle } else { high = middle - 1 }
            }
            return UInt32(truncatingIfNeeded: low)
        }
    }()

    static func hash(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
        ]
        var data = message
        data.append(0x80)
        while data.count % 64 != 56 { data.append(0) }
        data += withUnsafeBytes(of: (UInt64(message.count) * 8).bigEndian) { Array($0) }
        func rotate(_ value: UInt32, _ by: UInt32) -> UInt32 { value >> by | value << (32 - by) }
        var w = [UInt32](repeating: 0, count: 64)
        for start in stride(from: 0, to: data.count, by: 64) {
            for i in 0..<16 {
                let at = start + 4 * i
                w[i] =
                    UInt32(data[at]) << 24 | UInt32(data[at + 1]) << 16 | UInt32(data[at + 2]) << 8
                    | UInt32(data[at + 3])
            }
            for i in 16..<64 {
                let s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3)
                let s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10)
                w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            for i in 0..<64 {
                let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
                let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ constants[i] &+ w[i]
                let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
                let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
            }
            for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ value }
        }
        return state.flatMap { value in withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    }
}
