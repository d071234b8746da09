import Glibc
import HavreCrypto
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// What Azure does beyond what every store does.
@Suite("Azure", .serialized, .enabled(if: AzureBlobServer.isWanted))
struct AzureStoreTests {
    /// A server whose versioning, clock and faults are nobody else's.
    private static let own = Result { try AzureBlobServer(["--versioning", "--soft-delete", "7"]) }

    private func ground() throws -> (server: AzureBlobServer, container: String, store: AzureBlobStore) {
        let server = try Self.own.get()
        try server.control("reset", "{}")
        let container = try server.container()
        return (server, container, try AzureGround.store(server, container))
    }

    @Test func `a listing goes on over short and empty pages, and knows names that XML cannot hold`() async throws {
        let (server, _, store) = try ground()
        let odd = [ObjectKey("bell\u{7}"), ObjectKey("a%20b"), ObjectKey("\u{1}\u{2}")]
        for key in odd + (0..<7).map({ ObjectKey("k\($0)") }) { try await store.save(key, key.bytes) }
        try server.control("pages", #"{"cap": 2, "empty": 3}"#)
        let keys = try await store.list().map(\.key)
        #expect(Set(keys) == Set(odd + (0..<7).map { ObjectKey("k\($0)") }))
        #expect(keys.count == 10)
    }

    @Test func `page and append blobs, snapshots and versions are read as pinned`() async throws {
        let (server, name, store) = try ground()
        let said = try server.judge(
            name,
            """
            page = container.get_blob_client("page")
            page.create_page_blob(1024)
            page.upload_page(b"p" * 512, 512, 512)
            append = container.get_blob_client("append")
            append.create_append_blob()
            append.append_block(b"first,")
            append.append_block(b"second")
            block = container.get_blob_client("block")
            block.upload_blob(b"one")
            print(block.create_snapshot()["snapshot"])
            block.upload_blob(b"second one", overwrite=True)
            container.upload_blob("gone", b"x")
            container.delete_blob("gone")
            """)
        #expect(
            try await store.get(ObjectKey("page")) == [UInt8](repeating: 0, count: 512)
                + [UInt8](repeating: 0x70, count: 512))
        #expect(try await store.get(ObjectKey("append")) == Array("first,second".utf8))
        let entries = try await store.list()
        #expect(Set(entries.map(\.kind)) == ["PageBlob", "AppendBlob", "BlockBlob"])
        #expect(entries.allSatisfy { $0.state == .current })
        let listing = try #require(store.history(prefix: ObjectKey("block")))
        var history: [ObjectEntry] = []
        while let page = try await listing.next() { history += page }
        let snapshot = try #require(history.first { $0.state == .snapshot })
        let time = try #require(said.split(separator: "\n").last.map(String.init))
        #expect(snapshot.version.versionID == "snapshot:" + time)
        #expect(try await store.get(ObjectKey("block"), snapshot.version) == Array("one".utf8))
        #expect(try await store.get(ObjectKey("block"), snapshot.version, 1..<2) == Array("n".utf8))
        let former = try #require(history.first { $0.state == .former })
        #expect(try await store.get(ObjectKey("block"), former.version) == Array("one".utf8))
        let current = try #require(history.first { $0.state == .current })
        #expect(try await store.get(ObjectKey("block"), current.version) == Array("second one".utf8))
        #expect(current.version.versionID != nil && current.version.versionID != former.version.versionID)
        // Drift of a snapshot's pin: another tag than it bears.
        var wrong = snapshot.version
        wrong.entityTag = current.version.entityTag
        await expectError(.drifted) { try await store.get(ObjectKey("block"), wrong) }
    }

