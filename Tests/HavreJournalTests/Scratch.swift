import Glibc
import HavreJournal
import HavreModel
import TestServers

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
