import HavreModel

/// The description of a plan file: the one table that decoder and JSON Schema are made from (design §6).
enum PlanShape {
    private typealias Field = ObjectShape.Field

    /// A whole plan.
    static let plan = ObjectShape(
        noun: "a plan",
        fields: [
            Field("havre", .scalar(version), required: true, "Version of this schema: 1."),
            Field("name", .scalar(.name("a name")), required: true, "Names the run's state directory."),
            Field(
                "controller", .scalar(.text("who answers for the data")), "Who answers for the data (GDPR art. 4(7))."),
            Field("providers", .map(providers), required: true, "Hosts, by names chosen here."),
            Field("keys", .map(keys), "Keys, by names chosen here."),
            Field(
                "workers",
                .either([
                    .named("jurisdiction", .object(jurisdiction)),
                    .list(.named("jurisdiction", .object(jurisdiction)), atLeast: 1),
                ]), "Where the process runs that sees plaintext; a list where there are several places."),
            Field(
                "logs", .named("jurisdiction", .object(jurisdiction)),
                "Where journal and logs are kept; beside the workers where nothing is said."),
            Field("proxy", .object(proxy), "A proxy between workers and stores; those of the environment are ignored."),
            Field("sign", .object(sign), "The Ed25519 key that signs manifests."),
            Field("signers", .map(signers), "Whose signatures count, by the name that documents give."),
            Field(
                "documents", .list(.scalar(PlanForms.path), atLeast: 1),
                "Files of signed derogations, authorisations and opinions."),
            Field(
                "catalogues", .list(.scalar(PlanForms.path), atLeast: 1),
                "Files of your own catalogue, which overlay that of the release; the last one counts."),
            Field("severity", .map(severity), "Rules that weigh more in this plan; none can weigh less."),
            Field("bandwidth", bandwidth, "Bytes a second over all transfers, by local time of day."),
            Field("requestsPerSecond", .scalar(.integer(1...1_000_000)), "Requests a second at each endpoint."),
            Field(
                "maxFailures", .scalar(.integer(0...Int.max)),
                "A run takes up nothing new when more objects have failed."),
            Field(
                "maxDelete", .scalar(.integer(0...Int.max)),
                "How many objects a run may delete at the target with `--prune`."),
            Field("verify", verify, "What `apply` reads back at its end; a sample of 5% where nothing is said."),
            Field("datasets", .map(datasets), required: true, "What moves, by names chosen here."),
        ] + AssuranceShape.fields)

    private static let signers = MapShape(
        noun: "a mapping from names to public keys", key: .name("a name of a signer"),
        value: .scalar(PlanForms.verifyingKey), atLeast: 1)

    private static let severity = MapShape(
        noun: "a mapping from rules to `warn` or `block`", key: .reference(.rule, "a rule such as R25"),
        value: .scalar(.words(["warn", "block"])), atLeast: 1)

    private static let version = ScalarForm("`1`, the version of this schema", .integer(1...1))

    // MARK: Providers

    private static let providers = MapShape(
        noun: "a mapping from names to providers", key: .name("a name of a provider"),
        value: .named("provider", .choice(provider)), atLeast: 1)

    private static let serviceFile = ScalarForm.words(["file"])
    private static let country = Field(
        "country", .scalar(PlanForms.country), "Where it stands (ISO 3166-1), by the operator's word.")
    private static let law = Field(
        "law", .scalar(PlanForms.law), "Whose law its holder is subject to (ISO 3166-1, or EU).")
    private static let certificationList = Field(
        "certifications", .list(.named("certification", .object(certification)), atLeast: 1),
        "What the operator states as certified.")
    private static let establishments = Field(
        "establishments",
        .either([.scalar(.words(["none"])), .list(.scalar(PlanForms.country), atLeast: 1)]),
        "Countries outside the EEA in which its operator is established, or `none` (R8).")
    private static let fromCatalogue = "the catalogue states that of its own providers"

