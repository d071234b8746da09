import Foundation
import Testing

@testable import HavreCrypto

/// Wrapping keys in files: Project Wycheproof through the unwrappers, and files in every shape.
@Suite struct KeyFileTests {
    static func secret(_ bytes: [UInt8]) -> SecretBytes { bytes.lend { SecretBytes(copying: $0) } }
    static func copy(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withBytes { Array($0) } }

    /// A new RSA key as the `openssl` program writes it.
    static func otherRSA(bits: Int = 2048, arguments: [String] = []) throws -> SecretBytes {
        let openssl = try #require(Tool.openssl)
        let made = try Tool.run(
            openssl, ["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"] + arguments)
        if made.status == 0 { return secret([UInt8](made.output)) }
        return secret([UInt8](try Tool.run(openssl, ["genrsa", "\(bits)"]).output))
    }

    private func code<E>(_ body: () throws -> E) -> CryptoError.Code? where E: ~Copyable {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? CryptoError)?.code
        }
    }

    private func refuses(_ file: [UInt8], _ encoding: AESKeyFile.Encoding = .detect) -> Bool {
        do {
            _ = try AESKeyFile(Self.secret(file), encoding: encoding)
            return false
        } catch {
            return error.code == .badKey
        }
    }

    @Test(.enabled(if: Vectors.arePresent, "the vectors of third parties are not beside the package"))
    func aesKeyWrapOfWycheproof() throws {
        struct Group: Decodable { let tests: [Case] }
        struct Case: Decodable { let tcId: Int, key: String, msg: String, ct: String, result: String, flags: [String] }
        var count = 0
        for test in try Vectors.wycheproof("aes_wrap", Group.self).flatMap(\.tests) {
            let key = try AESKeyFile(Self.secret(try #require(bytes(hex: test.key))), encoding: .raw)
            let wrapped = WrappedKey(bytes: try #require(bytes(hex: test.ct)), algorithm: .aesKeyWrap)
            if test.result == "valid" {
                #expect(try Self.copy(key.open(wrapped)) == bytes(hex: test.msg), "case \(test.tcId)")
            } else {
                #expect(code { try key.open(wrapped) } == .noMatch, "case \(test.tcId) \(test.flags)")
            }
            count += 1
        }
        #expect(count > 150)
    }

    @Test(.enabled(if: Vectors.arePresent, "the vectors of third parties are not beside the package"))
    func oaepOfWycheproof() throws {
        struct Group: Decodable { let privateKeyPem: String, tests: [Case] }
        struct Case: Decodable { let tcId: Int, msg: String, ct: String, label: String, result: String }
        var count = 0
        for group in try Vectors.wycheproof("rsa_oaep_2048_sha256_mgf1sha256", Group.self) {
            let key = try RSAKeyFile(Self.secret(Array(group.privateKeyPem.utf8)))
            for test in group.tests {
                let wrapped = WrappedKey(bytes: try #require(bytes(hex: test.ct)), algorithm: .rsaOAEP256)
                // No envelope has a label.
                if test.result == "valid", test.label.isEmpty {
                    #expect(try Self.copy(key.open(wrapped)) == bytes(hex: test.msg), "case \(test.tcId)")
                } else {
                    #expect(code { try key.open(wrapped) } == .noMatch, "case \(test.tcId)")
                }
                count += 1
            }
        }
        #expect(count > 20)
    }

    @Test(.enabled(if: Vectors.arePresent, "the vectors of third parties are not beside the package"))
    func gcmOfWycheproofAsAWrapping() throws {
        var count = 0
        for group in try Vectors.wycheproof("aes_gcm", WycheproofTests.AEADGroup.self)
        where group.ivSize == 96 && group.tagSize == 128 {
            for test in group.tests where !test.msg.isEmpty && test.msg.utf8.count < 1000 {
                let key = try AESKeyFile(Self.secret(try #require(bytes(hex: test.key))), encoding: .raw)
                let wrapped = WrappedKey(
                    bytes: try #require(bytes(hex: test.iv + test.ct + test.tag)), algorithm: .aesGCM,
                    associated: try #require(bytes(hex: test.aad)))
                if test.result == "valid" {
                    #expect(try Self.copy(key.open(wrapped)) == bytes(hex: test.msg), "case \(test.tcId)")
                } else {
                    #expect(code { try key.open(wrapped) } == .noMatch, "case \(test.tcId)")
                }
                count += 1
            }
        }
        #expect(count > 50)
    }

    @Test func aesKeysAreReadInEveryShapeAndNeverGuessed() throws {
        var random = SeededGenerator(seed: FuzzTests.seed)
        for size in [16, 24, 32] {
            let key = [0xFF] + random.bytes(size - 1)
            let plain = Array("sixteen bytes ok".utf8)
            let hex = key.map { String(format: "%02X", $0) }.joined()
            let files: [([UInt8], AESKeyFile.Encoding)] = [
                (key, .raw), (key, .detect), (Array(hex.utf8), .hex), (Array((hex.lowercased() + "\r\n").utf8), .hex),
                (Base64.encode(key, padding: .required) + [10], .base64),
                (Base64.encode(key, padding: .required) + [10], .detect),
                (Array((hex + "\n").utf8), .detect),
            ]
            // What AES-GCM seals under the key tells that it was read as it is.
            for (file, encoding) in files where size == 32 {
                let sealed = try key.withUnsafeBytes { key in
                    try plain.withUnsafeBytes { plain in
                        try AEADContext.seal(
                            .aes256GCM, key: key, nonce: [UInt8](repeating: 3, count: 12), associated: [], plain)
                    }
                }
                let wrapped = WrappedKey(bytes: [UInt8](repeating: 3, count: 12) + sealed, algorithm: .aesGCM)
                #expect(try Self.copy(AESKeyFile(Self.secret(file), encoding: encoding).open(wrapped)) == plain)
            }
            for (file, encoding) in files { _ = try AESKeyFile(Self.secret(file), encoding: encoding) }
            #expect(refuses(key.dropLast(), .raw))
            #expect(refuses(key + [1], .raw))
            #expect(refuses(key, .hex))
        }
        // 32 characters: hex of 16 bytes, base64 of 24 or a key of 32 characters.
        #expect(refuses(Array("0123456789abcdef0123456789abcdef".utf8)))
        #expect(refuses([]))
        _ = try AESKeyFile(Self.secret(Array("0123456789abcdef0123456789abcdef".utf8)), encoding: .raw)
        let key = try AESKeyFile(Self.secret([UInt8](repeating: 200, count: 16)))
        #expect(code { try key.open(WrappedKey(bytes: [1], algorithm: .rsaOAEP)) } == .badKey)
        for algorithm in [WrappedKey.Algorithm.aesKeyWrap, .aesGCM, .aesECB] {
            for size in 0..<70 {
                let wrapped = WrappedKey(bytes: random.bytes(size), algorithm: algorithm)
                let found = code { try key.open(wrapped) }
                // Padding of ECB comes right by chance.
                #expect(found == .noMatch || (algorithm == .aesECB && found == nil), "\(algorithm) \(size)")
            }
        }
    }

    @Test(.enabled(if: Tool.openssl != nil, "openssl is not installed"))
    func rsaKeysOfOtherKindsAreRefused() throws {
        let openssl = try #require(Tool.openssl)
        func refusal(_ file: [UInt8]) -> CryptoError? {
            do throws(CryptoError) {
                _ = try RSAKeyFile(Self.secret(file))
                return nil
            } catch { return error }
        }
        let pem = Self.copy(try Self.otherRSA())
        #expect(refusal(pem) == nil)
        let public_ = try Tool.run(openssl, ["pkey", "-pubout"], input: Data(pem)).output
        let locked = try Tool.run(openssl, ["pkey", "-aes256", "-passout", "pass:x"], input: Data(pem)).output
        let traditional = try Tool.run(openssl, ["rsa", "-traditional"], input: Data(pem)).output
        let traditionalLocked = try Tool.run(
            openssl, ["rsa", "-traditional", "-aes256", "-passout", "pass:x"], input: Data(pem)
        ).output
        let curve = try Tool.run(openssl, ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]).output
        #expect(refusal([UInt8](traditional)) == nil)
        for (place, file) in [
            public_, locked, traditionalLocked, curve, Data("x".utf8), Data(), Data(pem.dropLast(90)),
        ].enumerated() {
            #expect(refusal([UInt8](file))?.code == .badKey, "file \(place)")
        }
        #expect(refusal(Self.copy(try Self.otherRSA(bits: 1024)))?.code == .badKey)
        var random = SeededGenerator(seed: FuzzTests.seed)
        for _ in 0..<300 {
            var changed = pem
            changed[Int.random(in: 0..<pem.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = refusal(changed)
        }
    }

    /// Whether RSA's old padding was right is never told: there is always a key, and for one ciphertext always the same.
    @Test(.enabled(if: EnvelopeSamples.canRun, "the vendors' clients are not in .venv"))
    func oldPaddingIsNoOracle() throws {
        let key = try RSAKeyFile(try EnvelopeSamples.secret("kek.pem"))
        let same = try RSAKeyFile(try EnvelopeSamples.secret("kek-pkcs1.pem"))
        let sample = try #require(
            try EnvelopeSamples.all().samples.first { $0.name == "written v1 RSA 16" })
        let wrapped = try #require(Base64.decode((sample.metadata["x-amz-key"] ?? "").utf8, padding: .required))
        func open(_ bytes: [UInt8], _ key: RSAKeyFile, _ count: Int) throws -> [UInt8] {
            Self.copy(try key.open(WrappedKey(bytes: bytes, algorithm: .rsaPKCS1, count: count)))
        }
        let right = try open(wrapped, key, 32)
        #expect(try open(wrapped, same, 32) == right)
        var changed = wrapped
        changed[100] ^= 1
        var found = Set([right])
        for (bytes, count) in [(changed, 32), (wrapped, 40), (wrapped, 31), (wrapped, 16)] {
            let first = try open(bytes, key, count)
            #expect(try open(bytes, key, count) == first)
            #expect(first.count == count)
            #expect(!right.starts(with: first) && right.suffix(count) != first[...], "\(count)")
            found.insert(first)
        }
        #expect(found.count == 5)
        // Of another size than the modulus there is no padding to tell of.
        #expect(code { try open(Array(wrapped.dropLast()), key, 32) } == .noMatch)
        #expect(throws: CryptoError.self) { _ = try RSAKeyFile(try EnvelopeSamples.secret("kek-locked.pem")) }
    }
}
