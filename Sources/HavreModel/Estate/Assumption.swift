/// What somebody supposes of the catalogue, to see what the rules would say: `DPF=invalid`.
///
/// `ID=invalid` and `adequacy:CH=invalid`: an adequacy decision never held. `PROVIDER:seat=US`. `PROVIDER:parent=US`:
/// a company under that law stands above; where the chain was not known it is then that company.
/// `PROVIDER/SERVICE/REGION:country=XX`. `PROVIDER/SERVICE/REGION:CERTIFICATION=held|none|disputed|pending|expired`.
/// `member:XX=none`: the country belongs to no circle.
public struct Assumption: Hashable, Sendable, CustomStringConvertible {
    /// The origin of every fact that an assumption changes.
    public static let origin = "assumed"

    /// How a certification may be supposed to stand.
    enum Standing: String, CaseIterable {
        case held, none, disputed, pending, expired
    }

    enum Change: Hashable {
        case decisionNamed(String)
        case decisionsAbout(String)
        case notMember(String)
        case seat(provider: String, law: String)
        case parent(provider: String, law: String)
        case country(Place, String)
        case certification(Place, name: String, Standing)
    }

    /// A region of a service.
    struct Place: Hashable {
        var provider: String
        var service: String
        var region: String
    }

    let change: Change
    public let description: String

    /// Reads `KEY=VALUE`. Names of the catalogue are looked up where it is applied.
    public init(_ text: String) throws(AssumptionError) {
        func refuse(
            _ problem: String, found: String? = nil, _ expected: String, _ words: [String] = []
        ) -> AssumptionError {
            AssumptionError(assumption: text, problem: problem, found: found, expected: expected, candidates: words)
        }
        func value(_ value: String, among words: [String]) throws(AssumptionError) {
            guard words.contains(value) else {
                throw refuse("`\(value)` is no value here", found: value, words.joined(separator: ", "), words)
            }
        }
        func checked(_ word: String, _ form: SeedForm) throws(AssumptionError) -> String {
            guard form.accepts(word) else { throw refuse("`\(word)` is none", found: word, form.noun) }
            return word
        }
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex,
            text.index(after: equals) != text.endIndex
        else {
            throw refuse("no KEY=VALUE", "for example DPF=invalid")
        }
        let key = String(text[..<equals])
        let word = String(text[text.index(after: equals)...])
        description = text
        guard let colon = key.firstIndex(of: ":") else {
            try value(word, among: ["invalid"])
            change = .decisionNamed(key)
            return
        }
        let about = String(key[..<colon])
        let what = String(key[key.index(after: colon)...])
        let parts = about.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (about, parts.count) {
        case ("adequacy", _):
            try value(word, among: ["invalid"])
            change = .decisionsAbout(try checked(what, .country))
        case ("member", _):
            try value(word, among: ["none"])
            change = .notMember(try checked(what, .country))
        case (_, 1):
            switch what {
            case "seat": change = .seat(provider: about, law: try checked(word, .country))
            case "parent": change = .parent(provider: about, law: try checked(word, .law))
            default:
                throw refuse(
                    "`\(what)` is nothing that can be supposed of a provider", found: what,
                    "seat or parent, or PROVIDER/SERVICE/REGION before a country or a certification",
                    ["seat", "parent"])
            }
        case (_, 3) where !what.isEmpty:
            let place = Place(provider: parts[0], service: parts[1], region: parts[2])
            if what == "country" {
                change = .country(place, try checked(word, .country))
            } else {
                try value(word, among: Standing.allCases.map(\.rawValue))
                change = .certification(place, name: what, Standing(rawValue: word) ?? .none)
            }
        default:
            throw refuse(
                "`\(key)` names nothing", found: about, "PROVIDER, or PROVIDER/SERVICE/REGION, before the colon")
        }
    }
}

/// An assumption that cannot be read, or that is about nothing in the catalogue.
public struct AssumptionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The whole assumption.
    public let assumption: String
    /// What is wrong.
    public let problem: String
    /// The word that is wrong; nil where it is not one word.
    public let found: String?
    /// What would be right.
    public let expected: String
    /// Words that would be right in its place.
    public let candidates: [String]

    public var description: String { "assumption `\(assumption)`: \(problem); expected \(expected)" }
}

extension Catalogue {
    /// The catalogue as it would be under these assumptions, in order; they count as looked at on `day`.
    public func assuming(_ assumptions: [Assumption], on day: Day) throws(AssumptionError) -> Catalogue {
        var supposed = self
        for assumption in assumptions { try supposed.suppose(assumption, on: day) }
        return supposed
    }

