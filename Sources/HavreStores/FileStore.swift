import CPosix
import Glibc
public import HavreModel

/// The protocol `file`: a directory is the bucket, the paths beneath it are the keys.
///
/// Writes are atomic and durable: a temporary file in the same directory, its bytes and attributes synced,
/// a rename that never replaces what the condition protects, a sync of every directory that gained a name.
/// Reads compare the file before and after with the pin. No symbolic link is followed, and no path leaves
/// the root. Bytes move on the reactor in slices, with a pause for others between them; what waits for the
/// disk runs on threads of the store's own.
///
/// An update with `.entityTag` is checked and renamed under a lock (`flock`) on the directory: it is exact
/// among Havre's processes, while other programs do not ask for the lock.
public final class FileStore: ObjectStore {
    /// Bytes that move before others on the reactor get their turn.
    static let slice = 256 << 10

    public let traits: StoreTraits
    let tree: FileTree
    let threads = FileThreads()
    let uploads: FileUploads
    /// What the process leaves of a new file's mode.
    let mode: mode_t

    /// Opens the directory `root`, which has to be there. `traits` nil declares those of the file system,
    /// asked without writing to it.
    ///
    /// Throws `.notFound` where there is no such directory, `.refused` where it is none, `.denied`.
    public convenience init(root: String, traits: StoreTraits? = nil) throws(StoreError) {
        try self.init(tree: FileTree(path: root), traits: traits)
    }

    init(tree: FileTree, traits: StoreTraits? = nil) throws(StoreError) {
        self.tree = tree
        self.traits = traits ?? Self.declared(keepsMetadata: FileMetadata.isSupported(under: tree.root))
        mode = 0o640 & ~Self.fileModeMask()
        uploads = FileUploads(tree: tree)
    }

    /// The traits of a file system that keeps names as bytes.
    ///
    /// - Parameter keepsMetadata: whether it has user extended attributes; without them nothing but the
    ///   bytes and the time is kept, the marker neither.
    public static func declared(keepsMetadata: Bool) -> StoreTraits {
        StoreTraits(
            maxParts: 10_000, minPartSize: 1, maxSingleWrite: UInt64(Int64.max), checksum: .crc64nvme,
            partChecksum: .crc64nvme, conditionalCreate: true, conditionalUpdate: true, conditionalComplete: true,
            conditionalRead: true, listsParts: true, listsUploads: true, entityTagIsMD5: false,
            keeps: [
                .backslash, .newline, .control, .notUTF8, .trailingSpace, .reserved, .nonASCII, .longKey, .overlongKey,
            ],
            breaks: [
                .empty, .doubleSlash, .leadingSlash, .trailingSlash, .dotSegment, .nul, .longComponent, .shadowed,
            ],
            keepsHeaders: keepsMetadata, keepsUserMetadata: keepsMetadata, keepsTags: keepsMetadata)
    }

    /// The umask, read without changing it for a moment as umask(2) would.
    private static func fileModeMask() -> mode_t {
        let raw = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { return 0o077 }
        let file = Descriptor(raw)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { Glibc.read(file.raw, $0.baseAddress, $0.count) }
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("Umask:") {
            let digits = line.dropFirst(6).filter { $0.isNumber }
            return mode_t(digits, radix: 8) ?? 0o077
        }
        return 0o077
    }

    // MARK: Reading

    public func listing(prefix: ObjectKey) -> any ObjectListing {
        FileListing(tree: tree, threads: threads, prefix: prefix)
    }

    public func hasPlace(of prefix: ObjectKey) async throws(StoreError) -> Bool {
        guard let slash = prefix.bytes.lastIndex(of: 0x2f) else { return true }
        return try await threads.run { () throws(StoreError) in
            do throws(SystemFault) {
                _ = try self.tree.open(prefix.bytes[..<slash], flags: O_RDONLY | O_DIRECTORY)
                return true
            } catch {
                guard error.number == ENOENT || error.number == ENOTDIR else {
                    throw error.error("list", prefix, in: self.tree.path)
                }
                return false
            }
        }
    }

