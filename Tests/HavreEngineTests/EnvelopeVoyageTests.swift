import Foundation
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import TestServers
import Testing

/// Objects in foreign envelopes on their way into age: opened at the source, sealed anew, in one pass.
@Suite(.ownThreads) struct EnvelopeVoyageTests {
    static let formats = ["azure-cse-v1", "azure-cse-v2", "s3ec-v1", "s3ec-v2", "s3ec-v3"]

    /// A source that holds every sample of a format, each under its name.
    private func source(_ samples: [Chest.Sample], damage: ((Chest.Sample, [UInt8]) -> [UInt8])? = nil) throws
        -> MemoryStore
    {
        let store = MemoryStore()
        for sample in samples {
            let key = ObjectKey("in/" + sample.name)
            let bytes = try Chest.bytes(sample.file)
            store.put(key, damage?(sample, bytes) ?? bytes, metadata: ObjectMetadata(user: sample.metadata))
            if let file = sample.instruction { store.put(ObjectKey("in/\(sample.name).instruction"), Array(file.utf8)) }
        }
        return store
    }

    private func voyage(_ store: MemoryStore, _ opening: SourceOpening, _ format: String) throws -> Voyage {
        let voyage = try Voyage(source: store, target: MemoryStore())
        voyage.opening = opening
        voyage.dataset.opening = Dataset.Opening.Format(rawValue: format).map { .init(format: $0, key: "old") }
        return voyage
    }

    private func opening(_ format: String, _ keys: some KeyUnwrapping, clear: Dataset.Opening.Unencrypted = .block)
        -> SourceOpening
    {
        let made: any EnvelopeFormat =
            switch format {
            case "azure-cse-v1": AzureCSEv1Format(unwrapping: keys)
            case "azure-cse-v2": AzureCSEv2Format(unwrapping: keys)
            case "s3ec-v1": S3EncryptionClientFormat(.v1, unwrapping: keys)
            case "s3ec-v2": S3EncryptionClientFormat(.v2, unwrapping: keys)
            default: S3EncryptionClientFormat(.v3, unwrapping: keys)
            }
        return SourceOpening(format: made, unencrypted: clear, acceptsUnauthenticated: true)
    }

    private func landed(_ voyage: Voyage) async throws -> [LandedRow] {
        let journal = try voyage.journal()
        defer { try? journal.close() }
        return try await journal.landed(dataset: "projects", includingVerified: true, after: 0, limit: 1000)
    }

    private func failed(_ voyage: Voyage) async throws -> [TransferRow] {
        let journal = try voyage.journal()
        defer { try? journal.close() }
        return try await journal.failed(dataset: "projects", after: 0, limit: 1000)
    }

    @Test(arguments: formats) func everySampleArrives(_ format: String) async throws {
        let samples = try Chest.samples(format)
        #expect(samples.count >= 3)
        let voyage = try voyage(try source(samples), opening(format, try Chest.Keys()), format)
        let result = try await voyage.sail()
        #expect(result.counts.landed == samples.count, "\(result.counts)")
        for sample in samples {
            #expect(try await voyage.opened(ObjectKey(sample.name)) == Chest.plain(sample.size), "\(sample.name)")
        }
        let isProven = Dataset.Opening.Format(rawValue: format)?.isAuthenticated == true
        for row in try await landed(voyage) where isProven == false || !row.landing.provenance.contains("unauth") {
            #expect(row.landing.provenance == "opened \(format)" + (isProven ? "" : ", unauthenticated"))
        }
        // Against the source, once more.
        let instructions = samples.filter { $0.instruction != nil }.count
        #expect(result.counts.skipped == instructions)
    }

    @Test(arguments: formats) func anotherKeyMovesNothing(_ format: String) async throws {
        let samples = try Chest.samples(format)
        let voyage = try voyage(try source(samples), opening(format, try Chest.Keys(wrong: true)), format)
        try await voyage.sail()
        #expect(try await landed(voyage).isEmpty)
        #expect(try await failed(voyage).count == samples.count)
        try await expectNothing(voyage)
    }

    /// A bit in the last byte of the stored object: the tag of a whole message, or of the last region.
    @Test(arguments: ["azure-cse-v2", "s3ec-v2", "s3ec-v3"]) func aFlippedBitCompletesNothing(_ format: String)
        async throws
    {
        let samples = try Chest.samples(format).filter { $0.isAuthenticated }
        let store = try source(samples) { _, bytes in
            var bytes = bytes
            if let last = bytes.indices.last { bytes[last] ^= 1 }
            return bytes
        }
        let voyage = try voyage(store, opening(format, try Chest.Keys()), format)
        try await voyage.sail()
        let rows = try await failed(voyage)
        // What is empty has no byte in some formats.
        let bearing = try samples.filter { try !Chest.bytes($0.file).isEmpty }
        #expect(rows.count == bearing.count)
        for row in rows {
            guard case .failed(let failure, _) = row.machine.state else { continue }
            #expect(!failure.retryable, "\(row.key): \(failure.reason)")
        }
        if samples.count == bearing.count { try await expectNothing(voyage) }
        // The upload that was open for what came in parts is ended by the next run at the latest.
        try await voyage.sail()
        #expect(try await voyage.target.listUploads(prefix: ObjectKey("")).isEmpty)
    }

