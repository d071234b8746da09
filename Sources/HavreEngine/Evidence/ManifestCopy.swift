import Glibc
import HavreCrypto
import HavreModel
import HavreStores

/// A manifest, fetched as it lies at the target into a nameless file and read once to its end on the way.
///
/// Memory does not grow with its objects. What is taken from it later are the very bytes that were checked, and a
/// sealed manifest stays sealed on the disk.
final class ManifestCopy: ByteSink {
    /// Its first line; nil before it came.
    private(set) var header: Manifest.Header?
    /// How many objects it names.
    private(set) var objects: UInt64 = 0
    /// SHA-256 of the file as it lies at the target, once it is finished.
    private(set) var sha256: [UInt8] = []
    private let file: SpoolFile
    private let identities: [AgeIdentity]
    private var reading: ManifestReading
    private var hash: SHA256Stream
    private var fault: (any Error)?

    /// A copy in `directory`, opened with `identities`; without any it must be in clear.
    init(identities: [AgeIdentity], directory: String) throws {
        self.identities = identities
        file = try SpoolFile(directory: directory)
        hash = try SHA256Stream()
        reading = try ManifestReading(identities)
    }

    func restart() {
        header = nil
        objects = 0
        fault = nil
        do {
            guard ftruncate(file.descriptor, 0) == 0, lseek(file.descriptor, 0, SEEK_SET) == 0 else {
                throw Self.disk("cannot be emptied")
            }
            hash = try SHA256Stream()
            reading = try ManifestReading(identities)
        } catch {
            fault = error
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        if let fault { throw fault }
        hash.update(bytes)
        try reading.update(bytes, take)
        var sent = 0
        while sent < bytes.count {
            let count = write(file.descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.disk("cannot be written") }
            sent += count
        }
    }

    /// Ends the copy; throws where the manifest was changed, damaged or cut off.
    func finish() throws {
        try reading.finish(take)
        sha256 = hash.finish()
    }

    private func take(_ line: Manifest.Line) {
        switch line {
        case .header(let found): header = found
        case .object: objects += 1
        case .end: break
        }
    }

    private static func disk(_ words: String) -> EngineError {
        EngineError(.disk, "the copy of a manifest \(words): \(String(cString: strerror(errno)))")
    }

    /// Its objects from the first on, some hundred at a time.
    func pages() throws -> Pages { Pages(file: file, reading: try ManifestReading(identities)) }

    /// The objects of a copy, read again from the file.
    final class Pages {
        private let file: SpoolFile
        private let reading: ManifestReading
        private var offset = 0
        private var isAtEnd = false

        fileprivate init(file: SpoolFile, reading: ManifestReading) {
            self.file = file
            self.reading = reading
        }

        /// The next objects; nil where there are none left.
        func next() throws -> [Manifest.Object]? {
            var page: [Manifest.Object] = []
            func take(_ line: Manifest.Line) {
                if case .object(let object) = line { page.append(object) }
            }
            var block = [UInt8](repeating: 0, count: 1 << 18)
            while page.isEmpty, !isAtEnd {
                let count = pread(file.descriptor, &block, block.count, offset)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw ManifestCopy.disk("cannot be read") }
                offset += count
                isAtEnd = count == 0
                if isAtEnd {
                    try reading.finish(take)
                } else {
                    try block.withUnsafeBytes {
                        try reading.update(UnsafeRawBufferPointer(rebasing: $0[..<count]), take)
                    }
                }
            }
            return page.isEmpty ? nil : page
        }
    }
}

/// Turns the bytes of a manifest, sealed or not, into its lines.
private final class ManifestReading {
    private let opener: AgeStreamOpener?
    private var decoder = ManifestDecoder(hash: HashFunction.sha256)

    init(_ identities: [AgeIdentity]) throws {
        opener = identities.isEmpty ? nil : try AgeStreamOpener(identities: identities)
    }

    func update(_ bytes: UnsafeRawBufferPointer, _ take: (Manifest.Line) -> Void) throws {
        guard let opener else { return try decode(bytes, take) }
        try opener.update(bytes) { try decode($0, take) }
    }

    func finish(_ take: (Manifest.Line) -> Void) throws {
        try opener?.finish { try decode($0, take) }
        try decoder.finish()
    }

    private func decode(_ bytes: UnsafeRawBufferPointer, _ take: (Manifest.Line) -> Void) throws {
        for line in try decoder.feed(bytes) { take(line) }
    }
}
