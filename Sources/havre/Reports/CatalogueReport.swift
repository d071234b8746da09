import HavreModel

/// All hosts, in short.
struct CatalogueList: CommandResult {
    /// One host.
    struct Host: Encodable, Sendable {
        let id: String
        let displayName: String
        /// The law at its seat, where that is known.
        let seat: String?
        /// The companies above it; nil where the chain is not known.
        let parents: [Provider.Parent]?
        let services: [Part]
    }

    /// One service.
    struct Part: Encodable, Sendable {
        let id: String
        let storageProtocol: String
        let regions: [String: String?]
        let certifications: [Certification]

        private enum CodingKeys: String, CodingKey {
            case id
            case storageProtocol = "protocol"
            case regions, certifications
        }
    }

    let on: Day
    let providers: [Host]
    private let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case on, providers
    }

    init(_ catalogue: Catalogue, on day: Day, _ language: Text.Language) {
        on = day
        self.language = language
        providers = catalogue.providers.sorted { $0.id < $1.id }.map { provider in
            Host(
                id: provider.id, displayName: provider.displayName, seat: provider.seat.known(on: day),
                parents: provider.parentChain.known(on: day),
                services: provider.services.map { service in
                    Part(
                        id: service.id, storageProtocol: service.storageProtocol.rawValue,
                        regions: Dictionary(service.regions.map { ($0.id, $0.country.known(on: day)) }) { first, _ in
                            first
                        }, certifications: service.certifications)
                })
        }
    }

    var description: String {
        providers.map { host in
            let unknown = Text(en: "unknown", fr: "inconnu")[language]
            let parents =
                host.parents.map { parents in
                    parents.isEmpty
                        ? Text(en: "none above", fr: "aucune au-dessus")[language]
                        : parents.map(\.description).joined(separator: ", ")
                } ?? Text(en: "above unknown", fr: "au-dessus inconnu")[language]
            var lines = [
                "\(host.id)  \(host.displayName)",
                "  \(Text(en: "law", fr: "droit")[language])  \(host.seat ?? unknown); \(parents)",
            ]
            for part in host.services {
                let countries = Set(part.regions.values.map { $0 ?? "?" }).sorted().joined(separator: " ")
                let count = part.regions.count
                let regions = Text(
                    en: "\(Counted.of(count, "region"))", fr: "\(count) \(count < 2 ? "région" : "régions")")
                lines.append("  \(part.id)  \(part.storageProtocol), \(regions[language]): \(countries)")
                for certification in part.certifications {
                    let doubt = certification.doubt(
                        region: certification.regions?.first, isOperatorsWord: false, on: on)
                    let words = certification.words[language] + (doubt.map { " [\($0.words[language])]" } ?? "")
                    lines.append("    \(certification.name)  \(words)")
                }
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

/// Every statement about a host, a service or a region.
struct CatalogueSheet: CommandResult {
    let on: Day
    let subject: String
    let facts: [CatalogueRow]
    private let language: Text.Language

    private enum CodingKeys: String, CodingKey {
        case on, subject, facts
    }

    /// Reads `PROVIDER[/SERVICE[/REGION]]`. A region comes with the certifications and prices of its service.
    init(_ name: String, _ facts: CatalogueFacts, _ language: Text.Language) throws(CommandFailure) {
        on = facts.day
        subject = name
        self.language = language
        if name == "jurisdictions" {
            self.facts = facts.jurisdictions
            return
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let catalogue = facts.catalogue
        guard let provider = catalogue.provider(parts[0]) else {
            throw Self.unknown("the catalogue has no provider", parts[0], catalogue.providerIDs + ["jurisdictions"])
        }
        guard parts.count > 1 else {
            self.facts =
                facts.rows(of: provider)
                + provider.services.flatMap { service in
                    facts.rows(of: service, at: provider)
                        + service.regions.flatMap { facts.rows(of: $0, of: service, at: provider) }
                }
            return
        }
        guard let service = provider.services.first(where: { $0.id == parts[1] }) else {
            throw Self.unknown("\(provider.id) has no service", parts[1], provider.serviceIDs)
        }
        guard parts.count > 2 else {
            self.facts =
                facts.rows(of: service, at: provider)
                + service.regions.flatMap { facts.rows(of: $0, of: service, at: provider) }
            return
        }
        let wanted = parts[2...].joined(separator: "/")
        guard let region = service.region(wanted) else {
            throw Self.unknown("\(provider.id)/\(service.id) has no region", wanted, service.regionIDs)
        }
        var own = service
        own.certifications.removeAll { $0.regions.map { !$0.contains(wanted) } ?? false }
        own.prices.removeAll { $0.regions.map { !$0.contains(wanted) } ?? false }
        self.facts = facts.rows(of: region, of: service, at: provider) + facts.rows(of: own, at: provider)
    }

    private static func unknown(_ problem: String, _ found: String, _ words: [String]) -> CommandFailure {
        let nearest = NearestWord.to(found, among: words).map { "; did you mean `\($0)`?" } ?? ""
        return CommandFailure(
            .usage, "\(problem) \(Quotation.of(found)); it has \(words.joined(separator: ", "))\(nearest)")
    }

    var description: String {
        var lines: [String] = []
        var subject = ""
        for row in facts {
            if row.subject != subject {
                subject = row.subject
                lines.append(subject)
            }
            lines.append("  " + row.words(language))
        }
        return lines.joined(separator: "\n")
    }
}