    private static let provider = ChoiceShape(
        noun: "a provider", key: "is",
        cases: [
            (
                "local",
                ObjectShape(
                    noun: "a local provider",
                    fields: [
                        Field("is", .scalar(.words(["local"])), required: true, "A directory of this machine."),
                        Field("service", .scalar(serviceFile), required: true, "`file`."), country, law,
                        establishments, certificationList,
                    ],
                    elsewhere: [
                        "credentials": "a directory needs none", "endpoint": "a directory has none; `bucket` names it",
                        "region": "a directory has none", "protocol": "it is `file`",
                    ])
            ),
            (
                "custom",
                ObjectShape(
                    noun: "a custom provider",
                    fields: [
                        Field(
                            "is", .scalar(.words(["custom"])), required: true, "Not in the catalogue; described here."),
                        Field(
                            "protocol", .scalar(.words(["s3", "azure-blob"])), required: true, "The protocol it speaks."
                        ),
                        Field("endpoint", .scalar(PlanForms.endpoint), required: true, "Its URL."),
                        Field("service", .scalar(.text("a service")), "Its name for the service."),
                        Field("region", .scalar(region), "The region that requests are signed for."), country, law,
                        establishments, certificationList, addressing, addresses, caBundle, maxParts,
                        Field("credentials", .named("credentials", .object(credentials)), "Credentials, by reference."),
                    ])
            ),
        ],
        otherwise: ObjectShape(
            noun: "a provider of the catalogue",
            fields: [
                Field(
                    "is", .scalar(.reference(.catalogueProvider, "a provider of the catalogue, `local` or `custom`")),
                    required: true, "An entry of the catalogue."),
                Field(
                    "service", .scalar(.text("a service of the provider", example: "object-storage")), required: true,
                    "The service."),
                Field("region", .scalar(region), required: true, "The region, as the provider writes it."),
                Field("endpoint", .scalar(PlanForms.endpoint), "Its URL, where it does not follow from the catalogue."),
                addressing, addresses, caBundle, maxParts,
                Field("credentials", .named("credentials", .object(credentials)), "Credentials, by reference."),
            ],
            elsewhere: [
                "country": fromCatalogue, "law": fromCatalogue, "establishments": fromCatalogue,
                "certifications": fromCatalogue,
                "protocol": fromCatalogue,
            ]))

    private static let region = ScalarForm(
        "a region as the provider writes it", .freeText, pattern: "[A-Za-z0-9][A-Za-z0-9._-]{0,63}", example: "fr-par")
    private static let addressing = Field(
        "addressing", .scalar(.words(["path", "virtual"])),
        "How buckets appear in a URL: in the path or in the host name.")
    private static let addresses = Field(
        "addresses", .list(.scalar(PlanForms.network), atLeast: 1),
        "Private networks in which its address may lie; it is refused in any other.")
    private static let caBundle = Field(
        "caBundle", .scalar(PlanForms.path), "A file of PEM certificates to trust instead of the system's.")
    private static let maxParts = Field(
        "maxParts", .scalar(.integer(1...10_000)),
        "How many parts an upload may have, where that is less than the catalogue says.")

    private static let certification = ObjectShape(
        noun: "a certification",
        fields: [
            Field(
                "name", .scalar(.text("the name of a certification", example: "HDS")), required: true,
                "`HDS`, `SecNumCloud`, …"),
            Field("version", .scalar(.text("a version")), "The version of the framework."),
            Field(
                "status", .scalar(.words(["held", "pending", "disputed", "none"])),
                "How it stands; `held` where nothing is said."),
            Field("from", .scalar(PlanForms.day), "First day."),
            Field("until", .scalar(PlanForms.day), "Last day."),
            Field("source", .scalar(.text("a source")), "Where this is known from."),
            Field("verifiedOn", .scalar(PlanForms.day), "When somebody last looked."),
        ])

