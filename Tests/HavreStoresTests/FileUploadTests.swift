import Glibc
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// Uploads of the file store across processes and accidents.
@Suite("FileStore: uploads")
struct FileUploadTests {
    private let key = ObjectKey("big/object")

    private func names(_ path: String) throws -> [String] {
        try FileUpload.names(in: Descriptor(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)))
            .map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    private static let parts = [
        noise(100_184, seed: 1), noise(100_000, seed: 2), noise(100_000, seed: 3), noise(777, seed: 4),
    ]

    @Test func `an upload goes on in another process`() async throws {
        let root = try TestDirectory.make()
        let metadata = ObjectMetadata(contentType: "text/csv", tags: ["a": "b"])
        var receipts: [PartReceipt] = []
        let upload: String
        do {
            let store = try FileStore(root: root)
            upload = try await store.createUpload(key, metadata: metadata, modified: 5)
            for index in [3, 0, 1] {
                receipts.append(try await store.putPart(index, of: upload, key, Self.parts[index]))
            }
        }
        let store = try FileStore(root: root)
        #expect(try await store.listUploads(prefix: ObjectKey("big/")).map(\.upload) == [upload])
        let listed = try await store.listParts(of: upload, key: key)
        #expect(listed == receipts.sorted { $0.index < $1.index })
        await expectError(.noSuchUpload, "of another key") {
            try await store.listParts(of: upload, key: ObjectKey("x"))
        }
        receipts.append(try await store.putPart(2, of: upload, key, Self.parts[2]))
        _ = try await store.completeUpload(
            upload, key: key, parts: receipts.sorted { $0.index < $1.index }, checksum: nil, condition: .absent)
        #expect(try await same(store.get(key), Self.parts.flatMap { $0 }))
        let head = try await store.head(key, versionID: nil, withTags: true)
        #expect(head.version.modified == 5)
        if store.traits.keepsTags { #expect(head.metadata == metadata) }
        #expect(try names(root) == ["big"], "nothing of the upload is left")
        #expect(try await FileStore(root: root).listUploads(prefix: ObjectKey("")).isEmpty)
    }

    @Test func `joining renames the bytes where they lie, it does not copy them`() async throws {
        let root = try TestDirectory.make()
        let store = try FileStore(root: root)
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        var receipts: [PartReceipt] = []
        for (index, part) in Self.parts.enumerated() {
            receipts.append(try await store.putPart(index, of: upload, key, part))
        }
        let directory = "\(root)/.havre-uploads/\(upload)"
        #expect(try names(directory) == ["data", "parts", "upload.json"], "no part lies apart")
        var before = stat()
        try #require(lstat(directory + "/data", &before) == 0)
        _ = try await store.completeUpload(upload, key: key, parts: receipts, checksum: nil, condition: .absent)
        var after = stat()
        try #require(lstat(root + "/big/object", &after) == 0)
        #expect(before.st_ino == after.st_ino)
    }

    @Test func `a part that the disk did not keep is found, forgotten, and can be sent again`() async throws {
        let root = try TestDirectory.make()
        let store = try FileStore(root: root)
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        var receipts: [PartReceipt] = []
        for (index, part) in Self.parts.enumerated() {
            receipts.append(try await store.putPart(index, of: upload, key, part))
        }
        let raw = open("\(root)/.havre-uploads/\(upload)/data", O_RDWR | O_CLOEXEC)
        try #require(pwrite(raw, "?", 1, 150_000) == 1)
        close(raw)
        await expectError(.checksumRefused) {
            try await store.completeUpload(upload, key: key, parts: receipts, checksum: nil, condition: .absent)
        }
        await expectError(.notFound) { try await store.head(key, versionID: nil, withTags: false) }
        for again in [store, try FileStore(root: root)] {
            #expect(try await again.listParts(of: upload, key: key).map(\.index) == [0, 2, 3])
        }
        receipts[1] = try await store.putPart(1, of: upload, key, Self.parts[1])
        _ = try await store.completeUpload(upload, key: key, parts: receipts, checksum: nil, condition: .absent)
        #expect(try await same(store.get(key), Self.parts.flatMap { $0 }))
    }

    @Test func `a whole whose checksum differs is refused`() async throws {
        let store = try FileStore(root: try TestDirectory.make())
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        let part = try await store.putPart(0, of: upload, key, Self.parts[0])
        let wrong = Checksum(kind: .crc64nvme, value: "AAAAAAAAAAA=")
        await expectError(.checksumRefused) {
            try await store.completeUpload(upload, key: key, parts: [part], checksum: wrong, condition: .absent)
        }
        await expectError(.notFound) { try await store.head(key, versionID: nil, withTags: false) }
    }

    @Test func `a line of the log that was cut off counts as not written`() async throws {
        let root = try TestDirectory.make()
        let store = try FileStore(root: root)
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        let first = try await store.putPart(0, of: upload, key, Self.parts[0])
        try await store.putPart(1, of: upload, key, Self.parts[1])
        let log = "\(root)/.havre-uploads/\(upload)/parts"
        var status = stat()
        try #require(lstat(log, &status) == 0)
        try #require(truncate(log, status.st_size - 3) == 0)
        let later = try FileStore(root: root)
        #expect(try await later.listParts(of: upload, key: key).map(\.index) == [0])
        let second = try await later.putPart(1, of: upload, key, Self.parts[1])
        #expect(try await FileStore(root: root).listParts(of: upload, key: key).map(\.index) == [0, 1])
        _ = try await later.completeUpload(upload, key: key, parts: [first, second], checksum: nil, condition: .absent)
        #expect(try await later.get(key) == Self.parts[0] + Self.parts[1])
    }

    @Test func `parts of any sizes join, whatever was assumed of them`() async throws {
        let root = try TestDirectory.make()
        let sizes = [500, 100, 300, 20, 900, 100, 1]
        let parts = sizes.enumerated().map { noise($1, seed: UInt64($0) + 20) }
        for order in [Array(0..<7), Array((0..<7).reversed()), [0, 3, 1, 6, 5, 4, 2]] {
            var store = try FileStore(root: root)
            let upload = try await store.createUpload(key, metadata: ObjectMetadata())
            var receipts: [PartReceipt] = []
            for index in order {
                receipts.append(try await store.putPart(index, of: upload, key, parts[index]))
                store = try FileStore(root: root)
            }
            _ = try await store.completeUpload(
                upload, key: key, parts: receipts.sorted { $0.index < $1.index }, checksum: nil, condition: .any)
            #expect(try await same(store.get(key), parts.flatMap { $0 }), "\(order)")
        }
    }

    @Test func `an upload whose object has its name already is gone`() async throws {
        let root = try TestDirectory.make()
        let store = try FileStore(root: root)
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        let part = try await store.putPart(0, of: upload, key, [1, 2])
        // As a crash between the rename and the clearing leaves it.
        try #require(rename("\(root)/.havre-uploads/\(upload)/data", root + "/object") == 0)
        let later = try FileStore(root: root)
        await expectError(.noSuchUpload) {
            try await later.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .absent)
        }
        #expect(try await later.listUploads(prefix: ObjectKey("")).map(\.upload) == [upload])
        try await later.abortUpload(upload, key: key)
        #expect(try names(root) == ["object"])
    }
}
