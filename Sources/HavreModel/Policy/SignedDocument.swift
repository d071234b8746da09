/// A derogation, an authorisation or an opinion: who says what of which dataset, why and until when, signed.
///
/// A derogation accepts a verdict and is recorded beside it; an authorisation permits a release (R18); an opinion is
/// logged and gates nothing. The signature is checked where files are read; the rules read its standing here.
public struct SignedDocument: Hashable, Sendable {
    /// What it does.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Accepts a rule's verdict.
        case derogation
        /// Permits a release.
        case authorisation
        /// Says what somebody thinks.
        case opinion
    }

    /// Whether the signature holds.
    public enum Standing: Hashable, Sendable {
        /// It is that of the signer whom the plan names.
        case valid
        /// There is none.
        case unsigned
        /// It is not over these words by that key.
        case wrong
        /// The plan names no signer of that name.
        case stranger
    }

    /// What it does.
    public var kind: Kind
    /// Who decided (`CNIL`, `PDS`).
    public var by: String
    /// Its number.
    public var reference: String
    /// Why.
    public var reason: String
    /// The dataset that it is about; no wildcard.
    public var dataset: String
    /// The rule that a derogation accepts the verdict of; nil for other kinds.
    public var rule: String?
    /// The worst outcome of the rule that a derogation accepts, `unknown` or `violated`; nil for other kinds.
    public var accepts: Outcome?
    /// What an authorisation is for; nil for other kinds.
    public var purpose: String?
    /// Where to: a provider of the plan or of the catalogue, with `/region` where only that one is meant.
    public var destination: String
    /// Its first day.
    public var from: Day
    /// Its last day.
    public var until: Day
    /// Who signed, by the name in the plan's `signers`; empty where it is unsigned.
    public var signer: String
    /// Whether the signature holds.
    public var standing: Standing
    /// The file that holds it, as the plan names it.
    public var file: String

    /// Names a document.
    public init(
        kind: Kind, by: String, reference: String, reason: String, dataset: String, rule: String? = nil,
        accepts: Outcome? = nil, purpose: String? = nil, destination: String, from: Day, until: Day, signer: String,
        standing: Standing, file: String
    ) {
        self.accepts = accepts
        self.kind = kind
        self.by = by
        self.reference = reference
        self.reason = reason
        self.dataset = dataset
        self.rule = rule
        self.purpose = purpose
        self.destination = destination
        self.from = from
        self.until = until
        self.signer = signer
        self.standing = standing
        self.file = file
    }

    /// What the signature is over: canonical JSON of everything but standing and file, behind a line that says what it
    /// is, so that no signature over anything else can be taken for one.
    public var signedBytes: [UInt8] {
        var json = CanonicalJSON()
        json.beginObject()
        if let accepts {
            json.name("accepts")
            json.string(accepts.rawValue)
        }
        json.name("by")
        json.string(by)
        json.name("dataset")
        json.string(dataset)
        json.name("destination")
        json.string(destination)
        json.name("from")
        json.string(from.description)
        json.name("kind")
        json.string(kind.rawValue)
        if let purpose {
            json.name("purpose")
            json.string(purpose)
        }
        json.name("reason")
        json.string(reason)
        json.name("reference")
        json.string(reference)
        if let rule {
            json.name("rule")
            json.string(rule)
        }
        json.name("signer")
        json.string(signer)
        json.name("until")
        json.string(until.description)
        json.endObject()
        return Array("havre signed document 1\n".utf8) + json.bytes
    }
}

extension SignedDocument.Kind {
    /// Whether its French word is feminine.
    public var isFeminine: Bool { self != .opinion }
}

extension Rulebook {
    /// Why `document` does not hold in `estate` on `day`; nil where it does.
    public func objection(to document: SignedDocument, in estate: Estate, on day: Day) -> Text? {
        guard let itinerary = estate.itineraries.first(where: { $0.dataset.name == document.dataset }) else {
            return Text(
                en: "the plan has no dataset \(document.dataset)",
                fr: "le plan n'a pas de jeu de données \(document.dataset)")
        }
        if document.kind == .derogation, let rule = document.rule, article(rule)?.entry.derogable != true {
            return Text(en: "\(rule) admits no derogation", fr: "\(rule) n'admet pas de dérogation")
        }
        if document.kind == .authorisation, let asked = itinerary.dataset.purpose, let purpose = document.purpose,
            asked != purpose
        {
            return Text(
                en: "it is for \(purpose), not for \(asked)", fr: "elle vaut pour \(purpose), non pour \(asked)")
        }
        let court = Court(jurisdictions: estate.jurisdictions, day: day, documents: estate.documents)
        return court.objection(to: document, at: itinerary)
    }
}