    private mutating func suppose(_ assumption: Assumption, on day: Day) throws(AssumptionError) {
        switch assumption.change {
        case .decisionNamed(let id):
            let ids = jurisdictions.adequacy.compactMap(\.id)
            guard ids.contains(id) else {
                throw assumption.error("no adequacy decision is called", id, among: ids)
            }
            for index in jurisdictions.adequacy.indices where jurisdictions.adequacy[index].id == id {
                jurisdictions.adequacy[index].neverHeld(assumption, on: day)
            }
        case .decisionsAbout(let country):
            let countries = jurisdictions.adequacy.map(\.country)
            guard countries.contains(country) else {
                throw assumption.error("no adequacy decision is about", country, among: countries)
            }
            for index in jurisdictions.adequacy.indices where jurisdictions.adequacy[index].country == country {
                jurisdictions.adequacy[index].neverHeld(assumption, on: day)
            }
        case .notMember(let country):
            let countries = jurisdictions.members.map(\.country)
            guard countries.contains(country) else {
                throw assumption.error("the catalogue knows of no membership of", country, among: countries)
            }
            for index in jurisdictions.members.indices where jurisdictions.members[index].country == country {
                jurisdictions.members[index].neverHeld(assumption, on: day)
            }
        case .seat(let provider, let law):
            try change(provider, assumption) { $0.seat = assumption.fact(law, on: day) }
        case .parent(let provider, let law):
            try change(provider, assumption) { provider in
                let chain = provider.parentChain.known(on: day) ?? []
                provider.parentChain = assumption.fact(
                    chain + [Provider.Parent(name: "supposed parent", law: law)], on: day)
            }
        case .country(let place, let country):
            try change(place, assumption) { service, region in
                service.regions[region].country = assumption.fact(country, on: day)
            }
        case .certification(let place, let name, let standing):
            let names = Set(
                providers.flatMap(\.services).flatMap(\.certifications).map(\.name) + ["HDS", "SecNumCloud"])
            guard let name = names.first(where: { $0.lowercased() == name.lowercased() }) else {
                throw assumption.error("the catalogue knows of no certification", name, among: names.sorted())
            }
            try change(place, assumption) { service, _ in
                service.suppose(name, standing, in: place.region, assumption, on: day)
            }
        }
    }

    private mutating func change(
        _ id: String, _ assumption: Assumption, _ body: (inout Provider) -> Void
    ) throws(AssumptionError) {
        guard let position = position(of: id) else {
            throw assumption.error("the catalogue has no provider", id, among: providerIDs)
        }
        body(&providers[position])
    }

    private mutating func change(
        _ place: Assumption.Place, _ assumption: Assumption, _ body: (inout Service, Int) -> Void
    ) throws(AssumptionError) {
        guard let position = position(of: place.provider) else {
            throw assumption.error("the catalogue has no provider", place.provider, among: providerIDs)
        }
        let provider = providers[position]
        guard let service = provider.services.firstIndex(where: { $0.id == place.service }) else {
            throw assumption.error("\(provider.id) has no service", place.service, among: provider.serviceIDs)
        }
        guard let region = provider.services[service].regions.firstIndex(where: { $0.id == place.region }) else {
            throw assumption.error(
                "\(provider.id)/\(place.service) has no region", place.region,
                among: provider.services[service].regionIDs)
        }
        body(&providers[position].services[service], region)
    }
}

extension Assumption {
    fileprivate var source: String { "assumption \(description)" }

    fileprivate func fact<Value>(_ value: Value, on day: Day) -> Fact<Value> {
        Fact(value, source: source, verifiedOn: day, origin: Self.origin)
    }

    fileprivate func error(_ problem: String, _ found: String, among words: [String]) -> AssumptionError {
        AssumptionError(
            assumption: description, problem: "\(problem) `\(found)`", found: found,
            expected: words.isEmpty ? "nothing" : words.joined(separator: ", "), candidates: words)
    }
}

extension Jurisdictions.Adequacy {
    /// As a decision stands that a court declares void: its last day lies before its first.
    fileprivate mutating func neverHeld(_ assumption: Assumption, on day: Day) {
        until = Day(number: (from ?? day).number - 1)
        if from == nil { from = day }
        (status, source, verifiedOn, origin) = (.stated, assumption.source, day, Assumption.origin)
    }
}

extension Jurisdictions.Member {
    fileprivate mutating func neverHeld(_ assumption: Assumption, on day: Day) {
        until = Day(number: (from ?? day).number - 1)
        if from == nil { from = day }
        (source, verifiedOn, origin) = (assumption.source, day, Assumption.origin)
    }
}

extension Service {
    /// Whatever was stated of the certification in that region gives way; elsewhere it stays.
    fileprivate mutating func suppose(
        _ name: String, _ standing: Assumption.Standing, in region: String, _ assumption: Assumption, on day: Day
    ) {
        for index in certifications.indices where certifications[index].name.lowercased() == name.lowercased() {
            // Without regions an entry holds nowhere, unless it says that there is none: then everywhere else.
            if certifications[index].regions == nil, certifications[index].status == .none {
                certifications[index].regions = regionIDs
            }
            certifications[index].regions?.removeAll { $0 == region }
        }
        let status: Certification.Status =
            switch standing {
            case .held, .expired: .held
            case .none: .none
            case .disputed: .disputed
            case .pending: .pending
            }
        var supposed = Certification(
            name: name, status: status, until: standing == .expired ? Day(number: day.number - 1) : nil,
            regions: [region], source: assumption.source, verifiedOn: day)
        supposed.origin = Assumption.origin
        certifications.append(supposed)
    }
}
