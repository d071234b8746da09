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

    /// Whether this is a machine's own identity service, which may lie where no store lies: at the very link-local
    /// address that it is named by, in clear and past any proxy. Nothing but requests for tokens goes there.
    let isIdentityService: Bool

    /// Whether requests go there past the plan's proxy.
    var goesDirect: Bool { isLoopback || isIdentityService }

    /// Reads `scheme://host[:port]`, a slash behind it allowed. Throws `.refused`, naming what is wrong.
    public init(_ url: String) throws(StoreError) { try self.init(url, mayBeIdentityService: false) }

    /// The same of an identity service, where `mayBeIdentityService`.
    init(_ url: String, mayBeIdentityService: Bool) throws(StoreError) {
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
        let kind = PeerAddress(host)?.kind
        let isLocalToLink = kind == .linkLocal || kind == .metadata
        if let kind, isLocalToLink, !mayBeIdentityService {
            throw StoreError(.untrusted, "the endpoint \(host) is \(kind.words); no store lives there")
        }
        isLoopback = kind == .loopback || host == "localhost" || host.hasSuffix(".localhost")
        isIdentityService = mayBeIdentityService && isLocalToLink
        guard isSecure || isLoopback || isIdentityService else {
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
