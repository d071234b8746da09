import HavreModel
import Testing

@testable import HavreStores

@Suite("S3 errors")
struct S3ErrorTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var status: Int
        var code: String
        var expected: StoreError.Code
        var isWrite = false
        var isRead = false
        var testDescription: String { "\(status) \(code)\(isWrite ? " to a write" : "")" }
    }

    static let table: [Row] = [
        Row(status: 503, code: "SlowDown", expected: .throttled),
        Row(status: 503, code: "SlowDown", expected: .throttled, isWrite: true),
        Row(status: 429, code: "TooManyRequests", expected: .throttled),
        Row(status: 503, code: "", expected: .throttled),
        Row(status: 503, code: "", expected: .throttled, isWrite: true),
        Row(status: 503, code: "ServiceUnavailable", expected: .throttled),
        Row(status: 429, code: "", expected: .throttled),
        Row(status: 500, code: "InternalError", expected: .temporary),
        Row(status: 500, code: "InternalError", expected: .ambiguous, isWrite: true),
        Row(status: 502, code: "", expected: .temporary),
        Row(status: 504, code: "", expected: .ambiguous, isWrite: true),
        Row(status: 599, code: "", expected: .temporary),
        Row(status: 400, code: "RequestTimeout", expected: .temporary),
        Row(status: 408, code: "", expected: .temporary),
        Row(status: 409, code: "OperationAborted", expected: .temporary),
        Row(status: 403, code: "RequestTimeTooSkewed", expected: .denied),
        Row(status: 400, code: "ExpiredToken", expected: .denied),
        Row(status: 400, code: "InvalidToken", expected: .denied),
        Row(status: 403, code: "InvalidAccessKeyId", expected: .denied),
        Row(status: 403, code: "SignatureDoesNotMatch", expected: .denied),
        Row(status: 403, code: "AccessDenied", expected: .denied),
        Row(status: 403, code: "", expected: .denied),
        Row(status: 401, code: "", expected: .denied),
        Row(status: 400, code: "AuthorizationHeaderMalformed", expected: .denied),
        Row(status: 404, code: "NoSuchKey", expected: .notFound),
        Row(status: 404, code: "NoSuchVersion", expected: .notFound),
        Row(status: 404, code: "NoSuchBucket", expected: .notFound),
        Row(status: 404, code: "", expected: .notFound),
        Row(status: 404, code: "NoSuchUpload", expected: .noSuchUpload),
        Row(status: 400, code: "InvalidPart", expected: .refused),
        Row(status: 412, code: "PreconditionFailed", expected: .conditionFailed, isWrite: true),
        Row(status: 412, code: "PreconditionFailed", expected: .drifted, isRead: true),
        Row(status: 412, code: "", expected: .drifted, isRead: true),
        Row(status: 412, code: "", expected: .conditionFailed, isWrite: true),
        Row(status: 409, code: "ConditionalRequestConflict", expected: .conditionFailed, isWrite: true),
        Row(status: 400, code: "BadDigest", expected: .checksumRefused),
        Row(status: 400, code: "InvalidDigest", expected: .checksumRefused),
        Row(status: 400, code: "XAmzContentSHA256Mismatch", expected: .checksumRefused),
        Row(status: 400, code: "EntityTooLarge", expected: .refused),
        Row(status: 413, code: "", expected: .refused),
        Row(status: 400, code: "EntityTooSmall", expected: .refused),
        Row(status: 400, code: "KeyTooLongError", expected: .refused),
        Row(status: 400, code: "MetadataTooLarge", expected: .refused),
        Row(status: 501, code: "NotImplemented", expected: .refused),
        Row(status: 403, code: "InvalidObjectState", expected: .refused),
        Row(status: 400, code: "Unheard", expected: .refused),
        Row(status: 416, code: "InvalidRange", expected: .drifted, isRead: true),
        Row(status: 307, code: "TemporaryRedirect", expected: .redirected),
        Row(status: 301, code: "PermanentRedirect", expected: .redirected),
        Row(status: 302, code: "", expected: .redirected),
        Row(status: 507, code: "", expected: .refused),
    ]

    @Test(arguments: table)
    func `a refusal is what the table says`(_ row: Row) {
        let error = S3ErrorTable.error(
            .init(status: row.status, code: row.code, message: "", retryAfter: 3, location: "elsewhere.example"),
            .init(
                bucket: "b", endpoint: "host", key: ObjectKey("k"), isWrite: row.isWrite, isRead: row.isRead))
        #expect(error.code == row.expected)
        #expect(error.isRetryable == [.throttled, .temporary, .ambiguous].contains(row.expected))
        #expect(error.status == row.status && error.key == ObjectKey("k") && error.retryAfter == 3)
        #expect(row.code.isEmpty || error.message.contains(row.code))
        if row.expected == .redirected { #expect(error.message.contains("elsewhere.example")) }
        if row.code == "RequestTimeTooSkewed" { #expect(error.message.contains("clock")) }
    }

    @Test func `Retry-After is seconds or a date, within an hour`() {
        #expect(S3ErrorTable.retryAfter("7", now: 0) == 7)
        #expect(S3ErrorTable.retryAfter("0.5", now: 0) == 0.5)
        #expect(S3ErrorTable.retryAfter("Tue, 24 Nov 2026 06:30:10 GMT", now: 1_795_501_800) == 10)
        #expect(S3ErrorTable.retryAfter("Tue, 24 Nov 2026 06:30:10 GMT", now: 1_795_501_900) == 0)
        #expect(S3ErrorTable.retryAfter("1e12", now: 0) == 3600)
        for text in ["soon", "", "nan", "inf"] { #expect(S3ErrorTable.retryAfter(text, now: 0) == nil, "\(text)") }
        #expect(S3ErrorTable.retryAfter(nil, now: 0) == nil)
    }

    @Test func `user metadata travel as RFC 2047 words where a header would not carry them`() {
        for value in ["plain", "a b", "semi;colon, comma", "", "100%"] {
            #expect(S3Metadata.encodedWord(value) == value)
        }
        let odd = [
            "é", " leading", "trailing ", "a  b", "line\nfeed", "tab\t", "=?UTF-8?B?eA==?=", "nul\0", "🦀",
            String(repeating: "日本語", count: 60), "=?",
        ]
        for value in odd {
            let word = S3Metadata.encodedWord(value)
            #expect(word.utf8.allSatisfy { (0x20..<0x7f).contains($0) } && word != value)
            #expect(word.split(separator: " ").allSatisfy { $0.utf8.count <= 75 })
            #expect(S3Metadata.decodedWords(word) == value)
        }
        #expect(S3Metadata.decodedWords("=?UTF-8?Q?caf=C3=A9_au_lait=25?=") == "café au lait%")
        for value in ["=?latin1?B?eA==?=", "=?UTF-8?B?%%?=", "x =?UTF-8?B?eA==?=", "=?UTF-8?B?/w==?=", "=??="] {
            #expect(S3Metadata.decodedWords(value) == value)
        }
    }

    @Test func `a range is read strictly`() throws {
        let range = try #require(AnswerPin.contentRange(Array("bytes 5-9/10".utf8)[...]))
        #expect(range.bytes == 5..<10 && range.total == 10)
        for text in [
            "bytes 5-10/10", "bytes 9-5/10", "bytes */10", "bytes 5-9/*", "5-9/10", "bytes 5-9", "bytes -9/10",
        ] {
            #expect(AnswerPin.contentRange(Array(text.utf8)[...]) == nil, "\(text)")
        }
    }
}
