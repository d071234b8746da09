import HavreModel
import TestServers
import Testing

@Suite struct KeyHazardTests {
    @Test(
        arguments: [
            ("", [.empty]), ("a/b-c_d.txt", []), ("a//b", [.doubleSlash]), ("/a", [.leadingSlash]),
            ("a/", [.trailingSlash]), ("a\\b", [.backslash]), ("./a", [.dotSegment, .trailingSpace]),
            ("a/../b", [.dotSegment, .trailingSpace]), ("..", [.dotSegment, .trailingSpace]), ("a/.hidden", []),
            ("a/..b", []), ("a\u{0}b", [.nul]), ("a\nb", [.newline]), ("a\rb", [.newline]), ("a\tb", [.control]),
            ("a\u{7f}b", [.control]), ("a ", [.trailingSpace]), ("a./b", [.trailingSpace]), ("a b", []),
            (" a", []), ("a+b", [.reserved]), ("a%2Fb", [.reserved]), ("a;b=c&d", [.reserved]),
            ("a\"b'c", [.reserved]), ("é", [.nonASCII]), ("😀/x", [.nonASCII]),
            ("//", [.doubleSlash, .leadingSlash, .trailingSlash]),
            ("/", [.leadingSlash, .trailingSlash]),
        ] as [(String, Set<KeyHazard>)])
    func hazards(key: String, expected: Set<KeyHazard>) {
        #expect(KeyHazard.of(ObjectKey(key)) == expected)
    }

    @Test func lengths() {
        func key(_ count: Int, component: Int) -> ObjectKey {
            ObjectKey((0..<count).map { $0 % (component + 1) == component ? 0x2f : 0x61 })
        }
        #expect(KeyHazard.of(key(255, component: 255)) == [])
        #expect(KeyHazard.of(key(256, component: 256)) == [.longComponent])
        #expect(KeyHazard.of(key(900, component: 100)) == [])
        #expect(KeyHazard.of(key(901, component: 100)) == [.longKey])
        #expect(KeyHazard.of(key(1024, component: 100)) == [.longKey])
        #expect(KeyHazard.of(key(1025, component: 100)) == [.longKey, .overlongKey])
    }

    @Test func bytesThatAreNotUTF8() {
        #expect(KeyHazard.of(ObjectKey([0x61, 0xff])) == [.nonASCII, .notUTF8])
        #expect(KeyHazard.of(ObjectKey([0xc3])) == [.nonASCII, .notUTF8])
        // An overlong slash is not UTF-8.
        #expect(KeyHazard.of(ObjectKey([0xc0, 0xaf])) == [.nonASCII, .notUTF8])
    }

    /// The short way through common keys never hides a hazard that the long way finds.
    @Test func theShortWayAgreesWithTheLongOne() {
        var random = SplitMix(seed: 5)
        let alphabet: [UInt8] = Array("ab./-_".utf8)
        for _ in 0..<20_000 {
            let length = Int.random(in: 1...9, using: &random)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0x61 }
            var expected: Set<KeyHazard> = []
            if bytes.first == 0x2f { expected.insert(.leadingSlash) }
            if bytes.last == 0x2f { expected.insert(.trailingSlash) }
            let text = String(decoding: bytes, as: UTF8.self)
            if zip(bytes, bytes.dropFirst()).contains(where: { $0 == 0x2f && $1 == 0x2f }) {
                expected.insert(.doubleSlash)
            }
            for component in text.split(separator: "/", omittingEmptySubsequences: false) {
                if component == "." || component == ".." { expected.insert(.dotSegment) }
                if component.hasSuffix(".") { expected.insert(.trailingSpace) }
            }
            #expect(KeyHazard.of(ObjectKey(bytes)) == expected, "\(text)")
        }
    }

    @Test func keysAreOpaque() {
        #expect(ObjectKey("é") != ObjectKey("e\u{301}"))
        #expect(ObjectKey([0xff]) > ObjectKey("zzz") && ObjectKey("a") < ObjectKey("a/"))
        #expect(ObjectKey("p/x").dropping(prefix: ObjectKey("p/")) == ObjectKey("x"))
        #expect(ObjectKey("q").dropping(prefix: ObjectKey("p/")) == nil)
        #expect(ObjectKey("x").prefixed(by: ObjectKey("p/")) == ObjectKey("p/x"))
        #expect(ObjectKey([0xff]).text == nil)
        let keys = [ObjectKey("a\\x0a"), ObjectKey("a\n"), ObjectKey([0x61, 0xff]), ObjectKey("a\\xff")]
        #expect(Set(keys.map(\.description)).count == keys.count)
        #expect(ObjectKey("a\nb\u{202e}").description == "a\\x0ab\\xe2\\x80\\xae")
    }
}
