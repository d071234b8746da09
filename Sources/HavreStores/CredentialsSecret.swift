import CPosix
import Dispatch
import Glibc
public import HavreCrypto
public import HavreModel

extension SecretReference {
    /// The most bytes that a secret may have.
    static let limit = 64 << 10

    /// Fetches the secret, its trailing newline dropped. Blocking calls are kept off the cooperative threads.
    ///
    /// - Parameters:
    ///   - purpose: what it is for, as the message should name it (`secretKey of provider s`).
    ///   - timeLimit: seconds that a command may take.
    ///
    /// Throws `.credentials`, naming the variable, file or program, and what is wrong with it; never the secret.
    public func resolve(for purpose: String, timeLimit: Double = 60) async throws(StoreError) -> SecretBytes {
        let box = try await blocking { () throws(StoreError) in
            SecretBox(try self.fetch(for: purpose, timeLimit: timeLimit))
        }
        return try box.take(purpose)
    }

    /// The same, on the calling thread, which waits for it.
    func fetch(for purpose: String, timeLimit: Double) throws(StoreError) -> SecretBytes {
        func failure(_ what: String) -> StoreError { StoreError(.credentials, "\(purpose): \(what)") }
        var raw: WipedBuffer
        switch self {
        case .environment(let name):
            guard let value = getenv(name) else {
                throw failure("the environment variable \(name) is not set; set it or name another source")
            }
            raw = WipedBuffer(UnsafeRawBufferPointer(start: value, count: strlen(value)))
        case .file(let path):
            raw = try Self.read(file: path, failure)
        case .command(let words):
            raw = try ChildProcess.output(of: words, timeLimit: timeLimit, limit: Self.limit, failure)
        }
        raw.dropTrailingNewline()
        guard raw.count > 0 else { throw failure("\(origin) is empty") }
        return SecretBytes(copying: raw.bytes)
    }

    /// Where it comes from, for a message.
    var origin: String {
        switch self {
        case .environment(let name): "the environment variable \(name)"
        case .file(let path): "the file \(path)"
        case .command(let words): "the output of the command \(words.first ?? "")"
        }
    }

    /// A small file, into a buffer that is wiped.
    static func read(file path: String, _ failure: (String) -> StoreError) throws(StoreError) -> WipedBuffer {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw failure("the file \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var buffer = WipedBuffer(capacity: limit + 1)
        while true {
            let got = Glibc.read(descriptor, buffer.free.baseAddress, buffer.free.count)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else {
                throw failure("the file \(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            if got == 0 { return buffer }
            buffer.count += got
            guard buffer.count <= limit else {
                throw failure("the file \(path) has more than \(limit) bytes; a secret is smaller")
            }
        }
    }
}

/// Carries a secret out of a closure.
final class SecretBox: @unchecked Sendable {
    private var secret: SecretBytes?

    init(_ secret: consuming SecretBytes) { self.secret = consume secret }

    /// Takes it out, once.
    func take(_ purpose: String) throws(StoreError) -> SecretBytes {
        guard let taken = secret.take() else {
            throw StoreError(.credentials, "\(purpose): the secret was taken already")
        }
        return taken
    }
}

/// Bytes that are overwritten when they go.
struct WipedBuffer: ~Copyable {
    private let start: UnsafeMutableRawPointer
    private let capacity: Int
    var count = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        start = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 16)
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(capacity: bytes.count)
        UnsafeMutableRawBufferPointer(start: start, count: capacity).copyMemory(from: bytes)
        count = bytes.count
    }

    deinit {
        explicit_bzero(start, capacity)
        start.deallocate()
    }

    /// What is filled.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
    /// What is not.
    var free: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: start + count, count: capacity - count)
    }

    /// Drops one line end.
    mutating func dropTrailingNewline() {
        if count > 0, bytes[count - 1] == 0x0a { count -= 1 }
        if count > 0, bytes[count - 1] == 0x0d { count -= 1 }
    }

    mutating func append(_ byte: UInt8) {
        guard count < capacity else { return }
        start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }
}

/// Runs `body` where it may block.
func blocking<R: Sendable>(_ body: @escaping @Sendable () throws(StoreError) -> R) async throws(StoreError) -> R {
    let outcome: Result<R, StoreError> = await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            do throws(StoreError) {
                continuation.resume(returning: .success(try body()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try outcome.get()
}
