import HavreCrypto
import HavreJournal
import HavreModel

extension PlanSession {
    /// What the journal holds of the judgement that a run begins or goes on under: by which rulebook and which documents,
    /// on which day, and every one of its `verdicts` that is not satisfied, with the derogations beside it.
    func notes(_ verdicts: [Verdict]) -> JournalNote {
        var json = CanonicalJSON()
        func member(_ name: StaticString, _ text: String) {
            json.name(name)
            json.string(text)
        }
        json.beginObject()
        member("day", judgement.day.description)
        json.name("documents")
        json.beginArray()
        for file in judgement.documents {
            json.beginObject()
            member("file", file.document.file)
            member("kind", file.document.kind.rawValue)
            member("reference", file.document.reference)
            member("sha256", HexText.of(HashFunction.sha256(file.bytes)))
            member("signer", file.document.signer)
            json.endObject()
        }
        json.endArray()
        member("havre", Version.program)
        let tally = VerdictTally(verdicts)
        json.name("notSatisfied")
        json.beginArray()
        for rule in tally.violated + tally.unknown { json.string(rule) }
        json.endArray()
        member("rulebook", rulebookHash)
        json.name("verdicts")
        json.beginArray()
        for verdict in verdicts where verdict.outcome != .satisfied {
            json.beginObject()
            json.name("blocks")
            json.bool(verdict.blocks)
            member("dataset", verdict.dataset)
            json.name("derogations")
            json.beginArray()
            for derogation in verdict.derogations where derogation.ignored == nil { json.string(derogation.reference) }
            json.endArray()
            member("outcome", verdict.outcome.rawValue)
            member("rule", verdict.rule)
            member("subject", verdict.subject.english)
            json.name("today")
            json.bool(verdict.isToday)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return JournalNote(json: json.bytes)
    }
}
