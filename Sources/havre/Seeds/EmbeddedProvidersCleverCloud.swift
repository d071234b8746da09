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
        nonEUShareMax: {value: 0, source: "Cloud Sovereignty Framework provider cards (csf.hop3.abilian.com), undated", verifiedOn: null}
        nonEUShareSum: {value: 0, source: "Cloud Sovereignty Framework provider cards (csf.hop3.abilian.com), undated", verifiedOn: null}
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
            prices:
              - {item: storage, amount: 0.02, currency: EUR, per: GB-month, source: "https://www.clever-cloud.com/doc/deploy/addon/cellar/ (old documentation, undated; to 1 TB)", verifiedOn: null}
              - {item: egress, amount: 0.09, currency: EUR, per: GB, source: "https://www.clever-cloud.com/doc/deploy/addon/cellar/ (old documentation, undated; to 10 TB)", verifiedOn: null}

        """#
}
