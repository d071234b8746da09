// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/hetzner.yaml`.
    static let providersHetzner = #"""
        # Hetzner: German law. No certification was found; none is stated.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: hetzner
        displayName: Hetzner
        seat: {value: DE, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: []
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        nonEUShareMax: {value: 0, source: "Cloud Sovereignty Framework provider cards (csf.hop3.abilian.com), undated", verifiedOn: null}
        # The entities were not found.
        thirdCountryEstablishments:
          value: [{name: {en: site in Ashburn, fr: site à Ashburn}, country: US}, {name: {en: site in Singapore, fr: site à Singapour}, country: SG}]
          source: "Cloud Sovereignty Framework provider cards (csf.hop3.abilian.com), undated"
          verifiedOn: null
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://{region}.your-objectstorage.com"
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: "rclone 1.75.2, list of S3 endpoints"
            verifiedOn: 2026-11-23
            regions:
              - {id: fsn1, country: DE, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: nbg1, country: DE, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: hel1, country: FI, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
            prices:
              - {item: storage, amount: 4.98, currency: EUR, per: TB-month, source: "https://docs.hetzner.com/storage/object-storage/overview of 2024-10-31, before the service was general; with or without VAT not seen", verifiedOn: null}

        """#
}
