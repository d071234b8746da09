import HavreModel
import Testing

extension RuleTripleTests {
    static let later: [Case] = [
        of("R1", .satisfied, "standard clauses for a worker in the United States") {
            $0.workers = Jurisdiction(country: "US", law: "US")
            $0.assurances.safeguards = [clauses(["workers"])]
        },
        of("R1", .violated, "logs in the United States") { $0.logs = Jurisdiction(country: "US", law: "FR") },
        of("R1", .violated, "standard clauses for somebody else") {
            $0.workers = Jurisdiction(country: "US", law: "US")
            $0.assurances.safeguards = [clauses(["proxy", "target", "logs"])]
        },
        of("R1", .violated, "standard clauses that have ended") {
            $0.workers = Jurisdiction(country: "US", law: "US")
            $0.assurances.safeguards = [clauses(["workers"], until: -1)]
        },
        of("R1", .violated, "a contract is no tool of article 46") {
            $0.target.region = "ohio"
            $0.assurances.safeguards = [Safeguard(kind: .contract, reference: "DPA", covers: ["target"])]
        },
        of("R1", .violated, "HDS is no tool of article 46") {
            $0.target.region = "ohio"
            $0.assurances.safeguards = [Safeguard(kind: .certification, reference: "HDS v2", covers: ["target"])]
        },
        of("R1", .unknown, "a tool does not help where the country is unknown") {
            $0.workers = nil
            $0.assurances.safeguards = [clauses(["workers"])]
        },

        of("R2", .satisfied, "all in France"),
        of("R2", .satisfied, "a tool of article 46 beside it") {
            $0.target.region = "ohio"
            $0.assurances.safeguards = [clauses(["french"])]
        },
        of("R2", .violated, "a worker in the United States") { $0.workers = Jurisdiction(country: "US", law: "US") },
        of("R2", .violated, "a target in the United States, the decision in force") {
            $0.target.region = "ohio"
            $0.catalogue.jurisdictions.adequacy.append(
                Jurisdictions.Adequacy(
                    id: "DPF", country: "US", name: Text("US"), decision: "(EU) 2023/1795", source: "test",
                    verifiedOn: Scene.today))
        },
        of("R2", .unknown, "no worker is stated") { $0.workers = nil },

        of("R6", .satisfied, "nothing is offered: does not apply") {
            $0.workers = Jurisdiction(country: "FR", law: "US")
        },
        of("R6", .satisfied, "clauses where R4 holds") { $0.assurances.safeguards = [clauses(["target", "workers"])] },
        of("R6", .violated, "a contract with a worker under US law") {
            $0.workers = Jurisdiction(country: "FR", law: "US")
            $0.assurances.safeguards = [Safeguard(kind: .contract, reference: "DPA", covers: ["workers"])]
        },
        of("R6", .violated, "clauses with an American host of plaintext") {
            $0.target = Scene.entry("american", region: "paris")
            $0.seal = .none
            $0.assurances.safeguards = [clauses(["american"])]
        },
        of("R6", .violated, "clauses with a host whose law nobody knows") {
            $0.target = Scene.entry("obscure", region: "paris")
            $0.seal = .none
            $0.assurances.safeguards = [clauses(["target"])]
        },
        of("R6", .violated, "a contract with a custodian under US law") {
            $0.keys["key"] = Scene.key("FR", "US")
            $0.assurances.safeguards = [Safeguard(kind: .contract, reference: "DPA", covers: ["Trustee"])]
        },

        of("R8", .satisfied, "no establishment abroad"),
        of("R8", .violated, "an establishment in the United States") {
            $0.target = Scene.entry("american", region: "paris")
        },
        of("R8", .violated, "a seat in Switzerland") { $0.target = Scene.entry("swiss", region: "paris") },
        of("R8", .unknown, "nobody states the establishments") { $0.target = Scene.entry("obscure", region: "paris") },
        of("R8", .unknown, "a host of the operator's own") { $0.target = Scene.own(country: "FR", law: "FR") },

        of("R9", .satisfied, "10 % and 20 %"),
        of("R9", .satisfied, "24 % and 39 %") {
            $0.catalogue.providers[0].nonEUShareMax = Scene.fact(24)
            $0.catalogue.providers[0].nonEUShareSum = Scene.fact(39)
        },
        of("R9", .violated, "one holder over 24 %") { $0.catalogue.providers[0].nonEUShareMax = Scene.fact(24.1) },
        of("R9", .violated, "together over 39 %") { $0.catalogue.providers[0].nonEUShareSum = Scene.fact(39.1) },
        of("R9", .violated, "a seat in Norway: EEA is not EU") { $0.catalogue.providers[0].seat = Scene.fact("NO") },
        of("R9", .unknown, "nobody states the shares") { $0.target = Scene.entry("obscure", region: "paris") },
        of("R9", .unknown, "shares that nobody verified") { $0.catalogue.providers[0].nonEUShareMax.verifiedOn = nil },

        of("R11", .satisfied, "the file shows them", base: state) {
            $0.assurances.evidence["R11"] = Evidence(reference: "note 3", until: Scene.today)
        },
        of("R11", .violated, "the document has ended", base: state) {
            $0.assurances.evidence["R11"] = Evidence(reference: "note 3", until: Scene.day(-1))
        },
        of("R11", .unknown, "nothing is named", base: state),
        of("R11", .unknown, "a blank reference", base: state) {
            $0.assurances.evidence["R11"] = Evidence(reference: " ")
        },

        of("R14", .satisfied, "nobody reaches the data"),
        of("R14", .satisfied, "described and safeguarded, from India") {
            $0.assurances.remoteAccess = [
                RemoteAccess(country: "IN", by: "support", description: "note 1", safeguard: "SCC")
            ]
        },
        of("R14", .satisfied, "from Norway") {
            $0.assurances.remoteAccess = [RemoteAccess(country: "NO", by: "support")]
        },
        of("R14", .violated, "not described") {
            $0.assurances.remoteAccess = [RemoteAccess(country: "IN", by: "support", safeguard: "SCC")]
        },
        of("R14", .violated, "not safeguarded") {
            $0.assurances.remoteAccess = [RemoteAccess(country: "CH", by: "support", description: "note 1")]
        },
        of("R14", .unknown, "nothing is stated") { $0.assurances.remoteAccess = nil },
        of("R14", .unknown, "a membership that nobody verified") {
            $0.assurances.remoteAccess = [RemoteAccess(country: "XX", by: "support")]
        },

        of("R15", .satisfied, "evidence that does not name HDS") {
            $0.assurances.evidence["R4"] = Evidence(reference: "opinion on the HDSX group")
        },
        of("R15", .satisfied, "HDS as evidence for R12") {
            $0.assurances.evidence["R12"] = Evidence(reference: "HDS 12")
        },
        of("R15", .violated, "HDS as evidence for R4") {
            $0.assurances.evidence["R4"] = Evidence(reference: "certificat hds-2024")
        },
        of("R15", .violated, "HDS in full as evidence for R20") {
            $0.assurances.evidence["R20"] = Evidence(reference: "Certification Hébergeur de Données de Santé")
        },
        of("R15", .violated, "HDS as a safeguard") {
            $0.assurances.safeguards = [Safeguard(kind: .certification, reference: "HDS", covers: ["target"])]
        },

        of("R16", .satisfied, "the approval is named", base: authorised),
        of("R16", .violated, "the approval has ended", base: authorised) {
            $0.assurances.evidence["R16"] = Evidence(reference: "approval 7", until: Scene.day(-1))
        },
        of("R16", .unknown, "no approval is named", base: authorised) { $0.assurances.evidence = [:] },

        of("R17", .satisfied, "the CNAM holds the secret", base: pseudonymised),
        of("R17", .violated, "the custodian of the key holds it", base: pseudonymised) {
            $0.pseudonymisation = .init(custodian: " trustee")
        },
        of("R17", .violated, "the host holds it", base: pseudonymised) {
            $0.pseudonymisation = .init(custodian: "FRENCH")
        },
        of("R17", .violated, "it is a recipient of the seal", base: pseudonymised) {
            $0.pseudonymisation = .init(custodian: "CNAM", key: "key")
        },
        of("R17", .violated, "it is the key that opens", base: pseudonymised) {
            $0.opening = .age(key: "old")
            $0.pseudonymisation = .init(custodian: "CNAM", key: "old")
        },
        of("R17", .unknown, "nothing is stated", base: pseudonymised) { $0.pseudonymisation = nil },
        of("R17", .unknown, "who holds the key is unknown", base: pseudonymised) {
            $0.keys["key"] = KeyEntry(recipient: "age1")
        },

        of("R20", .satisfied, "a trustee in France"),
        of("R20", .satisfied, "not sealed: R4 and R5 speak") { $0.seal = .none },
        of("R20", .satisfied, "the host's vault, neither exportable nor usable") {
            $0.keys["key"] = Scene.key("FR", "FR", custodian: "French")
            $0.keys["key"]?.exportable = false
            $0.keys["key"]?.providerCanUse = false
        },
        of("R20", .violated, "a custodian under US law") { $0.keys["key"] = Scene.key("FR", "US") },
        of("R20", .violated, "the host can use it") { $0.keys["key"]?.providerCanUse = true },
        of("R20", .violated, "the host can export it") {
            $0.keys["key"] = Scene.key("FR", "FR", custodian: "french")
            $0.keys["key"]?.exportable = true
        },
        of("R20", .unknown, "the host holds it and says nothing") {
            $0.keys["key"] = Scene.key("FR", "FR", custodian: "french")
        },
        of("R20", .unknown, "the host holds it and does not say who uses it") {
            $0.keys["key"] = Scene.key("FR", "FR", custodian: "french")
            $0.keys["key"]?.exportable = false
        },
        of("R20", .unknown, "nobody names the custodian") { $0.keys["key"] = KeyEntry(recipient: "age1") },

        of("R21", .satisfied, "nothing of the kind is offered: does not apply") {
            $0.assurances.safeguards = [clauses(["target"])]
        },
        of("R21", .violated, "encryption at rest as a safeguard") {
            $0.assurances.safeguards = [Safeguard(kind: .providerEncryption, reference: "SSE", covers: ["target"])]
        },

        of("R22", .satisfied, "done on the last day", base: authorised) { $0.forecast = Scene.day(1)...Scene.day(30) },
        of("R22", .unknown, "whoever leaves a host states no end of the contract", base: Scene()),
        of("R22", .satisfied, "nothing ends, and no host is left: does not apply", base: Scene()) {
            $0.source = Scene.own(country: "FR", law: "FR")
        },
        of("R22", .satisfied, "renewed without a gap", base: authorised) {
            $0.documents = [Scene.document(until: 5), Scene.document(reference: "next", from: 6, until: 30)]
            $0.forecast = Scene.day(10)...Scene.day(20)
        },
        of("R22", .violated, "renewed with a gap", base: authorised) {
            $0.documents = [Scene.document(until: 5), Scene.document(reference: "next", from: 7, until: 30)]
            $0.forecast = Scene.day(10)...Scene.day(20)
        },
        of("R22", .violated, "the late day is after the authorisation", base: authorised) {
            $0.documents = [Scene.document(until: 20)]
            $0.forecast = Scene.day(1)...Scene.day(21)
        },
        of("R22", .violated, "the contract has ended") {
            $0.assurances.contract?.end = Scene.day(-1)
            $0.forecast = Scene.day(1)...Scene.day(2)
        },
        of("R22", .violated, "the certificate ends before") { $0.forecast = Scene.day(1)...Scene.day(31) },
        of("R22", .violated, "a tool of article 46 ends before") {
            $0.workers = Jurisdiction(country: "US", law: "US")
            $0.assurances.safeguards = [clauses(["workers"], until: 3)]
            $0.forecast = Scene.day(1)...Scene.day(4)
        },
        of("R22", .satisfied, "a tool of article 46 that no transfer rests on") {
            $0.assurances.safeguards = [clauses(["workers"], until: -3)]
            $0.forecast = Scene.day(1)...Scene.day(4)
        },
        of("R22", .unknown, "no forecast", base: authorised) { $0.forecast = nil },

        of("R23", .satisfied, "notice ten days ago"),
        of("R23", .satisfied, "a directory without a contract") {
            $0.source = Scene.own(country: "FR", law: "FR")
            $0.assurances.contract = nil
        },
        of("R23", .satisfied, "on the last day that is sure") { $0.forecast = Scene.day(1)...Scene.day(50) },
        of("R23", .violated, "the contract ends before the move is done") {
            $0.assurances.contract?.end = Scene.day(9)
            $0.forecast = Scene.day(5)...Scene.day(10)
        },
        of("R23", .violated, "past the longest notice, transition and retrieval") {
            $0.assurances.contract?.notice = Day("2026-07-24")
            $0.forecast = nil
        },
        of("R23", .unknown, "on the last day of the longest notice, transition and retrieval") {
            $0.assurances.contract?.notice = Day("2026-07-25")
            $0.forecast = Scene.today...Scene.today
        },
        of("R23", .unknown, "no finish is forecast") { $0.forecast = nil },
        of("R23", .unknown, "no notice is stated") { $0.assurances.contract?.notice = nil },
        of("R23", .unknown, "no end is stated") { $0.assurances.contract?.end = nil },
        of("R23", .unknown, "nothing is stated") { $0.assurances.contract = nil },

        of("R24", .satisfied, "nothing is set aside"),
        of("R24", .satisfied, "a fee for a move that is done before") {
            $0.assurances.contract?.egressBudget = Money(9, "EUR")
            $0.forecast = Scene.day(1)...Scene.day(48)
        },
        of("R24", .violated, "a fee for a move that is done on 12 January 2027") {
            $0.assurances.contract?.egressBudget = Money(9, "EUR")
            $0.forecast = Scene.day(1)...Scene.day(49)
        },
        of("R24", .unknown, "a fee, and no forecast") {
            $0.assurances.contract?.egressBudget = Money(9, "EUR")
            $0.forecast = nil
        },
        of("R24", .unknown, "nothing is stated") { $0.assurances.contract?.egressBudget = nil },

        of("R25", .satisfied, "secret until 2029"),
        of("R25", .satisfied, "post-quantum recipients") {
            $0.keys["key"] = Scene.key("FR", "FR", pq: true)
            $0.assurances.confidentialUntil = Day("2090-01-01")
        },
        of("R25", .satisfied, "secret until the last day of 2029") {
            $0.assurances.confidentialUntil = Day("2029-12-31")
        },
        of("R25", .violated, "secret on 1 January 2030") { $0.assurances.confidentialUntil = Day("2030-01-01") },
        of("R25", .violated, "one classical recipient is enough to open") {
            $0.seal = .age(recipients: ["key", "pq"])
            $0.keys["pq"] = Scene.key("FR", "FR", pq: true)
            $0.assurances.confidentialUntil = Day("2090-01-01")
        },
        of("R25", .unknown, "nothing is stated") { $0.assurances.confidentialUntil = nil },
        of("R25", .unknown, "a key without a recipient") {
            $0.keys["key"]?.recipient = nil
            $0.assurances.confidentialUntil = Day("2090-01-01")
        },

        of("R26", .satisfied, "after the retention", base: destroyed),
        of("R26", .satisfied, "the day has come and the move is accepted", base: destroyed) {
            $0.decommission = Scene.today
            $0.retainUntil = Scene.day(-1)
            $0.step = .accepted
        },
        of("R26", .satisfied, "nothing is destroyed: does not apply"),
        of("R26", .violated, "within the retention", base: destroyed) { $0.retainUntil = Scene.day(10) },
        of("R26", .violated, "under a hold", base: destroyed) { $0.hold = "case 12" },
        of("R26", .violated, "the day has come and the move is only verified", base: destroyed) {
            $0.decommission = Scene.today
            $0.retainUntil = Scene.day(-1)
            $0.step = .verified
        },
        of("R26", .unknown, "no retention is stated", base: destroyed) { $0.retainUntil = nil },
        of("R26", .unknown, "the day has come and no journal tells", base: destroyed) {
            $0.decommission = Scene.today
            $0.retainUntil = Scene.day(-1)
        },

        of("R27", .satisfied, "24 hours, 72 hours, 31 days"),
        of("R27", .violated, "25 hours") { $0.assurances.incident?.earlyWarningHours = 25 },
        of("R27", .violated, "73 hours") { $0.assurances.incident?.notificationHours = 73 },
        of("R27", .violated, "32 days, and nobody to tell") {
            $0.assurances.incident?.finalReportDays = 32
            $0.assurances.incident?.contact = nil
        },
        of("R27", .unknown, "nobody to tell") { $0.assurances.incident?.contact = " " },
        of("R27", .unknown, "a clock is missing") { $0.assurances.incident?.notificationHours = nil },
        of("R27", .unknown, "nothing is stated") { $0.assurances.incident = nil },
    ]
}
