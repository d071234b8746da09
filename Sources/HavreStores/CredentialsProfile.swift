import Glibc
import HavreCrypto
import HavreModel

/// A profile of AWS's shared files (AWS SDKs and Tools Reference, "Shared config and credentials files"):
/// `AWS_SHARED_CREDENTIALS_FILE` or `~/.aws/credentials`, then `AWS_CONFIG_FILE` or `~/.aws/config`.
struct CredentialsProfile {
    let name: String
    let provider: String

    private func failure(_ what: String) -> StoreError {
        StoreError(.credentials, "credentials of provider \(provider): \(what)")
    }

    /// Reads the files and, where the profile says so, runs its `credential_process`. Blocks.
    func resolve(timeLimit: Double) throws(StoreError) -> S3Credentials {
        let credentials = Self.path("AWS_SHARED_CREDENTIALS_FILE", "credentials")
        let config = Self.path("AWS_CONFIG_FILE", "config")
        var found: [String] = []
        for (path, isConfig) in [(credentials, false), (config, true)] {
            guard access(path, F_OK) == 0 else { continue }
            let text = try SecretReference.read(file: path, failure)
            var section = Section()
            guard section.read(text.bytes, profile: name, isConfig: isConfig) else { continue }
            found.append(path)
            if let result = try use(section, timeLimit) { return result }
        }
        guard !found.isEmpty else {
            throw failure("there is no profile \(name) in \(credentials) nor in \(config)")
        }
        throw failure(
            "the profile \(name) in \(found.joined(separator: " and ")) has neither aws_access_key_id with "
                + "aws_secret_access_key nor credential_process")
    }

    private func use(_ section: borrowing Section, _ timeLimit: Double) throws(StoreError) -> S3Credentials? {
        if let id = section.accessKeyID, let secret = section.secretKey {
            guard let token = section.sessionToken else {
                return try S3Credentials(accessKeyID: id, secretKey: try secret.take("aws_secret_access_key"))
            }
            return try S3Credentials(
                accessKeyID: id, secretKey: try secret.take("aws_secret_access_key"),
                sessionToken: try token.take("aws_session_token"))
        }
        if let line = section.process {
            guard let words = Self.words(line) else {
                throw failure("credential_process of the profile \(name) has a quote that does not end")
            }
            return try CredentialProcess.run(
                words, purpose: "credentials of provider \(provider)", timeLimit: timeLimit)
        }
        if let foreign = section.unsupported {
            throw failure(
                "the profile \(name) uses \(foreign), which Havre does not speak; "
                    + "use credential_process, for example with `aws configure export-credentials --format process`")
        }
        return nil
    }

    private static func path(_ variable: String, _ file: String) -> String {
        if let value = getenv(variable), value.pointee != 0 { return String(cString: value) }
        let home = getenv("HOME").map { String(cString: $0) } ?? ""
        return "\(home)/.aws/\(file)"
    }

    /// Cuts a command line at spaces; double quotes keep them. Nil where a quote does not end.
    static func words(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quoted = false
        for character in line {
            if character == "\"" {
                quoted.toggle()
                word = word ?? ""
            } else if !quoted && (character == " " || character == "\t") {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard !quoted else { return nil }
        if let word { words.append(word) }
        return words
    }

    /// What one profile says.
    struct Section {
        var accessKeyID: String?
        var secretKey: SecretBox?
        var sessionToken: SecretBox?
        var process: String?
        /// A way to get credentials that we do not go.
        var unsupported: String?

        /// Reads an INI file; false where the profile is not in it.
        mutating func read(_ text: UnsafeRawBufferPointer, profile: String, isConfig: Bool) -> Bool {
            var inside = false
            var found = false
            var start = 0
            while start < text.count {
                let end = text[start...].firstIndex(of: 0x0a) ?? text.count
                let line = Self.trimmed(UnsafeRawBufferPointer(rebasing: text[start..<end]))
                start = end + 1
                guard let first = line.first, first != 0x23, first != 0x3b else { continue }
                if first == 0x5b {
                    inside = Self.header(line) == (isConfig && profile != "default" ? "profile \(profile)" : profile)
                    found = found || inside
                    continue
                }
                guard inside, let equals = line.firstIndex(of: 0x3d) else { continue }
                let name = String(
                    decoding: Self.trimmed(UnsafeRawBufferPointer(rebasing: line[..<equals])), as: UTF8.self)
                take(name.lowercased(), Self.trimmed(UnsafeRawBufferPointer(rebasing: line[(equals + 1)...])))
            }
            return found
        }

        private mutating func take(_ name: String, _ value: UnsafeRawBufferPointer) {
            guard !value.isEmpty else { return }
            switch name {
            case "aws_access_key_id": accessKeyID = String(decoding: value, as: UTF8.self)
            case "aws_secret_access_key": secretKey = SecretBox(SecretBytes(copying: value))
            case "aws_session_token": sessionToken = SecretBox(SecretBytes(copying: value))
            case "credential_process": process = String(decoding: value, as: UTF8.self)
            case "role_arn", "source_profile", "sso_session", "sso_start_url", "web_identity_token_file":
                unsupported = unsupported ?? name
            default: break
            }
        }

        /// The words of a `[header]`, single spaces between them.
        private static func header(_ line: UnsafeRawBufferPointer) -> String {
            let end = line.firstIndex(of: 0x5d) ?? line.count
            return String(decoding: line[1..<end], as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\t" })
                .joined(separator: " ")
        }

        private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            var (start, end) = (0, bytes.count)
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
            while start < end, isSpace(bytes[start]) { start += 1 }
            while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        }
    }
}
