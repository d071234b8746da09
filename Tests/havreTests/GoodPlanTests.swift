import HavreModel
import Testing

@testable import havre

/// What good plans are read as.
@Suite struct GoodPlanTests {
    /// Plans that are right, in all directories that hold some.
    static let files =
        ((try? PackageFiles.list("fixtures/plans/good", suffix: ".yaml")) ?? [])
        + ((try? PackageFiles.list("plans", suffix: ".yaml")) ?? [])

    @Test func thereAreSome() { #expect(Self.files.count >= 7) }

    @Test(arguments: files) func everyGoodPlanDecodes(_ path: String) throws {
        let plan = try PlanFile.decode(
            bytes: try PackageFiles.bytes(path), file: path, directory: "/plans", catalogue: .sample)
        #expect(!plan.datasets.isEmpty)
        #expect(plan.order.count == plan.datasets.count)
    }

    private func decode(_ text: String) throws -> Plan {
        try PlanFile.decode(bytes: Array(text.utf8), file: "plan.yaml", directory: "/plans", catalogue: .sample)
    }

    @Test func everyWayIntoAzureIsRead() throws {
        let plan = try decode(try PackageFiles.text("fixtures/plans/good/azure.yaml"))
        func credentials(_ name: String) throws -> ProviderEntry.Credentials {
            let entry = try #require(plan.providers[name])
            #expect(entry.storageProtocol == .azureBlob)
            #expect(entry.credentials.account == "example")
            return entry.credentials
        }
        #expect(try credentials("signature").sas == .file("/run/secrets/sas"))
        let secret = try credentials("secret")
        #expect(secret.tenant == "example.org" && secret.clientID == "app" && secret.authority == nil)
        #expect(secret.clientSecret == .environment("AZURE_CLIENT_SECRET"))
        #expect(try credentials("certificate").certificate == .file("/plans/client.pem"))
        #expect(try credentials("certificate").authority == "https://login.partner.example.org")
        #expect(try credentials("cluster").tokenFile == "/var/run/token")
        #expect(try credentials("machine").managedIdentity == .init())
        #expect(
            try credentials("assigned").managedIdentity
                == .init(
                    clientID: "app", endpoint: "http://127.0.0.1:4141/msi/token",
                    header: .environment("IDENTITY_HEADER")))
        #expect(try credentials("own").key == .environment("AZURE_STORAGE_KEY"))
    }

