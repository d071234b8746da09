import Testing

@testable import HavreCrypto

/// Whatever is done to an object, it is refused or opens to what was sealed; but for what its format cannot see, which is
/// named here.
@Suite(.enabled(if: EnvelopeSamples.canRun, "the vendors' clients are not in .venv"))
struct EnvelopeDamageTests {
    /// Opening of changed bytes: nil for a refusal.
    private func open(_ object: MemoryObject, _ format: any EnvelopeFormat, _ what: String) async -> OpenedObject? {
        do {
            // Seen as bearing no envelope, it is reported as such and nothing of it is opened.
            return try await EnvelopeRun.open(object, format, step: 1 << 20)
        } catch let error as CryptoError {
            #expect(error.code != .internalFailure && error.code != .refused, "\(what): \(error)")
            #expect(!error.message.isEmpty && error.message.utf8.count < 600, "\(what)")
            return nil
        } catch {
            Issue.record("\(what): \(error)")
            return nil
        }
    }

    private func samples(_ sizes: Range<Int>, _ limit: Int = .max) throws -> [EnvelopeSamples.Sample] {
        Array(try EnvelopeSamples.all().samples.filter { sizes.contains($0.size) }.prefix(limit))
    }

    @Test func noBitOfABodyCanBeFlipped() async throws {
        let all = try EnvelopeSamples.all()
        var random = SeededGenerator(seed: FuzzTests.seed)
        var counts: [String: Int] = [:]
        for sample in all.samples {
            let object = try MemoryObject(sample)
            let format = try all.format(sample)
            guard !object.bytes.isEmpty else { continue }
            // Each of a small body's first and last bytes, and places in between; of a large one a few.
            let small = sample.size < 100_000
            let ends =
                small
                ? Array(0..<min(40, object.bytes.count)) + Array(max(0, object.bytes.count - 17)..<object.bytes.count)
                : [0, object.bytes.count - 1]
            let inside = (0..<(small ? 8 : 1)).map { _ in Int.random(in: 0..<object.bytes.count, using: &random) }
            for place in ends + inside {
                var changed = object
                changed.bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                let opened = await open(changed, format, "\(sample.name), byte \(place)")
                // Nothing in an empty file of rclone's proves its nonce.
                let isEmpty = sample.format == "rclone-crypt" && sample.size == 0
                if let opened {
                    #expect(opened.proof == .none || isEmpty && opened.bytes.isEmpty, "\(sample.name), byte \(place)")
                }
                counts[sample.format, default: 0] += 1
            }
        }
        for (format, count) in counts { #expect(count > 100, "\(format)") }
        #expect(counts.count == 6)
    }

    @Test func bodiesCutOrLengthenedAreRefused() async throws {
        let all = try EnvelopeSamples.all()
        var random = SeededGenerator(seed: FuzzTests.seed)
        var unseen: Set<String> = []
        for sample in try samples(0..<100_000) {
            let object = try MemoryObject(sample)
            let format = try all.format(sample)
            let count = object.bytes.count
            let cuts = Set([0, 1, 8, 12, 16, 28, 31, 32, 33, count - 1, count - 16, count - 17, count - 28])
            let sizes = cuts.union((0..<12).map { _ in Int.random(in: 0...count, using: &random) })
            for size in sizes.sorted() where (0..<count).contains(size) {
                var changed = object
                changed.bytes = Array(object.bytes[..<size])
                guard let opened = await open(changed, format, "\(sample.name) cut to \(size)"), opened.proof != .none
                else { continue }
                // What is left of regions or blocks that are whole.
                #expect(opened.proof == .piecewise, "\(sample.name) cut to \(size)")
                #expect(
                    isSame(opened.bytes, try EnvelopeSamples.plain(opened.bytes.count)), "\(sample.name) cut to \(size)"
                )
                unseen.insert(sample.format)
            }
            for extra in [1, 15, 16, 17, 28, 29, 100] {
                var changed = object
                changed.bytes += random.bytes(extra)
                let opened = await open(changed, format, "\(sample.name) and \(extra) bytes")
                if let opened { #expect(opened.proof == .none, "\(sample.name) and \(extra) bytes") }
            }
        }
        // Nothing in these formats says where the end is.
        #expect(unseen == ["azure-cse-v2", "rclone-crypt"])
    }

    /// Regions and blocks that change places, stand twice or are missing: refused across ranges; but the last ones may go
    /// unseen, and then what is left is right.
    @Test func piecesKeepTheirPlaces() async throws {
        let all = try EnvelopeSamples.all()
        let chosen = all.samples.filter { sample in
            (sample.format == "rclone-crypt" && [3 << 16, (8 << 20) + 1].contains(sample.size))
                || (sample.name.hasPrefix("written 2.1") && [1000, 16 << 20 | 7].contains(sample.size))
                || (sample.format == "azure-cse-v2" && sample.size == 8 << 20 | 1)
                || sample.name == "sdk 2.0 A256KW 12582917"
        }
        #expect(chosen.count > 10)
        for sample in chosen {
            let object = try MemoryObject(sample)
            let format = try all.format(sample)
            let head = sample.format == "rclone-crypt" ? 32 : 0
            let piece = try Self.piece(of: sample)
            let bodies = stride(from: head, to: object.bytes.count, by: piece).map {
                Array(object.bytes[$0..<min(object.bytes.count, $0 + piece)])
            }
            let last = bodies.count - 1
            guard last >= 1 else { continue }
            func arranged(_ places: [Int]) -> MemoryObject {
                var changed = object
                changed.bytes = Array(object.bytes[..<head]) + places.flatMap { bodies[$0] }
                return changed
            }
            var orders: [(String, [Int])] = [
                ("first dropped", Array(1...last)), ("first repeated", [0] + Array(0...last)),
                ("only the last", [last]),
                ("last repeated", Array(0...last) + [last]),
            ]
            if last >= 2 {
                orders += [
                    ("first two swapped", [1, 0] + Array(2...last)), ("second dropped", [0] + Array(2...last)),
                    ("second in place of the first", [1] + Array(1...last)),
                    ("first in place of the second", [0, 0] + Array(2...last)),
                    ("whole ones turned round", Array((0..<last).reversed()) + [last]),
                ]
            }
            if last >= 130, sample.format == "rclone-crypt" {
                orders.append(("over 8 MiB swapped", [128] + Array(1..<128) + [0] + Array(129...last)))
            }
            for (what, order) in orders {
                #expect(
                    await open(arranged(order), format, "\(sample.name): \(what)") == nil, "\(sample.name): \(what)")
            }
            let cut = try #require(await open(arranged(Array(0..<last)), format, "\(sample.name): cut"))
            #expect(isSame(cut.bytes, try EnvelopeSamples.plain(cut.bytes.count)), "\(sample.name)")
            #expect(cut.proof == .piecewise)
            #expect(cut.bytes.count == sample.size - (bodies[last].count - (sample.format == "rclone-crypt" ? 16 : 28)))
        }
    }

