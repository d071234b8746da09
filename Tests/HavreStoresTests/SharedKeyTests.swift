import HavreCrypto
import HavreModel
import TestServers
import Testing

@testable import HavreStores

/// Signatures as Microsoft's SDK makes them, which is the reference where its page errs.
@Suite("Shared Key")
struct SharedKeyTests {
    /// Names that sort otherwise by code points: hyphens that do not count, punctuation before digits, case.
    static let names = [
        "x-ms-meta-a", "x-ms-meta-a-b", "x-ms-meta-ab", "x-ms-meta-a_b", "x-ms-meta-a1", "x-ms-meta-a2b",
        "x-ms-meta-a-2", "x-ms-meta-b", "x-ms-meta-ab-", "x-ms-meta-a--b", "x-ms-meta--ab", "x-ms-meta-z_9",
        "x-ms-meta-z9", "x-ms-meta-z-9", "x-ms-meta_a", "x-msa", "x-ms-date", "x-ms-version", "x-ms-blob-type",
        "x-ms-blob-content-type", "x-ms-range", "x-ms-range-get-content-md5", "x-ms-copy-source", "x-ms-copysource",
        "x-ms-meta-0", "x-ms-meta-_0", "x-ms-meta-e.f", "x-ms-meta-e~f", "x-ms-meta-e+f", "x-ms-meta-e!f",
        "x-ms-meta-e'f", "x-ms-meta-ef", "x-ms-meta-e-f", "x-ms-meta-e^f", "x-ms-meta-e|f", "x-ms-meta-e`f",
    ]

    @Test(.enabled(if: AzureBlobServer.isWanted))
    func `headers sort as the SDK sorts them`() throws {
        let ours = Self.names.sorted { HeaderCollation.precedes(Array($0.utf8)[...], Array($1.utf8)[...]) }
        let theirs = try Self.python(
            """
            from azure.storage.blob._shared.authentication import _storage_header_sort
            print("\\n".join(name for name, _ in _storage_header_sort([(n, "") for n in sys.argv[1:]])))
            """, Self.names)
        #expect(ours == theirs.split(separator: "\n").map(String.init))
        #expect(Set(ours).count == Self.names.count)
    }

    @Test(.enabled(if: AzureBlobServer.isWanted))
    func `the text that is signed, and its signature, are the SDK's`() throws {
        let signed = try Self.python(
            """
            from azure.core.pipeline import PipelineRequest, PipelineContext
            from azure.core.rest import HttpRequest
            from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
            from azure.core.pipeline.transport import HttpRequest
            request = HttpRequest("PUT", "http://127.0.0.1:1/havretest/c%C3%A9/a%20b%2B%25", headers={
                "x-ms-version": "2021-12-02", "x-ms-date": "Tue, 24 Nov 2026 06:30:00 GMT", "If-Match": '"0x8D"',
                "x-ms-meta-a-b": "1  2", "x-ms-meta-a_b": "3", "x-ms-meta-ab": "4", "Content-Type": "text/csv",
                "Content-Length": "5", "Content-MD5": "abc=", "x-ms-range": "bytes=0-4", "x-ms-empty": ""})
            request.url += "?comp=block&blockid=AB%2B%2F%3D%3D&timeout=30"
            policy = SharedKeyCredentialPolicy("havretest", sys.argv[1])
            policy.on_request(PipelineRequest(request, PipelineContext(None)))
            print(request.headers["Authorization"])
            """, [AzureBlobServer.key])
        var headers = HeaderList()
        for (name, value) in [
            ("x-ms-version", "2021-12-02"), ("x-ms-date", "Tue, 24 Nov 2026 06:30:00 GMT"), ("if-match", "\"0x8D\""),
            ("x-ms-meta-a-b", "1  2"), ("x-ms-meta-a_b", "3"), ("x-ms-meta-ab", "4"), ("content-type", "text/csv"),
            ("content-md5", "abc="), ("x-ms-range", "bytes=0-4"), ("x-ms-empty", ""),
        ] {
            try headers.add(name, value)
        }
        var query = URLQuery()
        query.add("timeout", 30)
        query.add("comp", "block".utf8)
        query.add("blockid", "AB+/==".utf8)
        try SharedKey().sign(
            method: .put, path: Array("/havretest/c%C3%A9/a%20b%2B%25".utf8), query: query, length: 5,
            headers: &headers, account: "havretest",
            credentials: .sharedKey(base64: SigV4Tests.secret(AzureBlobServer.key)))
        let ours = String(decoding: try #require(headers.value("authorization")), as: UTF8.self)
        #expect(ours == signed.split(separator: "\n").last.map(String.init))
    }

    @Test func `a body of no bytes signs as no length`() throws {
        func text(_ length: Int) -> String {
            var out: [UInt8] = []
            SharedKey.write(
                to: &out, method: .put, path: Array("/c/b".utf8), query: URLQuery(), length: length,
                headers: HeaderList(), account: "a")
            return String(decoding: out, as: UTF8.self)
        }
        #expect(text(0) == "PUT\n\n\n\n\n\n\n\n\n\n\n\n/a/c/b")
        #expect(text(7) == "PUT\n\n\n7\n\n\n\n\n\n\n\n\n/a/c/b")
    }

    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"), (1_795_501_800, "Tue, 24 Nov 2026 06:30:00 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    ])
    func `dates go out as HTTP writes them`(_ seconds: Int64, _ text: String) {
        #expect(Timestamp.http(seconds) == text)
        #expect(Timestamp.seconds(http: text) == seconds)
    }

    static func python(_ program: String, _ arguments: [String]) throws -> String {
        let python = try #require(TestProcess.tool("python3"), "run the set-up script")
        let log = try TestDirectory.make() + "/python"
        try TestProcess.run([python, "-c", "import sys\n" + program] + arguments, log: log)
        return TestProcess.contents(of: log) ?? ""
    }
}
