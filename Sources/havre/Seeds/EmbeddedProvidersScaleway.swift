// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/scaleway.yaml`.
    static let providersScaleway = #"""
        # Scaleway: French law; chosen in April 2026 as the new host of the Health Data Hub.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: scaleway
        displayName: Scaleway
        seat: {value: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Iliad, law: FR}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://s3.{region}.scw.cloud"
            addressing: path
            maxParts: 1000
            checksum: contentMD5
            source: "rclone 1.75.2, list of S3 endpoints"
            verifiedOn: 2026-11-23
            regions:
              - {id: fr-par, country: FR, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: nl-ams, country: NL, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: pl-waw, country: PL, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: it-mil, country: IT, source: public configurations that use the Milan endpoint, verifiedOn: 2026-11-23}
            # Standard class, several zones. The first 75 GB of each month leave without charge: not counted here.
            prices:
              - {item: storage, amount: 0.0146, currency: EUR, per: GB-month, regions: [fr-par, nl-ams, pl-waw], source: "scaleway/docs-content, pages/object-storage/faq.mdx of 2025-10-21", verifiedOn: 2025-10-21}
              - {item: egress, amount: 0.01, currency: EUR, per: GB, regions: [fr-par, nl-ams, pl-waw], source: "scaleway/docs-content, pages/object-storage/faq.mdx of 2025-10-21", verifiedOn: 2025-10-21}
              - {item: write, amount: 0, currency: EUR, per: 1000, regions: [fr-par, nl-ams, pl-waw], source: "scaleway/docs-content, pages/object-storage/faq.mdx of 2025-10-21 (requests included)", verifiedOn: 2025-10-21}
              - {item: read, amount: 0, currency: EUR, per: 1000, regions: [fr-par, nl-ams, pl-waw], source: "scaleway/docs-content, pages/object-storage/faq.mdx of 2025-10-21 (requests included)", verifiedOn: 2025-10-21}
              - {item: list, amount: 0, currency: EUR, per: 1000, regions: [fr-par, nl-ams, pl-waw], source: "scaleway/docs-content, pages/object-storage/faq.mdx of 2025-10-21 (requests included)", verifiedOn: 2025-10-21}
            certifications:
              - name: HDS
                status: held
                from: 2025-11-14
                regions: [fr-par]
                source: "https://github.com/scaleway/docs-content/pull/5813 (changelog of 2025-11-14: the Paris region; asks for a private bucket without Glacier and lifecycle rules, and for encryption)"
                verifiedOn: 2026-11-23
              # The sources contradict each other.
              - name: SecNumCloud
                status: disputed
                regions: [fr-par]
                source: "J0 announced 2025-01-08 (linformaticien.com); \"path toward obtaining\" 2026-05-11 (scaleway.com blog); a blog says certified"
                verifiedOn: 2026-11-23

        """#
}
