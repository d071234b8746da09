import HavreModel
import Testing

@testable import HavreCrypto

/// What the vendors' own clients wrote opens to what they were given.
@Suite(.enabled(if: EnvelopeSamples.canRun, "the vendors' clients are not in .venv"))
struct EnvelopeSampleTests {
    @Test func everySampleOpensToItsPlaintext() async throws {
        let all = try EnvelopeSamples.all()
        #expect(all.samples.count > 100)
        #expect(Set(all.samples.map(\.format)).count == 6)
        var random = SeededGenerator(seed: FuzzTests.seed)
        for sample in all.samples {
            let object = try MemoryObject(sample)
            let format = try all.format(sample)
            #expect(format.name == sample.format)
            for order in [EnvelopeRun.Order.forward, .restarted] {
                let step =
                    sample.size < 2000
                    ? Int.random(in: 1...20, using: &random) : Int.random(in: 5000...300_000, using: &random)
                do {
                    let opened = try #require(
                        try await EnvelopeRun.open(object, format, order: order, step: step), "\(sample.name)")
                    #expect(isSame(opened.bytes, try EnvelopeSamples.plain(sample.size)), "\(sample.name)")
                    // A region of any size passes through the same little memory.
                    #expect(opened.largest <= 64 << 10, "\(sample.name)")
                    #expect(opened.proof == Self.proof(of: sample), "\(sample.name)")
                } catch {
                    Issue.record("\(sample.name): \(error)")
                }
            }
        }
    }

    private static func proof(of sample: EnvelopeSamples.Sample) -> EnvelopeProof {
        switch sample.format {
        case "azure-cse-v2", "rclone-crypt": .piecewise
        case "s3ec-v3": .whole
        case "s3ec-v2": sample.name.hasSuffix("CBC") ? .none : .whole
        default: .none
        }
    }

    @Test func anObjectBearsOneEnvelopeOnlyAndItIsSeenWithoutKeys() async throws {
        let all = try EnvelopeSamples.all()
        let formats = try Set(all.samples.map(\.format)).sorted().map { name in
            try all.format(try #require(all.samples.first { $0.format == name && $0.kms == nil }))
        }
        for sample in all.samples where sample.size < 2000 {
            let object = try MemoryObject(sample)
            let kind = EnvelopeKind.seen(metadata: object.metadata, firstBytes: Array(object.bytes.prefix(64)))
            // Of version 2 in an instruction file the object itself shows nothing.
            #expect(
                kind.rawValue == (sample.name.hasPrefix("written v2 instruction") ? "none" : sample.format),
                "\(sample.name)")
            if let instruction = object.instruction {
                #expect(EnvelopeKind.seen(metadata: [:], firstBytes: Array(instruction.prefix(64))) == .s3ecInstruction)
            }
            for format in formats where format.name != sample.format {
                do {
                    let opened = try await format.open(object.stored)
                    #expect(opened == nil, "\(sample.name) as \(format.name)")
                } catch let error as CryptoError {
                    // A key of another version lies in the instruction file or is half there.
                    #expect(
                        error.code == .envelopeFailure && sample.instruction != nil,
                        "\(sample.name) as \(format.name): \(error)")
                }
            }
        }
        for bytes in [[], Array("{\"a\": 1}".utf8), Array("plain text".utf8), [UInt8](repeating: 0, count: 64)] {
            #expect(EnvelopeKind.seen(metadata: ["color": "blue"], firstBytes: bytes) == .none)
        }
        #expect(EnvelopeKind.seen(metadata: ["encryptiondata": "{"], firstBytes: []) == .azureCSEv2)
        #expect(EnvelopeKind.seen(metadata: [:], firstBytes: Array("age-encryption.org/v1\n-> X".utf8)) == .age)
        #expect(
            EnvelopeKind.seen(metadata: [:], firstBytes: Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8))
                == .ageArmored)
        #expect(EnvelopeKind.seen(metadata: [:], firstBytes: Array("-----BEGIN PGP MESSAGE-----\n".utf8)) == .openPGP)
    }

    @Test func otherKeysOpenNothing() async throws {
        let all = try EnvelopeSamples.all()
        let aes = SecretBytes(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: 7) }
        let other = SampleKeys(
            aes: try AESKeyFile(aes, encoding: .raw), rsa: try RSAKeyFile(try KeyFileTests.otherRSA()))
        let password = Array("another".utf8).lend { SecretBytes(copying: $0) }
        let formats: [any EnvelopeFormat] = [
            AzureCSEv1Format(unwrapping: other), AzureCSEv2Format(unwrapping: other),
            S3EncryptionClientFormat(.v1, unwrapping: other), S3EncryptionClientFormat(.v2, unwrapping: other),
            S3EncryptionClientFormat(.v3, unwrapping: other),
            RcloneCryptFormat(keys: try RcloneKeys(password: password, password2: nil, writing: .plain)),
        ]
        for sample in all.samples where sample.size > 0 && sample.size < 2000 {
            let format = try #require(formats.first { $0.name == sample.format })
            let object = try MemoryObject(sample)
            do {
                let opened = try #require(try await EnvelopeRun.open(object, format), "\(sample.name)")
                // Of CBC under a key that has no check, one in 256 has the looks of padding.
                let isPlain = isSame(opened.bytes, try EnvelopeSamples.plain(sample.size))
                #expect(opened.proof == .none && !isPlain, "\(sample.name)")
            } catch let error as CryptoError {
                #expect([.noMatch, .payloadFailure].contains(error.code), "\(sample.name): \(error)")
            }
        }
    }

    @Test func pageBlobsOfVersion1AreNotPadded() async throws {
        let all = try EnvelopeSamples.all()
        let sample = try #require(all.samples.first { $0.format == "azure-cse-v1" && $0.size == 16 << 20 })
        let object = MemoryObject(
            Array(try EnvelopeSamples.bytes(sample.file).dropLast(16)), metadata: sample.metadata, isPadded: false)
        let opened = try #require(try await EnvelopeRun.open(object, try all.format(sample)))
        #expect(isSame(opened.bytes, try EnvelopeSamples.plain(sample.size)))
    }

    @Test func namesAreThoseOfRclone() throws {
        let all = try EnvelopeSamples.all()
        var count = 0
        for (remoteName, remote) in all.remotes {
            let mode: RcloneNames.Mode =
                remote.mode == "standard" ? .standard : remote.mode == "off" ? .off(suffix: ".bin") : .obfuscate
            let names = RcloneNames(
                keys: try all.keys(remoteName), mode: mode,
                encoding: try #require(RcloneEncoding(rawValue: remote.encoding)),
                directories: remote.directories)
            for (plain, stored) in remote.names {
                #expect(
                    try names.stored(ObjectKey(plain)) == ObjectKey(stored), "\(remoteName) \(remote.mode) \(plain)")
                #expect(
                    try names.plain(ObjectKey(stored)) == ObjectKey(plain), "\(remoteName) \(remote.mode) \(stored)")
                count += 1
            }
        }
        #expect(count > 200)
    }
}
