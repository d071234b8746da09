import HavreCrypto
import HavreJournal
import HavreModel
import HavreStores

/// What all transfers of one dataset share on one lane.
struct Mover: Sendable {
    /// The dataset's run.
    let run: DatasetRun
    /// All lanes; parts of one object spread over them.
    let lanes: [Lane]
    /// How many at one time.
    let pacer: Pacer
    /// The plan's bandwidth limit.
    let bandwidth: BandwidthLimit?
    /// Landings of one-part objects on their way into the journal.
    let landings: LandingBatch
    /// What has passed, for the progress view; no counter is derived from it.
    let flow: Flow

    /// How a transfer's attempt ended.
    enum Outcome: Sendable {
        /// Landed, or written down as failed or blocked.
        case settled
        /// It failed; written down.
        case failed(TransferMachine.Failure, denied: Bool)
        /// A fault that may pass; nothing is lost, it goes on at the next `apply`.
        case interrupted(String)
        /// A connection is not the one that the plan was judged for; nothing is lost, and nothing more begins.
        case refusedByPolicy(String)
    }

    /// Something that ends a transfer with a written reason.
    struct Blocked: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    /// How often a source may change under us before we give up for this run.
    static let driftLimit = 4

    /// Moves one object from wherever it stands to landed; throws only what must end the run.
    func move(_ row: TransferRow, on lane: Lane) async throws -> Outcome {
        var row = row
        var drifts = 0
        while true {
            do {
                if try await isOnePart(row) {
                    try await moveWhole(row, on: lane)
                } else {
                    try await moveInParts(row, on: lane)
                }
                return .settled
            } catch let error as StoreError where error.code == .drifted {
                drifts += 1
                do {
                    guard let next = try await afterDrift(row, error, drifts: drifts) else {
                        return .failed(
                            .init(reason: "the source keeps changing: \(error.message)", retryable: true), denied: false
                        )
                    }
                    row = next
                } catch let error as StoreError {
                    return .interrupted(error.description)
                }
            } catch let error as StoreError where error.isOfPolicy {
                return .refusedByPolicy(error.description)
            } catch let error as StoreError where error.code == .cancelled || error.code == .noSuchUpload {
                return .interrupted(error.description)
            } catch let blocked as Blocked {
                // The row may have moved on meanwhile: an upload that is open is aborted by `reset` later.
                try await run.journal.record([TransferChange(row: row.row, step: .block(blocked.reason))])
                return .settled
            } catch let error as JournalError {
                throw error
            } catch is CancellationError {
                return .interrupted("cancelled")
            } catch {
                let failure = Self.failure(of: error)
                let denied = (error as? StoreError)?.isOfCredentials == true
                // Once something is pinned, a fault that may pass throws nothing away: the upload may be open, or
                // joined already, and all that was sent still counts. Only a refusal to open one leaves nothing behind.
                if let current = try await run.journal.transfer(row.row), current.machine.pinned != nil {
                    if failure.retryable, !denied || current.machine.openUpload != nil {
                        return .interrupted(failure.reason)
                    }
                    // Failing forgets the intent. Where the target does not even say what is open, it fails all the same.
                    if case .openUpload(intended: true) = current.machine.owed { try? await run.abortOrphans(current) }
                }
                try await run.journal.record([TransferChange(row: row.row, step: .fail(failure))])
                return .failed(failure, denied: denied)
            }
        }
    }

    /// Words and class of a failure.
    static func failure(of error: any Error) -> TransferMachine.Failure {
        if let store = error as? StoreError {
            if store.code == .sink, let underlying = store.underlying { return failure(of: underlying) }
            return .init(reason: store.description, retryable: store.isRetryable || store.isOfCredentials)
        }
        // A disk that is full may have room tomorrow.
        if let engine = error as? EngineError, engine.code == .disk {
            return .init(reason: engine.description, retryable: true)
        }
        return .init(reason: String(describing: error), retryable: false)
    }

    /// Writes the drift down, aborts what is open and takes up the version that is there now.
    private func afterDrift(_ row: TransferRow, _ error: StoreError, drifts: Int) async throws -> TransferRow? {
        let journal = run.journal
        guard let current = try await journal.transfer(row.row) else { return nil }
        if case .completing = current.machine.state {
            // What differs now is the target's: the parts were joined into something else, or replaced meanwhile.
            let failure = TransferMachine.Failure(reason: "at the target: \(error.message)", retryable: true)
            try await journal.record([TransferChange(row: row.row, step: .fail(failure))])
            return nil
        }
        try await journal.record([TransferChange(row: row.row, step: .drift(error.message))])
        if let upload = current.machine.openUpload {
            try await run.target.abortUpload(upload, key: run.targetKey(row.key))
        }
        var listed: SourceVersion?
        do throws(StoreError) {
            listed = try await run.source.head(run.sourceKey(row.key), versionID: nil, withTags: false).version
        } catch {
            guard error.code == .notFound else { throw error }
            try await journal.record([
                TransferChange(row: row.row, step: .reset(listed: nil)),
                TransferChange(
                    row: row.row,
                    step: .fail(.init(reason: "gone from the source since it was listed", retryable: false))),
            ])
            return nil
        }
        try await journal.record([TransferChange(row: row.row, step: .reset(listed: listed))])
        guard drifts <= Self.driftLimit else {
            try await journal.record([
                TransferChange(
                    row: row.row, step: .fail(.init(reason: "the source keeps changing", retryable: true)))
            ])
            return nil
        }
        return try await journal.transfer(row.row)
    }

