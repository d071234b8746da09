import HavreModel
import Testing

/// Random estates for `PolicyPropertyTests`, with every key that a rule reads.
extension PolicyPropertyTests {
    static let countries = ["FR", "IE", "NO", "CH", "CA", "US", "GB", "XX", nil]

    static func scene(_ random: inout Random) -> Scene {
        var scene = Scene()
        scene.classification = classification(&random)
        scene.clauses = [random.chance(40) ? "EU_ONLY" : nil, random.chance(30) ? "CASE_BY_CASE" : nil].compactMap(
            \.self)
        scene.purpose = random.pick(["research", "billing", nil])
        for number in 0..<Int(random.next() % 3) where random.chance(50) {
            scene.authorisations.append(
                Dataset.Authorisation(
                    by: "CNIL", reference: "\(number)", purpose: random.pick(["research", "billing", "*"]),
                    destination: random.pick(["target", "french", "american", "*", nil]),
                    until: Scene.day(random.pick([-1, 0, 30]))))
        }
        for number in 0..<Int(random.next() % 4) where random.chance(70) {
            scene.documents.append(document(number, &random))
        }
        scene.seal = random.pick([.none, .age(recipients: ["key"]), .age(recipients: ["key", "second"])])
        scene.opening = random.chance(20) ? .age(key: "second") : nil
        scene.source = entry(&random)
        scene.target = entry(&random)
        scene.workers =
            random.chance(10) ? nil : Jurisdiction(country: random.pick(countries), law: random.pick(countries))
        if random.chance(20) {
            scene.logs = Jurisdiction(country: random.pick(countries), law: random.pick(countries))
        }
        if random.chance(20) {
            scene.proxy = Proxy(
                url: "http://p:1",
                jurisdiction: Jurisdiction(country: random.pick(countries), law: random.pick(countries)))
        }
        scene.keys = ["key": key(&random), "second": key(&random)]
        scene.assurances = assurances(&random)
        if random.chance(70) {
            scene.pseudonymisation = .init(
                custodian: random.pick(["CNAM", "Trustee", "french"]), key: random.pick([nil, nil, "key", "second"]))
        }
        scene.retainUntil = random.pick([nil, Scene.day(-2), Scene.day(5)])
        scene.hold = random.pick([nil, nil, "case 12"])
        scene.decommission = random.pick([nil, Scene.day(-1), Scene.day(6)])
        scene.step = random.pick([nil, .transferring, .accepted, .rolledBack])
        scene.forecast = random.pick([nil, Scene.day(1)...Scene.day(3), Scene.day(2)...Scene.day(60)])
        scene.catalogue = catalogue(&random)
        return scene
    }

    static func classification(_ random: inout Random) -> Dataset.Classification {
        var classification = Dataset.Classification()
        classification.personal = random.chance(60)
        classification.health = random.chance(50)
        classification.snds = random.chance(30)
        classification.stateSensitive = random.chance(40)
        classification.pseudonymised = random.chance(40)
        return classification
    }

    private static func document(_ number: Int, _ random: inout Random) -> SignedDocument {
        let kind = random.pick([SignedDocument.Kind.authorisation, .authorisation, .derogation, .opinion])
        return Scene.document(
            kind, reference: "\(number)", dataset: random.pick(["base", "base", "part", "*"]),
            rule: kind == .derogation ? random.pick(["R10", "R25", "R4"]) : nil,
            purpose: random.pick(["research", "research", "billing", "*", nil]),
            destination: random.pick(["target", "french", "american", "french/paris", "*"]),
            from: random.pick([-30, 0, 5]), until: random.pick([-1, 0, 4, 30]),
            standing: random.pick([.valid, .valid, .valid, .unsigned, .wrong, .stranger]))
    }

    private static func key(_ random: inout Random) -> KeyEntry {
        var key = Scene.key(
            random.pick(countries), random.pick(countries), custodian: random.pick(["Trustee", "american", "french"]),
            pq: random.chance(50))
        key.exportable = random.pick([nil, true, false])
        key.providerCanUse = random.pick([nil, true, false, false])
        if random.chance(10) { key.recipient = nil }
        return key
    }

