/// What a rule found.
public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
    /// The rule holds.
    case satisfied
    /// The rule does not hold.
    case violated
    /// A fact that it needs is unknown.
    case unknown

    /// Whether the contrary holds.
    public var not: Outcome {
        switch self {
        case .satisfied: .violated
        case .violated: .satisfied
        case .unknown: .unknown
        }
    }

    /// Both must hold: one violation decides, else one doubt.
    public func and(_ other: Outcome) -> Outcome {
        switch (self, other) {
        case (.violated, _), (_, .violated): .violated
        case (.unknown, _), (_, .unknown): .unknown
        case (.satisfied, .satisfied): .satisfied
        }
    }

    /// One must hold: one that holds decides, else one doubt.
    public func or(_ other: Outcome) -> Outcome {
        switch (self, other) {
        case (.satisfied, _), (_, .satisfied): .satisfied
        case (.unknown, _), (_, .unknown): .unknown
        case (.violated, .violated): .violated
        }
    }
}
