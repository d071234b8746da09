import Testing

@testable import HavreStores

/// Which addresses are whose, as far as their numbers tell.
@Suite("Peer addresses")
struct PeerAddressTests {
    @Test(arguments: [
        ("8.8.8.8", PeerAddress.Kind.global), ("51.159.0.1", .global), ("2001:41d0::1", .global), ("1.0.0.0", .global),
        ("10.0.0.0", .privateUse), ("10.255.255.255", .privateUse), ("9.255.255.255", .global), ("11.0.0.0", .global),
        ("172.16.0.0", .privateUse), ("172.31.255.255", .privateUse), ("172.15.255.255", .global),
        ("172.32.0.0", .global), ("192.168.0.0", .privateUse), ("192.168.255.255", .privateUse),
        ("192.167.255.255", .global), ("192.169.0.0", .global), ("fc00::", .privateUse),
        ("fdff:ffff::1", .privateUse), ("fbff::1", .global), ("fe00::1", .global), ("fec0::1", .privateUse),
        ("169.254.0.0", .linkLocal), ("169.254.255.255", .linkLocal), ("169.253.255.255", .global),
        ("169.255.0.0", .global), ("fe80::1", .linkLocal), ("febf::1", .linkLocal),
        ("169.254.169.254", .metadata), ("fd00:ec2::254", .metadata), ("fe80::a9fe:a9fe", .metadata),
        ("100.100.100.200", .metadata), ("169.254.170.2", .metadata),
        ("127.0.0.1", .loopback), ("127.255.255.255", .loopback), ("126.255.255.255", .global), ("128.0.0.0", .global),
        ("::1", .loopback), ("100.64.0.0", .carrierGrade), ("100.127.255.255", .carrierGrade),
        ("100.63.255.255", .global), ("100.128.0.0", .global), ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified),
        ("::", .unspecified), ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("ff02::1", .multicast),
        ("240.0.0.1", .reserved), ("255.255.255.255", .reserved), ("192.0.2.7", .reserved), ("198.18.0.1", .reserved),
        ("198.51.100.1", .reserved), ("203.0.113.9", .reserved), ("2001:db8::1", .reserved), ("100::1", .reserved),
        // IPv4 in other clothes: mapped, NAT64, 6to4, translated, compatible.
        ("::ffff:10.0.0.1", .privateUse), ("::ffff:169.254.169.254", .metadata), ("::ffff:127.0.0.1", .loopback),
        ("::ffff:8.8.8.8", .global), ("::ffff:a9fe:a9fe", .metadata), ("64:ff9b::10.0.0.1", .privateUse),
        ("64:ff9b::8.8.8.8", .global), ("64:ff9b::a9fe:a9fe", .metadata), ("2002:0a00:0001::1", .privateUse),
        ("2002:0808:0808::1", .global), ("::ffff:0:127.0.0.1", .loopback), ("::127.0.0.1", .loopback),
        ("64:ff9b:1::1", .privateUse),
    ])
    func `an address is of its kind`(_ text: String, _ kind: PeerAddress.Kind) throws {
        #expect(try #require(PeerAddress(text)).kind == kind)
    }

    @Test(arguments: [
        "", "localhost", "store.example", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "0x7f.1", "2130706433",
        "[::1]",
        "::1%lo", "fe80::1%eth0", ":::", "1.2.3.4/8", " 1.2.3.4", "::ffff:1.2.3",
    ])
    func `what is no literal is no address`(_ text: String) { #expect(PeerAddress(text) == nil) }

    @Test func `mapped IPv4 is IPv4, and addresses are written in their short form`() throws {
        #expect(PeerAddress("::ffff:10.1.2.3") == PeerAddress("10.1.2.3"))
        #expect(try #require(PeerAddress("::ffff:10.1.2.3")).description == "10.1.2.3")
        #expect(try #require(PeerAddress("2001:0DB8:0:0::1")).description == "2001:db8::1")
        #expect(PeerAddress("64:ff9b::10.1.2.3") != PeerAddress("10.1.2.3"))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("10.1.2.2/31", "10.1.2.3", true), ("10.1.2.2/31", "10.1.2.4", false),
        ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false), ("::/0", "fd00::1", true),
        ("::/0", "10.0.0.1", false), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fc00::1", false),
        ("fd00:1:2:3::/64", "fd00:1:2:3:ffff::", true), ("fd00:1:2:3::/64", "fd00:1:2:4::", false),
        ("fd00::1/128", "fd00::1", true), ("fd00::1/128", "fd00::2", false),
        ("10.0.0.0/8", "::ffff:10.9.9.9", true),
    ])
    func `a network holds its addresses`(_ range: String, _ address: String, _ holds: Bool) throws {
        let range = try AddressRange(range)
        #expect(range.contains(try #require(PeerAddress(address))) == holds)
        #expect(try AddressRange(range.description) == range)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0", "10.0.0.1/8", "10.0.0.0/ 8", " 10.0.0.0/8", "10/8", "fd00::/129", "fd00::1/8",
        "fd00::/1x",
        "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "private", "localhost", "*", "10.0.0.0/٨", "1.0.0.0/0", "::1/0",
    ])
    func `a network that is none is refused with words`(_ text: String) {
        do throws(StoreError) {
            let range = try AddressRange(text)
            Issue.record("taken as \(range)")
        } catch {
            #expect(error.code == .refused && error.message.contains("`\(text)`"))
        }
    }

    @Test(
        arguments: [
            // A public address needs no name.
            ("store.example", "51.159.0.1", [], true), ("store.example", "10.1.2.3", [], false),
            ("store.example", "10.1.2.3", ["10.1.0.0/16"], true), ("store.example", "10.2.2.3", ["10.1.0.0/16"], false),
            ("store.example", "fd00::5", ["fd00::/8"], true), ("store.example", "169.254.1.1", [], false),
            ("store.example", "169.254.1.1", ["169.254.1.0/24"], true), ("store.example", "100.64.0.1", [], false),
            ("store.example", "127.0.0.1", [], false), ("store.example", "::1", [], false),
            ("store.example", "127.0.0.1", ["127.0.0.1"], true), ("store.example", "0.0.0.0", [], false),
            ("store.example", "224.0.0.1", [], false), ("store.example", "240.0.0.1", [], false),
            ("store.example", "::ffff:10.1.2.3", [], false), ("store.example", "::ffff:10.1.2.3", ["10.0.0.0/8"], true),
            ("store.example", "64:ff9b::10.1.2.3", ["10.0.0.0/8"], false),
            // The host is the address, however it is spelled.
            ("10.1.2.3", "10.1.2.3", [], true), ("10.1.2.3", "10.1.2.4", [], false), ("::1", "::1", [], true),
            ("fd00:0:0::5", "fd00::5", [], true),
            // This machine by name is this machine only.
            ("localhost", "127.0.0.1", [], true), ("bucket.localhost", "::1", [], true),
            ("localhost", "10.1.2.3", [], false),
            ("localhost.example", "127.0.0.1", [], false), ("notlocalhost", "127.0.0.1", [], false),
            // Metadata services are no stores, whatever network they lie in.
            ("store.example", "169.254.169.254", ["169.254.0.0/16", "169.254.169.254"], false),
            ("store.example", "fd00:ec2::254", ["fd00::/8"], false), ("169.254.169.254", "169.254.169.254", [], false),
        ] as [(String, String, [String], Bool)])
    func `an address that is not public must be named`(
        _ host: String, _ address: String, _ named: [String], _ isTaken: Bool
    ) throws {
        let rule = AddressRule(host: host, isProxy: false, named: try named.map { try AddressRange($0) })
        let refusal = rule.refusal(try #require(PeerAddress(address)))
        #expect((refusal == nil) == isTaken, "\(String(describing: refusal))")
        guard let refusal else { return }
        #expect(refusal.code == .policy && refusal.isOfPolicy && !refusal.isRetryable)
        #expect(refusal.message.contains(host))
    }

    @Test func `a refusal says where, what, and what to do`() throws {
        let address = try #require(PeerAddress("::ffff:10.1.2.3"))
        let refusal = try #require(AddressRule(host: "store.example", isProxy: false, named: []).refusal(address))
        #expect(
            refusal.message
                == "store.example is at 10.1.2.3, a private address, which the plan does not name; nothing was sent; "
                + "if that is where the store is meant to be, name its network under `addresses:` of the provider "
                + "(10.1.2.3/32)")
        // The plan names its proxy; inside is where proxies stand. A link-local one is still nobody's.
        #expect(AddressRule(host: "gate.example", isProxy: true, named: []).refusal(address) == nil)
        let near = try #require(PeerAddress("169.254.7.7"))
        let proxy = try #require(AddressRule(host: "gate.example", isProxy: true, named: []).refusal(near))
        #expect(proxy.message.hasPrefix("the proxy gate.example is at 169.254.7.7"))
    }
}
