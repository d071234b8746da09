import HavreModel
import Testing

extension RuleTripleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: String
        let outcome: Outcome
        let name: String
        let scene: Scene
        var testDescription: String { "\(rule) \(outcome): \(name)" }
    }

    static func of(
        _ rule: String, _ outcome: Outcome, _ name: String, base: Scene = .health,
        _ change: (inout Scene) -> Void = { _ in }
    ) -> Case {
        var scene = base
        change(&scene)
        return Case(rule: rule, outcome: outcome, name: name, scene: scene)
    }

    static var state: Scene {
        var scene = Scene()
        scene.classification.stateSensitive = true
        return scene
    }

    static var authorised: Scene { .authorised }

    static var pseudonymised: Scene {
        var scene = Scene.health
        scene.classification.pseudonymised = true
        scene.pseudonymisation = .init(custodian: "CNAM")
        return scene
    }

    static var destroyed: Scene {
        var scene = Scene.health
        scene.decommission = Scene.day(10)
        scene.retainUntil = Scene.day(9)
        return scene
    }

    static func clauses(_ covers: [String], until: Int? = nil, _ reference: String = "SCC 2021/914") -> Safeguard {
        Safeguard(kind: .standardClauses, reference: reference, covers: covers, until: until.map(Scene.day))
    }

    static let early: [Case] = [
        of("R1", .satisfied, "all in France"),
        of("R1", .satisfied, "a worker in Norway, in the EEA") { $0.workers = Jurisdiction(country: "NO", law: "NO") },
        of("R1", .satisfied, "a worker in Switzerland, adequate") {
            $0.workers = Jurisdiction(country: "CH", law: "CH")
        },
        of("R1", .violated, "a worker in the United States") { $0.workers = Jurisdiction(country: "US", law: "US") },
        of("R1", .violated, "a worker in a country that left") { $0.workers = Jurisdiction(country: "GB", law: "GB") },
        of("R1", .violated, "a target in Ohio, though sealed") { $0.target.region = "ohio" },
        of("R1", .violated, "a proxy in the United States") {
            $0.proxy = Proxy(url: "http://p:1", jurisdiction: Jurisdiction(country: "US", law: "US"))
        },
        of("R1", .unknown, "no worker is stated") { $0.workers = nil },
        of("R1", .unknown, "a worker without a country") { $0.workers = Jurisdiction(country: nil, law: "FR") },
        of("R1", .unknown, "a region whose country nobody knows") { $0.target.region = "nowhere" },
        of("R1", .unknown, "an adequacy for some organisations only") { $0.target.region = "toronto" },
        of("R1", .unknown, "a membership that nobody verified") { $0.workers = Jurisdiction(country: "XX", law: "FR") },
        of("R1", .unknown, "a proxy that says nothing") {
            $0.proxy = Proxy(url: "http://p:1", jurisdiction: Jurisdiction(country: nil, law: nil))
        },

        of("R3", .satisfied, "all in France") { $0.clauses = ["EU_ONLY"] },
        of("R3", .violated, "a worker in Norway: EEA is not EU") {
            $0.clauses = ["EU_ONLY"]
            $0.workers = Jurisdiction(country: "NO", law: "NO")
        },
        of("R3", .violated, "a key in Switzerland") {
            $0.clauses = ["EU_ONLY"]
            $0.keys["key"] = Scene.key("CH", "FR")
        },
        of("R3", .unknown, "a key whose place nobody states") {
            $0.clauses = ["EU_ONLY"]
            $0.keys["key"] = Scene.key(nil, "FR")
        },

        of("R4", .satisfied, "an EU provider with plaintext") { $0.seal = .none },
        of("R4", .satisfied, "an American provider with ciphertext") {
            $0.target = Scene.entry("american", region: "paris")
        },
        of("R4", .violated, "an American provider with plaintext") {
            $0.target = Scene.entry("american", region: "paris")
            $0.seal = .none
        },
        of("R4", .violated, "an age seal without recipients is none") {
            $0.target = Scene.entry("american", region: "paris")
            $0.seal = .age(recipients: [])
        },
        of("R4", .violated, "a worker in France under US law") { $0.workers = Jurisdiction(country: "FR", law: "US") },
        of("R4", .violated, "a custodian under US law") { $0.keys["key"] = Scene.key("FR", "US") },
        of("R4", .unknown, "a provider with an unknown parent") {
            $0.target = Scene.entry("obscure", region: "paris")
            $0.seal = .none
        },
        of("R4", .unknown, "a custodian that nobody names") { $0.keys["key"] = KeyEntry(recipient: "age1") },
        of("R4", .unknown, "a key that the plan does not have") { $0.keys = [:] },

        of("R5", .satisfied, "an EU provider: does not apply"),
        of("R5", .satisfied, "ciphertext at an American provider, key in France") {
            $0.target = Scene.entry("american", region: "paris")
        },
        of("R5", .violated, "plaintext at an American provider") {
            $0.target = Scene.entry("american", region: "paris")
            $0.seal = .none
        },
        of("R5", .violated, "the key lies in Switzerland") {
            $0.target = Scene.entry("american", region: "paris")
            $0.keys["key"] = Scene.key("CH", "FR")
        },
        of("R5", .violated, "the provider holds the key") {
            $0.target = Scene.entry("american", region: "paris")
            $0.keys["key"] = Scene.key("FR", "FR", custodian: "american")
        },
        of("R5", .unknown, "the key's custodian is unknown") {
            $0.target = Scene.entry("american", region: "paris")
            $0.keys["key"] = Scene.key("FR", nil)
        },

        of("R7", .satisfied, "a French provider"),
        of("R7", .violated, "an American parent, in Paris") { $0.target = Scene.entry("american", region: "paris") },
        of("R7", .unknown, "an unknown parent") { $0.target = Scene.entry("obscure", region: "paris") },

        of("R10", .satisfied, "a qualified service", base: state),
        of("R10", .violated, "known not to be qualified", base: state) {
            $0.target = Scene.entry("american", region: "paris")
        },
        of("R10", .unknown, "disputed", base: state) { $0.target = Scene.entry("obscure", region: "paris") },
        of("R10", .unknown, "nothing is stated", base: state) { $0.target = Scene.entry("swiss", region: "paris") },
        of("R10", .unknown, "another region", base: state) { $0.target.region = "toronto" },

        of("R12", .satisfied, "HDS held"),
        of("R12", .satisfied, "HDS on the operator's word") {
            $0.target = Scene.own(country: "FR", law: "FR", certifications: [Scene.certification("HDS", regions: nil)])
        },
        of("R12", .violated, "known not to be held") {
            $0.target = Scene.own(
                country: "FR", law: "FR", certifications: [Scene.certification("HDS", .none, regions: nil)])
        },
        of("R12", .unknown, "nothing is stated") { $0.target = Scene.entry("swiss", region: "paris") },
        of("R12", .unknown, "on the operator's word, but nobody looked") {
            $0.target = Scene.own(
                country: "FR", law: "FR",
                certifications: [Scene.certification("HDS", regions: nil, verified: false)])
        },

        of("R13", .satisfied, "stored in Norway") { $0.target.region = "oslo" },
        of("R13", .violated, "stored in Switzerland: adequate is not enough") { $0.target.region = "zurich" },
        of("R13", .unknown, "a local target without a country") { $0.target = Scene.own(country: nil, law: "FR") },

        of("R18", .satisfied, "covered", base: authorised),
        of("R18", .satisfied, "no authorisation is asked for"),
        of("R18", .satisfied, "covered by the catalogue's name", base: authorised) {
            $0.documents = [Scene.document(destination: "french")]
        },
        of("R18", .satisfied, "covered by the plan's name and the region", base: authorised) {
            $0.documents = [Scene.document(destination: "french/paris")]
        },
        of("R18", .satisfied, "on its last day", base: authorised) { $0.documents = [Scene.document(until: 0)] },
        of("R18", .satisfied, "on its first day", base: authorised) { $0.documents = [Scene.document(from: 0)] },
        of("R18", .satisfied, "an expired one beside it", base: authorised) {
            $0.documents += [Scene.document(reference: "old", until: -1)]
        },
        of("R18", .satisfied, "the plan repeats it", base: authorised) { $0.authorisations = [Scene.authorisation()] },
        of("R18", .violated, "ended yesterday", base: authorised) { $0.documents = [Scene.document(until: -1)] },
        of("R18", .violated, "begins tomorrow", base: authorised) { $0.documents = [Scene.document(from: 1)] },
        of("R18", .violated, "SNDS without any", base: authorised) { $0.documents = [] },
        of("R18", .violated, "case by case without any") { $0.clauses = ["CASE_BY_CASE"] },
        of("R18", .violated, "an opinion gates nothing", base: authorised) {
            $0.documents = [Scene.document(.opinion)]
        },
        of("R18", .violated, "another purpose", base: authorised) {
            $0.documents = [Scene.document(purpose: "billing")]
        },
        of("R18", .violated, "no purpose", base: authorised) { $0.documents = [Scene.document(purpose: nil)] },
        of("R18", .violated, "another destination", base: authorised) {
            $0.documents = [Scene.document(destination: "american")]
        },
        of("R18", .violated, "another region", base: authorised) {
            $0.documents = [Scene.document(destination: "french/oslo")]
        },
        of("R18", .violated, "another dataset", base: authorised) { $0.documents = [Scene.document(dataset: "other")] },
        of("R18", .violated, "a wildcard dataset", base: authorised) { $0.documents = [Scene.document(dataset: "*")] },
        of("R18", .violated, "a wildcard destination", base: authorised) {
            $0.documents = [Scene.document(destination: "*")]
        },
        of("R18", .violated, "a wildcard purpose", base: authorised) {
            $0.documents = [Scene.document(purpose: "Toutes")]
            $0.purpose = "Toutes"
        },
        of("R18", .violated, "a wrong signature", base: authorised) {
            $0.documents = [Scene.document(standing: .wrong)]
        },
        of("R18", .violated, "a stranger's signature", base: authorised) {
            $0.documents = [Scene.document(standing: .stranger)]
        },
        of("R18", .unknown, "an unsigned document", base: authorised) {
            $0.documents = [Scene.document(standing: .unsigned)]
        },
        of("R18", .violated, "an unsigned document that has ended", base: authorised) {
            $0.documents = [Scene.document(until: -1, standing: .unsigned)]
        },
        of("R18", .unknown, "only the plan says so", base: authorised) {
            $0.documents = []
            $0.authorisations = [Scene.authorisation()]
        },
        of("R18", .unknown, "only the plan says so, without a destination", base: authorised) {
            $0.documents = []
            $0.authorisations = [Scene.authorisation("research", nil)]
        },
        of("R18", .violated, "only the plan says so, and it ended", base: authorised) {
            $0.documents = []
            $0.authorisations = [Scene.authorisation(until: -1)]
        },
        of("R18", .violated, "only the plan says so, for another purpose", base: authorised) {
            $0.documents = []
            $0.authorisations = [Scene.authorisation("billing")]
        },
        of("R18", .violated, "only the plan says so, for another destination", base: authorised) {
            $0.documents = []
            $0.authorisations = [Scene.authorisation("research", "american")]
        },
        of("R18", .violated, "only the plan says so, with a wildcard", base: authorised) {
            $0.documents = []
            $0.authorisations = [Scene.authorisation("research", "*")]
        },
        of("R18", .unknown, "the dataset states no purpose", base: authorised) { $0.purpose = nil },

        of("R19", .satisfied, "held"),
        of("R19", .satisfied, "known not to be held is no doubt", base: state) {
            $0.target = Scene.entry("american", region: "paris")
        },
        of("R19", .unknown, "disputed", base: state) { $0.target = Scene.entry("obscure", region: "paris") },
        of("R19", .unknown, "out of scope") { $0.target.region = "toronto" },
    ]
}
