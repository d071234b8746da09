import HavreModel
import Testing

@testable import HavreStores

/// Keys as they left, where the traits say that they arrive so.
@Suite("Conformance: keys", .serialized)
struct ConformanceKeys {
    static let odd: [[UInt8]] =
        [
            "plain", "a b", "trailing ", "trails /inside", " leading", "dot.", "a+b", "a%2Fb", "%", "%zz", "a;b", "a=b",
            "a&b", "a?b#c", "a'b\"c`d", "a<b>c|d*e", "a:b@c", "tab\tbed", "line\nfeed", "carriage\rreturn", "bell\u{7}",
            "del\u{7f}", "back\\slash", "double//slash", "triple///slash", "/leading", "trailing slash/", "./dot",
            "dots/../up", "dots/.", "...", ".hidden", "emoji 🦀", "e\u{301} and é", "日本語/キー", "ﬁ ligature", "~tilde",
            "$HOME", "!bang", "[a]{b}(c)^", "UPPER", "upper",
        ].map { Array($0.utf8) }
        + [
            Array(String(repeating: "0123456789abcde/", count: 64).utf8.dropLast()) + [0x78],
            [UInt8](repeating: 0x61, count: 255), [UInt8](repeating: 0x62, count: 256), [0x66, 0x80, 0xff],
            [0x61, 0x00, 0x62], Array(String(repeating: "é", count: 127).utf8),
        ]

    @Test(arguments: Conformer.all)
    func `keys with hazards that are kept arrive as they left, those that break are refused`(_ conformer: Conformer)
        async throws
    {
        let store = try await conformer.open()
        var kept: [ObjectKey] = []
        for bytes in Self.odd {
            let key = ObjectKey(bytes)
            let hazards = KeyHazard.of(key)
            if hazards.isSubset(of: store.traits.keeps) {
                do {
                    try await store.save(key, bytes)
                    kept.append(key)
                } catch {
                    Issue.record("\(key): \(error)")
                }
            }
        }
        #expect(kept.count > 10)
        let listed = try await store.list().map(\.key)
        #expect(listed.sorted() == kept.sorted(), "no key folded, none collided")
        for key in kept {
            #expect(try await store.get(key) == key.bytes, "\(key)")
        }
        for key in kept { try await store.delete(key) }
        #expect(try await store.list().isEmpty)
    }

    @Test(arguments: Conformer.all)
    func `uploads in parts keep keys too`(_ conformer: Conformer) async throws {
        let store = try await conformer.open()
        for bytes in Self.odd where KeyHazard.of(ObjectKey(bytes)).isSubset(of: store.traits.keeps) {
            let key = ObjectKey(bytes)
            let garbles = conformer.quirks.contains(.garblesUploadKeys)
            // Such a server writes the key as it is into its answers, which then are no XML.
            if garbles, !KeyHazard.of(key).isDisjoint(with: [.control, .newline]) { continue }
            let upload = try await store.createUpload(key, metadata: ObjectMetadata())
            let part = try await store.putPart(0, of: upload, key, bytes)
            let isPlain = !KeyHazard.of(key).contains(.reserved)
            if store.traits.listsUploads, isPlain || !garbles {
                #expect(try await store.listUploads(prefix: key).map(\.key) == [key], "\(key)")
            }
            _ = try await store.completeUpload(upload, key: key, parts: [part], checksum: nil, condition: .absent)
            #expect(try await store.get(key) == bytes, "\(key)")
        }
    }
}
