import Testing

@testable import HavreCrypto

/// Project Wycheproof, run through the very primitives that the seal uses.
@Suite(.enabled(if: Vectors.arePresent, "the vectors of third parties are not beside the package"))
struct WycheproofTests {
    private func copy(_ secret: consuming SecretBytes?) -> [UInt8]? {
        guard let secret = consume secret else { return nil }
        return secret.withBytes { Array($0) }
    }

    @Test func x25519() throws {
        struct Group: Decodable { let tests: [Case] }
        struct Case: Decodable { let tcId: Int, `public`: String, `private`: String, shared: String, result: String }
        var count = 0
        for test in try Vectors.wycheproof("x25519", Group.self).flatMap(\.tests) {
            let point = try #require(bytes(hex: test.public))
            let secret = try #require(bytes(hex: test.private))
            let expected = try #require(bytes(hex: test.shared))
            let shared = try secret.lend { bytes throws in
                copy(try X25519.shared(secret: bytes, point: point))
            }
            let isZero = expected.allSatisfy { $0 == 0 }
            if isZero || test.result == "invalid" {
                #expect(shared == nil, "case \(test.tcId)")
            } else {
                #expect(shared == expected, "case \(test.tcId)")
            }
            count += 1
        }
        #expect(count > 500)
    }

    struct AEADGroup: Decodable {
        struct Case: Decodable {
            let tcId: Int, key: String, iv: String, aad: String, msg: String, ct: String, tag: String, result: String
        }
        let ivSize: Int, keySize: Int, tagSize: Int, tests: [Case]
    }

    private func aead(_ name: String, _ algorithm: AEADContext.Algorithm) throws -> Int {
        var count = 0
        for group in try Vectors.wycheproof(name, AEADGroup.self) where group.keySize == 256 && group.tagSize == 128 {
            for test in group.tests {
                let key = try #require(bytes(hex: test.key))
                let nonce = try #require(bytes(hex: test.iv))
                let associated = try #require(bytes(hex: test.aad))
                let plain = try #require(bytes(hex: test.msg))
                let sealed = try #require(bytes(hex: test.ct + test.tag))
                guard nonce.count == 12 else {
                    #expect(throws: CryptoError.self) {
                        try key.lend { key throws in
                            try plain.lend { plain throws in
                                _ = try AEADContext.seal(
                                    algorithm, key: key, nonce: nonce, associated: associated, plain)
                            }
                        }
                    }
                    continue
                }
                let opened = try key.lend { key throws in
                    try sealed.lend { sealed throws in
                        copy(
                            try AEADContext.open(algorithm, key: key, nonce: nonce, associated: associated, sealed))
                    }
                }
                let again = try key.lend { key throws in
                    try plain.lend { plain throws in
                        try AEADContext.seal(algorithm, key: key, nonce: nonce, associated: associated, plain)
                    }
                }
                #expect(opened == (test.result == "valid" ? plain : nil), "case \(test.tcId)")
                #expect((again == sealed) == (test.result == "valid"), "case \(test.tcId)")
                count += 1
            }
        }
        return count
    }

    @Test func chacha20Poly1305() throws { #expect(try aead("chacha20_poly1305", .chacha20Poly1305) > 250) }

    @Test func aes256GCM() throws { #expect(try aead("aes_gcm", .aes256GCM) > 50) }

    /// Cases without data are GMACs: the keyless check of ciphertext.
    @Test func gmac() throws {
        var count = 0
        for group in try Vectors.wycheproof("aes_gcm", AEADGroup.self)
        where group.keySize == 256 && group.ivSize == 96 && group.tagSize == 128 {
            for test in group.tests where test.msg.isEmpty && test.result == "valid" {
                let associated = try #require(bytes(hex: test.aad))
                let tag = try #require(bytes(hex: test.iv + test.tag))
                let both = [UInt8](repeating: 7, count: 32) + (try #require(bytes(hex: test.key)))
                let verifier = try TagVerifier(try both.lend { bytes throws in try DigestKey(copying: bytes) })
                for place in -1..<tag.count {
                    var changed = tag
                    if place >= 0 { changed[place] ^= 1 }
                    try verifier.begin(tag: changed)
                    for piece in [associated.prefix(5), associated.dropFirst(5)] {
                        try piece.withUnsafeBytes { try verifier.update($0) }
                    }
                    #expect(try verifier.finish() == (place < 0), "case \(test.tcId)")
                }
                count += 1
            }
        }
        #expect(count == 2)
    }

    @Test func hkdf() throws {
        struct Group: Decodable { let tests: [Case] }
        struct Case: Decodable {
            let tcId: Int, ikm: String, salt: String, info: String, size: Int, okm: String, result: String
        }
        var count = 0
        for test in try Vectors.wycheproof("hkdf_sha256", Group.self).flatMap(\.tests) {
            let secret = try #require(bytes(hex: test.ikm))
            let salt = try #require(bytes(hex: test.salt))
            let info = try #require(bytes(hex: test.info))
            var out = [UInt8](repeating: 0, count: test.size)
            let derive = { (out: inout [UInt8]) throws in
                try secret.lend { secret throws in
                    try out.lendMutable { out throws in
                        try KeyDerivation.hkdf(secret, salt: salt, info: info, into: out)
                    }
                }
            }
            if test.result == "valid" {
                try derive(&out)
                #expect(out == bytes(hex: test.okm), "case \(test.tcId)")
            } else {
                #expect(throws: CryptoError.self, "case \(test.tcId)") { try derive(&out) }
            }
            count += 1
        }
        #expect(count > 50)
    }

    @Test func hmac() throws {
        struct Group: Decodable { let tagSize: Int, tests: [Case] }
        struct Case: Decodable { let tcId: Int, key: String, msg: String, tag: String, result: String }
        var count = 0
        for group in try Vectors.wycheproof("hmac_sha256", Group.self) {
            for test in group.tests {
                let key = try #require(bytes(hex: test.key))
                let message = try #require(bytes(hex: test.msg))
                let tag = try #require(bytes(hex: test.tag))
                let mac = key.lend { key in message.lend { KeyDerivation.hmac(key: key, $0) } }
                #expect(
                    equalInConstantTime(Array(mac.prefix(group.tagSize / 8)), tag) == (test.result == "valid"),
                    "case \(test.tcId)")
                count += 1
            }
        }
        #expect(count > 100)
    }

    /// RFC 8032 signatures, through the manifest's verifying key.
    @Test func ed25519() throws {
        struct Group: Decodable {
            struct Key: Decodable { let pk: String }
            struct Case: Decodable { let tcId: Int, msg: String, sig: String, result: String }
            let publicKey: Key
            let tests: [Case]
        }
        var count = 0
        for group in try Vectors.wycheproof("ed25519", Group.self) {
            let key = try VerifyingKey(bytes: try #require(bytes(hex: group.publicKey.pk)))
            for test in group.tests {
                let message = try #require(bytes(hex: test.msg))
                let signature = try #require(bytes(hex: test.sig))
                #expect(key.verifies(signature, of: message) == (test.result == "valid"), "case \(test.tcId)")
                count += 1
            }
        }
        #expect(count > 100)
    }
}
