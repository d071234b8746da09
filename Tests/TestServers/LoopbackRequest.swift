import Glibc

/// One plain request to a server on loopback, over a connection of its own; unsigned, for tests.
public struct LoopbackRequest: Sendable {
    /// What came back, as far as it came.
    public struct Answer: Sendable {
        /// The status.
        public var status: Int
        /// Headers, names in lower case.
        public var headers: [String: String]
        /// The body up to the end of the connection or to `content-length`.
        public var body: [UInt8]
    }

    private let method: String
    private let path: String
    private let body: [UInt8]

    /// Makes a request.
    public init(_ method: String, _ path: String, _ body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.body = body
    }

    /// Sends it and waits for the end; throws where no answer comes.
    public func send(port: Int) throws -> Answer {
        let failure = TestServerError(description: "no answer to \(method) \(path) from port \(port)")
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isOpen = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isOpen else { throw failure }
        let head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: \(body.count)\r\n"
        let request = Array((head + "Connection: close\r\n\r\n").utf8) + body
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw failure }
            sent += count
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer += buffer.prefix(count)
        }
        return try parse(answer, failure)
    }

    private func parse(_ answer: [UInt8], _ failure: TestServerError) throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        guard let start = answer.indices.first(where: { answer[$0...].starts(with: end) }) else { throw failure }
        let lines = String(decoding: answer[..<start], as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count > 1, let status = Int(words[1]) else {
            throw failure
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
        return Answer(status: status, headers: headers, body: Array(answer[(start + 4)...]))
    }
}
