import Glibc
import HavreModel
import Synchronization
import TestServers
import Testing

@testable import HavreStores

/// What S3 and HTTP do wrong, played by a server that says exactly what it is told to.
@Suite("S3 faults", .serialized)
struct S3FaultTests {
    typealias Server = ScriptedServer

    private func fail(
        _ steps: [Server.Step], traits: StoreTraits = StoreTraits(),
        settings: HTTPClient.Settings = HTTPClient.Settings(),
        _ body: (S3Store) async throws -> Void
    ) async throws -> (StoreError, Server) {
        let server = try Server(steps)
        defer { server.stop() }
        let store = try S3Ground.store(endpoint: server.endpoint, traits: traits, settings: settings)
        do {
            try await body(store)
            Issue.record("an error was expected")
        } catch let error as StoreError {
            return (error, server)
        }
        return (StoreError(.protocolViolation, "none"), server)
    }

    private let key = ObjectKey("k")
    private let pin = SourceVersion(entityTag: "e", size: 10)
    private func read(_ store: S3Store, _ range: Range<UInt64>? = nil) async throws -> [UInt8] {
        let sink = Collector()
        _ = try await store.read(
            ReadRequest(key: key, version: pin, range: range), on: try S3Ground.reactor.get(), into: sink)
        return sink.bytes
    }

    private func complete(_ store: S3Store) async throws {
        _ = try await store.completeUpload(
            "u", key: key, parts: [PartReceipt(index: 0, entityTag: "p", size: 1)], checksum: nil, condition: .any)
    }

    @Test func `a 200 with an error body is an error`() async throws {
        for (code, expected) in [
            ("InternalError", StoreError.Code.ambiguous), ("SlowDown", .throttled), ("NoSuchUpload", .noSuchUpload),
            ("PreconditionFailed", .conditionFailed), ("SomethingNew", .ambiguous), ("InvalidPart", .refused),
        ] {
            let body = "  <?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>m</Message></Error>"
            let (error, _) = try await fail([.send(Server.answer(200, body))]) { try await complete($0) }
            #expect(error.code == expected, "\(code)")
        }
        for body in ["", "<CompleteMultipartUploadResult>", "<CompleteMultipartUploadResult/>", "nonsense"] {
            let (error, _) = try await fail([.send(Server.answer(200, body))]) { try await complete($0) }
            #expect(error.code == .ambiguous, "\(body)")
        }
    }

    @Test func `an answer that repeats a key which XML cannot hold is understood`() async throws {
        let begun =
            "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Key>a\u{7}b</Key><UploadId>u-1</UploadId></InitiateMultipartUploadResult>"
        let joined =
            "<CompleteMultipartUploadResult><Key>\u{1}</Key><ETag>&quot;e-1&quot;</ETag></CompleteMultipartUploadResult>"
        let server = try Server([
            .send(Server.answer(200, begun)), .send(Server.answer(200, joined)), .send(Server.answer(404)),
        ])
        defer { server.stop() }
        let store = try S3Ground.store(endpoint: server.endpoint)
        #expect(try await store.createUpload(ObjectKey("a\u{7}b"), metadata: ObjectMetadata()) == "u-1")
        let receipt = try await store.completeUpload(
            "u", key: key, parts: [PartReceipt(index: 0, entityTag: "p", size: 1)], checksum: nil, condition: .any)
        #expect(receipt.entityTag == "e-1")
        // A key that plays another field is no way in.
        let forged = begun.replacing("a\u{7}b", with: "\u{7}<UploadId>forged</UploadId>")
        let (error, _) = try await fail([.send(Server.answer(200, forged))]) {
            _ = try await $0.createUpload(key, metadata: ObjectMetadata())
        }
        #expect(error.code == .ambiguous, "an upload may be open now")
    }

    @Test func `a short answer is no answer`() async throws {
        let cut = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 10\r\n\r\n12345"
        var (error, _) = try await fail([.sendAndClose(cut)]) { _ = try await read($0) }
        #expect(error.code == .temporary)
        // Chunked, complete as such, and yet too short or too long.
        let chunked = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n"
        (error, _) = try await fail([.send(chunked)]) { _ = try await read($0) }
        #expect(error.code == .temporary)
        let long = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n"
        (error, _) = try await fail([.send(long)]) { _ = try await read($0) }
        #expect(error.code == .protocolViolation)
        let endless = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\n\r\n12345"
        (error, _) = try await fail([.sendAndClose(endless)]) { _ = try await read($0) }
        #expect(error.code == .temporary)
    }

