import Testing

@testable import HavreCrypto

/// One message over a whole object: the tag out of the shares of ranges is that of OpenSSL over the whole.
@Suite struct WholeMessageTests {
    private func secret(_ bytes: [UInt8]) -> SecretBytes { bytes.lend { SecretBytes(copying: $0) } }

    /// The tag and plaintext of a message that is opened in ranges which end at `cuts`, the last range first.
    private func open(
        _ sealed: [UInt8], key: [UInt8], iv: [UInt8], associated: [UInt8], cuts: [Int], step: Int
    ) throws -> (plain: [UInt8], shares: [[UInt8]]) {
        let size = sealed.count - 16
        let ends = ([0] + cuts.filter { $0 < size } + [size])
        var plain = [UInt8](repeating: 0, count: size)
        var shares: [[UInt8]] = []
        for place in (1..<ends.count).reversed() {
            // A new envelope each time, as after a restart.
            let message = try WholeGCM(
                storedSize: UInt64(sealed.count), key: secret(key), iv: iv, associated: associated)
            let range = UInt64(ends[place - 1])..<UInt64(ends[place])
            let stored = message.storedRange(ofPlain: range)
            let opener = try message.opener(ofPlain: range)
            var at = Int(range.lowerBound)
            let emit = { (piece: UnsafeRawBufferPointer) in
                plain.replaceSubrange(at..<at + piece.count, with: piece)
                at += piece.count
            }
            for start in stride(from: Int(stored.lowerBound), to: Int(stored.upperBound), by: step) {
                try Array(sealed[start..<min(Int(stored.upperBound), start + step)]).withUnsafeBytes {
                    try opener.update($0, emit: emit)
                }
            }
            shares.insert(try opener.finish(emit: emit), at: 0)
        }
        return (plain, shares)
    }

    private func verify(_ sealed: [UInt8], _ key: [UInt8], _ iv: [UInt8], _ associated: [UInt8], _ shares: [[UInt8]])
        -> CryptoError.Code?
    {
        do throws(CryptoError) {
            try WholeGCM(storedSize: UInt64(sealed.count), key: secret(key), iv: iv, associated: associated).verify(
                shares)
            return nil
        } catch { return error.code }
    }

    @Test func sharesOfAnySplitGiveTheTagOfTheWhole() throws {
        var random = SeededGenerator(seed: FuzzTests.seed)
        let sizes = Array(0...100) + [255, 256, 257, 4095, 4096, 65_535, 65_536, 65_537, 200_000]
        for size in sizes {
            let (key, iv, plain) = (random.bytes(32), random.bytes(12), random.bytes(size))
            let associated = random.bytes([0, 2, 15, 16].randomElement(using: &random) ?? 0)
            let sealed = try key.withUnsafeBytes { key in
                try plain.withUnsafeBytes {
                    try AEADContext.seal(.aes256GCM, key: key, nonce: iv, associated: associated, $0)
                }
            }
            for pieces in [0, 1, 2, 7] {
                let cuts = Set((0..<pieces).map { _ in Int.random(in: 1...size / 16 + 1, using: &random) * 16 })
                    .sorted()
                let step = Int.random(in: 1...max(1, size), using: &random)
                let opened = try open(
                    sealed, key: key, iv: iv, associated: associated, cuts: cuts, step: max(step, size / 200))
                #expect(opened.plain == plain, "\(size) bytes cut at \(cuts), seed \(FuzzTests.seed)")
                #expect(verify(sealed, key, iv, associated, opened.shares) == nil, "\(size) bytes cut at \(cuts)")
                for share in opened.shares { #expect(share.count <= 64) }
                // One bit anywhere in a share.
                var changed = opened.shares
                let place = Int.random(in: 0..<changed.count, using: &random)
                changed[place][Int.random(in: 0..<changed[place].count, using: &random)] ^=
                    1 << UInt8.random(in: 0...7, using: &random)
                #expect(verify(sealed, key, iv, associated, changed) != nil, "\(size) bytes cut at \(cuts)")
                #expect(verify(sealed, key, iv, associated, Array(opened.shares.dropFirst())) == .refused)
                #expect(verify(sealed, key, iv, associated, Array(opened.shares.dropLast())) == .refused)
                if opened.shares.count > 1, opened.shares[0] != opened.shares[1] {
                    #expect(verify(sealed, key, iv, associated, opened.shares.reversed()) == .refused)
                }
                guard size > 0 else { continue }
                var wrong = sealed
                wrong[Int.random(in: 0..<sealed.count, using: &random)] ^= 0x20
                let other = try open(wrong, key: key, iv: iv, associated: associated, cuts: cuts, step: 100_000)
                #expect(
                    verify(wrong, key, iv, associated, other.shares) == .payloadFailure, "\(size) bytes cut at \(cuts)")
            }
        }
    }

