import CPosix
import Glibc
import HavreModel

/// A file that is being written: it has no name that a listing shows, and goes away with this value
/// unless it was published. Where the file system can, it has no name at all, so that a crash leaves nothing.
final class FileDraft: @unchecked Sendable {
    let place: FileTree.Place
    let file: Descriptor
    /// Where the file lies now: beside its place, or in an upload's directory.
    let home: FileTree.Place
    /// Whether it lies nowhere yet: `home` is then the name that it may be given on the way.
    private(set) var isNameless: Bool
    private var isPublished = false

    init(
        place: FileTree.Place, file: Descriptor, home: FileTree.Place, keepsFile: Bool = false, isNameless: Bool = false
    ) {
        self.isNameless = isNameless
        self.place = place
        self.file = file
        self.home = home
        isPublished = keepsFile
    }

    func wasPublished() { isPublished = true }

    /// Gives a nameless file a name that is free; throws EEXIST where it is not.
    func link(as name: FileTree.Place) throws(SystemFault) {
        // linkat(2): the way to name an O_TMPFILE that needs no capability.
        let own = "/proc/self/fd/\(file.raw)"
        if linkat(AT_FDCWD, own, name.parent.raw, name.text, AT_SYMLINK_FOLLOW) != 0 { throw SystemFault("linkat") }
        isNameless = false
    }

    deinit { if !isPublished && !isNameless { unlinkat(home.parent.raw, home.text, 0) } }
}

/// Moves the bytes of a write into a file, on the reactor.
enum FileWriter {
    /// Writes all of `body` at `offset`, slice by slice; returns its CRC-64/NVME.
    static func pour(
        _ body: WriteBody, into file: Descriptor, at offset: Int64, key: ObjectKey, root: String
    ) async throws(StoreError) -> UInt64 {
        var check = FileCheck()
        var done = 0
        var buffer: UnsafeMutableRawBufferPointer?
        defer { buffer?.deallocate() }
        while done < body.count {
            if Task.isCancelled { throw StoreError(.cancelled, "the write was cancelled", key: key) }
            let count = min(FileStore.slice, body.count - done)
            do throws(SystemFault) {
                switch body.storage {
                case .memory(let bytes):
                    let slice = UnsafeRawBufferPointer(rebasing: bytes[done..<(done + count)])
                    check.update(slice)
                    try put(slice, into: file, at: offset + Int64(done))
                case .file(let spool, let start):
                    let room = buffer ?? .allocate(byteCount: min(FileStore.slice, body.count), alignment: 4096)
                    buffer = room
                    let slice = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
                    try get(slice, from: spool, at: start + Int64(done))
                    check.update(UnsafeRawBufferPointer(slice))
                    try put(UnsafeRawBufferPointer(slice), into: file, at: offset + Int64(done))
                }
            } catch {
                throw error.error("write", key, in: root, writing: true)
            }
            done += count
            if done < body.count { await Task.yield() }
        }
        return check.value
    }

    /// Writes all bytes.
    static func put(_ bytes: UnsafeRawBufferPointer, into file: Descriptor, at offset: Int64) throws(SystemFault) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = try uninterrupted("pwrite") {
                pwrite(file.raw, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            }
            if count == 0 { throw SystemFault("pwrite", number: EIO) }
            done += count
        }
    }

    /// Fills all of `bytes`.
    static func get(_ bytes: UnsafeMutableRawBufferPointer, from raw: Int32, at offset: Int64) throws(SystemFault) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = try uninterrupted("pread") {
                pread(raw, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            }
            if count == 0 { throw SystemFault("pread: the file is shorter than it was", number: EIO) }
            done += count
        }
    }

    /// Copies inside the kernel, blocks shared where the file system can.
    static func copy(_ count: Int64, from: Descriptor, at start: Int64, to file: Descriptor, at offset: Int64)
        throws(SystemFault)
    {
        var done: Int64 = 0
        while done < count {
            let moved = havre_copy_range(
                from.raw, off_t(start + done), file.raw, off_t(offset + done), Int(min(count - done, 1 << 30)))
            if moved > 0 {
                done += Int64(moved)
                continue
            }
            if moved < 0, errno == EINTR { continue }
            if moved < 0, ![EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) {
                throw SystemFault("copy_file_range")
            }
            // Between file systems, or a kernel without the call: by hand.
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FileStore.slice, alignment: 4096)
            defer { buffer.deallocate() }
            while done < count {
                let slice = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(min(Int64(buffer.count), count - done))])
                try get(slice, from: from.raw, at: start + done)
                try put(UnsafeRawBufferPointer(slice), into: file, at: offset + done)
                done += Int64(slice.count)
            }
        }
    }
}

