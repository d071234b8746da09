import HavreCrypto
import HavreModel

/// A derogation, an authorisation or an opinion in its YAML file.
struct DocumentFile: Sendable {
    /// What it says, its signature checked against the signers that were given.
    var document: SignedDocument
    /// The file's bytes.
    var bytes: [UInt8]

    /// What such a file may hold.
    static let shape = ObjectShape(
        noun: "a signed document",
        fields: [
            Field(
                "havre", .scalar(ScalarForm("`1`, the version of this schema", .integer(1...1))), required: true, "1."),
            Field(
                "kind", .scalar(.words(SignedDocument.Kind.allCases.map(\.rawValue))), required: true,
                "A derogation accepts a rule's verdict, an authorisation permits a release, an opinion gates nothing."),
            Field("by", .scalar(.text("who decided", example: "CNIL")), required: true, "Who decided."),
            Field("reference", .scalar(.text("its number")), required: true, "Its number."),
            Field("reason", .scalar(.text("why")), required: true, "Why."),
            Field("rule", .scalar(.reference(.rule, "a rule such as R10")), "The rule, of a derogation."),
            Field(
                "accepts", .scalar(.words([Outcome.unknown.rawValue, Outcome.violated.rawValue])),
                "The worst outcome that a derogation accepts: a rule that does not know, or one that is violated."),
            Field("dataset", .scalar(exact("the name of a dataset")), required: true, "The dataset; no wildcard."),
            Field("purpose", .scalar(exact("a purpose")), "What for, of an authorisation; no wildcard."),
            Field(
                "destination", .scalar(exact("a provider of the plan or of the catalogue, or `PROVIDER/REGION`")),
                required: true, "Where to; no wildcard."),
            Field("from", .scalar(PlanForms.day), required: true, "Its first day."),
            Field("until", .scalar(PlanForms.day), required: true, "Its last day."),
            Field("signer", .scalar(.name("a name of a signer")), required: true, "Who signs, as the plan names him."),
            Field("signature", .scalar(PlanForms.signature), "As `havre derogation sign` writes it."),
        ])

    private typealias Field = ObjectShape.Field

    private static func exact(_ noun: String) -> ScalarForm {
        ScalarForm(noun + ", without wildcards", .freeText, pattern: "[^\\u0000-\\u0020][^\\u0000-\\u001f]{0,255}") {
            $0.isWildcard
                ? "is a wildcard, and a document names one thing" : nil
        }
    }

    /// Reads the file at `path`, which messages call `name`. `signers` are the plan's.
    static func load(
        _ path: String, name: String, signers: [String: [UInt8]]
    ) throws(PlanFileError) -> DocumentFile {
        try decode(bytes: FileBytes.read(path), file: name, signers: signers)
    }

    /// Decodes a file; all that is wrong with it comes at once.
    static func decode(
        bytes: [UInt8], file: String, signers: [String: [UInt8]]
    ) throws(PlanFileError) -> DocumentFile {
        let text = try YAMLText(bytes: bytes, file: file)
        let (root, formIssues) = YAMLReader.read(text, file: file)
        guard let root else { throw PlanFileError(issues: formIssues) }
        var check = ShapeCheck(file: file) { reference in
            reference == .rule ? Rulebook.known.map(\.id).sorted(by: Rulebook.precedes) : nil
        }
        check.check(root, .object(shape), path: "", at: root.mark)
        let cursor = PlanCursor(root, path: "", flagged: check.flagged.subtracting([""]))
        var issues = formIssues + check.issues
        let kind = cursor["kind"].text.flatMap(SignedDocument.Kind.init)
        if let kind { issues += fitting(kind, cursor, root, file: file) }
        let days = [cursor["from"], cursor["until"]].map { $0.text.flatMap { Day($0) } }
        if let from = days[0], let until = days[1], until < from {
            issues.append(
                PlanIssue(
                    file: file, mark: cursor["until"].mark ?? root.mark, path: "until",
                    problem: "it ends (\(until)) before it begins (\(from))", found: until.description))
        }
        guard issues.isEmpty, let kind, let from = days[0], let until = days[1],
            let by = cursor["by"].text, let reference = cursor["reference"].text, let reason = cursor["reason"].text,
            let dataset = cursor["dataset"].text, let destination = cursor["destination"].text,
            let signer = cursor["signer"].text
        else {
            let order = { (issue: PlanIssue) in (issue.mark.line, issue.mark.column) }
            throw PlanFileError(issues: issues.sorted { order($0) < order($1) })
        }
        var document = SignedDocument(
            kind: kind, by: by, reference: reference, reason: reason, dataset: dataset, rule: cursor["rule"].text,
            accepts: cursor["accepts"].text.flatMap(Outcome.init), purpose: cursor["purpose"].text,
            destination: destination, from: from, until: until, signer: signer,
            standing: .unsigned, file: file)
        if let signature = cursor["signature"].text.flatMap(PlanForms.signatureBytes) {
            document.standing = standing(document, signature, signers[signer])
        }
        return DocumentFile(document: document, bytes: bytes)
    }

    /// Keys that belong to one kind only.
    private static func fitting(
        _ kind: SignedDocument.Kind, _ cursor: PlanCursor, _ root: YAMLNode, file: String
    ) -> [PlanIssue] {
        let owners: [(key: String, kind: SignedDocument.Kind, what: String)] = [
            ("rule", .derogation, "the rule that it accepts the verdict of"),
            (
                "accepts", .derogation,
                "the worst outcome that it accepts, `unknown` or `violated`; it covers nothing worse"
            ), ("purpose", .authorisation, "what it permits"),
        ]
        return owners.compactMap { key, owner, what in
            if kind == owner, !cursor[key].written {
                return PlanIssue(
                    file: file, mark: root.mark, path: "", problem: "`\(key)` is missing", expected: what)
            }
            guard kind != owner, cursor[key].written else { return nil }
            return PlanIssue(
                file: file, mark: root.entry(key)?.mark ?? root.mark, path: key,
                problem: "`\(key)` does not belong to \(kind == .derogation ? "a" : "an") \(kind.rawValue)")
        }
    }

    private static func standing(
        _ document: SignedDocument, _ signature: [UInt8], _ point: [UInt8]?
    ) -> SignedDocument.Standing {
        guard let point else { return .stranger }
        guard let key = try? VerifyingKey(bytes: point) else { return .wrong }
        return key.verifies(signature, of: document.signedBytes) ? .valid : .wrong
    }
}
