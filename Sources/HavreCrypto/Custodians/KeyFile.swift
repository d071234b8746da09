/// Writes identity files as `age-keygen` does.
public enum KeyFile {
    /// The bytes of an identity file: `# created:`, `# public key:`, the identity, each with its line end.
    /// `created` is a timestamp of RFC 3339, in one line. Write them to a file of mode 0600.
    public static func contents(_ identity: AgeIdentity, created: String) -> SecretBytes {
        let line = created.split(whereSeparator: \.isNewline).joined(separator: " ")
        let head = Array("# created: \(line)\n# public key: \(identity.recipient.text)\n".utf8)
        return identity.withEncoded { encoded in
            SecretBytes(count: head.count + encoded.count + 1) { out in
                out.copyBytes(from: head)
                UnsafeMutableRawBufferPointer(rebasing: out[head.count...]).copyMemory(from: encoded)
                out[out.count - 1] = UInt8(ascii: "\n")
            }
        }
    }
}
