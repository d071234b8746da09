import Glibc
import Synchronization

/// Directories of one test process, removed when it ends.
public enum TestDirectory {
    private static let parent: String = {
        var template = Array("/tmp/havre-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return "/tmp" }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        removed.withLock { $0 = path }
        atexit { if let path = TestDirectory.removed.withLock({ $0 }) { system("rm -rf '\(path)'") } }
        return path
    }()
    private static let removed = Mutex<String?>(nil)

    /// A new, empty directory.
    public static func make() throws -> String {
        let path = "\(parent)/\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
        guard mkdir(path, 0o755) == 0 else {
            throw TestServerError(description: "no directory can be made in \(parent)")
        }
        return path
    }
}
