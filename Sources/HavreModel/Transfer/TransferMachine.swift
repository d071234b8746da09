/// The life of one object's move, as a value: an event goes in, the new state comes out,
/// and `owed` tells from the state alone what is to be done next (design §3).
///
///     pending → pinned → moving → completing → landed → verified
///     any → failed → pending · pinned/moving → drifted → pending · landed → failed(mismatch) → pending
///
/// Objects of one part go pending → landed in one event: their file key lives in memory only.
public struct TransferMachine: Hashable, Sendable {
    /// Where the transfer stands.
    public private(set) var state: State

    /// Takes up a transfer at a state that a journal holds; a new one is `.pending`.
    public init(state: State = .pending) { self.state = state }

    /// What a transfer of several parts has written down before it moves.
    public struct Pinned: Hashable, Sendable, Codable {
        /// The source version.
        public var version: SourceVersion
        /// The parts.
        public var layout: PartLayout
        /// The upload, once the target named it; nil while only the intent is recorded.
        public var upload: String?
        /// Whether the intent to open an upload is recorded.
        public var uploadIntended: Bool

        /// A transfer that has just been pinned.
        public init(
            version: SourceVersion, layout: PartLayout, upload: String? = nil, uploadIntended: Bool = false
        ) {
            self.version = version
            self.layout = layout
            self.upload = upload
            self.uploadIntended = uploadIntended
        }
    }

    /// Why a transfer failed.
    public struct Failure: Hashable, Sendable, Codable {
        /// What happened, for a person; never holds a secret.
        public var reason: String
        /// Whether running again may help without anybody's doing.
        public var retryable: Bool
        /// Whether a read-back differed from what was sent.
        public var mismatch: Bool

        /// Names a failure.
        public init(reason: String, retryable: Bool, mismatch: Bool = false) {
            self.reason = reason
            self.retryable = retryable
            self.mismatch = mismatch
        }
    }

    /// The states of design §3.
    public enum State: Hashable, Sendable {
        /// Nothing is bound; a new attempt takes a new file key.
        case pending
        /// Version, header, layout and sealed file key are journalled; no upload is open yet.
        case pinned(Pinned)
        /// An upload is open; `received` parts (counted from 0) have journalled receipts.
        case moving(Pinned, received: Set<Int>)
        /// Every part is received; the target is being asked to join them.
        case completing(Pinned)
        /// The target acknowledged the whole object and its strongest check.
        case landed
        /// A read-back agreed.
        case verified
        /// It ended badly. `upload` is one that may still be open at the target.
        case failed(Failure, upload: String?)
        /// The source changed under the pin. `upload` as above.
        case drifted(upload: String?)
    }

    /// What can happen to a transfer.
    public enum Event: Hashable, Sendable {
        /// Pin, header, layout and sealed file key are being journalled.
        case pin(SourceVersion, PartLayout)
        /// An upload is about to be opened.
        case intendUpload
        /// The target opened an upload.
        case open(upload: String)
        /// The upload is gone at the target (aborted, expired): its parts are lost with it.
        case lose
        /// The target took a part; counted from 0.
        case receive(part: Int)
        /// All parts are there; joining begins.
        case complete
        /// The target acknowledged the whole object.
        case land
        /// A read-back agreed.
        case verify
        /// Something went wrong.
        case fail(Failure)
        /// The source is no longer what was pinned.
        case drift
        /// Back to the start under a new file key, any open upload being gone.
        case reset
    }

    /// What is to be done next. Derived from the state alone, so that a restart asks the same question.
    public enum Action: Hashable, Sendable {
        /// Pin the source version and journal it with header, layout and sealed key.
        case pin
        /// Abort uploads of exactly our key begun since the intent, then open one.
        case openUpload(intended: Bool)
        /// Move these parts, counted from 0.
        case move([Int])
        /// Ask the target to join the parts.
        case complete
        /// Abort this upload, then reset.
        case abort(String)
        /// Reset.
        case reset
        /// Read the object back, where the plan asks for it.
        case verify
        /// Nothing.
        case nothing
    }

