import Foundation
import HavreCrypto
import HavreModel
import Synchronization
import Testing

@testable import HavreStores

/// Where credentials come from. The canary stands for a secret: no message may hold it.
@Suite("S3 credentials", .serialized)
struct S3CredentialsTests {
    static let canary = "c4n4ry+s3cr3t/of+a+key"

    private static func file(_ text: String, _ name: String = "file") throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("havre-credentials-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appendingPathComponent(name).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func text(_ secret: borrowing SecretBytes) -> String {
        secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The message of the error that must come, without the canary in it.
    private func message(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            Issue.record("an error was expected")
            return ""
        } catch {
            let text = "\(error)\(String(reflecting: error))"
            #expect((error as? StoreError)?.code == .credentials)
            #expect(!text.contains(Self.canary), "a secret in a message: \(text)")
            return text
        }
    }

    @Test func `a secret comes from environment, file or command, one line end dropped`() async throws {
        setenv("HAVRE_TEST_SECRET", Self.canary, 1)
        let path = try Self.file(Self.canary + "\n")
        for reference in [
            SecretReference.environment("HAVRE_TEST_SECRET"), .file(path), .command(["cat", path]),
            .command(["printf", "%s\\r\\n", Self.canary]),
        ] {
            #expect(text(try await reference.resolve(for: "secretKey of provider p")) == Self.canary)
        }
        let spaced = try Self.file(" a b \n\n")
        #expect(text(try await SecretReference.file(spaced).resolve(for: "x")) == " a b \n")
    }

    @Test func `what is missing is named`() async throws {
        let empty = try Self.file("\n")
        let large = try Self.file(String(repeating: Self.canary, count: 4000))
        let cases: [(SecretReference, String)] = [
            (.environment("HAVRE_TEST_ABSENT"), "HAVRE_TEST_ABSENT"), (.file("/nonexistent/key"), "/nonexistent/key"),
            (.file(empty), "is empty"), (.file(large), "more than 65536 bytes"), (.file("/tmp"), "/tmp"),
            (.command(["/nonexistent/tool"]), "/nonexistent/tool"), (.command([]), "names no program"),
            (.command(["sh", "-c", "echo \(Self.canary); exit 3"]), "exit code 3"),
            (.command(["sh", "-c", "echo \(Self.canary); kill -9 $$"]), "signal 9"),
            (.command(["sh", "-c", "yes \(Self.canary)"]), "more than 65536 bytes"), (.command(["true"]), "is empty"),
        ]
        for (reference, words) in cases {
            let message = await message { _ = try await reference.resolve(for: "secretKey of provider p") }
            #expect(message.contains(words) && message.contains("secretKey of provider p"), "\(message)")
        }
    }

    @Test func `a command that does not end is stopped, and what it began with it`() async throws {
        let mark = try Self.file("")
        let start = Reactor.now()
        for script in ["echo \(Self.canary); sleep 60; echo late > \(mark)", "exec >&-; sleep 60"] {
            let message = await message {
                _ = try await SecretReference.command(["sh", "-c", script]).resolve(for: "x", timeLimit: 0.3)
            }
            #expect(message.contains("did not end within 0.3 s"))
        }
        #expect(Double(Reactor.now() - start) / 1e9 < 30)
    }

    @Test func `a command runs without a shell, its arguments as they are`() async throws {
        let secret = try await SecretReference.command(["printf", "%s|", "$HOME", "a b", "`id`"]).resolve(for: "x")
        #expect(text(secret) == "$HOME|a b|`id`|")
    }

    private func source(_ credentials: ProviderEntry.Credentials, clock: @escaping @Sendable () -> Int64 = { 0 }) throws
        -> S3CredentialSource
    {
        try S3CredentialSource(credentials, provider: "p", timeLimit: 5, clock: clock)
    }

    @Test func `single references make credentials`() async throws {
        setenv("HAVRE_TEST_ID", "AKIDTEST", 1)
        setenv("HAVRE_TEST_SECRET", Self.canary, 1)
        setenv("HAVRE_TEST_TOKEN", "token", 1)
        var plain = ProviderEntry.Credentials(
            accessKey: .environment("HAVRE_TEST_ID"), secretKey: .environment("HAVRE_TEST_SECRET"))
        let two = try await source(plain).current()
        #expect(two.accessKeyID == "AKIDTEST" && text(two.secretKey) == Self.canary && !two.hasSessionToken)
        plain.sessionToken = .environment("HAVRE_TEST_TOKEN")
        #expect(text(try await source(plain).current().sessionToken) == "token")
        plain.secretKey = nil
        let none = plain
        #expect(await message { _ = try source(none) }.contains("provider p has no S3 credentials"))
        // The secret where the id should be.
        setenv("HAVRE_TEST_ID", Self.canary, 1)
        plain.secretKey = .environment("HAVRE_TEST_SECRET")
        let swapped = plain
        _ = await message { _ = try await source(swapped).current() }
    }

