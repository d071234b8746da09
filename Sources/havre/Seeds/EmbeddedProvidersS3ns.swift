// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/s3ns.yaml`.
    static let providersS3ns = #"""
        # S3NS: French law (Thales), on Google technology.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: s3ns
        displayName: S3NS
        seat: {value: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Thales, law: FR}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        services:
          - id: object-storage
            protocol: gcs
            endpoint: "https://storage.s3nsapis.fr"
            addressing: path
            maxParts: 10000
            checksum: crc32c
            source: survey of secondary sources for this catalogue
            verifiedOn: 2026-11-23
            regions:
              - {id: u-france-east1, country: FR, source: "https://documentation.s3ns.fr/kms/docs/locations", verifiedOn: 2026-11-23}
            certifications:
              - name: SecNumCloud
                version: "3.2"
                status: held
                scope: PREMI3NS
                from: 2025-12-17
                regions: [u-france-east1]
                source: "ANSSI, qualification of PREMI3NS, 2025-12-17; generation-nt.com names Cloud Storage within the offer"
                verifiedOn: 2026-11-23

        """#
}
