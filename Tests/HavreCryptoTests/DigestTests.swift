import CChecksum
import HavreModel
import Testing

@testable import HavreCrypto

@Suite struct DigestTests {
    @Test func crcCheckValues() {
        let digits = Array("123456789".utf8)
        #expect(digits.lend { CRC64NVME.update(0, $0) } == 0xAE8B_1486_0A79_9888)
        #expect(digits.lend { CRC32C.update(0, $0) } == 0xE306_9283)
        #expect([UInt8]().lend { CRC64NVME.update(0, $0) } == 0)
        #expect([UInt8]().lend { CRC32C.update(0, $0) } == 0)
        // RFC 3720, B.4: 32 bytes of zeroes, of ones, rising.
        #expect([UInt8](repeating: 0, count: 32).lend { CRC32C.update(0, $0) } == 0x8A91_36AA)
        #expect([UInt8](repeating: 0xFF, count: 32).lend { CRC32C.update(0, $0) } == 0x62A8_AB43)
        #expect(Array(UInt8(0)..<32).lend { CRC32C.update(0, $0) } == 0x46DD_794E)
    }

    /// The instructions agree with the tables, and the tables with the definition, at every length and alignment.
    @Test func crcByInstructionsEqualsTables() {
        var random = SeededGenerator(seed: 41)
        let data = random.bytes(3_000)
        for count in Array(0..<600) + [1_023, 1_024, 1_025, 2_999] {
            let from = Int.random(in: 0...(3_000 - count), using: &random)
            let start = random.next()
            data[from..<from + count].withUnsafeBytes { bytes in
                let table = havre_crc64nvme_portable(start, bytes.baseAddress, bytes.count)
                #expect(havre_crc64nvme(start, bytes.baseAddress, bytes.count) == table, "\(count) bytes")
                let small = UInt32(truncatingIfNeeded: start)
                let table32 = havre_crc32c_portable(small, bytes.baseAddress, bytes.count)
                #expect(havre_crc32c(small, bytes.baseAddress, bytes.count) == table32, "\(count) bytes")
                guard count < 40 else { return }
                #expect(table == bitwise(start, bytes, 0x9A6C_9329_AC4B_C9B5))
                #expect(table32 == bitwise(small, bytes, 0x82F6_3B78))
            }
        }
    }

    private func bitwise<W: FixedWidthInteger & UnsignedInteger>(
        _ crc: W, _ bytes: UnsafeRawBufferPointer, _ polynomial: W
    ) -> W {
        var state = ~crc
        for byte in bytes {
            state ^= W(byte)
            for _ in 0..<8 { state = (state >> 1) ^ (state & 1 == 1 ? polynomial : 0) }
        }
        return ~state
    }

    @Test func crcsCombineAndStream() {
        var random = SeededGenerator(seed: 42)
        for _ in 0..<100 {
            let data = random.bytes(Int.random(in: 0..<5_000, using: &random))
            let cut = Int.random(in: 0...data.count, using: &random)
            let (a, b) = (Array(data[..<cut]), Array(data[cut...]))
            let crc64 = { (bytes: [UInt8]) in bytes.lend { CRC64NVME.update(0, $0) } }
            let crc32 = { (bytes: [UInt8]) in bytes.lend { CRC32C.update(0, $0) } }
            #expect(CRC64NVME.combine(crc64(a), crc64(b), lengthB: UInt64(b.count)) == crc64(data))
            #expect(CRC32C.combine(crc32(a), crc32(b), lengthB: UInt64(b.count)) == crc32(data))
            #expect(b.lend { CRC64NVME.update(crc64(a), $0) } == crc64(data))
            #expect(b.lend { CRC32C.update(crc32(a), $0) } == crc32(data))
        }
        // Lengths beyond memory: shifting by a and then by b is shifting by a + b.
        let once = CRC64NVME.combine(0x1234_5678_9ABC_DEF0, 0, lengthB: 5 << 40)
        let twice = CRC64NVME.combine(
            CRC64NVME.combine(0x1234_5678_9ABC_DEF0, 0, lengthB: 3 << 40), 0, lengthB: 2 << 40)
        #expect(once == twice)
    }

    @Test(arguments: [0, 1, 65_536, (8 << 20) - 1, 8 << 20])
    func oneLeafIsHashedPlainly(_ size: Int) throws {
        var random = SeededGenerator(seed: UInt64(size))
        let data = random.bytes(size)
        let digester = try LeafDigester()
        for _ in 0..<2 {
            digester.begin(wantsSingle: true)
            for start in stride(from: 0, to: size, by: 1_000_003) {
                data[start..<min(start + 1_000_003, size)].withUnsafeBytes { digester.update($0) }
            }
            let digests = digester.finish()
            #expect(digests.single == data.lend { HashFunction.sha256(of: $0) })
            #expect(digests.leaves.isEmpty)
        }
        digester.begin()
        data.withUnsafeBytes { digester.update($0) }
        #expect(digester.finish() == LeafDigests(leaves: HashFunction.sha256([0] + data), single: nil))
    }

