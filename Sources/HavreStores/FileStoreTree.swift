import CPosix
import Glibc
import HavreModel

/// An open descriptor that closes itself.
final class Descriptor: Sendable {
    let raw: Int32

    init(_ raw: Int32) { self.raw = raw }
    deinit { close(raw) }
}

/// A system call that failed.
struct SystemFault: Error {
    let number: Int32
    let call: String

    /// What `errno` says now.
    init(_ call: String) { (number, self.call) = (errno, call) }

    init(_ call: String, number: Int32) { (self.number, self.call) = (number, call) }

    /// The fault as a store's error. `writing` tells a path that cannot come to be from one that is not there.
    func error(_ doing: String, _ key: ObjectKey?, in root: String, writing: Bool = false) -> StoreError {
        let reason = String(cString: strerror(number))
        func make(_ code: StoreError.Code, _ advice: String) -> StoreError {
            StoreError(code, "cannot \(doing) in \(root): \(reason) (\(call)); \(advice)", key: key)
        }
        switch number {
        case ENOENT: return make(.notFound, "there is no such file")
        case ENOTDIR where writing, EISDIR, EEXIST:
            return make(.refused, "a name cannot be file and directory at once")
        case ENOTDIR: return make(.notFound, "a part of the path is a file")
        case EACCES, EPERM: return make(.denied, "give this user the permission")
        case EROFS: return make(.denied, "the file system is mounted read-only")
        case ELOOP, EXDEV: return make(.refused, "symbolic links are not followed")
        case ENAMETOOLONG: return make(.refused, "a name may have 255 bytes")
        case ENOSPC, EDQUOT: return make(.disk, "make room and run again")
        case EIO: return make(.disk, "look at the disk before anything else")
        case EMFILE, ENFILE: return make(.temporary, "raise the limit of open files")
        case EAGAIN, EINTR, ESTALE, ENOMEM, EBUSY: return make(.temporary, "run again")
        default: return make(.disk, "the file system does not do this")
        }
    }
}

/// Repeats a call that a signal interrupted.
func uninterrupted<Result: SignedInteger>(_ call: String, _ body: () -> Result) throws(SystemFault) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        if errno != EINTR { throw SystemFault(call) }
    }
}

extension FileTree {
    /// Runs system calls; what fails becomes a store's error that names what was being done to which key.
    func attempt<Result>(
        _ doing: String, _ key: ObjectKey?, writing: Bool = false, _ body: () throws(SystemFault) -> Result
    ) throws(StoreError) -> Result {
        do throws(SystemFault) {
            return try body()
        } catch {
            throw error.error(doing, key, in: path, writing: writing)
        }
    }
}

/// A directory and what lies beneath it. No path leaves it and no symbolic link is followed.
final class FileTree: Sendable {
    /// Uploads under way lie here, at the root; never listed.
    static let uploads = Array(".havre-uploads".utf8)
    /// How a file that is being written is called until it is whole; never listed.
    static let temporaryPrefix = Array(".havre-tmp-".utf8)

    /// The directory as the operator named it.
    let path: String
    let root: Descriptor
    /// Whether the kernel resolves paths beneath the root by itself; a walk component by component does otherwise.
    private let kernelResolves: Bool

    /// Opens the directory, which has to be there: one that is made unasked hides a file system that is not mounted.
    init(path: String, kernelResolves: Bool = true) throws(StoreError) {
        let raw = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else {
            let fault = SystemFault("open")
            if fault.number == ENOENT {
                throw StoreError(
                    .notFound, "there is no directory \(path); make it, or correct the bucket in the plan")
            }
            if fault.number == ENOTDIR {
                throw StoreError(.refused, "\(path) is no directory; a file store needs one as its bucket")
            }
            throw fault.error("open the directory", nil, in: path)
        }
        let root = Descriptor(raw)
        let probe = kernelResolves ? havre_openat_beneath(raw, ".", HAVRE_O_PATH | O_CLOEXEC) : -1
        if probe >= 0 { close(probe) }
        self.path = path
        self.root = root
        self.kernelResolves = probe >= 0
    }

    /// Whether a name is one of a file that is being written: the prefix and 32 hex digits.
    static func isTemporary(_ name: some Collection<UInt8>) -> Bool {
        name.count == temporaryPrefix.count + 32 && name.starts(with: temporaryPrefix)
            && name.dropFirst(temporaryPrefix.count).allSatisfy(isHexDigit)
    }

