import ArgumentParser
import HavreModel

/// The operator's own catalogues, laid over that of this release.
struct CatalogueOption: ParsableArguments {
    @Option(
        name: .customLong("catalogue"),
        help: ArgumentHelp(
            "A catalogue of your own over that of this release; may be given several times.", valueName: "file"))
    var files: [String] = []

    /// The catalogue and the rulebook. A file that is invalid ends with exit 65.
    func load() throws -> CatalogueFile {
        do throws(PlanFileError) {
            return try CatalogueFile.load(overlays: files)
        } catch {
            throw CommandFailure(catalogue: error)
        }
    }
}

extension CommandFailure {
    /// A catalogue of the operator that is invalid.
    init(catalogue error: PlanFileError) {
        let count = Counted.of(error.issues.count, "error") + "; nothing was done"
        self.init(
            .invalid, error.description + "\n" + count,
            brief: (error.issues.first.map { "the catalogue \($0.file) is invalid: " } ?? "") + count,
            issues: error.issues)
    }

    /// An assumption that cannot be read or applied, with the nearest right word.
    init(_ error: AssumptionError) {
        let nearest = error.found.flatMap { NearestWord.to($0, among: error.candidates) }
        self.init(.usage, error.description + (nearest.map { "; did you mean `\($0)`?" } ?? ""))
    }
}
