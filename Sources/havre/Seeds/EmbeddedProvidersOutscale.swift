// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/outscale.yaml`.
    static let providersOutscale = #"""
        # 3DS Outscale: French law.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: outscale
        displayName: 3DS Outscale
        seat: {value: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Dassault Systèmes, law: FR}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        # At least these; the entities were not named.
        thirdCountryEstablishments:
          value: [{name: {en: entity in the United States, fr: entité aux États-Unis}, country: US}, {name: {en: entity in China, fr: entité en Chine}, country: CN}]
          source: "interview of the managing director, 01net, 2025; general terms of 2022-05 (entities in various countries)"
          verifiedOn: 2026-11-24
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://oos.{region}.outscale.com"
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: "rclone 1.75.2, list of S3 endpoints"
            verifiedOn: 2026-11-23
            regions:
              - {id: eu-west-2, country: FR, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: cloudgouv-eu-west-1, country: FR, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: us-east-2, country: US, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: us-west-1, country: US, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
              - {id: ap-northeast-1, country: JP, source: "rclone 1.75.2, list of S3 endpoints", verifiedOn: 2026-11-23}
            certifications:
              # The qualification covers IaaS; whether object storage (OOS) is in its scope is not verified.
              - name: SecNumCloud
                version: "3.2"
                status: held
                scope: IaaS
                regions: [cloudgouv-eu-west-1]
                source: survey of secondary sources for this catalogue
                verifiedOn: null
              # Version and regions are not known.
              - name: HDS
                status: held
                source: "interview of the managing director, 01net, 2025"
                verifiedOn: null

        """#
}
