import TestServers
import Testing

@testable import HavreModel

@Suite struct CheckpointTests {
    private let root = [UInt8](0..<32)

    @Test func bodyRoundTrips() throws {
        let checkpoint = Checkpoint(origin: "havre.example/plan", size: 42, root: root)
        #expect(checkpoint.body == "havre.example/plan\n42\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
        #expect(try Checkpoint(body: checkpoint.body) == checkpoint)
        let more = Checkpoint(origin: "o", size: .max, root: root, extensions: ["run 1", "x"])
        #expect(try Checkpoint(body: more.body) == more)
    }

    @Test(arguments: [
        ("", 1), ("o\n", 2), ("o\n1\nAA==", 3), ("\n1\nAA==\n", 1), ("o\n01\nAA==\n", 2), ("o\n-1\nAA==\n", 2),
        ("o\n+1\nAA==\n", 2), ("o\n18446744073709551616\nAA==\n", 2), ("o\n1\nAB==\n", 3), ("o\n1\nAA\n", 3),
        ("o\n1\n\n", 3), ("o\n1\nAA==\n\nx\n", 4),
    ])
    func badBodies(body: String, line: Int) {
        do throws(NoteError) {
            _ = try Checkpoint(body: body)
            Issue.record("\(body) was read")
        } catch {
            #expect(error.line == line, "\(error)")
        }
    }

    /// Two verifier keys that are public: name, id, type ‖ key.
    @Test(arguments: [
        ("PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
        ("sum.golang.org", "033de0ae", "Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"),
    ])
    func keyIDs(name: String, id: String, key: String) throws {
        let bytes = try #require(Base64.decode(key))
        let found = SignedNote.keyID(
            name: name, type: SignedNote.ed25519, publicKey: Array(bytes.dropFirst()), hash: { SHA256.hash($0) })
        #expect(bytes.count == 33 && bytes[0] == SignedNote.ed25519)
        #expect(found.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == id)
    }

    @Test func notesRoundTrip() throws {
        var note = SignedNote(text: Checkpoint(origin: "o", size: 1, root: root).body)
        note.sign(name: "havre", keyID: [1, 2, 3, 4]) { text in Array(SHA256.hash(text)) }
        note.sign(name: "other", keyID: [9, 9, 9, 9]) { _ in [7] }
        let read = try SignedNote(parsing: Array(note.encoded.utf8))
        #expect(read == note)
        #expect(note.encoded.contains("\n\n\u{2014} havre AQIDB"))
        let check: ([UInt8], [UInt8]) -> Bool = { SHA256.hash($0) == $1 }
        #expect(read.isSigned(name: "havre", keyID: [1, 2, 3, 4], check: check))
        #expect(!read.isSigned(name: "havre", keyID: [1, 2, 3, 5], check: check))
        #expect(!read.isSigned(name: "other", keyID: [9, 9, 9, 9], check: check))
        var changed = read
        changed.text = "p" + changed.text.dropFirst()
        #expect(!changed.isSigned(name: "havre", keyID: [1, 2, 3, 4], check: check))
        // One line of our key that does not hold spoils the note, whatever the others say.
        changed = read
        changed.signatures.append(.init(name: "havre", keyID: [1, 2, 3, 4], bytes: [0]))
        #expect(!changed.isSigned(name: "havre", keyID: [1, 2, 3, 4], check: check))
    }

    @Test func aTextMayHoldEmptyLines() throws {
        let note = SignedNote(text: "a\n\nb\n", signatures: [.init(name: "n", keyID: [1, 2, 3, 4], bytes: [5])])
        #expect(try SignedNote(parsing: Array(note.encoded.utf8)) == note)
    }

    @Test(arguments: [
        "", "a\n", "a\n\n", "a\n\n\u{2014} n AQIDBAU=", "a\n\n- n AQIDBAU=\n", "a\n\n\u{2014} n AQIDBA==\n",
        "a\n\n\u{2014} n+m AQIDBAU=\n", "a\n\n\u{2014}  AQIDBAU=\n", "a\n\n\u{2014} n AQIDBAU=\nx\n",
        "a\tb\n\n\u{2014} n AQIDBAU=\n", "\n\u{2014} n AQIDBAU=\n", "a\n\n\u{2014} n AQIDBAU= x\n",
    ])
    func badNotes(text: String) {
        #expect(throws: NoteError.self) { try SignedNote(parsing: Array(text.utf8)) }
    }

    @Test func badBytes() {
        #expect(throws: NoteError.self) { try SignedNote(parsing: [0xff, 0x0a, 0x0a]) }
        #expect(throws: NoteError.self) { try SignedNote(parsing: [UInt8](repeating: 0x61, count: 2 << 20)) }
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64OfTheRFC(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg", "Zg=", "Zh==", "Zm9=", "====", "Z===", "Zg==Zg==", "Zm 9", "Zm9-", "é==="])
    func onlyOneSpelling(text: String) { #expect(Base64.decode(text) == nil) }
}
