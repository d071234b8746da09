import HavreModel

/// The catalogue and the rulebook from their files in `seeds/`, under the operator's own catalogues.
struct CatalogueFile: Sendable {
    /// An operator's own catalogue, as it was read.
    struct Overlay: Sendable {
        /// The file as the operator named it; what it states carries this name.
        var name: String
        /// What stands in it.
        var bytes: [UInt8]
    }

    /// Providers and jurisdictions.
    var catalogue: Catalogue
    /// The rules, with effect and basis.
    var rulebook: Rulebook
    /// Where each fact stands.
    var places: CataloguePlaces

    private static let jurisdictionsFile = "seeds/jurisdictions.yaml"
    private static let rulebookFile = "seeds/rulebook.yaml"

    /// The catalogue of this release under the operator's own catalogues at `paths`, each over those before it.
    static func load(overlays paths: [String] = []) throws(PlanFileError) -> CatalogueFile {
        var overlays: [Overlay] = []
        for path in paths { overlays.append(Overlay(name: path, bytes: try FileBytes.read(path))) }
        return try load(files: EmbeddedSeeds.files, overlays: overlays)
    }

    /// The catalogue of this release under the operator's own catalogues at `paths`, which messages name from where
    /// the plan `file` was named.
    static func load(under paths: [String], beside file: String) throws(PlanFileError) -> CatalogueFile {
        var overlays: [Overlay] = []
        for path in paths {
            overlays.append(Overlay(name: FilePaths.shown(path, beside: file), bytes: try FileBytes.read(path)))
        }
        return try load(files: EmbeddedSeeds.files, overlays: overlays)
    }

    /// Reads seeds by their path in the repository (`seeds/jurisdictions.yaml`, `seeds/rulebook.yaml`,
    /// `seeds/providers/*.yaml`) and lays the overlays over them in order. All issues of all files come at once.
    static func load(files: [String: String], overlays: [Overlay] = []) throws(PlanFileError) -> CatalogueFile {
        var issues: [PlanIssue] = []
        var documents: [String: YAMLNode] = [:]
        var providers: [Provider] = []
        var jurisdictions: Jurisdictions?
        var seed: RulebookSeed?
        for (path, text) in files.sorted(by: { $0.key < $1.key }) {
            let bytes = Array(text.utf8)
            do throws(PlanFileError) {
                switch path {
                case jurisdictionsFile:
                    (jurisdictions, documents[path]) = try SeedReader.read(bytes, .jurisdictions, file: path)
                case rulebookFile: (seed, documents[path]) = try SeedReader.read(bytes, .rulebook, file: path)
                default:
                    let (provider, document): (Provider, YAMLNode) = try SeedReader.read(bytes, .provider, file: path)
                    if providers.contains(where: { $0.id == provider.id }) {
                        let mark = document["id"]?.mark ?? document.mark
                        issues.append(
                            PlanIssue(
                                file: path, mark: mark, path: "id",
                                problem: "another file describes the provider \(Quotation.of(provider.id))"))
                    }
                    providers.append(provider)
                    documents[path] = document
                }
            } catch {
                issues += error.issues
            }
        }
        let changes = read(overlays, &documents, &issues)
        guard issues.isEmpty else { throw PlanFileError(issues: issues) }
        guard let jurisdictions else { throw missing(jurisdictionsFile) }
        guard let seed else { throw missing(rulebookFile) }
        let rulebook = try join(seed, documents[rulebookFile])
        let catalogue = try lay(
            changes, over: Catalogue(providers: providers, jurisdictions: jurisdictions), documents)
        return CatalogueFile(
            catalogue: catalogue, rulebook: rulebook,
            places: CataloguePlaces(documents: documents, overlays: overlays.map(\.name)))
    }

    private static func read(
        _ overlays: [Overlay], _ documents: inout [String: YAMLNode], _ issues: inout [PlanIssue]
    ) -> [(name: String, change: CatalogueOverlay)] {
        var changes: [(String, CatalogueOverlay)] = []
        for overlay in overlays {
            do throws(PlanFileError) {
                let (change, document): (CatalogueOverlay, YAMLNode) = try SeedReader.read(
                    overlay.bytes, .overlay, file: overlay.name)
                changes.append((overlay.name, change))
                documents[overlay.name] = document
            } catch {
                issues += error.issues
            }
        }
        return changes
    }

    /// Lays the overlays over the catalogue; then every region that is named must be there.
    private static func lay(
        _ changes: [(name: String, change: CatalogueOverlay)], over release: Catalogue,
        _ documents: [String: YAMLNode]
    ) throws(PlanFileError) -> Catalogue {
        var catalogue = release
        for (name, change) in changes {
            do throws(OverlayError) {
                catalogue = try catalogue.overlaid(by: change, origin: name)
            } catch {
                let mark = documents[name]?.mark(at: error.path) ?? Mark(line: 1, column: 1)
                throw PlanFileError(issues: [
                    PlanIssue(
                        file: name, mark: mark, path: error.path.joined(separator: "."), problem: error.problem,
                        expected: error.expected)
                ])
            }
        }
        let issues = documents.sorted { $0.key < $1.key }
            .flatMap { SeedReader.strayRegions($0.value, in: catalogue, file: $0.key) }
        guard issues.isEmpty else { throw PlanFileError(issues: issues) }
        return catalogue
    }

    /// Joins the rulebook with the rules of this program. Strangers and doubles were refused where they stand: what is
    /// left is a rule that no entry is about.
    private static func join(_ seed: RulebookSeed, _ document: YAMLNode?) throws(PlanFileError) -> Rulebook {
        do throws(RulebookError) {
            return try Rulebook(seed: seed)
        } catch {
            let mark = document?.entry("rules")?.mark ?? Mark(line: 1, column: 1)
            throw PlanFileError(issues: [
                PlanIssue(file: rulebookFile, mark: mark, path: "rules", problem: error.description)
            ])
        }
    }

    private static func missing(_ file: String) -> PlanFileError {
        PlanFileError(issues: [
            PlanIssue(file: file, mark: Mark(line: 1, column: 1), path: "", problem: "the file is missing")
        ])
    }
}

extension CatalogueView {
    /// What the plan file needs of `catalogue`.
    init(_ catalogue: Catalogue) {
        var providers: [String: [String: Service]] = [:]
        for provider in catalogue.providers {
            for service in provider.services {
                providers[provider.id, default: [:]][service.id] = Service(
                    storageProtocol: service.storageProtocol, regions: service.regionIDs)
            }
        }
        self.init(providers: providers)
    }
}
