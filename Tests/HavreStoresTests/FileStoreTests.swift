import Glibc
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// What is a directory's own: links, special files, times, what a crash leaves behind.
@Suite("FileStore")
struct FileStoreTests {
    private static func stores() throws -> [(root: String, store: FileStore)] {
        try [true, false].map { kernelResolves in
            let root = try TestDirectory.make()
            return (root, try FileStore(tree: FileTree(path: root, kernelResolves: kernelResolves)))
        }
    }

    private static func spill(_ bytes: [UInt8], _ path: String) throws {
        let raw = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(raw >= 0)
        defer { close(raw) }
        try #require(bytes.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) } == bytes.count)
    }

    private static func status(_ path: String) throws -> stat {
        var result = stat()
        try #require(lstat(path, &result) == 0, "\(path)")
        return result
    }

    private static func names(_ path: String) throws -> [String] {
        try FileUpload.names(in: Descriptor(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)))
            .map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    // MARK: The root

    @Test func `a root that is not there or is none says so`() throws {
        let root = try TestDirectory.make()
        #expect(throws: StoreError.self) { try FileStore(root: root + "/missing") }
        try Self.spill([1], root + "/file")
        do {
            _ = try FileStore(root: root + "/missing")
        } catch {
            #expect(error.code == .notFound)
            #expect(error.message.contains(root + "/missing"))
        }
        do {
            _ = try FileStore(root: root + "/file")
            Issue.record("a file is no root")
        } catch {
            #expect(error.code == .refused)
        }
    }

