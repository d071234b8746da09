import HavreModel
import TestServers
import Testing

@Suite struct ManifestTests {
    private static let header = Manifest.Header(
        run: "00112233445566778899aabbccddeeff", plan: "repatriation", planHash: "cafe", dataset: "projects \"2021\"",
        source: Location(provider: "azure", bucket: "projects", prefix: ObjectKey("2021/")),
        target: Location(provider: "scaleway", bucket: "hdh", prefix: ObjectKey([0x32, 0xff])),
        recipients: ["age1a", "age1b"], sealedDigestKey: [1, 2, 255], began: 1_700_000_000_000_000_001, written: -5)

    private static func object(_ key: ObjectKey, leaves: Int = 0, _ change: (inout Manifest.Object) -> Void = { _ in })
        -> Manifest.Object
    {
        var object = Manifest.Object(
            row: 7, run: header.run, key: key,
            source: SourceVersion(entityTag: "e\u{1}", size: 12, versionID: "v", modified: 9), plainSize: 12,
            storedSize: 212, storedPartSize: 212, digestKind: "sha256", keyedRoot: [UInt8](repeating: 0xab, count: 32),
            keyedLeaves: [UInt8](repeating: 3, count: 32 * leaves), tags: [UInt8](repeating: 4, count: 28),
            checksums: CiphertextChecksums(crc64nvme: .max, crc32c: .max, md5: [UInt8](repeating: 0, count: 16)),
            receipt: WriteReceipt(entityTag: "t", versionID: "w", enforced: .crc64nvme), envelope: "age:age1a",
            metadata: ObjectMetadata(
                contentType: "text/csv", user: ["é": "1", "b": "\\\"\u{7f}", "a": ""],
                tags: ["😀": "x", "\u{ffff}": "y"]),
            unmapped: "ACL", provenance: "asserted", verified: true)
        change(&object)
        return object
    }

    private static let objects: [Manifest.Object] = [
        object(ObjectKey("plain")), object(ObjectKey([0xff, 0])),
        object(ObjectKey("a\n\"\\\u{8}\u{c}\r\t\u{1f}😀e\u{301}")),
        object(ObjectKey("large"), leaves: 40) { $0.metadata = nil },
        object(ObjectKey("bare")) {
            $0.checksums = CiphertextChecksums()
            $0.source.versionID = nil
            $0.source.modified = nil
            $0.receipt.versionID = nil
            $0.unmapped = ""
            $0.metadata = ObjectMetadata()
            $0.verified = false
            $0.tags = []
            $0.plainSize = .max
        },
    ]

    private func encoded() -> [UInt8] {
        var encoder = ManifestEncoder(hash: { SHA256.hash($0) })
        var bytes = encoder.encode(Self.header)
        for object in Self.objects { bytes += encoder.encode(object) }
        return bytes + encoder.end()
    }

    private func decode(_ bytes: [UInt8], pieces: Int = .max, lineLimit: Int = 1 << 20) throws(ManifestError)
        -> [Manifest.Line]
    {
        var decoder = ManifestDecoder(hash: { SHA256.hash($0) }, lineLimit: lineLimit)
        var lines: [Manifest.Line] = []
        var start = 0
        while start < bytes.count {
            let end = pieces >= bytes.count - start ? bytes.count : start + pieces
            lines += try decoder.feed(bytes[start..<end])
            start = end
        }
        try decoder.finish()
        return lines
    }

    @Test(arguments: [1, 7, 100, Int.max]) func whatIsWrittenIsRead(pieces: Int) throws {
        let lines = try decode(encoded(), pieces: pieces)
        #expect(lines.first == .header(Self.header))
        #expect(lines.dropFirst().dropLast().map { $0 } == Self.objects.map { .object($0) })
        guard case .end(let end) = lines.last else {
            Issue.record("the end is missing")
            return
        }
        #expect(end.objects == UInt64(Self.objects.count))
        let tree = MerkleTree(hash: { SHA256.hash($0) })
        let leaves = encoded().split(separator: 0x0a).dropLast().map { tree.leafHash(Array($0)) }
        #expect(end.root == tree.root(ofLeafHashes: leaves))
    }

