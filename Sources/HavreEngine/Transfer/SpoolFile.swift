import Glibc

/// A nameless file for one sealed part: ciphertext only, gone with its descriptor, a crash included.
final class SpoolFile: Sendable {
    /// The open file.
    let descriptor: Int32

    /// Makes a file in `directory`, which is made where it is missing.
    init(directory: String) throws {
        if mkdir(directory, 0o700) != 0 && errno != EEXIST {
            throw EngineError(.disk, "\(directory): cannot be made: \(String(cString: strerror(errno)))")
        }
        // O_TMPFILE is __O_TMPFILE | O_DIRECTORY, which Swift does not import.
        let temporary = open(directory, O_RDWR | O_CLOEXEC | 0o20000000 | O_DIRECTORY, 0o600)
        if temporary >= 0 {
            descriptor = temporary
            return
        }
        var template = Array((directory + "/part-XXXXXX").utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw EngineError(.disk, "\(directory): no spool file can be made: \(String(cString: strerror(errno)))")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit { close(descriptor) }
}
