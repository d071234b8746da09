import COpenSSL
import Foundation
import Testing

@testable import HavreCrypto

@Suite struct KeyTests {
    static let secret = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"

    private func parse(_ text: String) throws(CryptoError) -> [AgeIdentity] {
        try AgeIdentity.parse(file: SecretBytes(count: text.utf8.count) { $0.copyBytes(from: text.utf8) })
    }

    private func text(_ bytes: borrowing SecretBytes) -> String {
        bytes.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test func keysRoundTrip() throws {
        let identity = try #require(try parse(Self.secret).first)
        let encoded = identity.withEncoded { String(decoding: $0, as: UTF8.self) }
        #expect(encoded == Self.secret)
        for _ in 0..<50 {
            let identity = try AgeIdentity.generate()
            #expect(identity.recipient.text.utf8.count == 62)
            #expect(try AgeRecipient(identity.recipient.text) == identity.recipient)
            let file = identity.withEncoded { String(decoding: $0, as: UTF8.self) }
            #expect(try parse(file).map(\.recipient) == [identity.recipient])
        }
    }

    @Test(.enabled(if: Tool.ageKeygen != nil, "age is not installed"))
    func keyFilesAreThoseOfAge() throws {
        let keygen = try #require(Tool.ageKeygen)
        let identity = try AgeIdentity.generate()
        let contents = text(KeyFile.contents(identity, created: "2026-11-03T10:00:00+01:00"))
        let lines = contents.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4 && lines[3].isEmpty)
        #expect(lines[0] == "# created: 2026-11-03T10:00:00+01:00")
        #expect(lines[1] == "# public key: \(identity.recipient)")
        let derived = try Tool.run(keygen, ["-y"], input: Data(contents.utf8))
        #expect(derived.status == 0 && derived.output == Data("\(identity.recipient)\n".utf8))
        let made = try Tool.run(keygen, [])
        let again = try Tool.run(keygen, ["-y"], input: made.output)
        let read = try parse(String(decoding: made.output, as: UTF8.self))
        #expect(read.map { "\($0.recipient)\n" } == [String(decoding: again.output, as: UTF8.self)])
    }

    @Test func identityFilesHoldCommentsAndSeveralKeys() throws {
        let two = try AgeIdentity.generate().withEncoded { String(decoding: $0, as: UTF8.self) }
        let file = "# created: today\r\n\r\n#\n\(Self.secret)\r\n\n\(two)"
        #expect(try parse(file).count == 2)
        let custodian = try IdentityFile(SecretBytes(count: file.utf8.count) { $0.copyBytes(from: file.utf8) })
        #expect(custodian.identities.count == 2)
    }

    @Test(arguments: [
        ("", "holds no identity"), ("# nothing\n\n", "holds no identity"),
        ("\n" + secret.lowercased(), "line 2"), (secret.dropLast() + "", "characters"),
        (secret.replacingOccurrences(of: "1EG", with: "1GE"), "checksum"),
        (secret.replacingOccurrences(of: "1EG", with: "1BG"), "a character that none has"),
        ("#\n\n age", "line 3"), (" " + secret, "space"), (secret + " ", "space"),
        ("age1qqqq", "public key"), ("AGE-SECRET-KEY-PQ-1AA", "post-quantum"), ("AGE-PLUGIN-X-1AA", "plugins"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "PEM"), ("age-encryption.org/v1\n", "itself encrypted"),
        ("-----BEGIN AGE ENCRYPTED FILE-----\n", "itself encrypted"), ("\u{0}\u{1}", "line 1"),
    ])
    func badIdentityFilesAreExplained(_ file: String, _ expected: String) {
        let error = #expect(throws: CryptoError.self) { try parse(file) }
        #expect(error?.code == .badKey)
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        // No run of the secret may show up in the message.
        let body = Self.secret.dropFirst(20)
        #expect(error.map { $0.message.uppercased().contains(body.prefix(8)) } == false)
    }

