import Foundation
import TestServers
import Testing

/// A container filled by Microsoft's SDK comes home sealed; what is in the archive is named before anything moves.
@Suite(
    .enabled(if: AzureServer.isWanted, "the tools of .venv are missing; run the set-up script"), .ownThreads)
struct AzureMigrationTests {
    @Test func aContainerComesHomeAndTheArchiveIsNamed() throws {
        let estate = try AzureServer.Estate()
        let server = try AzureServer(.azure, estate)
        defer { server.stop() }
        let home = try TestDirectory.make() + "/azure"
        let files = FileManager.default
        try files.createDirectory(atPath: home + "/out", withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: home) }
        let secret = ["AZURE_KEY": estate.key]
        func spawn(_ words: [String]) throws -> (exit: Int32, words: String) {
            let outcome = try Shipyard.spawn(words, directory: home, environment: secret)
            return (outcome.exit, outcome.words)
        }
        let python = try #require(TestProcess.tool("python3"))
        let filled = try spawn([
            python, TestProcess.packageRoot + "/fixtures/servers/blobs.py", server.endpoint, estate.account, "data",
            home + "/expected",
        ])
        try #require(filled.exit == 0, "\(filled.words)")
        try #require(try spawn([Shipyard.binary, "keygen", "-o", home + "/key.txt"]).exit == 0)
        let recipient = try String(contentsOfFile: home + "/key.txt", encoding: .utf8)
            .split(separator: "\n").compactMap { $0.split(separator: " ").last }.first { $0.hasPrefix("age1") }
        try Data(
            """
            havre: 1
            name: azure
            providers:
              azure:
                is: custom
                protocol: azure-blob
                endpoint: "\(server.endpoint)"
                country: FR
                law: FR
                credentials: {account: \(estate.account), key: {env: AZURE_KEY}}
              here: {is: local, service: file, country: FR, law: FR}
            keys:
              ours: {recipient: \(recipient ?? ""), custodian: {name: Us, country: FR, law: FR}}
            workers: {country: FR, law: FR}
            verify: full
            datasets:
              files:
                class: {personal: false}
                from: {provider: azure, bucket: data}
                to: {provider: here, bucket: ./out}
                seal: {format: age, recipients: [ours]}

            """.utf8
        ).write(to: URL(filePath: home + "/plan.yaml"))
        let plan = try spawn([Shipyard.binary, "plan", home + "/plan.yaml"])
        #expect(
            plan.exit == 0 && plan.words.contains("archived (Archive); it must be rehydrated first"), "\(plan.words)")
        let applied = try spawn([Shipyard.binary, "apply", home + "/plan.yaml", "--yes"])
        // The archived blob stayed behind.
        #expect(applied.exit == 3 && applied.words.contains("7 landed"), "\(applied.exit): \(applied.words)")
        var compared = 0
        for name in try files.subpathsOfDirectory(atPath: home + "/expected") {
            var isFolder: ObjCBool = false
            guard files.fileExists(atPath: home + "/expected/" + name, isDirectory: &isFolder), !isFolder.boolValue
            else {
                continue
            }
            let opened = home + "/opened"
            // age writes no file where nothing comes out.
            try? files.removeItem(atPath: opened)
            let age = try spawn([
                "/usr/bin/age", "-d", "-i", home + "/key.txt", "-o", opened, home + "/out/" + name,
            ])
            #expect(age.exit == 0, "\(name): \(age.words)")
            let plain = try Data(contentsOf: URL(filePath: home + "/expected/" + name))
            #expect(((try? Data(contentsOf: URL(filePath: opened))) ?? Data()) == plain, "\(name)")
            compared += 1
        }
        #expect(compared == 7)
        // Brought back, it is what is left to be moved.
        try server.control("rehydrate", "{}")
        let again = try spawn([Shipyard.binary, "plan", home + "/plan.yaml"])
        #expect(again.words.contains("7 unchanged"), "\(again.words)")
    }
}