    /// Whether the object is one part: known from the listing, a sealed source counting as what it holds at most.
    private func isOnePart(_ row: TransferRow) async throws -> Bool {
        guard case .pending = row.machine.state else { return false }
        return row.listed.size <= PartLayout.leaf
    }

    // MARK: The target's side of a write

    /// What stands at the target now; nil where nothing does.
    func occupant(_ key: ObjectKey) async throws(StoreError) -> ObjectHead? {
        do throws(StoreError) {
            return try await run.target.head(run.targetKey(key), versionID: nil, withTags: false)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// Whether `head` was written by this transfer, in this run.
    func isOurs(_ head: ObjectHead, _ row: TransferRow) -> Bool {
        head.marker?.run == run.run && head.marker?.row == row.row
    }

    /// Whether `head` was left by an attempt that failed behind its write: the same row, in a run of this journal.
    /// It may be written over, never taken as landed. Where a target keeps no markers, what stands there once we
    /// have tried is taken for ours where nothing was to be replaced: nothing was there when we looked first (exclusive
    /// prefix assumed).
    private func isOfEarlierAttempt(_ head: ObjectHead, _ row: TransferRow) async throws -> Bool {
        guard row.attemptedBefore else { return false }
        guard run.target.traits.keepsUserMetadata else { return row.replaces == nil }
        guard let marker = head.marker, marker.row == row.row else { return false }
        return try await run.journal.knows(run: marker.run)
    }

    /// The condition of the first attempt. Where the target ignores conditions, or an earlier process may have
    /// written already, HEAD comes first (invariant 9). Throws `Blocked` where another's object is in the way.
    func condition(for row: TransferRow, enforced: Bool) async throws -> WriteCondition {
        if enforced && !row.attemptedBefore {
            return row.replaces.map { .entityTag($0) } ?? .absent
        }
        return try await conditionAfterLook(row, enforced: enforced)
    }

    /// Looks at the target and decides: nothing there, ours, the one that the plan replaces, or another's.
    func conditionAfterLook(_ row: TransferRow, enforced: Bool) async throws -> WriteCondition {
        guard let head = try await occupant(row.key) else {
            return enforced ? .absent : .any
        }
        let tag = head.version.entityTag
        var mayReplace = isOurs(head, row) || tag == row.replaces
        if !mayReplace { mayReplace = try await isOfEarlierAttempt(head, row) }
        guard mayReplace else {
            throw Blocked(reason: "occupied: the target holds an object that is not ours (ETag \(tag))")
        }
        return enforced && run.target.traits.conditionalUpdate ? .entityTag(tag) : .any
    }

    /// Metadata for the target, the manifest and the report.
    func mapping(_ head: ObjectHead, _ row: TransferRow, version: SourceVersion) async throws -> MetadataMapping {
        var metadata = head.metadata
        if head.tagCount > 0, metadata.tags.isEmpty, run.dataset.metadata.tags != .dropped {
            metadata.tags = try await run.source.head(
                run.sourceKey(row.key), versionID: version.versionID, withTags: true
            ).metadata.tags
        }
        var mapping = MetadataMapping(
            metadata, policy: run.dataset.metadata, target: run.target.traits, sealing: !run.recipients.isEmpty)
        if run.target.traits.keepsUserMetadata {
            mapping.clear.user["havre"] = run.marker(row: row.row, version: version).token
        }
        return mapping
    }

    /// The manifest's share of the metadata, sealed under the resume key; empty where there is none.
    func sealedMetadata(_ mapping: MetadataMapping, row: Int64, version: SourceVersion) throws -> [UInt8] {
        let json = try mapping.sealedJSON()
        guard !json.isEmpty else { return [] }
        return try json.withUnsafeBytes {
            try run.secrets.resume.seal($0, binding: run.binding("metadata", row: row, version: version))
        }
    }
}

extension TransferMachine {
    /// The upload that may be open at the target.
    var openUpload: String? {
        switch state {
        case .moving(let pinned, _), .completing(let pinned), .pinned(let pinned): pinned.upload
        case .failed(_, let upload), .drifted(let upload): upload
        case .pending, .landed, .verified: nil
        }
    }
}