    @Test func `an answer that is not of the pin is drift, before a byte is handed over`() async throws {
        func answer(_ tag: String, _ length: Int, _ more: [String] = [], status: Int = 200) -> Server.Step {
            .send(Server.answer(status, String(repeating: "x", count: length), headers: ["ETag: \(tag)"] + more))
        }
        let cases: [(Server.Step, Range<UInt64>?, StoreError.Code)] = [
            (answer("\"other\"", 10), nil, .drifted), (answer("\"e\"", 11), nil, .drifted),
            (answer("\"e\"", 2, ["Content-Range: bytes 3-4/11"], status: 206), 3..<5, .drifted),
            (answer("\"x\"", 2, ["Content-Range: bytes 3-4/10"], status: 206), 3..<5, .drifted),
            (answer("\"e\"", 2, ["Content-Range: bytes 4-5/10"], status: 206), 3..<5, .protocolViolation),
            (answer("\"e\"", 2, [], status: 206), 3..<5, .protocolViolation),
            (answer("\"e\"", 10), 3..<5, .protocolViolation),
            (.send(Server.answer(200, "0123456789")), nil, .protocolViolation),
            (.send(Server.answer(412)), nil, .drifted), (.send(Server.answer(404)), nil, .notFound),
            (.send(Server.answer(416)), 3..<5, .drifted), (.send(Server.answer(304)), nil, .drifted),
        ]
        for (step, range, code) in cases {
            let (error, _) = try await fail([step]) { store in
                let sink = Collector()
                do {
                    _ = try await store.read(
                        ReadRequest(key: key, version: pin, range: range), on: try S3Ground.reactor.get(), into: sink)
                } catch {
                    #expect(sink.bytes.isEmpty)
                    throw error
                }
            }
            #expect(error.code == code, "\(error)")
        }
        await expectError(.refused) {
            try await read(try S3Ground.store(endpoint: "http://127.0.0.1:1"), 5..<11)
        }
    }

    @Test func `redirects are not followed, and only their host is named`() async throws {
        for status in [301, 302, 307, 308] {
            let location = "Location: http://user:pw@elsewhere.example:9/secret?token=t"
            let (error, server) = try await fail([.send(Server.answer(status, headers: [location]))]) {
                try await $0.save(key, [1])
            }
            #expect(error.code == .redirected && error.message.contains("elsewhere.example:9"))
            #expect(!error.message.contains("token") && !error.message.contains("pw"))
            #expect(server.seen.count == 1)
        }
    }

    @Test func `a 503 says how long to wait, with a body and without`() async throws {
        for body in ["", "<Error><Code>SlowDown</Code></Error>", "<html>busy</html>"] {
            let (error, _) = try await fail([.send(Server.answer(503, body, headers: ["Retry-After: 7"]))]) {
                try await $0.save(key, [1])
            }
            #expect(error.code == .throttled && error.retryAfter == 7 && error.status == 503)
        }
    }

    @Test func `a connection that breaks leaves a write open, not a read`() async throws {
        var (error, _) = try await fail([.close]) { try await $0.save(key, [1]) }
        #expect(error.code == .ambiguous)
        (error, _) = try await fail([.close]) { _ = try await read($0) }
        #expect(error.code == .temporary)
        let port = try Server([.close])
        port.stop()
        let store = try S3Ground.store(endpoint: port.endpoint)
        await expectError(.temporary, "nothing left") { try await store.save(key, [1]) }
        (error, _) = try await fail([.send("HELLO\r\n\r\n")]) { try await $0.save(key, [1]) }
        #expect([.protocolViolation, .ambiguous].contains(error.code))
    }

    @Test func `a server that stalls is given up`() async throws {
        let settings = HTTPClient.Settings(stallTimeout: 1)
        let head = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 10\r\n\r\n123"
        var (error, _) = try await fail([.stall(head, seconds: 20)], settings: settings) { _ = try await read($0) }
        #expect(error.code == .temporary && error.message.contains("for 1 s"))
        (error, _) = try await fail([.stall("", seconds: 20)], settings: settings) { try await $0.save(key, [1]) }
        #expect(error.code == .ambiguous)
    }

    @Test func `a task that is cancelled ends its transfer`() async throws {
        let server = try Server([.stall("", seconds: 5)])
        defer { server.stop() }
        let store = try S3Ground.store(endpoint: server.endpoint)
        let task = Task { try await store.head(key, versionID: nil, withTags: false) }
        while server.seen.isEmpty { try await Task.sleep(nanoseconds: 2_000_000) }
        task.cancel()
        await expectError(.cancelled) { try await task.value }
    }