    static func assurances(_ random: inout Random) -> Assurances {
        var stated = Assurances()
        let covers = ["target", "french", "american", "source", "workers", "proxy", "logs", "Trustee"]
        for _ in 0..<Int(random.next() % 3) {
            stated.safeguards.append(
                Safeguard(
                    kind: random.pick(Safeguard.Kind.allCases), reference: random.pick(["SCC", "HDS v2", "DPA", ""]),
                    covers: [random.pick(covers), random.pick(covers)],
                    until: random.pick([nil, Scene.day(-1), Scene.day(2)])))
        }
        for rule in ["R4", "R9", "R11", "R16"] where random.chance(50) {
            stated.evidence[rule] = Evidence(
                reference: random.pick(["note", "note", "certificat HDS", " "]),
                until: random.pick([nil, Scene.day(-1), Scene.day(2), Scene.day(2), Scene.day(30), Scene.day(30)]))
        }
        if random.chance(80) {
            stated.remoteAccess = (0..<Int(random.next() % 3)).map { _ in
                RemoteAccess(
                    country: random.pick(["FR", "NO", "IN", "XX", ""]), by: "support",
                    description: random.pick([nil, "note", " "]), safeguard: random.pick([nil, "SCC"]))
            }
        }
        stated.confidentialUntil = random.pick([nil, Day("2029-12-31"), Day("2040-01-01")])
        if random.chance(80) {
            stated.contract = HostingContract(
                notice: random.pick([nil, Scene.day(-10), Scene.day(-200), Scene.day(-80)]),
                end: random.pick([nil, Scene.day(-1), Scene.day(10), Scene.day(90)]),
                egressBudget: random.pick([nil, Money(0, "EUR"), Money(7, "EUR")]))
        }
        if random.chance(80) {
            stated.incident = IncidentPlan(
                contact: random.pick([nil, "desk", "desk"]), earlyWarningHours: random.pick([nil, 24, 24, 25]),
                notificationHours: random.pick([nil, 72, 72, 73]), finalReportDays: random.pick([nil, 31, 31, 32]))
        }
        return stated
    }

    private static func catalogue(_ random: inout Random) -> Catalogue {
        var catalogue = Scene.catalogue
        for index in catalogue.providers.indices {
            // One entry a certification: two that contradict each other are a dispute, and a dispute is no missing fact.
            catalogue.providers[index].services[0].certifications = ["HDS", "SecNumCloud"].compactMap { name in
                random.chance(15)
                    ? nil
                    : Scene.certification(
                        name, random.pick([.held, .held, .held, .pending, .disputed, .none]),
                        until: random.pick([30, -1]), verified: random.chance(90))
            }
            catalogue.providers[index].nonEUShareMax = Scene.fact(random.pick([0, 24, 25, nil]))
            catalogue.providers[index].nonEUShareSum = Scene.fact(random.pick([0, 39, 40, nil]))
            let abroad = random.pick([[], [], ["FR"], ["US"], ["XX"], nil])
            catalogue.providers[index].thirdCountryEstablishments = Scene.fact(
                abroad.map { $0.map { .init(name: Text("Branch"), country: $0) } })
        }
        if random.chance(50) {
            catalogue.jurisdictions.adequacy.append(
                Jurisdictions.Adequacy(
                    id: "DPF", country: "US", name: Text("US"), decision: "(EU) 2023/1795",
                    scope: random.pick([nil, Text("certified organisations")]),
                    status: random.pick([.stated, .disputed]), source: "test", verifiedOn: Scene.today))
        }
        return catalogue
    }

    private static func entry(_ random: inout Random) -> ProviderEntry {
        if random.chance(30) {
            return Scene.own(
                country: random.pick(countries), law: random.pick(countries),
                certifications: random.chance(50) ? [Scene.certification("HDS", regions: nil)] : [])
        }
        return Scene.entry(
            random.pick(["french", "american", "swiss", "obscure"]),
            region: random.pick(["paris", "oslo", "zurich", "toronto", "ohio", "nowhere"]))
    }

    /// Takes one fact away, from the plan or from the catalogue, and says for which rules it is no fact but an argument
    /// that is offered, or an admission.
    static func forget(_ scene: inout Scene, _ random: inout Random) -> Set<String> {
        switch random.next() % 3 {
        case 0: return forgetPlace(&scene, &random)
        case 1: return forgetOfCatalogue(&scene, &random)
        default: return forgetAssurance(&scene, &random)
        }
    }

