/// A key of the plan as the rules see it: who holds its private half, where, under whose law.
public struct Key: Hashable, Sendable {
    /// Its name in the plan.
    public var name: String
    /// The custodian's name; nil is not stated.
    public var custodian: String?
    /// The custodian's country.
    public var country: Fact<String>
    /// The custodian's law.
    public var law: Fact<String>

    /// Describes a key.
    public init(name: String, custodian: String?, country: Fact<String>, law: Fact<String>) {
        self.name = name
        self.custodian = custodian
        self.country = country
        self.law = law
    }

    /// Reads a key as the plan states it on `day`; an entry that is not there is unknown.
    public init(name: String, entry: KeyEntry?, on day: Day) {
        let jurisdiction = entry?.custodian?.jurisdiction
        self.init(
            name: name, custodian: entry?.custodian?.name,
            country: .operators(jurisdiction?.country, on: day), law: .operators(jurisdiction?.law, on: day))
    }
}
