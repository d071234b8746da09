import CCurl
import Glibc

/// Where a store answers: scheme, host and port of its URL, checked.
///
/// `https` everywhere; plain `http` on loopback only. Link-local hosts are refused: metadata services live there.
public struct Endpoint: Hashable, Sendable {
    /// Whether TLS is spoken.
    public let isSecure: Bool
    /// The host in lower case, without brackets.
    public let host: String
    /// The port, where it is not the scheme's own.
    public let port: Int?
    /// Whether the host is this machine by its name or address.
    public let isLoopback: Bool

    /// Reads `scheme://host[:port]`, a slash behind it allowed. Throws `.refused`, naming what is wrong.
    public init(_ url: String) throws(StoreError) {
        func refusal(_ reason: String) -> StoreError {
            // A URL may hold a password; it is never repeated.
            StoreError(.refused, "the endpoint's URL \(reason); expected https://host[:port]")
        }
        let lowered = url.lowercased()
        var rest: Substring
        if lowered.hasPrefix("https://") {
            isSecure = true
            rest = lowered.dropFirst(8)
        } else if lowered.hasPrefix("http://") {
            isSecure = false
            rest = lowered.dropFirst(7)
        } else {
            throw refusal("does not begin with https://")
        }
        if rest.contains("@") { throw refusal("holds a user name or password") }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.contains(where: { $0 == "/" || $0 == "?" || $0 == "#" }) { throw refusal("has a path or query") }
        var name = rest
        var digits: Substring?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw refusal("has an unclosed bracket") }
            name = rest[rest.index(after: rest.startIndex)..<end]
            let behind = rest[rest.index(after: end)...]
            if behind.hasPrefix(":") {
                digits = behind.dropFirst()
            } else if !behind.isEmpty {
                throw refusal("has something between bracket and port")
            }
            guard name.utf8.allSatisfy({ (0x30...0x3a).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2e })
            else { throw refusal("has a bad IPv6 address") }
        } else {
            if let colon = rest.firstIndex(of: ":") {
                name = rest[..<colon]
                digits = rest[rest.index(after: colon)...]
            }
            guard
                name.utf8.allSatisfy({
                    (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
                })
            else { throw refusal("has a host with characters that no host name has") }
        }
        guard !name.isEmpty else { throw refusal("names no host") }
        if let digits {
            guard let number = Int(digits), (1...65535).contains(number) else { throw refusal("has a bad port") }
            port = number == (isSecure ? 443 : 80) ? nil : number
        } else {
            port = nil
        }
        host = String(name)
        let address = SocketAddress(literal: host)
        if address == .linkLocal {
            throw StoreError(.untrusted, "the endpoint \(host) is a link-local address, where metadata services live")
        }
        isLoopback = address == .loopback || host == "localhost" || host.hasSuffix(".localhost")
        guard isSecure || isLoopback else {
            throw StoreError(
                .untrusted, "the endpoint \(host) speaks plain http; that is for loopback only, use https")
        }
    }

    /// Host and port as the `Host` header has them.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }

    /// The endpoint for a person.
    public var name: String { authority }
}

/// What kind of address a connection would go to.
enum SocketAddress {
    case loopback, linkLocal, other

    /// Judges an address as the resolver gives it.
    init(_ address: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let value = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            self = withUnsafeBytes(of: value) { Self.judge4($0) }
        case AF_INET6:
            let value = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            self = withUnsafeBytes(of: value) { Self.judge6($0) }
        default: self = .other
        }
    }

    /// Judges a host that is an address literal; any other name is `.other`.
    init(literal host: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            self = withUnsafeBytes(of: four) { Self.judge4($0) }
        } else if inet_pton(AF_INET6, host, &six) == 1 {
            self = withUnsafeBytes(of: six) { Self.judge6($0) }
        } else {
            self = .other
        }
    }

    private static func judge4(_ bytes: UnsafeRawBufferPointer) -> SocketAddress {
        if bytes[0] == 127 { return .loopback }
        return bytes[0] == 169 && bytes[1] == 254 ? .linkLocal : .other
    }

    private static func judge6(_ bytes: UnsafeRawBufferPointer) -> SocketAddress {
        let zeros = bytes[..<10].allSatisfy { $0 == 0 }
        if zeros && bytes[10] == 0xff && bytes[11] == 0xff { return judge4(.init(rebasing: bytes[12...])) }
        if zeros && bytes[10..<15].allSatisfy({ $0 == 0 }) && bytes[15] == 1 { return .loopback }
        if bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80 { return .linkLocal }
        // fd00:ec2::254, a metadata service on IPv6.
        let metadata: [UInt8] = [0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54]
        return bytes.elementsEqual(metadata) ? .linkLocal : .other
    }
}
