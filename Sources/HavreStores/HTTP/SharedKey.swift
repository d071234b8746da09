import HavreCrypto
import Synchronization

/// Azure Storage's Shared Key (Microsoft's REST reference, "Authorize with Shared Key"; for the order of headers the
/// Azure SDK for Python, which has it right where the reference has not).
///
/// Written with bytes alone; the key is set up once for each set of credentials. Safe from any thread.
final class SharedKey: Sendable {
    /// What is kept between calls, under a lock.
    private final class State: @unchecked Sendable {
        let hash: KeyedHash
        var credentials: AzureCredentials?
        var toSign: [UInt8] = []

        init(_ hash: KeyedHash) {
            self.hash = hash
            toSign.reserveCapacity(2048)
        }
    }

    /// The headers that are signed by their values alone, in order; `content-length` is known apart, `date` is empty
    /// because `x-ms-date` goes out, and a range travels as `x-ms-range`.
    private static let plainHeaders = [
        "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
        "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
    ]

    private let state: Mutex<State>

    /// Throws where OpenSSL gives no SHA-256.
    init() throws(StoreError) {
        do throws(CryptoError) {
            state = Mutex(State(try KeyedHash()))
        } catch {
            throw StoreError(.temporary, error.message, underlying: error)
        }
    }

    /// Signs a request: adds `authorization` to `headers`, which hold all others that go out and count.
    ///
    /// - Parameters:
    ///   - path: as it goes out, encoded.
    ///   - length: bytes of the body.
    ///   - account: whose key it is.
    func sign(
        method: HTTPRequest.Method, path: [UInt8], query: URLQuery, length: Int, headers: inout HeaderList,
        account: String, credentials: AzureCredentials
    ) throws(StoreError) {
        let value = state.withLock { state -> [UInt8] in
            if state.credentials !== credentials {
                credentials.secret.withBytes { state.hash.setKey($0) }
                state.credentials = credentials
            }
            Self.write(
                to: &state.toSign, method: method, path: path, query: query, length: length, headers: headers,
                account: account)
            var digest = [UInt8](repeating: 0, count: 32)
            digest.withUnsafeMutableBytes { out in
                guard let start = out.baseAddress else { return }
                state.toSign.withUnsafeBytes { state.hash.authenticate($0, into: start) }
            }
            return digest
        }
        try headers.add(
            "authorization", bytes: Array("SharedKey \(account):".utf8) + Base64.encode(value, padding: .required))
    }

    /// The text that is signed.
    static func write(
        to out: inout [UInt8], method: HTTPRequest.Method, path: [UInt8], query: URLQuery, length: Int,
        headers: HeaderList, account: String
    ) {
        out.removeAll(keepingCapacity: true)
        out += method.rawValue.utf8
        out.append(0x0a)
        for name in plainHeaders {
            if name == "content-length" {
                if length > 0 { out += String(length).utf8 }
            } else if let value = headers.value(name) {
                out += value
            }
            out.append(0x0a)
        }
        let own = headers.fields.filter { headers.bytes[$0.nameRange].starts(with: "x-ms-".utf8) }
        for field in own.sorted(by: {
            HeaderCollation.precedes(headers.bytes[$0.nameRange], headers.bytes[$1.nameRange])
        }) {
            out += headers.bytes[field.nameRange]
            out.append(0x3a)
            out += headers.bytes[field.valueStart..<field.valueEnd]
            out.append(0x0a)
        }
        out.append(0x2f)
        out += account.utf8
        out += path
        for (name, value) in query.plain() {
            out.append(0x0a)
            out += name
            out.append(0x3a)
            out += value
        }
    }
}

/// The order in which the service sorts header names: as Windows sorts words. Hyphens and apostrophes do not count
/// unless all else is equal; punctuation comes before digits, digits before letters, and case makes no difference.
enum HeaderCollation {
    /// What counts at once, from least to greatest.
    private static let order = Array("!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    /// Places in `order`, from 1; 0 for what does not count.
    private static let weights: [UInt8] = {
        var weights = [UInt8](repeating: 0, count: 256)
        for (index, byte) in order.enumerated() {
            weights[Int(byte)] = UInt8(index + 1)
            if (0x61...0x7a).contains(byte) { weights[Int(byte) - 0x20] = UInt8(index + 1) }
        }
        return weights
    }()

    /// Whether `left` comes before `right`.
    static func precedes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        let (first, second) = (left.lazy.map { weights[Int($0)] }, right.lazy.map { weights[Int($0)] })
        let (mine, theirs) = (first.filter { $0 > 0 }, second.filter { $0 > 0 })
        if !mine.elementsEqual(theirs) { return mine.lexicographicallyPrecedes(theirs) }
        // Equal but for hyphens and apostrophes: where the first of them stands later, comes first.
        return left.lazy.map(minor).lexicographicallyPrecedes(right.lazy.map(minor))
    }

    private static func minor(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "'"): 1
        case UInt8(ascii: "-"): 2
        default: 0
        }
    }
}