    /// An event that the state does not allow.
    public struct IllegalTransition: Error, Hashable, Sendable, CustomStringConvertible {
        /// The state before.
        public let state: State
        /// The event refused.
        public let event: Event
        public var description: String { "a transfer that is \(state.name) cannot take the event \(event)" }
    }

    /// Takes `event` and moves on, or throws and stays.
    public mutating func handle(_ event: Event) throws(IllegalTransition) {
        state = try next(event)
    }

    private func next(_ event: Event) throws(IllegalTransition) -> State {
        switch (state, event) {
        case (.pending, .pin(let version, let layout)):
            return .pinned(Pinned(version: version, layout: layout))
        case (.pending, .land):
            // An object of one part: one GET, one PUT, one row.
            return .landed
        case (.pinned(var pinned), .intendUpload):
            pinned.uploadIntended = true
            return .pinned(pinned)
        case (.pinned(var pinned), .open(let upload)) where pinned.uploadIntended:
            pinned.upload = upload
            return .moving(pinned, received: [])
        case (.moving(let pinned, var received), .receive(let part))
        where part >= 0 && part < pinned.layout.partCount && !received.contains(part):
            received.insert(part)
            return .moving(pinned, received: received)
        case (.moving(let pinned, let received), .complete) where received.count == pinned.layout.partCount:
            return .completing(pinned)
        case (.moving(var pinned, _), .lose), (.completing(var pinned), .lose):
            pinned.upload = nil
            pinned.uploadIntended = false
            return .pinned(pinned)
        case (.completing, .land):
            return .landed
        case (.landed, .verify):
            return .verified
        case (.verified, .verify):
            return .verified
        case (.pending, .fail(let failure)), (.landed, .fail(let failure)), (.verified, .fail(let failure)):
            return .failed(failure, upload: nil)
        case (.pinned(let pinned), .fail(let failure)), (.moving(let pinned, _), .fail(let failure)),
            (.completing(let pinned), .fail(let failure)):
            return .failed(failure, upload: pinned.upload)
        case (.failed(_, let upload), .fail(let failure)), (.drifted(let upload), .fail(let failure)):
            // The abort of its upload failed, say: the upload stays owed.
            return .failed(failure, upload: upload)
        case (.pending, .drift):
            return .drifted(upload: nil)
        case (.pinned(let pinned), .drift), (.moving(let pinned, _), .drift):
            return .drifted(upload: pinned.upload)
        case (.failed, .reset), (.drifted, .reset), (.pending, .reset), (.pinned, .reset):
            return .pending
        case (.landed, .reset), (.verified, .reset):
            // The plan found a newer source version or another envelope: an update begins.
            return .pending
        case (.pending, _), (.pinned, _), (.moving, _), (.completing, _), (.landed, _), (.verified, _),
            (.failed, _), (.drifted, _):
            throw IllegalTransition(state: state, event: event)
        }
    }

    /// What the state owes. A failed transfer owes nothing by itself: the next `apply` resets it.
    public var owed: Action {
        switch state {
        case .pending: return .pin
        case .pinned(let pinned): return .openUpload(intended: pinned.uploadIntended)
        case .moving(let pinned, let received):
            let missing = (0..<pinned.layout.partCount).filter { !received.contains($0) }
            return missing.isEmpty ? .complete : .move(missing)
        case .completing: return .complete
        case .landed: return .verify
        case .verified: return .nothing
        case .failed(_, let upload), .drifted(let upload):
            return upload.map { .abort($0) } ?? .reset
        }
    }
}

extension TransferMachine.State {
    /// The word for the state, as journals and reports write it.
    public var name: String {
        switch self {
        case .pending: "pending"
        case .pinned: "pinned"
        case .moving: "moving"
        case .completing: "completing"
        case .landed: "landed"
        case .verified: "verified"
        case .failed: "failed"
        case .drifted: "drifted"
        }
    }
}
