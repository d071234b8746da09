import HavreModel

/// Makes a plan of a tree that was checked. Values that were found wrong are left out; the plan is whole only
/// where nothing was.
struct PlanReader {
    /// Resolves relative paths.
    let directory: String
    let catalogue: CatalogueView

    /// Reads a plan.
    func plan(_ root: PlanCursor, marks: [String: Mark], file: String) -> Plan {
        let written = root["datasets"].entries
        var plan = Plan(name: root["name"].text ?? "", marks: marks, file: file)
        plan.version = root["havre"].integer ?? 1
        plan.controller = root["controller"].text
        for (name, _, value) in root["providers"].entries where value.stands { plan.providers[name] = provider(value) }
        for (name, _, value) in root["keys"].entries where value.stands { plan.keys[name] = key(value) }
        let workers = root["workers"]
        plan.workers = workers.isList ? workers.list.map(jurisdiction) : workers.isMap ? [jurisdiction(workers)] : []
        if root["logs"].stands { plan.logs = jurisdiction(root["logs"]) }
        for (name, _, value) in root["signers"].entries {
            if let point = value.text.flatMap(PlanForms.point) { plan.signers[name] = point }
        }
        plan.documents = root["documents"].list.compactMap(\.text).map(resolve)
        plan.catalogues = root["catalogues"].list.compactMap(\.text).map(resolve)
        for (rule, _, value) in root["severity"].entries {
            if let effect = value.text.flatMap(Verdict.Effect.init) { plan.severities[rule] = effect }
        }
        plan.assurances = assurances(root)
        if let url = root["proxy"]["url"].text {
            plan.proxy = Proxy(url: url, jurisdiction: jurisdiction(root["proxy"]))
        }
        plan.signKey = secret(root["sign"]["key"])
        plan.limits = Limits(
            bandwidth: bandwidth(root["bandwidth"]), requestsPerSecond: root["requestsPerSecond"].integer,
            maxFailures: root["maxFailures"].integer, maxDelete: root["maxDelete"].integer)
        if let verify = verification(root["verify"]) { plan.verify = verify }
        for (name, _, value) in written {
            if let dataset = dataset(value, name: name, providers: plan.providers) { plan.datasets[name] = dataset }
        }
        plan.order = written.map(\.key)
        return plan
    }

    // MARK: Providers

