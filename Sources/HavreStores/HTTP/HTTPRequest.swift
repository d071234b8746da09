import HavreModel

/// One request, signed and encoded: only bytes that may go over the wire as they are.
struct HTTPRequest {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    enum Body {
        case none
        case bytes([UInt8])
        /// Stays valid until the request is over.
        case memory(UnsafeRawBufferPointer)
        case file(descriptor: Int32, offset: Int64, count: Int)

        var count: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .memory(let bytes): bytes.count
            case .file(_, _, let count): count
            }
        }

        init(_ body: WriteBody) {
            switch body.storage {
            case .memory(let bytes): self = .memory(UnsafeRawBufferPointer(rebasing: bytes[..<body.count]))
            case .file(let descriptor, let offset):
                self = .file(descriptor: descriptor, offset: offset, count: body.count)
            }
        }
    }

    var method: Method
    /// Whose rules hold: TLS or loopback.
    var endpoint: Endpoint
    /// The whole URL, percent-encoded, with a NUL behind it.
    var url: [UInt8]
    var headers: HeaderList
    var body: Body
    /// Whether carrying it out twice or not at all makes a difference to the server.
    var isWrite: Bool
    /// Seconds without a byte after which the transfer is given up; nil is the client's.
    var stallTimeout: Double?
    /// Whether headers, URL or body hold a secret (a session token, a SAS), so that buffers are wiped.
    var holdsSecret = false
    /// Whether the answer is to say who gave it.
    var wantsPeer = false

    /// Overwrites with zeros what held a secret.
    mutating func wipe() {
        guard holdsSecret else { return }
        headers.wipe()
        for index in url.indices { url[index] = 0 }
        guard case .bytes(var bytes) = body else { return }
        body = .none
        for index in bytes.indices { bytes[index] = 0 }
    }
}

/// Header lines as libcurl takes them: `name: value` and NUL, one behind the other, names in lower case.
struct HeaderList {
    struct Field {
        var start: Int
        var nameEnd: Int
        var valueStart: Int
        var valueEnd: Int
        var nameRange: Range<Int> { start..<nameEnd }
    }

    private(set) var bytes: [UInt8] = []
    private(set) var fields: [Field] = []

    init() { bytes.reserveCapacity(768) }

    /// Adds a header. Refuses names that are no tokens and values with control characters: they could end
    /// the line and begin another one.
    mutating func add(_ name: String, _ value: String) throws(StoreError) {
        try add(name, bytes: value.utf8)
    }

    /// Adds a header from bytes.
    mutating func add(_ name: String, bytes value: some Collection<UInt8>) throws(StoreError) {
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        let nameEnd = bytes.count
        let isGood = bytes.withUnsafeMutableBufferPointer { all in
            for index in start..<nameEnd {
                guard Self.isToken(all[index]) else { return false }
                if all[index] >= 0x41 && all[index] <= 0x5a { all[index] |= 0x20 }
            }
            return true
        }
        guard isGood else {
            bytes.removeSubrange(start...)
            throw StoreError(.refused, "the header name \"\(escape(name))\" has characters that HTTP does not allow")
        }
        guard nameEnd > start else { throw StoreError(.refused, "a header has an empty name") }
        if value.isEmpty {
            // libcurl's way to send a header without a value.
            bytes.append(UInt8(ascii: ";"))
            fields.append(Field(start: start, nameEnd: nameEnd, valueStart: bytes.count, valueEnd: bytes.count))
        } else {
            bytes.append(UInt8(ascii: ":"))
            bytes.append(UInt8(ascii: " "))
            let valueStart = bytes.count
            bytes.append(contentsOf: value)
            let bad = bytes.withUnsafeBufferPointer { all in
                all[valueStart...].first { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }
            }
            if let bad {
                bytes.removeSubrange(start...)
                throw StoreError(.refused, "the header \(name) would hold a control character (byte \(bad))")
            }
            fields.append(Field(start: start, nameEnd: nameEnd, valueStart: valueStart, valueEnd: bytes.count))
        }
        bytes.append(0)
    }

    /// Takes `host` out again: libcurl writes it itself.
    mutating func removeHost() {
        fields.removeAll { bytes[$0.nameRange].elementsEqual("host".utf8) }
    }

    /// The value of the first header of that name.
    func value(_ name: String) -> ArraySlice<UInt8>? {
        fields.first { bytes[$0.nameRange].elementsEqual(name.utf8) }.map { bytes[$0.valueStart..<$0.valueEnd] }
    }

    /// Overwrites everything with zeros.
    mutating func wipe() {
        for index in bytes.indices { bytes[index] = 0 }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e, 0x5f, 0x60, 0x7c, 0x7e: true
        default: false
        }
    }

    private func escape(_ name: String) -> String { ObjectKey(name).description }
}
