import Foundation
import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores
import Testing

/// What a run does about what the one before left: named cases, beside the deterministic ones of `CrashTests`.
@Suite struct RestartTests {
    private static let large = ObjectKey("in/large")
    private static let size = 20_000_000
    private let source = MemoryStore()
    private let target = MemoryStore()
    private let voyage: Voyage

    init() throws {
        voyage = try Voyage(source: source, target: target)
        source.put(Self.large, noise(Self.size, seed: 1))
    }

    /// A run whose target calls end by this rule.
    private func sail(_ rule: @escaping @Sendable (FaultSchedule.Call) -> Fault?) async throws
        -> Migration.DatasetResult
    { try await voyage.sail(target: Faulty(target, schedule: FaultSchedule(rule))) }

    /// A run that comes no further than the first part.
    private func sailIntoTheFirstPart() async throws {
        let result = try await sail { call in
            call.kind == .writePart && call.ordinal > 0 ? .before(StoreError(.temporary, "no")) : nil
        }
        #expect(result.counts.open == 1 && result.counts.failed == 0)
        #expect(try await target.listUploads(prefix: ObjectKey("")).count == 1)
    }

    private func expectArrived(seed: UInt64) async throws {
        #expect(try await voyage.opened(ObjectKey("large")) == noise(Self.size, seed: seed))
        #expect(try await target.listUploads(prefix: ObjectKey("")).isEmpty, "open uploads")
    }

    @Test func whatThePlanExcludesMeanwhileIsNotMoved() async throws {
        try await sailIntoTheFirstPart()
        voyage.dataset.filter.exclude = ["large"]
        let result = try await voyage.sail()
        #expect(result.counts.total == 1 && result.counts.skipped == 1 && result.counts.open == 0)
        #expect(target.object(ObjectKey("out/large")) == nil)
        #expect(try await target.listUploads(prefix: ObjectKey("")).isEmpty)
    }

    /// The parts of the first version are joined, the answer is lost, the process dies; a second version of the same
    /// size comes. What stands at the target then bears the mark of this row and has the right size.
    @Test func anOlderVersionThatWasJoinedIsNotTakenForTheNewOne() async throws {
        let result = try await sail { call in
            switch call.kind {
            case .completeUpload: .after(StoreError(.ambiguous, "lost"))
            case .head where call.ordinal > 0: .before(StoreError(.temporary, "dead"))
            default: nil
            }
        }
        #expect(result.counts.landed == 0 && result.counts.open == 1)
        source.put(Self.large, noise(Self.size, seed: 2))
        let after = try await voyage.sail()
        #expect(after.counts.landed == 1 && after.counts.verified == 1)
        try await expectArrived(seed: 2)
    }

    @Test func anUploadWhoseIdNeverCameIsEnded() async throws {
        let result = try await sail { call in
            call.kind == .createUpload ? .after(StoreError(.ambiguous, "lost")) : nil
        }
        #expect(result.counts.open == 1 && result.counts.failed == 0, "a fault that may pass fails nothing")
        #expect(try await target.listUploads(prefix: ObjectKey("")).count == 1)
        #expect(try await voyage.sail().counts.landed == 1)
        try await expectArrived(seed: 1)
    }

    /// The same, and the object has left the source: nobody will move it, and its upload must go all the same.
    @Test func anUploadWhoseIdNeverCameIsEndedThoughItsObjectIsGone() async throws {
        _ = try await sail { call in call.kind == .createUpload ? .after(StoreError(.ambiguous, "lost")) : nil }
        try await source.delete(Self.large)
        let result = try await voyage.sail()
        #expect(result.counts.total == 0 && result.counts.open == 0)
        #expect(try await target.listUploads(prefix: ObjectKey("")).isEmpty)
    }

    /// A target whose credentials may not list what is open: the upload stays, but nothing else is held up by it.
    @Test func aSearchThatIsRefusedHoldsNothingUp() async throws {
        _ = try await sail { call in call.kind == .createUpload ? .after(StoreError(.ambiguous, "lost")) : nil }
        source.put(ObjectKey("in/small"), Array("x".utf8))
        let result = try await sail { call in call.kind == .listUploads ? .before(StoreError(.denied, "no")) : nil }
        #expect(result.counts.landed == 2 && result.counts.open == 0)
        #expect(try await voyage.opened(ObjectKey("large")) == noise(Self.size, seed: 1))
    }

