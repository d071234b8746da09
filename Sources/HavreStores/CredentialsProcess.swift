import Glibc
import HavreCrypto
import HavreModel

/// Programs that print credentials as JSON (AWS SDKs and Tools Reference, "Process credential provider").
enum CredentialProcess {
    /// Runs `words` and reads what it prints. Throws `.credentials`, never repeating the output.
    static func run(_ words: [String], purpose: String, timeLimit: Double) throws(StoreError) -> S3Credentials {
        func failure(_ what: String) -> StoreError { StoreError(.credentials, "\(purpose): \(what)") }
        let program = words.first ?? ""
        let output = try ChildProcess.output(
            of: words, timeLimit: timeLimit, limit: SecretReference.limit, failure)
        return try read(output.bytes) { failure("the command \(program) \($0)") }
    }

    /// Reads the JSON object. Only its names and what is wrong enter a message.
    static func read(_ json: UnsafeRawBufferPointer, _ failure: (String) -> StoreError)
        throws(StoreError) -> S3Credentials
    {
        var scanner = FlatJSON(json)
        var id: String?
        var secret: SecretBox?
        var token: SecretBox?
        var expiration: Int64?
        var version: String?
        do throws(FlatJSON.Malformed) {
            try scanner.begin()
            while let name = try scanner.nextName() {
                var value = try scanner.value()
                switch name {
                case "Version": version = String(decoding: value.bytes, as: UTF8.self)
                case "AccessKeyId": id = String(decoding: value.bytes, as: UTF8.self)
                case "SecretAccessKey": secret = SecretBox(SecretBytes(copying: value.bytes))
                case "SessionToken" where value.count > 0: token = SecretBox(SecretBytes(copying: value.bytes))
                case "Expiration":
                    guard let time = Timestamp.nanoseconds(iso8601: value.bytes) else {
                        throw FlatJSON.Malformed(what: "has an Expiration that is no ISO 8601 time")
                    }
                    expiration = time / 1_000_000_000
                default: break
                }
                value.count = 0
            }
        } catch {
            throw failure(error.what)
        }
        guard version == "1" else { throw failure("prints JSON without \"Version\": 1") }
        guard let id, !id.isEmpty else { throw failure("prints JSON without AccessKeyId") }
        guard let secret else { throw failure("prints JSON without SecretAccessKey") }
        guard let token else {
            return try S3Credentials(
                accessKeyID: id, secretKey: try secret.take("SecretAccessKey"), expiration: expiration)
        }
        return try S3Credentials(
            accessKeyID: id, secretKey: try secret.take("SecretAccessKey"),
            sessionToken: try token.take("SessionToken"), expiration: expiration)
    }
}

/// A JSON object of strings and numbers, read without leaving its values in memory that is not wiped (RFC 8259).
struct FlatJSON {
    /// What is wrong, without any value.
    struct Malformed: Error {
        let what: String
    }

    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    private var first = true

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func begin() throws(Malformed) {
        skipSpace()
        guard take(0x7b) else { throw Malformed(what: "does not print a JSON object") }
    }

    /// The next name, with its colon; nil at the end.
    mutating func nextName() throws(Malformed) -> String? {
        skipSpace()
        if take(0x7d) {
            skipSpace()
            guard at == bytes.count else { throw Malformed(what: "prints something behind the JSON object") }
            return nil
        }
        if !first {
            guard take(0x2c) else { throw Malformed(what: "prints JSON with a missing comma") }
            skipSpace()
        }
        first = false
        guard take(0x22) else { throw Malformed(what: "prints JSON with a name that is no string") }
        let name = try string()
        skipSpace()
        guard take(0x3a) else { throw Malformed(what: "prints JSON with a missing colon") }
        skipSpace()
        return String(decoding: name.bytes, as: UTF8.self)
    }

    /// The value behind a name: a string, or a number or word as it stands; null is empty.
    mutating func value() throws(Malformed) -> WipedBuffer {
        if take(0x22) { return try string() }
        let start = at
        while at < bytes.count, ![0x2c, 0x7d, 0x20, 0x0a, 0x0d, 0x09].contains(bytes[at]) {
            guard bytes[at] != 0x7b, bytes[at] != 0x5b else {
                throw Malformed(what: "prints JSON with an object or array inside")
            }
            at += 1
        }
        let word = UnsafeRawBufferPointer(rebasing: bytes[start..<at])
        return word.elementsEqual("null".utf8) ? WipedBuffer(capacity: 1) : WipedBuffer(word)
    }

    private mutating func skipSpace() {
        while at < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[at]) { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func string() throws(Malformed) -> WipedBuffer {
        var out = WipedBuffer(capacity: bytes.count - at)
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case 0x22: return out
            case 0x5c: try escape(&out)
            case ..<0x20: throw Malformed(what: "prints JSON with a control character in a string")
            default: out.append(byte)
            }
        }
        throw Malformed(what: "prints JSON with a string that does not end")
    }

    private mutating func escape(_ out: inout WipedBuffer) throws(Malformed) {
        guard at < bytes.count else { throw Malformed(what: "prints JSON that ends in an escape") }
        let byte = bytes[at]
        at += 1
        switch byte {
        case 0x22, 0x5c, 0x2f: out.append(byte)
        case 0x62: out.append(8)
        case 0x66: out.append(12)
        case 0x6e: out.append(10)
        case 0x72: out.append(13)
        case 0x74: out.append(9)
        case 0x75:
            guard at + 4 <= bytes.count,
                let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(unit)
            else { throw Malformed(what: "prints JSON with a bad \\u escape") }
            at += 4
            for each in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { out.append(each) }
        default: throw Malformed(what: "prints JSON with a bad escape")
        }
    }
}