    @Test func `an archived blob waits, and is asked for once`() async throws {
        let (server, name, store) = try ground()
        let key = ObjectKey("cold")
        try await store.save(key, [1, 2, 3])
        #expect(try await store.rehydrationStatus(key, versionID: nil) == .ready)
        try server.judge(name, "container.get_blob_client('cold').set_standard_blob_tier('Archive')")
        let head = try await store.head(key, versionID: nil, withTags: false)
        #expect(head.tier == "Archive" && head.rehydration == .archived)
        #expect(try await store.list().first?.rehydration == .archived)
        await expectError(.archived) { try await store.get(key, head.version) }
        let rehydrating = try #require(store.rehydrating)
        try await rehydrating.rehydrate(key, versionID: nil, to: "Hot", priority: .high)
        #expect(try await rehydrating.rehydrationStatus(key, versionID: nil) == .pending)
        #expect(try await store.list().first?.rehydration == .pending)
        try await rehydrating.rehydrate(key, versionID: nil, to: "Hot", priority: .high)
        try server.control("rehydrate", "{}")
        #expect(try await rehydrating.rehydrationStatus(key, versionID: nil) == .ready)
        #expect(try await store.get(key) == [1, 2, 3])
    }

    @Test func `what a week or another's write has dropped is an upload that is gone`() async throws {
        let (server, name, store) = try ground()
        let key = ObjectKey("loose")
        let upload = try await store.createUpload(key, metadata: ObjectMetadata(user: ["havre": "x", "a-b": "1"]))
        let part = try await store.putPart(0, of: upload, key, noise(1000))
        // Another process, which has only the id.
        let second = try AzureGround.store(server, name)
        #expect(try await second.listParts(of: upload, key: key) == [part])
        try server.control("uncommitted", "{}")
        let third = try AzureGround.store(server, name)
        await expectError(.noSuchUpload) { try await third.putPart(1, of: upload, key, [1]) }
        await expectError(.noSuchUpload) { try await second.listParts(of: upload, key: key) }
        await expectError(.noSuchUpload) {
            try await store.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .any)
        }
    }

    @Test func `two uploads of one key do not mix`() async throws {
        let (_, _, store) = try ground()
        let key = ObjectKey("twice")
        let first = try await store.createUpload(key, metadata: ObjectMetadata(contentType: "text/one"))
        let second = try await store.createUpload(key, metadata: ObjectMetadata(contentType: "text/two"))
        _ = try await store.putPart(0, of: first, key, Array("one".utf8))
        let part = try await store.putPart(0, of: second, key, Array("two".utf8))
        #expect(try await Set(store.listUploads(prefix: key).map(\.upload)) == [first, second])
        _ = try await store.completeUpload(second, key: key, parts: [part], checksum: nil, condition: .absent)
        #expect(try await store.get(key) == Array("two".utf8))
        #expect(try await store.head(key, versionID: nil, withTags: false).metadata.contentType == "text/two")
        await expectError(.noSuchUpload) { try await store.listParts(of: first, key: key) }
    }

    @Test func `names of metadata that are no identifiers come back, and Microsoft's SDK takes them`() async throws {
        let (server, name, store) = try ground()
        let user = ["a-b": "1", "9lives": "2", "x.y z": "é  ", "_x002d_": "3", "plain_x": "4", "havre-probe": "5"]
        try await store.save(ObjectKey("named"), [1], metadata: ObjectMetadata(user: user))
        #expect(try await store.head(ObjectKey("named"), versionID: nil, withTags: false).metadata.user == user)
        let said = try server.judge(
            name, "print(container.get_blob_client('named').get_blob_properties().metadata['havre_x002d_probe'])")
        #expect(said == "5\n")
        let many = Dictionary(uniqueKeysWithValues: (0..<11).map { ("t\($0)", "v") })
        await expectError(.refused) {
            try await store.save(ObjectKey("tagged"), [1], metadata: ObjectMetadata(tags: many))
        }
    }

    @Test func `holds, leases and snapshots keep an object, and are named`() async throws {
        let (server, name, store) = try ground()
        let key = ObjectKey("kept")
        try await store.save(key, [1])
        try server.judge(
            name,
            """
            blob = container.get_blob_client("kept")
            blob.create_snapshot()
            """)
        let snapshots = await #expect(throws: StoreError.self) { try await store.delete(key) }
        #expect(snapshots?.code == .refused && snapshots?.message.contains("snapshots") == true)
        try server.judge(name, "container.get_blob_client('kept').acquire_lease()")
        let leased = await #expect(throws: StoreError.self) { try await store.save(key, [2]) }
        #expect(leased?.code == .refused && leased?.message.contains("lease") == true)
    }

    @Test func `a customer's key goes out with what it guards`() async throws {
        let (server, name, plain) = try ground()
        let key = ObjectKey("guarded")
        let customer = try CustomerKey(SecretBytes(count: 32) { for index in 0..<32 { $0[index] = UInt8(index) } })
        let store = try AzureGround.store(server, name) { $0.customerKey = customer }
        try await store.save(key, [1, 2, 3])
        #expect(try await store.get(key) == [1, 2, 3])
        let refusal = await #expect(throws: StoreError.self) { try await plain.get(key) }
        #expect(refusal?.code == .refused)
    }

    // MARK: Who asks

    private func credentials(
        _ server: AzureBlobServer, _ change: (inout ProviderEntry.Credentials) -> Void
    ) throws -> AzureCredentialSource {
        var credentials = ProviderEntry.Credentials(account: AzureBlobServer.account)
        credentials.authority = server.endpoint
        change(&credentials)
        return try AzureCredentialSource(credentials, provider: "azure", client: AzureGround.client())
    }

    private func file(_ text: String) throws -> String {
        let path = try TestDirectory.make() + "/secret"
        try write(text, path)
        return path
    }

    private func write(_ text: String, _ path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }

    @Test func `tokens come by secret and by the machine's own identities, and end in mid-run`() async throws {
        let (server, name, _) = try ground()
        let secret = try file(AzureBlobServer.secret)
        let header = try file(AzureBlobServer.identityHeader)
        let ways: [(inout ProviderEntry.Credentials) -> Void] = [
            {
                $0.tenant = AzureBlobServer.tenant
                $0.clientID = AzureBlobServer.client
                $0.clientSecret = .file(secret)
            },
            { $0.managedIdentity = .init(endpoint: server.endpoint) },
            { $0.managedIdentity = .init(endpoint: server.endpoint + "/msi/token", header: .file(header)) },
        ]
        for way in ways {
            let store = try AzureGround.store(server, name, credentials: credentials(server, way))
            let key = ObjectKey("by/token")
            try await store.save(key, [1, 2, 3])
            // Refused with 401: renewed once, and sent again, also with a body.
            try server.control("tokens", #"{"expire": true}"#)
            try await store.save(key, [4, 5])
            try server.control("tokens", #"{"expire": true}"#)
            #expect(try await store.get(key) == [4, 5])
        }
        let wrong = try file("wrong")
        let store = try AzureGround.store(
            server, name,
            credentials: credentials(server) {
                $0.tenant = AzureBlobServer.tenant
                $0.clientID = AzureBlobServer.client
                $0.clientSecret = .file(wrong)
            })
        let refusal = await #expect(throws: StoreError.self) { try await store.list() }
        #expect(refusal?.code == .denied)
        #expect(refusal?.message.contains("AADSTS7000215") == true)
        #expect(refusal?.description.contains("wrong") == false)
    }

    @Test func `a client proves itself by certificate and by another issuer's token`() async throws {
        let (server, name, _) = try ground()
        let folder = try TestDirectory.make()
        _ = try SharedKeyTests.python(
            """
            import datetime, json, urllib.request
            from cryptography import x509
            from cryptography.hazmat.primitives import hashes, serialization as s
            from cryptography.hazmat.primitives.asymmetric import rsa, padding
            import base64, time
            folder, endpoint = sys.argv[1:]
            key = rsa.generate_private_key(65537, 2048)
            name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "havre")])
            day = datetime.timedelta(1)
            now = datetime.datetime.now(datetime.timezone.utc)
            cert = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(
                7).not_valid_before(now - day).not_valid_after(now + day).sign(key, hashes.SHA256())
            pem = cert.public_bytes(s.Encoding.PEM)
            open(folder + "/client.pem", "wb").write(
                key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()) + pem)
            enc = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=")
            now = int(time.time())
            text = enc(b'{"alg":"RS256","typ":"JWT"}') + b"." + enc(json.dumps({"iss": "https://cluster", "sub": "pod",
                "aud": "api://AzureADTokenExchange", "exp": now + 600, "nbf": now}).encode())
            open(folder + "/token", "wb").write(text + b"." + enc(key.sign(text, padding.PKCS1v15(), hashes.SHA256())))
            body = {"id": "prover", "certificates": [pem.decode()], "federated": [{"issuer": "https://cluster",
                "subject": "pod", "key": key.public_key().public_bytes(
                    s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()}]}
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(urllib.request.Request(
                endpoint + "/__control/client", json.dumps(body).encode(), method="POST"))
            """, [folder, server.endpoint])
        for isFederated in [false, true] {
            let source = try credentials(server) {
                $0.tenant = AzureBlobServer.tenant
                $0.clientID = "prover"
                if isFederated {
                    $0.tokenFile = folder + "/token"
                } else {
                    $0.certificate = .file(folder + "/client.pem")
                }
            }
            let store = try AzureGround.store(server, name, credentials: source)
            try await store.save(ObjectKey("proven"), [1])
            #expect(try await store.get(ObjectKey("proven")) == [1])
        }
    }

    @Test func `a signature that ends in mid-run is read anew, and never shown`() async throws {
        let server = try AzureBlobServer()
        defer { server.stop() }
        let name = try server.container()
        try await AzureGround.store(server, name).save(ObjectKey("shared"), [7, 8])
        func sas(_ seconds: Int, _ key: String = AzureBlobServer.key) throws -> String {
            String(
                try SharedKeyTests.python(
                    """
                    import datetime
                    from azure.storage.blob import generate_container_sas
                    print(generate_container_sas("\(AzureBlobServer.account)", sys.argv[1], sys.argv[2], permission="racwdlt",
                        expiry=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(sys.argv[3]))))
                    """, [name, key, "\(seconds)"]
                ).split(separator: "\n").last ?? "")
        }
        let path = try file(try sas(3600))
        let store = try AzureGround.store(server, name, credentials: credentials(server) { $0.sas = .file(path) })
        #expect(try await store.get(ObjectKey("shared")) == [7, 8])
        // The server's clock runs ahead: what the file held has ended, what it holds now has not.
        try server.control("clock", #"{"advance": 7200}"#)
        let ended = await #expect(throws: StoreError.self) { try await store.list() }
        #expect(ended?.code == .denied)
        #expect(ended?.description.contains("sig=") == false)
        try write(try sas(20_000), path)
        #expect(try await store.get(ObjectKey("shared")) == [7, 8])
        try await store.save(ObjectKey("more"), [1])
        #expect(try await store.list().count == 2)
    }

    @Test func `the catalogue's Azure is an azure-blob store`() async throws {
        let (server, name, owner) = try ground()
        try await owner.save(ObjectKey("found"), [1])
        let key = try file(AzureBlobServer.key)
        let entry = ProviderEntry(
            catalogueID: "custom", storageProtocol: .azureBlob, endpoint: server.endpoint,
            credentials: .init(account: AzureBlobServer.account, key: .file(key)))
        let endpoint = ResolvedEndpoint(
            storageProtocol: .azureBlob, url: server.endpoint, region: "westeurope", addressing: .path,
            maxParts: 50_000, checksum: .contentMD5)
        let store = try StoreCatalog(reactors: [try AzureGround.reactor.get()]).store(
            StoreRequest(endpoint: endpoint, provider: "azure", entry: entry, bucket: name))
        #expect(try await store.get(ObjectKey("found")) == [1])
        #expect(store.rehydrating != nil && store.history(prefix: ObjectKey("")) != nil)
        let seen = try #require(try await store.observed())
        #expect(seen.region == .unknown)
        #expect(seen.account?.isEmpty == false)
        #expect(try await store.clockSkew() != nil)
    }
}