    @Test func `a reactor that ends ends its transfers`() async throws {
        let server = try Server([.stall("", seconds: 5)])
        defer { server.stop() }
        let reactor = try Reactor(name: "test-ending")
        let client = try HTTPClient(reactors: [reactor])
        let store = try S3Store(
            configuration: .init(
                endpoint: try Endpoint(server.endpoint), region: "r", bucket: "bucket",
                credentials: S3Ground.source("ID", "secret")), client: client, traits: StoreTraits())
        let task = Task { try await store.head(key, versionID: nil, withTags: false) }
        while server.seen.isEmpty { try await Task.sleep(nanoseconds: 2_000_000) }
        reactor.shutdown()
        await expectError(.cancelled) { try await task.value }
        await expectError(.cancelled) { try await store.head(key, versionID: nil, withTags: false) }
    }

    @Test func `expired credentials are replaced once, and the request sent again`() async throws {
        let expired = Server.answer(400, "<Error><Code>ExpiredToken</Code><Message>old-token-1</Message></Error>")
        let done = Server.answer(200, headers: ["ETag: \"t\""])
        let server = try Server([.send(expired), .send(done), .send(expired)])
        defer { server.stop() }
        let turn = Turn()
        let source = S3CredentialSource { () throws(StoreError) in
            let number = turn.next()
            return try S3Credentials(
                accessKeyID: "ID\(number)", secretKey: SigV4Tests.secret("secret"),
                sessionToken: SigV4Tests.secret("old-token-\(number)"))
        }
        let store = try S3Ground.store(endpoint: server.endpoint, credentials: source)
        #expect(try await store.save(key, [1, 2, 3]).entityTag == "t")
        #expect(server.seen.count == 2)
        #expect(server.seen[0].contains("Credential=ID1/") && server.seen[1].contains("Credential=ID2/"))
        #expect(server.seen[1].contains("x-amz-security-token: old-token-2"))
        #expect(server.seen[1].hasSuffix("\u{1}\u{2}\u{3}"))
        await expectError(.denied, "twice is enough") { try await store.save(key, [1]) }
        #expect(server.seen.count == 4)
    }

    @Test func `connections are kept, and one that died meanwhile is replaced`() async throws {
        let ok = Server.answer(200, headers: ["ETag: \"t\""])
        let server = try Server([.send(ok), .send(ok), .sendAndClose(ok), .send(ok)])
        defer { server.stop() }
        let store = try S3Ground.store(endpoint: server.endpoint)
        for index in 0..<5 {
            try await store.save(key, [UInt8(index)])
            // The peer's farewell arrives.
            usleep(30_000)
        }
        #expect(server.seen.count == 5)
        #expect(server.connectionCount == 2)
    }

    @Test func `requests say what they must`() async throws {
        let ok = Server.answer(200, headers: ["ETag: \"t\""])
        let server = try Server([.send(ok)])
        defer { server.stop() }
        let traits = StoreTraits(checksum: .crc64nvme, conditionalCreate: true, conditionalUpdate: true)
        let store = try S3Ground.store(
            endpoint: "http://s3.localhost:\(server.port)", traits: traits, addressing: .virtualHosted)
        let metadata = ObjectMetadata(user: ["havre": "m", "empty": "", "name": "é"], tags: ["a": "b&c"])
        try await store.store(ObjectKey("a b/../c?d#e%2F+é"), [1, 2, 3], .absent, metadata: metadata)
        try await store.store(key, [1], .entityTag("old"))
        let lines = server.seen[0].split(separator: "\r\n").map(String.init)
        #expect(lines[0] == "PUT /a%20b/../c%3Fd%23e%252F%2B%C3%A9 HTTP/1.1")
        for line in [
            "Host: bucket.s3.localhost:\(server.port)", "if-none-match: *", "x-amz-meta-havre: m", "x-amz-meta-empty:",
            "x-amz-meta-name: =?UTF-8?B?w6k=?=", "x-amz-tagging: a=b%26c", "x-amz-content-sha256: UNSIGNED-PAYLOAD",
            "x-amz-sdk-checksum-algorithm: CRC64NVME", "Content-Length: 3", "content-type: application/octet-stream",
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(lines.contains { $0.hasPrefix("x-amz-checksum-crc64nvme: ") })
        #expect(
            !lines.contains { $0.lowercased().hasPrefix("expect:") || $0.lowercased().hasPrefix("accept-encoding") })
        #expect(server.seen[1].contains("if-match: \"old\""))
        let lax = try S3Ground.store(endpoint: server.endpoint, traits: StoreTraits(checksum: .none))
        try await lax.store(key, [1], .absent)
        #expect(!server.seen[2].contains("if-none-match") && !server.seen[2].contains("checksum"))
    }

