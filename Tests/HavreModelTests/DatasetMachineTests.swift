import Testing

@testable import HavreModel

@Suite struct DatasetMachineTests {
    private typealias Step = DatasetMachine.Step
    private typealias State = DatasetMachine.State
    private typealias Event = DatasetMachine.Event

    /// The straight way; what is not listed is refused.
    private static let table: [Step: [(Event, Step)]] = [
        .drafted: [(.plan, .planned)],
        .planned: [(.plan, .planned), (.approve, .approved), (.begin, .transferring)],
        .approved: [(.plan, .planned), (.approve, .approved), (.begin, .transferring)],
        .transferring: [(.plan, .planned), (.begin, .transferring), (.finish, .transferred)],
        .transferred: [(.plan, .planned), (.verify, .verified)],
        .verified: [(.plan, .planned), (.verify, .verified), (.cutOver, .cutOver)],
        .cutOver: [(.accept, .accepted), (.rollBack, .rolledBack)],
        .accepted: [(.decommission, .decommissioned)],
        .decommissioned: [],
        .rolledBack: [(.plan, .planned)],
    ]
    private static let events: [Event] = [
        .plan, .approve, .begin, .finish, .verify, .cutOver, .accept, .decommission, .rollBack, .pause, .resume,
        .block(["R1"]),
    ]

    private static func expected(_ state: State, _ event: Event) -> State? {
        func straight(_ step: Step, _ event: Event) -> Step? { table[step]?.first { $0.0 == event }?.1 }
        switch (state, event) {
        case (.at(let step), .pause): return step == .decommissioned ? nil : .paused(step)
        case (.at(let step), .block(let rules)): return step == .decommissioned ? nil : .blocked(step, verdicts: rules)
        case (.at(let step), _): return straight(step, event).map(State.at)
        case (.paused(let step), .resume): return .at(step)
        case (.paused(let step), .block(let rules)): return .blocked(step, verdicts: rules)
        case (.blocked(let step, _), .block(let rules)): return .blocked(step, verdicts: rules)
        case (.paused(let step), .plan), (.blocked(let step, _), .plan): return straight(step, .plan).map(State.at)
        case (.paused, _), (.blocked, _): return nil
        }
    }

    @Test func everyPairOfStateAndEvent() throws {
        #expect(Self.table.count == Step.allCases.count)
        for step in Step.allCases {
            for state in [State.at(step), .paused(step), .blocked(step, verdicts: ["R9"])] {
                for event in Self.events {
                    var machine = DatasetMachine(state: state)
                    if let expected = Self.expected(state, event) {
                        try machine.handle(event)
                        #expect(machine.state == expected, "\(state) + \(event)")
                    } else {
                        #expect(throws: DatasetMachine.IllegalTransition(state: state, event: event)) {
                            try machine.handle(event)
                        }
                        #expect(machine.state == state)
                    }
                }
            }
        }
    }

    @Test func namesLeadToEvents() throws {
        var machine = DatasetMachine()
        for name in [
            "planned", "approved", "transferring", "paused", "transferring", "transferred", "verified",
            "cutOver", "accepted", "decommissioned",
        ] {
            try machine.handle(try #require(machine.event(to: name)))
            #expect(machine.state.name == name)
        }
        #expect(machine.event(to: "drafted") == nil)
        #expect(machine.event(to: "nonsense") == nil)
        #expect(DatasetMachine().event(to: "blocked") == .block([]))
    }

    @Test func aSourceIsDestroyedOnlyBehindAcceptance() {
        for step in Step.allCases where step != .accepted {
            var machine = DatasetMachine(state: .at(step))
            #expect(throws: DatasetMachine.IllegalTransition.self) { try machine.handle(.decommission) }
        }
    }

    @Test func aLeaseIsCurrentByItsGeneration() {
        let first = Lease(generation: 1, holder: "a", taken: 5)
        #expect(first.isCurrent(Lease(generation: 1, holder: "b", taken: 6)))
        #expect(!first.isCurrent(Lease(generation: 2, holder: "a", taken: 5)))
    }
}