    public func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        try Self.refuseVersion(versionID, key)
        return try await threads.run { () throws(StoreError) in
            let file = try self.openFile(key)
            return try self.head(of: file, key: key, withTags: withTags)
        }
    }

    public func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        try Self.refuseVersion(request.version.versionID, request.key)
        return try await withTaskExecutorPreference(reactor) { () async throws(StoreError) -> ObjectHead in
            try await stream(request, into: sink)
        }
    }

    private func stream(_ request: ReadRequest, into sink: any ByteSink) async throws(StoreError) -> ObjectHead {
        let key = request.key
        let file = try openFile(key)
        let head = try head(of: file, key: key, withTags: false)
        try compare(head.version, with: request)
        let range = request.range ?? 0..<request.version.size
        guard range.upperBound <= request.version.size else {
            throw StoreError(
                .refused, "bytes \(range.lowerBound) to \(range.upperBound) of \(request.version.size) were asked for",
                key: key)
        }
        let room = Int(min(UInt64(Self.slice), max(1, UInt64(range.count))))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 4096)
        defer { buffer.deallocate() }
        sink.restart()
        var offset = range.lowerBound
        while offset < range.upperBound {
            if Task.isCancelled { throw StoreError(.cancelled, "the read was cancelled", key: key) }
            let wanted = Int(min(UInt64(buffer.count), range.upperBound - offset))
            let count = try tree.attempt("read", key) { () throws(SystemFault) in
                try uninterrupted("pread") { pread(file.raw, buffer.baseAddress, wanted, off_t(offset)) }
            }
            // Cut short under our hands; the comparison below would say so too.
            if count == 0 { throw Self.drifted(key) }
            do {
                try sink.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch {
                throw StoreError(.sink, "what was read could not be taken on", key: key, underlying: error)
            }
            offset += UInt64(count)
            if offset < range.upperBound { await Task.yield() }
        }
        // The bytes count only if the file is what it was, after the last of them was read.
        let after = try tree.attempt("read", key) { () throws(SystemFault) in try stat.of(file).version }
        try compare(after, with: request)
        return head
    }

    private func compare(_ version: SourceVersion, with request: ReadRequest) throws(StoreError) {
        if !request.version.matches(version) { throw Self.drifted(request.key) }
    }

    private static func drifted(_ key: ObjectKey) -> StoreError {
        StoreError(.drifted, "the file is no longer the one that was pinned", key: key)
    }

    private static func refuseVersion(_ versionID: String?, _ key: ObjectKey) throws(StoreError) {
        if versionID != nil { throw StoreError(.refused, "a directory keeps no versions", key: key) }
    }

    /// Opens a regular file to read it.
    private func openFile(_ key: ObjectKey) throws(StoreError) -> Descriptor {
        try FileTree.check(key)
        do throws(SystemFault) {
            // Without O_NONBLOCK a named pipe would hang here.
            let file = try tree.open(key.bytes, flags: O_RDONLY | O_NONBLOCK)
            let status = try stat.of(file)
            if status.isDirectory { throw SystemFault("open", number: ENOENT) }
            if !status.isRegular { throw SystemFault("open", number: ELOOP) }
            return file
        } catch {
            // ENXIO: a socket, or a pipe that nobody writes to.
            if error.number == ENXIO || (error.call == "open" && error.number == ELOOP) {
                throw StoreError(.refused, "only regular files are objects", key: key)
            }
            throw error.error("open", key, in: tree.path)
        }
    }

    private func head(of file: Descriptor, key: ObjectKey, withTags: Bool) throws(StoreError) -> ObjectHead {
        try tree.attempt("look at", key) { () throws(SystemFault) in
            let version = try stat.of(file).version
            guard traits.keepsUserMetadata || traits.keepsHeaders || traits.keepsTags else {
                return ObjectHead(version: version)
            }
            var (metadata, marker) = try FileMetadata.get(from: file)
            let tagCount = metadata.tags.count
            if !withTags { metadata.tags = [:] }
            return ObjectHead(version: version, metadata: metadata, tagCount: tagCount, marker: marker)
        }
    }

    // MARK: Writing

    public func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    {
        let key = request.key
        try FileTree.check(key)
        let draft = try await threads.run { () throws(StoreError) in
            try self.draft(key: key, condition: request.condition)
        }
        let check = try await withTaskExecutorPreference(reactor) { () async throws(StoreError) -> UInt64 in
            try await FileWriter.pour(body, into: draft.file, at: 0, key: key, root: tree.path)
        }
        if let stated = body.checksums.crc64nvme, stated != check { throw Self.wrongChecksum(key) }
        let enforced: Checksum.Kind = body.checksums.crc64nvme == nil ? .none : .crc64nvme
        return try await threads.run { () throws(StoreError) in
            let version = try self.publish(
                draft, key: key, condition: request.condition, metadata: request.metadata, modified: request.modified)
            return WriteReceipt(entityTag: version.entityTag, enforced: enforced)
        }
    }

    static func wrongChecksum(_ key: ObjectKey) -> StoreError {
        StoreError(.checksumRefused, "the bytes that arrived are not those of the CRC-64/NVME", key: key)
    }

    /// Removes the directories that a deletion left empty, as object stores have none.
    private func prune(above key: ObjectKey) {
        var path = key.bytes
        while let slash = path.lastIndex(of: 0x2f) {
            path = Array(path[..<slash])
            guard let place = try? tree.place(of: ObjectKey(path), creating: false),
                unlinkat(place.parent.raw, place.text, AT_REMOVEDIR) == 0
            else { return }
        }
    }

    public func delete(_ key: ObjectKey) async throws(StoreError) {
        try FileTree.check(key)
        try await threads.run { () throws(StoreError) in
            do throws(SystemFault) {
                let place = try self.tree.place(of: key, creating: false)
                // A directory of this name is no object.
                if try stat.of(place).isDirectory { return }
                flock(place.parent.raw, LOCK_EX)
                defer { flock(place.parent.raw, LOCK_UN) }
                if unlinkat(place.parent.raw, place.text, 0) != 0 { throw SystemFault("unlinkat") }
                if fsync(place.parent.raw) != 0 { throw SystemFault("fsync") }
                self.prune(above: key)
            } catch  where error.number == ENOENT || error.number == ENOTDIR {
                return
            } catch {
                throw error.error("remove", key, in: self.tree.path)
            }
        }
    }
}
