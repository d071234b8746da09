import Foundation
import HavreCrypto
import Testing

@testable import HavreStores

/// The signing cases of aws-c-auth, where they are at hand.
@Suite("SigV4")
struct SigV4Tests {
    struct Context: Decodable {
        struct Credentials: Decodable {
            var access_key_id: String
            var secret_access_key: String
            var token: String?
        }
        var credentials: Credentials
        var normalize: Bool
        var region: String
        var service: String
        var sign_body: Bool
        var timestamp: String
        var omit_session_token: Bool?
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        var testDescription: String { name }
        func text(_ file: String) throws -> String {
            try String(contentsOfFile: "\(SigV4Tests.folder)/\(name)/\(file)", encoding: .utf8)
        }
    }

    static let folder: String = {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        return root + "/../shared/vectors/sigv4"
    }()

    /// S3 never normalises paths; the other cases differ from ours in nothing else.
    static let normalised = [
        "get-relative-normalized", "get-relative-relative-normalized", "get-slash-dot-slash-normalized",
        "get-slash-normalized", "get-slash-pointless-dot-normalized", "get-slashes-normalized",
    ]

    static let cases: [Case] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter {
            FileManager.default.fileExists(atPath: "\(folder)/\($0)/request.txt") && !normalised.contains($0)
        }.map { Case(name: $0) }
    }()

    static let isHere = FileManager.default.fileExists(atPath: folder + "/get-vanilla/request.txt")

    @Test(.enabled(if: isHere, "the vectors of ../shared are not here"))
    func `there are as many cases as there should be`() { #expect(Self.cases.count == 32) }

    @Test(.enabled(if: isHere, "the vectors of ../shared are not here"), arguments: cases)
    func `a vector is signed as it says`(_ vector: Case) throws {
        let context = try JSONDecoder().decode(Context.self, from: Data(vector.text("context.json").utf8))
        let request = try Self.parse(vector.text("request.txt"))
        var path = request.target
        var query = URLQuery()
        if let mark = path.firstIndex(of: UInt8(ascii: "?")) {
            for item in path[(mark + 1)...].split(separator: UInt8(ascii: "&")) {
                let pair = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                func plain(_ text: ArraySlice<UInt8>) throws -> [UInt8] {
                    try #require(PercentEncoding.decode(text, plusIsSpace: false))
                }
                query.add(try plain(pair[0]), pair.count > 1 ? try plain(pair[1]) : [])
            }
            path = Array(path[..<mark])
        }
        var headers = HeaderList()
        for (name, value) in request.headers where name.lowercased() != "host" { try headers.add(name, value) }
        let token = context.omit_session_token == true ? nil : context.credentials.token
        let credentials = try S3Credentials(
            accessKeyID: context.credentials.access_key_id,
            secretKey: Self.secret(context.credentials.secret_access_key),
            sessionToken: token.map(Self.secret))
        let signer = try SigV4(
            scope: SigV4.Scope(
                region: context.region, service: context.service, encodesPathAgain: true,
                sendsPayloadHash: context.sign_body))
        let time = try #require(Timestamp.nanoseconds(iso8601: context.timestamp.utf8)) / 1_000_000_000
        let method = try #require(HTTPRequest.Method(rawValue: request.method))
        // Twice: the second time with the signing key kept.
        for _ in 0..<2 {
            var signed = headers
            try signer.sign(
                method: method, path: path, query: query.canonical(), host: "example.amazonaws.com",
                payload: .hashed(request.body), headers: &signed, credentials: credentials, time: time)
            let authorization = String(decoding: try #require(signed.value("authorization")), as: UTF8.self)
            let signature = try vector.text("header-signature.txt").trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(authorization.hasSuffix("Signature=\(signature)"), "\(authorization)")
            let names = try vector.text("header-canonical-request.txt").split(separator: "\n").dropLast().last ?? ""
            #expect(authorization.contains("SignedHeaders=\(names),"))
            #expect(signed.value("host") == nil, "libcurl writes it")
        }
    }

    @Test func `credentials that change are noticed, within a day and across days`() throws {
        let signer = try SigV4(scope: SigV4.Scope(region: "fr-par"))
        let one = try S3Credentials(accessKeyID: "one", secretKey: Self.secret("first secret"))
        let two = try S3Credentials(accessKeyID: "two", secretKey: Self.secret("second secret"))
        func sign(_ signer: SigV4, _ credentials: S3Credentials, _ time: Int64) throws -> [UInt8] {
            var headers = HeaderList()
            try signer.sign(
                method: .get, path: Array("/b/k".utf8), query: [], host: "h", payload: .unsigned, headers: &headers,
                credentials: credentials, time: time)
            return Array(try #require(headers.value("authorization")))
        }
        for (credentials, time) in [(one, 0), (two, 0), (one, 0), (one, 86_399), (one, 86_400), (two, 172_800)] {
            let fresh = try SigV4(scope: SigV4.Scope(region: "fr-par"))
            #expect(try sign(signer, credentials, Int64(time)) == sign(fresh, credentials, Int64(time)))
        }
    }

    @Test func `a header cannot be made to hold another one`() throws {
        for value in ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "a\u{7f}b", "\u{1}"] {
            var headers = HeaderList()
            #expect(throws: StoreError.self) { try headers.add("x-amz-meta-a", value) }
        }
        for name in ["", "a b", "a:b", "a\r\n", "é", "a\0"] {
            var headers = HeaderList()
            #expect(throws: StoreError.self) { try headers.add(name, "v") }
        }
    }

    @Test func `times are written and read as calendars have them`() throws {
        let times: [(Int64, String)] = [
            (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
            (1_709_164_800, "20240229T000000Z"), (1_795_501_800, "20261124T063000Z"),
            (4_107_542_400, "21000301T000000Z"),
            (4_107_456_000, "21000228T000000Z"), (-1, "19691231T235959Z"),
        ]
        for (seconds, text) in times { #expect(String(decoding: Timestamp.compact(seconds), as: UTF8.self) == text) }
        #expect(Timestamp.seconds(http: "Tue, 24 Nov 2026 06:30:00 GMT") == 1_795_501_800)
        #expect(Timestamp.nanoseconds(iso8601: "2026-11-24T06:30:00.123Z".utf8) == 1_795_501_800_123_000_000)
        #expect(Timestamp.nanoseconds(iso8601: "2026-11-24T07:30:00+01:00".utf8) == 1_795_501_800_000_000_000)
        for text in [
            "", "2026", "2026-11-24T06:30:00", "2026-13-24T06:30:00Z", "2026-11-24T06:30:00Zx", "x026-11-24T06:30:00Z",
        ] {
            #expect(Timestamp.nanoseconds(iso8601: text.utf8) == nil, "\(text)")
        }
    }

    static func secret(_ text: String) -> SecretBytes {
        SecretBytes(count: text.utf8.count) { $0.copyBytes(from: text.utf8) }
    }

    struct Parsed {
        var method: String
        var target: [UInt8]
        var headers: [(String, String)] = []
        var body: [UInt8]
    }

    private static func parse(_ text: String) throws -> Parsed {
        let halves = text.replacingOccurrences(of: "\r\n", with: "\n").components(separatedBy: "\n\n")
        var lines = (halves.first ?? "").components(separatedBy: "\n")
        let first = lines.removeFirst()
        // The target may hold spaces.
        let start = try #require(first.firstIndex(of: " "))
        let end = try #require(first.range(of: " HTTP/1.1"))
        var parsed = Parsed(
            method: String(first[..<start]), target: Array(first[first.index(after: start)..<end.lowerBound].utf8),
            body: Array(halves.dropFirst().joined(separator: "\n\n").utf8))
        for line in lines where !line.isEmpty {
            if line.first == " ", let last = parsed.headers.indices.last {
                parsed.headers[last].1 += " " + line.trimmingCharacters(in: .whitespaces)
            } else {
                let colon = try #require(line.firstIndex(of: ":"))
                parsed.headers.append((String(line[..<colon]), String(line[line.index(after: colon)...])))
            }
        }
        return parsed
    }
}
