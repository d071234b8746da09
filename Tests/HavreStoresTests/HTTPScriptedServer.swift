import Glibc
import Synchronization
import Testing

/// A tiny server on loopback that answers what a test tells it to, byte for byte.
final class ScriptedServer: Sendable {
    /// What one connection does once a request has come in whole.
    enum Step: Sendable {
        /// Sends this and goes on.
        case send(String)
        /// Sends this, then closes.
        case sendAndClose(String)
        /// Closes without a word.
        case close
        /// Sends this, then nothing for so many seconds, then closes.
        case stall(String, seconds: Double)
    }

    let port: Int
    private let listener: Int32
    private let steps: Mutex<[Step]>
    private let requests = Mutex<[String]>([])
    private let connections = Mutex<(count: Int, open: Set<Int32>)>((0, []))

    var endpoint: String { "http://127.0.0.1:\(port)" }
    /// The requests as they came, heads and bodies.
    var seen: [String] { requests.withLock { $0 } }
    var connectionCount: Int { connections.withLock { $0.count } }

    /// Plays `steps`, one a request; then repeats the last.
    init(_ steps: [Step]) throws {
        self.steps = Mutex(steps)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, raw, &length) == 0
            }
        }
        try #require(isBound, "no port on loopback")
        port = Int(UInt16(bigEndian: address.sin_port))
        Self.spawn { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 {
                    // Not before: the number would be another server's, whose clients this loop would then answer.
                    close(listener)
                    return
                }
                connections.withLock { state in
                    state.count += 1
                    state.open.insert(connection)
                }
                Self.spawn { [self] in serve(connection) }
            }
        }
    }

    /// Ends it with all its connections: another server may get this port, and clients keep connections.
    func stop() {
        connections.withLock { state in
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func spawn(_ body: @escaping @Sendable () -> Void) {
        final class Box {
            let body: @Sendable () -> Void; init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(
            &thread, nil,
            { raw in
                if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private func serve(_ connection: Int32) {
        defer {
            connections.withLock { state in
                state.open.remove(connection)
                close(connection)
            }
        }
        var pending: [UInt8] = []
        while let request = Self.next(connection, &pending) {
            requests.withLock { $0.append(request) }
            let step = steps.withLock { steps in steps.count > 1 ? steps.removeFirst() : steps.first ?? .close }
            switch step {
            case .send(let text): Self.write(connection, text)
            case .sendAndClose(let text):
                Self.write(connection, text)
                return
            case .close: return
            case .stall(let text, let seconds):
                Self.write(connection, text)
                usleep(UInt32(seconds * 1e6))
                return
            }
        }
    }

    private static func write(_ connection: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Reads one request, its body by content-length.
    private static func next(_ connection: Int32, _ pending: inout [UInt8]) -> String? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let text = String(decoding: pending, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length =
                    head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
                let total = text[..<end.upperBound].utf8.count + length
                if pending.count >= total {
                    let request = String(decoding: pending[..<total], as: UTF8.self)
                    pending.removeFirst(total)
                    return request
                }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            pending += buffer[..<count]
        }
    }

    /// An answer with its length.
    static func answer(_ status: Int, _ body: String = "", headers: [String] = []) -> String {
        (["HTTP/1.1 \(status) X", "Content-Length: \(body.utf8.count)"] + headers + ["", ""])
            .joined(separator: "\r\n") + body
    }
}
