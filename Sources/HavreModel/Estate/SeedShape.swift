/// What a seed file, or an operator's own catalogue, may hold: the keys of each mapping, which of them must be there,
/// what each value may be.
///
/// Decoding reads values; a reader that knows lines and columns walks the tree along the shape first and refuses what
/// does not fit where it stands.
public indirect enum SeedShape: Hashable, Sendable {
    /// A single value.
    case scalar(SeedForm)
    /// A list, each entry of one shape; entries that agree in all keys of one of the `identities` stand twice.
    case list(SeedShape, identities: [[String]])
    /// A mapping with these keys. `needs`: keys that ask for others beside them.
    case mapping([String: SeedShape], required: Set<String>, needs: [String: Set<String>])
    /// The first shape where the key stands, else the second.
    case either(String, SeedShape, SeedShape)
    /// The shape, or `null`: not known.
    case optional(SeedShape)

    /// Keys of the mapping, sorted; empty for everything else.
    public var keys: [String] {
        switch self {
        case .scalar, .list: []
        case .mapping(let keys, _, _): keys.keys.sorted()
        case .either(_, let first, let second): (first.keys + second.keys).uniqueSorted
        case .optional(let shape): shape.keys
        }
    }

    private static let text = SeedShape.scalar(.text)
    /// `{en: Germany, fr: Allemagne}`, or a name that reads the same in both.
    private static let name = SeedShape.either("en", bothLanguages, .either("fr", bothLanguages, text))
    private static let bothLanguages = mapping(["en": text, "fr": text], required: ["en", "fr"])
    private static let day = SeedShape.scalar(.day)
    /// `null` says that nobody has looked.
    private static let verifiedOn = SeedShape.optional(.scalar(.day))

    private static func list(_ entry: SeedShape) -> SeedShape { .list(entry, identities: []) }

    private static func mapping(_ keys: [String: SeedShape], required: Set<String>) -> SeedShape {
        .mapping(keys, required: required, needs: [:])
    }

    /// One statement, or several claims about the same thing.
    private static func fact(_ value: SeedShape) -> SeedShape {
        .either(
            "claims",
            mapping(
                [
                    "claims": list(
                        mapping(
                            ["value": value, "source": text, "verifiedOn": verifiedOn],
                            required: ["value", "source", "verifiedOn"]))
                ], required: ["claims"]),
            mapping(
                [
                    "value": .optional(value), "source": text, "verifiedOn": verifiedOn,
                    "status": .scalar(.word(FactStatus.allCases.map(\.rawValue))), "from": day, "until": day,
                ], required: ["value", "source", "verifiedOn"]))
    }

    /// `seeds/providers/*.yaml`: one `Provider` a file.
    public static let provider = provider(isOverlay: false)

    private static func provider(isOverlay: Bool) -> SeedShape {
        let company = mapping(["name": text, "law": .scalar(.law)], required: ["name", "law"])
        let establishment = mapping(["name": name, "country": .scalar(.country)], required: ["name", "country"])
        return mapping(
            [
                "id": .scalar(.name), "displayName": text, "seat": fact(.scalar(.country)),
                "parentChain": fact(list(company)), "nonEUShareMax": fact(.scalar(.share)),
                "nonEUShareSum": fact(.scalar(.share)), "thirdCountryEstablishments": fact(list(establishment)),
                "services": .list(service(isOverlay: isOverlay), identities: [["id"]]),
            ], required: isOverlay ? ["id"] : ["id", "displayName", "seat", "parentChain", "services"])
    }

    private static func service(isOverlay: Bool) -> SeedShape {
        let endpoint = SeedShape.scalar(.endpoint)
        let traits = ["protocol", "endpoint", "addressing", "maxParts", "checksum"]
        // Without a source of its own a trait would stand under the source of the release.
        let needs = traits.map { ($0, Set(["source", "verifiedOn"])) } + [("source", ["verifiedOn"])]
        return .mapping(
            [
                "id": .scalar(.name), "protocol": .scalar(.word(Service.protocols)),
                "endpoint": isOverlay ? endpoint : .optional(endpoint),
                "addressing": .scalar(.word(["path", "virtual"])), "maxParts": .scalar(.count),
                "checksum": .scalar(.word(Checksum.Kind.allCases.map(\.rawValue))), "source": text,
                "verifiedOn": verifiedOn, "regions": .list(region(isOverlay: isOverlay), identities: [["id"]]),
                "certifications": list(certification), "prices": list(price),
            ],
            required: isOverlay ? ["id"] : ["id", "protocol", "endpoint", "source", "verifiedOn", "regions"],
            needs: isOverlay ? Dictionary(needs) { first, _ in first } : [:])
    }

    private static func region(isOverlay: Bool) -> SeedShape {
        let own: [String: SeedShape] = ["id": .scalar(.name), "endpoint": .scalar(.endpoint)]
        let country = SeedShape.scalar(.country)
        let claim = mapping(
            ["country": country, "source": text, "verifiedOn": verifiedOn],
            required: ["country", "source", "verifiedOn"])
        let stated: [String: SeedShape] = [
            "country": .optional(country), "source": text, "verifiedOn": verifiedOn,
            "status": .scalar(.word(FactStatus.allCases.map(\.rawValue))),
        ]
        let beside: Set = ["country", "source", "verifiedOn"]
        return .either(
            "claims",
            mapping(own.merging(["claims": list(claim)]) { first, _ in first }, required: ["id", "claims"]),
            .mapping(
                own.merging(stated) { first, _ in first }, required: isOverlay ? ["id"] : beside.union(["id"]),
                needs: isOverlay ? ["country": beside, "source": beside, "verifiedOn": beside, "status": beside] : [:]))
    }

    private static let price = mapping(
        [
            "item": .scalar(.word(Price.Item.allCases.map(\.rawValue))), "amount": .scalar(.amount),
            "currency": .scalar(.currency), "per": .scalar(.word(Price.Unit.allCases.map(\.rawValue))),
            "regions": list(.scalar(.name)), "from": day, "until": day, "source": text, "verifiedOn": verifiedOn,
        ], required: ["item", "amount", "currency", "per", "source", "verifiedOn"])

    /// A certification.
    private static let certification = mapping(
        [
            "name": text, "version": text, "scope": text,
            "status": .scalar(.word(["held", "pending", "disputed", "none"])),
            "from": day, "until": day, "regions": list(.scalar(.name)), "source": text, "verifiedOn": verifiedOn,
        ], required: ["name", "status", "source", "verifiedOn"])

    private static let members = SeedShape.list(
        mapping(
            [
                "country": .scalar(.country), "name": name,
                "circle": .scalar(.word(Jurisdictions.Circle.allCases.map(\.rawValue))), "from": day, "until": day,
                "status": .scalar(.word(FactStatus.allCases.map(\.rawValue))),
                "source": text, "verifiedOn": verifiedOn,
            ], required: ["country", "name", "circle", "source", "verifiedOn"]),
        identities: [["country", "circle"]])

    private static let adequacy = SeedShape.list(
        mapping(
            [
                "id": .scalar(.name), "country": .scalar(.country), "name": name, "decision": text, "scope": name,
                "from": day, "until": day, "status": .scalar(.word(FactStatus.allCases.map(\.rawValue))),
                "source": text, "verifiedOn": verifiedOn,
            ], required: ["country", "name", "decision", "source", "verifiedOn"]),
        identities: [["id"], ["country", "decision"]])

    /// `seeds/jurisdictions.yaml`: `Jurisdictions`.
    public static let jurisdictions = mapping(
        ["members": members, "adequacy": adequacy], required: ["members", "adequacy"])

    /// An operator's own catalogue: `CatalogueOverlay`.
    public static let overlay = mapping(
        [
            "catalogue": .scalar(.word([CatalogueOverlay.format])),
            "providers": .list(provider(isOverlay: true), identities: [["id"]]),
            "jurisdictions": mapping(["members": members, "adequacy": adequacy], required: []),
        ], required: ["catalogue"])

    /// `seeds/rulebook.yaml`: `RulebookSeed`.
    public static let rulebook = mapping(
        [
            "version": text,
            "rules": .list(
                mapping(
                    [
                        "id": .scalar(.word(Rulebook.known.map(\.id).sorted(by: Rulebook.precedes))),
                        "severity": .scalar(.word(Verdict.Effect.allCases.map(\.rawValue))),
                        "basis": bothLanguages, "source": text,
                        "since": .optional(day), "derogable": .scalar(.boolean),
                    ], required: ["id", "severity", "basis", "source", "since"]),
                identities: [["id"]]),
        ], required: ["version", "rules"])
}

extension [String] {
    fileprivate var uniqueSorted: [String] { Set(self).sorted() }
}
