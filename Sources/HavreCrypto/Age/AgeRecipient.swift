/// The public half of an X25519 key, `age1…`: what an object is sealed to.
public struct AgeRecipient: Sendable, Hashable, CustomStringConvertible {
    /// The point, 32 bytes.
    let point: [UInt8]

    private static let prefix = "age"

    /// Reads `age1…`. Throws `.badKey`, naming what was given instead where that can be told; what
    /// does not begin with `age1` is never repeated: it may be a secret in the wrong place.
    public init(_ text: String) throws(CryptoError) {
        let wanted = "a recipient (a public key) of 62 characters that begins with \"age1\" was expected"
        func fail(_ found: String) -> CryptoError { CryptoError(.badKey, "\(found); \(wanted)") }
        if text.isEmpty { throw fail("nothing was found") }
        let upper = text.uppercased()
        if upper.contains("AGE-SECRET-KEY") {
            throw fail("an identity (a private key) was found, which does not belong here")
        }
        if upper.contains("AGE-PLUGIN-") { throw fail("an identity of a plugin was found") }
        if text.hasPrefix("age1pq1") { throw fail("post-quantum recipients (age1pq1…) are not supported yet") }
        if text.hasPrefix("age1tag1") || text.hasPrefix("age1tagpq1") {
            throw fail("tagged recipients (age1tag1…) are not supported yet")
        }
        if text.hasPrefix("ssh-") { throw fail("an SSH key was found, which is not supported") }
        if text.utf8.first == UInt8(ascii: " ") || text.utf8.last == UInt8(ascii: " ") {
            throw fail("a space stands before or after the text")
        }
        guard upper.hasPrefix("AGE1") else {
            throw fail("\(text.count) characters that do not begin with \"age1\" were found")
        }
        let shown = text.count > 80 ? "\(text.prefix(80))…" : text
        if text.hasPrefix("AGE1") { throw fail("\"\(shown)\" is in upper case") }

        var point = [UInt8](repeating: 0, count: X25519.keySize)
        do throws(Bech32.Fault) {
            let characters = Array(text.utf8)
            try characters.lend { (source) throws(Bech32.Fault) in
                try point.lendMutable { (out) throws(Bech32.Fault) in
                    try Bech32.decode(source, prefix: Self.prefix, into: out)
                }
            }
        } catch {
            switch error {
            case .mixedCase: throw fail("\"\(shown)\" mixes upper and lower case")
            case .noSeparator, .badPrefix:
                let plugin = text.hasPrefix("age1") && text.dropFirst(4).contains("1")
                throw fail(
                    plugin
                        ? "\"\(shown)\" is a recipient of a plugin, which is not supported"
                        : "\"\(shown)\" was found")
            case .badPadding: throw fail("\"\(shown)\" has \(text.utf8.count) characters")
            case .badCharacter: throw fail("\"\(shown)\" holds a character that no recipient has")
            case .badChecksum: throw fail("the checksum of \"\(shown)\" is wrong: a character was mistyped or lost")
            }
        }
        // A point of low order gives an all-zero secret to everybody.
        let trial = try SecretBytes.random(X25519.keySize)
        let agrees = try trial.withBytes { (secret) throws(CryptoError) in
            try X25519.shared(secret: secret, point: point) != nil
        }
        guard agrees else { throw fail("\"\(text)\" is a point of low order, which protects nothing") }
        self.point = point
    }

    init(point: [UInt8]) { self.point = point }

    /// `age1…`, in lower case.
    public var text: String {
        let size = Bech32.encodedSize(prefix: Self.prefix, count: point.count)
        return String(unsafeUninitializedCapacity: size) { out in
            point.lend {
                Bech32.encode($0, prefix: Self.prefix, upperCase: false, into: UnsafeMutableRawBufferPointer(out))
            }
            return size
        }
    }

    public var description: String { text }
}
