import HavreModel
import Testing

@testable import HavreStores

/// Uploads in parts, as every store does them.
@Suite("Conformance: parts", .serialized)
struct ConformanceParts {
    /// Parts as a sealed object has them: the first is longer by its header, the last is shorter.
    static func parts(of store: any ObjectStore, count: Int) -> [[UInt8]] {
        let size = max(Int(store.traits.minPartSize), 300_000)
        return (0..<count).map { index in
            let length = index == 0 ? size + 184 : index == count - 1 ? 1234 : size
            return noise(length, seed: UInt64(index) + 10)
        }
    }

    private func join(_ store: any ObjectStore, _ conformer: Conformer, order: [Int]) async throws {
        let count = Set(order).count
        let key = ObjectKey("parts/joined")
        let parts = Self.parts(of: store, count: count)
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        var receipts: [Int: PartReceipt] = [:]
        for index in order {
            let receipt = try await store.putPart(index, of: upload, key, parts[index])
            #expect(receipt.index == index)
            #expect(receipt.size == UInt64(parts[index].count))
            receipts[index] = receipt
        }
        await expectError(.notFound, "nothing is there before the parts are joined") {
            try await store.head(key, versionID: nil, withTags: false)
        }
        #expect(try await store.list(key).isEmpty, "an upload under way is no object")
        let whole = parts.flatMap { $0 }
        let sorted = receipts.values.sorted { $0.index < $1.index }
        let sum = store.traits.partChecksum == .crc64nvme ? try crc64(of: whole) : nil
        let receipt = try await store.completeUpload(
            upload, key: key, parts: sorted, checksum: sum, condition: .any)
        let head = try await store.head(key, versionID: nil, withTags: false)
        if !conformer.quirks.contains(.retagsJoined) { #expect(head.version.entityTag == receipt.entityTag) }
        #expect(head.version.size == UInt64(whole.count))
        #expect(try await same(store.get(key), whole), "order \(order)")
        if store.traits.listsUploads { #expect(try await store.listUploads(prefix: key).isEmpty) }
        try await store.delete(key)
    }

    private func crc64(of bytes: [UInt8]) throws -> Checksum? {
        try checksums(of: bytes).crc64nvme.map { FileCheck.checksum($0) }
    }

    @Test(arguments: Conformer.all)
    func `parts join in order, whatever order they came in`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [1, 0, 2, 3, 4], [0, 4, 1, 2, 3]]
        // Where a part has to be large, two orders of three tell enough.
        for order in store.traits.minPartSize > 1 << 20 ? [[0, 1, 2], [2, 0, 1]] : orders {
            try await join(store, conformer, order: order)
        }
    }

    @Test(arguments: Conformer.all)
    func `a part that comes again counts once`(_ conformer: Conformer) async throws {
        try await join(try await conformer.open(), conformer, order: [0, 1, 1, 2, 0, 2])
    }

    @Test(arguments: Conformer.all)
    func `parts that come at once join in order`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("parts/at once")
        let parts = Self.parts(of: store, count: store.traits.minPartSize > 1 << 20 ? 3 : 8)
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        let receipts = try await withThrowingTaskGroup(of: PartReceipt.self) { tasks in
            for (index, part) in parts.enumerated() {
                tasks.addTask { try await store.putPart(index, of: upload, key, part) }
            }
            var all: [PartReceipt] = []
            for try await receipt in tasks { all.append(receipt) }
            return all.sorted { $0.index < $1.index }
        }
        _ = try await store.completeUpload(upload, key: key, parts: receipts, checksum: nil, condition: .any)
        #expect(try await same(store.get(key), parts.flatMap { $0 }))
    }

    @Test(arguments: Conformer.all)
    func `parts and uploads are listed while they are open`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("parts/listed"), other = ObjectKey("elsewhere/listed")
        let parts = Self.parts(of: store, count: 3)
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        let second = try await store.createUpload(other, metadata: ObjectMetadata())
        #expect(upload != second)
        if store.traits.listsParts { #expect(try await store.listParts(of: upload, key: key).isEmpty) }
        let first = try await store.putPart(0, of: upload, key, parts[0])
        let third = try await store.putPart(2, of: upload, key, parts[2])
        if store.traits.listsParts {
            let listed = try await store.listParts(of: upload, key: key)
            #expect(listed.map(\.index) == [0, 2])
            #expect(listed.map(\.entityTag) == [first.entityTag, third.entityTag])
            #expect(listed.map(\.size) == [UInt64(parts[0].count), UInt64(parts[2].count)])
        }
        if store.traits.listsUploads {
            #expect(try await store.listUploads(prefix: ObjectKey("parts/")).map(\.upload) == [upload])
            #expect(try await store.listUploads(prefix: ObjectKey("parts/")).map(\.key) == [key])
            #expect(try await Set(store.listUploads(prefix: ObjectKey("")).map(\.upload)) == [upload, second])
        }
        try await store.abortUpload(upload, key: key)
        try await store.abortUpload(second, key: other)
        if store.traits.listsUploads { #expect(try await store.listUploads(prefix: ObjectKey("")).isEmpty) }
    }

    @Test(arguments: Conformer.all)
    func `an upload that ended is no longer there`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("parts/ended")
        let upload = try await store.createUpload(key, metadata: ObjectMetadata())
        let part = try await store.putPart(0, of: upload, key, [1, 2, 3])
        try await store.abortUpload(upload, key: key)
        try await store.abortUpload(upload, key: key)
        let orFault: Set<StoreError.Code> =
            conformer.quirks.contains(.faultsOnEndedUpload) ? [.ambiguous, .temporary] : []
        await expectError(.noSuchUpload, or: orFault) { try await store.putPart(1, of: upload, key, [1]) }
        await expectError(.noSuchUpload) { try await store.listParts(of: upload, key: key) }
        await expectError(.noSuchUpload, or: orFault) {
            try await store.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .any)
        }
        await expectError(.notFound) { try await store.head(key, versionID: nil, withTags: false) }
    }

    @Test(arguments: Conformer.all)
    func `parts that were not sent so are not joined`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        let key = ObjectKey("parts/wrong")
        // An upload each: a server may drop one whose joining it refused.
        func attempt(_ what: Comment, _ parts: (PartReceipt) -> [PartReceipt]) async throws {
            let upload = try await store.createUpload(key, metadata: ObjectMetadata())
            let part = try await store.putPart(0, of: upload, key, Array("right".utf8))
            await expectError(.refused, what) {
                try await store.completeUpload(
                    upload, key: key, parts: parts(part), checksum: nil, condition: .any)
            }
            try await store.abortUpload(upload, key: key)
        }
        try await attempt("another tag") { part in
            var wrong = part
            wrong.entityTag = "0123456789abcdef0123456789abcdef"
            return [wrong]
        }
        try await attempt("a part that was never sent") { part in
            var missing = part
            missing.index = 1
            return [part, missing]
        }
        await expectError(.notFound) { try await store.head(key, versionID: nil, withTags: false) }
    }
}
