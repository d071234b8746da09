/// What a seed file may hold: the keys of each mapping, and which of them must be there.
///
/// Decoding reads values; a reader that knows lines and columns walks the tree along the shape first and refuses
/// unknown and missing keys where they stand.
public indirect enum SeedShape: Hashable, Sendable {
    /// A single value.
    case scalar
    /// A list, each entry of one shape.
    case list(SeedShape)
    /// A mapping with these keys.
    case mapping([String: SeedShape], required: Set<String>)

    /// Keys of the mapping, sorted; empty for everything else.
    public var keys: [String] {
        switch self {
        case .scalar, .list: []
        case .mapping(let keys, _): keys.keys.sorted()
        }
    }

    private static func fact(_ value: SeedShape) -> SeedShape {
        .mapping(
            [
                "value": value, "source": .scalar, "verifiedOn": .scalar, "status": .scalar, "from": .scalar,
                "until": .scalar,
            ], required: ["value", "source", "verifiedOn"])
    }

    private static func entry(_ keys: [String], required: Set<String>) -> SeedShape {
        .mapping(Dictionary(uniqueKeysWithValues: keys.map { ($0, SeedShape.scalar) }), required: required)
    }

    /// `seeds/providers/*.yaml`: one `Provider` a file.
    public static let provider: SeedShape = .mapping(
        [
            "id": .scalar, "displayName": .scalar, "seat": fact(.scalar),
            "parentChain": fact(.list(entry(["name", "law"], required: ["name", "law"]))),
            "nonEUShareMax": fact(.scalar), "nonEUShareSum": fact(.scalar),
            "thirdCountryEstablishments": fact(.list(entry(["name", "country"], required: ["name", "country"]))),
            "services": .list(service),
        ], required: ["id", "displayName", "seat", "parentChain", "services"])

    private static let service: SeedShape = .mapping(
        [
            "id": .scalar, "protocol": .scalar, "endpoint": .scalar, "addressing": .scalar, "maxParts": .scalar,
            "checksum": .scalar, "source": .scalar, "verifiedOn": .scalar,
            "regions": .list(
                entry(
                    ["id", "country", "endpoint", "source", "verifiedOn", "status"],
                    required: ["id", "country", "source", "verifiedOn"])),
            "certifications": .list(certification), "prices": .list(price),
        ], required: ["id", "protocol", "endpoint", "source", "verifiedOn", "regions"])

    private static let price: SeedShape = .mapping(
        [
            "item": .scalar, "amount": .scalar, "currency": .scalar, "per": .scalar, "regions": .list(.scalar),
            "from": .scalar, "until": .scalar, "source": .scalar, "verifiedOn": .scalar,
        ], required: ["item", "amount", "currency", "per", "source", "verifiedOn"])

    /// A certification, in a catalogue or in a plan.
    public static let certification: SeedShape = .mapping(
        [
            "name": .scalar, "version": .scalar, "status": .scalar, "from": .scalar, "until": .scalar,
            "regions": .list(.scalar), "source": .scalar, "verifiedOn": .scalar,
        ], required: ["name", "status", "source", "verifiedOn"])

    /// `seeds/jurisdictions.yaml`: `Jurisdictions`.
    public static let jurisdictions: SeedShape = .mapping(
        [
            "members": .list(
                entry(
                    ["country", "name", "circle", "from", "until", "source", "verifiedOn"],
                    required: ["country", "name", "circle", "source", "verifiedOn"])),
            "adequacy": .list(
                entry(
                    ["id", "country", "name", "decision", "scope", "from", "until", "status", "source", "verifiedOn"],
                    required: ["country", "name", "decision", "source", "verifiedOn"])),
        ], required: ["members", "adequacy"])

    /// `seeds/rulebook.yaml`: `RulebookSeed`.
    public static let rulebook: SeedShape = .mapping(
        [
            "version": .scalar,
            "rules": .list(
                .mapping(
                    [
                        "id": .scalar, "severity": .scalar,
                        "basis": .mapping(["en": .scalar, "fr": .scalar], required: ["en", "fr"]), "source": .scalar,
                        "since": .scalar, "derogable": .scalar,
                    ], required: ["id", "severity", "basis", "source", "since"])),
        ], required: ["version", "rules"])
}
