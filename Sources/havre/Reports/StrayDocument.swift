import HavreModel

/// A document for a dataset that the plan does not have: it covers nothing there, and somebody must see that.
struct StrayDocument: Codable, Hashable, Sendable {
    /// The file, beside the plan.
    let file: String
    let kind: SignedDocument.Kind
    let reference: String
    /// The dataset that it names.
    let dataset: String
    /// The dataset of the plan that it most likely means.
    let nearest: String?

    /// Those among `documents`, in their order. A wildcard is no name, and is refused where it is read.
    static func of(_ documents: [SignedDocument], in plan: Plan) -> [StrayDocument] {
        documents.filter { plan.datasets[$0.dataset] == nil && !$0.dataset.isWildcard }.map { document in
            StrayDocument(
                file: document.file, kind: document.kind, reference: document.reference, dataset: document.dataset,
                nearest: NearestWord.to(document.dataset, among: plan.datasets.keys.sorted()))
        }
    }

    /// What a report says.
    var line: Text {
        let what = Text(en: "\(file): ", fr: "\(file) : ") + kind.words + Text(" \(reference)")
        let ignored = kind.isFeminine ? "IGNORÉE" : "IGNORÉ"
        let said = Text(
            en: "IGNORED, \(what): the plan has no dataset \(Quotation.of(dataset))",
            fr: "\(ignored), \(what) : le plan n'a pas de jeu de données \(Quotation.of(dataset))")
        guard let nearest else { return said }
        return said
            + Text(
                en: "; did you mean \(Quotation.of(nearest))?", fr: " ; vouliez-vous dire \(Quotation.of(nearest)) ?")
    }
}
