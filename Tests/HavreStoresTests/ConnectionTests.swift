import HavreCrypto
import HavreModel
import TestServers
import Testing

@testable import HavreStores

private typealias Server = ScriptedServer

/// Whom a store says to be, and where a redirect wanted to go.
@Suite("Connections", .serialized)
struct ConnectionTests {
    @Test(arguments: [TestServer.Kind.moto, .seaweedfs, .rclone].filter(\.isWanted))
    func `a server says where it is and in which region`(_ kind: TestServer.Kind) async throws {
        let store = try S3Ground.store(kind)
        let seen = try #require(try await store.observed())
        #expect(seen.address == PeerAddress("127.0.0.1") && !seen.isProxied && seen.tls == nil)
        #expect(seen.host == store.channel.configuration.endpoint.authority)
        // What each of them was seen to say of a bucket of `us-east-1` (November 2026).
        let region: Connection.Region =
            switch kind {
            case .moto: .named("us-east-1")
            case .seaweedfs: .unnamed
            case .rclone: .unnamed
            }
        #expect(seen.region == region)
        #expect(try seen.judgeRegion(.init(region: "us-east-1", catalogued: nil), bucket: "b") == nil)
    }

    @Test(.enabled(if: TestServer.Kind.moto.isWanted, "moto is not installed"))
    func `a certificate is written down as it is`() async throws {
        let server = try TestServer.shared(.moto)
        let proxy = try FaultProxy(before: server.port, front: .tls)
        defer { proxy.stop() }
        let authority = try #require(proxy.authority)
        let store = try S3Ground.store(
            endpoint: proxy.endpoint, bucket: try server.bucket(), traits: S3Ground.traits(.moto),
            credentials: S3Ground.source(server.accessKey, server.secretKey),
            settings: HTTPClient.Settings(caBundle: authority))
        // The second time over a kept connection.
        for _ in 0..<2 {
            let seen = try #require(try await store.observed())
            let tls = try #require(seen.tls)
            #expect(tls.version == "TLSv1.3")
            let certificate = try #require(tls.certificate)
            #expect(certificate.subject == "CN=localhost" && certificate.issuer == "CN=Test authority")
            #expect(certificate.notAfter - certificate.notBefore == 86_400)
            #expect((certificate.notBefore...certificate.notAfter).contains(Timestamp.now()))
            let log = try TestDirectory.make() + "/fingerprint"
            try TestProcess.run(
                [
                    "/usr/bin/env", "openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in",
                    String(authority.dropLast("ca.pem".count)) + "server.pem",
                ], log: log)
            let theirs = try #require(TestProcess.contents(of: log)?.split(separator: "=").last)
            #expect(theirs.lowercased().filter(\.isHexDigit) == certificate.sha256)
        }
    }

    private static func observe(_ steps: [Server.Step]) async throws -> (seen: Connection?, requests: [String]) {
        let server = try Server(steps)
        defer { server.stop() }
        let seen = try await S3Ground.store(endpoint: server.endpoint).observed()
        return (seen, server.seen)
    }

    private static func location(_ body: String, status: Int = 200) -> [Server.Step] {
        [.send("HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n"), .send(Server.answer(status, body))]
    }

    @Test func `a region comes with the bucket's head, to strangers too`() async throws {
        for status in [200, 403, 404] {
            let answer = "HTTP/1.1 \(status) X\r\nx-amz-bucket-region: eu-west-3\r\nContent-Length: 0\r\n\r\n"
            let (seen, requests) = try await Self.observe([.send(answer)])
            #expect(seen?.region == .named("eu-west-3"))
            #expect(requests.count == 1 && requests.first?.hasPrefix("HEAD /bucket ") == true)
        }
    }

    @Test(arguments: [
        ("<LocationConstraint>fr-par</LocationConstraint>", 200, Connection.Region.named("fr-par")),
        ("<LocationConstraint xmlns=\"x\"/>", 200, .unnamed),
        ("<LocationConstraint></LocationConstraint>", 200, .unnamed),
        (
            "<CreateBucketConfiguration><LocationConstraint>x</LocationConstraint></CreateBucketConfiguration>", 200,
            .named("x")
        ),
        ("<LocationConstraint>EU</LocationConstraint>", 200, .named("EU")),
        ("<LocationConstraint>a b&lt;</LocationConstraint>", 200, .unknown), ("<Other>fr-par</Other>", 200, .unknown),
        ("not XML", 200, .unknown), ("", 200, .unknown), ("<Error><Code>AccessDenied</Code></Error>", 403, .unknown),
        ("<Error><Code>NotImplemented</Code></Error>", 501, .unknown),
    ])
    func `else the bucket's location is asked for`(_ body: String, _ status: Int, _ region: Connection.Region)
        async throws
    {
        let (seen, requests) = try await Self.observe(Self.location(body, status: status))
        #expect(seen?.region == region)
        #expect(requests.count == 2 && requests.last?.hasPrefix("GET /bucket?location= ") == true, "\(requests)")
    }