    private static let credentials = ObjectShape(
        noun: "credentials by reference, such as `{accessKey: {env: NAME}, secretKey: {file: PATH}}`",
        fields: [
            Field("accessKey", secret, "S3 access key id."),
            Field("secretKey", secret, "S3 secret access key."),
            Field("sessionToken", secret, "S3 session token."),
            Field("profile", .scalar(.text("the name of a profile")), "A profile of the AWS configuration files."),
            Field("command", command, "A program that prints all of them as JSON, as AWS' `credential_process` does."),
            Field("account", .scalar(.text("the name of an account")), "Azure account."),
            Field("key", secret, "Azure account key."),
            Field("sas", secret, "Azure shared access signature, of the account, a container or a user."),
            Field("tenant", .scalar(PlanForms.identifier), "Entra tenant, its id or domain."),
            Field("clientId", .scalar(PlanForms.identifier), "Entra application (client) id."),
            Field("clientSecret", secret, "Entra client secret."),
            Field("certificate", secret, "A PEM of the Entra client's certificate and its private key."),
            Field(
                "workloadIdentity",
                .object(
                    ObjectShape(
                        noun: "a file of a federated token: `{tokenFile: PATH}`",
                        fields: [
                            Field("tokenFile", .scalar(PlanForms.path), required: true, "Read anew for each token.")
                        ])),
                "The Entra client proves itself by a token of another issuer, such as a cluster's."),
            Field(
                "managedIdentity",
                .either([
                    .scalar(.words(["system"])),
                    .object(
                        ObjectShape(
                            noun: "an identity of this machine, such as `{clientId: ID}`",
                            fields: [
                                Field(
                                    "clientId", .scalar(PlanForms.identifier), "A user-assigned identity's client id."),
                                Field(
                                    "endpoint", .scalar(PlanForms.identityURL),
                                    "The URL of the identity service, where it is not the machine's own."),
                                Field("header", secret, "What an app host's endpoint wants as `X-IDENTITY-HEADER`."),
                            ], atLeastOne: ["clientId", "endpoint"], needs: ["header": ["endpoint"]])),
                ]),
                "The identity that Azure gives to this machine; `system` is the system-assigned one."),
            Field(
                "authority", .scalar(PlanForms.endpoint),
                "Where Entra tokens come from, where it is not Microsoft's public cloud."),
        ],
        atMostOne: [
            "accessKey", "profile", "command", "key", "sas", "clientSecret", "certificate", "workloadIdentity",
            "managedIdentity",
        ],
        needs: [
            "accessKey": ["secretKey"], "secretKey": ["accessKey"], "sessionToken": ["accessKey"], "key": ["account"],
            "tenant": ["clientId"], "clientId": ["tenant"], "clientSecret": ["tenant", "clientId"],
            "certificate": ["tenant", "clientId"], "workloadIdentity": ["tenant", "clientId"], "authority": ["tenant"],
        ],
        secret: true)

    /// Where a secret comes from.
    static let secret = Shape.named(
        "secret",
        .object(
            ObjectShape(
                noun: "where the secret comes from: `{env: NAME}`, `{file: PATH}` or `{command: […]}`",
                fields: [
                    Field("env", .scalar(PlanForms.variable), "An environment variable."),
                    Field("file", .scalar(PlanForms.path), "A file; its last newline is dropped."),
                    Field(
                        "command", command, "A program, run without a shell; what it prints, without the last newline."),
                ],
                exactlyOne: ["env", "file", "command"],
                later: ["openbao": "OpenBao", "pkcs11": "an HSM", "kms": "a cloud's key service"],
                secret: true)))

    private static let command = Shape.either([
        .scalar(PlanForms.commandLine), .list(.scalar(PlanForms.argument), atLeast: 1),
    ])

    // MARK: Keys and hops

    private static let keys = MapShape(
        noun: "a mapping from names to keys", key: .name("a name of a key"), value: .named("key", .object(key)),
        atLeast: 1)

    private static let key = ObjectShape(
        noun: "a key",
        fields: [
            Field("recipient", .scalar(PlanForms.recipient), "The public half."),
            Field("identity", secret, "Where the private half comes from; only for what must be opened at the source."),
            Field("custodian", .object(custodian), "Who holds the private half."),
            Field("exportable", .scalar(.boolean), "Whether the private half can leave its custodian."),
            Field("providerCanUse", .scalar(.boolean), "Whether a host of the data can use it."),
        ],
        atLeastOne: ["recipient", "identity"])

    private static let custodian = ObjectShape(
        noun: "a custodian",
        fields: [
            Field("name", .scalar(.text("a name")), required: true, "A name for people."),
            Field("country", .scalar(PlanForms.country), "Where it is (ISO 3166-1)."),
            Field("law", .scalar(PlanForms.law), "Whose law it is subject to (ISO 3166-1, or EU)."), identity,
        ])

    private static let identity = Field(
        "is", .scalar(.reference(.catalogueProvider, "a provider of the catalogue, or `custom`")),
        "Which host of the catalogue it is, or `custom` for none of them, where the name leaves that open.")

    private static let jurisdiction = ObjectShape(
        noun: "a country and a law",
        fields: [
            Field("country", .scalar(PlanForms.country), "Where (ISO 3166-1)."),
            Field("law", .scalar(PlanForms.law), "Under whose law (ISO 3166-1, or EU)."),
        ],
        atLeastOne: ["country", "law"])

