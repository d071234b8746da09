import TestServers
import Testing

@testable import HavreModel

@Suite struct TransferMachineTests {
    private typealias State = TransferMachine.State
    private typealias Event = TransferMachine.Event

    private static let version = SourceVersion(entityTag: "e", size: 20 << 20)
    private static let layout = PartLayout(size: 20 << 20, partSize: 8 << 20)
    private static let failure = TransferMachine.Failure(reason: "r", retryable: true)
    private static let earlier = TransferMachine.Failure(reason: "earlier", retryable: false, mismatch: true)
    private static let fresh = TransferMachine.Pinned(version: version, layout: layout)
    private static let intended = TransferMachine.Pinned(version: version, layout: layout, uploadIntended: true)
    private static let open = TransferMachine.Pinned(
        version: version, layout: layout, upload: "u", uploadIntended: true)

    private static let states: [(String, State)] = [
        ("pending", .pending), ("fresh", .pinned(fresh)), ("intended", .pinned(intended)),
        ("opened", .moving(open, received: [])), ("some", .moving(open, received: [0, 2])),
        ("all", .moving(open, received: [0, 1, 2])), ("completing", .completing(open)), ("landed", .landed),
        ("verified", .verified), ("failed", .failed(earlier, upload: nil)),
        ("failedOpen", .failed(earlier, upload: "u")),
        ("drifted", .drifted(upload: nil)), ("driftedOpen", .drifted(upload: "u")),
    ]
    private static let events: [(String, Event)] = [
        ("pin", .pin(version, layout)), ("intend", .intendUpload), ("open", .open(upload: "u")), ("lose", .lose),
        ("part0", .receive(part: 0)), ("part1", .receive(part: 1)), ("part3", .receive(part: 3)),
        ("part-1", .receive(part: -1)), ("complete", .complete), ("land", .land), ("verify", .verify),
        ("fail", .fail(failure)), ("drift", .drift), ("reset", .reset),
    ]

    /// The whole table: what is not listed is refused.
    private static let table: [String: [String: State]] = [
        "pending": [
            "pin": .pinned(fresh), "land": .landed, "fail": .failed(failure, upload: nil),
            "drift": .drifted(upload: nil), "reset": .pending,
        ],
        "fresh": [
            "intend": .pinned(intended), "fail": .failed(failure, upload: nil), "drift": .drifted(upload: nil),
            "reset": .pending,
        ],
        "intended": [
            "intend": .pinned(intended), "open": .moving(open, received: []), "fail": .failed(failure, upload: nil),
            "drift": .drifted(upload: nil), "reset": .pending,
        ],
        "opened": [
            "lose": .pinned(fresh), "part0": .moving(open, received: [0]), "part1": .moving(open, received: [1]),
            "fail": .failed(failure, upload: "u"), "drift": .drifted(upload: "u"),
        ],
        "some": [
            "lose": .pinned(fresh), "part1": .moving(open, received: [0, 1, 2]),
            "fail": .failed(failure, upload: "u"), "drift": .drifted(upload: "u"),
        ],
        "all": [
            "lose": .pinned(fresh), "complete": .completing(open), "fail": .failed(failure, upload: "u"),
            "drift": .drifted(upload: "u"),
        ],
        "completing": ["lose": .pinned(fresh), "land": .landed, "fail": .failed(failure, upload: "u")],
        "landed": ["verify": .verified, "fail": .failed(failure, upload: nil), "reset": .pending],
        "verified": ["verify": .verified, "fail": .failed(failure, upload: nil), "reset": .pending],
        "failed": ["fail": .failed(failure, upload: nil), "reset": .pending],
        "failedOpen": ["fail": .failed(failure, upload: "u"), "reset": .pending],
        "drifted": ["fail": .failed(failure, upload: nil), "reset": .pending],
        "driftedOpen": ["fail": .failed(failure, upload: "u"), "reset": .pending],
    ]

