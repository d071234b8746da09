import HavreModel

/// How a step of a transfer stands in an event: enough to follow it, no secret, no bare digest.
extension TransferChange.Step {
    /// The event's kind where all its rows took the same step.
    var kind: String {
        switch self {
        case .pin: "transfer.pinned"
        case .intendUpload: "upload.intended"
        case .open: "upload.opened"
        case .lose: "upload.lost"
        case .commit: "part.committed"
        case .receive: "part.received"
        case .complete: "upload.completing"
        case .land: "object.landed"
        case .verify: "object.verified"
        case .fail: "object.failed"
        case .drift: "object.drifted"
        case .reset: "object.reset"
        case .block: "object.blocked"
        }
    }

    /// One object with its members in ascending order; `step` only where the event's kind does not tell (`named`).
    func write(
        row: Int64, key: ObjectKey, named: Bool, hash: ([UInt8]) -> [UInt8], into body: inout CanonicalJSON
    ) {
        func writeRow() {
            body.name("row")
            body.integer(row)
        }
        func writeStep() {
            if named { body.member("step", kind) }
        }
        body.beginObject()
        switch self {
        case .pin(let version, let layout, _):
            body.member(key)
            body.name("partSize")
            body.integer(layout.partSize)
            writeRow()
            body.name("size")
            body.integer(layout.size)
            body.member("source", version.entityTag)
            writeStep()
            if let id = version.versionID { body.member("version", id) }
        case .intendUpload, .lose, .complete:
            writeRow()
            writeStep()
        case .open(let upload):
            writeRow()
            writeStep()
            body.member("upload", upload)
        case .commit(let part):
            // The keyed leaves themselves may be many; their hash binds them.
            body.name("leaves")
            body.hex(hash(part.keyedLeaves))
            body.name("part")
            body.integer(part.index)
            writeRow()
            body.name("size")
            body.integer(part.size)
            writeStep()
        case .receive(let receipt):
            body.name("part")
            body.integer(receipt.index)
            writeRow()
            body.name("size")
            body.integer(receipt.size)
            writeStep()
            body.member("tag", receipt.entityTag)
        case .land(let landing):
            body.member("check", landing.receipt.enforced.rawValue)
            body.member("digest", landing.digestKind)
            body.member(key)
            body.name("root")
            body.hex(landing.keyedRoot)
            writeRow()
            body.name("size")
            body.integer(landing.plainSize)
            body.member("source", landing.version.entityTag)
            writeStep()
            body.name("stored")
            body.integer(landing.storedSize)
            body.member("target", landing.receipt.entityTag)
            if let id = landing.receipt.versionID { body.member("targetVersion", id) }
            if let id = landing.version.versionID { body.member("version", id) }
        case .verify(let how):
            body.member("how", how)
            writeRow()
            writeStep()
        case .fail(let failure):
            body.member(key)
            body.name("mismatch")
            body.bool(failure.mismatch)
            body.member("reason", failure.reason)
            body.name("retryable")
            body.bool(failure.retryable)
            writeRow()
            writeStep()
        case .drift(let reason), .block(let reason):
            body.member(key)
            body.member("reason", reason)
            writeRow()
            writeStep()
        case .reset(let listed):
            writeRow()
            if let listed {
                body.name("size")
                body.integer(listed.size)
                body.member("source", listed.entityTag)
            }
            writeStep()
            if let id = listed?.versionID { body.member("version", id) }
        }
        body.endObject()
    }
}
