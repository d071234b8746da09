import FoundationEssentials
import Glibc
import HavreCrypto
import TestServers
import Testing

@testable import havre

/// `adopt`: whose manifest it takes, and how it says that it does not.
@Suite(.ownThreads) struct AdoptTests {
    /// A key pair that signs; its files are `sign.key` and `sign.pub`.
    private func makeSigner(_ directory: String, _ name: String) throws -> (key: String, pub: String) {
        let key = try SigningKey.generate()
        let (secret, open) = (directory + "/\(name).key", directory + "/\(name).pub")
        try Data(key.pem().withBytes { Array($0) }).write(to: URL(filePath: secret))
        try Data(key.verifyingKey.pem()).write(to: URL(filePath: open))
        return (secret, open)
    }

    private func adopt(_ yard: LocalYard, _ arguments: [String] = [], identity: String? = nil) throws -> Shipyard.Run {
        try? FileManager.default.removeItem(atPath: yard.yard.state)
        return try yard.run("adopt", ["--identity", identity ?? yard.yard.identity] + arguments)
    }

    /// The folder of the only run's manifest.
    private func folder(_ yard: LocalYard) throws -> String {
        let own = yard.cargo + "/.havre"
        let run = try #require(LocalYard.names(own).first { $0 != "probe" && !$0.hasPrefix("probe-") })
        return own + "/" + run
    }

    @Test(arguments: ["", "2021/", "un/deux."]) func aSignatureIsFoundWhateverThePrefix(_ prefix: String) throws {
        let yard = try LocalYard(prefix: prefix)
        let (key, pub) = try makeSigner(yard.yard.directory, "sign")
        try yard.draw(more: "sign: {key: {file: \(key)}}")
        try yard.apply()
        try yard.draw()
        let adopted = try adopt(yard, ["--public-key", pub])
        #expect(adopted.exit == 0 && adopted.out.contains("5 objects, signature valid"), "\(adopted.words)")
        let unchecked = try adopt(yard)
        #expect(unchecked.exit == 0 && unchecked.out.contains("signature was not checked"), "\(unchecked.words)")
        let again = try yard.run("plan", ["--detailed-exitcode"])
        #expect(again.exit == 0, "\(again.words)")
    }

    @Test func thePlansSignKeyAsksForASignature() throws {
        let yard = try LocalYard()
        let (key, pub) = try makeSigner(yard.yard.directory, "sign")
        let (_, other) = try makeSigner(yard.yard.directory, "other")
        try yard.draw(more: "sign: {key: {file: \(key)}}")
        try yard.apply()
        let adopted = try adopt(yard)
        #expect(adopted.exit == 0 && adopted.out.contains("signature valid"), "\(adopted.words)")
        let strange = try adopt(yard, ["--public-key", other])
        #expect(strange.exit == 22 && strange.out.contains("0 objects adopted"), "\(strange.words)")
        #expect(strange.out.contains("the signature is not that of this manifest"))

        try FileManager.default.removeItem(atPath: key)
        let keyless = try adopt(yard)
        #expect(keyless.exit == 12 && keyless.err.contains("--public-key FILE"), "\(keyless.words)")
        let byHalf = try adopt(yard, ["--public-key", pub])
        #expect(byHalf.exit == 0, "\(byHalf.words)")

        try FileManager.default.removeItem(atPath: try folder(yard) + "/manifest.sig")
        let unsigned = try adopt(yard, ["--public-key", pub])
        #expect(unsigned.exit == 22 && unsigned.out.contains("has no signature"), "\(unsigned.words)")
        #expect(unsigned.out.contains("0 objects adopted"))
    }

    /// Two runs, two manifests: what the later one says of a key stands, and the earlier is no contradiction.
    @Test func anObjectThatALaterRunUpdatedIsTakenFromItsManifest() throws {
        let yard = try LocalYard()
        try yard.apply()
        try yard.put("letter-0", "another content")
        try yard.apply()
        let adopted = try adopt(yard, ["--read"])
        #expect(adopted.exit == 0 && adopted.out.contains("5 objects adopted"), "\(adopted.words)")
        #expect(try yard.run("plan", ["--detailed-exitcode"]).exit == 0)
    }

    @Test func whatAnybodyCouldHaveWrittenIsCalledThat() throws {
        let yard = try LocalYard()
        try yard.apply()
        // The host plants a manifest that needs no key.
        let planted = yard.target + "/.havre/00ff00ff00ff00ff00ff00ff00ff00ff"
        try FileManager.default.createDirectory(atPath: planted, withIntermediateDirectories: true)
        try Data("{}\n".utf8).write(to: URL(filePath: planted + "/manifest.ndjson"))
        let run = try adopt(yard)
        #expect(run.exit == 22, "\(run.words)")
        #expect(run.out.contains("manifest.ndjson: is not sealed, and the plan seals letters"), "\(run.out)")
        #expect(run.out.contains("unsigned: anybody with the recipient could have written it"), "\(run.out)")
        #expect(run.out.contains("5 objects adopted"), "\(run.out)")
    }

    @Test func whereNothingIsSealedThePlainManifestIsTaken() throws {
        let yard = try LocalYard(seal: "{format: none}")
        try yard.apply()
        try FileManager.default.removeItem(atPath: yard.yard.state)
        let run = try yard.run("adopt")
        #expect(run.exit == 0, "\(run.words)")
        #expect(run.out.contains("unsigned: anybody who may write to the target could have written it"), "\(run.out)")
    }

    @Test func aMissingKeyIsNamedAndAWrongOneEndsWith12() throws {
        let yard = try LocalYard()
        try yard.apply()
        let missing = try yard.run("adopt")
        #expect(missing.exit == 64 && missing.err.contains("--identity FILE"), "\(missing.words)")
        let wrong = try adopt(yard, identity: try yard.strangersIdentity())
        #expect(wrong.exit == 12, "\(wrong.words)")
        #expect(!wrong.err.contains("could not be taken on"), "\(wrong.err)")
        let bad = yard.yard.directory + "/bad.pub"
        try Data("no key\n".utf8).write(to: URL(filePath: bad))
        for path in [bad, yard.yard.directory + "/absent.pub"] {
            let run = try adopt(yard, ["--public-key", path])
            #expect(run.exit == 12 && run.err.contains(path), "\(run.words)")
        }
    }

    @Test func aDamagedManifestIsPassedOver() throws {
        let yard = try LocalYard()
        try yard.apply()
        let path = try folder(yard) + "/manifest.age"
        let whole = try Data(contentsOf: URL(filePath: path))
        try whole.prefix(whole.count - 9).write(to: URL(filePath: path))
        let run = try adopt(yard)
        #expect(run.exit == 22, "\(run.words)")
        #expect(run.out.contains("is damaged") && run.out.contains("0 objects adopted"), "\(run.out)")
    }

    @Test func aManifestOfManyPagesIsTakenWhole() throws {
        let yard = try LocalYard(files: 1200, bytes: 20, more: "verify: none")
        try yard.apply()
        let size = try Data(contentsOf: URL(filePath: try folder(yard) + "/manifest.age")).count
        #expect(size > 2 << 18, "several pages")
        let run = try adopt(yard)
        #expect(run.exit == 0 && run.out.contains("1,200 objects adopted"), "\(run.words)")
        let again = try yard.run("plan", ["--detailed-exitcode"])
        #expect(again.exit == 0, "\(again.words)")
    }
}