    private static func forgetPlace(_ scene: inout Scene, _ random: inout Random) -> Set<String> {
        func drop(_ place: inout Jurisdiction, _ random: inout Random) {
            if random.chance(50) { place.country = nil } else { place.law = nil }
        }
        func drop(_ entry: inout ProviderEntry, _ random: inout Random) {
            if random.chance(30) { entry.certifications = [] } else { drop(&entry.stated, &random) }
        }
        let key = random.pick(["key", "second"])
        switch random.next() % 12 {
        case 0: scene.workers = nil
        case 1: if var place = scene.workers { drop(&place, &random); scene.workers = place }
        case 2: if var proxy = scene.proxy { drop(&proxy.jurisdiction, &random); scene.proxy = proxy }
        case 3: if var place = scene.logs { drop(&place, &random); scene.logs = place }
        case 4:
            // A contract that covers a custodian by name is an argument about that custodian.
            scene.keys[key]?.custodian = nil
            return ["R6"]
        case 5:
            if var place = scene.keys[key]?.custodian {
                drop(&place.jurisdiction, &random); scene.keys[key]?.custodian = place
            }
        case 6: scene.keys[key]?.exportable = nil
        case 7:
            let admitted = scene.keys[key]?.providerCanUse == true
            scene.keys[key]?.providerCanUse = nil
            return admitted ? ["R20"] : []
        case 8: scene.keys[key]?.recipient = nil
        case 9: drop(&scene.target, &random)
        case 10: drop(&scene.source, &random)
        default: scene.purpose = nil
        }
        return []
    }

    private static func forgetOfCatalogue(_ scene: inout Scene, _ random: inout Random) -> Set<String> {
        let provider = Int(random.next() % UInt64(scene.catalogue.providers.count))
        switch random.next() % 9 {
        case 0: scene.catalogue.providers[provider].seat = .missing
        case 1: scene.catalogue.providers[provider].parentChain.verifiedOn = nil
        case 2:
            let regions = scene.catalogue.providers[provider].services[0].regions.count
            let region = Int(random.next() % UInt64(regions))
            scene.catalogue.providers[provider].services[0].regions[region].country = .missing
        case 3:
            if !scene.catalogue.providers[provider].services[0].certifications.isEmpty {
                scene.catalogue.providers[provider].services[0].certifications.removeLast()
            }
        case 4:
            scene.catalogue.jurisdictions.members.remove(
                at: Int(random.next() % UInt64(scene.catalogue.jurisdictions.members.count)))
        case 5: scene.catalogue.jurisdictions.adequacy.removeLast()
        case 6: scene.catalogue.providers[provider].nonEUShareMax = .missing
        case 7: scene.catalogue.providers[provider].nonEUShareSum = .missing
        default: scene.catalogue.providers[provider].thirdCountryEstablishments = .missing
        }
        return []
    }

    private static func forgetAssurance(_ scene: inout Scene, _ random: inout Random) -> Set<String> {
        // A contract of a host that the operator describes himself is the only sign that there is one.
        let isOwn = scene.source.catalogueID == "local"
        switch random.next() % 16 {
        case 0:
            if !scene.assurances.safeguards.isEmpty { scene.assurances.safeguards.removeLast() }
            return ["R6", "R15", "R21"]
        case 1:
            scene.assurances.evidence[random.pick(["R4", "R9", "R11", "R11", "R16", "R16", "R16"])] = nil
            return ["R15"]
        case 2:
            scene.assurances.remoteAccess = nil
            // Who states an access admits it: where nothing is stated, R14 speaks alone.
            return ["R1", "R3"]
        case 3:
            if scene.assurances.remoteAccess?.isEmpty == false {
                if random.chance(50) {
                    scene.assurances.remoteAccess?[0].description = nil
                } else {
                    scene.assurances.remoteAccess?[0].safeguard = nil
                }
            }
        case 4:
            // Of data of no class, the day itself says that they are secret.
            scene.assurances.confidentialUntil = nil
            return scene.classification.isProtected ? [] : ["R25"]
        case 5:
            scene.assurances.contract = nil
            return isOwn ? ["R23", "R24"] : []
        case 6: scene.assurances.contract?.notice = nil
        case 7: scene.assurances.contract?.end = nil
        case 8: scene.assurances.contract?.egressBudget = nil
        case 9: scene.assurances.incident = nil
        case 10: scene.assurances.incident?.contact = nil
        case 11: scene.assurances.incident?.earlyWarningHours = nil
        case 12: scene.pseudonymisation = nil
        case 13: scene.retainUntil = nil
        case 14:
            if random.chance(50) { scene.forecast = nil } else { scene.step = nil }
        default:
            let isAsked = scene.classification.snds || scene.clauses.contains("CASE_BY_CASE")
            if random.chance(50), !scene.authorisations.isEmpty {
                scene.authorisations.removeLast()
            } else if !scene.documents.isEmpty {
                // A derogation is no fact: taking it away never makes anything better either.
                scene.documents.removeLast()
            }
            return isAsked ? [] : ["R18"]
        }
        return []
    }
}
