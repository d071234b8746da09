import Testing

@testable import HavreCrypto

/// age as one envelope among others: its ranges, what is none of it, and what is done to it.
@Suite struct AgeEnvelopeTests {
    private func sealed(_ plain: [UInt8], to identity: AgeIdentity) throws -> [UInt8] {
        try Sealed.part(
            try ChunkSealer(), try AgeSealing.create(to: [identity.recipient]), plain[...], firstChunk: 0,
            endsFile: true)
    }

    @Test func rangesOpenAndDamageIsRefused() async throws {
        var random = SeededGenerator(seed: FuzzTests.seed)
        let identity = try AgeIdentity.generate()
        let format = AgeFormat(unlock: AgeUnlock(identities: [identity]))
        #expect(format.name == "age")
        for size in [0, 1, 65_535, 65_536, 65_537, 8 << 20, 8 << 20 | 1, 16 << 20] {
            let plain = random.bytes(size)
            let object = MemoryObject(try sealed(plain, to: identity))
            #expect(EnvelopeKind.seen(metadata: [:], firstBytes: Array(object.bytes.prefix(64))) == .age)
            for order in [EnvelopeRun.Order.backward, .restarted] {
                let opened = try #require(try await EnvelopeRun.open(object, format, order: order))
                #expect(isSame(opened.bytes, plain) && opened.proof == .piecewise, "\(size)")
            }
            for _ in 0..<50 / (size >> 20 + 1) {
                var changed = object
                let place = Int.random(in: 0..<changed.bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: changed.bytes[place] ^= 4
                case 1: changed.bytes.removeSubrange(place...)
                default: changed.bytes.append(UInt8.random(in: 0...255, using: &random))
                }
                do {
                    // Without its first line it is no age file at all.
                    let opened = try await EnvelopeRun.open(changed, format)
                    #expect(opened == nil && place < 22, "\(size), \(place)")
                } catch {
                    #expect(error is CryptoError, "\(size), \(place)")
                }
            }
        }
    }

    @Test func othersAreNotOpened() async throws {
        let format = AgeFormat(unlock: AgeUnlock(identities: [try AgeIdentity.generate()]))
        #expect(try await format.open(MemoryObject([]).stored) == nil)
        #expect(try await format.open(MemoryObject(Array("plain".utf8)).stored) == nil)
        let foreign = MemoryObject(try sealed([1, 2, 3], to: try AgeIdentity.generate()))
        await #expect { _ = try await format.open(foreign.stored) } throws: { ($0 as? CryptoError)?.code == .noMatch }
        let armored = MemoryObject(
            Array("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n".utf8))
        await #expect { _ = try await format.open(armored.stored) } throws: {
            ($0 as? CryptoError)?.code == .armorFailure
        }
    }
}
