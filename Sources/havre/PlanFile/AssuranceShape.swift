import HavreModel

/// What a plan and each of its datasets may state for the rules beside places and keys.
enum AssuranceShape {
    private typealias Field = ObjectShape.Field

    /// The keys, of a plan and of a dataset alike.
    static let fields: [ObjectShape.Field] = [
        Field(
            "safeguards", .list(.named("safeguard", .object(safeguard)), atLeast: 1),
            "Instruments that a transfer or a host is said to be safeguarded by (R1, R6, R21)."),
        Field(
            "evidence", .map(evidence),
            "Documents that show that a rule is met, by the rule (R11, R16); R15 looks at what they rest on."),
        Field(
            "remoteAccess",
            .either([.scalar(.words(["none"])), .list(.named("remoteAccess", .object(remoteAccess)), atLeast: 1)]),
            "Who reaches the data from elsewhere, or `none` (R1 to R4, R14)."),
        Field("confidentialUntil", .scalar(PlanForms.day), "Last day on which the data must stay secret (R25)."),
        Field(
            "contract", .named("contract", .object(contract)), "The contract with the host that is left (R22 to R24)."),
        Field(
            "incident", .named("incident", .object(incident)), "Who is told of an incident, and how fast (R27)."),
    ]

    private static let safeguard = ObjectShape(
        noun: "a safeguard",
        fields: [
            Field(
                "kind", .scalar(.words(Safeguard.Kind.allCases.map(\.rawValue))), required: true,
                "What it is; the first five are tools of GDPR article 46, R2 judges the sixth."),
            Field("reference", .scalar(.text("its number or title")), required: true, "Its number or title."),
            Field(
                "covers", .list(.scalar(.text("a provider of the plan, or `workers`, `proxy`, `logs`")), atLeast: 1),
                required: true,
                "Providers of the plan or of the catalogue, keys or their custodians, `workers`, `proxy`, `logs`."),
            Field("until", .scalar(PlanForms.day), "Its last day."),
        ])

    private static let accessSafeguard = ObjectShape(
        noun: "a safeguard such as `{kind: standard-clauses, reference: …}`",
        fields: safeguard.fields.filter { $0.name != "covers" })

    private static let evidence = MapShape(
        noun: "a mapping from rules to documents", key: .reference(.rule, "a rule such as R16"),
        value: .named(
            "evidence",
            .object(
                ObjectShape(
                    noun: "a document",
                    fields: [
                        Field(
                            "reference", .scalar(.text("its number or title")), required: true, "Its number or title."),
                        Field("until", .scalar(PlanForms.day), "Its last day."),
                    ]))), atLeast: 1)

    private static let remoteAccess = ObjectShape(
        noun: "an access from elsewhere",
        fields: [
            Field("country", .scalar(PlanForms.country), required: true, "From where (ISO 3166-1)."),
            Field("by", .scalar(.text("who")), required: true, "Who."),
            Field("description", .scalar(.text("where it is described")), "Where it is described."),
            Field("law", .scalar(PlanForms.law), "Whose law he is subject to (ISO 3166-1, or EU)."),
            Field(
                "is", .scalar(.reference(.catalogueProvider, "a provider of the catalogue, or `custom`")),
                "Which host of the catalogue he is, or `custom` for none of them, where the name leaves that open."),
            Field(
                "safeguard", .named("accessSafeguard", .object(accessSafeguard)), "The instrument that safeguards it."),
        ])

    private static let contract = ObjectShape(
        noun: "a contract",
        fields: [
            Field("notice", .scalar(PlanForms.day), "When notice of the switch was given."),
            Field("end", .scalar(PlanForms.day), "Its last day."),
            Field(
                "egressBudget", .scalar(PlanForms.money), "What is set aside for fees on taking the data out."),
        ],
        atLeastOne: ["notice", "end", "egressBudget"])

    private static let incident = ObjectShape(
        noun: "an incident plan",
        fields: [
            Field("contact", .scalar(.text("who is told")), "Who is told."),
            Field(
                "clocks",
                .object(
                    ObjectShape(
                        noun: "clocks, such as `{earlyWarning: 24h, notification: 72h, finalReport: 30d}`",
                        fields: [
                            Field("earlyWarning", .scalar(PlanForms.clock), "Time to the early warning."),
                            Field("notification", .scalar(PlanForms.clock), "Time to the notification."),
                            Field("finalReport", .scalar(PlanForms.clock), "Time to the final report."),
                        ],
                        atLeastOne: ["earlyWarning", "notification", "finalReport"])),
                "How fast (NIS2 art. 23)."),
        ],
        atLeastOne: ["contact", "clocks"])
}

extension PlanReader {
    private func safeguard(_ cursor: PlanCursor, covers: [String] = []) -> Safeguard? {
        guard let kind = cursor["kind"].text.flatMap(Safeguard.Kind.init), let reference = cursor["reference"].text
        else { return nil }
        return Safeguard(kind: kind, reference: reference, covers: covers, until: day(cursor["until"]))
    }

    /// What is stated beside places and keys, at the plan or at a dataset.
    func assurances(_ cursor: PlanCursor) -> Assurances {
        var stated = Assurances()
        stated.safeguards = cursor["safeguards"].list.compactMap { item in
            safeguard(item, covers: item["covers"].list.compactMap(\.text))
        }
        for (rule, _, value) in cursor["evidence"].entries {
            guard let reference = value["reference"].text else { continue }
            stated.evidence[rule] = Evidence(reference: reference, until: day(value["until"]))
        }
        let access = cursor["remoteAccess"]
        if access.isList {
            stated.remoteAccess = access.list.compactMap { item in
                guard let country = item["country"].text, let by = item["by"].text else { return nil }
                return RemoteAccess(
                    country: country, by: by, law: item["law"].text, catalogueID: item["is"].text,
                    description: item["description"].text, safeguard: safeguard(item["safeguard"]))
            }
        } else if access.text == "none" {
            stated.remoteAccess = []
        }
        stated.confidentialUntil = day(cursor["confidentialUntil"])
        let contract = cursor["contract"]
        if contract.stands {
            stated.contract = HostingContract(
                notice: day(contract["notice"]), end: day(contract["end"]),
                egressBudget: contract["egressBudget"].text.flatMap(PlanForms.amount))
        }
        let incident = cursor["incident"]
        if incident.stands {
            func hours(_ name: String) -> Int? { incident["clocks"][name].text.flatMap(PlanForms.hours) }
            stated.incident = IncidentPlan(
                contact: incident["contact"].text, earlyWarningHours: hours("earlyWarning"),
                notificationHours: hours("notification"), finalReportDays: hours("finalReport").map { ($0 + 23) / 24 })
        }
        return stated
    }
}
