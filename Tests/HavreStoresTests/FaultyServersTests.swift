import Glibc
import HavreCrypto
import TestServers
import Testing

/// The servers and the proxy that other tests rely on do what they say.
@Suite("Test servers", .serialized)
struct FaultyServersTests {
    @Test(arguments: TestServer.Kind.allCases)
    func `a server starts, gives buckets and ends`(_ kind: TestServer.Kind) throws {
        try withKnownAbsence(of: kind) {
            let server = try TestServer.shared(kind)
            #expect(try server.bucket() != server.bucket())
            let answer = try LoopbackRequest("GET", "/").send(port: server.port)
            #expect(answer.status < 500)
        }
    }

    @Test func `a server that is ended answers no more`() throws {
        try withKnownAbsence(of: .rclone) {
            let server = try TestServer(.rclone)
            _ = try LoopbackRequest("GET", "/").send(port: server.port)
            server.stop()
            #expect(throws: TestServerError.self) { try LoopbackRequest("GET", "/").send(port: server.port) }
        }
    }

    private func withKnownAbsence(of kind: TestServer.Kind, _ body: () throws -> Void) throws {
        if kind.isWanted { return try body() }
        try Test.cancel("\(kind.absence)")
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A server that takes unsigned PUT and GET.
    private func open() throws -> (process: TestProcess, port: Int) {
        guard let rclone = TestProcess.tool("rclone") else {
            throw TestServerError(description: TestServer.Kind.rclone.absence)
        }
        let directory = try TestDirectory.make(), port = try TestProcess.freePorts(1)[0]
        let process = try TestProcess(
            [rclone, "serve", "webdav", "--config", "/dev/null", "--addr", "127.0.0.1:\(port)", directory],
            log: try TestDirectory.make() + "/log")
        for _ in 0..<300 {
            if (try? LoopbackRequest("GET", "/").send(port: port)) != nil { return (process, port) }
            usleep(50_000)
        }
        throw TestServerError(description: process.tail)
    }

    @Test(.enabled(if: TestServer.Kind.rclone.isWanted, "rclone is not installed"))
    func `the proxy makes go wrong what it is told to, and counts`() throws {
        let (process, port) = try open()
        defer { process.stop() }
        let path = "/object"
        let proxy = try FaultProxy(before: port)
        defer { proxy.stop() }
        let bytes = noise(200_000)
        func ask(_ method: String, _ path: String, _ body: [UInt8] = []) throws -> LoopbackRequest.Answer {
            try LoopbackRequest(method, path, body).send(port: proxy.port)
        }
        #expect(try ask("PUT", path, bytes).status == 201)
        let etag = try ask("HEAD", path).headers["etag"]
        #expect(try same(ask("GET", path).body, bytes))

        try proxy.rules(#"[{"method": "GET", "do": "flip-response", "offset": 150000, "times": 1}]"#)
        let flipped = try ask("GET", path).body
        #expect(zip(flipped, bytes).enumerated().filter { $1.0 != $1.1 }.map(\.offset) == [150_000])
        #expect(try same(ask("GET", path).body, bytes), "one time is one time")

        try proxy.rules(#"[{"do": "truncate", "after": 70000}]"#)
        let cut = try ask("GET", path)
        #expect(cut.body.elementsEqual(bytes.prefix(70_000)) as Bool)
        #expect(cut.headers["content-length"] == "200000")
        try proxy.rules(#"[{"do": "shorten", "after": 70000}]"#)
        let short = try ask("GET", path)
        #expect(short.body.elementsEqual(bytes.prefix(70_000)) as Bool)
        #expect(short.headers["content-length"] == "70000")

        try proxy.rules(##"[{"do": "header", "name": "ETag", "value": "\"wrong\"", "skip": 1}]"##)
        #expect(try ask("HEAD", path).headers["etag"] == etag)
        #expect(try ask("HEAD", path).headers["etag"] == "\"wrong\"")

        try proxy.rules(
            """
            [{"method": "PUT", "path": "object$", "do": "answer", "status": 503, "times": 2,
              "headers": {"retry-after": "2"}, "body": "<Error><Code>SlowDown</Code></Error>"}]
            """)
        for status in [503, 503, 201] {
            let answer = try ask("PUT", path, bytes)
            #expect(answer.status == status)
            #expect(answer.headers["retry-after"] == (status == 503 ? "2" : nil))
        }

        let other = path + "-cut"
        try proxy.rules(#"[{"method": "PUT", "do": "cut", "when": "after", "times": 1}]"#)
        #expect(throws: TestServerError.self, "no answer comes") { try ask("PUT", other, bytes) }
        #expect(try same(ask("GET", other).body, bytes), "and yet it was carried out")
        try proxy.rules(#"[{"method": "PUT", "do": "cut", "when": "before", "times": 1}]"#)
        #expect(throws: TestServerError.self) { try ask("PUT", path + "-never", bytes) }
        #expect(try ask("GET", path + "-never").status == 404)

        try proxy.forget()
        try proxy.rules(#"[{"method": "PUT", "do": "flip-request", "offset": 0}]"#)
        #expect(try ask("PUT", path, bytes).status == 201)
        let changed = try ask("GET", path).body
        #expect(changed.first == bytes[0] ^ 1)
        #expect(same(changed.dropFirst(), bytes.dropFirst()))
        let writes = try proxy.writes()
        #expect(writes.map(\.path) == [path])
        #expect(writes.first?.in == bytes.count)
        #expect(writes.first?.rule == "flip-request")
        let sent = bytes.withUnsafeBytes { HashFunction.sha256(of: $0) }
        #expect(writes.first?.sha256 == hex(sent), "what the client sent, not what arrived")
        let counts = try proxy.counts()
        #expect(counts.methods == ["PUT": 1, "GET": 1])
        #expect(counts.keys["GET " + path] == 1)
    }

    @Test(.enabled(if: TestServer.Kind.moto.isWanted, "moto is not installed"))
    func `the proxy's round trip is waited for`() throws {
        let server = try TestServer.shared(.moto)
        let proxy = try FaultProxy(before: server.port, roundTrip: 0.2)
        defer { proxy.stop() }
        let start = ContinuousClock.now
        _ = try LoopbackRequest("GET", "/").send(port: proxy.port)
        #expect(start.duration(to: .now) >= .milliseconds(400), "one for the connection, one for the request")
    }
}
