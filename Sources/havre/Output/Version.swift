/// Versions that outputs carry.
enum Version {
    /// The program's (semver).
    static let program = "0.1.0"
    /// That of all JSON that commands print; fields are only ever added.
    static let json = "1.0"
}
