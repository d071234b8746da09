/// The life of a dataset's migration, as a value (design §3).
///
///     drafted → planned → approved → transferring → transferred → verified → cutOver → accepted → decommissioned
///     any → paused | blocked(verdicts) · cutOver → rolledBack
///
/// Until cutover a dataset may be planned anew: sources go on living. `apply` without a separate approval
/// is an approval and a start in one breath.
public struct DatasetMachine: Hashable, Sendable {
    /// Where the dataset stands.
    public private(set) var state: State

    /// Takes up a dataset where a journal left it; a new one is `.drafted`.
    public init(state: State = .at(.drafted)) { self.state = state }

    /// The steps on the straight way.
    public enum Step: String, Hashable, Sendable, Codable, CaseIterable {
        /// It is in the plan file.
        case drafted
        /// Inventory, diff and verdicts are there.
        case planned
        /// Somebody who may said yes.
        case approved
        /// Objects move.
        case transferring
        /// Nothing is left to move.
        case transferred
        /// What the plan asks to read back was read back and agreed.
        case verified
        /// Readers use the target.
        case cutOver
        /// The cutover stands.
        case accepted
        /// The source is destroyed.
        case decommissioned
        /// Readers are back at the source.
        case rolledBack
    }

    /// Where a dataset can stand.
    public enum State: Hashable, Sendable {
        /// On its way.
        case at(Step)
        /// Halted by somebody; it goes on at the step it came from.
        case paused(Step)
        /// Halted by the verdicts of these rules; it is planned anew when they are answered.
        case blocked(Step, verdicts: [String])
    }

    /// What can happen to a dataset.
    public enum Event: Hashable, Sendable {
        /// Inventory, diff and verdicts were made.
        case plan
        /// Somebody who may said yes.
        case approve
        /// Objects begin to move.
        case begin
        /// Nothing is left to move.
        case finish
        /// The read-back agreed.
        case verify
        /// Readers were switched to the target.
        case cutOver
        /// The cutover stands.
        case accept
        /// The source was destroyed.
        case decommission
        /// Readers were switched back.
        case rollBack
        /// Somebody halts it.
        case pause
        /// It goes on.
        case resume
        /// Rules halt it.
        case block([String])
    }

    /// An event that the state does not allow.
    public struct IllegalTransition: Error, Hashable, Sendable, CustomStringConvertible {
        /// The state before.
        public let state: State
        /// The event refused.
        public let event: Event
        public var description: String { "a dataset that is \(state.name) cannot take the event \(event)" }
    }

    /// Takes `event` and moves on, or throws and stays.
    public mutating func handle(_ event: Event) throws(IllegalTransition) {
        guard let next = next(event) else { throw IllegalTransition(state: state, event: event) }
        state = next
    }

    private func next(_ event: Event) -> State? {
        switch (state, event) {
        case (.at(let step), .pause): step == .decommissioned ? nil : .paused(step)
        case (.at(let step), .block(let verdicts)): step == .decommissioned ? nil : .blocked(step, verdicts: verdicts)
        case (.at(let step), .plan), (.at(let step), .approve), (.at(let step), .begin), (.at(let step), .finish),
            (.at(let step), .verify), (.at(let step), .cutOver), (.at(let step), .accept),
            (.at(let step), .decommission), (.at(let step), .rollBack):
            Self.next(step, event).map(State.at)
        case (.at, .resume): nil
        case (.paused(let step), .resume): .at(step)
        case (.paused(let step), .block(let verdicts)): .blocked(step, verdicts: verdicts)
        // `plan` looks anew and lifts the halt; nothing moves by it.
        case (.paused(let step), .plan): Self.next(step, .plan).map(State.at)
        case (.paused, .pause), (.paused, .approve), (.paused, .begin), (.paused, .finish), (.paused, .verify),
            (.paused, .cutOver), (.paused, .accept), (.paused, .decommission), (.paused, .rollBack):
            nil
        case (.blocked(let step, _), .plan): Self.next(step, .plan).map(State.at)
        case (.blocked(let step, _), .block(let verdicts)): .blocked(step, verdicts: verdicts)
        case (.blocked, .pause), (.blocked, .resume), (.blocked, .approve), (.blocked, .begin), (.blocked, .finish),
            (.blocked, .verify), (.blocked, .cutOver), (.blocked, .accept), (.blocked, .decommission),
            (.blocked, .rollBack):
            nil
        }
    }

    /// The straight way: the step that `event` leads to from `step`, or nil.
    private static func next(_ step: Step, _ event: Event) -> Step? {
        switch event {
        case .plan:
            switch step {
            case .drafted, .planned, .approved, .transferring, .transferred, .verified, .rolledBack: .planned
            case .cutOver, .accepted, .decommissioned: nil
            }
        case .approve:
            switch step {
            case .planned, .approved: .approved
            case .drafted, .transferring, .transferred, .verified, .cutOver, .accepted, .decommissioned, .rolledBack:
                nil
            }
        case .begin:
            switch step {
            // From transferring: a restart. From planned: consent was given on the spot.
            case .planned, .approved, .transferring: .transferring
            case .drafted, .transferred, .verified, .cutOver, .accepted, .decommissioned, .rolledBack: nil
            }
        case .finish: step == .transferring ? .transferred : nil
        case .verify: step == .transferred || step == .verified ? .verified : nil
        case .cutOver: step == .verified ? .cutOver : nil
        case .accept: step == .cutOver ? .accepted : nil
        case .decommission: step == .accepted ? .decommissioned : nil
        case .rollBack: step == .cutOver ? .rolledBack : nil
        case .pause, .resume, .block: nil
        }
    }
}

extension DatasetMachine.State {
    /// The word for the state, as journals and reports write it.
    public var name: String {
        switch self {
        case .at(let step): step.rawValue
        case .paused: "paused"
        case .blocked: "blocked"
        }
    }

    /// The step at which the dataset stands, or from which it was halted.
    public var step: DatasetMachine.Step {
        switch self {
        case .at(let step), .paused(let step), .blocked(let step, _): step
        }
    }
}

extension DatasetMachine {
    /// The event that leads to the state of this name, seen from where the dataset stands; nil where no word fits.
    /// The name of the step from which it was paused resumes it; `blocked:R4,R10` names the rules that halt it.
    public func event(to name: String) -> Event? {
        if name.hasPrefix("blocked:") {
            return .block(name.dropFirst("blocked:".count).split(separator: ",").map(String.init))
        }
        switch name {
        case "paused": return .pause
        case "blocked": return .block([])
        default: break
        }
        guard let step = Step(rawValue: name) else { return nil }
        if case .paused(step) = state { return .resume }
        switch step {
        case .drafted: return nil
        case .planned: return .plan
        case .approved: return .approve
        case .transferring: return .begin
        case .transferred: return .finish
        case .verified: return .verify
        case .cutOver: return .cutOver
        case .accepted: return .accept
        case .decommissioned: return .decommission
        case .rolledBack: return .rollBack
        }
    }
}
