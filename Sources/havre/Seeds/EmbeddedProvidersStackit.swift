// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/stackit.yaml`.
    static let providersStackit = #"""
        # STACKIT: German law. No certification was found; none is stated.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: stackit
        displayName: STACKIT
        seat: {value: DE, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Schwarz Gruppe, law: DE}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        nonEUShareMax: {value: 0, source: "Cloud Sovereignty Framework provider cards (csf.hop3.abilian.com), undated", verifiedOn: null}
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://object.storage.{region}.onstackit.cloud"
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: provider documentation
            verifiedOn: 2026-11-23
            regions:
              - {id: eu01, country: DE, source: provider documentation, verifiedOn: 2026-11-23}
              - {id: eu02, country: AT, source: country not verified, verifiedOn: null}

        """#
}