    @Test(arguments: [
        ("", "nothing"), (secret, "private key"), ("age1pq1qqq", "post-quantum"), ("age1yubikey1qqq", "plugin"),
        ("ssh-ed25519 AAAA", "SSH"), ("age1", "characters"), ("bob", "3 characters that do not"),
        (String(secret.dropFirst()), "do not begin"), (" " + secret, "private"),
        ("age1 ", "space"), ("AGE1QQQ", "upper case"),
        ("agE1qqq", "mixes"), ("agf1qqq", "do not begin"),
    ])
    func badRecipientsAreExplained(_ text: String, _ expected: String) {
        let error = #expect(throws: CryptoError.self) { try AgeRecipient(text) }
        #expect(error?.code == .badKey)
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("EGTZVFF") == false)
    }

    /// Any single wrong character of a recipient is found.
    @Test func everyMistypedRecipientIsFound() throws {
        let good = try AgeIdentity.generate().recipient.text
        for place in good.indices {
            for other in ["q", "p", "0", "b", "Q", "é"] where String(good[place]) != other {
                let text = good[..<place] + other + good[good.index(after: place)...]
                #expect(throws: CryptoError.self, "\(text)") { try AgeRecipient(String(text)) }
            }
        }
        #expect(throws: CryptoError.self) { try AgeRecipient(good + " ") }
        #expect(throws: CryptoError.self) { try AgeRecipient(good + "\n") }
        #expect(throws: CryptoError.self) { try AgeRecipient(String(good.dropLast())) }
        #expect(throws: CryptoError.self) { try AgeRecipient(good.uppercased()) }
    }

    @Test func pointsOfLowOrderAreNoRecipients() {
        for point in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
            let error = #expect(throws: CryptoError.self) { try AgeRecipient(AgeRecipient(point: point).text) }
            #expect(error?.message.contains("low order") == true)
        }
    }

    @Test func base64IsCanonical() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
            let padded = Base64.text(bytes)
            #expect(padded == Data(bytes).base64EncodedString())
            #expect(Base64.decode(padded.utf8, padding: .required) == bytes)
            let bare = Base64.encode(bytes, padding: .none)
            #expect(Base64.decode(bare, padding: .none) == bytes)
            if count % 3 != 0 {
                #expect(Base64.decode(padded.utf8, padding: .none) == nil)
                #expect(Base64.decode(bare, padding: .required) == nil)
            }
        }
        for bad in ["AB", "AAB", "A", "AAAAA", "AA=", "====", "A A=", "AA-_", "AA\n="] {
            #expect(Base64.decode(bad.utf8, padding: .none) == nil, "\(bad)")
            #expect(Base64.decode(bad.utf8, padding: .required) == nil, "\(bad)")
        }
    }

    @Test func resumeKeysBindWhatTheySeal() throws {
        let key = try ResumeKey.random()
        let plain = Array("metadata of one object".utf8)
        let sealed = try plain.lend { bytes throws in try key.seal(bytes, binding: [1, 2]) }
        let opened = try key.open(sealed, binding: [1, 2])
        #expect(opened.withBytes { Array($0) } == plain)
        let copy = try key.withBytes { bytes throws in try ResumeKey(copying: bytes) }
        let again = try copy.open(sealed, binding: [1, 2])
        #expect(again.withBytes { $0.count } == plain.count)
        let other = try ResumeKey.random()
        for (key, binding) in [(key, [UInt8]([1])), (key, [1, 2, 0]), (other, [1, 2])] {
            let error = #expect(throws: CryptoError.self) { _ = try key.open(sealed, binding: binding) }
            #expect(error?.code == .refused)
        }
        #expect(throws: CryptoError.self) { _ = try key.open([], binding: [1, 2]) }
        #expect(throws: CryptoError.self) {
            try [UInt8](repeating: 0, count: 31).lend { bytes throws in _ = try ResumeKey(copying: bytes) }
        }
    }

    @Test func signaturesHoldAndBreak() throws {
        let key = try SigningKey.generate()
        let message = Array("manifest".utf8)
        let signature = try key.signature(of: message)
        #expect(signature.count == 64)
        #expect(key.verifyingKey.verifies(signature, of: message))
        #expect(!key.verifyingKey.verifies(signature, of: message + [0]))
        #expect(try !SigningKey.generate().verifyingKey.verifies(signature, of: message))
        #expect(!key.verifyingKey.verifies([], of: message))
        #expect(try SigningKey(pem: key.pem()).verifyingKey == key.verifyingKey)
        #expect(try VerifyingKey(pem: key.verifyingKey.pem()) == key.verifyingKey)
    }

    @Test(.enabled(if: Tool.openssl != nil, "openssl is not installed"))
    func pemFilesAreThoseOfOpenSSL() throws {
        let openssl = try #require(Tool.openssl)
        let made = try Tool.run(openssl, ["genpkey", "-algorithm", "ed25519"]).output
        let point = try Tool.run(openssl, ["pkey", "-pubout"], input: made).output
        let key = try SigningKey(pem: SecretBytes(count: made.count) { $0.copyBytes(from: made) })
        #expect(key.verifyingKey.pem() == Array(point))
        #expect(key.pem().withBytes { Data($0) } == made)
        let rsa = try Tool.run(openssl, ["genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]).output
        let error = #expect(throws: CryptoError.self) {
            _ = try SigningKey(pem: SecretBytes(count: rsa.count) { $0.copyBytes(from: rsa) })
        }
        #expect(error?.message.contains("Ed25519") == true)
        for count in [0, 10, 40, made.count - 5] {
            #expect(throws: CryptoError.self) {
                _ = try SigningKey(pem: SecretBytes(count: count) { $0.copyBytes(from: made.prefix(count)) })
            }
        }
    }

    /// The secure heap stays mapped, so that what a freed secret left there can be looked at.
    @Test func secretsAreLockedAndOverwritten() throws {
        let canary = Array("canary-canary-canary-canary-canary-canary-canary-canary-canary!!".utf8)
        func make() -> UnsafeRawPointer? {
            let secret = SecretBytes(count: canary.count) { $0.copyBytes(from: canary) }
            return secret.withBytes { bytes in
                #expect(CRYPTO_secure_allocated(bytes.baseAddress) == 1)
                #expect(bytes.elementsEqual(canary))
                return bytes.baseAddress
            }
        }
        let place = try #require(make())
        let left = Array(UnsafeRawBufferPointer(start: place, count: canary.count))
        #expect(left.suffix(32) != canary.suffix(32))
        // Too large for the secure heap, and empty, are secrets too.
        let large = try SecretBytes.random(2 << 20)
        #expect(large.withBytes { Set($0.prefix(1_000)).count > 100 })
        #expect(try SecretBytes.random(0).count == 0)
    }
}
