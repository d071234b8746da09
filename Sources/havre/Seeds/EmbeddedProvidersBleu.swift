// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/bleu.yaml`.
    static let providersBleu = #"""
        # Bleu: French law (Orange, Capgemini), on Microsoft technology. Its endpoint is not verified:
        # write `endpoint:` in the plan.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: bleu
        displayName: Bleu
        seat: {value: FR, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Orange, law: FR}, {name: Capgemini, law: FR}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        # Of the two founders only; who holds them is not counted.
        nonEUShareMax: {value: 0, source: "clubic.com, 2025-04-17 (Capgemini and Orange, wholly)", verifiedOn: null}
        services:
          - id: blob-storage
            protocol: azure-blob
            endpoint: null
            addressing: path
            maxParts: 50000
            checksum: contentMD5
            source: Azure APIs; endpoint not verified
            verifiedOn: null
            regions:
              - {id: bleufrancecentral, country: FR, source: "https://learn.microsoft.com/dotnet/api/microsoft.azure.cosmos.regions.bleufrancecentral", verifiedOn: 2026-11-23}
              - {id: bleufrancesouth, country: FR, source: "https://learn.microsoft.com/dotnet/api/microsoft.azure.cosmos.regions.bleufrancecentral", verifiedOn: null}
            certifications:
              - name: SecNumCloud
                status: pending
                regions: [bleufrancecentral, bleufrancesouth]
                source: "J0 on 2025-04-17 (clubic.com); outcome unknown"
                verifiedOn: 2026-11-23

        """#
}
