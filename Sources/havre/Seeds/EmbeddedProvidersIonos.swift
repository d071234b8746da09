// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/ionos.yaml`.
    static let providersIonos = #"""
        # IONOS: German law. No certification was found; none is stated.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: ionos
        displayName: IONOS
        seat: {value: DE, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: United Internet, law: DE}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        # At least these.
        thirdCountryEstablishments:
          value: [{name: IONOS Inc., country: US}, {name: IONOS Ltd., country: GB}]
          source: "https://docs.ionos.com/cloud/storage-and-backup/s3-object-storage/overview/pricing (price lists of each entity)"
          verifiedOn: 2026-11-24
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://s3.{region}.ionoscloud.com"
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: "rclone 1.75.2, list of S3 endpoints"
            verifiedOn: 2026-11-23
            regions:
              - {id: de, country: DE, endpoint: "https://s3-eu-central-1.ionoscloud.com", source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: eu-central-2, country: DE, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: eu-central-3, country: DE, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: eu-central-4, country: DE, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: eu-south-2, country: ES, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: us-central-1, country: US, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
            prices:
              - {item: write, amount: 0, currency: EUR, per: 1000, source: "https://docs.ionos.com/cloud/storage-and-backup/s3-object-storage/overview/pricing, undated", verifiedOn: null}
              - {item: read, amount: 0, currency: EUR, per: 1000, source: "https://docs.ionos.com/cloud/storage-and-backup/s3-object-storage/overview/pricing, undated", verifiedOn: null}

        """#
}
