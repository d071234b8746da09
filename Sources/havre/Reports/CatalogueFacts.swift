import HavreModel

/// One statement of the catalogue, as people and machines read it.
struct CatalogueRow: Sendable {
    /// Host, service or region (`scaleway/object-storage/fr-par`), or `jurisdictions`.
    let subject: String
    /// Which of its facts, as the files name it.
    let fact: String
    /// The same for people.
    let name: Text
    /// What is stated; nil is nothing.
    let value: Text?
    let source: String
    let verifiedOn: Day?
    /// Why it counts as unknown; nil where it counts.
    let doubt: Doubt?
    /// The operator's file that states it; nil is the catalogue of this release.
    let origin: String?
    /// File, line and column.
    let place: String?

    /// The statement in one sentence.
    func words(_ language: Text.Language) -> String {
        UsedFact(
            name: name, value: value?.english, source: source, verifiedOn: verifiedOn, doubt: doubt, origin: origin,
            saying: value
        ).words[language]
    }
}

extension CatalogueRow: Encodable {
    private enum Field: String, CodingKey {
        case subject, fact, value, source, verifiedOn, doubt, origin, place
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encode(subject, forKey: .subject)
        try fields.encode(fact, forKey: .fact)
        try fields.encode(value?.english, forKey: .value)
        try fields.encode(source, forKey: .source)
        try fields.encode(verifiedOn, forKey: .verifiedOn)
        try fields.encode(doubt, forKey: .doubt)
        try fields.encode(origin, forKey: .origin)
        try fields.encode(place, forKey: .place)
    }
}

/// All statements of a catalogue on a day.
struct CatalogueFacts: Sendable {
    let catalogue: Catalogue
    let places: CataloguePlaces
    let day: Day

    init(_ file: CatalogueFile, on day: Day) {
        catalogue = file.catalogue
        places = file.places
        self.day = day
    }

    /// Every statement, in the order of the catalogue.
    var all: [CatalogueRow] {
        catalogue.providers.flatMap { provider in
            rows(of: provider)
                + provider.services.flatMap { service in
                    rows(of: service, at: provider)
                        + service.regions.flatMap { rows(of: $0, of: service, at: provider) }
                }
        } + jurisdictions
    }

    /// What is stated of a host itself.
    func rows(of provider: Provider) -> [CatalogueRow] {
        let id = provider.id
        return [
            row(id, "seat", Text(en: "seat", fr: "siège"), provider.seat) { Text($0) },
            row(id, "parentChain", Text(en: "companies above", fr: "sociétés au-dessus"), provider.parentChain) {
                Self.list($0.map { Text($0.description) })
            },
            row(
                id, "nonEUShareMax",
                Text(en: "greatest share from outside the EU", fr: "plus grande part hors UE"), provider.nonEUShareMax
            ) { Self.percent($0) },
            row(
                id, "nonEUShareSum", Text(en: "all shares from outside the EU", fr: "total des parts hors UE"),
                provider.nonEUShareSum
            ) { Self.percent($0) },
            row(
                id, "thirdCountryEstablishments",
                Text(en: "establishments outside the EEA", fr: "établissements hors de l'EEE"),
                provider.thirdCountryEstablishments
            ) { Self.list($0.map(\.words)) },
        ]
    }

    /// What is stated of a service: its endpoint and traits, certifications, prices.
    func rows(of service: Service, at provider: Provider) -> [CatalogueRow] {
        let subject = provider.id + "/" + service.id
        let traits = [
            service.storageProtocol.rawValue, service.addressing.rawValue, "\(service.maxParts) parts",
            service.checksum.rawValue,
        ].joined(separator: ", ")
        let endpoint = Fact(
            service.endpoint.map { "\($0) (\(traits))" }, source: service.source, verifiedOn: service.verifiedOn,
            origin: service.origin)
        return [row(subject, "endpoint", Text(en: "endpoint", fr: "point d'accès"), endpoint) { Text($0) }]
            + service.certifications.map { row($0, subject) } + service.prices.map { row($0, subject) }
    }

