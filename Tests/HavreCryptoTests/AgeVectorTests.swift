import Foundation
import Testing

@testable import HavreCrypto

/// The vectors of C2SP/CCTV for age, but those of the post-quantum stanza.
@Suite(.enabled(if: Vectors.arePresent, "the vectors of third parties are not beside the package"))
struct AgeVectorTests {
    struct Vector {
        var expect = ""
        var payload: [UInt8]?
        var identities: [AgeIdentity] = []
        var passphrases: [AgeUnlock.Passphrase] = []
        var armored = false
        var file: [UInt8] = []

        init(_ name: String) throws {
            let url = Vectors.folder.appendingPathComponent("age/testdata/\(name)")
            let all = try Data(contentsOf: url)
            let end = try #require(all.range(of: Data("\n\n".utf8)))
            var compressed = false
            for line in String(decoding: all[..<end.lowerBound], as: UTF8.self).split(separator: "\n") {
                let colon = try #require(line.range(of: ": "))
                let value = String(line[colon.upperBound...])
                switch line[..<colon.lowerBound] {
                case "expect": expect = value
                case "payload": payload = bytes(hex: value)
                case "identity":
                    let text = SecretBytes(count: value.utf8.count) { $0.copyBytes(from: value.utf8) }
                    identities += try AgeIdentity.parse(file: text)
                case "passphrase":
                    passphrases.append(
                        AgeUnlock.Passphrase(SecretBytes(count: value.utf8.count) { $0.copyBytes(from: value.utf8) }))
                case "armored": armored = value == "yes"
                case "compressed": compressed = value == "zlib"
                case "file key", "comment": break
                default: Issue.record("unknown key in \(name): \(line)")
                }
            }
            var rest = all[end.upperBound...]
            if compressed {
                let python = try #require(Tool.python)
                let code = "import sys,zlib;sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))"
                let result = try Tool.run(python, ["-c", code], input: Data(rest))
                try #require(result.status == 0)
                rest = result.output
            }
            file = Array(rest)
        }

        var code: CryptoError.Code? {
            switch expect {
            case "header failure": .headerFailure
            case "no match": .noMatch
            case "HMAC failure": .hmacFailure
            case "payload failure": .payloadFailure
            case "armor failure": .armorFailure
            default: nil
            }
        }
    }

    static let names: [String] = {
        let folder = Vectors.folder.appendingPathComponent("age/testdata").path
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { !$0.contains("hybrid") }.sorted()
    }()

    /// Opens a file fed in pieces; returns the error's class and the hash of everything released.
    static func open(
        _ file: [UInt8], _ unlock: AgeUnlock, armor: AgeStreamOpener.Armor, step: Int
    ) throws -> (error: CryptoError?, released: [UInt8]) {
        let opener = try AgeStreamOpener(unlock, armor: armor)
        var released: [UInt8] = []
        do {
            for start in stride(from: 0, to: file.count, by: step) {
                try file[start..<min(start + step, file.count)].withUnsafeBytes { piece in
                    try opener.update(piece) { released += $0 }
                }
            }
            try opener.finish { released += $0 }
            return (nil, released)
        } catch let error as CryptoError {
            return (error, released)
        }
    }

    @Test func allAreThere() {
        #expect(Self.names.count == 124)
    }

    @Test(arguments: names)
    func vector(_ name: String) throws {
        let vector = try Vector(name)
        #expect(vector.expect == "success" || vector.code != nil)
        let unlock = AgeUnlock(identities: vector.identities, passphrases: vector.passphrases)
        let whole = max(1, vector.file.count)
        let steps =
            vector.passphrases.isEmpty && vector.file.count < 5_000 ? [whole, 1, 7, 64] : [whole, 65_552, 16_411]
        for step in steps {
            for armor in vector.armored ? [AgeStreamOpener.Armor.required] : [.never, .detect] {
                let result = try Self.open(vector.file, unlock, armor: armor, step: step)
                #expect(result.error?.code == vector.code, "in steps of \(step): \(result.error?.message ?? "opened")")
                if let payload = vector.payload {
                    #expect(HashFunction.sha256(result.released) == payload, "in steps of \(step)")
                } else {
                    #expect(result.released.isEmpty)
                }
            }
        }
    }

    /// What is read writes itself again, byte for byte.
    @Test func headersRoundTrip() throws {
        var count = 0
        for name in Self.names {
            let vector = try Vector(name)
            guard !vector.armored, vector.code != .headerFailure else { continue }
            let header = try AgeHeader(parsing: vector.file)
            #expect(AgeHeader.compose(header.stanzas) == header.covered, "\(name)")
            count += 1
        }
        #expect(count > 40)
    }

    /// Whatever is cut off a header, more is asked for; nothing is opened.
    @Test func aCutHeaderNeedsMore() throws {
        let vector = try Vector("x25519")
        let whole = try AgeOpening.open(header: vector.file, with: vector.identities)
        for count in 0..<whole.prefixLength {
            let error = #expect(throws: CryptoError.self) {
                try AgeOpening.open(header: Array(vector.file.prefix(count)), with: vector.identities)
            }
            #expect(error?.code == .headerFailure && error?.needsMore == true)
        }
        #expect(
            try whole.plainSize(stored: UInt64(vector.file.count))
                == UInt64(vector.file.count - whole.prefixLength - 16))
    }

    @Test func anEndlessHeaderIsRefused() throws {
        let identity = try AgeIdentity.generate()
        let opener = try AgeStreamOpener(identities: [identity])
        var sent = 0
        let start = Array("age-encryption.org/v1\n-> x ".utf8)
        let junk = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        let error = #expect(throws: CryptoError.self) {
            try start.withUnsafeBytes { try opener.update($0) { _ in } }
            while sent < 4 << 20 {
                try junk.withUnsafeBytes { try opener.update($0) { _ in } }
                sent += junk.count
            }
        }
        #expect(error?.code == .headerFailure)
        #expect(sent < (1 << 20) + 20_000)
    }
}