    private static func piece(of sample: EnvelopeSamples.Sample) throws -> Int {
        guard sample.format == "azure-cse-v2" else { return 65_552 }
        let text = sample.metadata["encryptiondata"] ?? ""
        let length = try EnvelopeJSON(Array(text.utf8), of: "")["EncryptedRegionInfo"]?["DataLength"]?.number ?? 0
        return Int(length) + 28
    }

    /// Nonces are held to one dialect: drawn at random, or of another dialect in one region, they are refused even where the
    /// regions themselves authenticate.
    @Test func noncesOfOneBlobSpeakOneDialect() async throws {
        let key = [UInt8](repeating: 5, count: 32)
        func nonces(_ count: Int, _ nonce: (UInt64) -> [UInt8]) -> [[UInt8]] { (0..<UInt64(count)).map(nonce) }
        func blob(_ nonces: [[UInt8]]) throws -> MemoryObject {
            var bytes: [UInt8] = []
            for nonce in nonces {
                bytes += nonce
                bytes += try key.lend { key throws in
                    try [UInt8](repeating: 1, count: 16).lend {
                        try AEADContext.seal(.aes256GCM, key: key, nonce: nonce, associated: [], $0)
                    }
                }
            }
            let metadata =
                #"{"WrappedContentKey": {"KeyId": "k", "EncryptedKey": "\#(Base64.text([UInt8](repeating: 0, count: 48)))", "#
                + #""Algorithm": "A256KW"}, "EncryptionAgent": {"Protocol": "2.1", "EncryptionAlgorithm": "AES_GCM_256"}, "#
                + #""EncryptedRegionInfo": {"DataLength": 16, "NonceLength": 12}}"#
            return MemoryObject(bytes, metadata: ["encryptiondata": metadata])
        }
        struct Given: KeyUnwrapping {
            let bytes: [UInt8]
            func unwrap(_ wrapped: WrappedKey) async throws -> SecretBytes { bytes.lend { SecretBytes(copying: $0) } }
        }
        let format = AzureCSEv2Format(unwrapping: Given(bytes: Array("2.1\0\0\0\0\0".utf8) + key))
        for dialect in AzureNonce.allCases {
            for count in [1, 2, 300] {
                let right = nonces(count, dialect.nonce)
                #expect(
                    try await EnvelopeRun.open(try blob(right), format)?.bytes
                        == [UInt8](repeating: 1, count: 16 * count))
                for other in AzureNonce.allCases where other != dialect && count > 1 {
                    for place in Set([0, 1, count / 2, count - 1]) where other.nonce(of: UInt64(place)) != right[place]
                    {
                        var mixed = right
                        mixed[place] = other.nonce(of: UInt64(place))
                        // The first region alone may be of either.
                        guard mixed != nonces(count, other.nonce) else { continue }
                        #expect(await open(try blob(mixed), format, "\(other) in \(dialect), \(place)") == nil)
                    }
                }
            }
            // From another number on.
            #expect(await open(try blob(nonces(3) { dialect.nonce(of: $0 + 1) }), format, "\(dialect) from 1") == nil)
            #expect(await open(try blob(nonces(3) { dialect.nonce(of: 7 - $0) }), format, "\(dialect) down") == nil)
        }
        var random = SeededGenerator(seed: FuzzTests.seed)
        for count in [1, 2, 3] {
            let drawn = (0..<count).map { _ in random.bytes(12) }
            #expect(await open(try blob(drawn), format, "random nonces") == nil)
        }
        // Under protocol 2.1's key nobody passes for 2.0, nor for 1.0.
        for wrong in ["2.0\0\0\0\0\0", "2.1\0\0\0\0\u{1}", "3.1\0\0\0\0\0", ""] {
            let other = AzureCSEv2Format(unwrapping: Given(bytes: Array(wrong.utf8) + key))
            #expect(await open(try blob(nonces(2, AzureNonce.java.nonce)), other, "prefix \(wrong)") == nil)
        }
    }

    @Test func envelopesChangedAreRefusedOrHarmless() async throws {
        let all = try EnvelopeSamples.all()
        var random = SeededGenerator(seed: FuzzTests.seed)
        var harmless: [String: Int] = [:]
        var counts: [String: Int] = [:]
        for sample in try samples(1..<100_001) {
            let object = try MemoryObject(sample)
            let format = try all.format(sample)
            let names = sample.metadata.keys.sorted()
            for _ in 0..<60 {
                guard let name = names.randomElement(using: &random), let value = sample.metadata[name] else { break }
                var changed = object
                changed.metadata[name] = mutated(value, &random)
                await check(changed, format, sample, name, &harmless)
                counts[sample.format, default: 0] += 1
            }
            for name in names {
                var changed = object
                changed.metadata[name] = nil
                await check(changed, format, sample, "-" + name, &harmless)
                changed.metadata[name] = ""
                await check(changed, format, sample, "empty " + name, &harmless)
            }
            guard let instruction = object.instruction else { continue }
            for _ in 0..<60 {
                var changed = object
                changed.instruction = Array(mutated(String(decoding: instruction, as: UTF8.self), &random).utf8)
                await check(changed, format, sample, "instruction", &harmless)
            }
            var changed = object
            changed.instruction = nil
            await check(changed, format, sample, "-instruction", &harmless)
        }
        #expect(counts.values.allSatisfy { $0 > 60 } && counts.count == 5)
        // What is not looked at, since nothing hangs on it: other metadata, the wrapping key's name, the writer's library,
        // spaces in JSON.
        let unbound = [
            "color", "encryptiondata", "instruction", "x-amz-matdesc", "x-amz-m", "x-amz-t",
            "x-amz-unencrypted-content-length",
            "x-amz-tag-len",
        ]
        for name in harmless.keys {
            let plain = name.replacing("empty ", with: "").replacing("-x", with: "x").replacing("-color", with: "color")
            #expect(unbound.contains(plain), "\(name)")
        }
    }

    private func check(
        _ object: MemoryObject, _ format: any EnvelopeFormat, _ sample: EnvelopeSamples.Sample, _ name: String,
        _ harmless: inout [String: Int]
    ) async {
        guard let opened = await open(object, format, "\(sample.name), \(name)"), opened.proof != .none else { return }
        let isPlain = (try? EnvelopeSamples.plain(sample.size)).map { isSame(opened.bytes, $0) } ?? false
        #expect(isPlain, "\(sample.name), \(name)")
        harmless[name, default: 0] += 1
    }

    private func mutated(_ text: String, _ random: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where !bytes.isEmpty: bytes.remove(at: place)
        case 1:
            bytes.insert(
                contentsOf: ["\"", "{", "[", "9", "=", "\\u0000", " ", ","].randomElement(using: &random).map {
                    Array($0.utf8)
                } ?? [], at: place)
        case 2 where !bytes.isEmpty: bytes.removeSubrange(place...)
        default: if !bytes.isEmpty { bytes[place] ^= 1 << UInt8.random(in: 0...6, using: &random) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