    @Test func `credential_process is read`() async throws {
        let json = """
            {"Version": 1, "AccessKeyId": "AKIDPROC", "SecretAccessKey": "\(Self.canary.replacing("/", with: "\\/"))",
             "SessionToken": "tok\\u0065n\\n", "Expiration": "2026-11-24T06:30:00Z", "Other": null}
            """
        let path = try Self.file(json)
        let found = try await source(ProviderEntry.Credentials(command: ["cat", path])).current()
        #expect(found.accessKeyID == "AKIDPROC" && text(found.secretKey) == Self.canary)
        #expect(text(found.sessionToken) == "token\n")
        #expect(found.expiration == 1_795_501_800)
        let bad = [
            "", "[]", "{", "{\"Version\": 1}", json.replacing("\"Version\": 1", with: "\"Version\": 2"), json + "x",
            json.replacing("2026-11-24T", with: "someday"), json.replacing("SecretAccessKey", with: "Secret"),
            String(json.dropLast(2)), json.replacing("\"Other\": null", with: "\"Other\": {\"a\": 1}"),
            json.replacing(",", with: ""), json.replacing("\\u0065", with: "\\uD800"),
            json.replacing("\\n", with: "\n"),
        ]
        for text in bad {
            let path = try Self.file(text)
            _ = await message { _ = try await source(ProviderEntry.Credentials(command: ["cat", path])).current() }
        }
    }

    @Test func `profiles are found in AWS's files`() async throws {
        let process = try Self.file("{\"Version\":1,\"AccessKeyId\":\"AKIDCP\",\"SecretAccessKey\":\"\(Self.canary)\"}")
        let shared = try Self.file(
            """
            # comment
            [default]
            aws_access_key_id = AKIDDEFAULT
            aws_secret_access_key=\(Self.canary)
            [other]\r
            aws_access_key_id=AKIDOTHER\r
            aws_secret_access_key = \(Self.canary)==\r
            aws_session_token = token\r
            [half]
            aws_access_key_id = AKIDHALF
            """)
        let config = try Self.file(
            """
            [default]
            region = fr-par
            [profile run]
            credential_process = cat "\(process)"
            [ profile   role ]
            role_arn = arn:aws:iam::1:role/x
            """)
        setenv("AWS_SHARED_CREDENTIALS_FILE", shared, 1)
        setenv("AWS_CONFIG_FILE", config, 1)
        defer {
            unsetenv("AWS_SHARED_CREDENTIALS_FILE")
            unsetenv("AWS_CONFIG_FILE")
        }
        func profile(_ name: String) async throws -> S3Credentials {
            try await source(ProviderEntry.Credentials(profile: name)).current()
        }
        #expect(try await profile("default").accessKeyID == "AKIDDEFAULT")
        let other = try await profile("other")
        #expect(other.accessKeyID == "AKIDOTHER" && text(other.secretKey) == Self.canary + "==")
        #expect(text(other.sessionToken) == "token")
        #expect(try await profile("run").accessKeyID == "AKIDCP")
        #expect(await message { _ = try await profile("half") }.contains("profile half in \(shared) has neither"))
        #expect(await message { _ = try await profile("role") }.contains("role_arn"))
        #expect(
            await message { _ = try await profile("nobody") }.contains(
                "no profile nobody in \(shared) nor in \(config)"))
    }

    @Test func `words of a credential_process are cut as AWS does`() {
        #expect(CredentialsProfile.words("a  b \"c d\" e\"f g\"h \"\"") == ["a", "b", "c d", "ef gh", ""])
        #expect(CredentialsProfile.words("a \"b") == nil)
    }

    private final class Issuer: Sendable {
        let now = Mutex<Int64>(1_000_000)
        let asked = Mutex(0)
        let fails = Mutex(false)
        let life: Int64
        init(life: Int64) { self.life = life }

        func source() -> S3CredentialSource {
            S3CredentialSource(clock: { [self] in now.withLock { $0 } }) { [self] () throws(StoreError) in
                let number = asked.withLock { count in
                    count += 1
                    return count
                }
                try? await Task.sleep(nanoseconds: 20_000_000)
                if fails.withLock({ $0 }) { throw StoreError(.credentials, "the vault is sealed") }
                return try S3Credentials(
                    accessKeyID: "N\(number)", secretKey: SigV4Tests.secret("s"), expiration: now.withLock { $0 } + life
                )
            }
        }
    }

    @Test func `credentials are asked for again five minutes before they end, once for all who wait`() async throws {
        let issuer = Issuer(life: 3600)
        let source = issuer.source()
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await source.current().accessKeyID } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names == ["N1"])
        issuer.now.withLock { $0 += 3299 }
        #expect(try await source.current().accessKeyID == "N1")
        issuer.now.withLock { $0 += 1 }
        #expect(try await source.current().accessKeyID == "N2")
        // A vault that is down does not matter while the old ones hold.
        issuer.now.withLock { $0 += 3400 }
        issuer.fails.withLock { $0 = true }
        #expect(try await source.current().accessKeyID == "N2")
        issuer.now.withLock { $0 += 200 }
        #expect(await message { _ = try await source.current() }.contains("the vault is sealed"))
        issuer.fails.withLock { $0 = false }
        #expect(try await source.current().accessKeyID.hasPrefix("N"))
    }

    @Test func `refused credentials are replaced once, however many were refused`() async throws {
        let issuer = Issuer(life: 3600)
        let source = issuer.source()
        let refused = try await source.current()
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await source.replacement(for: refused).accessKeyID } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names == ["N2"])
        #expect(issuer.asked.withLock { $0 } == 2)
        let expired = Issuer(life: -1)
        #expect(await message { _ = try await expired.source().current() }.contains("gives expired ones"))
    }

    @Test func `a server that repeats a secret is not repeated`() throws {
        let held = try S3Credentials(
            accessKeyID: "ID", secretKey: SigV4Tests.secret(Self.canary), sessionToken: SigV4Tests.secret("tokentoken"))
        #expect(!held.scrubbed("x \(Self.canary) y").contains(Self.canary))
        #expect(!held.scrubbed("tokentoken").contains("tokentoken"))
        #expect(held.scrubbed("nothing") == "nothing")
    }
}