    @Test func theLineOfAnObject() {
        var encoder = ManifestEncoder(hash: { SHA256.hash($0) })
        let line = String(decoding: encoder.encode(Self.object(ObjectKey("k")) { $0.metadata = nil }), as: UTF8.self)
        #expect(line.hasPrefix(#"{"crc32c":4294967295,"crc64nvme":18446744073709551615,"digest":"sha256","enforced":"#))
        #expect(
            line.contains(
                #""source":{"modified":"1970-01-01T00:00:00.000000009Z","size":12,"tag":"e\u0001","version":"v"}"#))
        #expect(line.hasSuffix("\"verified\":true}\n"))
    }

    @Test func everyCutIsSeen() throws {
        let bytes = encoded()
        for end in stride(from: 0, to: bytes.count, by: 3) {
            #expect(throws: ManifestError.self, "cut at \(end)") { try decode(Array(bytes[..<end])) }
        }
        // Whole lines taken out.
        let lines = bytes.split(separator: 0x0a).map { Array($0) + [0x0a] }
        for index in lines.indices {
            var fewer = lines
            fewer.remove(at: index)
            #expect(throws: ManifestError.self, "without line \(index + 1)") { try decode(fewer.flatMap { $0 }) }
        }
        for (one, other) in [(1, 2), (2, 4)] {
            var swapped = lines
            swapped.swapAt(one, other)
            #expect(throws: ManifestError.self) { try decode(swapped.flatMap { $0 }) }
        }
        #expect(throws: ManifestError.self) { try decode(bytes + bytes) }
    }

    /// Any changed byte gives an error: canonical spelling leaves no slack, the root does the rest.
    @Test func everyChangedByteIsSeen() throws {
        let bytes = encoded()
        var random = SplitMix(seed: 3)
        for _ in 0..<3000 {
            var changed = bytes
            let at = Int.random(in: 0..<bytes.count, using: &random)
            changed[at] ^= UInt8.random(in: 1...255, using: &random)
            #expect(throws: ManifestError.self, "byte \(at)") { try decode(changed) }
        }
    }

    @Test func noiseNeverCrashes() {
        var random = SplitMix(seed: 9)
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<200, using: &random)
            let noise = (0..<count).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random)
                    : Array("{}[]\",:\\u0019\n".utf8).randomElement(using: &random) ?? 0
            }
            #expect(throws: ManifestError.self) { try decode(noise) }
        }
        #expect(throws: ManifestError.self) { try decode([UInt8](repeating: 0x5b, count: 100_000)) }
        #expect(throws: ManifestError.self) { try decode([UInt8](repeating: 0x61, count: 2 << 20)) }
    }

    @Test(arguments: [
        (#"{"format":2}"#, "format 2"), (#"{"format":1}"#, "expected `run`"), (#"{"a":1, "b":2}"#, "byte 8"),
        (#"{"b":1,"a":2}"#, "ascending"), (#"{"a":1,"a":2}"#, "ascending"), (#"{"a":01}"#, "leading zero"),
        (#"{"a":-0}"#, "leading zero"), (#"{"a":1.5}"#, "whole number"), (#"{"a":1e3}"#, "whole number"),
        (#"{"a":99999999999999999999}"#, "64 bits"), (#"{"a":"\u0041"}"#, "control character"),
        (#"{"a":"\/"}"#, "escapes"), (#"{"a":"\u000a"}"#, "short escape"), (#"{"a":"\u001F"}"#, "lower case"),
        (#"{"a":tru}"#, "`true`"), ("", "a value"), ("[]x", "the end"),
    ])
    func messagesNameTheFault(line: String, words: String) {
        do throws(ManifestError) {
            _ = try decode(Array((line + "\n").utf8))
            Issue.record("\(line) was read")
        } catch {
            #expect(error.line == 1)
            #expect(error.description.contains(words), "\(error)")
            #expect(error.description.hasPrefix("manifest, line 1: "))
        }
    }

    @Test func integersRoundTrip() throws {
        for value in [Int64.min, -1, 0, 1, 10, Int64.max] {
            var json = CanonicalJSON()
            json.integer(value)
            #expect(try JSONValue(canonical: json.bytes) == .integer(value))
        }
        #expect(try JSONValue(canonical: Array("18446744073709551615".utf8)) == .large(.max))
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(canonical: Array("18446744073709551616".utf8)) }
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(canonical: Array("-9223372036854775809".utf8)) }
    }
}
