import Glibc
import HavreCrypto
import Synchronization

/// AWS Signature Version 4 (Amazon S3 API, "Authenticating Requests: Using the Authorization Header").
///
/// Written with bytes alone; the signing key is derived once a day for each set of credentials.
/// Safe from any thread.
final class SigV4: Sendable {
    /// What is signed of the body.
    enum Payload {
        /// `UNSIGNED-PAYLOAD`: TLS and the checksum of the store's trait look after the bytes.
        case unsigned
        /// SHA-256 of these.
        case hashed([UInt8])
    }

    /// What differs between services.
    struct Scope: Hashable, Sendable {
        var region: String
        var service = "s3"
        /// Whether the path is encoded once more for the signature: everywhere but in S3.
        var encodesPathAgain = false
        /// Whether `x-amz-content-sha256` goes out: S3 wants it.
        var sendsPayloadHash = true
    }

    private static let hexDigits: [UInt8] = Array("0123456789abcdef".utf8)
    private static let emptyHash: [UInt8] = Array(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".utf8)

    /// What is kept between calls, under a lock.
    private final class State: @unchecked Sendable {
        let hash: KeyedHash
        var day: Int64 = -1
        var credentials: S3Credentials?
        var canonical: [UInt8] = []
        var toSign: [UInt8] = []
        var signedNames: [UInt8] = []
        var order: [Int] = []
        var stamp: [UInt8] = []
        var second: Int64 = .min

        init(_ hash: KeyedHash) {
            self.hash = hash
            canonical.reserveCapacity(2048)
            toSign.reserveCapacity(256)
            signedNames.reserveCapacity(256)
        }
    }

    private let scope: Scope
    private let scopeSuffix: [UInt8]
    private let state: Mutex<State>

    /// Throws where OpenSSL gives no SHA-256.
    init(scope: Scope) throws(StoreError) {
        self.scope = scope
        scopeSuffix = Array("/\(scope.region)/\(scope.service)/aws4_request".utf8)
        do throws(CryptoError) {
            state = Mutex(State(try KeyedHash()))
        } catch {
            throw StoreError(.temporary, error.message, underlying: error)
        }
    }

    /// Signs a request: adds `x-amz-date`, `x-amz-content-sha256`, a session token and `authorization` to `headers`,
    /// which hold all others that go out and count, without `host`.
    ///
    /// - Parameters:
    ///   - path: as it goes out, encoded.
    ///   - query: canonical, as it goes out.
    ///   - host: the value of the `Host` header.
    ///   - time: seconds since 1970 UTC.
    func sign(
        method: HTTPRequest.Method, path: some Collection<UInt8>, query: [UInt8], host: String, payload: Payload,
        headers: inout HeaderList, credentials: S3Credentials, time: Int64
    ) throws(StoreError) {
        try state.withLock { (state) throws(StoreError) in
            try sign(method, path, query, host, payload, &headers, credentials, time, state)
        }
    }

    private func sign(
        _ method: HTTPRequest.Method, _ path: some Collection<UInt8>, _ query: [UInt8], _ host: String,
        _ payload: Payload, _ headers: inout HeaderList, _ credentials: S3Credentials, _ time: Int64, _ state: State
    ) throws(StoreError) {
        if state.second != time {
            state.stamp = Timestamp.compact(time)
            state.second = time
        }
        let day = Timestamp.day(time)
        if state.day != day || state.credentials !== credentials {
            deriveKey(state, credentials)
            state.day = day
            state.credentials = credentials
        }
        try headers.add("host", host)
        try headers.add("x-amz-date", bytes: state.stamp)
        var payloadHash: [UInt8]
        switch payload {
        case .unsigned: payloadHash = Array("UNSIGNED-PAYLOAD".utf8)
        case .hashed(let bytes) where bytes.isEmpty: payloadHash = Self.emptyHash
        case .hashed(let bytes):
            payloadHash = []
            bytes.withUnsafeBytes { appendHash(of: $0, state.hash, to: &payloadHash) }
        }
        if scope.sendsPayloadHash { try headers.add("x-amz-content-sha256", bytes: payloadHash) }
        if credentials.hasSessionToken {
            try credentials.sessionToken.withBytes { (bytes) throws(StoreError) in
                try headers.add("x-amz-security-token", bytes: bytes)
            }
        }
        writeCanonical(method, path, query, headers, payloadHash, state)
        state.toSign.removeAll(keepingCapacity: true)
        state.toSign += Self.algorithm
        state.toSign.append(0x0a)
        state.toSign += state.stamp
        state.toSign.append(0x0a)
        state.toSign += state.stamp[..<8]
        state.toSign += scopeSuffix
        state.toSign.append(0x0a)
        state.canonical.withUnsafeBytes { appendHash(of: $0, state.hash, to: &state.toSign) }
        var value = Self.algorithm
        value.reserveCapacity(512)
        value += Self.credentialWord
        value += credentials.accessKeyID.utf8
        value.append(0x2f)
        value += state.stamp[..<8]
        value += scopeSuffix
        value += Self.headersWord
        value += state.signedNames
        value += Self.signatureWord
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
            guard let base = digest.baseAddress else { return }
            state.toSign.withUnsafeBytes { state.hash.authenticate($0, into: base) }
            Self.appendHex(UnsafeRawBufferPointer(digest), to: &value)
        }
        // What was signed may hold a session token.
        if credentials.hasSessionToken {
            state.canonical.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } }
        }
        try headers.add("authorization", bytes: value)
        headers.removeHost()
    }

    private static let algorithm = Array("AWS4-HMAC-SHA256".utf8)
    private static let credentialWord = Array(" Credential=".utf8)
    private static let headersWord = Array(", SignedHeaders=".utf8)
    private static let signatureWord = Array(", Signature=".utf8)

    /// The canonical request, and the names of the headers signed.
    private func writeCanonical(
        _ method: HTTPRequest.Method, _ path: some Collection<UInt8>, _ query: [UInt8], _ headers: HeaderList,
        _ payloadHash: [UInt8], _ state: State
    ) {
        state.canonical.removeAll(keepingCapacity: true)
        state.canonical += method.rawValue.utf8
        state.canonical.append(0x0a)
        if scope.encodesPathAgain {
            PercentEncoding.append(path, keepsSlash: true, to: &state.canonical)
        } else {
            state.canonical += path
        }
        state.canonical.append(0x0a)
        state.canonical += query
        state.canonical.append(0x0a)
        sortHeaders(headers, state)
        state.signedNames.removeAll(keepingCapacity: true)
        var previous: Int?
        for index in state.order {
            let field = headers.fields[index]
            let name = headers.bytes[field.start..<field.nameEnd]
            if let previous, headers.bytes[headers.fields[previous].nameRange].elementsEqual(name) {
                // Headers of one name are joined by commas, in the order in which they go out.
                state.canonical.append(0x2c)
            } else {
                if previous != nil { state.canonical.append(0x0a) }
                if !state.signedNames.isEmpty { state.signedNames.append(0x3b) }
                state.signedNames += name
                state.canonical += name
                state.canonical.append(0x3a)
            }
            appendCollapsed(headers.bytes[field.valueStart..<field.valueEnd], to: &state.canonical)
            previous = index
        }
        state.canonical.append(0x0a)
        state.canonical.append(0x0a)
        state.canonical += state.signedNames
        state.canonical.append(0x0a)
        state.canonical += payloadHash
    }

    /// Orders headers by name; a stable insertion sort, for there are about ten.
    private func sortHeaders(_ headers: HeaderList, _ state: State) {
        state.order.removeAll(keepingCapacity: true)
        headers.bytes.withUnsafeBufferPointer { bytes in
            func precedes(_ left: HeaderList.Field, _ right: HeaderList.Field) -> Bool {
                var (i, j) = (left.start, right.start)
                while i < left.nameEnd, j < right.nameEnd {
                    if bytes[i] != bytes[j] { return bytes[i] < bytes[j] }
                    i += 1
                    j += 1
                }
                return left.nameEnd - left.start < right.nameEnd - right.start
            }
            for index in headers.fields.indices {
                var place = state.order.count
                while place > 0, precedes(headers.fields[index], headers.fields[state.order[place - 1]]) { place -= 1 }
                state.order.insert(index, at: place)
            }
        }
    }

    /// Without spaces at the ends, and with one for several inside.
    private func appendCollapsed(_ value: ArraySlice<UInt8>, to out: inout [UInt8]) {
        let isPlain = value.withUnsafeBufferPointer { bytes in !bytes.contains { $0 == 0x20 || $0 == 0x09 } }
        if isPlain { return out.append(contentsOf: value) }
        var pending = false
        var begun = false
        for byte in value {
            if byte == 0x20 || byte == 0x09 {
                pending = begun
                continue
            }
            if pending { out.append(0x20) }
            pending = false
            begun = true
            out.append(byte)
        }
    }

    private func appendHash(of bytes: UnsafeRawBufferPointer, _ hash: KeyedHash, to out: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
            guard let base = digest.baseAddress else { return }
            hash.hash(bytes, into: base)
            Self.appendHex(UnsafeRawBufferPointer(digest), to: &out)
        }
    }

    private static func appendHex(_ bytes: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        for byte in bytes {
            out.append(hexDigits[Int(byte >> 4)])
            out.append(hexDigits[Int(byte & 15)])
        }
    }

    /// HMAC(HMAC(HMAC(HMAC("AWS4" + secret, day), region), service), "aws4_request"), left as the state's key.
    private func deriveKey(_ state: State, _ credentials: S3Credentials) {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { key in
            guard let base = key.baseAddress else { return }
            credentials.secretKey.withBytes { secret in
                withUnsafeTemporaryAllocation(byteCount: 4 + secret.count, alignment: 8) { seed in
                    seed.copyBytes(from: "AWS4".utf8)
                    UnsafeMutableRawBufferPointer(rebasing: seed[4...]).copyMemory(from: secret)
                    state.hash.setKey(UnsafeRawBufferPointer(seed))
                    if let base = seed.baseAddress { explicit_bzero(base, seed.count) }
                }
            }
            let steps: [[UInt8]] = [
                Array(state.stamp[..<8]), Array(scope.region.utf8), Array(scope.service.utf8),
                Array("aws4_request".utf8),
            ]
            for step in steps {
                step.withUnsafeBytes { state.hash.authenticate($0, into: base) }
                state.hash.setKey(UnsafeRawBufferPointer(key))
            }
            explicit_bzero(base, 32)
        }
    }
}
