import CPosix
import Glibc
import HavreModel

/// A walk through a tree, one batch of entries at a time; memory grows with the depth only.
///
/// Regular files are objects. What is neither file nor directory is listed too, under the tier `symlink`
/// or `special`, so that nothing is left out without a word. Directories are no objects.
final class FileListing: ObjectListing, @unchecked Sendable {
    /// Tier of a symbolic link.
    static let symlinkTier = "symlink"
    /// Tier of a socket, pipe or device.
    static let specialTier = "special"

    private final class Level {
        let stream: OpaquePointer
        let descriptor: Int32
        /// The directory's path with a slash behind it; empty at the root.
        let path: [UInt8]
        /// What names here have to begin with.
        let filter: [UInt8]
        /// A directory that could not be opened; asked for again by the next call.
        var pending: [UInt8]?

        init(_ directory: Descriptor, path: [UInt8], filter: [UInt8]) throws(SystemFault) {
            let copy = fcntl(directory.raw, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { throw SystemFault("fcntl") }
            guard let stream = fdopendir(copy) else {
                let fault = SystemFault("fdopendir")
                close(copy)
                throw fault
            }
            self.stream = stream
            self.descriptor = copy
            self.path = path
            self.filter = filter
        }

        deinit { closedir(stream) }
    }

    private let tree: FileTree
    private let threads: FileThreads
    private let prefix: ObjectKey
    private let batchSize: Int
    private var levels: [Level] = []
    private var batch: [ObjectEntry] = []
    private var hasBegun = false

    init(tree: FileTree, threads: FileThreads, prefix: ObjectKey, batchSize: Int = 1000) {
        self.tree = tree
        self.threads = threads
        self.prefix = prefix
        self.batchSize = batchSize
    }

    func next() async throws(StoreError) -> [ObjectEntry]? {
        try await threads.run { () throws(StoreError) in
            do throws(SystemFault) {
                try self.begin()
                return try self.fill()
            } catch {
                throw error.error("list", self.levels.last.map { ObjectKey($0.path) }, in: self.tree.path)
            }
        }
    }

    /// Opens the directory that the prefix names.
    private func begin() throws(SystemFault) {
        guard !hasBegun else { return }
        let bytes = prefix.bytes
        let slash = bytes.lastIndex(of: 0x2f)
        let directory = slash.map { bytes[..<$0] } ?? []
        let filter = slash.map { Array(bytes[($0 + 1)...]) } ?? bytes
        let names = slash == nil ? [] : directory.split(separator: 0x2f, omittingEmptySubsequences: false)
        // No key of ours begins so: there is nothing to find.
        let cannotBe = names.contains { name in
            name.isEmpty || name.count > 255 || name.contains(0) || name.elementsEqual([0x2e])
                || name.elementsEqual([0x2e, 0x2e])
        }
        if !cannotBe, !(names.first?.elementsEqual(FileTree.uploads) ?? false) {
            do throws(SystemFault) {
                let opened = try tree.open(directory, flags: O_RDONLY | O_DIRECTORY)
                let path = slash.map { Array(bytes[...$0]) } ?? []
                levels = [try Level(opened, path: path, filter: filter)]
            } catch  where error.number == ENOENT || error.number == ENOTDIR {
                levels = []
            }
        }
        hasBegun = true
    }

    private func fill() throws(SystemFault) -> [ObjectEntry]? {
        while let level = levels.last, batch.count < batchSize {
            if let name = level.pending {
                try descend(name, from: level)
                continue
            }
            errno = 0
            guard let entry = readdir(level.stream) else {
                if errno != 0 { throw SystemFault("readdir") }
                levels.removeLast()
                continue
            }
            let name = Self.name(of: entry)
            if name == [0x2e] || name == [0x2e, 0x2e] || !name.starts(with: level.filter) { continue }
            if FileTree.isTemporary(name) || (level.path.isEmpty && name == FileTree.uploads) { continue }
            if Int32(entry.pointee.d_type) == Int32(DT_DIR) {
                level.pending = name
                continue
            }
            var status = stat()
            let text = name.map { CChar(bitPattern: $0) } + [0]
            if fstatat(level.descriptor, text, &status, AT_SYMLINK_NOFOLLOW) != 0 {
                if errno == ENOENT { continue }
                throw SystemFault("fstatat")
            }
            if status.isDirectory {
                level.pending = name
                continue
            }
            let tier = status.isRegular ? nil : status.isLink ? Self.symlinkTier : Self.specialTier
            batch.append(ObjectEntry(key: ObjectKey(level.path + name), version: status.version, tier: tier))
        }
        if batch.isEmpty { return nil }
        defer { batch = [] }
        return batch
    }

    private func descend(_ name: [UInt8], from level: Level) throws(SystemFault) {
        let text = name.map { CChar(bitPattern: $0) } + [0]
        let raw = openat(level.descriptor, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard raw >= 0 else {
            // Gone, or something else by now: then it is not a directory to walk.
            if errno == ENOENT || errno == ENOTDIR || errno == ELOOP {
                level.pending = nil
                return
            }
            throw SystemFault("openat")
        }
        let directory = Descriptor(raw)
        levels.append(try Level(directory, path: level.path + name + [0x2f], filter: []))
        level.pending = nil
    }

    static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        // The record may end before the declared 256 bytes do: no copy of it, and no look beyond the NUL.
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
        let start = UnsafeRawPointer(entry) + offset
        return Array(UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
    }
}
