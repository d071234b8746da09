import FoundationEssentials
import HavreCrypto
import HavreEngine
import HavreModel

/// The scalars of a plan, and how each is read. Every form here has its reader beside it.
enum PlanForms {
    /// `YYYY-MM-DD`
    static let day = ScalarForm(
        "a day such as 2026-12-21", .text, pattern: "[0-9]{4}-[0-9]{2}-[0-9]{2}", example: "2026-12-21"
    ) { Day($0) == nil ? "is no day of the calendar" : nil }

    /// A day, or an instant of RFC 3339.
    static let instant = ScalarForm(
        "a day such as 2021-01-31 or a time such as 2021-01-31T08:00:00Z", .text,
        pattern:
            "[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2}))?",
        example: "2021-01-31"
    ) { nanoseconds($0) == nil ? "is no point in time" : nil }

    /// ISO 3166-1 alpha-2.
    static let country = ScalarForm(
        "a country of two capital letters (ISO 3166-1)", .text, pattern: "[A-Z]{2}", example: "FR"
    ) { ISOCountry.codes.contains($0) ? nil : "is no country of ISO 3166-1" }

    /// ISO 3166-1 alpha-2, or `EU`.
    static let law = ScalarForm(
        "whose law holds: a country of two capital letters (ISO 3166-1), or EU", .text, pattern: "[A-Z]{2}",
        example: "FR"
    ) { $0 == "EU" || ISOCountry.codes.contains($0) ? nil : "is no country of ISO 3166-1, nor EU" }

    /// `10MiB`, or bytes.
    static let size = ScalarForm(
        "a size such as 10MiB, 5GB or a number of bytes", .textOrInteger,
        pattern: "[0-9]{1,15}(\\.[0-9]{1,6})? ?(B|kB|KB|MB|GB|TB|PB|KiB|MiB|GiB|TiB|PiB)?", example: "10MiB"
    ) { bytes($0) == nil ? "is no whole number of bytes below 8 EiB" : nil }

    /// `1Gbps`, `100MiB/s`, `unlimited`
    static let rate = ScalarForm(
        "a rate such as 1Gbps, 100MiB/s or `unlimited`", .text,
        pattern:
            "unlimited|[0-9]{1,15}(\\.[0-9]{1,6})? ?(bps|kbps|Mbps|Gbps|Tbps|B/s|kB/s|MB/s|GB/s|KiB/s|MiB/s|GiB/s)",
        example: "1Gbps"
    ) { text in
        guard let rate = bytesPerSecond(text) else { return "is no rate below 8 EiB a second" }
        return rate == 0 ? "lets nothing pass" : nil
    }

    /// `22:00-06:00`, or `otherwise`.
    static let slot = ScalarForm(
        "a time of day such as 22:00-06:00, or `otherwise`", .text,
        pattern: "otherwise|([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)", example: "22:00-06:00"
    ) { text in
        guard text != "otherwise" else { return nil }
        return timeSlot(text) == nil ? "begins when it ends" : nil
    }

    /// `5%`
    static let percent = ScalarForm(
        "a share such as 5%", .text, pattern: "[0-9]{1,3}(\\.[0-9]{1,6})?%", example: "5%"
    ) { text in
        guard let share = share(text), share > 0, share <= 100 else { return "is not above 0% and at most 100%" }
        return nil
    }

    /// https, or http on loopback.
    static let endpoint = ScalarForm(
        "an https URL such as https://s3.example.org (plain http on loopback only)", .text,
        pattern: "https://[A-Za-z0-9.:\\[\\]-]+(/[A-Za-z0-9._~%/-]*)?"
            + "|http://(127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|localhost|\\[::1\\])(:[0-9]{1,5})?/?",
        example: "https://s3.fr-par.scw.cloud"
    ) { HostPort.problem(in: $0) }

    /// `http://host:port`
    static let proxyURL = ScalarForm(
        "a URL such as http://proxy.example.org:3128", .text, pattern: "https?://[A-Za-z0-9.:\\[\\]-]+/?",
        example: "http://proxy.example.org:3128"
    ) { HostPort.problem(in: $0) }

    /// The URL of a machine's identity service.
    static let identityURL = ScalarForm(
        "the URL of an identity service such as http://169.254.169.254", .text,
        pattern: "https?://[A-Za-z0-9.:\\[\\]-]+(/[A-Za-z0-9._~/-]*)?",
        example: "http://169.254.169.254/metadata/identity/oauth2/token")

    /// An id or a domain.
    static let identifier = ScalarForm(
        "an id or a domain of letters, digits, dots and hyphens", .text, pattern: "[A-Za-z0-9._-]{1,128}",
        example: "00000000-0000-0000-0000-000000000000")

    /// A path; a relative one starts at the plan's directory.
    static let path = ScalarForm(
        "a path; a relative one starts at the plan's directory, and `~` stands for nothing", .text,
        pattern: "[^~\\u0000][^\\u0000]*", example: "/run/secrets/key")