    @Test func `a fault that may pass is told as one`() async throws {
        await expectError(.throttled) {
            try await Self.observe([.send("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")])
        }
        await expectError(.temporary) { try await Self.observe(Self.location("", status: 500)) }
    }

    @Test(arguments: [301, 302, 307, 308])
    func `a redirect blocks, and names the region that the store reports`(_ status: Int) async throws {
        let head =
            "HTTP/1.1 \(status) X\r\nx-amz-bucket-region: us-west-2\r\nLocation: //elsewhere.example/b?X-Amz-Signature=s\r\n"
            + "Content-Length: 0\r\n\r\n"
        let server = try Server([.send(head)])
        defer { server.stop() }
        let store = Retrying(try S3Ground.store(endpoint: server.endpoint), budget: RetryBudget())
        for call in 0..<2 {
            do throws(StoreError) {
                if call == 0 {
                    _ = try await store.observed()
                } else {
                    _ = try await store.head(ObjectKey("k"), versionID: nil, withTags: false)
                }
                Issue.record("followed")
            } catch {
                #expect(error.code == .redirected && error.isOfPolicy)
                #expect(error.message.contains("elsewhere.example") && error.message.contains("region us-west-2"))
                #expect(!error.message.contains("Signature"))
            }
            #expect(server.seen.count == call + 1, "neither followed nor tried again")
        }
    }

    @Test func `a redirect in words names its host and region too`() async throws {
        let body =
            "<Error><Code>PermanentRedirect</Code><Message>go</Message><Endpoint>b.s3-eu-west-3.example</Endpoint>"
            + "<Region>eu-west-3</Region></Error>"
        let server = try Server([.send(Server.answer(301, body))])
        defer { server.stop() }
        let store = try S3Ground.store(endpoint: server.endpoint)
        do throws(StoreError) {
            _ = try await store.listing(prefix: ObjectKey("")).next()
            Issue.record("followed")
        } catch {
            #expect(error.isOfPolicy && error.message.contains("b.s3-eu-west-3.example"))
            #expect(error.message.contains("region eu-west-3"))
        }
    }

    @Test(
        arguments: [
            // A provider of the catalogue reports the plan's region, or none.
            ("fr-par", Connection.Region.named("fr-par"), ["fr-par", "nl-ams"], "agrees"),
            ("fr-par", .named("FR-PAR"), ["fr-par"], "agrees"), ("eu-west-1", .named("EU"), ["eu-west-1"], "agrees"),
            ("us-east-1", .unnamed, ["us-east-1"], "agrees"), ("fr-par", .unknown, ["fr-par"], "note"),
            ("fr-par", .unnamed, ["fr-par"], "note"),
            // Or another one, in the catalogue or not.
            ("fr-par", .named("nl-ams"), ["fr-par", "nl-ams"], "blocks"),
            ("fr-par", .named("xx"), ["fr-par"], "blocks"),
            ("eu-west-3", .unnamed, ["eu-west-3", "us-east-1"], "blocks"),
            ("eu-west-3", .named("EU"), ["eu-west-3"], "blocks"),
            // The operator's own server answers what it likes.
            ("fr-par", .named("us-east-1"), nil, "note"), ("fr-par", .unnamed, nil, "agrees"),
            ("fr-par", .unknown, nil, "agrees"), (nil, .named("us-east-1"), nil, "agrees"),
        ] as [(String?, Connection.Region, Set<String>?, String)])
    func `the region is the one that the store reports`(
        _ planned: String?, _ reported: Connection.Region, _ catalogued: Set<String>?, _ outcome: String
    ) throws {
        let address = try #require(PeerAddress("51.159.0.1"))
        let connection = Connection(
            host: "s3.example", address: address, isProxied: false, tls: nil, region: reported)
        do throws(StoreError) {
            let note = try connection.judgeRegion(.init(region: planned, catalogued: catalogued), bucket: "projects")
            #expect((note == nil ? "agrees" : "note") == outcome)
            if let note { #expect(note.contains("projects") && note.contains("s3.example")) }
        } catch {
            #expect(outcome == "blocks" && error.code == .policy && !error.isRetryable)
            let there = reported.name.map { $0 == "EU" ? "eu-west-1" : $0 } ?? "us-east-1"
            #expect(error.message.contains(planned ?? "?") && error.message.contains(there))
        }
    }

    @Test func `a directory is no connection`() async throws {
        #expect(try await FileStore(root: try TestDirectory.make()).observed() == nil)
        #expect(try await MemoryStore().observed() == nil)
    }
}
