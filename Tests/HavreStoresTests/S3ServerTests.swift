import HavreCrypto
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// S3 against servers that others wrote, with boto3 as judge.
@Suite("S3 servers", .serialized)
struct S3ServerTests {
    static let kinds = TestServer.Kind.allCases.filter(\.isWanted)

    @Test(arguments: kinds)
    func `what we store is what boto3 reads, metadata and tags included`(_ kind: TestServer.Kind) async throws {
        let server = try TestServer.shared(kind)
        let store = try S3Ground.store(kind)
        let traits = store.traits
        var metadata = ObjectMetadata(
            contentType: "text/csv; charset=utf-8", contentEncoding: "gzip", contentLanguage: "fr",
            contentDisposition: "attachment; filename=\"a b.csv\"", cacheControl: "no-store",
            user: ["havre": "token", "origin": "a  b", "accent": "é", "plain": "x y"])
        if traits.keepsTags { metadata.tags = ["class": "health data", "owner": "a+b=c:d/e"] }
        let bytes = noise(3_000_000)
        let receipt = try await store.store(ObjectKey("dir/a b+c%2F'é.csv"), bytes, metadata: metadata)
        #expect(receipt.enforced == (traits.checksum == .none ? .contentMD5 : traits.checksum))
        let answer = try S3Ground.judge(
            server, store.channel.configuration.bucket,
            """
            key = "dir/a b+c%2F'é.csv"
            got = s3.get_object(Bucket=bucket, Key=key)
            print(hashlib.md5(got["Body"].read()).hexdigest())
            print(got["ETag"].strip('"'))
            print(got["ContentType"], got.get("ContentEncoding"), got.get("ContentLanguage"))
            print(json.dumps(got["Metadata"], sort_keys=True))
            \(traits.keepsTags ? "print(sorted((t['Key'], t['Value']) for t in s3.get_object_tagging(Bucket=bucket, Key=key)['TagSet']))" : "")
            """
        ).split(separator: "\n").map(String.init)
        #expect(answer.first == receipt.entityTag)
        #expect(answer[1] == receipt.entityTag)
        #expect(answer[2].hasPrefix("text/csv; charset=utf-8"))
        // `rclone serve` gives names back in capitals, as HTTP allows.
        #expect(answer[3].lowercased().contains("\"havre\": \"token\""), "\(answer)")
        #expect(answer[3].lowercased().contains("\"plain\": \"x y\""))
        if traits.keepsTags { #expect(answer[4] == "[('class', 'health data'), ('owner', 'a+b=c:d/e')]") }
        // And what boto3 stores is what we read.
        _ = try S3Ground.judge(
            server, store.channel.configuration.bucket,
            """
            s3.put_object(Bucket=bucket, Key="theirs", Body=b"x" * 100000, ContentType="a/b", Metadata={"k": "v"})
            """)
        let head = try await store.head(ObjectKey("theirs"), versionID: nil, withTags: true)
        #expect(head.metadata.contentType == "a/b" && head.metadata.user["k"] == "v" && head.version.size == 100_000)
        #expect(try await store.get(ObjectKey("theirs")) == Array(repeating: 0x78, count: 100_000))
        #expect(try await store.get(ObjectKey("theirs"), head.version, 99_990..<100_000).count == 10)
    }

    @Test(arguments: kinds)
    func `parts join to what boto3 reads`(_ kind: TestServer.Kind) async throws {
        let server = try TestServer.shared(kind)
        let store = try S3Ground.store(kind)
        let key = ObjectKey("joined object")
        let size = max(1 << 20, Int(store.traits.minPartSize))
        let parts = [noise(size, seed: 1), noise(size + 7, seed: 2), noise(999, seed: 3)]
        let upload = try await store.createUpload(key, metadata: ObjectMetadata(user: ["havre": "t"]))
        var receipts: [PartReceipt] = []
        for (index, part) in parts.enumerated() {
            receipts.append(
                try await store.putPart(index, of: upload, key, part, checks: try checksums(of: part)))
        }
        let listed = try await store.listParts(of: upload, key: key)
        #expect(listed.map(\.entityTag) == receipts.map(\.entityTag))
        #expect(listed.map(\.size) == receipts.map(\.size))
        let open = try await store.listUploads(prefix: key)
        if store.traits.listsUploads { #expect(open.map(\.upload) == [upload]) }
        let whole = parts.flatMap { $0 }
        let sum = try checksums(of: whole).crc64nvme.map { value in
            Checksum(kind: .crc64nvme, value: S3Checksums.base64(withUnsafeBytes(of: value.bigEndian) { Array($0) }))
        }
        let receipt = try await store.completeUpload(
            upload, key: key, parts: receipts, checksum: sum, condition: .any)
        let answer = try S3Ground.judge(
            server, store.channel.configuration.bucket,
            """
            got = s3.get_object(Bucket=bucket, Key="joined object")
            print(hashlib.sha256(got["Body"].read()).hexdigest() == "\(hex(whole))", got["ETag"].strip('"'))
            """)
        #expect(answer == "True \(receipt.entityTag)\n")
        #expect(try await store.get(key) == whole)
        await expectError(.noSuchUpload) { try await store.listParts(of: upload, key: key) }
        try await store.abortUpload(upload, key: key)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        HashFunction.sha256(bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(arguments: kinds)
    func `odd keys are listed as they were stored`(_ kind: TestServer.Kind) async throws {
        let store = try S3Ground.store(kind)
        let odd = ConformanceKeys.odd.map { ObjectKey($0) }.filter {
            KeyHazard.of($0).isSubset(of: store.traits.keeps)
        }
        #expect(odd.count > 15)
        for key in odd { try await store.store(key, key.bytes) }
        #expect(Set(try await store.list().map(\.key)) == Set(odd))
        for key in odd { #expect(try await store.get(key) == key.bytes, "\(key)") }
    }

    @Test(arguments: kinds)
    func `a listing goes on over pages`(_ kind: TestServer.Kind) async throws {
        let server = try TestServer.shared(kind)
        let store = try S3Ground.store(kind)
        _ = try S3Ground.judge(
            server, store.channel.configuration.bucket,
            """
            from concurrent.futures import ThreadPoolExecutor
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda n: s3.put_object(Bucket=bucket, Key=f"many/{n} +%", Body=b"1"), range(1203)))
            """)
        let entries = try await store.list(ObjectKey("many/"))
        #expect(Set(entries.map(\.key)) == Set((0..<1203).map { ObjectKey("many/\($0) +%") }))
        #expect(entries.count == 1203)
        #expect(entries.allSatisfy { $0.version.size == 1 && $0.version.modified != nil })
        let head = try await store.head(ObjectKey("many/7 +%"), versionID: nil, withTags: false).version
        #expect(entries.first { $0.key == ObjectKey("many/7 +%") }?.version.matches(head) == true)
    }

    @Test(arguments: kinds.filter { $0 != .moto })
    func `a wrong secret is refused`(_ kind: TestServer.Kind) async throws {
        let store = try S3Ground.store(kind, secret: "another-secret-than-theirs")
        await expectError(.denied) { try await store.store(ObjectKey("k"), [1]) }
        await expectError(.denied) { try await store.list() }
        await expectError(.denied) { try await store.head(ObjectKey("k"), versionID: nil, withTags: false) }
    }

    @Test(arguments: kinds)
    func `the clock of a server on this machine is ours`(_ kind: TestServer.Kind) async throws {
        #expect(abs(try #require(try await S3Ground.store(kind).clockSkew())) < 30)
    }

    @Test(arguments: kinds)
    func `a bucket that is not there is named`(_ kind: TestServer.Kind) async throws {
        let server = try TestServer.shared(kind)
        let store = try S3Ground.store(
            endpoint: server.endpoint, bucket: "no-such-bucket-here",
            credentials: S3Ground.source(server.accessKey, server.secretKey))
        await expectError(.notFound) { try await store.list() }
    }
}
