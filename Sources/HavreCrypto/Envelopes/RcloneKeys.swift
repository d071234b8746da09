/// The keys of a remote of rclone's crypt, made out of its passwords.
public final class RcloneKeys: Sendable {
    /// How a password is written down.
    public enum Writing: Sendable {
        /// As it is.
        case plain
        /// As `rclone obscure` and rclone's configuration write it. Anybody can undo that.
        case obscured
    }

    /// What rclone salts with where `password2` is missing.
    private static let usualSalt: [UInt8] = [
        0xA8, 0x0D, 0xF4, 0x3A, 0x8F, 0xBD, 0x03, 0x08, 0xA7, 0xCA, 0xB8, 0x3E, 0x58, 0x1F, 0x86, 0xB1,
    ]
    /// The key that is built into rclone, which is why obscuring hides nothing.
    private static let obscuringKey: [UInt8] = [
        0x9C, 0x93, 0x5B, 0x48, 0x73, 0x0A, 0x55, 0x4D, 0x6B, 0xFD, 0x7C, 0x63, 0xC8, 0x86, 0xA9, 0x2B,
        0xD3, 0x90, 0x19, 0x8E, 0xB8, 0x12, 0x8A, 0xFB, 0xF4, 0xDE, 0x16, 0x2B, 0x8B, 0x95, 0xF6, 0x38,
    ]
    private static let logN = 14

    /// Key of contents (32) ‖ key of names (32) ‖ tweak of names (16).
    private let secret: SecretBytes

    /// Derives the keys of `password` and `password2`. One line end behind a password is no part of it.
    /// Throws `.badKey` for an empty or unreadable password; 16 MiB of memory are taken.
    public init(
        password: borrowing SecretBytes, password2: borrowing SecretBytes?, writing: Writing
    ) throws(CryptoError) {
        let phrase = try Self.read(password, writing, "password")
        var salt = Self.usualSalt
        switch password2 {
        case .some(let password2):
            let second = try Self.read(password2, writing, "password2")
            salt = second.withBytes { Array($0) }
        case .none: break
        }
        defer { salt.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) } }
        secret = try phrase.withBytes { (phrase) throws(CryptoError) in
            try KeyDerivation.scrypt(phrase, salt: salt, logN: Self.logN, count: 80)
        }
    }

    private static func read(
        _ password: borrowing SecretBytes, _ writing: Writing, _ name: String
    ) throws(CryptoError) -> SecretBytes {
        let read = try password.withBytes { (bytes) throws(CryptoError) in
            var line = bytes
            if line.last == UInt8(ascii: "\n") { line = line.slice(0, line.count - 1) }
            if line.last == UInt8(ascii: "\r") { line = line.slice(0, line.count - 1) }
            switch writing {
            case .plain: return SecretBytes(copying: line)
            case .obscured: return try reveal(line, name)
            }
        }
        guard read.count > 0 else { throw CryptoError(.badKey, "the \(name) of rclone's crypt is empty") }
        return read
    }

    /// Undoes `rclone obscure`: AES-CTR under a key that everybody has, base64 with `-` and `_`, unpadded.
    private static func reveal(_ text: UnsafeRawBufferPointer, _ name: String) throws(CryptoError) -> SecretBytes {
        let refusal = CryptoError(
            .badKey, "the \(name) is not as `rclone obscure` writes it; say so in the plan if it stands as it is")
        var count: Int?
        let sealed = SecretBytes(count: text.count) { out in
            let usual = SecretBytes(count: text.count) { copy in
                for (place, byte) in text.enumerated() {
                    copy[place] =
                        switch byte {
                        case UInt8(ascii: "-"): UInt8(ascii: "+")
                        case UInt8(ascii: "_"): UInt8(ascii: "/")
                        // The other alphabet's own characters are none of this one.
                        case UInt8(ascii: "+"), UInt8(ascii: "/"): UInt8(ascii: " ")
                        default: byte
                        }
                }
            }
            usual.withBytes { count = Base64.decode($0, padding: .none, into: out) }
        }
        guard let count, count >= BlockCipher.blockSize else { throw refusal }
        return try sealed.withBytes { (bytes) throws(CryptoError) in
            let iv = Array(bytes.slice(0, BlockCipher.blockSize))
            let hidden = bytes.slice(iv.count, count - iv.count)
            return try SecretBytes(count: hidden.count) { (out) throws(CryptoError) in
                let cipher = try obscuringKey.lend { (key) throws(CryptoError) in
                    try BlockCipher(.ctr, key: key, iv: iv, .open)
                }
                out.copyMemory(from: hidden)
                try cipher.transform(out)
            }
        }
    }

    /// Lends the key of contents.
    func withContentKey<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try secret.withBytes { (bytes) throws(E) in try body(bytes.slice(0, 32)) }
    }

    /// Lends the key of names and its tweak.
    func withNameKey<R, E: Error>(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try secret.withBytes { (bytes) throws(E) in try body(bytes.slice(32, 32), bytes.slice(64, 16)) }
    }
}