    static func isHexDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }

    /// 32 hex digits that nobody guesses.
    static func token() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        return (0..<2).flatMap { _ in
            let word = generator.next()
            return (0..<16).map { digits[Int(truncatingIfNeeded: word >> (4 * $0)) & 15] }
        }
    }

    /// Refuses what can be no path beneath the root, or is a name of our own.
    static func check(_ key: ObjectKey) throws(StoreError) {
        func refuse(_ reason: String) -> StoreError {
            StoreError(.refused, "a file cannot bear this key: \(reason)", key: key)
        }
        if key.bytes.isEmpty { throw refuse("it is empty") }
        var component = 0
        let bytes = key.bytes
        for end in bytes.indices where bytes[end] == 0x2f || end == bytes.count - 1 {
            let stop = bytes[end] == 0x2f ? end : end + 1
            let name = bytes[component..<stop]
            if name.isEmpty { throw refuse("it has an empty component") }
            if name.count > 255 { throw refuse("a component has more than 255 bytes") }
            if name.elementsEqual([0x2e]) || name.elementsEqual([0x2e, 0x2e]) {
                throw refuse("it has a component . or ..")
            }
            if name.contains(0) { throw refuse("it has a NUL") }
            if isTemporary(name) { throw refuse("files that are being written are called so") }
            if component == 0, name.elementsEqual(uploads) { throw refuse("uploads under way lie there") }
            component = end + 1
        }
        if bytes.last == 0x2f { throw refuse("it ends with a slash") }
    }

    /// Opens a path beneath the root; an empty one is the root itself.
    func open(_ path: some Collection<UInt8>, flags: Int32) throws(SystemFault) -> Descriptor {
        let flags = flags | O_NOFOLLOW | O_CLOEXEC
        if path.isEmpty {
            let raw = try uninterrupted("open") { openat(root.raw, ".", flags) }
            return Descriptor(raw)
        }
        // The kernel takes at most 4,095 bytes at once.
        guard kernelResolves, path.count < 4000 else { return try walk(path, flags: flags) }
        let name = path.map { CChar(bitPattern: $0) } + [0]
        var attempts = 0
        while true {
            let raw = havre_openat_beneath(root.raw, name, flags)
            if raw >= 0 { return Descriptor(raw) }
            // A rename elsewhere may disturb the resolution (openat2(2), EAGAIN).
            attempts += 1
            if errno == EINTR || (errno == EAGAIN && attempts < 64) { continue }
            // A link in place of a directory says the same as a file: the walk tells them apart.
            if errno == ENOTDIR { return try walk(path, flags: flags) }
            throw SystemFault("openat2")
        }
    }

    private func walk(_ path: some Collection<UInt8>, flags: Int32) throws(SystemFault) -> Descriptor {
        var directory = root
        let names = path.split(separator: 0x2f, omittingEmptySubsequences: false)
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            let way = isLast ? flags : HAVRE_O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            directory = try Self.open(name, in: directory, flags: way)
        }
        return directory
    }

    /// Opens one name in a directory.
    static func open(_ name: some Collection<UInt8>, in directory: Descriptor, flags: Int32, mode: mode_t = 0)
        throws(SystemFault) -> Descriptor
    {
        let text = name.map { CChar(bitPattern: $0) } + [0]
        do throws(SystemFault) {
            return Descriptor(
                try uninterrupted("openat") { openat(directory.raw, text, flags | O_NOFOLLOW | O_CLOEXEC, mode) })
        } catch  where error.number == ENOTDIR {
            var status = stat()
            let isLink = fstatat(directory.raw, text, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.isLink
            throw isLink ? SystemFault("openat", number: ELOOP) : error
        }
    }

    /// A name in an open directory, and the directories that gained one on the way.
    struct Place: Sendable {
        var parent: Descriptor
        var name: [UInt8]
        /// To be synced before the name counts as durable.
        var grown: [Descriptor] = []

        /// The name for a system call.
        var text: [CChar] { name.map { CChar(bitPattern: $0) } + [0] }
    }

    /// Where a key lies; its directories are made where they are missing and `creating`.
    func place(of key: ObjectKey, creating: Bool) throws(SystemFault) -> Place {
        let bytes = key.bytes
        guard let slash = bytes.lastIndex(of: 0x2f) else { return Place(parent: root, name: bytes) }
        let name = Array(bytes[(slash + 1)...])
        do throws(SystemFault) {
            return Place(parent: try open(bytes[..<slash], flags: O_RDONLY | O_DIRECTORY), name: name)
        } catch  where creating && error.number == ENOENT {
            var directory = root
            var grown: [Descriptor] = []
            for component in bytes[..<slash].split(separator: 0x2f) {
                do throws(SystemFault) {
                    directory = try Self.open(component, in: directory, flags: O_RDONLY | O_DIRECTORY)
                } catch  where error.number == ENOENT {
                    let text = component.map { CChar(bitPattern: $0) } + [0]
                    if mkdirat(directory.raw, text, 0o750) != 0, errno != EEXIST { throw SystemFault("mkdirat") }
                    grown.append(directory)
                    directory = try Self.open(component, in: directory, flags: O_RDONLY | O_DIRECTORY)
                }
            }
            return Place(parent: directory, name: name, grown: grown)
        }
    }
}

extension stat {
    /// Inode, size, mtime and ctime in nanoseconds: whatever changes a file's bytes changes one of them.
    var version: SourceVersion {
        func hex(_ value: Int64) -> String { String(UInt64(bitPattern: value), radix: 16) }
        let modified = Int64(st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(st_mtim.tv_nsec)
        let changed = Int64(st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(st_ctim.tv_nsec)
        let tag = "\(String(st_ino, radix: 16))-\(hex(Int64(st_size)))-\(hex(modified))-\(hex(changed))"
        return SourceVersion(entityTag: tag, size: UInt64(max(0, st_size)), modified: modified)
    }

    /// Whether it is a regular file.
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    /// Whether it is a directory.
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
    /// Whether it is a symbolic link.
    var isLink: Bool { st_mode & S_IFMT == S_IFLNK }

    /// What is behind a descriptor.
    static func of(_ descriptor: Descriptor) throws(SystemFault) -> stat {
        var result = stat()
        if fstat(descriptor.raw, &result) != 0 { throw SystemFault("fstat") }
        return result
    }

    /// What a name is, the link itself where it is one.
    static func of(_ place: FileTree.Place) throws(SystemFault) -> stat {
        var result = stat()
        if fstatat(place.parent.raw, place.text, &result, AT_SYMLINK_NOFOLLOW) != 0 { throw SystemFault("fstatat") }
        return result
    }
}