    @Test(.enabled(if: Vectors.arePresent, "the vectors of third parties are not beside the package"))
    func wycheproof() throws {
        var count = 0
        for group in try Vectors.wycheproof("aes_gcm", WycheproofTests.AEADGroup.self)
        where group.keySize == 256 && group.ivSize == 96 && group.tagSize == 128 {
            for test in group.tests {
                let associated = try #require(bytes(hex: test.aad))
                guard associated.count <= 16 else { continue }
                let key = try #require(bytes(hex: test.key))
                let iv = try #require(bytes(hex: test.iv))
                let sealed = try #require(bytes(hex: test.ct + test.tag))
                for cuts in [[], [16], [16, 48, 96]] {
                    let opened = try open(sealed, key: key, iv: iv, associated: associated, cuts: cuts, step: 5)
                    let found = verify(sealed, key, iv, associated, opened.shares)
                    #expect(found == (test.result == "valid" ? nil : .payloadFailure), "case \(test.tcId)")
                    if found == nil { #expect(opened.plain == bytes(hex: test.msg), "case \(test.tcId)") }
                }
                count += 1
            }
        }
        #expect(count > 30)
    }

    /// Counters far into a message: what one block deciphers to is what AES makes of its counter.
    @Test func farRangesCountRight() throws {
        let (key, iv) = ([UInt8](repeating: 9, count: 32), [UInt8](repeating: 0xFF, count: 12))
        let message = try WholeGCM(storedSize: WholeGCM.longest, key: secret(key), iv: iv, associated: [])
        #expect(message.plainSize == (1 << 36) - 32)
        for start in [0, 8 << 20, (1 << 32) - 16, 1 << 35, message.plainSize - 16] as [UInt64] {
            let opener = try message.opener(ofPlain: start..<start + 16)
            var found: [UInt8] = []
            try [UInt8](repeating: 0, count: 16).withUnsafeBytes { try opener.update($0) { found += $0 } }
            let counter = UInt32(start / 16 + 2)
            var block = iv + (0..<4).map { UInt8(truncatingIfNeeded: counter >> (24 - 8 * $0)) }
            try key.withUnsafeBytes { key in
                let cipher = try BlockCipher(.ecb, key: key, iv: [], .seal)
                try block.withUnsafeMutableBytes { try cipher.transform($0) }
            }
            #expect(found == block, "at \(start)")
        }
        #expect(throws: CryptoError.self) {
            _ = try WholeGCM(storedSize: WholeGCM.longest + 1, key: secret(key), iv: iv, associated: [])
        }
        #expect(throws: CryptoError.self) {
            _ = try WholeGCM(storedSize: 15, key: secret(key), iv: iv, associated: [])
        }
        #expect(throws: CryptoError.self) { _ = try message.opener(ofPlain: 8..<16) }
        #expect(throws: CryptoError.self) { _ = try message.opener(ofPlain: 0..<message.plainSize + 16) }
    }

    @Test func multiplicationObeysItsLaws() {
        var random = SeededGenerator(seed: FuzzTests.seed)
        for _ in 0..<50 {
            let (a, b, c) = (
                FieldElement(random.bytes(16)), FieldElement(random.bytes(16)), FieldElement(random.bytes(16))
            )
            #expect(a * b == b * a && a * (b * c) == (a * b) * c && a * (b + c) == a * b + a * c)
            #expect(a * .one == a && a * .zero == .zero && a + a == .zero)
            #expect(a.power(5) == a * a * a * a * a && a.power(0) == .one)
            #expect(FieldElement(a.bytes) == a)
        }
    }

    @Test(.enabled(if: Vectors.arePresent, "the vectors of third parties are not beside the package"))
    func chainingOfWycheproof() async throws {
        struct Group: Decodable { let keySize: Int, tests: [Case] }
        struct Case: Decodable { let tcId: Int, key: String, iv: String, msg: String, ct: String, result: String }
        var count = 0
        for group in try Vectors.wycheproof("aes_cbc_pkcs5", Group.self) where group.keySize == 256 {
            for test in group.tests {
                let object = MemoryObject(try #require(bytes(hex: test.ct)))
                let key = try #require(bytes(hex: test.key))
                let iv = try #require(bytes(hex: test.iv))
                do {
                    let message = try await WholeCBC.open(object.stored, key: secret(key), iv: iv)
                    var plain: [UInt8] = []
                    let opener = try message.opener(ofPlain: 0..<message.plainSize)
                    for byte in object.bytes { try [byte].withUnsafeBytes { try opener.update($0) { plain += $0 } } }
                    _ = try opener.finish { plain += $0 }
                    #expect(test.result == "valid" && plain == bytes(hex: test.msg), "case \(test.tcId)")
                } catch let error as CryptoError {
                    #expect(test.result != "valid" && error == WholeCBC.refusal, "case \(test.tcId)")
                }
                count += 1
            }
        }
        #expect(count > 30)
    }
}
