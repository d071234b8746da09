import Foundation
import Glibc
import Synchronization
import Testing

@testable import HavreCrypto

/// Objects in foreign envelopes, made on the spot by `fixtures/envelopes/make.py` with the vendors' own clients.
struct EnvelopeSamples: Decodable {
    struct Sample: Decodable, CustomTestStringConvertible {
        struct KMS: Decodable { let wrapped: String, context: [String: String], key: String }
        let name: String, format: String, size: Int, file: String
        let metadata: [String: String]
        let instruction: String?, remote: String?, dialect: String?
        let kms: KMS?
        var testDescription: String { name }
    }
    struct Remote: Decodable {
        let mode: String, encoding: String, directories: Bool, password: String, password2: String?
        let names: [String: String]
    }
    let samples: [Sample]
    let remotes: [String: Remote]

    static let hasClients = Tool.hasPython(modules: "azure.storage.blob, s3_encryption, moto, cryptography")
    /// In CI a client that is missing is a failure, not a reason to skip.
    static let canRun = hasClients || ProcessInfo.processInfo.environment["CI"] == "true"

    /// Made once, for all suites; gone when the tests are over.
    static let folder = Result<URL, any Error> {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("havre-envelopes-\(getpid())")
        try? FileManager.default.removeItem(at: folder)
        let script = Vectors.package.appendingPathComponent("fixtures/envelopes/make.py").path
        atexit {
            try? FileManager.default.removeItem(
                at: FileManager.default.temporaryDirectory.appendingPathComponent("havre-envelopes-\(getpid())"))
        }
        let run = try Tool.run(Tool.python ?? "python3", [script, folder.path])
        guard run.status == 0 else { throw CryptoError(.internalFailure, "fixtures/envelopes/make.py failed") }
        return folder
    }

    private static let index = Result<EnvelopeSamples, any Error> {
        try JSONDecoder().decode(EnvelopeSamples.self, from: bytes("index.json").asData)
    }
    private static let plaintext = Result<[UInt8], any Error> { try bytes("plain") }

    static func all() throws -> EnvelopeSamples { try index.get() }
    static func plain(_ size: Int) throws -> ArraySlice<UInt8> { try plaintext.get()[..<size] }
    static func bytes(_ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: try folder.get().appendingPathComponent(file)))
    }
    static func secret(_ file: String) throws -> SecretBytes {
        try bytes(file).lend { SecretBytes(copying: $0) }
    }

    private static let remoteKeys = Mutex<[String: RcloneKeys]>([:])

    func keys(_ name: String) throws -> RcloneKeys {
        try Self.remoteKeys.withLock { known in
            if let keys = known[name] { return keys }
            guard let remote = remotes[name] else { throw CryptoError(.internalFailure, "no remote \(name)") }
            let keys = try RcloneKeys(
                password: secret(remote.password), password2: remote.password2.map { secret($0) }, writing: .obscured)
            known[name] = keys
            return keys
        }
    }

    private func secret(_ text: String) -> SecretBytes {
        Array(text.utf8).lend { SecretBytes(copying: $0) }
    }

    /// The format of a sample, with the keys that its writer used.
    func format(_ sample: Sample) throws -> any EnvelopeFormat {
        let keys = SampleKeys(
            aes: try AESKeyFile(try Self.secret("kek.aes"), encoding: .raw),
            rsa: try RSAKeyFile(try Self.secret("kek.pem")),
            kms: sample.kms)
        switch sample.format {
        case "azure-cse-v1": return AzureCSEv1Format(unwrapping: keys)
        case "azure-cse-v2": return AzureCSEv2Format(unwrapping: keys)
        case "s3ec-v1": return S3EncryptionClientFormat(.v1, unwrapping: keys)
        case "s3ec-v2": return S3EncryptionClientFormat(.v2, unwrapping: keys)
        case "s3ec-v3": return S3EncryptionClientFormat(.v3, unwrapping: keys)
        default: return RcloneCryptFormat(keys: try self.keys(sample.remote ?? ""))
        }
    }
}

/// Every key of the samples: files, and what AWS KMS answered.
struct SampleKeys: KeyUnwrapping {
    let aes: AESKeyFile
    let rsa: RSAKeyFile
    var kms: EnvelopeSamples.Sample.KMS?

