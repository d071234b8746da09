import Foundation
import Testing

@testable import HavreCrypto

/// Seals and opens with a small part size, so that the properties of parts show without gigabytes.
enum Sealed {
    static let prefixRoom = 4_096

    /// One part, fed in pieces of `step`.
    static func part(
        _ sealer: ChunkSealer, _ file: AgeSealing, _ plain: ArraySlice<UInt8>, firstChunk: UInt64, endsFile: Bool,
        known: Bool = true, step: Int = 16_384
    ) throws -> [UInt8] {
        let sealed = Int(AgePayload.sealedSize(plain: UInt64(plain.count)))
        var out = [UInt8](repeating: 0xEE, count: file.prefix.count + sealed)
        let written = try out.withUnsafeMutableBytes { out in
            sealer.begin(
                file, firstChunk: firstChunk, endsFile: endsFile, plainCount: known ? plain.count : nil, into: out,
                at: file.prefix.count)
            for start in stride(from: plain.startIndex, to: plain.endIndex, by: step) {
                try plain[start..<min(start + step, plain.endIndex)].withUnsafeBytes { try sealer.update($0) }
            }
            return try sealer.finish()
        }
        let start = firstChunk == 0 ? 0 : file.prefix.count
        return Array(out[start..<start + written])
    }

    /// A whole object in parts of `partSize`, sealed in any order, each twice; the two must agree.
    static func object(_ file: AgeSealing, _ plain: [UInt8], partSize: Int, random: inout SeededGenerator) throws
        -> [UInt8]
    {
        let sealer = try ChunkSealer()
        let count = max(1, (plain.count + partSize - 1) / partSize)
        var parts = [[UInt8]](repeating: [], count: count)
        for index in (Array(0..<count) + Array(0..<count)).shuffled(using: &random) {
            let range = index * partSize..<min((index + 1) * partSize, plain.count)
            let step = Int.random(in: 1...40_000, using: &random)
            let sealed = try part(
                sealer, file, plain[range], firstChunk: UInt64(index * partSize / 65_536), endsFile: index == count - 1,
                known: Bool.random(using: &random), step: max(step, plain.count / 4_000))
            if parts[index].isEmpty { parts[index] = sealed }
            #expect(parts[index] == sealed, "part \(index) differs from itself")
        }
        return Array(parts.joined())
    }
}

@Suite struct SealTests {
    static let sizes = [0, 1, 65_535, 65_536, 65_537, (8 << 20) - 1, 8 << 20, (8 << 20) + 1, (16 << 20) + 1]

    private func encoded(_ identity: AgeIdentity) -> Data {
        KeyFile.contents(identity, created: "2026-11-03T10:00:00Z").withBytes { Data($0) }
    }

    @Test(arguments: sizes)
    func opensWithOurselvesAgeAndPyrage(_ size: Int) throws {
        var random = SeededGenerator(seed: UInt64(size) + 1)
        let identities = try (0..<3).map { _ in try AgeIdentity.generate() }
        let file = try AgeSealing.create(to: identities.map(\.recipient))
        let plain = random.bytes(size)
        let sealed = try Sealed.object(file, plain, partSize: 8 << 20, random: &random)
        #expect(UInt64(sealed.count) == AgeSealing.storedSize(plain: UInt64(size), prefix: file.prefix.count))

        for identity in identities {
            let unlock = AgeUnlock(identities: [identity])
            let result = try AgeVectorTests.open(sealed, unlock, armor: .detect, step: 100_003)
            #expect(result.error == nil && result.released == plain)
        }
        try Tool.withFolder { folder in
            let path = folder.appendingPathComponent("sealed").path
            let key = folder.appendingPathComponent("key").path
            try Data(sealed).write(to: URL(fileURLWithPath: path))
            for identity in identities {
                try encoded(identity).write(to: URL(fileURLWithPath: key))
                if let age = Tool.age {
                    let result = try Tool.run(age, ["-d", "-i", key, path])
                    #expect(result.status == 0 && result.output == Data(plain), "age")
                }
                if let python = Tool.python, Tool.hasPyrage {
                    let code = """
                        import sys, pyrage
                        key = [l for l in open(sys.argv[1]).read().split("\\n") if l and l[0] != "#"][0]
                        i = pyrage.x25519.Identity.from_str(key)
                        sys.stdout.buffer.write(pyrage.decrypt(open(sys.argv[2], "rb").read(), [i]))
                        """
                    let result = try Tool.run(python, ["-c", code, key, path])
                    #expect(result.status == 0 && result.output == Data(plain), "pyrage")
                }
            }
        }
    }

    @Test(.enabled(if: Tool.age != nil, "age is not installed"), arguments: [0, 1, 65_536, 200_000], [false, true])
    func opensWhatAgeSealed(_ size: Int, _ armored: Bool) throws {
        var random = SeededGenerator(seed: 4)
        let identity = try AgeIdentity.generate()
        let plain = random.bytes(size)
        let age = try #require(Tool.age)
        let arguments = ["-r", identity.recipient.text] + (armored ? ["-a"] : [])
        let sealed = try Tool.run(age, arguments, input: Data(plain))
        try #require(sealed.status == 0)
        for step in [1_000, sealed.output.count] {
            let result = try AgeVectorTests.open(
                Array(sealed.output), AgeUnlock(identities: [identity]), armor: .detect, step: step)
            #expect(result.error == nil && result.released == plain)
        }
    }

