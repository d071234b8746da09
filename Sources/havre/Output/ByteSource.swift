import Glibc

/// A file or standard input, read from beginning to end.
struct ByteSource: ~Copyable {
    private let descriptor: Int32
    private let name: String

    /// Opens `path`; nil and `-` are standard input.
    ///
    /// - Throws: `CommandFailure` where it cannot be opened, or is a directory.
    init(path: String?) throws {
        name = path ?? "stdin"
        if path == nil || path == "-" {
            descriptor = dup(STDIN_FILENO)
        } else {
            descriptor = open(name, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "\(name) cannot be opened: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Hands out all bytes in order, up to 1 MiB at a time.
    ///
    /// - Throws: `CommandFailure` where reading fails, and what `take` throws.
    borrowing func read(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw CommandFailure(.failed, "\(name) cannot be read: \(String(cString: strerror(errno)))")
            }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}

/// A file that appears whole or not at all: written without a name of its own beside its place, then linked there.
final class NewFile {
    /// Where bytes are written.
    let descriptor: Int32
    private let path: String
    private let temporary: String
    private var isKept = false

    /// Begins a file of mode 0600 that will stand at `path`.
    ///
    /// - Throws: `CommandFailure` where something is there already, or nothing can be made there.
    init(path: String) throws {
        self.path = path
        temporary = path + ".havre-\(getpid())"
        var info = stat()
        guard lstat(path, &info) != 0 else {
            throw CommandFailure(.failed, "the file \(path) is there already and is not overwritten")
        }
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "the file \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    /// Makes the file durable and gives it its name.
    ///
    /// - Throws: `CommandFailure`; nothing stands at `path` then that was not there before.
    func keep() throws {
        guard fsync(descriptor) == 0, link(temporary, path) == 0 else {
            throw CommandFailure(.failed, "the file \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        unlink(temporary)
        isKept = true
    }

    deinit {
        if !isKept { unlink(temporary) }
        close(descriptor)
    }
}