    private static let proxy = ObjectShape(
        noun: "a proxy",
        fields: [
            Field("url", .scalar(PlanForms.proxyURL), required: true, "Its URL, without credentials."),
            Field("country", .scalar(PlanForms.country), "Where it stands (ISO 3166-1)."),
            Field("law", .scalar(PlanForms.law), "Whose law its holder is subject to (ISO 3166-1, or EU)."),
        ])

    private static let sign = ObjectShape(
        noun: "`{key: …}`", fields: [Field("key", secret, required: true, "An Ed25519 private key, by reference.")])

    private static let bandwidth = Shape.either([
        .scalar(PlanForms.rate),
        .map(
            MapShape(
                noun: "a timetable", key: PlanForms.slot, value: .scalar(PlanForms.rate), atLeast: 1)),
    ])

    private static let verify = Shape.named(
        "verify",
        .either([
            .scalar(.words(["full", "sample", "none"])),
            .object(
                ObjectShape(
                    noun: "`{sample: 5%}`",
                    fields: [Field("sample", .scalar(PlanForms.percent), required: true, "The share of the objects.")])),
        ]))

    // MARK: Datasets

    private static let datasets = MapShape(
        noun: "a mapping from names to datasets", key: .name("a name of a dataset"),
        value: .named("dataset", .object(dataset)), atLeast: 1)

    private static let dataset = ObjectShape(
        noun: "a dataset",
        fields: [
            Field("class", .object(classification), required: true, "What the data are, for the rules."),
            Field(
                "clauses", .list(.scalar(.words(["EU_ONLY", "CASE_BY_CASE"])), atLeast: 1), "Clauses that bind them."),
            Field("from", .named("location", .object(location)), required: true, "Where they are."),
            Field("to", .named("location", .object(location)), required: true, "Where they go."),
            Field("seal", .named("seal", .choice(seal)), required: true, "How they are encrypted there."),
            Field("open", .object(open), "What opens them at the source; nothing where they lie in clear."),
            Field(
                "purpose", .scalar(.text("a purpose")), "What they are used for; authorisations are compared with it."),
            Field(
                "authorisations", .list(.object(authorisation), atLeast: 1), "Permissions by those who can give them."),
            Field("include", .list(.scalar(PlanForms.glob), atLeast: 1), "Only keys that match one of these."),
            Field("exclude", .list(.scalar(PlanForms.glob), atLeast: 1), "No keys that match one of these."),
            Field("minSize", .scalar(PlanForms.size), "Only objects of at least this size."),
            Field("maxSize", .scalar(PlanForms.size), "Only objects of at most this size."),
            Field(
                "modifiedSince", .scalar(PlanForms.instant),
                "Only objects modified then or later (a day begins at 0:00 UTC)."),
            Field(
                "onConflict", .scalar(.words(["block", "overwrite"])),
                "What happens to target objects that are not ours."),
            Field("metadata", .object(metadata), "How metadata travel."),
            Field("verify", verify, "What `apply` reads back at its end."),
            Field(
                "after", .list(.scalar(.reference(.dataset, "a dataset of this plan")), atLeast: 1),
                "Datasets that come first."),
            Field("owner", .scalar(.text("who answers for it")), "Who answers for it in the house."),
            Field(
                "unionOf", .list(.scalar(.reference(.dataset, "a dataset of this plan")), atLeast: 1),
                "Datasets that it is made of: it takes on the strictest class and every clause."),
            Field(
                "expected", .object(expected), "What is expected at the source: for estimates without a listing."),
            Field("extract", .object(extract), "The base that it is taken from, and how much of it."),
            Field(
                "pseudonymisation", .object(pseudonymisation), "Who holds the secret behind the pseudonyms (R17)."),
            Field("retainUntil", .scalar(PlanForms.day), "Last day of retention."),
            Field("hold", .scalar(.text("why nothing may be destroyed")), "Why nothing may be destroyed (R26)."),
            Field("decommission", .scalar(PlanForms.day), "First day on which the source is to be destroyed (R26)."),
        ] + AssuranceShape.fields)

    private static let expected = ObjectShape(
        noun: "`{objects: …, bytes: …}`",
        fields: [
            Field("objects", .scalar(.integer(0...1_000_000_000_000)), required: true, "How many objects."),
            Field("bytes", .scalar(PlanForms.size), required: true, "Their bytes together."),
        ])

