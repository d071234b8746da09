import Foundation
import Testing

@testable import HavreCrypto

/// Mutated valid files and random bytes: any error is right, a crash or plaintext that was never sealed is not.
@Suite struct FuzzTests {
    static let seed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["HAVRE_FUZZ_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("fuzzing with HAVRE_FUZZ_SEED=\(seed)")
        return seed
    }()

    private func mutate(_ file: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var file = file
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            // Most mutations hit the header: that is what is parsed.
            let end = Bool.random(using: &random) ? min(file.count, 250) : file.count
            let place = Int.random(in: 0...end, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0 where place < file.count: file[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            case 1 where place < file.count: file[place] = UInt8.random(in: 0...255, using: &random)
            case 2: file.insert(contentsOf: random.bytes(Int.random(in: 1...5, using: &random)), at: place)
            case 3 where place < file.count:
                file.removeSubrange(place..<min(file.count, place + Int.random(in: 1...70, using: &random)))
            case 4: file.removeSubrange(place...)
            case 5:
                let words = ["\n", "\r\n", "-> ", "-> X25519 ", "---", "--- ", "=", " ", "-> scrypt ", "\n\n", "A"]
                file.insert(contentsOf: Array(words.randomElement(using: &random).map(\.utf8) ?? "".utf8), at: place)
            default:
                let from = Int.random(in: 0...end, using: &random)
                file.insert(contentsOf: Array(file[min(from, place)..<max(from, place)].prefix(300)), at: place)
            }
        }
        return file
    }

    @Test func mutatedFilesNeverOpenToOtherBytes() throws {
        var random = SeededGenerator(seed: Self.seed)
        let identity = try AgeIdentity.generate()
        let others = try (0..<2).map { _ in try AgeIdentity.generate().recipient }
        let sealer = try ChunkSealer()
        var base: [(plain: [UInt8], file: [UInt8])] = []
        for size in [0, 3, 300, 65_536, 65_600] {
            let plain = random.bytes(size)
            let file = try AgeSealing.create(to: [others[0], identity.recipient, others[1]])
            base.append((plain, try Sealed.part(sealer, file, plain[...], firstChunk: 0, endsFile: true)))
            guard size < 1_000 else { continue }
            var text = "-----BEGIN AGE ENCRYPTED FILE-----\n"
            let digits = Base64.encode(base[base.count - 1].file, padding: .required)
            for start in stride(from: 0, to: digits.count, by: 64) {
                text += String(decoding: digits[start..<min(start + 64, digits.count)], as: UTF8.self) + "\n"
            }
            base.append((plain, Array((text + "-----END AGE ENCRYPTED FILE-----\n").utf8)))
        }
        // A work factor of a mutated scrypt stanza must not cost the test minutes.
        let passphrase = AgeUnlock.Passphrase(SecretBytes(count: 1) { $0[0] = 1 })
        let unlock = AgeUnlock(identities: [identity], passphrases: [passphrase], maxWorkFactor: 4)
        var opened = 0
        for round in 0..<6_000 {
            let (plain, file) = base[round % base.count]
            let changed = mutate(file, &random)
            let step = Int.random(in: 1...max(1, min(changed.count, round % 3 == 0 ? 64 : 100_000)), using: &random)
            let armor: AgeStreamOpener.Armor = round % 5 == 0 ? .required : .detect
            let result = try AgeVectorTests.open(changed, unlock, armor: armor, step: max(step, changed.count / 2_000))
            #expect(plain.starts(with: result.released), "round \(round) of seed \(Self.seed)")
            if result.error == nil {
                opened += 1
                #expect(result.released == plain, "round \(round) of seed \(Self.seed)")
            }
        }
        // Some mutations are harmless (white space around armor, a change undone); most are not.
        #expect(opened < 600, "\(opened) of 6000 opened")
    }

    @Test func randomBytesAreRefused() throws {
        var random = SeededGenerator(seed: Self.seed ^ 1)
        let identity = try AgeIdentity.generate()
        let starts = [
            "", "age-encryption.org/v1\n", "age-encryption.org/v1\n-> X25519 ", "-----BEGIN AGE ENCRYPTED FILE-----\n",
        ]
        let alphabet = Array("AZaz09+/=-> \n\r\t1v".utf8)
        for round in 0..<4_000 {
            var file = Array(starts[round % starts.count].utf8)
            let count = Int.random(in: 0...400, using: &random)
            file +=
                round % 2 == 0
                ? random.bytes(count) : (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let result = try AgeVectorTests.open(
                file, AgeUnlock(identities: [identity]), armor: .detect, step: Int.random(in: 1...500, using: &random))
            #expect(result.error != nil && result.released.isEmpty, "round \(round) of seed \(Self.seed)")
            let key = SecretBytes(count: file.count) { $0.copyBytes(from: file) }
            #expect(throws: CryptoError.self) { try AgeIdentity.parse(file: key) }
            #expect(throws: CryptoError.self) { _ = try SigningKey(pem: key) }
            #expect(throws: CryptoError.self) { try AgeRecipient(String(decoding: file, as: UTF8.self)) }
        }
    }
}