    func unwrap(_ wrapped: WrappedKey) async throws -> SecretBytes {
        switch wrapped.algorithm {
        case .aesKeyWrap, .aesGCM, .aesECB: return try await aes.unwrap(wrapped)
        case .rsaOAEP, .rsaOAEP256, .rsaOAEP256MGF1SHA1, .rsaOAEPSHA1, .rsaPKCS1: return try await rsa.unwrap(wrapped)
        case .kms, .kmsContext:
            guard let kms, Base64.text(wrapped.bytes) == kms.wrapped, wrapped.context == kms.context,
                let key = Base64.decode(kms.key.utf8, padding: .required)
            else { throw CryptoError(.noMatch, "KMS refuses") }
            return key.lend { SecretBytes(copying: $0) }
        }
    }
}

/// An object in memory as an envelope's reader sees it.
struct MemoryObject {
    var bytes: [UInt8]
    var metadata: [String: String] = [:]
    var instruction: [UInt8]?
    var isPadded = true

    init(_ bytes: [UInt8], metadata: [String: String] = [:], isPadded: Bool = true) {
        self.bytes = bytes
        self.metadata = metadata
        self.isPadded = isPadded
    }

    init(_ sample: EnvelopeSamples.Sample) throws {
        bytes = try EnvelopeSamples.bytes(sample.file)
        metadata = sample.metadata
        instruction = sample.instruction.map { Array($0.utf8) }
    }

    var stored: StoredObject {
        let (bytes, instruction) = (bytes, instruction)
        return StoredObject(size: UInt64(bytes.count), metadata: metadata, isPadded: isPadded) { range in
            Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
        } companion: { suffix in
            suffix == ".instruction" ? instruction : nil
        }
    }
}

/// What came out of an object.
struct OpenedObject {
    var bytes: [UInt8]
    var proof: EnvelopeProof
    /// The largest piece that was emitted.
    var largest: Int
}

/// Opens objects as the engine does: the envelope anew for each range, ranges in any order, pieces of any size.
enum EnvelopeRun {
    static let part: UInt64 = 8 << 20

    /// nil where there is no envelope of this format.
    static func open(
        _ object: MemoryObject, _ format: any EnvelopeFormat, order: Order = .forward, step: Int = 100_000
    ) async throws -> OpenedObject? {
        guard var envelope = try await format.open(object.stored) else { return nil }
        let size = envelope.plainSize
        guard size <= UInt64(object.bytes.count) else { throw CryptoError(.internalFailure, "more than there is") }
        let starts = size == 0 ? [0] : Array(stride(from: 0, to: size, by: Int(part)))
        var shares = [[UInt8]](repeating: [], count: starts.count)
        var result = OpenedObject(bytes: [UInt8](repeating: 0, count: Int(size)), proof: envelope.proof, largest: 0)
        for place in order == .forward ? Array(starts.indices) : starts.indices.reversed() {
            if place != starts.indices.first, order == .restarted {
                guard let again = try await format.open(object.stored) else { return nil }
                envelope = again
            }
            let range = starts[place]..<min(size, starts[place] + part)
            let stored = envelope.storedRange(ofPlain: range)
            let opener = try envelope.opener(ofPlain: range)
            var at = Int(range.lowerBound)
            let emit = { (piece: UnsafeRawBufferPointer) throws in
                guard at + piece.count <= Int(range.upperBound) else {
                    throw CryptoError(.internalFailure, "more than the range came out")
                }
                result.largest = max(result.largest, piece.count)
                result.bytes.withUnsafeMutableBytes {
                    UnsafeMutableRawBufferPointer(rebasing: $0[at...]).copyMemory(from: piece)
                }
                at += piece.count
            }
            try object.bytes.withUnsafeBytes { bytes in
                for start in stride(from: Int(stored.lowerBound), to: Int(stored.upperBound), by: step) {
                    let end = min(Int(stored.upperBound), start + step)
                    try opener.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), emit: emit)
                }
            }
            shares[place] = try opener.finish(emit: emit)
            guard at == Int(range.upperBound) else {
                throw CryptoError(.internalFailure, "less than the range came out")
            }
        }
        try envelope.verify(shares)
        return result
    }

    enum Order { case forward, backward, restarted }
}

extension Array where Element == UInt8 {
    var asData: Data { Data(self) }
}

/// Whether bytes are equal, quickly also where nothing is optimised.
func isSame(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    let compared = left.withContiguousStorageIfAvailable { left in
        right.withContiguousStorageIfAvailable { right in
            guard left.count == right.count else { return false }
            guard let first = left.baseAddress, let second = right.baseAddress else { return true }
            return memcmp(first, second, left.count) == 0
        }
    }
    return (compared ?? nil) ?? left.elementsEqual(right)
}
