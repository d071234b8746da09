import ArgumentParser
import FoundationEssentials
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import TestServers
import Testing

@testable import havre

/// What commands do about whom they turn out to speak to.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct ConnectionCommandTests {
    private static let redirect =
        #"[{"do":"answer","status":307,"body":"","headers":{"location":"https://s3.us-west-2.example/b?X-Amz-Signature=s","#
        + #""x-amz-bucket-region":"us-west-2"}}]"#

    @Test func doctorShowsWhomItSpeaksTo() throws {
        let source = try TestServer.shared(.seaweedfs)
        let proxy = try FaultProxy(before: source.port, front: .tls)
        defer { proxy.stop() }
        var yard = try Shipyard()
        let from = try Shipyard.Berth(source, through: proxy)
        try yard.draw(from: from, to: try Shipyard.Berth(try TestServer.shared(.moto)))
        let doctor = try yard.havre("doctor")
        #expect(doctor.exit == 0, "\(doctor.words)")
        #expect(
            doctor.out.contains(
                "ok  connection: 127.0.0.1:\(proxy.port) at 127.0.0.1, TLSv1.3, certificate CN=localhost by "
                    + "CN=Test authority until 20"), "\(doctor.words)")
        #expect(doctor.out.contains("at 127.0.0.1, region us-east-1\n"), "\(doctor.words)")
    }

    @Test(arguments: ["doctor", "plan", "apply"])
    func aRedirectBlocks(_ verb: String) throws {
        let server = try TestServer.shared(.moto)
        let (old, new) = (try FaultProxy(before: server.port), try FaultProxy(before: server.port))
        defer {
            old.stop()
            new.stop()
        }
        var yard = try Shipyard()
        let from = try Shipyard.Berth(server, through: old)
        let to = try Shipyard.Berth(server, through: new)
        try yard.draw(from: from, to: to)
        try yard.put([.init("a", size: 1000, seed: 1)], from)
        try old.rules(Self.redirect)
        let run = verb == "apply" ? try yard.havre(verb, "--yes") : try yard.havre(verb)
        #expect(run.exit == 20, "\(run.words)")
        let words = run.out + run.err
        #expect(words.contains("s3.us-west-2.example") && words.contains("region us-west-2"), "\(run.words)")
        #expect(!words.contains("Signature"))
        // The probe of a target writes; objects do not follow it.
        #expect(try new.writes().allSatisfy { $0.path.contains(".havre") })
        try old.rules("[]")
        let after = try yard.havre("apply", "--yes")
        #expect(after.exit == 0, "\(after.words)")
    }

    @Test func aRedirectInMidRunStopsItAndLosesNothing() throws {
        let server = try TestServer.shared(.moto)
        let proxy = try FaultProxy(before: server.port)
        defer { proxy.stop() }
        var yard = try Shipyard()
        let from = try Shipyard.Berth(server)
        let to = try Shipyard.Berth(server, through: proxy)
        try yard.draw(from: from, to: to)
        let items = (0..<40).map { Shipyard.Item("o\($0)", size: 2000, seed: $0) }
        try yard.put(items, from)
        try proxy.rules(
            Self.redirect.replacing(#"{"do""#, with: #"{"method":"PUT","path":"/o[0-9]+$","skip":5,"do""#))
        let run = try yard.havre("apply", "--yes")
        #expect(run.exit == 20, "\(run.words)")
        #expect(run.out.contains("stopped: refused: ") && run.out.contains("region us-west-2"), "\(run.words)")
        let counts = try yard.counts()
        #expect(counts.isWhole && counts.failed == 0 && counts.open > 0 && counts.landed >= 1, "\(counts)")
        try proxy.rules("[]")
        let after = try yard.havre("apply", "--yes")
        #expect(after.exit == 0, "\(after.words)")
        #expect(try yard.complaints(items, to).isEmpty)
    }

    @Test func aConnectionIsRecordedOnceALocation() async throws {
        let server = try TestServer.shared(.moto)
        let proxy = try FaultProxy(before: server.port, front: .tls)
        defer { proxy.stop() }
        let yard = try Shipyard()
        let (from, to) = (try server.bucket(), try server.bucket())
        try Data(server.accessKey.utf8).write(to: URL(filePath: yard.directory + "/id"))
        try Data(server.secretKey.utf8).write(to: URL(filePath: yard.directory + "/secret"))
        try yard.write(
            """
            havre: 1
            name: voyage
            controller: Exemple
            providers:
              host:
                is: custom
                protocol: s3
                endpoint: "\(proxy.endpoint)"
                caBundle: \(try #require(proxy.authority))
                region: fr-par
                country: FR
                law: FR
                credentials:
                  accessKey: {file: \(yard.directory)/id}
                  secretKey: {file: \(yard.directory)/secret}
            workers: {country: FR, law: FR}
            remoteAccess: none
            datasets:
              one:
                class: {personal: false}
                from: {provider: host, bucket: \(from), prefix: one}
                to: {provider: host, bucket: \(to), prefix: one}
                seal: {format: none}
              two:
                class: {personal: false}
                from: {provider: host, bucket: \(from), prefix: two}
                to: {provider: host, bucket: \(to), prefix: two}
                seal: {format: none}

            """)
        let session = try PlanSession.load(yard.plan, try StateDirectory.parse(["--state", yard.state]))
        let journal = try session.journal()
        defer { try? journal.close() }
        _ = try await journal.takeLease(holder: "test")
        let fleet = try Fleet(session)
        defer { fleet.shutdown() }
        let notes = try await fleet.connect(try session.datasets([]), journal: journal)
        #expect(notes.count == 2 && notes.allSatisfy { $0.contains("us-east-1") && $0.contains("fr-par") }, "\(notes)")
        #expect(try await fleet.connect(try session.datasets([]), journal: journal).isEmpty, "told once")
        let bodies = try await journal.events(after: 0, limit: 100).filter { $0.kind == Connection.eventKind }
            .map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.count == 2, "\(bodies)")
        let first = try #require(bodies.first)
        for words in [
            #""address":"127.0.0.1""#, #""bucket":"\#(from)""#, #""subject":"CN=localhost""#,
            #""issuer":"CN=Test authority""#,
            #""host":"127.0.0.1:\#(proxy.port)""#, #""provider":"host""#, #""proxied":false"#, #""region":"us-east-1""#,
            #""tls":"TLSv1.3""#, #""sha256":""#,
        ] { #expect(first.contains(words), "\(first)") }
        _ = try await journal.checkChain()
    }
}
