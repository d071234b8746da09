/// The custodian that is a file: an age identity file with its comments, blank lines and identities.
public struct IdentityFile: Sendable {
    /// The identities, in the file's order; at least one.
    public let identities: [AgeIdentity]

    /// Reads the file's bytes. Throws `.badKey`: the message names the line, never its content.
    public init(_ file: borrowing SecretBytes) throws(CryptoError) {
        identities = try AgeIdentity.parse(file: file)
    }
}

extension AgeIdentity {
    /// Reads an age identity file: comments (`#`), blank lines and one `AGE-SECRET-KEY-1…` a line.
    /// Throws `.badKey`: the message names the line, never its content.
    public static func parse(file bytes: borrowing SecretBytes) throws(CryptoError) -> [AgeIdentity] {
        try bytes.withBytes { (text) throws(CryptoError) in
            if text.starts(with: AgeHeader.version) || text.starts(with: AgeArmor.header) {
                throw CryptoError(.badKey, "the identity file is itself encrypted with age: decrypt it first")
            }
            var identities: [AgeIdentity] = []
            var number = 0
            var start = 0
            while start < text.count {
                let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
                var line = UnsafeRawBufferPointer(rebasing: text[start..<end])
                start = end + 1
                number += 1
                if line.last == UInt8(ascii: "\r") { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
                if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
                identities.append(try identity(line, number))
            }
            guard !identities.isEmpty else {
                throw CryptoError(
                    .badKey, "the identity file holds no identity, a line that begins with AGE-SECRET-KEY-1")
            }
            return identities
        }
    }

    private static func identity(_ line: UnsafeRawBufferPointer, _ number: Int) throws(CryptoError) -> AgeIdentity {
        func begins(_ prefix: String) -> Bool { line.starts(with: Array(prefix.utf8)) }
        let found: String
        if begins("AGE-SECRET-KEY-PQ-") {
            found = "post-quantum identities are not supported yet"
        } else if begins("AGE-PLUGIN-") {
            found = "identities of plugins are not supported"
        } else if begins("-----BEGIN") {
            found = "a PEM or SSH key is no age identity"
        } else if begins("age1") {
            found = "this is a recipient (a public key); an identity begins with AGE-SECRET-KEY-1"
        } else if line.first == UInt8(ascii: " ") || line.last == UInt8(ascii: " ") {
            found = "a space stands before or after the identity"
        } else {
            do throws(CryptoError) {
                return try AgeIdentity(encoded: line)
            } catch {
                throw CryptoError(.badKey, "line \(number) of the identity file: \(error.message)")
            }
        }
        throw CryptoError(.badKey, "line \(number) of the identity file: \(found)")
    }
}
