import CCurl
import Glibc

/// An IP address that a connection goes to, as a value. IPv4 in IPv6's clothes (`::ffff:10.0.0.1`) is IPv4.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// What lies behind an address, as far as its number tells (IANA's registries of special-purpose addresses).
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Anywhere on the Internet.
        case global
        /// This machine.
        case loopback
        /// RFC 1918, `fc00::/7` and the former `fec0::/10`.
        case privateUse
        /// 169.254/16 and `fe80::/10`.
        case linkLocal
        /// Where clouds hand out credentials to whoever asks.
        case metadata
        /// 100.64/10, between a provider and its customers.
        case carrierGrade
        /// 0/8 and `::`.
        case unspecified
        /// 224/4 and `ff00::/8`.
        case multicast
        /// For documentation, measurements, the future, broadcast: nobody's.
        case reserved

        /// The kind in words, with its article.
        var words: String {
            switch self {
            case .global: "a public address"
            case .loopback: "a loopback address"
            case .privateUse: "a private address"
            case .linkLocal: "a link-local address"
            case .metadata: "the address of a metadata service, which hands out a machine's credentials"
            case .carrierGrade: "an address of a carrier's own network (100.64.0.0/10)"
            case .unspecified: "an unspecified address"
            case .multicast: "a multicast address"
            case .reserved: "a reserved address"
            }
        }
    }

    /// Whether it is an IPv4 address.
    public let isIPv4: Bool
    /// The address as a number; of IPv4 the low 32 bits.
    let value: UInt128

    private init(ipv4 value: UInt32) {
        isIPv4 = true
        self.value = UInt128(value)
    }

    private init(ipv6 value: UInt128) {
        isIPv4 = value >> 32 == 0xffff
        self.value = isIPv4 ? value & 0xffff_ffff : value
    }

    /// Reads a literal, without brackets; nil for anything else, host names above all.
    public init?(_ literal: String) {
        self.init(cString: literal)
    }

    /// The same of a C string, as libcurl tells addresses.
    init?(cString literal: UnsafePointer<CChar>) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, literal, &four) == 1 {
            self.init(ipv4: UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, literal, &six) == 1 {
            self.init(six)
        } else {
            return nil
        }
    }

    /// The address of a socket; nil where it is no IP address.
    init?(_ address: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET: self.init(ipv4: UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6: self.init(raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
        default: return nil
        }
    }

    private init(_ address: in6_addr) {
        self.init(ipv6: withUnsafeBytes(of: address) { $0.reduce(0) { $0 << 8 | UInt128($1) } })
    }

    /// What lies behind it. Addresses that carry an IPv4 address for a gateway to unpack are what that one is.
    public var kind: Kind {
        if let carried { return carried.kind }
        if Self.metadata.contains(self) { return .metadata }
        return Self.special.first { $0.range.contains(self) }?.kind ?? .global
    }

    /// The IPv4 address inside, where a translator or tunnel would unpack it: NAT64 (RFC 6052), 6to4 (RFC 3056),
    /// IPv4-compatible and IPv4-translated addresses.
    private var carried: PeerAddress? {
        guard !isIPv4 else { return nil }
        let low = UInt32(truncatingIfNeeded: value)
        if value >> 32 == 0x0064_ff9b << 64 { return PeerAddress(ipv4: low) }
        if value >> 112 == 0x2002 { return PeerAddress(ipv4: UInt32(truncatingIfNeeded: value >> 80)) }
        if value >> 32 == 0xffff_0000 { return PeerAddress(ipv4: low) }
        if value >> 32 == 0, value > 0xffff { return PeerAddress(ipv4: low) }
        return nil
    }

    /// Metadata services that answer at an address of their own (AWS and others, its IPv6 form, OpenStack, Alibaba).
    private static let metadata: Set<PeerAddress> = Set(
        ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fe80::a9fe:a9fe", "100.100.100.200"].compactMap {
            PeerAddress($0)
        })

    private static let special: [(range: AddressRange, kind: Kind)] = [
        ("0.0.0.0/8", .unspecified), ("10.0.0.0/8", .privateUse), ("100.64.0.0/10", .carrierGrade),
        ("127.0.0.0/8", .loopback), ("169.254.0.0/16", .linkLocal), ("172.16.0.0/12", .privateUse),
        ("192.0.0.0/24", .reserved), ("192.0.2.0/24", .reserved), ("192.168.0.0/16", .privateUse),
        ("198.18.0.0/15", .reserved), ("198.51.100.0/24", .reserved), ("203.0.113.0/24", .reserved),
        ("224.0.0.0/4", .multicast), ("240.0.0.0/4", .reserved),
        ("::/128", .unspecified), ("::1/128", .loopback), ("64:ff9b:1::/48", .privateUse), ("100::/64", .reserved),
        ("2001:db8::/32", .reserved), ("3fff::/20", .reserved), ("fc00::/7", .privateUse), ("fe80::/10", .linkLocal),
        ("fec0::/10", .privateUse), ("ff00::/8", .multicast),
    ].compactMap { text, kind in (try? AddressRange(text)).map { ($0, kind) } }

    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isWritten: Bool
        if isIPv4 {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: value).bigEndian)
            isWritten = inet_ntop(AF_INET, &address, &text, socklen_t(text.count)) != nil
        } else {
            var bytes = value.bigEndian
            isWritten = inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count)) != nil
        }
        guard isWritten else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A network in CIDR notation, as the plan's `addresses:` names it; an address alone is a network of one.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    public let network: PeerAddress
    /// How many leading bits are the network's.
    public let prefix: Int

    /// Reads `10.0.0.0/8`, `fd00::/8`, `10.1.2.3`. Throws `.refused` with what is wrong and expected.
    public init(_ text: String) throws(StoreError) {
        func refusal(_ problem: String) -> StoreError {
            StoreError(.refused, "`\(S3Text.printable(text.utf8, limit: 60))` \(problem)")
        }
        let expected = "expected a network as 10.0.0.0/8 or fd00::/8, or one address"
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let literal = parts.first, let network = PeerAddress(String(literal)) else {
            throw refusal("is no network; \(expected)")
        }
        let width = network.isIPv4 ? 32 : 128
        guard !(network.isIPv4 && literal.contains(":")) else {
            throw refusal("is an IPv4 address in IPv6's form; write \(network), with a prefix of at most 32")
        }
        guard parts.count > 1 else {
            self.network = network
            prefix = width
            return
        }
        let digits = parts[1]
        guard parts.count == 2, (1...3).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let prefix = Int(digits), prefix <= width
        else { throw refusal("has a bad prefix length; expected /0 to /\(width)") }
        guard digits.utf8.count == 1 || !digits.hasPrefix("0") else {
            throw refusal("has a prefix length with a leading zero")
        }
        // 10.1.2.3/8 may mean the host or the network; nobody guesses here.
        let rest = width - prefix
        guard rest == 128 ? network.value == 0 : network.value & ((1 << UInt128(rest)) - 1) == 0 else {
            throw refusal("has bits behind its prefix; write the network's first address, or /\(width) for this one")
        }
        self.network = network
        self.prefix = prefix
    }

    /// Whether `address` lies in it.
    public func contains(_ address: PeerAddress) -> Bool {
        guard address.isIPv4 == network.isIPv4 else { return false }
        let rest = (network.isIPv4 ? 32 : 128) - prefix
        return rest == 128 || address.value >> UInt128(rest) == network.value >> UInt128(rest)
    }

    public var description: String { "\(network)/\(prefix)" }
}

