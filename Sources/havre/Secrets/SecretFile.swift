import Glibc
import HavreCrypto

/// Small files that hold a secret: read into memory that is overwritten, written for their owner alone.
enum SecretFile {
    /// Larger files hold no key and no passphrase.
    static let maxBytes = 1 << 20

    /// The bytes of the file at `path`, or of standard input where it is `-`.
    ///
    /// - Throws: `CommandFailure` (`key`) where it cannot be read or is larger than 1 MiB.
    static func read(_ path: String) throws -> SecretBytes {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.key, "the file \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: maxBytes + 1, alignment: 16)
        defer {
            if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
            buffer.deallocate()
        }
        var filled = 0
        while filled < buffer.count {
            let count = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw CommandFailure(.key, "the file \(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            filled += count
        }
        guard filled <= maxBytes else { throw CommandFailure(.key, "the file \(path) is larger than 1 MiB and no key") }
        return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
    }

    /// The identities of an identity file.
    ///
    /// - Throws: `CommandFailure` (`key`) that names the file and never its content.
    static func identities(_ path: String) throws -> [AgeIdentity] {
        do throws(CryptoError) {
            return try AgeIdentity.parse(file: try readTyped(path))
        } catch {
            throw CommandFailure(.key, "\(path): \(error.message)")
        }
    }

    /// The bytes of a key file.
    ///
    /// - Throws: `CryptoError` (`badKey`) where it cannot be read.
    static func contents(_ path: String) throws(CryptoError) -> SecretBytes { try readTyped(path) }

    private static func readTyped(_ path: String) throws(CryptoError) -> SecretBytes {
        do {
            return try read(path)
        } catch {
            throw CryptoError(.badKey, (error as? CommandFailure)?.message ?? "the file cannot be read")
        }
    }

    /// Creates `path` with mode 0600, writes `secret` and makes it durable. An existing file is never touched.
    ///
    /// - Throws: `CommandFailure` (`failed`); nothing is left behind then.
    static func create(_ path: String, _ secret: borrowing SecretBytes) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandFailure(
                .failed,
                errno == EEXIST
                    ? "the file \(path) is there already and is not overwritten"
                    : "the file \(path) cannot be made: \(reason)")
        }
        defer { close(descriptor) }
        let problem = secret.withBytes { bytes in
            fchmod(descriptor, 0o600) == 0 ? Descriptor.write(bytes, to: descriptor) : errno
        }
        if let problem = problem ?? (fsync(descriptor) == 0 ? nil : errno) {
            unlink(path)
            throw CommandFailure(.failed, "the file \(path) cannot be written: \(String(cString: strerror(problem)))")
        }
    }

    /// The passphrase that an environment variable or a file holds, without its last newline.
    ///
    /// - Throws: `CommandFailure` (`key`) where there is none.
    static func passphrase(environment: String?, file: String?) throws -> AgeUnlock.Passphrase? {
        if let file {
            let whole = try read(file)
            return try whole.withBytes { try passphrase($0, from: "the file \(file)") }
        }
        guard let environment else { return nil }
        guard let value = getenv(environment) else {
            throw CommandFailure(.key, "the environment variable \(environment) is not set")
        }
        let bytes = UnsafeRawBufferPointer(start: value, count: strlen(value))
        return try passphrase(bytes, from: "the environment variable \(environment)")
    }

    private static func passphrase(_ bytes: UnsafeRawBufferPointer, from source: String) throws -> AgeUnlock.Passphrase
    {
        var count = bytes.count
        if count > 0, bytes[count - 1] == 0x0a { count -= 1 }
        if count > 0, bytes[count - 1] == 0x0d { count -= 1 }
        guard count > 0 else { throw CommandFailure(.key, "\(source) holds no passphrase") }
        return AgeUnlock.Passphrase(SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[..<count])))
    }
}