    private func provider(_ cursor: PlanCursor) -> ProviderEntry? {
        guard let id = cursor["is"].text else { return nil }
        let service = cursor["service"].text
        let spoken: ProviderEntry.StorageProtocol
        switch id {
        case "local": spoken = .file
        case "custom":
            guard let word = cursor["protocol"].text else { return nil }
            spoken = ProviderEntry.StorageProtocol(rawValue: word)
        default: spoken = service.flatMap { catalogue.providers?[id]?[$0]?.storageProtocol } ?? .s3
        }
        let custom = id == "custom"
        var entry = ProviderEntry(
            catalogueID: id, service: service, region: cursor["region"].text, storageProtocol: spoken,
            endpoint: cursor["endpoint"].text.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 },
            addressing: cursor["addressing"].text.flatMap(ProviderEntry.Addressing.init) ?? (custom ? .path : nil),
            caBundle: cursor["caBundle"].text.map(resolve), stated: jurisdiction(cursor),
            certifications: cursor["certifications"].list.compactMap(certification),
            credentials: credentials(cursor["credentials"]), maxParts: cursor["maxParts"].integer)
        let establishments = cursor["establishments"]
        entry.establishments =
            establishments.isList ? establishments.list.compactMap(\.text) : establishments.text.map { _ in [] }
        entry.addresses = cursor["addresses"].list.compactMap(\.text)
        return entry
    }

    private func certification(_ cursor: PlanCursor) -> Certification? {
        guard let name = cursor["name"].text else { return nil }
        return Certification(
            name: name, version: cursor["version"].text,
            status: cursor["status"].text.flatMap(Certification.Status.init) ?? .held, from: day(cursor["from"]),
            until: day(cursor["until"]), source: cursor["source"].text ?? "operator's word",
            verifiedOn: day(cursor["verifiedOn"]))
    }

    private func credentials(_ cursor: PlanCursor) -> ProviderEntry.Credentials {
        var found = ProviderEntry.Credentials(
            accessKey: secret(cursor["accessKey"]), secretKey: secret(cursor["secretKey"]),
            sessionToken: secret(cursor["sessionToken"]), profile: cursor["profile"].text,
            command: command(cursor["command"]), account: cursor["account"].text, key: secret(cursor["key"]))
        found.sas = secret(cursor["sas"])
        found.tenant = cursor["tenant"].text
        found.clientID = cursor["clientId"].text
        found.clientSecret = secret(cursor["clientSecret"])
        found.certificate = secret(cursor["certificate"])
        found.tokenFile = cursor["workloadIdentity"]["tokenFile"].text.map(resolve)
        found.authority = cursor["authority"].text
        let machine = cursor["managedIdentity"]
        if machine.stands {
            found.managedIdentity = .init(
                clientID: machine["clientId"].text, endpoint: machine["endpoint"].text,
                header: secret(machine["header"]))
        }
        return found
    }

    private func opening(_ cursor: PlanCursor) -> Dataset.Opening? {
        guard let key = cursor["with"].text,
            let format = cursor["format"].text.flatMap(Dataset.Opening.Format.init)
        else { return nil }
        var opening = Dataset.Opening(format: format, key: key)
        opening.unencrypted = cursor["clear"].text.flatMap(Dataset.Opening.Unencrypted.init) ?? .block
        opening.acceptsUnauthenticated = cursor["acceptUnauthenticated"].boolean ?? false
        return opening
    }

    // MARK: Keys, hops, limits

    private func key(_ cursor: PlanCursor) -> KeyEntry {
        var custodian: KeyEntry.Custodian?
        if let name = cursor["custodian"]["name"].text {
            custodian = KeyEntry.Custodian(
                name: name, jurisdiction: jurisdiction(cursor["custodian"]), catalogueID: cursor["custodian"]["is"].text
            )
        }
        return KeyEntry(
            recipient: cursor["recipient"].text, identity: secret(cursor["identity"]), custodian: custodian,
            exportable: cursor["exportable"].boolean, providerCanUse: cursor["providerCanUse"].boolean)
    }

    private func secret(_ cursor: PlanCursor) -> SecretReference? {
        if let name = cursor["env"].text { return .environment(name) }
        if let path = cursor["file"].text { return .file(resolve(path)) }
        return command(cursor["command"]).map(SecretReference.command)
    }

    private func command(_ cursor: PlanCursor) -> [String]? {
        if cursor.isList { return cursor.list.compactMap(\.text) }
        return cursor.text.flatMap(CommandLineWords.split)
    }

    private func jurisdiction(_ cursor: PlanCursor) -> Jurisdiction {
        Jurisdiction(country: cursor["country"].text, law: cursor["law"].text)
    }

    private func bandwidth(_ cursor: PlanCursor) -> BandwidthTimetable? {
        func limit(_ cursor: PlanCursor) -> UInt64? {
            guard let rate = cursor.text.flatMap(PlanForms.bytesPerSecond), rate != UInt64.max else { return nil }
            return rate
        }
        guard cursor.stands else { return nil }
        guard cursor.isMap else { return BandwidthTimetable(otherwise: limit(cursor)) }
        let slots = cursor.entries.compactMap { key, _, value -> BandwidthTimetable.Slot? in
            guard value.stands, let (from, until) = PlanForms.timeSlot(key) else { return nil }
            return BandwidthTimetable.Slot(from: from, until: until, bytesPerSecond: limit(value))
        }
        return BandwidthTimetable(otherwise: limit(cursor["otherwise"]), slots: slots)
    }

    private func verification(_ cursor: PlanCursor) -> Verification? {
        if let percent = cursor["sample"].text.flatMap(PlanForms.share) { return .sample(percent: percent) }
        switch cursor.text {
        case "full": return .full
        case "sample": return .sample(percent: 5)
        case "none": return Verification.none
        default: return nil
        }
    }

    // MARK: Datasets

    private func dataset(_ cursor: PlanCursor, name: String, providers: [String: ProviderEntry]) -> Dataset? {
        guard let source = location(cursor["from"], providers), let target = location(cursor["to"], providers),
            let seal = seal(cursor["seal"])
        else { return nil }
        var classification = Dataset.Classification()
        classification.personal = cursor["class"]["personal"].boolean ?? false
        classification.health = cursor["class"]["health"].boolean ?? false
        classification.snds = cursor["class"]["snds"].boolean ?? false
        classification.stateSensitive = cursor["class"]["stateSensitive"].boolean ?? false
        classification.pseudonymised = cursor["class"]["pseudonymised"].boolean ?? false
        var metadata = Dataset.MetadataPolicy()
        if let headers = carriage(cursor["metadata"]["headers"]) { metadata.headers = headers }
        if let user = carriage(cursor["metadata"]["user"]) { metadata.user = user }
        if let tags = carriage(cursor["metadata"]["tags"]) { metadata.tags = tags }
        var dataset = Dataset(
            name: name, classification: classification, clauses: cursor["clauses"].list.compactMap(\.text),
            source: source, target: target, seal: seal,
            opening: opening(cursor["open"]), purpose: cursor["purpose"].text,
            authorisations: cursor["authorisations"].list.compactMap(authorisation), filter: filter(cursor),
            onConflict: cursor["onConflict"].text.flatMap(Dataset.Conflict.init) ?? .block, metadata: metadata,
            verify: verification(cursor["verify"]), after: cursor["after"].list.compactMap(\.text),
            retainUntil: day(cursor["retainUntil"]))
        dataset.owner = cursor["owner"].text
        dataset.unionOf = cursor["unionOf"].list.compactMap(\.text)
        if let base = cursor["extract"]["base"].text,
            let share = cursor["extract"]["share"].text.flatMap(PlanForms.share)
        {
            dataset.extract = Dataset.Extract(base: base, percent: share)
        }
        if let objects = cursor["expected"]["objects"].integer,
            let bytes = cursor["expected"]["bytes"].text.flatMap(PlanForms.bytes)
        {
            dataset.expected = Dataset.Expectation(objects: objects, bytes: bytes)
        }
        if let custodian = cursor["pseudonymisation"]["custodian"].text {
            dataset.pseudonymisation = Dataset.Pseudonymisation(
                custodian: custodian, key: cursor["pseudonymisation"]["key"].text,
                custodianID: cursor["pseudonymisation"]["is"].text)
        }
        dataset.hold = cursor["hold"].text
        dataset.decommission = day(cursor["decommission"])
        dataset.assurances = assurances(cursor)
        return dataset
    }

    private func filter(_ cursor: PlanCursor) -> Dataset.Filter {
        var filter = Dataset.Filter()
        filter.include = cursor["include"].list.compactMap(\.text)
        filter.exclude = cursor["exclude"].list.compactMap(\.text)
        filter.minSize = cursor["minSize"].text.flatMap(PlanForms.bytes)
        filter.maxSize = cursor["maxSize"].text.flatMap(PlanForms.bytes)
        filter.modifiedSince = cursor["modifiedSince"].text.flatMap(PlanForms.nanoseconds)
        return filter
    }

    private func location(_ cursor: PlanCursor, _ providers: [String: ProviderEntry]) -> Location? {
        guard let provider = cursor["provider"].text, let bucket = cursor["bucket"].text else { return nil }
        let isDirectory = providers[provider]?.storageProtocol == .file
        return Location(
            provider: provider, bucket: isDirectory ? resolve(bucket) : bucket,
            prefix: ObjectKey(cursor["prefix"].text ?? ""))
    }

    private func seal(_ cursor: PlanCursor) -> Dataset.Seal? {
        switch cursor["format"].text {
        case "none": return Dataset.Seal.none
        case "age": return .age(recipients: cursor["recipients"].list.compactMap(\.text))
        default: return nil
        }
    }

    private func authorisation(_ cursor: PlanCursor) -> Dataset.Authorisation? {
        guard let by = cursor["by"].text, let reference = cursor["reference"].text,
            let purpose = cursor["purpose"].text, let until = day(cursor["until"])
        else { return nil }
        return Dataset.Authorisation(
            by: by, reference: reference, purpose: purpose, destination: cursor["destination"].text, until: until)
    }

    private func carriage(_ cursor: PlanCursor) -> Dataset.Carriage? { cursor.text.flatMap(Dataset.Carriage.init) }
    func day(_ cursor: PlanCursor) -> Day? { cursor.text.flatMap { Day($0) } }
    private func resolve(_ path: String) -> String { FilePaths.resolve(path, in: directory) }
}