    @Test func headerOfOneRecipientHas168Bytes() throws {
        let file = try AgeSealing.create(to: [try AgeIdentity.generate().recipient])
        #expect(file.prefix.count == 168 + 16)
    }

    @Test func everySealingIsNew() throws {
        let recipient = try AgeIdentity.generate().recipient
        let prefixes = try (0..<100).map { _ in try AgeSealing.create(to: [recipient]).prefix }
        #expect(Set(prefixes).count == 100)
        #expect(Set(prefixes.map { $0.suffix(16) }).count == 100)
    }

    @Test func recipientsAreCounted() throws {
        let recipient = try AgeIdentity.generate().recipient
        #expect(throws: CryptoError.self) { try AgeSealing.create(to: []) }
        #expect(try AgeSealing.create(to: [recipient, recipient]).prefix.count == 184)
        let many = try (0..<200).map { _ in try AgeIdentity.generate() }
        let file = try AgeSealing.create(to: many.map(\.recipient))
        let last = try #require(many.last)
        #expect(try AgeOpening.open(header: file.prefix, with: [last]).prefixLength == file.prefix.count)
        let stranger = try AgeIdentity.generate()
        let error = #expect(throws: CryptoError.self) {
            try AgeOpening.open(header: file.prefix, with: [stranger])
        }
        #expect(error?.code == .noMatch)
    }

    @Test func sizesAreExact() throws {
        var random = SeededGenerator(seed: 11)
        let file = try AgeSealing.create(to: [try AgeIdentity.generate().recipient])
        var sizes = (0..<200).map { _ in UInt64.random(in: 0..<(1 << 50), using: &random) }
        for edge: UInt64 in [0, 1, 2, 3, 127, 128, 129, 1 << 30] {
            sizes += [edge * 65_536, edge * 65_536 + 1, edge * 65_536 &+ 65_535]
        }
        for size in sizes {
            let sealed = AgePayload.sealedSize(plain: size)
            #expect(sealed == size + 16 * max(1, size / 65_536 + (size % 65_536 == 0 ? 0 : 1)))
            #expect(AgePayload.plainSize(sealed: sealed) == size)
            #expect(AgeSealing.storedSize(plain: size, prefix: file.prefix.count) == UInt64(file.prefix.count) + sealed)
        }
        // Sizes that no payload has: nothing, a cut tag, an empty last chunk.
        for cut: UInt64 in [0, 1, 15, 65_552 + 1, 65_552 + 16, 3 * 65_552 + 15] {
            #expect(AgePayload.plainSize(sealed: cut) == nil, "\(cut)")
        }
        for sealed in UInt64(0)..<140_000 {
            if let plain = AgePayload.plainSize(sealed: sealed) {
                #expect(AgePayload.sealedSize(plain: plain) == sealed)
            }
        }
    }

    @Test func reopensUnderTheResumeKeyOnly() throws {
        var random = SeededGenerator(seed: 21)
        let identity = try AgeIdentity.generate()
        let file = try AgeSealing.create(to: [identity.recipient])
        let key = try ResumeKey.random()
        let binding = random.bytes(40)
        let sealedKey = try file.sealedFileKey(under: key, binding: binding)
        #expect(try file.sealedFileKey(under: key, binding: binding) != sealedKey, "the nonce is random")

        let plain = random.bytes(150_000)
        let again = try AgeSealing.reopen(prefix: file.prefix, sealedFileKey: sealedKey, under: key, binding: binding)
        let sealer = try ChunkSealer()
        let one = try Sealed.part(sealer, file, plain[...], firstChunk: 0, endsFile: true)
        let two = try Sealed.part(sealer, again, plain[...], firstChunk: 0, endsFile: true)
        #expect(one == two)

        func refused(
            _ prefix: [UInt8], _ sealedKey: [UInt8], _ key: ResumeKey, _ binding: [UInt8],
            _ location: SourceLocation = #_sourceLocation
        ) {
            let error = #expect(throws: CryptoError.self, sourceLocation: location) {
                try AgeSealing.reopen(prefix: prefix, sealedFileKey: sealedKey, under: key, binding: binding)
            }
            #expect(error?.code == .refused, sourceLocation: location)
        }
        refused(file.prefix, sealedKey, try ResumeKey.random(), binding)
        refused(file.prefix, sealedKey, key, binding + [0])
        refused(file.prefix, sealedKey, key, [])
        refused(Array(file.prefix.dropLast()), sealedKey, key, binding)
        // A byte moved from prefix to binding must not pass.
        refused(Array(file.prefix.dropFirst()), sealedKey, key, binding + [file.prefix[0]])
        for place in [0, 30, file.prefix.count - 1] {
            var other = file.prefix
            other[place] ^= 1
            refused(other, sealedKey, key, binding)
        }
        for place in sealedKey.indices {
            var other = sealedKey
            other[place] ^= 0x80
            refused(file.prefix, other, key, binding)
        }
        refused(file.prefix, [], key, binding)
        // What is sealed for another purpose is no file key.
        let general = try [UInt8](repeating: 1, count: 16).lend { bytes throws in
            try key.seal(bytes, binding: binding)
        }
        refused(file.prefix, general, key, binding)
    }
}