    @Test func everyPairOfStateAndEvent() throws {
        for (stateName, state) in Self.states {
            for (eventName, event) in Self.events {
                var machine = TransferMachine(state: state)
                if let expected = Self.table[stateName]?[eventName] {
                    try machine.handle(event)
                    #expect(machine.state == expected, "\(stateName) + \(eventName)")
                } else {
                    #expect(throws: TransferMachine.IllegalTransition(state: state, event: event)) {
                        try machine.handle(event)
                    }
                    #expect(machine.state == state, "a refused event changes nothing: \(stateName) + \(eventName)")
                }
            }
        }
    }

    @Test func whatEachStateOwes() {
        let owed: [String: TransferMachine.Action] = [
            "pending": .pin, "fresh": .openUpload(intended: false), "intended": .openUpload(intended: true),
            "opened": .move([0, 1, 2]), "some": .move([1]), "all": .complete, "completing": .complete,
            "landed": .verify, "verified": .nothing, "failed": .reset, "failedOpen": .abort("u"), "drifted": .reset,
            "driftedOpen": .abort("u"),
        ]
        for (name, state) in Self.states {
            #expect(TransferMachine(state: state).owed == owed[name], "\(name)")
        }
    }

    @Test func aRefusalSaysWhat() {
        var machine = TransferMachine()
        do throws(TransferMachine.IllegalTransition) {
            try machine.handle(.verify)
            Issue.record("pending cannot be verified")
        } catch {
            #expect(error.description == "a transfer that is pending cannot take the event verify")
        }
    }

    /// Whoever does what is owed, from wherever a crash left it, arrives; and no walk loses an upload or lands without
    /// every part.
    @Test(arguments: [UInt64](1...64)) func randomWalks(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var machine = TransferMachine()
        var openUploads: Set<String> = []
        var received: Set<Int> = []
        var uploads = 0
        for _ in 0..<400 {
            // A crash: state is all that remains.
            if Int.random(in: 0..<4, using: &random) == 0 { machine = TransferMachine(state: machine.state) }
            let before = machine.state
            if Int.random(in: 0..<5, using: &random) == 0 {
                let event = Self.events.randomElement(using: &random)?.1 ?? .reset
                if case .open = event { continue }
                if case .pin = event { continue }
                // Nothing but an abort, which is owed, lets go of an upload.
                if case .reset = event, case .abort = machine.owed { continue }
                do throws(TransferMachine.IllegalTransition) { try machine.handle(event) } catch { continue }
                if case .lose = event { openUploads = [] }
                if case .lose = event { received = [] }
                if case .receive(let part) = event { received.insert(part) }
            } else {
                switch machine.owed {
                case .pin: try machine.handle(.pin(Self.version, Self.layout))
                case .openUpload(let intended):
                    if intended {
                        openUploads = []
                        uploads += 1
                        openUploads.insert("u\(uploads)")
                        try machine.handle(.open(upload: "u\(uploads)"))
                        received = []
                    } else {
                        try machine.handle(.intendUpload)
                    }
                case .move(let parts):
                    let part = try #require(parts.randomElement(using: &random))
                    #expect(!received.contains(part), "a received part is never owed again (seed \(seed))")
                    received.insert(part)
                    try machine.handle(.receive(part: part))
                case .complete:
                    #expect(received == [0, 1, 2], "seed \(seed)")
                    if case .moving = machine.state { try machine.handle(.complete) } else { try machine.handle(.land) }
                case .abort(let upload):
                    #expect(openUploads.contains(upload), "seed \(seed)")
                    openUploads.remove(upload)
                    try machine.handle(.reset)
                case .reset: try machine.handle(.reset)
                case .verify: try machine.handle(.verify)
                case .nothing: try machine.handle(.reset)
                }
            }
            switch machine.state {
            case .landed:
                if case .completing = before { openUploads = [] }
            case .pending: #expect(openUploads.isEmpty, "an upload was forgotten (seed \(seed))")
            case .moving(let pinned, let parts):
                #expect(pinned.upload.map { openUploads.contains($0) } == true, "seed \(seed)")
                #expect(parts == received, "seed \(seed)")
            case .failed(_, let upload), .drifted(let upload):
                #expect(Set([upload].compactMap { $0 }) == openUploads, "seed \(seed)")
            case .pinned, .completing, .verified: break
            }
        }
    }
}
