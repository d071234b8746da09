/// What one source says of a fact about which several are heard.
public struct Claim<Value: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
    /// What it says.
    public var value: Value
    /// Which source.
    public var source: String
    /// When somebody last looked; nil counts as unknown.
    public var verifiedOn: Day?

    /// Notes what a source says.
    public init(_ value: Value, source: String, verifiedOn: Day?) {
        self.value = value
        self.source = source
        self.verifiedOn = verifiedOn
    }
}

extension Fact {
    /// Hears several sources; nil where there is none.
    ///
    /// Verified claims count; where none is verified, all do, and the fact stays unverified. Claims that count and
    /// agree state the fact as of the day of the oldest; claims that differ make it disputed, and its value, the
    /// first one's, is then nobody's knowledge. Every source is named, also those that do not count.
    public init?(claims: [Claim<Value>]) {
        let verified = claims.filter { $0.verifiedOn != nil }
        let counting = verified.isEmpty ? claims : verified
        let others = verified.isEmpty ? [] : claims.filter { $0.verifiedOn == nil }
        guard let first = counting.first else { return nil }
        let isDisputed = counting.contains { $0.value != first.value }
        let says = { (claim: Claim<Value>) in "\(claim.source) says \(claim.value)" }
        let sources =
            counting.map { isDisputed ? says($0) : $0.source }
            + others.map { "not verified: " + ($0.value == first.value && !isDisputed ? $0.source : says($0)) }
        self.init(
            first.value, source: sources.joined(separator: "; "), verifiedOn: counting.compactMap(\.verifiedOn).min(),
            status: isDisputed ? .disputed : .stated)
    }
}
