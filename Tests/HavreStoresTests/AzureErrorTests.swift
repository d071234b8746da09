import HavreModel
import Testing

@testable import HavreStores

/// What Azure's refusals mean, and where a request for a token may go.
@Suite("Azure: errors")
struct AzureErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        let code: String
        let isWrite: Bool
        let expected: StoreError.Code
        var testDescription: String { "\(status) \(code) \(isWrite ? "write" : "read")" }
    }

    static let cases = [
        Case(status: 503, code: "ServerBusy", isWrite: true, expected: .throttled),
        Case(status: 500, code: "OperationTimedOut", isWrite: false, expected: .throttled),
        Case(status: 500, code: "OperationTimedOut", isWrite: true, expected: .ambiguous),
        Case(status: 500, code: "InternalError", isWrite: true, expected: .ambiguous),
        Case(status: 500, code: "InternalError", isWrite: false, expected: .temporary),
        Case(status: 409, code: "BlobArchived", isWrite: false, expected: .archived),
        Case(status: 409, code: "BlobBeingRehydrated", isWrite: true, expected: .archived),
        Case(status: 409, code: "BlobAlreadyExists", isWrite: true, expected: .conditionFailed),
        Case(status: 412, code: "ConditionNotMet", isWrite: true, expected: .conditionFailed),
        Case(status: 412, code: "ConditionNotMet", isWrite: false, expected: .drifted),
        Case(status: 409, code: "BlobImmutableDueToPolicy", isWrite: true, expected: .refused),
        Case(status: 409, code: "SnapshotsPresent", isWrite: true, expected: .refused),
        Case(status: 412, code: "LeaseIdMissing", isWrite: true, expected: .refused),
        Case(status: 413, code: "RequestBodyTooLarge", isWrite: true, expected: .refused),
        Case(status: 400, code: "Md5Mismatch", isWrite: true, expected: .checksumRefused),
        Case(status: 400, code: "InvalidBlockList", isWrite: true, expected: .refused),
        Case(status: 404, code: "BlobNotFound", isWrite: false, expected: .notFound),
        Case(status: 404, code: "ContainerNotFound", isWrite: true, expected: .notFound),
        Case(status: 403, code: "AuthenticationFailed", isWrite: false, expected: .denied),
        Case(status: 403, code: "AuthorizationPermissionMismatch", isWrite: true, expected: .denied),
        Case(status: 416, code: "InvalidRange", isWrite: false, expected: .drifted),
        Case(status: 307, code: "", isWrite: false, expected: .redirected),
    ]

    @Test(arguments: cases) func `a code leads to what is to be done`(_ one: Case) async throws {
        let body =
            one.code.isEmpty
            ? ""
            : "<?xml version=\"1.0\"?><Error><Code>\(one.code)</Code><Message>Because.\nRequestId:7</Message></Error>"
        let server = try ScriptedServer([
            .send(
                ScriptedServer.answer(one.status, body, headers: ["Retry-After: 7", "Content-Type: application/xml"]))
        ])
        defer { server.stop() }
        let store = try AzureGround.store(endpoint: server.endpoint)
        let key = ObjectKey("k")
        let error = await #expect(throws: StoreError.self) {
            if one.isWrite {
                try await store.save(key, [1])
            } else {
                _ = try await store.get(key, SourceVersion(entityTag: "0x1", size: 3))
            }
        }
        #expect(error?.code == one.expected, "\(error?.description ?? "")")
        #expect(error?.retryAfter == 7)
        #expect(error?.message.contains("RequestId") == false)
    }

    @Test func `an answer to HEAD is told apart by its header`() async throws {
        let server = try ScriptedServer([
            .send(ScriptedServer.answer(404, headers: ["x-ms-error-code: ContainerNotFound"]))
        ])
        defer { server.stop() }
        let store = try AzureGround.store(endpoint: server.endpoint)
        let error = await #expect(throws: StoreError.self) {
            try await store.head(ObjectKey("k"), versionID: nil, withTags: false)
        }
        #expect(error?.message.contains("there is no container") == true)
    }

    @Test func `what an answer repeats of a signature is not shown`() async throws {
        let server = try ScriptedServer([
            .send(
                ScriptedServer.answer(
                    403,
                    "<Error><Code>AuthenticationFailed</Code><Message>sv=1&amp;sig=c2VjcmV0 is wrong</Message></Error>")
            )
        ])
        defer { server.stop() }
        let source = AzureCredentialSource { () throws(StoreError) in
            try .sas(SigV4Tests.secret("?sv=1&se=2099-01-01T00%3A00%3A00Z&sig=c2VjcmV0"))
        }
        let store = try AzureGround.store(endpoint: server.endpoint, credentials: source)
        let error = await #expect(throws: StoreError.self) { try await store.list() }
        #expect(error?.code == .denied)
        #expect(error?.description.contains("c2VjcmV0") == false)
        #expect(server.seen.count == 2, "asked again once with what the source gives")
        #expect(server.seen.first?.contains("&sv=1&se=2099-01-01T00%3A00%3A00Z&sig=c2VjcmV0 HTTP/1.1") == true)
    }

    @Test func `holds, tiers and pins of a head are read`() async throws {
        let server = try ScriptedServer([
            .send(
                [
                    "HTTP/1.1 200 X", "Content-Length: 5", "ETag: \"0x8D\"", "x-ms-version-id: 2026-11-24T00:00:00.1Z",
                    "x-ms-access-tier: Archive", "x-ms-archive-status: rehydrate-pending-to-cool",
                    "x-ms-legal-hold: true", "x-ms-blob-type: BlockBlob",
                    "x-ms-immutability-policy-until-date: Thu, 01 Jan 2026 00:00:00 GMT", "", "",
                ].joined(separator: "\r\n"))
        ])
        defer { server.stop() }
        let store = try AzureGround.store(endpoint: server.endpoint)
        let head = try await store.head(ObjectKey("k"), versionID: "snapshot:2026-11-24T00:00:00.1Z", withTags: true)
        #expect(head.version.versionID == "snapshot:2026-11-24T00:00:00.1Z")
        #expect(head.tier == "Archive" && head.rehydration == .pending && head.isHeld && head.kind == "BlockBlob")
        #expect(head.immutableUntil == 1_767_225_600_000_000_000)
        #expect(server.seen.first?.contains("snapshot=2026-11-24T00%3A00%3A00.1Z") == true)
    }

    @Test func `only a request for a token reaches a link-local address, and only the one it names`() throws {
        let metadata = try #require(PeerAddress("169.254.169.254"))
        let other = try #require(PeerAddress("169.254.169.253"))
        func refusal(_ address: PeerAddress, _ isIdentity: Bool) -> StoreError? {
            AddressRule(host: "169.254.169.254", isProxy: false, named: [], isIdentityService: isIdentity)
                .refusal(address)
        }
        #expect(refusal(metadata, true) == nil)
        #expect(refusal(metadata, false)?.code == .policy)
        #expect(refusal(other, true)?.code == .policy)
        #expect(throws: StoreError.self) { try Endpoint("http://169.254.169.254") }
        let service = try ManagedIdentityService(.init(), provider: "p")
        #expect(service.endpoint.isIdentityService && service.endpoint.goesDirect)
        #expect(throws: StoreError.self) { try Endpoint("http://10.0.0.1", mayBeIdentityService: true) }
        #expect(try !Endpoint("http://127.0.0.1:1", mayBeIdentityService: true).isIdentityService)
    }

    @Test func `concurrent requests share one renewal, and short tokens are not asked for each time`() async throws {
        let body = #"{"token_type":"Bearer","expires_in":20,"access_token":"abc"}"#
        let tokens = try ScriptedServer([.send(ScriptedServer.answer(200, body))])
        let blobs = try ScriptedServer([
            .send("HTTP/1.1 404 X\r\nContent-Length: 0\r\nx-ms-error-code: BlobNotFound\r\n\r\n")
        ])
        defer {
            tokens.stop()
            blobs.stop()
        }
        var credentials = ProviderEntry.Credentials()
        credentials.managedIdentity = .init(endpoint: tokens.endpoint)
        let source = try AzureCredentialSource(credentials, provider: "p", client: AzureGround.client()) { 1_000 }
        let store = try AzureGround.store(endpoint: blobs.endpoint, credentials: source)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<16 {
                group.addTask { _ = try? await store.head(ObjectKey("\(index)"), versionID: nil, withTags: false) }
            }
        }
        _ = try? await store.head(ObjectKey("last"), versionID: nil, withTags: false)
        #expect(tokens.seen.count == 1)
        #expect(blobs.seen.count == 17)
        #expect(blobs.seen.allSatisfy { $0.contains("authorization: Bearer abc") })
    }

    @Test func `names of blocks say what they are and come back`() throws {
        let upload = try #require(AzureBlockID.upload(AzureBlockID.newUpload()))
        let digest = AzureBlockID.digest(of: try checksums(of: noise(100)))
        for role: AzureBlockID.Role in [
            .part(index: 49_999, digest: digest), .opening(metadata: 300, begun: 1_795_501_800), .aborted,
            .metadata(index: 2, piece: [UInt8](repeating: 7, count: AzureBlockID.payload)),
        ] {
            let id = AzureBlockID(upload: upload, role: role)
            #expect(id.text.utf8.count == 88)
            #expect(AzureBlockID(Array(id.text.utf8)) == id)
        }
        #expect(AzureBlockID.digest(tag: AzureBlockID.tag(digest)) == digest)
        #expect(AzureBlockID.digest(tag: "0123456789abcdef0123456789abcdef") == nil)
        #expect(AzureBlockID(Array("AAAA".utf8)) == nil)
    }
}
