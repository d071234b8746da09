import HavreModel
import Testing

@testable import HavreCrypto

/// Parsers of what strangers wrote: any text is read or refused with words, none ends the process.
@Suite struct EnvelopeParserTests {
    private func json(_ text: String) -> EnvelopeJSON? { try? EnvelopeJSON(Array(text.utf8), of: "it") }

    private func secret(_ text: String) -> SecretBytes { Array(text.utf8).lend { SecretBytes(copying: $0) } }

    @Test func jsonIsReadStrictly() {
        #expect(
            json(#" { "a" : [ 1 , true , null , "x\u00e9\ud83d\udea2\n" ] } "#)
                == .object(["a": .array([.number(1), .bool, .null, .string("xé🚢\n")])]))
        #expect(json("{}") == .object([:]) && json("[]") == .array([]) && json("-1.5e9") == .number(nil))
        #expect(json("18446744073709551615") == .number(.max) && json("18446744073709551616") == .number(nil))
        let bad = [
            "", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "[1,]", "[1", "nul", "tru", "\"",
            "\"\\", "\"\\x\"",
            "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u12\"", "\"\u{1}\"", "1 2", "{\"a\":1,\"a\":2}",
            "{1:2}", "+1", "'a'",
            String(repeating: "[", count: 9), String(repeating: "{\"a\":", count: 100_000), "\u{FEFF}{}",
            "\"" + String(repeating: "a", count: 70_000) + "\"",
        ]
        for text in bad { #expect(json(text) == nil, "\(text.prefix(40))") }
        #expect((try? EnvelopeJSON([0x22, 0xFF, 0x22], of: "it")) == nil)
    }

    @Test func metadataOfStrangersNeverEndTheProcess() throws {
        var random = SeededGenerator(seed: FuzzTests.seed)
        let azure =
            #"{"WrappedContentKey":{"KeyId":"k","EncryptedKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","Algorithm":"A256KW"},"#
            + #""EncryptionAgent":{"Protocol":"2.1","EncryptionAlgorithm":"AES_GCM_256"},"#
            + #""EncryptedRegionInfo":{"DataLength":16,"NonceLength":12},"ContentEncryptionIV":null,"KeyWrappingMetadata":{}}"#
        _ = try AzureEncryptionData(azure)
        let bits = [
            "{", "}", "[", "]", "\"", ":", ",", "null", "1e999", "-0", "99999999999999999999", "\\u", "\\", " ",
            "1073741825", "é",
        ]
        for _ in 0..<4000 {
            var text = Array(azure.utf8)
            for _ in 0...Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0...text.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text.insert(contentsOf: Array((bits.randomElement(using: &random) ?? "").utf8), at: place)
                case 1: text.removeSubrange(place..<min(text.count, place + Int.random(in: 0...9, using: &random)))
                case 2 where place < text.count: text[place] = UInt8.random(in: 0...255, using: &random)
                default: text.removeSubrange(min(place, text.count)...)
                }
            }
            do throws(CryptoError) {
                _ = try AzureEncryptionData(String(decoding: text, as: UTF8.self))
            } catch {
                #expect(error.code == .envelopeFailure && error.message.utf8.count < 400)
            }
        }
        let values = [
            "", "115", "12", "02", "22", "AAAA", Base64.text(random.bytes(28)), Base64.text(random.bytes(12)),
            Base64.text(random.bytes(16)), Base64.text(random.bytes(48)), "AES/GCM/NoPadding", "AES/CBC/PKCS5Padding",
            "kms", "kms+context", "AESWrap", "AES/GCM", "128", "{}", "{\"aws:x-amz-cek-alg\":\"115\"}", "[", "é", "-1",
            "99999999999999999999999",
        ]
        let names = [
            "x-amz-key", "x-amz-key-v2", "x-amz-3", "x-amz-c", "x-amz-d", "x-amz-i", "x-amz-w", "x-amz-m", "x-amz-t",
            "x-amz-iv", "x-amz-cek-alg", "x-amz-wrap-alg", "x-amz-tag-len", "x-amz-matdesc",
            "x-amz-unencrypted-content-length",
        ]
        var read = 0
        for _ in 0..<20_000 {
            var metadata: [String: String] = [:]
            for name in names where Int.random(in: 0..<3, using: &random) > 0 {
                metadata[name] = values.randomElement(using: &random)
            }
            for version in [S3EncryptionMetadata.Version.v1, .v2, .v3] {
                do throws(CryptoError) {
                    _ = try S3EncryptionMetadata.version(of: metadata)
                    _ = try S3EncryptionMetadata(metadata, version: version)
                    read += 1
                } catch { #expect(error.code == .envelopeFailure) }
            }
        }
        #expect(read < 60_000)
    }

