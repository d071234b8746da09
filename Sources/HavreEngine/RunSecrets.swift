import Glibc
public import HavreCrypto

/// The two secrets of a run that live outside the journal, as files of mode 0600 under `<state>/keys` (design §4).
///
/// `resume.key` opens what the journal holds sealed (file keys, leaf digests, metadata) and is destroyed when
/// the run completes. `digest.key` keys whatever digest is written down; it stays, for later verification.
public struct RunSecrets: Sendable {
    /// Seals what the journal must hold.
    public let resume: ResumeKey
    /// Keys digests and tags.
    public let digest: DigestKey
    /// Whether there was no resume key: what an open run left under way begins anew, under new file keys.
    public let isResumeKeyNew: Bool
    private let directory: String

    /// Takes up the secrets under `state`, or makes them.
    ///
    /// Throws `EngineError` with `.key` where `isKnown` says that runs went before, but their digest key is gone:
    /// under another one nothing that has landed could be verified any more.
    public static func open(state: String, isKnown: Bool) throws -> RunSecrets {
        let directory = state + "/keys"
        if mkdir(directory, 0o700) != 0 && errno != EEXIST {
            throw EngineError(
                .state, "\(directory): cannot be made: \(String(cString: strerror(errno)))")
        }
        let resumePath = directory + "/resume.key"
        let digestPath = directory + "/digest.key"
        let digest: DigestKey
        if let bytes = try read(digestPath, count: 64) {
            digest = try bytes.withBytes { try DigestKey(copying: $0) }
        } else {
            guard !isKnown else { throw lostDigestKey(state) }
            digest = try DigestKey.random()
            try digest.withBytes { try write(digestPath, $0) }
        }
        let resume: ResumeKey
        let isNew: Bool
        if let kept = try read(resumePath, count: 32) {
            isNew = false
            resume = try kept.withBytes { try ResumeKey(copying: $0) }
        } else {
            isNew = true
            resume = try ResumeKey.random()
            try resume.withBytes { try write(resumePath, $0) }
        }
        return RunSecrets(resume: resume, digest: digest, isResumeKeyNew: isNew, directory: directory)
    }

    /// What to say where runs went before and `keys/digest.key` is gone.
    public static func lostDigestKey(_ state: String) -> EngineError {
        EngineError(
            .key,
            "\(state)/keys/digest.key: the digest key is missing; without it nothing that has landed can be verified. "
                + "Put it back from a backup, or move the state directory away and take the record up anew from the "
                + "manifest with `havre adopt`")
    }

    /// The digest key alone, for verification after the run; nil where there is none.
    public static func digestKey(state: String) throws -> DigestKey? {
        guard let bytes = try read(state + "/keys/digest.key", count: 64) else { return nil }
        return try bytes.withBytes { try DigestKey(copying: $0) }
    }

    /// Secrets for reading back after the run: the digest key, and a resume key that opens nothing.
    public static func forReading(digest: DigestKey, state: String) throws -> RunSecrets {
        RunSecrets(resume: try ResumeKey.random(), digest: digest, isResumeKeyNew: true, directory: state + "/keys")
    }

    /// Writes a digest key that a manifest brought back.
    public static func restore(digest: DigestKey, state: String) throws {
        _ = mkdir(state + "/keys", 0o700)
        try digest.withBytes { try write(state + "/keys/digest.key", $0) }
    }

    /// Overwrites and removes the resume key; what the journal held sealed is then closed for good.
    public func destroyResumeKey() { Self.destroy(directory + "/resume.key") }

    /// Destroys a resume key that a run left which ended, but not quite.
    static func dropResumeKey(state: String) { destroy(state + "/keys/resume.key") }

    private static func destroy(_ path: String) {
        let descriptor = Glibc.open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor >= 0 {
            let zeroes = [UInt8](repeating: 0, count: 32)
            _ = Glibc.write(descriptor, zeroes, zeroes.count)
            _ = fsync(descriptor)
            close(descriptor)
        }
        _ = unlink(path)
    }

    private static func read(_ path: String, count: Int) throws -> SecretBytes? {
        let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw EngineError(.key, "\(path): cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var got = 0
        let bytes = SecretBytes(count: count) { memory in
            while got < count, let base = memory.baseAddress {
                let read = Glibc.read(descriptor, base + got, count - got)
                if read < 0 && errno == EINTR { continue }
                guard read > 0 else { return }
                got += read
            }
        }
        guard got == count else {
            throw EngineError(.key, "\(path): holds \(got) bytes where \(count) were expected; it is damaged")
        }
        return bytes
    }

    private static func write(_ path: String, _ bytes: UnsafeRawBufferPointer) throws {
        let temporary = path + ".new"
        _ = unlink(temporary)
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw EngineError(.state, "\(path): cannot be made: \(String(cString: strerror(errno)))")
        }
        let complete = Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard complete, rename(temporary, path) == 0 else {
            throw EngineError(.disk, "\(path): cannot be written: \(String(cString: strerror(errno)))")
        }
        // The journal will rely on it: its name must outlive a power loss as well.
        let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
        for place in [folder, folder + "/.."] {
            let handle = Glibc.open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if handle >= 0 {
                _ = fsync(handle)
                close(handle)
            }
        }
    }
}
