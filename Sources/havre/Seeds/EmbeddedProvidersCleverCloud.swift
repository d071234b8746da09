// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/clever-cloud.yaml`.
    static let providersCleverCloud = #"""
        # Clever Cloud: French law. No certification was found; none is stated.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: clever-cloud
        displayName: Clever Cloud
        seat: {value: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: []
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://cellar-c2.services.clever-cloud.com"
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: survey of secondary sources for this catalogue
            verifiedOn: 2026-11-23
            regions:
              - {id: par, country: FR, source: name and place of the zone not verified, verifiedOn: null}

        """#
}
