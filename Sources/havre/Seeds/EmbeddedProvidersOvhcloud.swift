// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/ovhcloud.yaml`.
    static let providersOvhcloud = #"""
        # OVHcloud: French law; storage inside and outside the EEA.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: ovhcloud
        displayName: OVHcloud
        seat: {value: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: OVH Groupe, law: FR}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        # At least these; the list is not complete.
        thirdCountryEstablishments:
          value:
            - {name: OVH Hosting Inc., country: CA}
            - {name: OVHcloud US, country: US}
            - {name: OVHcloud India, country: IN}
            - {name: {en: presence without a name, fr: présence sans nom}, country: GB}
            - {name: {en: region in Singapore, fr: région à Singapour}, country: SG}
            - {name: {en: region in Sydney, fr: région à Sydney}, country: AU}
          source: "R. v. OVH, Ontario, 2024 and 2025; https://us.ovhcloud.com/legal/service-specific-terms/ (2026-04-01); https://www.ovhcloud.com/en-in/terms-and-conditions/privacy-policy; universal registration document; ovh/public-cloud-roadmap no. 816"
          verifiedOn: 2026-11-24
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://s3.{region}.io.cloud.ovh.net"
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: "rclone 1.75.2, list of S3 endpoints"
            verifiedOn: 2026-11-23
            regions:
              - {id: gra, country: FR, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: rbx, country: FR, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: sbg, country: FR, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: eu-west-par, country: FR, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: eu-south-mil, country: IT, source: public configurations that use the Milan endpoint, verifiedOn: 2026-11-23}
              - {id: de, country: DE, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: waw, country: PL, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: uk, country: GB, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: bhs, country: CA, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: ca-east-tor, country: CA, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: sgp, country: SG, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: ap-southeast-syd, country: AU, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: ap-south-mum, country: IN, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
            prices:
              - {item: storage, amount: 0.007, currency: EUR, per: GB-month, regions: [rbx], source: "silicon.fr, May 2023; the class is not named", verifiedOn: null}
              # Another source says that egress is included.
              - {item: egress, amount: 0.01, currency: EUR, per: GB, regions: [rbx], source: "silicon.fr, May 2023; a customer says included", verifiedOn: null}
            certifications:
              # Held for VMware private cloud and Bare Metal Pod. Object storage is not shown to be in scope:
              # without regions the entry holds nowhere for this service.
              - name: SecNumCloud
                version: "3.2"
                status: held
                scope: "VMware private cloud, Bare Metal Pod"
                source: survey of secondary sources for this catalogue
                verifiedOn: 2026-11-23

        """#
}
