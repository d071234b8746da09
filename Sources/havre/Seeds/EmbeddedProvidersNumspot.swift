// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/numspot.yaml`.
    static let providersNumspot = #"""
        # NumSpot: French law. It began on Outscale and since December 2025 runs elsewhere too. Endpoint and regions are not
        # verified: write `endpoint:` in the plan.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: numspot
        displayName: NumSpot
        seat: {value: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Banque des Territoires, law: FR}, {name: Docaposte, law: FR}, {name: Dassault Systèmes, law: FR}, {name: Bouygues Telecom, law: FR}]
          source: "lemagit.fr, 2025-09-03"
          verifiedOn: 2026-11-23
        # Of the four founders only; who holds them is not counted.
        nonEUShareMax: {value: 0, source: "informatiquenews.fr, 2025-12-19 (the four founders)", verifiedOn: null}
        nonEUShareSum: {value: 0, source: "informatiquenews.fr, 2025-12-19 (the four founders)", verifiedOn: null}
        services:
          - id: object-storage
            protocol: s3
            endpoint: null
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: hosted on Outscale; names of regions not verified
            verifiedOn: null
            regions:
              - {id: eu-west-2, country: FR, source: hosted on Outscale; names of regions not verified, verifiedOn: null}
              - {id: cloudgouv-eu-west-1, country: FR, source: hosted on Outscale; names of regions not verified, verifiedOn: null}
            certifications:
              # Held for the second version of the framework; the regions are not known: without them it holds nowhere.
              - name: HDS
                version: v2
                status: held
                source: "https://numspot.com/partenaire_type-de-certification/hds"
                verifiedOn: 2026-11-24

        """#
}