    /// Who can only write the instruction file turns no version into another.
    @Test func instructionFilesBelongToTheirObject() throws {
        let content = ["x-amz-c": "115", "x-amz-d": "d", "x-amz-i": "i"]
        func joined(_ metadata: [String: String], _ file: String) -> [String: String]? {
            try? S3EncryptionMetadata.joined(metadata, instruction: Array(file.utf8))
        }
        #expect(joined(content, #"{"x-amz-3": "k", "x-amz-w": "02"}"#)?.count == 5)
        #expect(joined(["color": "blue"], #"{"x-amz-key-v2": "k", "x-amz-iv": "i"}"#)?.count == 3)
        #expect(joined(content, #"{"x-amz-key-v2": "k", "x-amz-iv": "i"}"#) == nil)
        #expect(joined(content, #"{"x-amz-key": "k", "x-amz-iv": "i"}"#) == nil)
        #expect(joined(["x-amz-cek-alg": "AES/CBC/PKCS5Padding"], #"{"x-amz-key-v2": "k", "x-amz-iv": "i"}"#) == nil)
        #expect(joined(content, #"{"x-amz-3": "k", "x-amz-w": "02", "x-amz-d": "other"}"#) == nil)
        for file in [#"{"x-amz-3": "k", "color": "blue"}"#, "{}", #"{"x-amz-w": "02"}"#, #"{"x-amz-3": 1}"#, "[]", ""] {
            #expect(joined(content, file) == nil, "\(file)")
        }
        #expect(joined(content, #"{"x-amz-3": "k", "x-amz-key-v2": "k"}"#) == nil)
    }

