// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/open-telekom-cloud.yaml`.
    static let providersOpenTelekomCloud = #"""
        # Open Telekom Cloud: German law. No certification was found; none is stated.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: open-telekom-cloud
        displayName: Open Telekom Cloud
        seat: {value: DE, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Deutsche Telekom, law: DE}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        # At least these.
        thirdCountryEstablishments:
          value: [{name: T-Mobile US, country: US}, {name: {en: Open Telekom Cloud in Switzerland, fr: Open Telekom Cloud en Suisse}, country: CH}]
          source: "https://report.telekom.com/interim-report-q3-2021/ (fully consolidated); open-telekom-cloud.com"
          verifiedOn: 2026-11-24
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://obs.{region}.otc.t-systems.com"
            addressing: virtual
            maxParts: 10000
            checksum: contentMD5
            source: "https://github.com/opentelekomcloud-docs/regions-and-endpoints"
            verifiedOn: 2026-11-23
            regions:
              - {id: eu-de, country: DE, source: "https://github.com/opentelekomcloud-docs/regions-and-endpoints", verifiedOn: 2026-11-23}
              - {id: eu-nl, country: NL, source: "https://github.com/opentelekomcloud-docs/regions-and-endpoints", verifiedOn: 2026-11-23}
              - {id: eu-ch2, country: CH, endpoint: "https://obs.eu-ch2.sc.otc.t-systems.com", source: endpoint not verified, verifiedOn: null}

        """#
}