    private func expectNothing(_ voyage: Voyage) async throws {
        let listing = voyage.target.listing(prefix: ObjectKey("out/"))
        while let page = try await listing.next() {
            #expect(page.filter { !String(decoding: $0.key.bytes, as: UTF8.self).contains(".havre/") }.isEmpty)
        }
    }

    /// A message that proves itself at its end only, in three parts: wherever the process ends, what arrives is proven.
    @Test(arguments: [false, true]) func aProofOutlivesTheProcess(damaged: Bool) async throws {
        let samples = try Chest.samples("s3ec-v2").filter { $0.size > 16 << 20 && $0.isAuthenticated }
        let sample = try #require(samples.first)
        for number in stride(from: 8, to: 60, by: 4) {
            let store = try source([sample]) { _, bytes in
                var bytes = bytes
                if damaged { bytes[20] ^= 1 }
                return bytes
            }
            let voyage = try voyage(store, opening("s3ec-v2", try Chest.Keys()), "s3ec-v2")
            let fate = Fate(number: number)
            _ = try? await voyage.sail(
                source: FatedStore(base: store, deck: .source, fate: fate),
                target: FatedStore(base: voyage.target, deck: .target, fate: fate), fate: fate)
            try await voyage.sail()
            if damaged {
                #expect(try await landed(voyage).isEmpty, "after \(number) calls")
                try await expectNothing(voyage)
            } else {
                #expect(
                    try await voyage.opened(ObjectKey(sample.name)) == Chest.plain(sample.size), "after \(number) calls"
                )
            }
        }
    }

    @Test func whatLiesInClearIsToldApart() async throws {
        let samples = try Chest.samples("azure-cse-v2")
        for policy in [Dataset.Opening.Unencrypted.block, .move] {
            let store = try source(samples)
            store.put(ObjectKey("in/clear.txt"), Array("in clear".utf8))
            store.put(ObjectKey("in/other.age"), Array("age-encryption.org/v1\n-> X25519 a\n".utf8))
            let voyage = try voyage(
                store, opening("azure-cse-v2", try Chest.Keys(), clear: policy), "azure-cse-v2")
            let result = try await voyage.sail()
            #expect(result.counts.landed == samples.count + (policy == .move ? 1 : 0))
            // Another envelope is never taken for clear text.
            #expect(result.counts.blocked == (policy == .move ? 1 : 2))
            guard policy == .move else { continue }
            #expect(try await voyage.opened(ObjectKey("clear.txt")) == Array("in clear".utf8))
            let row = try await landed(voyage).first { $0.key == ObjectKey("clear.txt") }
            #expect(row?.landing.provenance == "asserted, in clear among azure-cse-v2")
        }
    }
}

/// What `fixtures/envelopes/make.py` made with the vendors' own clients.
private enum Chest {
    struct Sample: Decodable {
        struct KMS: Decodable { let wrapped: String, context: [String: String], key: String }
        let name: String, format: String, size: Int, file: String
        let metadata: [String: String]
        let instruction: String?
        let kms: KMS?
        var isAuthenticated: Bool { !(metadata["x-amz-cek-alg"] ?? "").contains("CBC") }
    }
    private struct Index: Decodable { let samples: [Sample] }

    private static let folder = Result<String, any Error> {
        let folder = try TestDirectory.make() + "/envelopes"
        guard let python = TestProcess.tool("python3") else {
            throw TestServerError(description: "python3 of .venv is missing")
        }
        try TestProcess.run(
            [python, TestProcess.packageRoot + "/fixtures/envelopes/make.py", folder], log: folder + ".log")
        return folder
    }

    static func bytes(_ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: try folder.get() + "/" + file)))
    }

    static func samples(_ format: String) throws -> [Sample] { try all().filter { $0.format == format } }

    private static func all() throws -> [Sample] {
        try JSONDecoder().decode(Index.self, from: Data(try bytes("index.json"))).samples
    }

    static func plain(_ size: Int) throws -> [UInt8] { Array(try bytes("plain").prefix(size)) }

    /// Every key of the samples, or others in their place.
    struct Keys: KeyUnwrapping {
        let aes: AESKeyFile
        let rsa: RSAKeyFile
        let kms: [String: String]
        let isWrong: Bool

        init(wrong: Bool = false) throws {
            isWrong = wrong
            var kek = try Chest.bytes("kek.aes")
            if wrong { kek[0] ^= 1 }
            aes = try AESKeyFile(Self.secret(kek), encoding: .raw)
            rsa = try RSAKeyFile(Self.secret(try Chest.bytes("kek.pem")))
            kms = Dictionary(
                try Chest.all().compactMap { $0.kms.map { ($0.wrapped, $0.key) } }, uniquingKeysWith: { $1 })
        }

        private static func secret(_ bytes: [UInt8]) -> SecretBytes {
            SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
        }

        func unwrap(_ wrapped: WrappedKey) async throws -> SecretBytes {
            switch wrapped.algorithm {
            case .aesKeyWrap, .aesGCM: return try await aes.unwrap(wrapped)
            case .aesECB: return try await aes.unwrap(wrapped)
            case _ where isWrong: throw CryptoError(.noMatch, "another key")
            case .kms, .kmsContext:
                guard let key = kms[Data(wrapped.bytes).base64EncodedString()], let bytes = Data(base64Encoded: key)
                else { throw CryptoError(.noMatch, "KMS refuses") }
                return Self.secret(Array(bytes))
            default: return try await rsa.unwrap(wrapped)
            }
        }
    }
}
