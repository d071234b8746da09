import Crypto
import Foundation
import Testing

@testable import HavreCrypto

@Suite struct TagOracleTests {
    /// Another library's AES-GCM, without data, agrees at any length and in any pieces.
    @Test func tagsAreThoseOfAnotherLibrary() throws {
        var random = SeededGenerator(seed: 45)
        let both = random.bytes(64)
        let key = try both.lend { bytes throws in try DigestKey(copying: bytes) }
        let digester = try CiphertextDigester(crc64: false, crc32c: false, md5: false, tag: key)
        for size in [0, 1, 15, 16, 17, 1_000, 65_552, 1_000_000] {
            let data = random.bytes(size)
            try digester.begin()
            let step = Int.random(in: 1...70_000, using: &random)
            for start in stride(from: 0, to: size, by: max(step, size / 1_000)) {
                let piece = data[start..<min(start + max(step, size / 1_000), size)]
                try piece.withUnsafeBytes { bytes throws in try digester.update(bytes) }
            }
            let tag = try digester.finish().tag
            let nonce = try AES.GCM.Nonce(data: tag.prefix(12))
            let box = try AES.GCM.seal(
                Data(), using: SymmetricKey(data: both.suffix(32)), nonce: nonce, authenticating: data)
            #expect(Array(box.tag) == Array(tag.suffix(16)), "\(size) bytes")
        }
    }
}
