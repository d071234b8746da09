import HavreCrypto
import HavreModel

/// What a plan is judged by on one day, and what came out. Read anew whenever a file of it may have changed.
struct Judgement: Sendable {
    /// Facts: of this release, under those of the operator's own files.
    let catalogue: Catalogue
    /// Rules.
    let rulebook: Rulebook
    /// Derogations, authorisations and opinions that the plan names, their signatures checked.
    let documents: [DocumentFile]
    /// The day.
    let day: Day
    /// What the rules say, of the plan alone.
    let verdicts: [Verdict]

    /// Judges `plan` by these facts and rules and the documents that it names. Throws `PlanFileError` where one of the
    /// documents is invalid.
    init(of plan: Plan, by catalogue: Catalogue, _ rulebook: Rulebook, on day: Day) throws {
        self.day = day
        self.catalogue = catalogue
        self.rulebook = rulebook
        documents = try Self.documents(of: plan)
        let documents = documents
        verdicts = Timing.of("judging") { Self.verdicts(of: plan, catalogue, rulebook, documents, day) }
    }

    /// What the rules say once it is known when each dataset's move ends and how far it has come.
    func verdicts(
        of plan: Plan, forecasts: [String: ClosedRange<Day>], steps: [String: DatasetMachine.Step] = [:]
    ) -> [Verdict] {
        Self.verdicts(of: plan, catalogue, rulebook, documents, day, forecasts, steps)
    }

    /// The same documents and rules on another day, under facts as they would be.
    func assuming(_ assumptions: [Assumption], on day: Day) throws(AssumptionError) -> Judgement {
        Judgement(
            catalogue: try catalogue.assuming(assumptions, on: day), rulebook: rulebook, documents: documents,
            day: day, verdicts: [])
    }

    private init(
        catalogue: Catalogue, rulebook: Rulebook, documents: [DocumentFile], day: Day, verdicts: [Verdict]
    ) {
        self.catalogue = catalogue
        self.rulebook = rulebook
        self.documents = documents
        self.day = day
        self.verdicts = verdicts
    }

    /// Documents for datasets that `plan` does not have.
    func strays(of plan: Plan) -> [StrayDocument] { StrayDocument.of(documents.map(\.document), in: plan) }

    /// SHA-256 of the rulebook's canonical text, hex.
    var rulebookHash: String { rulebook.hash }

    /// SHA-256 of the catalogue with the operator's own over it, in JSON with sorted keys, hex.
    var catalogueHash: String {
        get throws { HexText.of(HashFunction.sha256(Array(try Output.encode(catalogue, pretty: false).utf8))) }
    }

    private static func verdicts(
        of plan: Plan, _ catalogue: Catalogue, _ rulebook: Rulebook, _ documents: [DocumentFile], _ day: Day,
        _ forecasts: [String: ClosedRange<Day>] = [:], _ steps: [String: DatasetMachine.Step] = [:]
    ) -> [Verdict] {
        rulebook.judge(
            Planner.estate(
                plan: plan, catalogue: catalogue, on: day, documents: documents.map(\.document), forecasts: forecasts,
                steps: steps), on: day)
    }

    /// The plan as the rules see it.
    func estate(of plan: Plan) -> Estate {
        Planner.estate(plan: plan, catalogue: catalogue, on: day, documents: documents.map(\.document))
    }

    /// Every document that the plan names; all issues of all files come at once.
    private static func documents(of plan: Plan) throws(PlanFileError) -> [DocumentFile] {
        var documents: [DocumentFile] = []
        var issues: [PlanIssue] = []
        for path in plan.documents {
            do throws(PlanFileError) {
                documents.append(
                    try DocumentFile.load(
                        path, name: FilePaths.shown(path, beside: plan.file), signers: plan.signers))
            } catch {
                issues += error.issues
            }
        }
        guard issues.isEmpty else { throw PlanFileError(issues: issues) }
        return documents
    }
}

extension Rulebook {
    /// SHA-256 of the canonical text, hex.
    var hash: String { HexText.of(HashFunction.sha256(Array(canonicalText.utf8))) }
}