    @Test func `no symbolic link is followed, not to read, write, list or remove`() async throws {
        for (root, store) in try Self.stores() {
            let outside = try TestDirectory.make()
            try #require(mkdir(root + "/real", 0o755) == 0)
            try #require(symlink("real", root + "/alias") == 0)
            try Self.spill([7], root + "/real/file")
            try Self.spill(Array("secret".utf8), outside + "/secret")
            try #require(symlink(outside, root + "/directory") == 0)
            try #require(symlink(outside + "/secret", root + "/leaf") == 0)
            try #require(symlink("plain", root + "/inner") == 0)
            try Self.spill([1, 2], root + "/plain")
            for name in ["directory/secret", "leaf", "inner", "alias/file"] {
                let key = ObjectKey(name)
                await expectError(.refused, "head of \(name)") {
                    try await store.head(key, versionID: nil, withTags: false)
                }
                await expectError(.refused, "read of \(name)") {
                    try await store.get(key, SourceVersion(entityTag: "x", size: 1))
                }
            }
            await expectError(.refused) { try await store.save(ObjectKey("directory/new"), [1]) }
            await expectError(.refused) { try await store.delete(ObjectKey("directory/secret")) }
            // A write takes the place of the link, never of what it points to.
            try await store.save(ObjectKey("leaf"), [9])
            #expect(try Self.names(outside) == ["secret"])
            #expect(try Self.status(outside + "/secret").st_size == 6)
            let listed = try await store.list()
            #expect(
                Set(listed.map(\.key))
                    == Set(["directory", "leaf", "inner", "plain", "alias", "real/file"].map { ObjectKey($0) }))
            let links = Set(listed.filter { $0.tier == "symlink" }.map(\.key))
            #expect(links == Set(["directory", "inner", "alias"].map { ObjectKey($0) }))
        }
    }

    @Test func `sockets and pipes are listed by name, and not read`() async throws {
        let (root, store) = try Self.stores()[0]
        try #require(mkfifo(root + "/pipe", 0o600) == 0)
        try Self.spill([1], root + "/plain")
        try #require(mkdir(root + "/empty", 0o755) == 0)
        let entries = try await store.list()
        #expect(entries.map(\.key).sorted() == [ObjectKey("pipe"), ObjectKey("plain")])
        #expect(entries.first { $0.key == ObjectKey("pipe") }?.tier == "special")
        #expect(entries.first { $0.key == ObjectKey("plain") }?.tier == nil)
        await expectError(.refused) { try await store.head(ObjectKey("pipe"), versionID: nil, withTags: false) }
        await expectError(.notFound) { try await store.head(ObjectKey("empty"), versionID: nil, withTags: false) }
    }

    @Test(.enabled(if: geteuid() != 0, "root may read every directory"))
    func `a directory that may not be read stops the listing, and is asked for again`() async throws {
        let (root, store) = try Self.stores()[0]
        for index in 0..<20 { try await store.save(ObjectKey("\(index)/object"), [1]) }
        try #require(chmod(root + "/7", 0) == 0)
        let listing = store.listing(prefix: ObjectKey(""))
        await expectError(.denied) { try await listing.next() }
        await expectError(.denied) { try await listing.next() }
        try #require(chmod(root + "/7", 0o755) == 0)
        var found: [ObjectEntry] = []
        while let page = try await listing.next() { found += page }
        #expect(Set(found.map(\.key)).count == 20)
        #expect(found.count == 20)
    }

    @Test func `an upload's id and a prefix cannot lead out of the root`() async throws {
        for (_, store) in try Self.stores() {
            let key = ObjectKey("key")
            for id in ["../../etc", "..", "", "/etc", String(repeating: "../", count: 10) + "aa"] {
                await expectError(.noSuchUpload, "\(id)") { try await store.listParts(of: id, key: key) }
                try await store.abortUpload(id, key: key)
            }
            for prefix in ["../", "a/../../", "/", "//", ".havre-uploads/"] {
                #expect(try await store.list(ObjectKey(prefix)).isEmpty, "\(prefix)")
            }
            for name in [
                "../x", "a/../../x", "/x", "x/", "a//b", "", ".", ".havre-uploads/x",
                ".havre-tmp-" + String(repeating: "0", count: 32), String(repeating: "n", count: 256),
            ] {
                await expectError(.refused, "\(name)") { try await store.save(ObjectKey(name), [1]) }
            }
            await expectError(.refused, "NUL") { try await store.save(ObjectKey([0x61, 0]), [1]) }
            #expect(try await store.list().isEmpty)
        }
    }

    // MARK: Reading

    @Test func `a file that changes while it is read has drifted`() async throws {
        for (root, store) in try Self.stores() {
            let key = ObjectKey("changing")
            let changes: [@Sendable () -> Void] = [
                { _ = truncate(root + "/changing", 300_000) },
                {
                    let raw = open(root + "/changing", O_WRONLY | O_CLOEXEC)
                    pwrite(raw, "x", 1, 899_999)
                    close(raw)
                },
            ]
            for change in changes {
                try Self.spill(noise(900_000), root + "/changing")
                let pin = try await store.head(key, versionID: nil, withTags: false).version
                let sink = Collector()
                sink.atFirstBytes = change
                let reactor = try TestReactor.get()
                do {
                    _ = try await store.read(ReadRequest(key: key, version: pin), on: reactor, into: sink)
                    Issue.record("the change went unseen")
                } catch {
                    #expect(error.code == .drifted)
                }
            }
        }
    }

    @Test func `replacing a file by rename is another version, touching it too`() async throws {
        let (root, store) = try Self.stores()[0]
        let key = ObjectKey("file")
        try Self.spill([1, 2, 3], root + "/file")
        let first = try await store.head(key, versionID: nil, withTags: false).version
        try Self.spill([1, 2, 3], root + "/other")
        try #require(rename(root + "/other", root + "/file") == 0)
        let second = try await store.head(key, versionID: nil, withTags: false).version
        #expect(first.entityTag != second.entityTag)
        // The old time put back by hand: the ctime still tells.
        let status = try Self.status(root + "/file")
        try Self.spill([4, 5, 6], root + "/file")
        try #require(utimensat(AT_FDCWD, root + "/file", [status.st_atim, status.st_mtim], 0) == 0)
        let third = try await store.head(key, versionID: nil, withTags: false).version
        #expect(third.modified == second.modified)
        #expect(third.entityTag != second.entityTag)
    }

    // MARK: Writing

    @Test func `the source's time is kept, before 1970 too, and the file is for its group at most`() async throws {
        let (root, store) = try Self.stores()[0]
        for (name, time) in [("new", Int64(1_600_000_000_123_456_789)), ("old", -1_500_000_000)] {
            let receipt = try await store.save(ObjectKey(name), [1], modified: time)
            let head = try await store.head(ObjectKey(name), versionID: nil, withTags: false)
            #expect(head.version.modified == time)
            #expect(head.version.entityTag == receipt.entityTag)
            #expect(try Self.status("\(root)/\(name)").st_mode & 0o777 == store.mode)
            #expect(store.mode & 0o037 == 0)
        }
        let key = ObjectKey("joined")
        let upload = try await store.createUpload(key, metadata: ObjectMetadata(), modified: 77)
        let part = try await store.putPart(0, of: upload, key, [1])
        _ = try await store.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .absent)
        #expect(try await store.head(key, versionID: nil, withTags: false).version.modified == 77)
        #expect(try Self.status(root + "/joined").st_mode & 0o777 == store.mode)
    }

    @Test func `a create never replaces what came in between`() async throws {
        for (root, store) in try Self.stores() {
            let key = ObjectKey("race")
            let draft = try store.draft(key: key, condition: .absent)
            try Self.spill(Array("theirs".utf8), root + "/race")
            do {
                _ = try store.publish(
                    draft, key: key, condition: .absent, metadata: ObjectMetadata(), modified: nil)
                Issue.record("it was replaced")
            } catch {
                #expect(error.code == .conditionFailed)
            }
            #expect(try await store.get(key) == Array("theirs".utf8))
        }
    }

    @Test func `an update sees what came in between`() async throws {
        let (root, store) = try Self.stores()[0]
        let key = ObjectKey("race")
        let first = try await store.save(key, [1])
        let condition = WriteCondition.entityTag(first.entityTag)
        let draft = try store.draft(key: key, condition: condition)
        try Self.spill(Array("theirs".utf8), root + "/race")
        #expect(throws: StoreError.self) {
            try store.publish(draft, key: key, condition: condition, metadata: ObjectMetadata(), modified: nil)
        }
        #expect(try await store.get(key) == Array("theirs".utf8))
    }

    @Test func `of many that create the same key at once one wins`() async throws {
        let (root, store) = try Self.stores()[0]
        let key = ObjectKey("deep/down/race")
        let wins = await withTaskGroup(of: Bool.self) { tasks in
            for seed in 1...20 {
                tasks.addTask {
                    do {
                        try await store.save(key, noise(10_000, seed: UInt64(seed)), condition: .absent)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await tasks.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
        #expect(try Self.names(root + "/deep/down") == ["race"], "no temporary file is left")
    }

    @Test func `a name cannot be file and directory at once`() async throws {
        for (root, store) in try Self.stores() {
            try await store.save(ObjectKey("a"), [1])
            for condition in [WriteCondition.any, .absent] {
                await expectError(.refused) { try await store.save(ObjectKey("a/b"), [1], condition: condition) }
                await expectError(.refused) { try await store.save(ObjectKey("a/b/c"), [1], condition: condition) }
            }
            try await store.save(ObjectKey("d/e"), [1])
            for condition in [WriteCondition.any, .absent, .entityTag("x")] {
                await expectError(.refused) { try await store.save(ObjectKey("d"), [1], condition: condition) }
            }
            #expect(try Self.names(root) == ["a", "d"], "no temporary file is left")
        }
    }

    @Test func `what a crash left of a write is not listed`() async throws {
        let (root, store) = try Self.stores()[0]
        try await store.save(ObjectKey("d/whole"), [1])
        let name = ".havre-tmp-" + String(repeating: "a0", count: 16)
        try Self.spill([1, 2], root + "/d/" + name)
        try Self.spill([3], root + "/d/.havre-tmp-notes")
        #expect(try await store.list().map(\.key).sorted() == [ObjectKey("d/.havre-tmp-notes"), ObjectKey("d/whole")])
    }

    @Test func `metadata beyond what the file system keeps are refused, and nothing is left`() async throws {
        let (root, store) = try Self.stores()[0]
        guard store.traits.keepsUserMetadata else { return }
        let metadata = ObjectMetadata(user: ["long": String(repeating: "x", count: 70_000)])
        await expectError(.refused) { try await store.save(ObjectKey("key"), [1], metadata: metadata) }
        #expect(try Self.names(root).isEmpty)
    }

    @Test func `errors of the disk are told from those of permissions`() {
        func code(_ number: Int32, writing: Bool = false) -> StoreError.Code {
            SystemFault("call", number: number).error("do", nil, in: "/root", writing: writing).code
        }
        #expect([ENOSPC, EDQUOT, EIO].map { code($0) } == [.disk, .disk, .disk])
        #expect([EACCES, EPERM, EROFS].map { code($0) } == [.denied, .denied, .denied])
        #expect([ENAMETOOLONG, ELOOP, EISDIR].map { code($0) } == [.refused, .refused, .refused])
        #expect(code(ENOTDIR, writing: true) == .refused)
        #expect(code(ENOTDIR) == .notFound)
        #expect(code(EMFILE) == .temporary)
    }
}
