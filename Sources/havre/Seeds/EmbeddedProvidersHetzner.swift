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

        """#
}