    /// What is stated of a region: the country in which it lies.
    func rows(of region: Region, of service: Service, at provider: Provider) -> [CatalogueRow] {
        let subject = [provider.id, service.id, region.id].joined(separator: "/")
        return [row(subject, "country", Text(en: "country", fr: "pays"), region.country) { Text($0) }]
    }

    /// Memberships and adequacy decisions.
    var jurisdictions: [CatalogueRow] {
        let lists = catalogue.jurisdictions
        return lists.members.map { member in
            row(
                "jurisdictions", "members \(member.country) \(member.circle.rawValue)",
                member.title, member.fact
            ) { _ in member.circle.words }
        }
            + lists.adequacy.map { decision in
                row(
                    "jurisdictions", "adequacy \(decision.country) \(decision.decision)",
                    decision.title, decision.fact
                ) { _ in decision.words }
            }
    }

    private func row<Value>(
        _ subject: String, _ key: String, _ name: Text, _ fact: Fact<Value>, _ words: (Value) -> Text
    ) -> CatalogueRow {
        CatalogueRow(
            subject: subject, fact: key, name: name, value: fact.value.map(words), source: fact.source,
            verifiedOn: fact.verifiedOn, doubt: fact.doubt(on: day), origin: fact.origin,
            place: places.place(of: .init(subject, key), origin: fact.origin))
    }

    private func row(_ certification: Certification, _ subject: String) -> CatalogueRow {
        let version = certification.version.map { " \($0)" } ?? ""
        return CatalogueRow(
            subject: subject, fact: certification.name + version, name: Text(certification.name + version),
            value: certification.words, source: certification.source, verifiedOn: certification.verifiedOn,
            doubt: certification.doubt(region: certification.regions?.first, isOperatorsWord: false, on: day),
            origin: certification.origin,
            place: places.place(
                of: .certification(subject, certification.name, certification.regions, certification.source),
                origin: certification.origin))
    }

    private func row(_ price: Price, _ subject: String) -> CatalogueRow {
        let fact = Fact(
            "\(Self.number(price.amount)) \(price.currency)/\(price.per.rawValue)", source: price.source,
            verifiedOn: price.verifiedOn, from: price.from, until: price.until)
        let regions = price.regions.map { " (" + $0.joined(separator: ", ") + ")" } ?? ""
        return CatalogueRow(
            subject: subject, fact: "price of \(price.item.rawValue)", name: price.item.words,
            value: fact.value.map { Text($0 + regions) }, source: price.source, verifiedOn: price.verifiedOn,
            doubt: fact.doubt(on: day), origin: price.origin,
            place: places.place(
                of: .price(subject, price.item.rawValue, price.regions, price.from?.description), origin: price.origin))
    }

    private static func list(_ words: [Text]) -> Text {
        words.isEmpty ? Text(en: "none", fr: "aucun") : words.joined(separator: ", ")
    }

    private static func percent(_ share: Double) -> Text { Text("\(number(share)) %") }

    /// `0.0146`, `5`: as Swift writes it, without a needless fraction.
    private static func number(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension Certification {
    /// `held, for IaaS (fr-par) from 2025-11-14`
    var words: Text {
        var text = standing
        if let regions { text = text + Text(" (\(regions.joined(separator: ", ")))") }
        if let from { text = text + Text(en: " from \(from)", fr: " à partir du \(from)") }
        if let until { text = text + Text(en: " until \(until)", fr: " jusqu'au \(until)") }
        return text
    }
}

extension Price.Item {
    /// What is paid for.
    var words: Text {
        switch self {
        case .storage: Text(en: "price of storage", fr: "prix du stockage")
        case .egress: Text(en: "price of egress", fr: "prix de la sortie")
        case .write: Text(en: "price of writes", fr: "prix des écritures")
        case .read: Text(en: "price of reads", fr: "prix des lectures")
        case .list: Text(en: "price of listings", fr: "prix des listages")
        }
    }
}