    @Test func everythingIsRead() throws {
        let plan = try decode(try PackageFiles.text("fixtures/plans/good/everything.yaml"))
        #expect(plan.name == "repatriation-2021")
        #expect(plan.controller == "Exemple")
        #expect(plan.version == 1)
        let azure = try #require(plan.providers["azure"])
        #expect(azure.storageProtocol.rawValue == "azure-blob")
        #expect(azure.endpoint == "https://example.blob.core.windows.net")
        #expect(azure.credentials == .init(account: "example", key: .environment("AZURE_STORAGE_KEY")))
        let scaleway = try #require(plan.providers["scaleway"])
        #expect(
            scaleway.credentials
                == .init(
                    accessKey: .environment("SCW_ACCESS_KEY"), secretKey: .file("/run/secrets/scw"),
                    sessionToken: .command(["pass", "show", "scw session"])))
        #expect(scaleway.addressing == .virtualHosted)
        #expect(scaleway.caBundle == "/plans/ca.pem")
        #expect(scaleway.maxParts == 900)
        let ceph = try #require(plan.providers["ceph"])
        #expect(ceph.storageProtocol == .s3)
        #expect(ceph.stated == Jurisdiction(country: "FR", law: "FR"))
        #expect(ceph.certifications.map(\.name) == ["HDS", "SecNumCloud"])
        #expect(ceph.certifications.first?.until == Day("2028-01-01"))
        #expect(ceph.certifications.last?.status == .pending)
        #expect(ceph.certifications.last?.source == "operator's word")
        #expect(ceph.credentials.profile == "ceph")
        #expect(plan.providers["rented"]?.credentials.command == ["aws-vault", "export", "--format=json", "prod"])
        #expect(plan.keys["old-key"]?.identity == .file("/run/secrets/old-key.txt"))
        #expect(plan.keys["old-key"]?.custodian?.jurisdiction.law == "US")
        #expect(plan.workers == [Jurisdiction(country: "FR", law: "FR")])
        #expect(plan.proxy?.url == "http://proxy.example.org:3128")
        #expect(plan.signKey == .file("/run/secrets/sign.key"))
        let bandwidth = try #require(plan.limits.bandwidth)
        #expect(bandwidth.limit(atMinute: 9 * 60) == 25_000_000)
        #expect(bandwidth.limit(atMinute: 23 * 60) == 125_000_000)
        #expect(bandwidth.limit(atMinute: 5 * 60 + 59) == 125_000_000)
        #expect(bandwidth.limit(atMinute: 6 * 60) == nil)
        #expect(plan.limits.requestsPerSecond == 500)
        #expect(plan.limits.maxFailures == 100)
        #expect(plan.limits.maxDelete == 0)
        #expect(plan.verify == .sample(percent: 5))
        #expect(plan.order == ["local-copy", "projects-2021"], "after: is respected")
    }

    @Test func aDatasetIsReadWhole() throws {
        let plan = try decode(try PackageFiles.text("fixtures/plans/good/everything.yaml"))
        let dataset = try #require(plan.datasets["projects-2021"])
        #expect(dataset.classification.snds && dataset.classification.pseudonymised)
        #expect(!dataset.classification.stateSensitive)
        #expect(dataset.clauses == ["EU_ONLY"])
        #expect(dataset.source == Location(provider: "azure", bucket: "projects", prefix: ObjectKey("2021/")))
        #expect(dataset.seal == .age(recipients: ["pds-2026"]))
        #expect(dataset.opening == .age(key: "old-key"))
        #expect(dataset.purpose == "research")
        #expect(
            dataset.authorisations == [
                Dataset.Authorisation(
                    by: "CNIL", reference: "0000-000", purpose: "research", destination: "scaleway",
                    until: try #require(Day("2026-12-21")))
            ])
        #expect(dataset.filter.include == ["**/*.csv", "a/[0-9]*"])
        #expect(dataset.filter.exclude == ["tmp/**"])
        #expect(dataset.filter.minSize == 1)
        #expect(dataset.filter.maxSize == 10 << 20)
        #expect(dataset.filter.modifiedSince == 1_609_455_600_000_000_000)
        #expect(dataset.onConflict == .overwrite)
        #expect(dataset.metadata.tags == .dropped && dataset.metadata.user == .sealed)
        #expect(dataset.verify == .full)
        #expect(dataset.retainUntil == Day("2031-12-31"))
        #expect(plan.datasets["local-copy"]?.source.bucket == "/plans/export")
        #expect(plan.datasets["local-copy"]?.seal == Dataset.Seal.none)
        #expect(plan.datasets["local-copy"]?.onConflict == .block)
    }

    @Test func placesAreKept() throws {
        let plan = try decode(try PackageFiles.text("fixtures/plans/good/everything.yaml"))
        #expect(plan.mark("datasets.projects-2021.seal.recipients.0") == Mark(line: 60, column: 38))
        #expect(plan.mark("datasets.projects-2021.to.provider") == Mark(line: 59, column: 10))
        #expect(plan.mark("keys.old-key.custodian.law.nothing-there") == Mark(line: 45, column: 47))
        #expect(plan.mark("providers.azure") == Mark(line: 6, column: 3))
    }

    @Test func filesWithACarriageReturnAndAByteOrderMarkAreRead() throws {
        let plan = try PlanFile.decode(
            bytes: try PackageFiles.bytes("fixtures/plans/good/byte-order-mark.yaml"), file: "x")
        #expect(plan.name == "windows")
        #expect(plan.datasets["a"]?.target.bucket == "/data/b")
    }

    /// A plan with one line put into its one dataset.
    private func dataset(_ line: String) -> String {
        """
        havre: 1
        name: x
        providers: {disk: {is: local, service: file}}
        datasets:
          a:
            class: {personal: false}
            from: {provider: disk, bucket: /data/a}
            to: {provider: disk, bucket: /data/b}
            seal: {format: none}
            \(line)

        """
    }

    @Test(arguments: [
        ("0", 0), ("1", 1), ("10MiB", 10_485_760), ("10 MiB", 10_485_760), ("5GB", 5_000_000_000), ("1.5KiB", 1536),
        ("\"4096\"", 4096), ("1kB", 1000), ("8191PiB", 8191 << 50), ("0.000001TB", 1_000_000),
    ]) func sizes(_ text: String, _ bytes: UInt64) throws {
        #expect(try decode(dataset("minSize: \(text)")).datasets["a"]?.filter.minSize == bytes)
    }

    @Test(arguments: ["8192PiB", "1.5B", "-1", "1e3", "0x10", "10mib", "MiB", "1.0000001MB", "99999999999999999999"])
    func notSizes(_ text: String) {
        #expect(throws: PlanFileError.self) { try decode(dataset("minSize: \(text)")) }
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("2021-01-01", 1_609_459_200_000_000_000),
        ("2021-01-01T00:00:00Z", 1_609_459_200_000_000_000), ("2021-01-01 01:00:00+01:00", 1_609_459_200_000_000_000),
        ("1969-12-31t23:59:59.5z", -500_000_000), ("2021-01-01T00:00:00.000000001Z", 1_609_459_200_000_000_001),
    ]) func instants(_ text: String, _ nanoseconds: Int64) throws {
        #expect(try decode(dataset("modifiedSince: \(text)")).datasets["a"]?.filter.modifiedSince == nanoseconds)
    }

    @Test(arguments: [
        ("bps", "8bps", UInt64(1)), ("Gbps", "1Gbps", 125_000_000), ("MiB", "100MiB/s", 104_857_600),
        ("kbps", "1.5kbps", 187),
    ]) func rates(_ unit: String, _ text: String, _ bytes: UInt64) throws {
        let plan = try decode(dataset("") + "bandwidth: \(text)\n")
        #expect(plan.limits.bandwidth == BandwidthTimetable(otherwise: bytes))
    }

    @Test func unlimitedIsNoLimit() throws {
        #expect(try decode(dataset("") + "bandwidth: unlimited\n").limits.bandwidth?.limit(atMinute: 0) == nil)
    }

    @Test func verifyTakesThreeWordsAndAShare() throws {
        #expect(try decode(dataset("verify: none")).datasets["a"]?.verify == Verification.none)
        #expect(try decode(dataset("verify: sample")).datasets["a"]?.verify == .sample(percent: 5))
        #expect(try decode(dataset("verify: {sample: 0.5%}")).datasets["a"]?.verify == .sample(percent: 0.5))
        #expect(try decode(dataset("")).datasets["a"]?.verify == nil)
        #expect(try decode(dataset("")).verify == .sample(percent: 5))
    }

    @Test func pathsStartAtThePlan() throws {
        let text = dataset("").replacing("/data/a", with: "../in/./x//y/").replacing("/data/b", with: "./out")
        let plan = try decode(text)
        #expect(plan.datasets["a"]?.source.bucket == "/in/x/y")
        #expect(plan.datasets["a"]?.target.bucket == "/plans/out")
    }

    @Test func aReaderMayComeAfterAWriter() throws {
        let more = """
              b:
                class: {personal: false}
                from: {provider: disk, bucket: /data/b}
                to: {provider: disk, bucket: /data/c}
                seal: {format: none}
                after: [a]

            """
        #expect(try decode(dataset("") + more).order == ["a", "b"])
        #expect(throws: PlanFileError.self) { try decode(dataset("") + more.replacing("    after: [a]\n", with: "")) }
    }
}
