import Glibc
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// To whom a client speaks, and to whom it does not.
@Suite("HTTP trust", .serialized)
struct HTTPTrustTests {
    @Test(arguments: [
        "https://s3.fr-par.scw.cloud", "https://s3.example:9000/", "http://127.0.0.1:1", "http://localhost:8333",
        "http://[::1]:9000", "https://[2001:db8::1]", "http://bucket.localhost", "HTTPS://Example.ORG",
    ])
    func `an endpoint is taken`(_ url: String) throws { _ = try Endpoint(url) }

    @Test(arguments: [
        ("http://s3.example", StoreError.Code.untrusted), ("http://10.0.0.1", .untrusted),
        ("https://169.254.169.254", .untrusted), ("https://[fe80::1]", .untrusted),
        ("https://[::ffff:169.254.169.254]", .untrusted), ("https://[fd00:ec2::254]", .untrusted),
        ("ftp://x", .refused), ("s3.example", .refused), ("https://", .refused), ("https://u:pw@x", .refused),
        ("https://x/path", .refused), ("https://x?q", .refused), ("https://x#f", .refused), ("https://x:0", .refused),
        ("https://x:65536", .refused), ("https://x:", .refused), ("https://a b", .refused),
        ("https://x\r\ny", .refused),
        ("https://[::1", .refused), ("https://[::1]x", .refused), ("https://é.example", .refused),
        ("file:///etc", .refused),
    ])
    func `an endpoint is not taken`(_ url: String, _ code: StoreError.Code) {
        do {
            _ = try Endpoint(url)
            Issue.record("taken")
        } catch {
            #expect(error.code == code)
            #expect(!error.message.contains("pw"))
        }
    }

    @Test func `authorities are as the Host header has them`() throws {
        #expect(try Endpoint("https://X.example:443").authority == "x.example")
        #expect(try Endpoint("http://localhost:80/").authority == "localhost")
        #expect(try Endpoint("https://x:80").authority == "x:80")
        #expect(try Endpoint("http://[::1]:9").authority == "[::1]:9")
    }

    @Test func `a proxy of the environment is ignored, one of the settings is used`() async throws {
        let ok = ScriptedServer.answer(200, headers: ["ETag: \"t\""])
        let server = try ScriptedServer([.send(ok)])
        let proxy = try ScriptedServer([.send("HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n")])
        defer {
            server.stop()
            proxy.stop()
        }
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            setenv(name, proxy.endpoint, 1)
        }
        defer {
            for name in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] { unsetenv(name) }
        }
        let near = try S3Ground.store(endpoint: server.endpoint)
        try await near.save(ObjectKey("k"), [1])
        #expect(server.seen.count == 1 && proxy.seen.isEmpty)
        let far = try S3Ground.store(
            endpoint: "https://s3.invalid", settings: HTTPClient.Settings(proxy: proxy.endpoint))
        await expectError(.temporary) { try await far.save(ObjectKey("k"), [1]) }
        #expect(proxy.seen.first?.hasPrefix("CONNECT s3.invalid:443 ") == true)
        let direct = try S3Ground.store(endpoint: "https://s3.invalid")
        await expectError(.temporary) { try await direct.save(ObjectKey("k"), [1]) }
        #expect(proxy.seen.count == 1)
    }

    @Test(.enabled(if: TestServer.Kind.moto.isWanted, "moto is not installed"))
    func `a certificate is trusted by its authority and for its name only`() async throws {
        let server = try TestServer.shared(.moto)
        let proxy = try FaultProxy(before: server.port, front: .tls)
        defer { proxy.stop() }
        let rogue = try FaultProxy(before: server.port, front: .rogue)
        defer { rogue.stop() }
        let bucket = try server.bucket()
        let traits = S3Ground.traits(.moto)
        let credentials = S3Ground.source(server.accessKey, server.secretKey)
        let authority = try #require(proxy.authority)
        func store(_ endpoint: String, _ bundle: String?) throws -> S3Store {
            try S3Ground.store(
                endpoint: endpoint, bucket: bucket, traits: traits, credentials: credentials,
                settings: HTTPClient.Settings(caBundle: bundle))
        }
        let trusting = try store(proxy.endpoint, authority)
        let bytes = noise(500_000)
        try await trusting.save(ObjectKey("k"), bytes)
        #expect(try await trusting.get(ObjectKey("k")) == bytes)
        await expectError(.untrusted, "no bundle") { try await store(proxy.endpoint, nil).save(ObjectKey("k"), [1]) }
        await expectError(.untrusted, "signed by nobody") {
            try await store(rogue.endpoint, authority).save(ObjectKey("k"), [1])
        }
        await expectError(.untrusted, "another name") {
            try await store("https://other.localhost:\(proxy.port)", authority).save(ObjectKey("k"), [1])
        }
        await expectError(.untrusted, "no such bundle") {
            try await store(proxy.endpoint, "/nonexistent.pem").save(ObjectKey("k"), [1])
        }
        // The same as of a server that is restarted in the middle of a handshake: it may pass.
        await expectError(.temporary, "no TLS there") {
            try await store("https://127.0.0.1:\(server.port)", authority).save(ObjectKey("k"), [1])
        }
    }
}