    @Test func leavesAreThoseOfRFC6962() throws {
        var random = SeededGenerator(seed: 43)
        let data = random.bytes((16 << 20) + 1)
        let digester = try LeafDigester()
        var expected: [UInt8] = []
        for start in stride(from: 0, to: data.count, by: 8 << 20) {
            expected += HashFunction.sha256([0] + data[start..<min(start + (8 << 20), data.count)])
        }
        for step in [data.count, 16_384, 8 << 20, 3_000_017] {
            digester.begin()
            for start in stride(from: 0, to: data.count, by: step) {
                data[start..<min(start + step, data.count)].withUnsafeBytes { digester.update($0) }
            }
            let digests = digester.finish()
            #expect(digests.leaves == expected && digests.single == nil && digests.leafCount == 3)
            #expect(digests.leaf(2) == Array(expected[64...]))
        }
        // Asked for a single digest of more than a leaf, there is none, rather than a wrong one.
        digester.begin(wantsSingle: true)
        data.withUnsafeBytes { digester.update($0) }
        #expect(digester.finish() == LeafDigests(leaves: [], single: nil))
    }

    @Test func knownHashes() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(HashFunction.sha256([]) == bytes(hex: empty))
        #expect(
            HashFunction.sha256(Array("abc".utf8))
                == bytes(hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    }

    @Test func ciphertextChecksums() throws {
        let digester = try CiphertextDigester(crc64: true, crc32c: true, md5: true, tag: nil)
        for _ in 0..<2 {
            try digester.begin()
            for piece in ["1234", "", "56789"] { try Array(piece.utf8).withUnsafeBytes { try digester.update($0) } }
            let (sums, tag) = try digester.finish()
            #expect(sums.crc64nvme == 0xAE8B_1486_0A79_9888)
            #expect(sums.crc32c == 0xE306_9283)
            #expect(sums.md5 == bytes(hex: "25f9e794323b453885f5181f1b624d0b"))
            #expect(tag.isEmpty)
        }
        let none = try CiphertextDigester(crc64: false, crc32c: false, md5: false, tag: nil)
        try none.begin()
        #expect(try none.finish().0 == CiphertextChecksums())
    }

    @Test func tagsFindTampering() throws {
        var random = SeededGenerator(seed: 44)
        let key = try DigestKey.random()
        let digester = try CiphertextDigester(crc64: false, crc32c: false, md5: false, tag: key)
        let verifier = try TagVerifier(key)
        let data = random.bytes(100_000)
        var nonces: Set<[UInt8]> = []
        for _ in 0..<20 {
            try digester.begin()
            for start in stride(from: 0, to: data.count, by: 33_333) {
                try data[start..<min(start + 33_333, data.count)].withUnsafeBytes { try digester.update($0) }
            }
            let tag = try digester.finish().tag
            #expect(tag.count == 28 && nonces.insert(Array(tag.prefix(12))).inserted)
            func holds(_ data: [UInt8], _ tag: [UInt8], _ verifier: TagVerifier) throws -> Bool {
                try verifier.begin(tag: tag)
                try data.withUnsafeBytes { try verifier.update($0) }
                return try verifier.finish()
            }
            #expect(try holds(data, tag, verifier))
            var changed = data
            changed[Int.random(in: 0..<data.count, using: &random)] ^= 4
            #expect(try !holds(changed, tag, verifier))
            #expect(try !holds(data + [0], tag, verifier))
            #expect(try !holds(data, tag, TagVerifier(DigestKey.random())))
            var other = tag
            other[Int.random(in: 0..<28, using: &random)] ^= 1
            #expect(try !holds(data, other, verifier))
        }
        #expect(throws: CryptoError.self) { try verifier.begin(tag: []) }
    }

    @Test func digestsAreKeyed() throws {
        // RFC 4231, test case 2 has a short key; HMAC fills it up with zeroes to the block.
        let name = Array("Jefe".utf8) + [UInt8](repeating: 0, count: 60)
        let key = try name.lend { bytes throws in try DigestKey(copying: bytes) }
        let message = Array("what do ya want for nothing?".utf8)
        let mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        #expect(key.keyed(message) == bytes(hex: mac))
        #expect(key.matches(message, keyed: key.keyed(message)))
        #expect(!key.matches(message + [0], keyed: key.keyed(message)))
        #expect(try DigestKey.random().keyed(message) != key.keyed(message))
        let short = Array(name.prefix(32))
        #expect(throws: CryptoError.self) { try short.lend { bytes throws in _ = try DigestKey(copying: bytes) } }
    }
}
