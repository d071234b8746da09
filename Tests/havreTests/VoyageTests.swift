import FoundationEssentials
import Glibc
import TestServers
import Testing

@testable import havre

/// A third party's files, from one S3 server to another: sealed, opened by strangers' tools, restored, adopted.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct VoyageTests {
    /// Files that others made: tables and data inside Python packages, the documentation of the system's packages,
    /// and one large file.
    static func cargo(_ directory: String) throws -> [Shipyard.Item] {
        let packages = "\(TestProcess.packageRoot)/.venv/lib"
        let python =
            try FileManager.default.contentsOfDirectory(atPath: packages).first { $0.hasPrefix("python3") } ?? ""
        let site = "\(packages)/\(python)/site-packages"
        var items: [Shipyard.Item] = []
        for (root, suffixes, most) in [
            ("\(site)/botocore/data", [".json", ".gz"], 150), ("\(site)/pyarrow", [".h", ".parquet", ".py"], 60),
            ("\(site)/pandas", [".pyx", ".py", ".pxd"], 60), ("/usr/share/doc", [], 150),
        ] {
            items += files(below: root, suffixes: suffixes, most: most)
        }
        let size = getenv("HAVRE_SOAK") != nil ? 2 << 30 : 48 << 20
        let large = directory + "/large.bin"
        try TestProcess.run(
            ["/usr/bin/head", "-c", "\(size + 4321)", "/dev/urandom"], log: large)
        items.append(Shipyard.Item("large file.bin", file: large))
        return items
    }

    /// Regular files that can be read, sorted, up to 1 MiB each.
    private static func files(below root: String, suffixes: [String], most: Int) -> [Shipyard.Item] {
        var found: [Shipyard.Item] = []
        for name in ((try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []).sorted() {
            guard suffixes.isEmpty || suffixes.contains(where: { name.hasSuffix($0) }) else { continue }
            var status = stat()
            let path = root + "/" + name
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 1 << 20 else {
                continue
            }
            let folder = root.split(separator: "/").last ?? ""
            found.append(Shipyard.Item("\(folder)/\(name)", file: path))
            if found.count == most { break }
        }
        return found
    }

    @Test func thirdPartiesFilesArriveSealedAndComeBack() throws {
        let server = try TestServer.shared(.seaweedfs)
        var yard = try Shipyard()
        let source = try Shipyard.Berth(server, prefix: "2021/")
        let target = try Shipyard.Berth(server, prefix: "archive/")
        let items = try Self.cargo(yard.directory)
        #expect(items.count > 50)
        try yard.put(items, source)
        try yard.draw(from: source, to: target)

        let doctor = try yard.havre("doctor")
        #expect(doctor.exit == 0, "\(doctor.words)")
        let first = try yard.havre("plan", "--detailed-exitcode")
        #expect(first.exit == 2, "\(first.words)")
        let applied = try yard.havre("apply", "--yes")
        #expect(applied.exit == 0, "\(applied.words)")
        let counts = try yard.counts()
        #expect(
            counts.landed == items.count && counts.verified == items.count && counts.isWhole
                && counts.total == items.count)

        // Strangers' tools open everything.
        #expect(try yard.complaints(items, target, sample: 20) == "")

        let second = try yard.havre("plan", "--detailed-exitcode")
        #expect(second.exit == 0, "\(second.words)")

        let verified = try yard.havre("verify", "--identity", yard.identity)
        #expect(verified.exit == 0, "\(verified.words)")

        let restored = try yard.havre("restore", "--identity", yard.identity, "--to", yard.directory + "/back")
        #expect(restored.exit == 0, "\(restored.words)")
        #expect(try yard.complaints(items, folder: yard.directory + "/back/archive") == "")

        // The state is lost; the target explains itself.
        try FileManager.default.removeItem(atPath: yard.state)
        let adopted = try yard.havre("adopt", "--identity", yard.identity)
        #expect(adopted.exit == 0, "\(adopted.words)")
        let third = try yard.havre("plan", "--detailed-exitcode")
        #expect(third.exit == 0, "\(third.words)")
    }
}
