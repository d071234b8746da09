import HavreCrypto
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// S3 stores for tests: real servers on loopback and what each of them was seen to do.
enum S3Ground {
    static let reactor = Result { try Reactor(name: "test-s3") }

    /// Servers that are installed here, as conformers.
    static var conformers: [Conformer] {
        TestServer.Kind.allCases.filter(\.isWanted).map { kind in
            Conformer(name: "s3, \(kind)") { try S3Ground.store(kind) }
        }
    }

    /// What a server was seen to do (November 2026).
    static func traits(_ kind: TestServer.Kind) -> StoreTraits {
        let ordinary: Set<KeyHazard> = [
            .reserved, .nonASCII, .trailingSpace, .longKey, .longComponent, .control,
        ]
        switch kind {
        case .seaweedfs:
            return StoreTraits(
                checksum: .crc64nvme, partChecksum: .crc64nvme, conditionalCreate: true, conditionalUpdate: true,
                conditionalRead: true, keeps: ordinary.subtracting([.longComponent]).union([.newline]),
                breaks: [.longComponent])
        case .rclone:
            return StoreTraits(
                minPartSize: 1, checksum: .contentMD5, partChecksum: .none,
                keeps: [.reserved, .nonASCII, .trailingSpace],
                keepsTags: false)
        case .moto:
            return StoreTraits(
                minPartSize: 1, checksum: .none, partChecksum: .none, conditionalCreate: true, conditionalRead: true,
                keeps: ordinary.union([.doubleSlash, .leadingSlash, .backslash]))
        }
    }

    static func source(_ id: String, _ secret: String, token: String? = nil) -> S3CredentialSource {
        S3CredentialSource { () throws(StoreError) in
            guard let token else {
                return try S3Credentials(accessKeyID: id, secretKey: SigV4Tests.secret(secret))
            }
            return try S3Credentials(
                accessKeyID: id, secretKey: SigV4Tests.secret(secret), sessionToken: SigV4Tests.secret(token))
        }
    }

    /// A store on an empty bucket.
    static func store(_ kind: TestServer.Kind, traits: StoreTraits? = nil, secret: String? = nil) throws -> S3Store {
        let server = try TestServer.shared(kind)
        return try store(
            endpoint: server.endpoint, bucket: try server.bucket(), traits: traits ?? Self.traits(kind),
            credentials: source(server.accessKey, secret ?? server.secretKey))
    }

    static func store(
        endpoint: String, bucket: String = "bucket", traits: StoreTraits = StoreTraits(),
        credentials: S3CredentialSource? = nil, settings: HTTPClient.Settings = HTTPClient.Settings(),
        addressing: ProviderEntry.Addressing = .path
    ) throws -> S3Store {
        let client = try HTTPClient(reactors: [try reactor.get()], settings: settings)
        return try S3Store(
            configuration: S3Store.Configuration(
                endpoint: try Endpoint(endpoint), region: "us-east-1", bucket: bucket, addressing: addressing,
                credentials: credentials ?? source("ID", "secret")),
            client: client, traits: traits)
    }

    /// Runs a program on boto3's view of a bucket: `s3` is the client, `bucket` its name. Its output is the result.
    static func judge(_ server: TestServer, _ bucket: String, _ program: String) throws -> String {
        let python = try #require(TestProcess.tool("python3"), "run the set-up script")
        let log = try TestDirectory.make() + "/judge"
        let head = """
            import os, boto3, hashlib, json
            from botocore.config import Config
            s3 = boto3.client("s3", endpoint_url=\"\(server.endpoint)\", aws_access_key_id=\"\(server.accessKey)\",
                aws_secret_access_key=os.environ["S3_SECRET"], region_name="us-east-1",
                config=Config(s3={"addressing_style": "path"}, proxies={}))
            bucket = \"\(bucket)\"

            """
        try TestProcess.run([python, "-c", head + program], environment: ["S3_SECRET": server.secretKey], log: log)
        return TestProcess.contents(of: log) ?? ""
    }
}

extension S3Store {
    /// Writes bytes with all their checksums.
    @discardableResult
    func store(
        _ key: ObjectKey, _ bytes: [UInt8], _ condition: WriteCondition = .any,
        metadata: ObjectMetadata = ObjectMetadata()
    ) async throws -> WriteReceipt {
        try await save(key, bytes, condition: condition, metadata: metadata, checks: try checksums(of: bytes))
    }
}