extension FileStore {
    /// Makes the temporary file of a write, where the condition holds so far.
    func draft(key: ObjectKey, condition: WriteCondition) throws(StoreError) -> FileDraft {
        let place = try tree.attempt("write", key, writing: true) { () throws(SystemFault) in
            try tree.place(of: key, creating: true)
        }
        try hold(condition, at: place, key: key)
        return try tree.attempt("write", key, writing: true) { () throws(SystemFault) in
            let name = FileTree.temporaryPrefix + FileTree.token()
            let home = FileTree.Place(parent: place.parent, name: name)
            // O_TMPFILE is __O_TMPFILE | O_DIRECTORY, which Swift does not import.
            let nameless = openat(place.parent.raw, ".", O_RDWR | O_CLOEXEC | 0o20000000 | O_DIRECTORY, 0o600)
            if nameless >= 0 {
                let file = Descriptor(nameless)
                if access("/proc/self/fd", X_OK) == 0 {
                    return FileDraft(place: place, file: file, home: home, isNameless: true)
                }
            }
            let file = try FileTree.open(
                name, in: place.parent, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            return FileDraft(place: place, file: file, home: home)
        }
    }

    /// Gives a whole file its attributes and its name, durably; returns its version.
    func publish(
        _ draft: FileDraft, key: ObjectKey, condition: WriteCondition, metadata: ObjectMetadata, modified: Int64?
    ) throws(StoreError) -> SourceVersion {
        do throws(SystemFault) {
            if traits.keepsUserMetadata || traits.keepsHeaders || traits.keepsTags {
                try FileMetadata.put(metadata, on: draft.file)
            }
        } catch  where error.number == E2BIG {
            throw StoreError(
                .refused, "the metadata are longer than the file system keeps; let the plan seal or drop them",
                key: key)
        } catch {
            throw error.error("keep metadata", key, in: tree.path, writing: true)
        }
        try tree.attempt("finish", key, writing: true) { () throws(SystemFault) in
            if let modified {
                let whole = modified / 1_000_000_000 - (modified % 1_000_000_000 < 0 ? 1 : 0)
                let time = timespec(tv_sec: Int(whole), tv_nsec: Int(modified - whole * 1_000_000_000))
                if futimens(draft.file.raw, [time, time]) != 0 { throw SystemFault("futimens") }
            }
            if fchmod(draft.file.raw, mode) != 0 { throw SystemFault("fchmod") }
            if fsync(draft.file.raw) != 0 { throw SystemFault("fsync") }
        }
        try name(draft, key: key, condition: condition)
        return try tree.attempt("sync the directory of", key, writing: true) { () throws(SystemFault) in
            for directory in [draft.place.parent] + draft.place.grown.reversed() {
                if fsync(directory.raw) != 0 { throw SystemFault("fsync") }
            }
            // Renaming sets the ctime: the tag is that of the file under its name.
            return try stat.of(draft.file).version
        }
    }

    /// Renames a draft to its place where the condition holds.
    private func name(_ draft: FileDraft, key: ObjectKey, condition: WriteCondition) throws(StoreError) {
        let (home, place) = (draft.home, draft.place)
        if condition == .absent {
            do throws(SystemFault) {
                if draft.isNameless {
                    try draft.link(as: place)
                } else {
                    try nameExclusively(home, place)
                }
            } catch {
                // Says whether a file is there, or a directory.
                if error.number == EEXIST { try hold(condition, at: place, key: key) }
                throw error.error("name", key, in: tree.path, writing: true)
            }
        } else {
            // Without the lock another writer could come between the look and the rename.
            flock(place.parent.raw, LOCK_EX)
            defer { flock(place.parent.raw, LOCK_UN) }
            try hold(condition, at: place, key: key)
            try tree.attempt("name", key, writing: true) { () throws(SystemFault) in
                // Only a rename replaces: for that moment the file needs a name of its own.
                if draft.isNameless { try draft.link(as: home) }
                if renameat(home.parent.raw, home.text, place.parent.raw, place.text) != 0 {
                    throw SystemFault("renameat")
                }
            }
        }
        draft.wasPublished()
    }

    private func nameExclusively(_ home: FileTree.Place, _ place: FileTree.Place) throws(SystemFault) {
        if havre_rename_noreplace(home.parent.raw, home.text, place.parent.raw, place.text) == 0 { return }
        // File systems without the flag (EINVAL) make a hard link, which never replaces either.
        guard errno == EINVAL || errno == ENOSYS else { throw SystemFault("renameat2") }
        if linkat(home.parent.raw, home.text, place.parent.raw, place.text, 0) != 0 { throw SystemFault("linkat") }
        if unlinkat(home.parent.raw, home.text, 0) != 0 { throw SystemFault("unlinkat") }
    }

    /// Throws `.conditionFailed` where the condition does not hold, `.refused` where a directory is in the way.
    func hold(_ condition: WriteCondition, at place: FileTree.Place, key: ObjectKey) throws(StoreError) {
        let status: stat?
        do throws(SystemFault) {
            status = try stat.of(place)
        } catch  where error.number == ENOENT {
            status = nil
        } catch {
            throw error.error("look at", key, in: tree.path, writing: true)
        }
        if let status, status.isDirectory {
            throw SystemFault("stat", number: EISDIR).error("write", key, in: tree.path, writing: true)
        }
        switch (condition, status) {
        case (.any, _), (.absent, nil): return
        case (.absent, .some):
            throw StoreError(.conditionFailed, "something is there already", key: key)
        case (.entityTag, nil):
            throw StoreError(.conditionFailed, "what was to be replaced is gone", key: key)
        case (.entityTag(let tag), .some(let status)):
            if status.version.entityTag != tag {
                throw StoreError(.conditionFailed, "what was to be replaced is another file by now", key: key)
            }
        }
    }
}
