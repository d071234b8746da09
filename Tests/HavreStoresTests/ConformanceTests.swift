import Glibc
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// What every store does, as far as its traits say.
@Suite("Conformance", .serialized)
struct Conformance {
    static let sizes = [0, 1, 65_535, 65_536, 65_537, (8 << 20) - 1, 8 << 20, (8 << 20) + 1]

    @Test(arguments: Conformer.all)
    func `what was written is what is read, at sizes that matter`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        for size in Self.sizes {
            let key = ObjectKey("sizes/\(size)")
            let bytes = noise(size, seed: UInt64(size) + 1)
            let receipt = try await store.save(key, bytes)
            let head = try await store.head(key, versionID: nil, withTags: false)
            #expect(head.version.size == UInt64(size))
            #expect(head.version.entityTag == receipt.entityTag, "size \(size)")
            #expect(try await same(store.get(key), bytes), "size \(size)")
        }
        let entries = try await store.list(ObjectKey("sizes/"))
        #expect(Set(entries.map(\.version.size)) == Set(Self.sizes.map { UInt64($0) }))
        for entry in entries {
            let head = try await store.head(entry.key, versionID: nil, withTags: false)
            #expect(entry.version.matches(head.version), "a listing's version can be pinned: \(entry.key)")
        }
    }

    @Test(arguments: Conformer.all)
    func `a body is taken from a file, from its offset`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let path = try TestDirectory.make() + "/spool"
        let raw = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(raw >= 0)
        defer { close(raw) }
        let bytes = noise(700_001, seed: 4)
        let padded = noise(333, seed: 5) + bytes + [1, 2, 3]
        try #require(padded.withUnsafeBytes { pwrite(raw, $0.baseAddress, $0.count, 0) } == padded.count)
        let key = ObjectKey("spooled")
        let body = WriteBody(
            storage: .file(descriptor: raw, offset: 333), count: bytes.count, checksums: try checksums(of: bytes))
        let request = WriteRequest(key: key, condition: .any, metadata: ObjectMetadata())
        _ = try await store.write(request, body: body, on: try TestReactor.get())
        #expect(try await same(store.get(key), bytes))
    }

    @Test(arguments: Conformer.all)
    func `a range is exactly the bytes asked for`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("ranges")
        let bytes = noise(600_000)
        try await store.save(key, bytes)
        let ranges: [Range<Int>] = [
            0..<1, 0..<600_000, 599_999..<600_000, 65_536..<131_072, 262_143..<262_145, 1..<599_999,
        ]
        for range in ranges {
            let asked = UInt64(range.lowerBound)..<UInt64(range.upperBound)
            #expect(try await same(store.get(key, asked), Array(bytes[range])), "\(range)")
        }
        await expectError(.refused, "a range beyond the end") { try await store.get(key, 599_999..<600_001) }
    }

    @Test(arguments: Conformer.all)
    func `what is not there is not found, and removing it is no error`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("nothing/here")
        await expectError(.notFound) { try await store.head(key, versionID: nil, withTags: false) }
        await expectError(.notFound) { try await store.get(key, SourceVersion(entityTag: "x", size: 1)) }
        try await store.delete(key)
        try await store.save(key, [1, 2, 3])
        try await store.delete(key)
        await expectError(.notFound) { try await store.head(key, versionID: nil, withTags: false) }
        #expect(try await store.list().isEmpty)
    }

    @Test(arguments: Conformer.all)
    func `metadata come back as the traits declare`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let marker = Marker(run: String(repeating: "a", count: 32), row: 42, pin: String(repeating: "b", count: 32))
        let metadata = ObjectMetadata(
            contentType: "text/csv", contentEncoding: "gzip", contentLanguage: "fr",
            contentDisposition: "attachment; filename=\"a b.csv\"", cacheControl: "no-store",
            user: ["havre": marker.token, "origin": "pds", "note": "a b  c"],
            tags: ["class": "health", "owner": "team 1"])
        let whole = ObjectKey("whole"), joined = ObjectKey("joined")
        try await store.save(whole, [1, 2, 3], metadata: metadata)
        let upload = try await store.createUpload(joined, metadata: metadata)
        let part = try await store.putPart(0, of: upload, joined, [1, 2, 3])
        _ = try await store.completeUpload(upload, key: joined, parts: [part], checksum: nil, condition: .any)
        let traits = store.traits
        for key in [whole, joined] {
            let head = try await store.head(key, versionID: nil, withTags: true)
            let found = head.metadata
            if traits.keepsHeaders {
                #expect(found.contentType == metadata.contentType, "\(key)")
                #expect(found.contentEncoding == metadata.contentEncoding, "\(key)")
                #expect(found.contentLanguage == metadata.contentLanguage, "\(key)")
                #expect(found.contentDisposition == metadata.contentDisposition, "\(key)")
                #expect(found.cacheControl == metadata.cacheControl, "\(key)")
            }
            if traits.keepsUserMetadata {
                #expect(found.user.filter { $0.key != "havre" } == metadata.user.filter { $0.key != "havre" }, "\(key)")
                #expect(head.marker == marker, "\(key)")
            } else {
                #expect(head.marker == nil, "\(key)")
            }
            #expect(found.tags == (traits.keepsTags ? metadata.tags : [:]), "\(key)")
        }
    }

    @Test(arguments: Conformer.all)
    func `conditions hold as the traits declare`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("conditions/object")
        let first = try await store.save(key, Array("first".utf8), condition: .absent)
        if store.traits.conditionalCreate {
            await expectError(.conditionFailed) { try await store.save(key, [9, 9], condition: .absent) }
            #expect(try await store.get(key) == Array("first".utf8))
        }
        let second = try await store.save(key, Array("second".utf8), condition: .entityTag(first.entityTag))
        #expect(second.entityTag != first.entityTag)
        #expect(try await store.get(key) == Array("second".utf8))
        if store.traits.conditionalUpdate {
            await expectError(.conditionFailed) {
                try await store.save(key, [9, 9], condition: .entityTag(first.entityTag))
            }
            #expect(try await store.get(key) == Array("second".utf8))
            await expectError(.conditionFailed, "nothing is there to update") {
                try await store.save(ObjectKey("conditions/none"), [1], condition: .entityTag(first.entityTag))
            }
        }
        try await store.save(key, Array("third".utf8), condition: .any)
        #expect(try await store.get(key) == Array("third".utf8))
    }

    @Test(arguments: Conformer.all)
    func `joining parts holds its condition, and the upload outlives a refusal`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("conditions/joined")
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        let part = try await store.putPart(0, of: upload, key, Array("parts".utf8))
        try await store.save(key, Array("other".utf8))
        guard store.traits.conditionalComplete else { return }
        await expectError(.conditionFailed) {
            try await store.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .absent)
        }
        #expect(try await store.get(key) == Array("other".utf8))
        try await store.delete(key)
        if conformer.quirks.contains(.writeEndsUploads) {
            await expectError(.noSuchUpload) {
                try await store.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .absent)
            }
            return
        }
        _ = try await store.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .absent)
        #expect(try await store.get(key) == Array("parts".utf8))
    }

    @Test(arguments: Conformer.all)
    func `bytes that are not those of the checksum are refused`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let bytes = noise(70_000)
        let wrong = try checksums(of: noise(70_000, seed: 2))
        let key = ObjectKey("checked")
        if store.traits.checksum != .none {
            await expectError(.checksumRefused) { try await store.save(key, bytes, checks: wrong) }
            await expectError(.notFound) { try await store.head(key, versionID: nil, withTags: false) }
        }
        if store.traits.partChecksum != .none {
            let upload = try await store.createUpload(key, metadata: ObjectMetadata())
            await expectError(.checksumRefused) { try await store.putPart(0, of: upload, key, bytes, checks: wrong) }
            if store.traits.listsParts { #expect(try await store.listParts(of: upload, key: key).isEmpty) }
            try await store.putPart(0, of: upload, key, bytes)
            try await store.abortUpload(upload, key: key)
        }
    }

    @Test(arguments: Conformer.all)
    func `an object that was overwritten is not the one that was pinned`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("pinned")
        try await store.save(key, noise(50_000, seed: 1))
        let pin = try await store.head(key, versionID: nil, withTags: false).version
        #expect(try await store.get(key, pin).count == 50_000)
        try await store.save(key, noise(50_000, seed: 2))
        await expectError(.drifted, "the same size") { try await store.get(key, pin) }
        await expectError(.drifted, "a range") { try await store.get(key, pin, 100..<200) }
        try await store.save(key, noise(40_000, seed: 3))
        await expectError(.drifted, "another size") { try await store.get(key, pin, 100..<200) }
    }

    @Test(arguments: Conformer.all)
    func `what the sink throws ends the read and comes back`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("sink")
        try await store.save(key, noise(400_000))
        let version = try await store.head(key, versionID: nil, withTags: false).version
        let reactor = try TestReactor.get()
        do {
            _ = try await store.read(
                ReadRequest(key: key, version: version), on: reactor, into: Collector(limit: 100_000))
            Issue.record("the sink's error is lost")
        } catch {
            #expect(error.code == .sink)
            #expect(error.underlying is Collector.Full)
        }
    }

    @Test(arguments: Conformer.all)
    func `a listing of 2,500 objects is complete, under every prefix`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let keys = (0..<2500).map { ObjectKey("many/\($0 % 7)/\($0)") }
        for group in stride(from: 0, to: keys.count, by: 250) {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for key in keys[group..<(group + 250)] { tasks.addTask { try await store.save(key, key.bytes) } }
                try await tasks.waitForAll()
            }
        }
        try await store.save(ObjectKey("man"), [1])
        try await store.save(ObjectKey("manyfold"), [1])
        func names(_ prefix: String) async throws -> [ObjectKey] {
            try await store.list(ObjectKey(prefix)).map(\.key).sorted()
        }
        #expect(try await names("many/") == keys.sorted())
        #expect(try await names("many") == (keys + [ObjectKey("manyfold")]).sorted())
        #expect(
            try await names("many/3/1").count == keys.filter { $0.bytes.starts(with: Array("many/3/1".utf8)) }.count)
        #expect(try await names("many/9").isEmpty)
        #expect(try await names("nowhere/").isEmpty)
        #expect(try await names("").count == 2502)
    }
}
