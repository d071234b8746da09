import HavreModel

/// Where each statement of the catalogue stands, for those who must correct it.
struct CataloguePlaces: Sendable {
    /// A statement by what it is about: `scaleway/object-storage/fr-par`, `country`.
    struct Statement: Hashable, Sendable {
        /// Host, service or region; `jurisdictions`.
        var subject: String
        /// Which of its facts.
        var fact: String

        init(_ subject: String, _ fact: String) {
            self.subject = subject
            self.fact = fact
        }

        static func certification(_ subject: String, _ name: String, _ regions: [String]?, _ source: String) -> Self {
            Self(subject, "certification \(name) \(regions?.joined(separator: ",") ?? "*") \(source)")
        }

        static func price(_ subject: String, _ item: String, _ regions: [String]?, _ from: String?) -> Self {
            Self(subject, "price \(item) \(regions?.joined(separator: ",") ?? "*") \(from ?? "")")
        }
    }

    private var marks: [String: [Statement: Mark]] = [:]
    /// The file of the release that describes each host.
    private var files: [String: String] = [:]

    init(documents: [String: YAMLNode], overlays: [String]) {
        for (file, document) in documents {
            let isOverlay = overlays.contains(file)
            var found: [Statement: Mark] = [:]
            for provider in document["providers"]?.items ?? (document["services"] == nil ? [] : [document]) {
                Self.walk(provider, &found)
                if !isOverlay, let id = provider["id"]?.text { files[id] = file }
            }
            let lists = document["jurisdictions"] ?? document
            for list in ["members", "adequacy"] {
                for entry in lists[list]?.items ?? [] {
                    let name =
                        (entry["country"]?.text ?? "") + " "
                        + (entry[list == "members" ? "circle" : "decision"]?.text ?? "")
                    found[Statement("jurisdictions", "\(list) \(name)")] = entry.mark
                    if !isOverlay { files["jurisdictions"] = file }
                }
            }
            marks[file] = found
        }
    }

    /// `seeds/providers/scaleway.yaml:8:7`: where the statement stands, else where its subject does; nil is nowhere.
    func place(of statement: Statement, origin: String?) -> String? {
        let host = statement.subject.prefix { $0 != "/" }
        guard let file = origin ?? files[String(host)], let known = marks[file] else { return nil }
        var subject = statement.subject
        var mark = known[statement]
        while mark == nil {
            mark = known[Statement(subject, "")]
            guard mark == nil, let slash = subject.lastIndex(of: "/") else { break }
            subject = String(subject[..<slash])
        }
        return mark.map { "\(file):\($0.line):\($0.column)" } ?? file
    }

    private static func walk(_ provider: YAMLNode, _ found: inout [Statement: Mark]) {
        guard let id = provider["id"]?.text else { return }
        found[Statement(id, "")] = provider["id"]?.mark
        for fact in ["seat", "parentChain", "nonEUShareMax", "nonEUShareSum", "thirdCountryEstablishments"] {
            if let entry = provider.entry(fact) { found[Statement(id, fact)] = entry.mark }
        }
        for service in provider["services"]?.items ?? [] {
            guard let name = service["id"]?.text else { continue }
            let subject = id + "/" + name
            found[Statement(subject, "")] = service["id"]?.mark
            if let entry = service.entry("endpoint") { found[Statement(subject, "endpoint")] = entry.mark }
            for region in service["regions"]?.items ?? [] {
                guard let name = region["id"]?.text else { continue }
                found[Statement(subject + "/" + name, "")] = region.mark
                found[Statement(subject + "/" + name, "country")] =
                    (region.entry("country") ?? region.entry("claims"))?.mark
            }
            for entry in service["certifications"]?.items ?? [] {
                found[
                    .certification(
                        subject, entry["name"]?.text ?? "", regions(entry), entry["source"]?.text ?? "")] = entry.mark
            }
            for entry in service["prices"]?.items ?? [] {
                found[.price(subject, entry["item"]?.text ?? "", regions(entry), entry["from"]?.text)] = entry.mark
            }
        }
    }

    private static func regions(_ entry: YAMLNode) -> [String]? { entry["regions"]?.items.compactMap(\.text) }
}