    private static let extract = ObjectShape(
        noun: "`{base: …, share: …}`",
        fields: [
            Field("base", .scalar(.text("the name of a base", example: "SNDS")), required: true, "The base."),
            Field("share", .scalar(PlanForms.percent), required: true, "How much of it."),
        ])

    private static let pseudonymisation = ObjectShape(
        noun: "`{custodian: …}`",
        fields: [
            Field("custodian", .scalar(.text("who holds the secret")), required: true, "Who holds the secret."),
            Field(
                "key", .scalar(.reference(.key, "a key of this plan")), "The key of this plan that is the secret."),
            identity,
        ])

    private static let classification = ObjectShape(
        noun: "a classification",
        fields: [
            Field("personal", .scalar(.boolean), required: true, "Personal data (GDPR art. 4(1))."),
            Field("health", .scalar(.boolean), "Health data (GDPR art. 4(15))."),
            Field("snds", .scalar(.boolean), "Data of the Système national des données de santé."),
            Field(
                "stateSensitive", .scalar(.boolean), "Data of particular sensitivity of the State (loi SREN art. 31)."),
            Field("pseudonymised", .scalar(.boolean), "Pseudonymised data (GDPR art. 4(5)); still personal."),
        ])

    private static let location = ObjectShape(
        noun: "a location",
        fields: [
            Field(
                "provider", .scalar(.reference(.provider, "a provider of this plan")), required: true,
                "A provider of this plan."),
            Field(
                "bucket", .scalar(PlanForms.bucket), required: true,
                "Bucket, container or directory; `./` and `../` start at the plan's directory."),
            Field("prefix", .scalar(PlanForms.prefix), "What all keys begin with."),
        ])

    private static let keyList = Shape.list(.scalar(.reference(.key, "a key of this plan")), atLeast: 1)
    private static let laterEnvelopes = [
        "sse-c", "openpgp",
    ]

    private static let seal = ChoiceShape(
        noun: "a seal", key: "format",
        cases: [
            (
                "none",
                ObjectShape(
                    noun: "`format: none`",
                    fields: [
                        Field(
                            "format", .scalar(.words(["none"])), required: true,
                            "As they come; only where the rules allow it.")
                    ],
                    elsewhere: ["recipients": "nothing is sealed"])
            ),
            (
                "age",
                ObjectShape(
                    noun: "an age seal",
                    fields: [
                        Field("format", .scalar(.words(["age"])), required: true, "age v1."),
                        Field("recipients", keyList, required: true, "Keys of this plan."),
                    ])
            ),
        ],
        otherwise: nil)

    private static let open = ObjectShape(
        noun: "`{format: age, with: KEY}`",
        fields: [
            Field("format", .scalar(openFormat), required: true, "The envelope at the source."),
            Field(
                "with", .scalar(.reference(.key, "a key of this plan")), required: true,
                "A key of this plan that has an identity."),
            Field(
                "clear", .scalar(.words(["block", "move"])),
                "What happens to objects that lie in clear among them; `block` is the default."),
            Field(
                "acceptUnauthenticated", .scalar(.boolean),
                "Take an envelope that cannot tell a changed object from a sound one; the evidence says so."),
        ])

    private static let openFormat: ScalarForm = {
        var form = ScalarForm.words(Dataset.Opening.Format.allCases.map(\.rawValue))
        form.later = laterEnvelopes.map { ($0, "this envelope") }
        return form
    }()

    private static let authorisation = ObjectShape(
        noun: "an authorisation",
        fields: [
            Field("by", .scalar(.text("who gave it", example: "CNIL")), required: true, "Who gave it."),
            Field("reference", .scalar(.text("its number")), required: true, "Its number."),
            Field("purpose", .scalar(.text("what for")), required: true, "What for."),
            Field("destination", .scalar(.text("a provider")), "Where to: a provider of the plan or of the catalogue."),
            Field("until", .scalar(PlanForms.day), required: true, "Its last day."),
        ])

    private static let carriage = Shape.scalar(.words(["clear", "sealed", "dropped"]))
    private static let metadata = ObjectShape(
        noun: "how metadata travel",
        fields: [
            Field(
                "headers", carriage,
                "Content type, encoding, language, disposition, cache control; `clear` where nothing is said."),
            Field("user", carriage, "User metadata; `sealed` where nothing is said."),
            Field("tags", carriage, "Tags; `sealed` where nothing is said."),
        ])
}
