import Foundation
import TestServers
import Testing

/// What rclone's crypt wrote comes home under its plain names, sealed anew.
@Suite(.ownThreads) struct RcloneCryptTests {
    @Test func aCryptRemoteIsMovedNamesIncluded() throws {
        guard let rclone = TestProcess.tool("rclone") else {
            #expect(!TestProcess.isCI, "rclone is missing from .venv")
            return
        }
        let home = try TestDirectory.make() + "/crypt"
        let files = FileManager.default
        for folder in ["plain/sub folder", "out"] {
            try files.createDirectory(atPath: home + "/" + folder, withIntermediateDirectories: true)
        }
        defer { try? files.removeItem(atPath: home) }
        let large = [UInt8]((0..<20_971_527).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 16) })
        try Data(large).write(to: URL(filePath: home + "/plain/sub folder/large.bin"))
        try Data("hello\n".utf8).write(to: URL(filePath: home + "/plain/é.txt"))
        try Data().write(to: URL(filePath: home + "/plain/empty"))
        func spawn(_ words: [String]) throws -> (exit: Int32, words: String) {
            let outcome = try Shipyard.spawn(words, directory: home, environment: [:])
            return (outcome.exit, outcome.words)
        }
        let configuration = home + "/rclone.conf"
        let made = try spawn([
            rclone, "--config", configuration, "config", "create", "c", "crypt", "remote=\(home)/enc",
            "password=secret1", "password2=salt2", "--obscure",
        ])
        try #require(made.exit == 0, "\(made.words)")
        let copied = try spawn([rclone, "--config", configuration, "copy", home + "/plain", "c:x/"])
        try #require(copied.exit == 0, "\(copied.words)")
        try Data("junk".utf8).write(to: URL(filePath: home + "/enc/strange.txt"))
        try #require(try spawn([Shipyard.binary, "keygen", "-o", home + "/key.txt"]).exit == 0)
        let recipient = try String(contentsOfFile: home + "/key.txt", encoding: .utf8)
            .split(separator: "\n").compactMap { $0.split(separator: " ").last }.first { $0.hasPrefix("age1") }
        try Data(
            """
            havre: 1
            name: crypt
            providers:
              here: {is: local, service: file, country: FR, law: FR}
            keys:
              old: {identity: {file: ./rclone.conf}, custodian: {name: Us, country: FR, law: FR}}
              ours: {recipient: \(recipient ?? ""), custodian: {name: Us, country: FR, law: FR}}
            workers: {country: FR, law: FR}
            datasets:
              files:
                class: {personal: false}
                from: {provider: here, bucket: ./enc}
                to: {provider: here, bucket: ./out}
                open: {format: rclone-crypt, with: old}
                seal: {format: age, recipients: [ours]}

            """.utf8
        ).write(to: URL(filePath: home + "/plan.yaml"))
        let applied = try spawn([Shipyard.binary, "apply", home + "/plan.yaml", "--yes"])
        // The file that rclone did not write is blocked, with the reason.
        #expect(applied.exit == 3, "\(applied.words)")
        let status = try spawn([Shipyard.binary, "status", home + "/plan.yaml"])
        #expect(status.words.contains("none of this crypt remote's"), "\(status.words)")
        for name in ["sub folder/large.bin", "é.txt", "empty"] {
            let opened = home + "/opened"
            // age writes no file where nothing comes out.
            try? files.removeItem(atPath: opened)
            let age = try spawn([
                "/usr/bin/age", "-d", "-i", home + "/key.txt", "-o", opened, home + "/out/x/" + name,
            ])
            #expect(age.exit == 0, "\(name): \(age.words)")
            let plain = try Data(contentsOf: URL(filePath: home + "/plain/" + name))
            #expect(((try? Data(contentsOf: URL(filePath: opened))) ?? Data()) == plain, "\(name)")
        }
        let verified = try spawn([Shipyard.binary, "verify", home + "/plan.yaml", "--against-source"])
        #expect(verified.exit == 0 && verified.words.contains("3 read back"), "\(verified.words)")
        // Blotted-out passwords are told apart from wrong ones.
        let shown = try spawn([rclone, "--config", configuration, "config", "show", "c"])
        try Data(shown.words.utf8).write(to: URL(filePath: configuration))
        let blotted = try spawn([Shipyard.binary, "plan", home + "/plan.yaml"])
        #expect(blotted.exit == 12 && blotted.words.contains("blotted out"), "\(blotted.exit): \(blotted.words)")
    }
}
