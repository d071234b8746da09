import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// Addresses are judged where connections are made: no name server's word opens one.
@Suite("Addresses on the wire", .serialized)
struct AddressWireTests {
    /// A client for which `store.example` lies at `addresses`.
    private static func settings(
        _ port: Int, at addresses: String, named: [String] = [], bundle: String? = nil, proxy: String? = nil
    ) throws -> HTTPClient.Settings {
        var settings = HTTPClient.Settings(
            caBundle: bundle, proxy: proxy, addresses: try named.map { try AddressRange($0) })
        settings.resolved = ["store.example:\(port):\(addresses)"]
        return settings
    }

    @Test(arguments: [
        "127.0.0.1", "10.1.2.3", "172.16.1.1", "192.168.1.1", "100.64.1.1", "169.254.1.1", "169.254.169.254", "0.0.0.0",
        "224.0.0.1", "[::1]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "[::ffff:10.1.2.3]",
    ])
    func `a name that leads to an address of no public network leads nowhere`(_ address: String) async throws {
        let server = try ScriptedServer([.close])
        defer { server.stop() }
        let store = try S3Ground.store(
            endpoint: "https://store.example:\(server.port)", settings: try Self.settings(server.port, at: address))
        do {
            try await store.save(ObjectKey("k"), [1])
            Issue.record("sent")
        } catch let error as StoreError {
            let literal = try #require(PeerAddress(address.filter { $0 != "[" && $0 != "]" }))
            #expect(error.code == .policy, "\(error)")
            #expect(error.message.contains("store.example") && error.message.contains(" \(literal),"))
        }
        #expect(server.connectionCount == 0, "not even a connection")
    }

    @Test func `a store that retries does not try a refused address again`() async throws {
        let settings = try Self.settings(443, at: "10.1.2.3")
        let schedule = FaultSchedule { _ in nil }
        let store = Retrying(
            Faulty(try S3Ground.store(endpoint: "https://store.example", settings: settings), schedule: schedule),
            budget: RetryBudget())
        await expectError(.policy) { try await store.head(ObjectKey("k"), versionID: nil, withTags: false) }
        #expect(schedule.count(.head) == 1)
    }

    @Test(.enabled(if: TestServer.Kind.seaweedfs.isWanted, "SeaweedFS is not installed"))
    func `what the plan names is reached, by that plan's provider only`() async throws {
        let server = try TestServer.shared(.seaweedfs)
        let proxy = try FaultProxy(before: server.port, front: .tls)
        defer { proxy.stop() }
        let bucket = try server.bucket()
        func store(at address: String, named: [String]) throws -> S3Store {
            try S3Ground.store(
                endpoint: "https://store.example:\(proxy.port)", bucket: bucket, traits: S3Ground.traits(.seaweedfs),
                credentials: S3Ground.source(server.accessKey, server.secretKey),
                settings: try Self.settings(proxy.port, at: address, named: named, bundle: proxy.authority))
        }
        let named = try store(at: "127.0.0.1", named: ["127.0.0.0/8"])
        try await named.save(ObjectKey("k"), [1, 2])
        #expect(try await named.get(ObjectKey("k")) == [1, 2])
        // Of two addresses the one that is named serves.
        let either = try store(at: "10.1.2.3,127.0.0.1", named: ["127.0.0.1"])
        #expect(try await either.get(ObjectKey("k")) == [1, 2])
        try proxy.forget()
        // The connection is kept, and is not this one's to use: the same reactor, another provider of the plan.
        let unnamed = try store(at: "127.0.0.1", named: [])
        await expectError(.policy, "over a kept connection") { try await unnamed.get(ObjectKey("k")) }
        await expectError(.policy, "over a kept connection") { try await unnamed.save(ObjectKey("k"), [3]) }
        // The name leads elsewhere at the next connection; opening an upload always makes one.
        let rebound = try store(at: "127.0.0.2", named: ["127.0.0.1/32"])
        await expectError(.policy, "rebound") {
            try await rebound.createUpload(ObjectKey("up"), metadata: ObjectMetadata())
        }
        #expect(try proxy.log().isEmpty, "no request left")
        #expect(try await named.get(ObjectKey("k")) == [1, 2])
    }

    @Test func `a proxy is judged by its own address`() async throws {
        let proxy = try ScriptedServer([.send("HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n")])
        defer { proxy.stop() }
        func store(_ named: [String]) throws -> S3Store {
            var settings = try Self.settings(
                443, at: "10.1.2.3", named: named, proxy: "http://gate.example:\(proxy.port)")
            settings.resolved = ["gate.example:\(proxy.port):127.0.0.1"]
            return try S3Ground.store(endpoint: "https://store.example", settings: settings)
        }
        do {
            try await store([]).save(ObjectKey("k"), [1])
            Issue.record("sent")
        } catch let error as StoreError {
            #expect(error.code == .policy && error.message.hasPrefix("the proxy gate.example is at 127.0.0.1"))
        }
        #expect(proxy.connectionCount == 0)
        await expectError(.temporary) { try await store(["127.0.0.1/32"]).save(ObjectKey("k"), [1]) }
        #expect(proxy.seen.first?.hasPrefix("CONNECT store.example:443 ") == true)
    }

    @Test(arguments: [
        ("http://gate.example:3128", "gate.example"), ("https://Gate.Example/", "gate.example"),
        ("http://[fd00::1]:3128", "fd00::1"), ("http://u:p@10.0.0.1:1", "10.0.0.1"), ("gate:3128", "gate"),
    ])
    func `a proxy's URL names its host`(_ url: String, _ host: String) { #expect(Transfer.host(of: url) == host) }

    @Test func `networks of the plan's entry reach the client, bad ones are told`() throws {
        let reactor = try S3Ground.reactor.get()
        var entry = ProviderEntry(
            catalogueID: "custom", storageProtocol: .s3, endpoint: "https://store.example",
            credentials: .init(accessKey: .environment("HAVRE_NO_KEY"), secretKey: .environment("HAVRE_NO_KEY")))
        func make() throws -> any ObjectStore {
            try StoreCatalog(reactors: [reactor]).store(
                StoreRequest(
                    endpoint: ResolvedEndpoint(
                        storageProtocol: .s3, url: "https://store.example", region: "r", addressing: .path,
                        maxParts: 10, checksum: .contentMD5), provider: "p", entry: entry, bucket: "bucket"))
        }
        entry.addresses = ["10.0.0.0/8"]
        _ = try make()
        entry.addresses = ["10.0.0.0/8", "nonsense"]
        #expect(throws: StoreError.self) { try make() }
    }
}