    @Test func sizesThatOverflowAreRefused() throws {
        for stored: UInt64 in [.max, .max - 28, 1 << 63, (1 << 62) + 1] {
            #expect(throws: CryptoError.self) { _ = try AzureRegions(stored: stored, plainRegion: 16) }
            #expect(throws: CryptoError.self) { _ = try AzureRegions(stored: stored, plainRegion: 1 << 30) }
        }
        for length in [
            "0", "15", "1073741825", "18446744073709551615", "18446744073709551616", "-16", "16.0", "\"16\"",
        ] {
            let text =
                #"{"WrappedContentKey":{"EncryptedKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","Algorithm":"A256KW"},"#
                + #""EncryptionAgent":{"Protocol":"2.1","EncryptionAlgorithm":"AES_GCM_256"},"#
                + #""EncryptedRegionInfo":{"DataLength":\#(length),"NonceLength":12}}"#
            #expect(throws: CryptoError.self, "\(length)") { _ = try AzureEncryptionData(text) }
        }
        // Regions of any size cover the plaintext, and no more.
        var random = SeededGenerator(seed: FuzzTests.seed)
        for _ in 0..<2000 {
            let region = UInt64.random(in: 16...(20 << 20), using: &random)
            let plain = UInt64.random(in: 1...(200 << 20), using: &random)
            let count = plain / region + (plain % region == 0 ? 0 : 1)
            let layout = try AzureRegions(stored: plain + 28 * count, plainRegion: region)
            #expect(layout.plainSize == plain && layout.count == count)
            let start = UInt64.random(in: 0...(plain - 1) >> 23, using: &random) << 23
            let range = start..<min(plain, start + 8 << 20)
            let regions = layout.regions(ofPlain: range)
            #expect(regions.lowerBound * region <= range.lowerBound && regions.upperBound * region >= range.upperBound)
            #expect(
                (regions.lowerBound + 1) * region > range.lowerBound
                    && (regions.upperBound - 1) * region < range.upperBound)
        }
    }

    @Test func otherNamesAreNoneOfACryptRemote() throws {
        var random = SeededGenerator(seed: FuzzTests.seed)
        let keys = try RcloneKeys(password: secret("a"), password2: nil, writing: .plain)
        let other = try RcloneKeys(password: secret("a"), password2: secret("b"), writing: .plain)
        for encoding in RcloneEncoding.allCases {
            for directories in [true, false] {
                let names = RcloneNames(keys: keys, encoding: encoding, directories: directories)
                let others = RcloneNames(keys: other, encoding: encoding, directories: directories)
                var chance = 0
                for _ in 0..<150 {
                    let text = random.bytes(Int.random(in: 1...40, using: &random)).map {
                        $0 == 0x2F || $0 == 0 ? 0x61 : $0
                    }
                    let plain = ObjectKey(text)
                    let stored = try names.stored(plain)
                    #expect(try names.plain(stored) == plain)
                    if (try? others.plain(stored)) != nil { chance += 1 }
                    var changed = stored.bytes
                    changed[Int.random(in: 0..<changed.count, using: &random)] ^=
                        1 << UInt8.random(in: 0...4, using: &random)
                    if let opened = try? names.plain(ObjectKey(changed)) {
                        // By chance; then it is what would be stored so, too.
                        #expect(try names.stored(opened) == ObjectKey(changed))
                        chance += 1
                    }
                }
                #expect(chance < 15, "\(encoding)")
            }
        }
        for mode in [RcloneNames.Mode.standard, .obfuscate, .off(suffix: ".bin")] {
            let names = RcloneNames(keys: keys, mode: mode)
            for text in [
                "A", "zzzz", "x.bin.", ".bin", "!", "256.a", "-1.a", "1", "1.!", "01.a", "é", "a/b", "1.a/", "ABCDEFGH",
                "", "0.",
            ] {
                if let plain = try? names.plain(ObjectKey(text)) {
                    #expect(try names.stored(plain) == ObjectKey(text), "\(mode) \(text)")
                }
            }
            for _ in 0..<500 {
                let text = ObjectKey(random.bytes(Int.random(in: 0...30, using: &random)))
                if let plain = try? names.plain(text) { #expect(try names.stored(plain) == text, "\(mode)") }
                let stored = try names.stored(text)
                if let plain = try? names.plain(stored) { #expect(plain == text, "\(mode)") }
            }
        }
        #expect(throws: CryptoError.self) {
            try RcloneNames(keys: keys).stored(ObjectKey([UInt8](repeating: 0x61, count: 2048)))
        }
        #expect(
            try RcloneNames(keys: keys).stored(ObjectKey([UInt8](repeating: 0x61, count: 2047))).bytes.count == 3277)
    }

    @Test func passwordsAreReadAsTheyAreOrRevealed() throws {
        let plain = try RcloneKeys(password: secret("secret\r\n"), password2: nil, writing: .plain)
        // `rclone obscure secret`
        let obscured = try RcloneKeys(
            password: secret("mcS33uA4Bg7Vl2C61u_Cy4BccTiJ7w\n"), password2: nil, writing: .obscured)
        #expect(plain.withContentKey { Array($0) } == obscured.withContentKey { Array($0) })
        for text in ["", "\n"] {
            #expect(throws: CryptoError.self) {
                _ = try RcloneKeys(password: secret(text), password2: nil, writing: .plain)
            }
        }
        for text in [
            "secret", "mcS33uA4Bg7Vl2C61u/Cy4BccTiJ7w", "mcS33uA4Bg7Vl2C61u_Cy4BccTiJ7w==", "AAAAAAAAAAAAAAAAAAAAAA",
            "é", "",
        ] {
            #expect(throws: CryptoError.self, "\(text)") {
                _ = try RcloneKeys(password: secret(text), password2: nil, writing: .obscured)
            }
        }
    }
}
