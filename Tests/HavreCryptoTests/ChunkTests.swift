import Testing

@testable import HavreCrypto

/// Sealing into a buffer and opening out of pieces, at every edge of a chunk.
@Suite struct ChunkTests {
    let identity: AgeIdentity
    let file: AgeSealing
    let opening: AgeOpening

    init() throws {
        identity = try AgeIdentity.generate()
        file = try AgeSealing.create(to: [identity.recipient])
        opening = try AgeOpening.open(header: file.prefix, with: [identity])
    }

    private func open(
        _ opener: ChunkOpener, _ sealed: ArraySlice<UInt8>, firstChunk: UInt64, endsFile: Bool, step: Int = 70_000
    ) throws -> [UInt8] {
        var plain: [UInt8] = []
        opener.begin(opening, firstChunk: firstChunk, endsFile: endsFile)
        for start in stride(from: sealed.startIndex, to: sealed.endIndex, by: step) {
            try sealed[start..<min(start + step, sealed.endIndex)].withUnsafeBytes { piece in
                try opener.update(piece) { plain += $0 }
            }
        }
        try opener.finish { plain += $0 }
        return plain
    }

    @Test func knownAndUnknownCountsAgree() throws {
        var random = SeededGenerator(seed: 31)
        let sealer = try ChunkSealer()
        for size in [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073] {
            let plain = random.bytes(size)
            let known = try Sealed.part(sealer, file, plain[...], firstChunk: 0, endsFile: true)
            for step in [1_000, 16_384, 65_536, 200_000] {
                let unknown = try Sealed.part(
                    sealer, file, plain[...], firstChunk: 0, endsFile: true, known: false, step: step)
                #expect(known == unknown, "\(size) bytes in steps of \(step)")
            }
            #expect(known.starts(with: file.prefix))
            #expect(
                try open(ChunkOpener(), known.dropFirst(file.prefix.count), firstChunk: 0, endsFile: true) == plain)
        }
    }

    @Test func chunksAreReportedAsTheyEnd() throws {
        var random = SeededGenerator(seed: 32)
        let sealer = try ChunkSealer()
        var seen: [[UInt8]] = []
        sealer.onChunk = { seen.append(Array($0)) }
        for known in [true, false] {
            seen = []
            let sealed = try Sealed.part(
                sealer, file, random.bytes(140_000)[...], firstChunk: 0, endsFile: true, known: known)
            #expect(Array(seen.joined()) == sealed)
            #expect(seen.map(\.count) == [file.prefix.count, 65_552, 65_552, 140_000 - 131_072 + 16])
        }
    }

    @Test func theSealerKeepsToItsBuffer() throws {
        var random = SeededGenerator(seed: 33)
        let sealer = try ChunkSealer()
        let plain = random.bytes(70_000)
        let need = file.prefix.count + 70_000 + 32
        for (room, offset) in [
            (need - 1, file.prefix.count), (need, file.prefix.count - 1), (10, 10), (need, need + 1),
        ] {
            var out = [UInt8](repeating: 0xEE, count: need + 64)
            let error = #expect(throws: CryptoError.self) {
                try out.withUnsafeMutableBytes { all in
                    let out = UnsafeMutableRawBufferPointer(rebasing: all[..<room])
                    sealer.begin(file, firstChunk: 0, endsFile: true, into: out, at: offset)
                    try plain.withUnsafeBytes { try sealer.update($0) }
                    _ = try sealer.finish()
                }
            }
            #expect(error?.code == .refused)
            #expect(out[room...].allSatisfy { $0 == 0xEE })
            // An error lasts until the next beginning.
            #expect(throws: CryptoError.self) { try sealer.finish() }
        }
        #expect(try Sealed.part(sealer, file, plain[...], firstChunk: 0, endsFile: true).count == need)
    }

    @Test func partsThatCannotBeAreRefused() throws {
        let sealer = try ChunkSealer()
        let plain = [UInt8](repeating: 1, count: 70_000)
        #expect(throws: CryptoError.self) { try sealer.finish() }
        // Not the end, yet not of whole chunks.
        for known in [true, false] {
            #expect(throws: CryptoError.self) {
                try Sealed.part(sealer, file, plain[...], firstChunk: 0, endsFile: false, known: known)
            }
        }
        // An empty chunk behind others.
        #expect(throws: CryptoError.self) {
            try Sealed.part(sealer, file, [], firstChunk: 3, endsFile: true)
        }
        // More and less than announced.
        for announced in [69_999, 70_001] {
            #expect(throws: CryptoError.self) {
                var out = [UInt8](repeating: 0, count: 200_000)
                try out.withUnsafeMutableBytes { out in
                    sealer.begin(
                        file, firstChunk: 0, endsFile: true, plainCount: announced, into: out, at: file.prefix.count)
                    try plain.withUnsafeBytes { try sealer.update($0) }
                    _ = try sealer.finish()
                }
            }
        }
    }

    @Test func rangesOpenOnTheirOwn() throws {
        var random = SeededGenerator(seed: 34)
        let sealer = try ChunkSealer()
        let opener = try ChunkOpener()
        for size in [0, 5, 65_536, 65_537, 300_000, 327_680] {
            let plain = random.bytes(size)
            let sealed = try Sealed.part(sealer, file, plain[...], firstChunk: 0, endsFile: true)
            let plainSize = try opening.plainSize(stored: UInt64(sealed.count))
            #expect(plainSize == UInt64(size))
            #expect(
                opening.storedRange(ofPlain: 0..<plainSize, plainSize: plainSize).upperBound == UInt64(sealed.count))
            let chunks = max(1, (size + 65_535) / 65_536)
            for _ in 0..<20 {
                let first = Int.random(in: 0..<chunks, using: &random)
                let end = Int.random(in: first + 1...chunks, using: &random)
                let range = UInt64(first * 65_536)..<UInt64(min(end * 65_536, size))
                let stored = opening.storedRange(ofPlain: range, plainSize: plainSize)
                let piece = sealed[Int(stored.lowerBound)..<Int(stored.upperBound)]
                let step = Int.random(in: 500...200_000, using: &random)
                let opened = try open(opener, piece, firstChunk: UInt64(first), endsFile: end == chunks, step: step)
                #expect(opened[...] == plain[Int(range.lowerBound)..<Int(range.upperBound)])
            }
        }
        // Unaligned ranges are widened, wild ones are kept in.
        #expect(opening.storedRange(ofPlain: 1..<2, plainSize: 200_000) == 184..<184 + 65_552)
        #expect(opening.storedRange(ofPlain: 65_537..<131_073, plainSize: 200_000) == 184 + 65_552..<184 + 3 * 65_552)
        #expect(opening.storedRange(ofPlain: 0..<UInt64.max, plainSize: 10).upperBound == 184 + 26)
        #expect(opening.storedRange(ofPlain: 1 << 40..<1 << 41, plainSize: 10) == 184..<184 + 26)
    }

    /// Every change to the payload is seen, and nothing is emitted from the changed chunk on.
    @Test func changesAreSeenBeforeTheyAreEmitted() throws {
        var random = SeededGenerator(seed: 35)
        let sealer = try ChunkSealer()
        let opener = try ChunkOpener()
        let plain = random.bytes(3 * 65_536 + 100)
        let payload = Array(
            try Sealed.part(sealer, file, plain[...], firstChunk: 0, endsFile: true).dropFirst(file.prefix.count))

        func released(_ sealed: [UInt8], endsFile: Bool = true) -> (count: Int, failed: Bool) {
            var out: [UInt8] = []
            opener.begin(opening, firstChunk: 0, endsFile: endsFile)
            do {
                try sealed.withUnsafeBytes { try opener.update($0) { out += $0 } }
                try opener.finish { out += $0 }
            } catch {
                #expect((error as? CryptoError)?.code == .payloadFailure)
                #expect(plain.starts(with: out))
                return (out.count, true)
            }
            return (out.count, false)
        }

        for _ in 0..<300 {
            var changed = payload
            let place = Int.random(in: 0..<payload.count, using: &random)
            changed[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            let result = released(changed)
            #expect(result.failed && result.count == place / 65_552 * 65_536)
        }
        for cut in [0, 1, 15, 16, 65_551, 65_552, 65_553, 2 * 65_552, 3 * 65_552, payload.count - 1] {
            #expect(released(Array(payload.prefix(cut))).failed, "cut to \(cut)")
        }
        let swapped = payload[65_552..<131_104] + payload[..<65_552] + payload[131_104...]
        #expect(released(Array(swapped)) == (0, true))
        #expect(released(payload + [0]) == (3 * 65_536, true))
        #expect(released(payload + payload).failed)
        // A part that is said to end the file must, and the other way round.
        #expect(released(Array(payload.prefix(131_104)), endsFile: false) == (131_072, false))
        #expect(released(payload, endsFile: false) == (3 * 65_536, true))
    }

    @Test func anErrorOfTheTakerPassesThrough() throws {
        struct Full: Error {}
        let sealed = try Sealed.part(
            try ChunkSealer(), file, [UInt8](repeating: 0, count: 200_000)[...], firstChunk: 0, endsFile: true)
        let opener = try AgeStreamOpener(identities: [identity])
        #expect(throws: Full.self) {
            try sealed.withUnsafeBytes { try opener.update($0) { _ in throw Full() } }
        }
        #expect(throws: CryptoError.self) { try opener.finish { _ in } }
    }
}
