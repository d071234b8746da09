import TestServers
import Testing

/// Our Azure servers before the judges: Microsoft's SDKs, and rclone. What a judge does not find as Azure has it is
/// said with the last requests.
@Suite("Azure servers", .serialized, .enabled(if: AzureServer.isWanted, "run the set-up script"))
struct AzureServerTests {
    private struct Ground {
        let blobs: AzureServer
        let vault: AzureServer

        init() throws {
            let estate = try AzureServer.Estate()
            blobs = try AzureServer(.azure, estate)
            vault = try AzureServer(.keyvault, estate)
        }

        /// Where judges find all.
        var facts: String {
            let estate = blobs.estate
            let pairs = [
                "url": "\(blobs.endpoint)/\(estate.account)", "tls": "\(blobs.secureEndpoint)/\(estate.account)",
                "vault": vault.secureEndpoint, "account": estate.account, "key": estate.key, "tenant": estate.tenant,
                "client": estate.client, "secret": estate.secret, "identity": estate.identityHeader,
                "ca": estate.authority,
            ]
            return "{" + pairs.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ") + "}"
        }
    }

    private static let ground = Result { try Ground() }

    private static let areas = [
        "shared-key", "collation", "account-sas", "service-sas", "client-secret", "token-expiry", "certificate",
        "workload", "managed-identity", "delegation-sas", "list-pages", "list-hierarchy", "list-names",
        "list-includes", "account", "blocks", "block-limits", "append-blobs", "page-blobs", "checksums", "ranges",
        "conditions", "leases", "async", "snapshots", "versions", "soft-delete", "metadata", "tags", "tiers", "holds",
        "customer-keys", "copies", "from-url", "throttling", "broken-answers", "record", "vault-keys",
        "vault-wrapping", "vault-states", "envelopes", "rclone-tree", "rclone-blocks",
    ]

    private func judge(_ words: [String]) throws -> String {
        guard let python = TestProcess.tool("python3") else {
            throw TestServerError(description: ".venv/bin/python3 is missing; run the set-up script")
        }
        let log = try TestDirectory.make() + "/judge.log"
        let judge = "\(TestProcess.packageRoot)/fixtures/servers/checks/judge.py"
        let status = try TestProcess.wait(try TestProcess.spawn([python, judge] + words, output: log))
        let text = TestProcess.contents(of: log) ?? ""
        guard status == 0 else { throw TestServerError(description: text) }
        return text
    }

    @Test(arguments: areas)
    func `a judge finds it as Azure has it`(_ area: String) throws {
        let ground = try Self.ground.get()
        let found = try judge(["--facts", ground.facts, area])
        #expect(found.contains("\(area): ") && found.contains("assertions hold"), "\(found)")
    }

    @Test func `no area of the judges is forgotten here`() throws {
        #expect(try judge(["--list"]).split(separator: "\n").map(String.init) == Self.areas)
    }

    /// A server that errs must not pass: what the judges are worth.
    @Test func `a server that waits for a fault is seen to fail`() throws {
        let ground = try Self.ground.get()
        try ground.blobs.control("fault", #"{"match": {"operation": "PutBlob"}, "do": {"status": 500}, "times": 1}"#)
        defer { _ = try? ground.blobs.control("reset", "{}") }
        #expect(throws: TestServerError.self) { try judge(["--facts", ground.facts, "snapshots"]) }
    }
}
