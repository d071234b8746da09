/// A remote of rclone's crypt as its configuration describes it: passwords, and how names are encrypted.
public struct RcloneRemote: Sendable {
    /// The keys of contents and names.
    public let keys: RcloneKeys
    /// How files are named.
    public let names: RcloneNames

    /// Reads rclone's configuration, whole or one section of it, with exactly one remote of type crypt: `password`,
    /// `password2`, `filename_encryption`, `filename_encoding`, `directory_name_encryption`, `suffix`. (`rclone config
    /// show` blots passwords out; the file has them.) A file without sections and `=` is the password as it is, names
    /// being `standard`. Throws `.badKey`.
    public init(_ file: borrowing SecretBytes) throws(CryptoError) {
        let section = try file.withBytes { (bytes) throws(CryptoError) in try Section(bytes) }
        let isSection = section.isSection
        keys =
            isSection
            ? try section.keys(of: file)
            : try RcloneKeys(password: file, password2: nil, writing: .plain)
        names = RcloneNames(
            keys: keys, mode: try section.mode(), encoding: try section.encoding(),
            directories: try section.directories())
    }

    /// Where the values of a section's lines lie; the secret ones are not copied.
    private struct Section {
        private(set) var isSection = false
        private var password: Range<Int>?
        private var password2: Range<Int>?
        private var words: [String: String] = [:]

        private static let most = 64 << 10

        init(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
            guard bytes.count <= Self.most else {
                throw CryptoError(.badKey, "a section of rclone's configuration has no \(bytes.count) bytes")
            }
            var start = 0
            var isOther = false
            var found = 0
            while start < bytes.count {
                let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
                let line = Self.trimmed(bytes, start..<end)
                start = end + 1
                guard let first = line.first, ![UInt8(ascii: "#"), UInt8(ascii: ";")].contains(bytes[first]) else {
                    continue
                }
                if bytes[first] == UInt8(ascii: "[") {
                    isSection = true
                    isOther = try Self.type(bytes, from: start) != "crypt"
                    if !isOther { found += 1 }
                    guard found <= 1 else {
                        throw CryptoError(
                            .badKey, "more than one remote of type crypt is described; leave the one that is meant")
                    }
                    continue
                }
                if isOther { continue }
                guard let equals = bytes[line].firstIndex(of: UInt8(ascii: "=")) else { continue }
                let name = String(decoding: bytes[Self.trimmed(bytes, line.lowerBound..<equals)], as: UTF8.self)
                let value = Self.trimmed(bytes, equals + 1..<line.upperBound)
                switch name {
                case "password": password = value
                case "password2": password2 = value
                case "type", "filename_encryption", "filename_encoding", "directory_name_encryption", "suffix":
                    words[name] = String(decoding: bytes[value], as: UTF8.self)
                default: continue
                }
                isSection = true
            }
            guard !isSection || found == 1 || words["type"] == "crypt" || password != nil else {
                throw CryptoError(.badKey, "no remote of type crypt is described")
            }
        }

        /// The type that the section says which begins at `start`.
        private static func type(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(CryptoError) -> String {
            var start = start
            while start < bytes.count {
                let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
                let line = trimmed(bytes, start..<end)
                start = end + 1
                guard let first = line.first else { continue }
                if bytes[first] == UInt8(ascii: "[") { break }
                guard let equals = bytes[line].firstIndex(of: UInt8(ascii: "=")),
                    bytes[trimmed(bytes, line.lowerBound..<equals)].elementsEqual("type".utf8)
                else { continue }
                return String(decoding: bytes[trimmed(bytes, equals + 1..<line.upperBound)], as: UTF8.self)
            }
            return ""
        }

        private static func trimmed(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
            func isBlank(_ index: Int) -> Bool { [0x20, 0x09, 0x0d].contains(bytes[index]) }
            var (start, end) = (range.lowerBound, range.upperBound)
            while start < end, isBlank(start) { start += 1 }
            while end > start, isBlank(end - 1) { end -= 1 }
            return start..<end
        }

        func keys(of file: borrowing SecretBytes) throws(CryptoError) -> RcloneKeys {
            guard let password else { throw CryptoError(.badKey, "the remote of rclone's crypt states no password") }
            let isBlotted = file.withBytes { bytes in bytes[password].first == UInt8(ascii: "*") }
            guard !isBlotted else {
                throw CryptoError(
                    .badKey,
                    "the password is blotted out, as `rclone config show` does; rclone's configuration file has it")
            }
            let first = file.withBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[password])) }
            guard let password2, !password2.isEmpty else {
                return try RcloneKeys(password: first, password2: nil, writing: .obscured)
            }
            let second: SecretBytes? = file.withBytes {
                SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[password2]))
            }
            return try RcloneKeys(password: first, password2: second, writing: .obscured)
        }

        func mode() throws(CryptoError) -> RcloneNames.Mode {
            switch words["filename_encryption"] ?? "standard" {
            case "standard": return .standard
            case "obfuscate": return .obfuscate
            case "off":
                let suffix = words["suffix"] ?? ".bin"
                return .off(suffix: suffix == "none" ? "" : suffix)
            case let other:
                throw CryptoError(
                    .badKey, "filename_encryption is \(other); expected standard, obfuscate or off")
            }
        }

        func encoding() throws(CryptoError) -> RcloneEncoding {
            let word = words["filename_encoding"] ?? "base32"
            guard let encoding = RcloneEncoding(rawValue: word) else {
                throw CryptoError(
                    .badKey,
                    "filename_encoding is \(word); expected "
                        + RcloneEncoding.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return encoding
        }

        func directories() throws(CryptoError) -> Bool {
            switch words["directory_name_encryption"] ?? "true" {
            case "true": return true
            case "false": return false
            case let other:
                throw CryptoError(.badKey, "directory_name_encryption is \(other); expected true or false")
            }
        }
    }
}