/// What an address must be for a connection to be made: public, or named.
///
/// Named is an address that is the host itself, one of this machine where the host is `localhost`, or one in a network
/// that the plan names. A metadata service is never one of ours, whatever network it lies in.
struct AddressRule {
    /// The host that was asked for: the endpoint's, or the proxy's.
    let host: String
    /// Whether that is the plan's proxy.
    let isProxy: Bool
    /// The networks that the plan names.
    let named: [AddressRange]
    /// Whether the host is a machine's identity service, named by its address.
    var isIdentityService = false

    /// Why a connection to `address` is not made; nil where it may be.
    func refusal(_ address: PeerAddress) -> StoreError? {
        let kind = address.kind
        if isIdentityService, PeerAddress(host) == address { return nil }
        switch kind {
        case .global: return nil
        case .metadata: break
        // The plan names its proxy itself, with place and law; what is refused is a store's name that leads inside.
        case .privateUse where isProxy: return nil
        case .loopback where host == "localhost" || host.hasSuffix(".localhost"): return nil
        case .loopback, .privateUse, .linkLocal, .carrierGrade, .unspecified, .multicast, .reserved:
            if PeerAddress(host) == address || named.contains(where: { $0.contains(address) }) { return nil }
        }
        let who = (isProxy ? "the proxy " : "") + host
        let counsel =
            kind == .metadata
            ? "nothing is sent there"
            : "nothing was sent; if that is where \(isProxy ? "it" : "the store") is meant to be, name its network under "
                + "`addresses:` of the provider (\(address)/\(address.isIPv4 ? 32 : 128))"
        return StoreError(.policy, "\(who) is at \(address), \(kind.words), which the plan does not name; \(counsel)")
    }
}