    /// The name of an environment variable.
    static let variable = ScalarForm(
        "the name of an environment variable", .text, pattern: "[A-Za-z_][A-Za-z0-9_]{0,127}", example: "SCW_SECRET_KEY"
    )

    /// A program and its arguments in one line.
    static let commandLine = ScalarForm(
        "a program and its arguments", .text, pattern: "[^\\u0000-\\u001f]+", example: "pass show scaleway"
    ) { CommandLineWords.split($0) == nil ? "needs a shell, and none is run: write the arguments as a list" : nil }

    /// One argument.
    static let argument = ScalarForm("an argument", .freeText, pattern: "[^\\u0000]*")

    /// An age recipient (X25519).
    static let recipient = ScalarForm(
        "an age recipient (`age1` and 58 characters, as `havre keygen` prints it)", .text,
        pattern: "age1[023456789acdefghjklmnpqrstuvwxyz]{58}",
        later: [
            ("age1pq1", "a post-quantum recipient"), ("openbao:", "a key in OpenBao"),
            ("pkcs11:", "a key in an HSM"), ("age1tag1", "a P-256 recipient"), ("ssh-", "an SSH key"),
        ],
        example: "age1…"
    ) { text in
        do throws(CryptoError) {
            _ = try AgeRecipient(text)
            return nil
        } catch {
            return "is no recipient: a character was mistyped or lost"
        }
    }

    /// `1200 EUR`
    static let money = ScalarForm(
        "an amount and a currency such as `1200 EUR`", .text, pattern: "[0-9]{1,12}(\\.[0-9]{1,2})? [A-Z]{3}",
        example: "1200 EUR")

    /// The amount of `money`.
    static func amount(_ text: String) -> Money? {
        let words = text.split(separator: " ")
        guard words.count == 2, let amount = Double(words[0]) else { return nil }
        return Money(amount, String(words[1]))
    }

    /// `24h`, `30d`
    static let clock = ScalarForm(
        "a time such as 24h or 30d", .text, pattern: "[0-9]{1,4}[hd]", example: "24h"
    ) { hours($0) == 0 ? "leaves no time" : nil }

    /// The hours of `clock`.
    static func hours(_ text: String) -> Int? {
        guard let count = Int(text.dropLast()) else { return nil }
        return text.hasSuffix("d") ? count * 24 : count
    }

    /// A range of addresses (RFC 4632, RFC 4291 section 2.3).
    static let network = ScalarForm(
        "a network such as 10.1.0.0/16 or fd00::/8", .text, pattern: "[0-9a-fA-F:.]{2,45}/[0-9]{1,3}",
        example: "10.1.0.0/16")

    /// An Ed25519 public key.
    static let verifyingKey = ScalarForm(
        "an Ed25519 public key: `ed25519:` and 43 characters, as `havre derogation key` prints it", .text,
        pattern: "ed25519:[A-Za-z0-9+/]{43}", example: "ed25519:…"
    ) { point($0) == nil ? "is no key: a character was mistyped or lost" : nil }

    /// The bytes of `verifyingKey`.
    static func point(_ text: String) -> [UInt8]? { bytes(text, count: 32) }

    /// An Ed25519 signature.
    static let signature = ScalarForm(
        "an Ed25519 signature: `ed25519:` and 86 characters", .text, pattern: "ed25519:[A-Za-z0-9+/]{86}"
    ) { signatureBytes($0) == nil ? "is no signature: a character was mistyped or lost" : nil }

    /// The bytes of `signature`.
    static func signatureBytes(_ text: String) -> [UInt8]? { bytes(text, count: 64) }

    private static func bytes(_ text: String, count: Int) -> [UInt8]? {
        // One spelling only: what decodes must encode to the same text.
        let digits = String(text.dropFirst("ed25519:".count))
        let padding = String(repeating: "=", count: (4 - digits.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: digits + padding), data.count == count, ed25519(Array(data)) == text else {
            return nil
        }
        return Array(data)
    }

    /// `ed25519:` and the bytes in base64 without padding.
    static func ed25519(_ bytes: [UInt8]) -> String {
        "ed25519:" + Data(bytes).base64EncodedString().prefix { $0 != "=" }
    }

    /// A bucket, a container or a directory.
    static let bucket = ScalarForm(
        "a bucket, or a directory: an absolute path, or one from the plan's directory that begins with `./` or `../`",
        .freeText, pattern: "[^\\u0000-\\u001f]{1,1024}")

    /// The beginning of keys.
    static let prefix = ScalarForm(
        "the beginning of keys, such as `2021/`", .freeText, pattern: "[\\s\\S]{0,1023}"
    ) { $0.utf8.count > 1023 ? "is longer than 1023 bytes" : nil }

    /// A glob over keys.
    static let glob = ScalarForm(
        "a glob such as `**/*.csv`", .freeText, pattern: "[^\\u0000]{1,1024}"
    ) { text in
        if let problem = GlobSyntax.problem(in: text) { return problem }
        // The matcher has the last word, so that no plan passes here and fails there.
        do throws(Glob.Malformed) {
            _ = try Glob(text)
            return nil
        } catch {
            return "is no glob: \(error.description)"
        }
    }
}