    /// A target that keeps no marks: what replaced our object is somebody's, though we have written there before.
    @Test func withoutMarksWhatReplacedOurObjectIsNotOverwritten() async throws {
        var bare = MemoryStore.strictest
        bare.keepsUserMetadata = false
        let plain = MemoryStore(traits: bare)
        let voyage = try Voyage(source: source, target: plain)
        try await voyage.sail()
        plain.put(ObjectKey("out/large"), Array("theirs".utf8))
        // A read-back finds it different: it is to be moved again, over what we wrote last and nothing else.
        let journal = try voyage.journal()
        _ = try await journal.takeLease(holder: "test")
        let landed = try await journal.landed(dataset: "projects", includingVerified: true, after: 0, limit: 9)
        let failure = TransferMachine.Failure(reason: "differs", retryable: true, mismatch: true)
        try await journal.record(landed.map { TransferChange(row: $0.row, step: .fail(failure)) })
        try journal.close()
        let result = try await voyage.sail()
        #expect(landed.count == 1 && result.counts.landed == 0 && result.counts.blocked == 1)
        #expect(plain.object(ObjectKey("out/large"))?.bytes == Array("theirs".utf8))
    }

    /// A target that keeps no marks, a joining without an answer, and another's object of the very size that ours has.
    @Test func anObjectOfTheRightSizeIsReadBackBeforeItCountsAsJoined() async throws {
        var bare = MemoryStore.strictest
        bare.keepsUserMetadata = false
        let plain = MemoryStore(traits: bare)
        let voyage = try Voyage(source: source, target: plain)
        // The read-back at the end would find it too, but by then it had been called landed.
        voyage.verify = .none
        let theirs = noise(Int(AgeSealing.storedSize(plain: UInt64(Self.size), prefix: 184)), seed: 9)
        let schedule = FaultSchedule { call in
            guard call.kind == .completeUpload else { return nil }
            plain.put(ObjectKey("out/large"), theirs)
            return .before(StoreError(.ambiguous, "lost"))
        }
        let result = try await voyage.sail(target: Faulty(plain, schedule: schedule))
        #expect(result.counts.landed == 0 && schedule.count(.completeUpload) == 1)
        #expect(plain.object(ObjectKey("out/large"))?.bytes == theirs)
    }

    @Test func aFaultBehindTheJoiningSendsNoPartAgain() async throws {
        let result = try await sail { call in
            call.kind == .head && call.ordinal > 0 ? .before(StoreError(.throttled, "later")) : nil
        }
        #expect(result.counts.open == 1 && result.counts.failed == 0)
        let schedule = FaultSchedule { _ in nil }
        let after = try await voyage.sail(target: Faulty(target, schedule: schedule))
        #expect(after.counts.landed == 1 && schedule.count(.writePart) == 0)
        try await expectArrived(seed: 1)
    }

    @Test func withoutItsResumeKeyARunBeginsAnewWhatWasUnderWay() async throws {
        source.put(ObjectKey("in/small"), Array("x".utf8), metadata: ObjectMetadata(user: ["patient": "secret"]))
        try await sailIntoTheFirstPart()
        try FileManager.default.removeItem(atPath: voyage.scratch + "/keys/resume.key")
        var result = try await voyage.sail()
        #expect(result.counts.open == 0)
        // The metadata of what had landed went with the key: it is moved again, since nothing else has them.
        #expect(result.counts.failed == 1 && result.counts.landed == 1)
        result = try await voyage.sail()
        #expect(result.counts.failed == 0 && result.counts.open == 0)
        try await expectArrived(seed: 1)
    }

    @Test func withoutItsDigestKeyNothingIsCalledChanged() async throws {
        try await voyage.sail()
        try FileManager.default.removeItem(atPath: voyage.scratch + "/keys/digest.key")
        do {
            try await voyage.sail()
            Issue.record("a run under another digest key")
        } catch let error as EngineError {
            #expect(error.code == .key && error.description.contains("digest.key"))
        }
    }

    /// Another tool's object that appeared while an update was under way is not overwritten by joining.
    @Test func joiningAnUpdateOverwritesNobodyElse() async throws {
        try await voyage.sail()
        source.put(Self.large, noise(Self.size, seed: 2))
        try await sailIntoTheFirstPart()
        target.put(ObjectKey("out/large"), Array("theirs".utf8))
        let result = try await voyage.sail()
        #expect(result.counts.blocked == 1 && result.counts.landed == 0)
        #expect(target.object(ObjectKey("out/large"))?.bytes == Array("theirs".utf8))
        #expect(try await target.listUploads(prefix: ObjectKey("")).isEmpty)
    }
}