    @Test func `what the store says it took is compared with what was sent`() async throws {
        let bytes: [UInt8] = [1, 2, 3]
        let wrong = [
            ["ETag: \"00000000000000000000000000000000\""], ["ETag: \"t\"", "x-amz-checksum-crc64nvme: AAAAAAAAAAA="],
            ["ETag: \"t\"", "x-amz-checksum-crc32c: AAAAAA=="],
        ]
        for headers in wrong {
            let (error, _) = try await fail([.send(Server.answer(200, headers: headers))]) {
                try await $0.store(key, bytes)
            }
            #expect(error.code == .checksumRefused)
        }
        let (error, _) = try await fail([.send(Server.answer(200))]) { try await $0.store(key, bytes) }
        #expect(error.code == .ambiguous, "no entity tag")
        // Under a KMS key the tag is no MD5.
        let server = try Server([
            .send(Server.answer(200, headers: [wrong[0][0], "x-amz-server-side-encryption: aws:kms"]))
        ])
        defer { server.stop() }
        let store = try S3Ground.store(endpoint: server.endpoint)
        #expect(try await store.store(key, bytes).enforced == .contentMD5)
    }

    @Test func `listings that cheat are found out`() async throws {
        func page(_ inner: String) -> Server.Step {
            .send(Server.answer(200, "<ListBucketResult>\(inner)</ListBucketResult>"))
        }
        let cases: [([Server.Step], StoreError.Code)] = [
            ([page("<IsTruncated>true</IsTruncated>")], .protocolViolation),
            (
                [page("<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>")],
                .protocolViolation
            ),
            ([page("<Contents><Key>elsewhere</Key><Size>1</Size></Contents>")], .protocolViolation),
            ([.send(Server.answer(200, "<ListBucketResult><Contents>"))], .temporary),
            ([.send(Server.answer(200, "<Other/>"))], .protocolViolation),
            ([.send(Server.answer(200, "<!DOCTYPE a><a/>"))], .protocolViolation),
        ]
        for (steps, code) in cases {
            let (error, _) = try await fail(steps) { _ = try await $0.list(ObjectKey("p/")) }
            #expect(error.code == code, "\(error)")
        }
    }

    @Test func `a page that failed is asked for again`() async throws {
        func page(_ key: String, _ more: String) -> Server.Step {
            .send(
                Server.answer(
                    200,
                    "<ListBucketResult><Contents><Key>\(key)</Key><Size>1</Size></Contents>\(more)</ListBucketResult>"))
        }
        let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>a+b=</NextContinuationToken>"
        let server = try Server([page("1", more), .send(Server.answer(503)), page("2", "")])
        defer { server.stop() }
        let listing = try S3Ground.store(endpoint: server.endpoint).listing(prefix: ObjectKey(""))
        #expect(try await listing.next()?.map(\.key) == [ObjectKey("1")])
        await expectError(.throttled) { try await listing.next() }
        #expect(try await listing.next()?.map(\.key) == [ObjectKey("2")])
        #expect(try await listing.next() == nil)
        #expect(server.seen[2].contains("continuation-token=a%2Bb%3D&"))
    }

    @Test func `a clock that is wrong is told`() async throws {
        let date = "Date: Tue, 24 Nov 2020 06:30:00 GMT"
        let server = try Server([.send(Server.answer(403, headers: [date]))])
        defer { server.stop() }
        let skew = try #require(try await S3Ground.store(endpoint: server.endpoint).clockSkew())
        #expect(abs(skew - Double(1_606_199_400 - Timestamp.now())) < 5)
        let silent = try Server([.send(Server.answer(200))])
        defer { silent.stop() }
        #expect(try await S3Ground.store(endpoint: silent.endpoint).clockSkew() == nil, "none is told")
    }

    @Test func `an empty key never reaches a server`() async throws {
        let (error, server) = try await fail([.send(Server.answer(204))]) { try await $0.delete(ObjectKey("")) }
        #expect(error.code == .refused && server.seen.isEmpty)
    }
}

/// Counts from 1.
final class Turn: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
