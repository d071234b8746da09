// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/cloud-temple.yaml`.
    static let providersCloudTemple = #"""
        # Cloud Temple: French law.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: cloud-temple
        displayName: Cloud Temple
        seat: {value: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Neurones, law: FR}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://{namespace}.s3.{region}.cloud-temple.com"
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: survey of secondary sources for this catalogue
            verifiedOn: 2026-11-23
            regions:
              - {id: fr1, country: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
            certifications:
              # A qualification lasts three years; its renewal and object storage within its scope are not verified.
              - name: SecNumCloud
                status: held
                scope: IaaS
                regions: [fr1]
                source: "qualification of the IaaS offer, 2022; Cloud-Temple/docs, storage/oss (the provider's claim about object storage)"
                verifiedOn: null
              - name: HDS
                status: held
                regions: [fr1]
                source: "Cloud-Temple/docs, storage/oss (the provider's claim, undated)"
                verifiedOn: null

        """#
}
